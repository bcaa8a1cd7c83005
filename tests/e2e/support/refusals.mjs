// SPDX-License-Identifier: MIT
//
// Engine.IO requests that are refused: plain ones, and WebSocket handshakes.

import assert from 'node:assert/strict';
import { Dialogue, UPGRADE } from './dialogue.mjs';
import { ask } from './raw.mjs';
import { AT_ONCE, requestOf } from './wire.mjs';

export const MESSAGES = [
	'Transport unknown',
	'Session ID unknown',
	'Bad handshake method',
	'Bad request',
	'Forbidden',
	'Unsupported protocol version',
];

export const urlOf = (query) => `/socket.io/?${query}`;

/** The answer to a plain request whose query is `query`. */
export const plain = (server, method, query, more) =>
	ask(server, { method, url: urlOf(query), ...more });

/** The plain request is refused with that code; a HEAD has the status alone. */
export async function refused(server, method, query, code, more) {
	const { status, body } = await plain(server, method, query, more);
	const message = MESSAGES[code];
	const said = method === 'HEAD' ? '' : JSON.stringify({ code, message });
	assert.deepEqual([status, body], [code === 4 ? 403 : 400, said], `${method} ${query}`);
}

/** The connection of a WebSocket handshake that has been sent. */
export function beginShake(t, server, query, { method = 'GET', headers = [] } = {}) {
	const wire = new Dialogue(t, server);
	wire.write(requestOf(method, urlOf(query), { headers: [...UPGRADE, ...headers] }));
	return wire;
}

/** The answer to a WebSocket handshake that is refused, after which the connection ends. */
export async function refusedShake(t, server, query, message, more) {
	const wire = beginShake(t, server, query, more);
	const answer = await wire.response();
	await wire.end(AT_ONCE);
	assert.deepEqual([answer.status, answer.body], [400, message], query);
	return answer;
}

/** The WebSocket handshake is taken; gives its connection. */
export async function taken(t, server, query, more) {
	const wire = beginShake(t, server, query, more);
	assert.equal((await wire.head()).status, 101, query);
	return wire;
}

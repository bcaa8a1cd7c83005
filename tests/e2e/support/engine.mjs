// SPDX-License-Identifier: MIT
//
// Engine.IO by hand, in version 3 or 4, against the server that echoes at that level.

import assert from 'node:assert/strict';
import http from 'node:http';
import { ask, Polling, RawSocket } from './raw.mjs';
import { startServer } from './server.mjs';
import { next, PATIENCE, within } from './wait.mjs';

export const PATH = '/engine.io/';

export const UNKNOWN = '{"code":1,"message":"Session ID unknown"}';
export const BAD_REQUEST = '{"code":3,"message":"Bad request"}';

export const startEcho = (env = {}) => startServer({ APP: 'engine', ...env });

/** What a script of a JSONP answer hands on: { index, payload }. */
export function scriptOf(body) {
	const [, index, text] = /^___eio\[(.*?)\]\((".*")\);$/s.exec(body);
	return { index, payload: JSON.parse(text) };
}

/** A session over polling, of either version and with more in its query. */
export class Poller extends Polling {
	static async open(server, { version = 4, path = PATH, query = '', headers } = {}) {
		const poller = new Poller(server, path);
		poller.query = `EIO=${version}${query}`;
		poller.opening = await ask(server, {
			url: `${path}?${poller.query}&transport=polling`,
			headers,
		});
		const { status, body } = poller.opening;
		if (status !== 200) throw new Error(`handshake: ${status} ${body}`);
		const text = body.startsWith('___eio') ? scriptOf(body).payload : body;
		poller.handshake = JSON.parse(/\{.*?\}/s.exec(text)[0]);
		poller.sid = poller.handshake.sid;
		return poller;
	}

	get url() {
		return `${this.path}?${this.query}&transport=polling&sid=${this.sid}`;
	}

	async body() {
		return (await this.get()).body;
	}

	/** Sends a payload that is taken. */
	async say(payload, more) {
		const { status, body } = await this.post(payload, more);
		assert.deepEqual([status, body], [200, 'ok']);
	}

	/** A GET that waits at the server: the answer to a later request says that it is there. */
	async waiting() {
		const get = this.beginGet();
		await next(get.request, 'finish');
		await ask(this.server, { url: `${this.path}?EIO=4&transport=polling` });
		return get;
	}

	/** A WebSocket that asks for the session, and may or may not be let in. */
	other(t, query = this.query) {
		return new RawSocket(t, this.server, {
			path: this.path,
			query: `${query}&transport=websocket&sid=${this.sid}`,
		});
	}

	/** A WebSocket for the upgrade of the session, before its probe. */
	async beside(t, query) {
		const socket = this.other(t, query);
		await socket.open();
		return socket;
	}

	/** The same after its probe. */
	async probed(t) {
		const socket = await this.beside(t);
		assert.equal(await socket.probe(), '3probe');
		return socket;
	}

	/** The WebSocket of the session, which is not on polling any more. */
	async upgrade(t) {
		const socket = await this.probed(t);
		socket.send('5');
		return socket;
	}

	/** It is there, and on polling. */
	async echoes(text = '4by polling') {
		await this.say(text);
		assert.equal(await this.body(), text);
	}

	/** Whether it is there still, without touching it: the answer to another version tells (15). */
	async isThere() {
		const url = this.url.replace(/EIO=\d/, 'EIO=5');
		return (await ask(this.server, { url })).body === BAD_REQUEST;
	}

	/** The session is no more. */
	async isGone() {
		const { status, body } = await this.get();
		assert.deepEqual([status, body], [400, UNKNOWN]);
	}
}

/** A session over WebSocket. */
export const connect = (t, server, { version = 4, query = '', ...more } = {}) =>
	RawSocket.connect(t, server, {
		path: PATH,
		query: `EIO=${version}${query}&transport=websocket`,
		...more,
	});

/** The session is there, and on this WebSocket. */
export async function echoes(socket, data = '4by websocket') {
	socket.send(data);
	assert.deepEqual(await socket.message(), data);
}

/** The end of a WebSocket that the server closes with an empty close frame. */
export async function closesEmpty(socket) {
	assert.deepEqual(await socket.end(), { code: 1005, reason: '' });
}

/** The one report (REPORT=1) of the end of a poller's or a WebSocket's session. */
export async function endOf(server, { sid, handshake }) {
	const facts = { sid: sid ?? handshake.sid };
	const report = await server.reported('close', facts);
	assert.equal(server.reports('close', facts).length, 1);
	return report;
}

/** The session has ended for that reason. */
export async function endsWith(server, who, reason) {
	assert.equal((await endOf(server, who)).reason, reason);
}

/** The fields of an answer that speak of CORS, without their common beginning. */
export function corsOf({ headers }) {
	const found = {};
	for (const [name, value] of Object.entries(headers))
		if (name.startsWith('access-control-')) found[name.slice('access-control-'.length)] = value;
	if (headers.vary) found.vary = headers.vary;
	return found;
}

const HANDSHAKE = {
	Connection: 'Upgrade',
	Upgrade: 'websocket',
	'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
	'Sec-WebSocket-Version': '13',
};

/** The answer to a WebSocket handshake, a 101 included; a header that is undefined is left out. */
export function shake(server, { url, headers = {} }) {
	const fields = Object.entries({ ...HANDSHAKE, ...headers }).filter(([, value]) => value);
	const answered = new Promise((done, fail) => {
		const request = http.get({
			host: '127.0.0.1',
			port: server.port,
			path: url ?? `${PATH}?EIO=4&transport=websocket`,
			headers: Object.fromEntries(fields),
			agent: false,
		});
		request.once('error', fail);
		request.once('upgrade', (response, socket) => {
			socket.destroy();
			done({ status: response.statusCode, headers: response.headers, body: '' });
		});
		request.once('response', (response) => {
			let body = '';
			response.setEncoding('utf8').on('data', (text) => (body += text));
			response.once('end', () => {
				done({ status: response.statusCode, headers: response.headers, body });
			});
		});
	});
	return within(PATIENCE, answered, 'the answer to a WebSocket handshake');
}

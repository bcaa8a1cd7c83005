// SPDX-License-Identifier: MIT
//
// A server that ends gracefully.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, MODES, WEBSOCKET } from '../support/client.mjs';
import { ask, Polling, RawSocket } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';
import { collect, next } from '../support/wait.mjs';

const SHUTTING_DOWN = 'server shutting down';

async function start(t) {
	const server = await startServer({ APP: 'endings', REPORT: '1' });
	t.after(() => server.stop());
	return server;
}

/** The words with which the lines of the server's output begin, in order. */
const story = (server) => server.stdout.split('\n').map((line) => line.split(' ')[0]);

/** A polling session in "/" that fetches nothing by itself, so that it never takes leave. */
async function idle(server) {
	const session = await Polling.open(server);
	await session.join();
	return session;
}

/** Begins to shut down; two sessions that take no leave keep the server until the deadline. */
async function leaving(t, deadline = 60_000) {
	const server = await start(t);
	const sessions = [await idle(server), await idle(server)];
	const socket = await connect(t, server, WEBSOCKET);
	socket.emit('shutdown', 0, deadline);
	await server.reported('shutdown', {});
	return { server, sessions, socket };
}

test('socket.io 156: newcomers on both transports', async (t) => {
	const { server, sessions } = await leaving(t);

	const poll = await ask(server, { url: '/socket.io/?EIO=4&transport=polling' });
	const knock = new RawSocket(t, server);
	const [, refusal] = await next(knock.ws, 'unexpected-response');

	assert.deepEqual([poll.status, poll.headers.connection], [503, 'close']);
	assert.equal(refusal.statusCode, 503);
	refusal.destroy();
	for (const session of sessions) await session.get();
	await server.waitForEnd();
});

for (const mode of MODES)
	test(`socket.io 157: what was sent before arrives, ${mode.name}`, async (t) => {
		const server = await start(t);
		const socket = await connect(t, server, mode);
		const all = collect(socket, 'flood', 500);
		const told = next(socket, 'disconnect');

		socket.emit('flood', 500);

		assert.deepEqual((await all).map(([number]) => number), [...Array(500).keys()]);
		assert.equal((await told)[0], 'transport close');
		await server.waitForEnd();
	});

test('socket.io 157: a WebSocket gets a close frame, and no DISCONNECT', async (t) => {
	const server = await start(t);
	const socket = await RawSocket.joined(t, server);

	socket.send('42["shutdown",0,60000]');

	assert.equal((await socket.end()).code, 1005);
	assert.deepEqual(socket.inbox, []);
	await server.waitForEnd();
});

test('socket.io 157: who polls later is told, and the last one lets the server end', async (t) => {
	const { server, sessions } = await leaving(t);

	assert.match((await sessions[0].get()).body, /^(6\x1e)?1$/);
	assert.deepEqual(server.reports('done'), []);
	assert.match((await sessions[1].get()).body, /^(6\x1e)?1$/);

	await server.waitForEnd();
	assert.deepEqual(server.reports('done'), [{ clients: 0 }]);
});

test('socket.io 158: who has taken no leave by the deadline is cut off', async (t) => {
	const { server } = await leaving(t, 300);

	await server.waitForEnd();

	assert.equal(server.reports('left', { reason: SHUTTING_DOWN }).length, 3);
	assert.equal(server.reports('close', { reason: SHUTTING_DOWN }).length, 3);
	assert.equal(story(server).filter((word) => word).at(-1), 'done');
});


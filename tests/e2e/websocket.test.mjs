// SPDX-License-Identifier: MIT
//
// WebSocket by hand: frames, bytes, and what ends a connection.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RawSocket } from './support/raw.mjs';
import { startServer } from './support/server.mjs';
import { next } from './support/wait.mjs';

const LIMIT = 5000;
let server, small;
before(async () => {
	server = await startServer();
	small = await startServer({ MAX_HTTP_BUFFER: String(LIMIT) });
});
after(async () => {
	await server.stop();
	await small.stop();
});

const joined = (t, on = server) => RawSocket.joined(t, on);

test('a message may come in fragments, with control frames between', async (t) => {
	const socket = await joined(t);

	socket.ws.send('42["ec', { fin: false });
	socket.ws.send('ho","in ', { fin: false });
	const pong = next(socket.ws, 'pong');
	socket.ws.ping('are you there');
	socket.ws.send('three"]', { fin: true });

	assert.equal(await socket.message(), '42["echo","in three"]');
	assert.equal(String((await pong)[0]), 'are you there');
});

test('many messages in one breath keep their order', async (t) => {
	const socket = await joined(t);
	const sent = [...Array(1000).keys()].map((i) => `42["echo",${i}]`);

	for (const packet of sent) socket.send(packet);

	assert.deepEqual(await socket.messages(1000), sent);
});

test('lengths around the sizes of a frame header come back whole', async (t) => {
	const socket = await joined(t);
	for (const length of [1, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, 200_000]) {
		const packet = `42["echo",""]`.replace('""', `"${'x'.repeat(Math.max(0, length - 13))}"`);
		socket.send(packet);

		assert.equal(await socket.message(), packet);
	}
});

test('a client that offers compression can talk', async (t) => {
	for (const perMessageDeflate of [true, false, { threshold: 0 }]) {
		const socket = await RawSocket.connect(t, server, { perMessageDeflate });
		socket.send('40');
		await socket.message();
		const packet = `42["echo","${'again and '.repeat(500)}"]`;
		socket.send(packet);

		assert.equal(await socket.message(), packet);
	}
});

test('fragments that are together over the limit close with 1009', async (t) => {
	const socket = await joined(t, small);

	socket.ws.send('4'.padEnd(LIMIT - 100, 'x'), { fin: false });
	socket.ws.send('x'.repeat(200), { fin: true });

	assert.equal((await socket.end()).code, 1009);
});

test('text that is not UTF-8 closes with 1007', async (t) => {
	const socket = await joined(t);

	socket.ws.send(Buffer.from([0x34, 0xc3, 0x28]), { binary: false });

	assert.equal((await socket.end()).code, 1007);
});

test('packets that mean nothing on an open session are ignored', async (t) => {
	const socket = await joined(t);

	for (const packet of ['6', '3', '5', '0', '42["echo",1]']) socket.send(packet);

	assert.equal(await socket.message(), '42["echo",1]');
});

test('a closing handshake of the client is answered with its code', async (t) => {
	const socket = await joined(t);

	socket.ws.close(1000);

	assert.equal((await socket.end()).code, 1000);
});

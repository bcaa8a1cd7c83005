// SPDX-License-Identifier: MIT
//
// WebSocket by hand: frames, bytes, and what ends a connection.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RawSocket } from './support/raw.mjs';
import { startServer } from './support/server.mjs';
import { next, PATIENCE, within } from './support/wait.mjs';

const LIMIT = 5000;
let server, small;
before(async () => {
	server = await startServer();
	small = await startServer({
		MAX_HTTP_BUFFER: String(LIMIT),
		PING_INTERVAL: '300',
		PING_TIMEOUT: '200',
	});
});
after(async () => {
	await server.stop();
	await small.stop();
});

const joined = (t, on = server) => RawSocket.joined(t, on);

test('a text frame is a packet', async (t) => {
	const socket = await joined(t);

	socket.send('42["echo","hello é😀"]');

	assert.equal(await socket.message(), '42["echo","hello é😀"]');
});

test('a binary frame is an attachment as it is', async (t) => {
	const socket = await joined(t);

	socket.send('451-["echo",{"_placeholder":true,"num":0}]');
	socket.send(Buffer.from([4, 1, 2, 0]));

	const echo = '451-["echo",{"_placeholder":true,"num":0}]';
	assert.deepEqual(await socket.messages(2), [echo, Buffer.from([4, 1, 2, 0])]);
});

test('an empty binary frame is an empty attachment', async (t) => {
	const socket = await joined(t);

	socket.send('451-["echo",{"_placeholder":true,"num":0}]');
	socket.send(Buffer.alloc(0));

	assert.deepEqual((await socket.messages(2))[1], Buffer.alloc(0));
});

test('a text frame with base64 is an attachment too', async (t) => {
	const socket = await joined(t);

	socket.send('451-["echo",{"_placeholder":true,"num":0}]');
	socket.send('bAQID');

	assert.deepEqual((await socket.messages(2))[1], Buffer.from([1, 2, 3]));
});

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

test('0x1e separates nothing: two packets in one frame are one that cannot be read', async (t) => {
	const socket = await joined(t);

	socket.send('42["echo",1]\x1e42["echo",2]');

	await socket.end();
	assert.deepEqual(socket.inbox, []);
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

test('a message over the limit closes with 1009', async (t) => {
	const socket = await joined(t, small);

	socket.send('4'.padEnd(LIMIT + 1, 'x'));

	assert.equal((await socket.end()).code, 1009);
});

test('fragments that are together over the limit close with 1009', async (t) => {
	const socket = await joined(t, small);

	socket.ws.send('4'.padEnd(LIMIT - 100, 'x'), { fin: false });
	socket.ws.send('x'.repeat(200), { fin: true });

	assert.equal((await socket.end()).code, 1009);
});

test('a message as long as the limit is echoed', async (t) => {
	const socket = await joined(t, small);
	const packet = `42["echo","${'x'.repeat(LIMIT - 13)}"]`;

	socket.send(packet);

	assert.equal(await socket.message(), packet);
});

test('text that is not UTF-8 closes with 1007', async (t) => {
	const socket = await joined(t);

	socket.ws.send(Buffer.from([0x34, 0xc3, 0x28]), { binary: false });

	assert.equal((await socket.end()).code, 1007);
});

for (const [name, packet] of Object.entries({
	'an unknown packet type': 'abc',
	'a packet type beyond the last': '7',
	'an empty frame': '',
	'a ping of the client': '2',
})) {
	test(`${name} ends the connection`, async (t) => {
		const socket = await joined(t);

		socket.send(packet);

		await socket.end();
	});
}

test('a close packet of the client ends the connection, at the next heartbeat at the latest', async (t) => {
	const socket = await joined(t, small);

	socket.send('1');

	await socket.end();
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

test('a client that vanishes without a close frame is noticed', async (t) => {
	const watcher = await joined(t);
	const socket = await joined(t);

	socket.ws.terminate();

	const left = await within(PATIENCE, watcher.message(), 'the news of the end');
	assert.match(left, /^42\["left","[\w-]{20}","transport (close|error)"\]$/);
});

test('a kick is a disconnect packet and then a close frame', async (t) => {
	const socket = await joined(t);

	socket.send('42["kick"]');

	assert.equal(await socket.message(), '41');
	await socket.end();
});

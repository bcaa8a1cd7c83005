// SPDX-License-Identifier: MIT
//
// WebSocket by hand: frames, bytes, and what ends a connection.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RawSocket } from './support/raw.mjs';
import { startServer } from './support/server.mjs';
import { PATIENCE, within } from './support/wait.mjs';

let server, quick;
before(async () => {
	server = await startServer();
	quick = await startServer({ PING_INTERVAL: '300', PING_TIMEOUT: '200' });
});
after(async () => {
	await server.stop();
	await quick.stop();
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

test('0x1e separates nothing: two packets in one frame are one that cannot be read', async (t) => {
	const socket = await joined(t);

	socket.send('42["echo",1]\x1e42["echo",2]');

	await socket.end();
	assert.deepEqual(socket.inbox, []);
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
	const socket = await joined(t, quick);

	socket.send('1');

	await socket.end();
});

test('packets that mean nothing on an open session are ignored', async (t) => {
	const socket = await joined(t);

	for (const packet of ['6', '3', '5', '0', '42["echo",1]']) socket.send(packet);

	assert.equal(await socket.message(), '42["echo",1]');
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

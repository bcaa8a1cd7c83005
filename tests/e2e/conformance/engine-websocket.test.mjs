// SPDX-License-Identifier: MIT
//
// Engine.IO over WebSocket: messages, types, handshakes and ends.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
	closesEmpty,
	connect,
	echoes,
	endsWith,
	Poller,
	shake,
	startEcho,
} from '../support/engine.mjs';
import { BEYOND } from '../support/server.mjs';

let server;
before(async () => (server = await startEcho({ REPORT: '1' })));
after(() => server.stop());

test('engine.io 67: 0x1E in a WebSocket message separates nothing', async (t) => {
	const socket = await connect(t, server);

	for (const text of ['4a\x1e4b', '4\x1e', '4\x1e\x1e1']) await echoes(socket, text);
});

test('engine.io 67: packets that leave together are messages of their own', async (t) => {
	const poller = await Poller.open(server);
	const socket = await poller.beside(t);
	await poller.say('4a\x1ebAQI=\x1e4c');
	socket.send('5');

	assert.deepEqual(await socket.messages(3), ['4a', Buffer.from([1, 2]), '4c']);
});

test('engine.io 68: a binary message has no type character, in both directions', async (t) => {
	const socket = await connect(t, server);

	for (const data of ['', '0', '1', '2', '4a', '6', 'bAQI=', '\x04\x01', '\x00\xff\x80'])
		await echoes(socket, Buffer.from(data, 'latin1'));
});

test('engine.io 69: a text packet is sent as text, a binary one as binary', async (t) => {
	const socket = await connect(t, server);

	for (const data of ['4text', 'bAQID', '4', 'b', Buffer.from('text')]) socket.send(data);

	assert.deepEqual(await socket.messages(5), [
		'4text',
		Buffer.from([1, 2, 3]),
		'4',
		Buffer.alloc(0),
		Buffer.from('text'),
	]);
});

test('engine.io 69: any text comes back as it was', async (t) => {
	const socket = await connect(t, server);

	for (const text of ['40', '42[', '4\u0000', '4é😀', '4\ufeff', `4${'x'.repeat(70_000)}`])
		await echoes(socket, text);
});

test('engine.io 70: a close packet over WebSocket is ignored', async (t) => {
	const socket = await connect(t, server);

	for (const text of ['1', '4a', '1data', '4b']) socket.send(text);

	assert.deepEqual(await socket.messages(2), ['4a', '4b']);
});

for (const text of ['', '7', '8', '9', 'a', '\x04', ' 4', '-1', '€'])
	test(`engine.io 71: ${JSON.stringify(text)} is a parse error`, async (t) => {
		const socket = await connect(t, server);

		socket.send(text);
		socket.send('4after');

		await closesEmpty(socket);
		assert.deepEqual(socket.inbox, []);
		await endsWith(server, socket, 'parse error');
	});

for (const version of ['8', '12', '14', '0', '013', '13, 8', 'thirteen', undefined])
	test(`engine.io 72: the version ${version ?? 'missing'} gets 426`, BEYOND, async () => {
		const answer = await shake(server, { headers: { 'Sec-WebSocket-Version': version } });

		assert.equal(answer.status, 426);
		assert.equal(answer.headers['sec-websocket-version'], '13');
	});

test('engine.io 72, 73: a handshake that is as it should be gets 101', async () => {
	const { status, headers } = await shake(server, {});

	assert.equal(status, 101);
	assert.equal(headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

for (const key of [
	undefined,
	'x',
	'dGhlIHNhbXBsZSBub25jZQ',
	'dGhlIHNhbXBsZSBub25jZQ=',
	'dGhlIHNhbXBsZSBub25jZQ===',
	'dGhlIHNhbXBsZSBub25j',
	'dGhlIHNhbXBsZSBub25j!Q==',
	'dGhlIHNhbXBsZSBub25jZSBvZiAyMA==',
])
	test(`engine.io 73: the key ${key ?? 'missing'} gets 400`, async () => {
		const { status } = await shake(server, { headers: { 'Sec-WebSocket-Key': key } });

		assert.equal(status, 400);
	});

for (const name of ['h2c', 'websockets', 'web-socket', 'TLS/1.2'])
	test(`engine.io 73: an upgrade to ${name} gets 400`, async () => {
		const { status } = await shake(server, { headers: { Upgrade: name } });

		assert.equal(status, 400);
	});

for (const [name, end] of Object.entries({
	'a close frame': (ws) => ws.close(1000),
	'a close frame without a code': (ws) => ws.close(),
	'a close frame with a reason': (ws) => ws.close(4000, 'because'),
	'the end of its bytes': (ws) => ws._socket.end(),
	'a reset': (ws) => ws._socket.resetAndDestroy(),
	nothing: (ws) => ws.terminate(),
}))
	for (const upgraded of [false, true])
		test(`engine.io 74: ${name} ends ${upgraded ? 'an upgraded' : 'a'} session`, async (t) => {
			const poller = upgraded && (await Poller.open(server));
			const socket = upgraded ? await poller.upgrade(t) : await connect(t, server);
			await echoes(socket);

			end(socket.ws);

			await endsWith(server, poller || socket, 'transport close');
		});

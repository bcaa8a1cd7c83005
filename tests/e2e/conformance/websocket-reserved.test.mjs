// SPDX-License-Identifier: MIT
//
// WebSocket: reserved bits and reserved opcodes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, FrameClient, WAYS } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer(ECHO)));
after(() => server.stop());

const open = (t) => FrameClient.open(t, server);

/** A text is echoed, then `bad` fails, and the ping behind it is not answered. */
async function echoesThenFails(t, bad, way) {
	const client = await open(t);
	client.send(ws.text('4Hello, world!'));
	assert.equal(await client.text(), '4Hello, world!');

	WAYS[way](client, [bad, ws.ping('too late')]);

	await client.fails(1002);
}

// ---- Reserved bits ----

const KINDS = {
	text: () => [ws.TEXT, '4x'],
	binary: () => [ws.BINARY, 'x'],
	ping: () => [ws.PING, 'x'],
	pong: () => [ws.PONG, 'x'],
	close: () => [ws.CLOSE, ws.closing(1000)],
	'empty text': () => [ws.TEXT, ''],
};

for (const [kind, make] of Object.entries(KINDS))
	for (let rsv = 1; rsv <= 7; rsv++)
		test(`websocket 7: the reserved bits ${rsv} on a ${kind} frame fail`, async (t) => {
			const client = await open(t);

			client.send(ws.frame(...make(), { rsv }));

			await client.fails(1002);
		});

for (let rsv = 1; rsv <= 7; rsv++)
	for (const fin of [true, false])
		test(`websocket 7: the reserved bits ${rsv} on a ${
			fin ? 'last' : 'middle'
		} fragment fail`, async (t) => {
			const client = await open(t);

			client.send(ws.text('4x', { fin: false }), ws.more('y', { rsv, fin }));

			await client.fails(1002);
		});

for (const way of Object.keys(WAYS))
	for (const rsv of [2, 3, 4])
		test(`websocket 7: a text, one with the reserved bits ${rsv} and a ping, ${way}`, (t) =>
			echoesThenFails(t, ws.text('4Hello, world!', { rsv }), way));

test('websocket 7: reserved bits fail before the frame is whole', async (t) => {
	const client = await open(t);

	client.send(ws.text('4Hello', { rsv: 4 }).subarray(0, 2));

	await client.fails(1002);
});

// ---- Reserved opcodes ----

const RESERVED = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

for (const opcode of RESERVED) {
	test(`websocket 8: the opcode ${opcode} without a payload fails`, async (t) => {
		const client = await open(t);

		client.send(ws.frame(opcode));

		await client.fails(1002);
	});

	test(`websocket 8: the opcode ${opcode} with a payload fails`, async (t) => {
		const client = await open(t);

		client.send(ws.frame(opcode, 'reserved'));

		await client.fails(1002);
	});

	test(`websocket 8: the opcode ${opcode} without FIN fails`, async (t) => {
		const client = await open(t);

		client.send(ws.frame(opcode, 'reserved', { fin: false }));

		await client.fails(1002);
	});

	test(`websocket 8: the opcode ${opcode} between two fragments fails`, async (t) => {
		const client = await open(t);

		client.send(ws.text('4x', { fin: false }), ws.frame(opcode, 'reserved'), ws.more('y'));

		await client.fails(1002);
	});

	for (const way of Object.keys(WAYS))
		test(`websocket 8: a text, the opcode ${opcode} and a ping, ${way}`, (t) =>
			echoesThenFails(t, ws.frame(opcode, 'reserved'), way));
}

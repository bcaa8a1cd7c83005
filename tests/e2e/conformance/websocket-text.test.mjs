// SPDX-License-Identifier: MIT
//
// WebSocket: texts that are UTF-8, and what need not be.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, FrameClient, WAYS } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';
import { CUT, STRAY, VALID } from '../support/utf8-cases.mjs';

let server;
before(async () => (server = await startServer(ECHO)));
after(() => server.stop());

const open = (t) => FrameClient.open(t, server);
const packet = (bytes) => Buffer.concat([Buffer.from('4'), Buffer.from(bytes)]);
const echoed = async (client) => (await client.frame()).payload;

// ---- Whole texts ----

for (const text of ['Hello-µ@ßöäüàá-UTF-8!!', 'κόσμε', '', '\u{1f600} and \u{10ffff}'])
	for (const [way, send] of Object.entries(WAYS))
		test(`websocket 25: "${text}" is text, ${way}`, async (t) => {
			const client = await open(t);

			send(client, [ws.text(packet(text))]);

			assert.deepEqual(await echoed(client), packet(text));
		});

for (const { name, bytes } of VALID)
	test(`websocket 28: ${name} is text`, async (t) => {
		const client = await open(t);

		client.send(ws.text(packet(bytes)), ws.text('4next'));

		assert.deepEqual(await echoed(client), packet(bytes));
		assert.equal(await client.text(), '4next');
	});

// ---- Characters that are cut ----

for (const { name, bytes } of VALID)
	test(`websocket 27: ${name} in fragments of one byte is text`, async (t) => {
		const client = await open(t);

		client.send(...ws.fragments(ws.TEXT, ws.pieces(packet(bytes), 1)));

		assert.deepEqual(await echoed(client), packet(bytes));
	});

const SMILES = packet('aé€\u{1f600}');
for (let at = 0; at <= SMILES.length; at++)
	test(`websocket 27: characters of each length are cut after ${at} bytes`, async (t) => {
		const client = await open(t);
		const first = ws.text(SMILES.subarray(0, at), { fin: false });

		client.send(first, ws.ping('between'), ws.more(SMILES.subarray(at)));

		assert.equal(String(await client.pong()), 'between');
		assert.deepEqual(await echoed(client), SMILES);
	});

test('websocket 27: a character goes on behind empty fragments', async (t) => {
	const client = await open(t);
	const parts = ['4', 'f0', '', '9f', '', '', '98', '80', ''];

	client.send(
		...ws.fragments(
			ws.TEXT,
			parts.map((hex, i) => (i ? Buffer.from(hex, 'hex') : hex)),
		),
	);

	assert.equal(await client.text(), '4\u{1f600}');
});

for (const { name, bytes } of CUT) {
	test(`websocket 27: a message that ends with ${name} fails`, async (t) => {
		const client = await open(t);

		client.send(ws.text(packet(bytes)));

		await client.fails(1007);
	});

	test(`websocket 27: a last fragment that ends with ${name} fails`, async (t) => {
		const client = await open(t);
		const parts = ws.pieces(packet(bytes), 1);

		client.send(...ws.fragments(ws.TEXT, parts).slice(0, -1), ws.ping('fine so far'));
		assert.equal(String(await client.pong()), 'fine so far');
		client.send(ws.more(parts.at(-1)));

		await client.fails(1007);
	});

	test(`websocket 27: ${name} may not go on in the next message`, async (t) => {
		const client = await open(t);

		client.send(ws.text(packet(bytes)), ws.text(Buffer.from('8080', 'hex')));

		await client.fails(1007);
	});
}

// ---- What is no text ----

for (const { name, bytes } of [...STRAY, ...CUT]) {
	test(`websocket 29: ${name} in a binary message`, async (t) => {
		const client = await open(t);

		client.send(ws.binary(bytes));

		assert.deepEqual(await client.binary(), bytes);
	});

	test(`websocket 29: ${name} in a ping and in a pong`, async (t) => {
		const client = await open(t);

		client.send(ws.pong(bytes), ws.ping(bytes));

		assert.deepEqual(await client.pong(), bytes);
	});
}

test('websocket 29: any byte in a fragmented binary message', async (t) => {
	const client = await open(t);
	const all = Buffer.from([...Array(256).keys()]);

	client.send(...ws.fragments(ws.BINARY, ws.pieces(all, 1)));

	assert.deepEqual(await client.binary(), all);
});

test('websocket 29: a ping that is no text inside a text changes nothing', async (t) => {
	const client = await open(t);
	const noText = Buffer.from('ff80c3', 'hex');
	const [first, last] = [packet('€').subarray(0, 2), packet('€').subarray(2)];

	client.send(ws.text(first, { fin: false }), ws.ping(noText), ws.more(last));

	assert.deepEqual(await client.pong(), noText);
	assert.equal(await client.text(), '4€');
});

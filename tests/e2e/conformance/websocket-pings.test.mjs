// SPDX-License-Identifier: MIT
//
// WebSocket: pings, pongs, and the form of control frames.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, FrameClient, WAYS } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer(ECHO)));
after(() => server.stop());

const open = (t) => FrameClient.open(t, server);

const CONTROL = { close: ws.CLOSE, ping: ws.PING, pong: ws.PONG };

// ---- Form ----

for (const [name, opcode] of Object.entries(CONTROL))
	for (const payload of ['', 'fragment']) {
		const what = payload ? 'with a payload' : 'without a payload';

		test(`websocket 30: a ${name} without FIN, ${what}, fails`, async (t) => {
			const client = await open(t);

			client.send(ws.frame(opcode, payload && ws.closing(1000), { fin: false }));

			await client.fails(1002);
		});

		test(`websocket 30: a ${name} without FIN, ${what}, and its end fail`, async (t) => {
			const client = await open(t);

			client.send(ws.frame(opcode, payload, { fin: false }), ws.more(payload));

			await client.fails(1002);
		});
	}

for (const [name, opcode] of Object.entries(CONTROL)) {
	for (const length of [126, 127, 65_535, 65_536])
		test(`websocket 31: a ${name} of ${length} bytes fails`, async (t) => {
			const client = await open(t);

			client.send(ws.frame(opcode, Buffer.alloc(length)));

			await client.fails(1002);
		});

	test(`websocket 31: a ${name} of 126 bytes fails by its header`, async (t) => {
		const client = await open(t);

		client.send(ws.frame(opcode, '', { length: 126 }).subarray(0, 2));

		await client.fails(1002);
	});
}

test('websocket 31: a ping of 125 bytes is answered', async (t) => {
	const client = await open(t);

	client.send(ws.ping(Buffer.alloc(125, 0xfe)));

	assert.deepEqual(await client.pong(), Buffer.alloc(125, 0xfe));
});

test('websocket 31: a pong of 125 bytes is taken', async (t) => {
	const client = await open(t);

	client.send(ws.pong(Buffer.alloc(125, 0xfe)), ws.text('4next'));

	assert.equal(await client.text(), '4next');
});

test('websocket 31: a close frame of 125 bytes is taken', async (t) => {
	const client = await open(t);

	client.send(ws.close(1000, '*'.repeat(123)));

	await client.fails(1000);
});

// ---- Pings ----

const PAYLOADS = {
	nothing: '',
	'one byte': 'x',
	text: 'Hello, world!',
	'bytes that are no text': Buffer.from('00fffefdfcfb00ff', 'hex'),
	'125 bytes': Buffer.alloc(125, 0xfe),
};
for (const [name, payload] of Object.entries(PAYLOADS))
	for (const size of [undefined, 1])
		test(`websocket 32: a ping with ${name}${size ? ', byte by byte' : ''}`, async (t) => {
			const client = await open(t);

			if (size) client.chop(size, ws.ping(payload));
			else client.send(ws.ping(payload));

			assert.deepEqual(await client.pong(), Buffer.from(payload));
		});

const TEN = Array.from({ length: 10 }, (_, i) => `payload-${i}`);
for (const [way, send] of Object.entries(WAYS))
	test(`websocket 32: ten pings ${way} are answered in their order`, async (t) => {
		const client = await open(t);

		send(
			client,
			TEN.map((payload) => ws.ping(payload)),
		);

		for (const payload of TEN) assert.equal(String(await client.pong()), payload);
	});

test('websocket 32: a ping inside a message is answered before the message ends', async (t) => {
	const client = await open(t);

	client.send(ws.text('4', { fin: false }), ws.ping('now'));

	assert.equal(String(await client.pong()), 'now');
	client.send(ws.more('end'));
	assert.equal(await client.text(), '4end');
});

// ---- Pongs ----

for (const [name, payload] of Object.entries(PAYLOADS))
	test(`websocket 32: a pong with ${name} that nobody asked for gets no answer`, async (t) => {
		const client = await open(t);

		client.send(ws.pong(payload), ws.text('4after'));

		assert.equal(await client.text(), '4after');
	});

test('websocket 32: a pong with the payload of the ping behind it changes nothing', async (t) => {
	const client = await open(t);

	client.send(ws.pong('unasked'), ws.ping('asked'));

	assert.equal(String(await client.pong()), 'asked');
	await client.barrier();
});

test('websocket 32: a thousand pongs are let go', async (t) => {
	const client = await open(t);

	client.send(...Array.from({ length: 1000 }, (_, i) => ws.pong(String(i))));

	await client.barrier();
});

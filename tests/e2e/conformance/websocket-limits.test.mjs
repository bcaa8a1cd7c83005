// SPDX-License-Identifier: MIT
//
// WebSocket: how large a message may be, and of how many frames.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, FrameClient } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';

const LIMIT = 70_000;
const FRAMES = 16_384;

let server;
before(async () => (server = await startServer({ ...ECHO, MAX_HTTP_BUFFER: String(LIMIT) })));
after(() => server.stop());

const open = (t) => FrameClient.open(t, server);
const KINDS = { text: ws.TEXT, binary: ws.BINARY };
const full = Buffer.alloc(LIMIT, '4');

/** The header of a frame that is never sent. */
function headerOf(opcode, length, options) {
	const bytes = ws.frame(opcode, '', { ...options, length });
	return bytes.subarray(0, bytes.length - 4);
}

// ---- Too large ----

for (const [kind, opcode] of Object.entries(KINDS)) {
	for (const length of [LIMIT + 1, 100_000, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1])
		test(`websocket 16: the header of a ${kind} message of ${length} bytes fails`, async (t) => {
			const client = await open(t);

			client.send(headerOf(opcode, length));

			await client.fails(1009);
		});

	test(`websocket 16: a first ${kind} fragment over the limit fails by its header`, async (t) => {
		const client = await open(t);

		client.send(headerOf(opcode, LIMIT + 1, { fin: false }));

		await client.fails(1009);
	});

	test(`websocket 16: a ${kind} message a byte over the limit fails, sent whole`, async (t) => {
		const client = await open(t);

		client.send(ws.frame(opcode, Buffer.alloc(LIMIT + 1, '4')));

		await client.fails(1009);
	});
}

for (const sent of [1, 100, LIMIT])
	test(`websocket 16, 18: ${sent} bytes, and the header of one fragment too much`, async (t) => {
		const client = await open(t);
		client.send(ws.text(full.subarray(0, sent), { fin: false }), ws.ping('fine so far'));
		assert.equal(String(await client.pong()), 'fine so far');

		client.send(headerOf(ws.CONTINUATION, LIMIT - sent + 1, { fin: false }));

		await client.fails(1009);
	});

// ---- As large as allowed ----

for (const [kind, opcode] of Object.entries(KINDS)) {
	test(`websocket 17: a ${kind} message of exactly the limit`, async (t) => {
		const client = await open(t);

		client.send(ws.frame(opcode, full));

		assert.deepEqual((await client.frame()).payload, full);
	});

	for (const size of [LIMIT - 1, LIMIT / 2, 1000, 7])
		test(`websocket 17, 18: a ${kind} message of the limit in fragments of ${size}`, async (t) => {
			const client = await open(t);

			client.send(...ws.fragments(opcode, ws.pieces(full, size)));

			assert.deepEqual((await client.frame()).payload, full);
		});

	for (const size of [LIMIT / 2, 1000, 7])
		test(`websocket 18: fragments of ${size} and a byte too many, ${kind}, fail`, async (t) => {
			const client = await open(t);
			const parts = [...ws.pieces(full, size), '4'];

			client.send(...ws.fragments(opcode, parts));

			await client.fails(1009);
		});
}

test('websocket 18: an empty fragment behind the limit is not too much', async (t) => {
	const client = await open(t);

	client.send(...ws.fragments(ws.BINARY, [full, '', '']));

	assert.equal((await client.binary()).length, LIMIT);
});

test('websocket 18: pings and pongs between the fragments do not count', async (t) => {
	const client = await open(t);
	const between = [ws.ping(Buffer.alloc(125)), ws.pong(Buffer.alloc(125))];
	const parts = ws.fragments(ws.BINARY, ws.pieces(full, LIMIT / 10));

	client.send(...parts.flatMap((part, i) => (i ? [...between, part] : [part])));

	for (let i = 1; i < parts.length; i++) assert.equal((await client.pong()).length, 125);
	assert.equal((await client.binary()).length, LIMIT);
});

test('websocket 18: the next message starts at nothing, ten times', async (t) => {
	const client = await open(t);
	const halves = ws.fragments(ws.BINARY, ws.pieces(full, LIMIT / 2));

	client.send(
		...Array(5)
			.fill([ws.binary(full), ...halves])
			.flat(),
	);

	for (let i = 0; i < 10; i++) assert.equal((await client.binary()).length, LIMIT);
});

// ---- The number of frames ----

const singles = (count) => ws.fragments(ws.TEXT, ws.pieces(Buffer.alloc(count, '4'), 1));

test(`websocket 19: a message of ${FRAMES} frames`, async (t) => {
	const client = await open(t);

	client.send(...singles(FRAMES));

	assert.equal(await client.text(), '4'.repeat(FRAMES));
});

test(`websocket 19: a message of ${FRAMES + 1} frames fails`, async (t) => {
	const client = await open(t);

	client.send(...singles(FRAMES + 1));

	await client.fails(1008);
});

test(`websocket 19: frame ${FRAMES + 1} fails although the message has not ended`, async (t) => {
	const client = await open(t);
	client.send(...singles(FRAMES + 1).slice(0, FRAMES), ws.ping('fine so far'));
	assert.equal(String(await client.pong()), 'fine so far');

	client.send(ws.more('', { fin: false }));

	await client.fails(1008);
});

test('websocket 19: empty frames count', async (t) => {
	const client = await open(t);

	client.send(...ws.fragments(ws.TEXT, ['4', ...Array(FRAMES).fill('')]));

	await client.fails(1008);
});

test('websocket 19: control frames between do not count', async (t) => {
	const client = await open(t);

	client.send(...singles(FRAMES).flatMap((frame) => [frame, ws.pong('x')]));

	assert.equal((await client.text()).length, FRAMES);
});

test('websocket 19: each message has its own frames', async (t) => {
	const client = await open(t);

	client.send(...singles(FRAMES - 1), ...singles(FRAMES - 1));

	for (let i = 0; i < 2; i++) assert.equal((await client.text()).length, FRAMES - 1);
});

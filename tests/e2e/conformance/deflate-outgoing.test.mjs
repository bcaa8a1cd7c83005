// SPDX-License-Identifier: MIT
//
// permessage-deflate: compressed messages that the server sends.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DeflateClient } from '../support/deflate-client.mjs';
import { ECHO, stopAll } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { SAMPLES } from '../support/samples.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

const FORGETFUL = 'permessage-deflate; server_no_context_takeover';
const THRESHOLD = 1024;

let server;
before(async () => (server = await startServer({ ...ECHO, DEFLATE: '1' })));
after(() => stopAll(server));

const open = (t, offer) => DeflateClient.open(t, server, offer);
const HELLO = Buffer.from('4Hello, hello, hello');

/** The payload of the frame that echoes `data`. */
async function echoOf(client, data, opcode = ws.BINARY) {
	client.send(ws.frame(opcode, data));
	const frame = await client.frame();
	assert.ok(client.contentOf(frame).equals(data));
	return frame;
}

// ---- Form: the Inflater demands it of every message, and is asked here for what it saw ----

for (const [name, { data }] of Object.entries(SAMPLES))
	for (const size of [2, 100, THRESHOLD, 16_384, 65_536, 300_000])
		test(`deflate 35: ${size} bytes of ${name} end as they shall`, async (t) => {
			const client = await open(t);

			const { compressed, payload } = await echoOf(client, data.subarray(0, size));

			assert.ok(compressed);
			assert.deepEqual(client.inflater.blocks.at(-1), { type: 0, length: 0 });
			assert.notEqual(payload.subarray(-4).toString('hex'), '0000ffff');
		});

for (const offer of ['permessage-deflate', FORGETFUL])
	for (const length of [0, 1])
		test(`deflate 36: ${length} bytes go out plain: ${offer}`, async (t) => {
			const client = await open(t, offer);

			for (let i = 0; i < 3; i++) {
				const { compressed, payload } = await echoOf(client, Buffer.alloc(length, 'x'));
				assert.ok(!compressed);
				assert.equal(payload.length, length);
			}
		});

test('deflate 36: an empty message leaves the context as it was', async (t) => {
	const client = await open(t);
	await echoOf(client, HELLO);
	await echoOf(client, Buffer.alloc(0));

	const { payload } = await echoOf(client, HELLO);

	assert.ok(payload.length < 8, 'it refers to the first');
});

// ---- Context ----

test('deflate 37: with context a message refers to the ones before', async (t) => {
	const client = await open(t);
	const first = (await echoOf(client, HELLO)).payload;
	await echoOf(client, SAMPLES.noise.data.subarray(0, 20_000));
	client.inflater.before = 0;

	const second = (await echoOf(client, HELLO)).payload;

	assert.ok(client.inflater.before > 20_000);
	assert.ok(second.length < first.length);
});

test('deflate 37: what the client sent is not part of the context', async (t) => {
	const client = await open(t);
	client.send(ws.ping(HELLO), ws.text(`6${HELLO}`));
	await client.pong();

	await echoOf(client, HELLO);

	assert.ok(client.inflater.before < 200, 'nothing but the first packet stands before');
});

for (const bits of [8, 9, 12, 15])
	test(`deflate 38: without context equal messages are equal, ${bits} bits`, async (t) => {
		const offer = `${FORGETFUL}; server_max_window_bits=${bits}`;
		const [one, other] = [await open(t, offer), await open(t, offer)];
		const { data } = SAMPLES.JSON;
		const message = data.subarray(0, 5000);

		const first = (await echoOf(one, message)).payload;
		await echoOf(one, data.subarray(3000, 90_000));
		await echoOf(other, data.subarray(2000, 40_000));

		assert.ok((await echoOf(one, message)).payload.equals(first));
		assert.ok((await echoOf(other, message, ws.BINARY)).payload.equals(first));
		assert.equal(one.inflater.before, 0);
	});

// ---- Windows: the Inflater throws at a reference that reaches too far ----

for (let bits = 8; bits <= 15; bits++)
	for (const offer of ['permessage-deflate', FORGETFUL])
		test(`deflate 39: no reference beyond ${2 ** bits} bytes: ${offer}`, async (t) => {
			const client = await open(t, `${offer}; server_max_window_bits=${bits}`);

			for (const { data } of Object.values(SAMPLES)) {
				await echoOf(client, data.subarray(0, 60_000));
				for (let size = 100; size < 10_000; size *= 3)
					await echoOf(client, data.subarray(size, 2 * size));
			}

			const { farthest } = client.inflater;
			assert.ok(farthest <= 2 ** bits, `${farthest} back`);
			assert.ok(farthest > 0.9 * (2 ** Math.max(9, bits) - 262), `only ${farthest} back`);
		});

// ---- The threshold ----

for (const [opcode, kind] of [
	[ws.TEXT, 'text'],
	[ws.BINARY, 'binary'],
]) {
	for (const [length, compressed] of [
		[2, false],
		[100, false],
		[THRESHOLD - 1, false],
		[THRESHOLD, true],
		[THRESHOLD + 1, true],
	])
		test(`deflate 40: without context ${length} bytes, ${kind}: ${compressed}`, async (t) => {
			const client = await open(t, FORGETFUL);

			const frame = await echoOf(client, Buffer.alloc(length, '4'), opcode);

			assert.equal(frame.compressed, compressed);
		});

	for (const length of [2, 3, 100, THRESHOLD - 1])
		test(`deflate 40: with context ${length} bytes, ${kind}, are compressed`, async (t) => {
			const client = await open(t);

			assert.ok((await echoOf(client, Buffer.alloc(length, '4'), opcode)).compressed);
		});
}

test('deflate 40: with context a message behind a pong is compressed', async (t) => {
	const client = await open(t);
	client.send(ws.ping('x'), ws.binary(HELLO), ws.ping('y'), ws.binary(HELLO));

	const frames = [];
	for (let i = 0; i < 4; i++) frames.push(await client.frame());

	const messages = frames.filter(({ name }) => name === 'binary');
	assert.equal(messages.length, 2);
	for (const message of messages) {
		assert.ok(message.compressed);
		assert.ok(client.contentOf(message).equals(HELLO));
	}
});

test('deflate 40: what a slow client has not taken is compressed when it leaves', async (t) => {
	const client = await open(t);
	const { data } = SAMPLES.noise;
	await echoOf(client, HELLO);
	client.socket.pause();
	for (let i = 0; i < 50; i++) client.send(ws.binary(data.subarray(i)));
	await until(() => client.socket.writableLength === 0, 'the server to read');
	await (await open(t)).barrier();
	client.socket.resume();

	for (let i = 0; i < 50; i++) {
		const { content, compressed } = await client.message();
		assert.ok(compressed && content.equals(data.subarray(i)), `message ${i}`);
	}
});

test('deflate 40: the first packet, which leaves with the 101, is not compressed', async (t) => {
	assert.ok(!(await open(t)).greeting.compressed);
});

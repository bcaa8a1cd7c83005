// SPDX-License-Identifier: MIT
//
// WebSocket: large messages, whole, in fragments and in small writes; and many small ones.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, FrameClient } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';

const KB = 1 << 10;
const MB = 1 << 20;

let server;
before(async () => (server = await startServer(ECHO)));
after(() => server.stop());

const open = (t) => FrameClient.open(t, server);

/** 16 MB of which no two kilobytes are alike: nothing can be lost, repeated or swapped unseen. */
function numbered(kilobyte) {
	const data = Buffer.alloc(16 * MB, kilobyte);
	for (let i = 0; i < data.length / KB; i++) data.write(`4${i}`.padEnd(16), i * KB);
	return data;
}

const DATA = {
	text: numbered(`${' '.repeat(16)}${'é€\u{1f600}'.repeat(112)}`),
	binary: numbered(Buffer.from(Array.from({ length: KB }, (_, i) => (i * 7919) >> 4))),
};
const KINDS = { text: ws.TEXT, binary: ws.BINARY };

/** So many bytes; a text ends with a whole character. */
function sample(kind, size) {
	const part = Buffer.from(DATA[kind].subarray(0, size));
	for (let i = 1; kind === 'text' && part.at(-i) >= 0x80; i++) part[size - i] = 0x2e;
	return part;
}

async function assertEcho(client, kind, expected) {
	const { name, payload } = await client.frame(`the echo of ${expected.length} bytes`);
	assert.equal(name, kind);
	assert.ok(payload.equals(expected), `${expected.length} bytes come back as they were`);
}

const sizeOf = (bytes) => (bytes < MB ? `${bytes / KB} KB` : `${bytes / MB} MB`);

for (const [kind, opcode] of Object.entries(KINDS)) {
	for (const size of [64 * KB, 256 * KB, MB, 4 * MB, 8 * MB, 16 * MB])
		test(`websocket 2: a ${kind} message of ${sizeOf(size)}`, async (t) => {
			const client = await open(t);
			const message = sample(kind, size);

			client.send(ws.frame(opcode, message));

			await assertEcho(client, kind, message);
		});

	for (const size of [256, KB, 4 * KB, 16 * KB, 64 * KB, 256 * KB, MB, 4 * MB])
		test(`websocket 12: a ${kind} message of 4 MB in fragments of ${size} bytes`, async (t) => {
			const client = await open(t);
			const message = sample(kind, 4 * MB);

			client.send(...ws.fragments(opcode, ws.pieces(message, size)));

			await assertEcho(client, kind, message);
		});

	test(`websocket 12: a ${kind} message of 1 MB in fragments of 64 bytes`, async (t) => {
		const client = await open(t);
		const message = sample(kind, MB);

		client.send(...ws.fragments(opcode, ws.pieces(message, 64)));

		await assertEcho(client, kind, message);
	});

	test(`websocket 19: a ${kind} message of 4 MB in fragments of 64 bytes fails`, async (t) => {
		const client = await open(t);

		client.send(...ws.fragments(opcode, ws.pieces(sample(kind, 4 * MB), 64)));

		await client.fails(1008);
	});

	for (const size of [64, 128, 256, 512, KB, 2 * KB])
		test(`websocket 10: a ${kind} message of 1 MB in writes of ${size} bytes`, async (t) => {
			const client = await open(t);
			const message = sample(kind, MB);

			client.chop(size, ws.frame(opcode, message));

			await assertEcho(client, kind, message);
		});

	for (const size of [kind === 'text' ? 1 : 0, 16, 64, 256, KB, 4 * KB])
		test(`websocket 52: 1000 ${kind} messages of ${size} bytes, one after the other`, async (t) => {
			const client = await open(t);
			for (let i = 0; i < 1000; i++) {
				const message = Buffer.concat([Buffer.from('4'), Buffer.from(`${i}`.padEnd(size))]);
				const sent = message.subarray(0, size);
				client.send(ws.frame(opcode, sent));
				await assertEcho(client, kind, sent);
			}
		});

	test(`websocket 52: 5000 ${kind} messages in one breath keep their order`, async (t) => {
		const client = await open(t);
		const messages = Array.from({ length: 5000 }, (_, i) => Buffer.from(`4${i}`));

		client.send(...messages.map((message) => ws.frame(opcode, message)));

		for (const message of messages) await assertEcho(client, kind, message);
	});

	test(`websocket 12: a ${kind} message of 64 KB in fragments of 1300 bytes`, async (t) => {
		const client = await open(t);
		const message = sample(kind, 64 * KB);

		client.send(...ws.fragments(opcode, ws.pieces(message, 1300)));

		await assertEcho(client, kind, message);
	});
}

test('websocket 52: large and small messages in one breath keep their order', async (t) => {
	const client = await open(t);
	const sizes = [1, 300 * KB, 10, MB, 100, 64 * KB, 7];
	const all = sizes.flatMap((size) => [
		['text', sample('text', size)],
		['binary', sample('binary', size)],
	]);

	for (const [kind, message] of all) client.send(ws.frame(KINDS[kind], message));

	for (const [kind, message] of all) await assertEcho(client, kind, message);
});

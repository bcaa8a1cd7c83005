// SPDX-License-Identifier: MIT
//
// WebSocket: what a message takes while it comes, and what becomes of it without memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ECHO, FrameClient, stopAll } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import {
	EXACT_HEAP,
	grownSince,
	memoryOf,
	whileStopped,
	withLittleMemory,
} from '../support/memory.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

const MB = 1 << 20;

/** A server of this test alone, and a client of it that is only there to wait for its turns. */
async function start(t) {
	const server = await startServer({ ...ECHO, ...EXACT_HEAP });
	t.after(() => stopAll(server));
	const beside = await FrameClient.open(t, server);
	await beside.barrier();
	return { server, beside };
}

/** A packet that the session passes over, so that nothing is made of it. */
const noop = (size) => ws.text('6'.padEnd(size, 'x'));

for (const [kind, frame] of Object.entries({
	text: noop(40_000),
	pong: ws.pong(Buffer.alloc(125)),
}))
	test(`websocket 20: a ${kind} that lies whole in the input takes no memory`, async (t) => {
		const { server, beside } = await start(t);
		const client = await FrameClient.open(t, server);
		await client.barrier();
		const before = memoryOf(server);

		for (let i = 0; i < 5; i++) {
			await whileStopped(server, () => client.send(frame));
			await beside.barrier();
		}

		assert.equal(grownSince(server, before), 0);
	});

test('websocket 20, 21: one that is cut takes as much as it is long', async (t) => {
	const { server, beside } = await start(t);
	const client = await FrameClient.open(t, server);
	await client.barrier();
	const before = memoryOf(server);

	client.send(noop(40_000).subarray(0, 20_000));
	await beside.barrier();
	client.send(noop(40_000).subarray(20_000));
	await client.barrier();

	assert.ok(grownSince(server, before) >= 40_000);
});

test('websocket 21: what was only declared takes nothing', async (t) => {
	const { server, beside } = await start(t);
	const clients = [];
	for (let i = 0; i < 32; i++) clients.push(await FrameClient.open(t, server));
	await beside.barrier();
	const before = memoryOf(server);

	for (const client of clients) client.send(noop(16 * MB).subarray(0, 100));
	await beside.barrier();

	const grown = grownSince(server, before);
	assert.ok(grown < MB, `${grown} bytes for 32 times 16 MB`);
	beside.assertQuiet();
});

test('websocket 21: memory follows the bytes that come', async (t) => {
	const { server } = await start(t);
	const client = await FrameClient.open(t, server);
	const before = memoryOf(server);

	for (let size = 1; size <= 8; size++) {
		const part = Buffer.alloc(MB, '6');
		client.send(size === 1 ? ws.text(part, { fin: false }) : ws.more(part, { fin: false }));
		await client.barrier();

		const grown = grownSince(server, before);
		assert.ok(grown >= size * MB, `${grown} bytes for ${size} MB`);
		assert.ok(grown < (1.5 * size + 1) * MB, `${grown} bytes for ${size} MB`);
	}
});

for (const [kind, frames] of Object.entries({
	'a message that was cut': [noop(8 * MB)],
	'a message in fragments': ws.fragments(ws.TEXT, ws.pieces(Buffer.alloc(8 * MB, '6'), MB)),
}))
	test(`websocket 21: what ${kind} took is given back`, async (t) => {
		const { server } = await start(t);
		const client = await FrameClient.open(t, server);
		const before = memoryOf(server);
		const bytes = Buffer.concat(frames);

		client.send(bytes.subarray(0, -1000));
		await until(() => grownSince(server, before) > 7.9 * MB, 'the message but for its end');
		client.send(bytes.subarray(-1000));
		await client.barrier();

		const left = grownSince(server, before);
		assert.ok(left < MB / 2, `${left} bytes are left`);
	});

test('websocket 22: without memory a message fails with 1011, and others go on', async (t) => {
	const { server, beside } = await start(t);
	const client = await FrameClient.open(t, server);

	await withLittleMemory(server, 4 * MB, async () => {
		client.send(noop(16 * MB));

		await client.fails(1011);
		beside.send(ws.text('4still here'));
		assert.equal(await beside.text(), '4still here');
		const another = await FrameClient.open(t, server);
		another.send(ws.text('4welcome'));
		assert.equal(await another.text(), '4welcome');
	});
});

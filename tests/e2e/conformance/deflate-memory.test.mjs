// SPDX-License-Identifier: MIT
//
// permessage-deflate: what it takes, and what becomes of messages without memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compressedFrames, deflated, DeflateClient } from '../support/deflate-client.mjs';
import { afterDeflating, afterInflating, assertTakes } from '../support/deflate-memory.mjs';
import { openAll, start, words } from '../support/deflate-memory.mjs';
import { FrameClient } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { grownSince, isSanitized, memoryOf, withLittleMemory } from '../support/memory.mjs';

const PMD = 'permessage-deflate';
const FORGET = 'server_no_context_takeover; client_no_context_takeover';
const KB = 1024;
const MB = 1024 * KB;

// ---- Nothing, or as little as can be ----

test('deflate 43: a connection that compresses nothing takes nothing for it', async (t) => {
	const server = await start(t);
	const grown = {};
	for (const kind of ['plain', 'agreed', 'plain', 'agreed']) {
		const before = memoryOf(server);
		const clients = [];
		for (let i = 0; i < 100; i++)
			clients.push(await (kind === 'plain' ? FrameClient : DeflateClient).open(t, server));
		for (const client of clients) client.send(ws.text('6plain'), ws.text('4'));
		for (const client of clients) assert.equal((await client.frame()).compressed, false);
		grown[kind] = grownSince(server, before);
	}

	assert.ok(grown.agreed - grown.plain < 100 * KB, JSON.stringify(grown));
});

test('deflate 44: connections without context share one state for each direction', async (t) => {
	const server = await start(t);
	const [first, ...others] = await openAll(t, server, 30, `${PMD}; ${FORGET}`);

	assertTakes(server, await afterDeflating(server, [first]), 1, 268_256, 'the first deflates');
	assertTakes(server, await afterInflating(server, [first]), 1, 40_056, 'the first inflates');

	assert.ok((await afterDeflating(server, others)) < 32 * KB, 'the others deflate');
	assert.ok((await afterInflating(server, others)) < 32 * KB, 'the others inflate');
});

test('deflate 44: one to deflate for each window in use, and one to inflate', async (t) => {
	const server = await start(t);
	const sizes = [268_256, 202_720, 153_568, 139_232];
	let first = true;
	for (const [i, bits] of [15, 14, 12, 9].entries()) {
		const offer = `${PMD}; ${FORGET}; server_max_window_bits=${bits}; client_max_window_bits=${bits}`;
		const clients = await openAll(t, server, 10, offer);

		assertTakes(server, await afterDeflating(server, clients), 1, sizes[i], `${bits} bits deflate`);
		const inflating = await afterInflating(server, clients);
		if (first) assertTakes(server, inflating, 1, 40_056, 'the first inflates');
		else assert.ok(inflating < 32 * KB, `${bits} bits inflate: ${inflating}`);
		first = false;
	}
});

// ---- All of them ----

test('deflate 46: a connection that has sent and received takes 308,312 bytes', async (t) => {
	const server = await start(t);
	const clients = await openAll(t, server, 30, PMD);

	const grown = (await afterDeflating(server, clients)) + (await afterInflating(server, clients));

	assertTakes(server, grown, 30, 308_312, 'each');
});

test('deflate 46: a thousand without context take so many together', async (t) => {
	const server = await start(t);
	const clients = await openAll(t, server, 1000, `${PMD}; ${FORGET}`);

	const grown = (await afterDeflating(server, clients)) + (await afterInflating(server, clients));

	assertTakes(server, grown, 1, 308_312, 'together');
});

// ---- Without memory ----

for (const offer of [PMD, `${PMD}; ${FORGET}`])
	test(`deflate 34: a message that inflates to too much memory: ${offer}`, async (t) => {
		const server = await start(t);
		const [client, beside] = await openAll(t, server, 2, offer);
		const bomb = deflated(Buffer.alloc(16 * MB, '6'));

		await withLittleMemory(server, 4 * MB, async () => {
			client.send(...compressedFrames(ws.TEXT, bomb));

			await client.fails(1011);
			beside.send(ws.text('4still here'));
			assert.equal(String((await beside.message()).content), '4still here');
		});
	});

test('deflate 41: without memory to compress a message goes out plain', async (t) => {
	const server = await start(t);
	const clients = await openAll(t, server, 30, PMD);
	const plain = [];

	await withLittleMemory(server, 3 * MB, async () => {
		for (const client of clients) {
			client.send(ws.text(words));
			const { content, compressed } = await client.message();
			assert.ok(content.equals(words));
			if (!compressed) plain.push(client);
		}
		assert.ok(plain.length > 5 && plain.length < 28, `${plain.length} of 30`);
	});

	const [client] = plain;
	for (const before of [false, true]) {
		client.inflater.before = 0;
		client.send(ws.text(words));
		assert.ok((await client.message()).compressed, 'there is memory again');
		assert.equal(client.inflater.before > 0, before);
	}
});

test('deflate 31: not much more than the allowed length is ever held', async (t) => {
	const server = await start(t, { MAX_HTTP_BUFFER: String(MB) });
	const [client, beside] = await openAll(t, server, 2, PMD);
	const bomb = deflated(Buffer.alloc(64 * MB));
	await beside.barrier();
	const before = memoryOf(server, 'VmSize');

	client.send(...compressedFrames(ws.BINARY, bomb));

	await client.fails(1009);
	const peak = memoryOf(server, 'VmPeak') - before;
	const most = isSanitized(server) ? 5 * MB : 2.5 * MB;
	assert.ok(peak < most, `${peak} bytes for ${MB} allowed`);
});

// SPDX-License-Identifier: MIT
//
// permessage-deflate: what it takes, and what becomes of messages without memory.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compressedFrames, deflated, DeflateClient } from '../support/deflate-client.mjs';
import { ECHO, FrameClient, stopAll } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { EXACT_HEAP, grownSince, isSanitized, memoryOf } from '../support/memory.mjs';
import { withLittleMemory } from '../support/memory.mjs';
import { pathOf, startServer } from '../support/server.mjs';

const PMD = 'permessage-deflate';
const FORGET = 'server_no_context_takeover; client_no_context_takeover';
const KB = 1024;
const MB = 1024 * KB;

async function start(t, env) {
	const server = await startServer({ ...ECHO, ...EXACT_HEAP, DEFLATE: '1', ...env });
	t.after(() => stopAll(server));
	return server;
}

async function openAll(t, server, count, offer) {
	const all = [];
	for (let i = 0; i < count; i++) all.push(await DeflateClient.open(t, server, offer));
	await all[0].barrier();
	return all;
}

const words = Buffer.from(`4${'once more and again '.repeat(60)}`);

/** The server deflates one message for each client; how much more it takes then. */
async function afterDeflating(server, clients) {
	const before = memoryOf(server);
	for (const client of clients) {
		client.send(ws.text(words));
		assert.ok((await client.message()).compressed);
	}
	return grownSince(server, before);
}

/** The server inflates one message of each client; how much more it takes then. */
async function afterInflating(server, clients) {
	const before = memoryOf(server);
	for (const client of clients) {
		client.send(...client.compress(ws.TEXT, Buffer.from('6')));
		await client.barrier();
	}
	return grownSince(server, before);
}

/** `count` times what the note says, or what a sanitizer's allocator makes of it. */
function assertTakes(server, bytes, count, said, what) {
	const [factor, slack] = isSanitized(server) ? [2, MB / 2] : [1.1, 48 * KB];
	const expected = count * said;
	const good = bytes > 0.9 * expected - slack && bytes < factor * expected + slack;
	assert.ok(good, `${what}: ${bytes} bytes for ${count} times ${said}`);
}

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

// ---- The table of the note ----

const note = readFileSync(pathOf('protocol-notes/deflate.md'), 'utf8');
const rows = [
	...note.matchAll(/^\| (\d+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$/gm),
].map((row) => row.slice(1).map((cell) => Number(cell.replace(',', ''))));

test('deflate 45: the table has a row for each window', () => {
	assert.deepEqual(
		rows.map(([bits]) => bits),
		[8, 9, 10, 11, 12, 13, 14, 15],
	);
});

for (const [bits, inflate, ...deflate] of rows)
	for (const [i, level] of [1, 8, 9].entries())
		test(`deflate 45: ${bits} bits, memLevel ${level}: ${inflate} and ${deflate[i]}`, async (t) => {
			const server = await start(t, { DEFLATE_MEM_LEVEL: String(level) });
			const offer = `${PMD}; server_max_window_bits=${bits}; client_max_window_bits=${bits}`;
			const clients = await openAll(t, server, 40, offer);

			const deflating = await afterDeflating(server, clients);
			const inflating = await afterInflating(server, clients);

			assertTakes(server, deflating, 40, deflate[i], 'deflating');
			assertTakes(server, inflating, 40, inflate, 'inflating');
		});

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

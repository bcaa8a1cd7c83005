// SPDX-License-Identifier: MIT
//
// What permessage-deflate takes of a server, measured from outside.

import assert from 'node:assert/strict';
import { DeflateClient } from './deflate-client.mjs';
import { ECHO, stopAll } from './frame-client.mjs';
import * as ws from './frames.mjs';
import { EXACT_HEAP, grownSince, isSanitized, memoryOf } from './memory.mjs';
import { startServer } from './server.mjs';

const KB = 1024;
const MB = 1024 * KB;

/** A server that compresses, and whose memory can be measured. */
export async function start(t, env) {
	const server = await startServer({ ...ECHO, ...EXACT_HEAP, DEFLATE: '1', ...env });
	t.after(() => stopAll(server));
	return server;
}

export async function openAll(t, server, count, offer) {
	const all = [];
	for (let i = 0; i < count; i++) all.push(await DeflateClient.open(t, server, offer));
	await all[0].barrier();
	return all;
}

export const words = Buffer.from(`4${'once more and again '.repeat(60)}`);

/** The server deflates one message for each client; how much more it takes then. */
export async function afterDeflating(server, clients) {
	const before = memoryOf(server);
	for (const client of clients) {
		client.send(ws.text(words));
		assert.ok((await client.message()).compressed);
	}
	return grownSince(server, before);
}

/** The server inflates one message of each client; how much more it takes then. */
export async function afterInflating(server, clients) {
	const before = memoryOf(server);
	for (const client of clients) {
		client.send(...client.compress(ws.TEXT, Buffer.from('6')));
		await client.barrier();
	}
	return grownSince(server, before);
}

/** `count` times what the note says, or what a sanitizer's allocator makes of it. */
export function assertTakes(server, bytes, count, said, what) {
	const [factor, slack] = isSanitized(server) ? [2, MB / 2] : [1.1, 48 * KB];
	const expected = count * said;
	const good = bytes > 0.9 * expected - slack && bytes < factor * expected + slack;
	assert.ok(good, `${what}: ${bytes} bytes for ${count} times ${said}`);
}

// SPDX-License-Identifier: MIT
//
// permessage-deflate: a quiet connection gives back what its server remembers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeflateClient } from '../support/deflate-client.mjs';
import { ECHO, stopAll } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { EXACT_HEAP, grownSince, memoryOf } from '../support/memory.mjs';
import { startServer } from '../support/server.mjs';

const COUNT = 20;
const DEFLATE_STATE = 268_256;
const INFLATE_STATE = 40_056;

const words = Buffer.from(`4${'once more and again '.repeat(60)}`);

async function start(t) {
	const env = { ...ECHO, ...EXACT_HEAP, DEFLATE: '1', PING_INTERVAL: '200' };
	const server = await startServer(env);
	t.after(() => stopAll(server));
	return server;
}

/** The next message that is no heartbeat; those are answered. */
async function answer(client) {
	for (;;) {
		const message = await client.message();
		if (String(message.content) !== '2') return message;
		assert.ok(!message.compressed);
		client.send(ws.text('3'));
	}
}

async function beat(client) {
	const { name, content } = await client.message('a heartbeat');
	assert.equal(`${name} ${content}`, 'text 2');
	client.send(ws.text('3'));
}

/** Whether the echo of `words` refers to anything before it. */
async function refersBack(client) {
	client.inflater.before = 0;
	client.send(ws.text(words));
	const { content, compressed } = await answer(client);
	assert.ok(compressed && content.equals(words));
	return client.inflater.before > 0;
}

test('deflate 42: after two heartbeats and nothing else the context is forgotten', async (t) => {
	const client = await DeflateClient.open(t, await start(t));
	assert.ok(!(await refersBack(client)), 'nothing stands before the first');
	assert.ok(await refersBack(client));

	for (let i = 0; i < 3; i++) await beat(client);

	assert.ok(!(await refersBack(client)));
	assert.ok(await refersBack(client), 'and it begins anew');
});

test('deflate 42: a connection that speaks between its heartbeats keeps it', async (t) => {
	const client = await DeflateClient.open(t, await start(t));
	await refersBack(client);

	for (let i = 0; i < 4; i++) {
		await beat(client);
		assert.ok(await refersBack(client));
	}
});

/** So many clients have sent and received; how much more the server takes then. */
async function takenBy(t, server, count) {
	const clients = [];
	for (let i = 0; i < count; i++) clients.push(await DeflateClient.open(t, server));
	const before = memoryOf(server);
	for (const client of clients) {
		client.send(...client.compress(ws.TEXT, words));
		assert.ok((await answer(client)).compressed);
	}
	return { clients, grown: grownSince(server, before) };
}

test('deflate 42, 46: what quiet connections give back is there for others', async (t) => {
	const server = await start(t);
	const { clients, grown } = await takenBy(t, server, COUNT);
	assert.ok(grown > 0.9 * COUNT * (DEFLATE_STATE + INFLATE_STATE), `${grown} bytes at first`);

	for (let i = 0; i < 3; i++) for (const client of clients) await beat(client);

	const more = await takenBy(t, server, COUNT);
	assert.ok(more.grown < 2 * COUNT * INFLATE_STATE, `${more.grown} bytes more`);
	assert.ok(!(await refersBack(clients[0])));
});

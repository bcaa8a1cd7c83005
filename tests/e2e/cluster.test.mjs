// SPDX-License-Identifier: MIT
//
// Two servers of ours, two of the reference and the emitters of both in one cluster, over channels
// as @socket.io/redis-adapter's createAdapter() has them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCluster } from './support/cluster-operations.mjs';
import { member, startEmitter } from './support/cluster.mjs';
import { until } from './support/wait.mjs';

const OK = 'success';
const KINDS = { c1: 'c', n1: 'node', c2: 'c', n2: 'node' };
const cluster = testCluster(KINDS, { outsiders: ['emitter', 'c emitter'] });
const { names, servers, clients, heardAfter } = cluster;

test('each server counts as one', async () => {
	for (const nsp of ['/', '/chat', '/a[b]*', '/control']) {
		const channel = `socket.io-request#${nsp}#`;
		assert.equal((await cluster.outside.pubSubNumSub([channel]))[channel], 4);
	}
});

test('an emitter on a loop of its own', async (t) => {
	const looping = await startEmitter(t, cluster.redis, { LOOP: '1' });
	for (let i = 0; i < 100; i++) await looping.order('emit', { event: 'many', args: [i] });
	await looping.finish();
	await servers.c1.order('emit', { event: 'fence' });
	for (const name of names) {
		const { heard } = clients[name];
		await until(() => heard.length >= 101, 'all of it');
		const numbers = heard.splice(0).filter(([event]) => event === 'many').map(([, n]) => n);
		assert.deepEqual(numbers, Array.from({ length: 100 }, (_, i) => i));
	}
});

test('an emitter refuses what it cannot say', async () => {
	const emitter = servers['c emitter'];
	const wrong = { err: 'invalid argument' };
	assert.deepEqual(await emitter.order('emit', { event: 'connect' }), wrong);
	assert.deepEqual(await emitter.order('emit', { event: 'e', nsp: 'chat' }), wrong);
	assert.deepEqual(await emitter.order('emit', { event: 'e', local: true }), wrong);
	assert.deepEqual(await emitter.order('emit', {}), wrong);
	assert.deepEqual(await emitter.order('join', { to: ['x'] }), wrong);
	assert.deepEqual(await emitter.order('emit', { event: 'e', to: [] }), { err: OK });
	assert.deepEqual(Object.values(await heardAfter(emitter)).flat(), []);
});

test('nothing that was said was taken amiss', async () => {
	for (const name of ['c1', 'c2']) {
		const { result } = await servers[name].order('stats');
		assert.equal(result.bad, 0);
		assert.equal(result.dropped, 0);
	}
});

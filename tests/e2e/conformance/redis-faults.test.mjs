// SPDX-License-Identifier: MIT
//
// What becomes of a cluster when Redis is away, slow, restarted, or not to be talked to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redisClient } from '../cluster/outside.mjs';
import { eventually, joined, member, refuses } from '../support/cluster.mjs';
import { startEmitter, startMember } from '../support/cluster.mjs';
import { folderWith } from '../support/folder.mjs';
import { pathOf } from '../support/server.mjs';
import { freePort, Redis, startRedis } from '../support/redis.mjs';
import { until } from '../support/wait.mjs';

const OK = 'success';
const LATE = 'not answered in time';

const heard = (socket, event) => socket.heard.filter(([name]) => name === event).length;
const hears = (socket, event, n = 1) =>
	until(() => heard(socket, event) === n, `${n} times "${event}"`);

async function fetched(server) {
	const { err, result } = await server.order('fetch', { timeout: 500 });
	return { err, ids: result.map(({ id }) => id).sort() };
}

const idsOf = (...sockets) => sockets.map(({ id }) => id).sort();

test('redis 13: Redis is not there at the start, and comes', async (t) => {
	const redis = await startRedis(t);
	await redis.stop();
	const server = await startMember(t, 'c', 'c1', redis);
	const client = await member(t, server);

	await server.prints(/REDIS 1 redis: the connection to 127\.0\.0\.1:\d+ is not there: /);
	assert.deepEqual(await server.order('emit', { event: 'early' }), { err: OK, result: null });
	await hears(client, 'early');
	assert.deepEqual(await fetched(server), { err: LATE, ids: idsOf(client) });
	await redis.start();
	await joined(server);
	assert.deepEqual(await fetched(server), { err: OK, ids: idsOf(client) });
});

test('redis 13: Redis is not there at the start, and the server insists on it', async (t) => {
	const redis = await startRedis(t);
	await redis.stop();
	const why = await refuses(t, redis, { WAIT: '200' });
	assert.match(why.stdout, /REDIS 0 redis: 127\.0\.0\.1 is not there: connection refused\n/);
	assert.match(why.stderr, /input or output failed/);
	await redis.start();
	await joined(await startMember(t, 'c', 'c1', redis, { WAIT: '5000' }));
});

test('redis 14: Redis is restarted', async (t) => {
	const redis = await startRedis(t);
	const one = await startMember(t, 'c', 'c1', redis);
	const two = await startMember(t, 'c', 'c2', redis);
	const other = await startMember(t, 'node', 'n1', redis);
	for (const server of [one, two]) await joined(server);
	const sockets = [];
	for (const server of [one, two, other]) sockets.push(await member(t, server));
	await one.order('emit', { event: 'before' });
	for (const socket of sockets) await hears(socket, 'before');

	await redis.stop();
	await one.prints(/REDIS 1 redis: [^\n]* is lost: /);
	await one.order('emit', { event: 'without', local: true });
	await hears(sockets[0], 'without');
	assert.deepEqual(await fetched(one), { err: LATE, ids: idsOf(sockets[0]) });
	const ask = { event: 'ask', args: ['x'], timeout: 300 };
	assert.deepEqual(await one.order('ask', ask), { err: LATE, result: ['x'] });
	const asked = await one.order('server_ask', { event: 'ask', timeout: 300 });
	assert.deepEqual(asked, { err: LATE, result: [] });

	await redis.start();
	for (const server of [one, two]) await joined(server, 2);
	const outside = await redisClient(t, redis);
	const channel = 'socket.io-request#/#';
	const count = async () => (await outside.pubSubNumSub([channel]))[channel];
	await eventually(async () => (await count()) === 3, 'all to be back');
	await one.order('emit', { event: 'after' });
	for (const socket of sockets) await hears(socket, 'after');
	assert.deepEqual(await fetched(one), { err: OK, ids: idsOf(...sockets) });
	assert.equal(heard(sockets[1], 'without'), 0);
	const { result } = await one.order('stats');
	assert.equal(result.bad, 0);
});

test('redis 15: what is said while Redis is away waits for it, up to max_queue', async (t) => {
	const redis = await startRedis(t);
	const listener = await startMember(t, 'c', 'c1', redis);
	await joined(listener);
	const socket = await member(t, listener);
	const url = redis.url.replace('//', '//later:secret@');
	const oldest = await startMember(t, 'c', 'c2', { url }, { MAX_QUEUE: '10000' });
	const newest = await startMember(t, 'c', 'c3', { url }, { MAX_QUEUE: '10000', PUSH_OUT: '1' });
	const all = Array.from({ length: 20 }, (_, i) => i);
	for (const server of [oldest, newest]) {
		await server.prints(/is not there: WRONGPASS/);
		for (const i of all) {
			const args = [i, 'x'.repeat(1000)];
			assert.equal((await server.order('emit', { event: server.name, args })).err, OK);
		}
	}
	const { dropped, queued } = (await oldest.order('stats')).result;
	const fits = all.length - dropped;
	assert.ok(fits > 5 && fits < 10 && queued > 5000 && queued <= 10000, `${fits}, ${queued}`);
	assert.equal((await newest.order('stats')).result.dropped, dropped);
	for (const server of [oldest, newest])
		assert.match(server.stdout, /REDIS 1 redis: more than max_queue waits for Redis: /);

	const outside = await redisClient(t, redis);
	await outside.aclSetUser('later', ['on', '>secret', '+@all', 'allchannels']);
	for (const server of [oldest, newest]) {
		await joined(server);
		await server.order('emit', { event: 'last' });
	}
	await hears(socket, 'last', 2);
	const numbers = (event) => socket.heard.filter(([name]) => name === event).map(([, n]) => n);
	assert.deepEqual(numbers('c2'), all.slice(0, fits));
	assert.deepEqual(numbers('c3'), all.slice(-fits));
});

test('redis 15, 16: Redis does not answer any more, and then does', async (t) => {
	const redis = await startRedis(t);
	const env = { PING: '100', MAX_QUEUE: '10000' };
	const one = await startMember(t, 'c', 'c1', redis, env);
	const two = await startMember(t, 'c', 'c2', redis, env);
	for (const server of [one, two]) await joined(server);
	const sockets = [await member(t, one), await member(t, two)];
	redis.freeze();
	for (let i = 0; i < 20; i++) await one.order('emit', { event: 'e', args: ['x'.repeat(1000)] });
	await hears(sockets[0], 'e', 20);
	const { dropped, queued } = (await one.order('stats')).result;
	// Asking whether it is there is not kept back.
	assert.ok(dropped > 10 && queued <= 10100, `${dropped}, ${queued}`);
	for (const server of [one, two]) await server.prints(/is lost: it does not answer any more/);
	redis.thaw();
	for (const server of [one, two]) await joined(server, 2);
	await one.order('emit', { event: 'after' });
	await hears(sockets[1], 'after');
	assert.deepEqual(await fetched(two), { err: OK, ids: idsOf(...sockets) });
});

test('redis 7: a server is killed while it is asked', async (t) => {
	const redis = await startRedis(t);
	const one = await startMember(t, 'c', 'c1', redis);
	const two = await startMember(t, 'c', 'c2', redis);
	const other = await startMember(t, 'node', 'n1', redis);
	for (const server of [one, two]) await joined(server);
	const sockets = [await member(t, one), await member(t, other)];
	const lost = await member(t, two);
	const asks = { event: 'mute', args: [1], timeout: 1000 };
	const asked = [one, other].map((server) => server.order('ask', asks));
	await until(() => heard(lost, 'mute') === 2, 'both questions');
	await two.crash();
	for (const outcome of await Promise.all(asked)) {
		assert.notEqual(outcome.err, OK);
		assert.deepEqual(outcome.result, []);
	}
	for (const server of [one, other])
		assert.deepEqual(await fetched(server), { err: OK, ids: idsOf(...sockets) });
});

test('redis 11, 14, 17: passwords, users and databases', async (t) => {
	const redis = await startRedis(t, ['--requirepass', 'p@ss:w/rd', '--databases', '4']);
	const { port } = redis;
	const at = (rest) => ({ url: `redis://${rest.replace('HOST', `127.0.0.1:${port}`)}` });
	const refused = async (url) => (await refuses(t, at(url), { WAIT: '400' })).stdout;

	assert.match(await refused('HOST'), /is not there: NOAUTH Authentication required/);
	assert.match(await refused(':wrong@HOST'), /is not there: WRONGPASS /);
	assert.match(await refused(':p%40ss%3Aw%2Frd@HOST/4'), /not there: ERR DB index is out of range/);
	await joined(await startMember(t, 'c', 'c1', at(':p%40ss%3Aw%2Frd@HOST/3')));
	const outside = await redisClient(t, at(':p%40ss%3Aw%2Frd@HOST'));
	await outside.aclSetUser('libsio', ['on', '>secret', '+@all', 'allchannels']);
	await joined(await startMember(t, 'c', 'c2', at('libsio:secret@HOST')));
	await outside.aclSetUser('quiet', ['on', '>secret', '+@all', '-info', 'allchannels']);
	await joined(await startMember(t, 'c', 'quiet', at('quiet:secret@HOST')));
	await outside.aclSetUser('mute', ['on', '>secret', '+@all', '-publish', 'allchannels']);
	const mute = await startMember(t, 'c', 'c3', at('mute:secret@HOST'));
	await joined(mute);
	await mute.order('emit', { event: 'e' });
	await mute.prints(/REDIS 0 redis: Redis refuses a message: NOPERM /);
	await outside.aclSetUser('deaf', ['on', '>secret', '+@all', 'resetchannels']);
	const deaf = await startMember(t, 'c', 'c4', at('deaf:secret@HOST'));
	await deaf.prints(/the subscribed connection to [^\n]*: NOPERM /);
	// It would not hear the answers, so it asks nothing.
	await deaf.order('emit', { event: 'e' });
	assert.equal((await fetched(deaf)).err, LATE);
	const { connected, queued } = (await deaf.order('stats')).result;
	assert.ok(!connected && queued > 0);
});

test('redis 11: TLS', async (t) => {
	const dir = pathOf('tests/e2e/support/tls');
	const redis = await startRedis(t, [
		...['--port', '0', '--tls-cert-file', `${dir}/cert.pem`, '--tls-key-file', `${dir}/key.pem`],
		...['--tls-ca-cert-file', `${dir}/cert.pem`, '--tls-auth-clients', 'no'],
	], '--tls-port');
	redis.url = `rediss://localhost:${redis.port}`;
	const untrusted = await refuses(t, redis, { WAIT: '1000' });
	assert.match(untrusted.stdout, /is not there: TLS: .*certificate/);
	const missing = await refuses(t, redis, { WAIT: '1000', TLS_CA: '/nowhere' });
	assert.match(missing.stdout, /tls_ca cannot be used/);
	const [one, two] = [
		await startMember(t, 'c', 'c1', redis, { TLS_CA: `${dir}/cert.pem` }),
		await startMember(t, 'c', 'c2', redis, { TLS_CA: `${dir}/cert.pem` }),
	];
	for (const server of [one, two]) await joined(server);
	const socket = await member(t, two);
	const large = { event: 'large', args: ['x'.repeat(300_000)] };
	for (let i = 0; i < 3; i++) await one.order('emit', large);
	await hears(socket, 'large', 3);
});

test('redis 11: a socket of Unix', async (t) => {
	const path = `${folderWith(t, {})}/redis.sock`;
	await startRedis(t, ['--unixsocket', path]);
	await joined(await startMember(t, 'c', 'c1', { url: `unix://${path}` }));
});

test('redis 11, 12: neither a Sentinel nor a Redis Cluster is taken', async (t) => {
	const dir = folderWith(t, {});
	const node = await startRedis(t, ['--cluster-enabled', 'yes', '--dir', dir]);
	const why = await refuses(t, node, { WAIT: '400' });
	assert.match(why.stdout, /this is a node of a Redis Cluster, which is not spoken/);
	const urls = {
		'redis-sentinel://127.0.0.1:26379': /neither Sentinel nor Redis Cluster is spoken/,
		'redis://a:1,b:2': /several hosts: neither Sentinel nor Redis Cluster is spoken/,
		'redis://h:0': /the port is no number/,
		'redis://h/x': /the database behind the host is no number/,
		'redis://u%zz:p@h': /encoded as in a URL/,
		'redis://secret@h': /a password stands behind a colon/,
		'unix://': /the path of a socket is missing/,
	};
	for (const [url, reason] of Object.entries(urls)) {
		const { stdout, stderr } = await refuses(t, { url });
		assert.match(stdout, reason);
		assert.match(stderr, /invalid argument/);
	}
});

test('redis 12: a Sentinel itself is known', async (t) => {
	const redis = new Redis(await freePort());
	t.after(() => redis.stop());
	await redis.startSentinel(`${folderWith(t, {})}/sentinel.conf`);
	const why = await refuses(t, redis, { WAIT: '400' });
	assert.match(why.stdout, /this is a Sentinel; give the address of the Redis itself/);
});

test('redis 18: an emitter without Redis says so, and does not say it later', async (t) => {
	const redis = await startRedis(t);
	const listener = await startMember(t, 'c', 'c1', redis);
	const socket = await member(t, listener);
	const emitter = await startEmitter(t, redis, { TIMEOUT: '400' });
	assert.deepEqual(await emitter.order('emit', { event: 'before' }), { err: OK });
	await hears(socket, 'before');
	await redis.stop();
	const lost = await emitter.order('emit', { event: 'lost' });
	assert.deepEqual(lost, { err: 'input or output failed' });
	await redis.start();
	await joined(listener, 2);
	assert.deepEqual(await emitter.order('emit', { event: 'after' }), { err: OK });
	await hears(socket, 'after');
	assert.equal(heard(socket, 'lost'), 0);
	redis.freeze();
	assert.deepEqual(await emitter.order('emit', { event: 'slow' }), { err: 'not answered in time' });
	redis.thaw();
});

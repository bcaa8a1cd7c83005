// SPDX-License-Identifier: MIT
//
// Clients that lose their connection come back to whichever server of a cluster over a stream, ours
// or the reference's, and have missed nothing.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { redisClient } from './cluster/outside.mjs';
import { connected } from './support/client.mjs';
import { eventually, joined, member, startMember } from './support/cluster.mjs';
import { comeTo, lose } from './support/homecoming.mjs';
import { startRedis } from './support/redis.mjs';
import { next, until } from './support/wait.mjs';

const KINDS = { c1: 'c', c2: 'c', n1: 'node', n2: 'node' };
const NAMES = Object.keys(KINDS);
const ENV = { MODE: 'streams', RECOVERY: '60000' };
const undo = [];
const context = { after: (fn) => undo.push(fn) };
const servers = {};
let redis, outside;

before(async () => {
	redis = await startRedis(context);
	outside = await redisClient(context, redis);
	for (const name of NAMES) {
		servers[name] = await startMember(context, KINDS[name], name, redis, ENV);
		if (KINDS[name] === 'c') await joined(servers[name]);
	}
});
after(async () => {
	for (const fn of undo.reverse()) await fn();
});

const isOffset = (value) => /^\d+-\d+$/.test(value);
/** What was heard, without the offsets, which all of it must have. */
function taken(socket) {
	return socket.heard.splice(0).map((event) => {
		assert.ok(isOffset(event.at(-1)), `an offset: ${event}`);
		return event.slice(0, -1);
	});
}

/** A client that has heard something, so that it has an offset. */
async function seasoned(t, server, options) {
	const socket = await member(t, server, options);
	await server.order('emit', { to: [socket.id], event: 'seen' });
	await until(() => socket.heard.length, 'its first event');
	assert.deepEqual(taken(socket), [['seen']]);
	return socket;
}

/** Says something, and waits until it is in the stream, so that what comes then is behind it. */
async function says(server, order) {
	const before = await outside.xLen('socket.io');
	await server.order('emit', order);
	await eventually(async () => (await outside.xLen('socket.io')) > before, 'its entry');
}

async function described(server, id) {
	const { result } = await server.order('fetch', { to: [id] });
	assert.equal(result.length, 1);
	return result[0];
}

const BINARY = [{ deep: [Buffer.from([0, 255]), 'Straße €\u0000'] }, Buffer.alloc(0)];

for (const from of ['c1', 'n1'])
	for (const to of ['c1', 'c2', 'n1', 'n2']) {
		if (from === 'n1' && to.startsWith('n')) continue;
		test(`from ${from} to ${to}`, async (t) => {
			const data = { name: 'Zoë', list: [1, null] };
			const socket = await seasoned(t, servers[from], { rooms: ['a', 'mute'], data });
			const { id, _pid: pid } = socket;
			await lose(outside, socket);
			const expected = [];
			for (const name of NAMES) {
				const s = servers[name];
				await says(s, { event: 'all', args: [name] });
				await says(s, { event: 'binary', to: ['x', 'a'], args: BINARY });
				await says(s, { event: 'own', to: [id], args: ['ends in text'] });
				await says(s, { event: 'no', except: ['mute'] });
				await says(s, { event: 'no', to: ['x'] });
				await says(s, { event: 'no', nsp: '/chat' });
				expected.push(['all', name], ['binary', ...BINARY], ['own', 'ends in text']);
			}
			await comeTo(servers[to], socket);

			assert.deepEqual([socket.recovered, socket.id, socket._pid], [true, id, pid]);
			assert.deepEqual(taken(socket), expected);
			const { rooms, data: kept } = await described(servers[to], id);
			assert.deepEqual([rooms.sort(), kept], [[id, 'a', 'mute'].sort(), data]);
			assert.equal(await outside.exists(`sio:session:${pid}`), 0);
			await servers.c2.order('emit', { to: ['a'], event: 'live', args: [1] });
			await until(() => socket.heard.length, 'what comes then');
			assert.deepEqual(taken(socket), [['live', 1]]);
			assert.equal(servers[from].stderr, '');
		});
	}

test('around the cluster, again and again', async (t) => {
	const socket = await seasoned(t, servers.c1, { rooms: ['round'] });
	const { id } = socket;
	for (const name of ['n1', 'c2', 'c1', 'n2', 'c1', 'c1', 'c2']) {
		await lose(outside, socket);
		await says(servers.n1, { to: ['round'], event: 'next', args: [name] });
		await comeTo(servers[name], socket);
		assert.deepEqual([socket.recovered, socket.id], [true, id]);
		assert.deepEqual(taken(socket), [['next', name]]);
	}
});

test('what was volatile, or asked for an ack, is not said again', async (t) => {
	const socket = await seasoned(t, servers.c1);
	await lose(outside, socket);
	await says(servers.n1, { event: 'volatile', volatile: true });
	await servers.c2.order('ask', { event: 'ask', timeout: 50 });
	await says(servers.c2, { event: 'volatile', volatile: true });
	await says(servers.n1, { event: 'last' });
	await comeTo(servers.c2, socket);
	assert.equal(socket.recovered, true);
	assert.deepEqual(taken(socket), [['last']]);
});

test('an event to one socket counts too', async (t) => {
	const socket = await member(t, servers.c1);
	await servers.c1.order('send', { to: [socket.id], event: 'one', args: ['text'] });
	await until(() => socket.heard.length, 'the event');
	assert.deepEqual(taken(socket), [['one', 'text']]);
	await lose(outside, socket);
	await says(servers.c2, { event: 'missed' });
	await comeTo(servers.n1, socket);
	assert.equal(socket.recovered, true);
	assert.deepEqual(taken(socket), [['missed']]);
});

for (const name of ['c2', 'n1'])
	test(`who is not known at ${name} begins anew`, async (t) => {
		const socket = await seasoned(t, servers.c1);
		const { id, _pid: pid } = socket;
		await lose(outside, socket);
		socket._lastOffset = '1-1';
		await comeTo(servers[name], socket);
		assert.equal(socket.recovered, false);
		assert.notEqual(socket.id, id);
		assert.notEqual(socket._pid, pid);
		const { rooms } = await described(servers[name], socket.id);
		assert.deepEqual(rooms, [socket.id]);
	});

test('of two with one pid one is let in as such', async (t) => {
	const socket = await seasoned(t, servers.c1);
	const { id } = socket;
	await lose(outside, socket);
	const twin = await member(t, servers.c2);
	twin.disconnect();
	Object.assign(twin, { _pid: socket._pid, _lastOffset: socket._lastOffset });
	await Promise.all([comeTo(servers.c1, socket), comeTo(servers.c2, twin)]);
	assert.deepEqual([socket.recovered, twin.recovered].sort(), [false, true]);
	assert.equal([socket.id, twin.id].filter((one) => one === id).length, 1);
});

test('nothing is missed, and nothing heard twice, while everybody talks', async (t) => {
	const socket = await seasoned(t, servers.c1, { rooms: ['talk'] });
	let over = false;
	const talk = async (name) => {
		let n = 0;
		while (!over) await servers[name].order('emit', { to: ['talk'], event: name, args: [n++] });
		return n;
	};
	const talks = ['c1', 'c2', 'n1'].map(talk);
	for (let i = 0; i < 12; i++) {
		await lose(outside, socket);
		await comeTo(servers[i % 2 ? 'c1' : 'c2'], socket);
		assert.equal(socket.recovered, true, `time ${i}`);
		const { length } = socket.heard;
		await until(() => socket.heard.length > length, 'somebody');
	}
	over = true;
	const said = await Promise.all(talks);
	await says(servers.n1, { to: ['talk'], event: 'end' });
	await until(() => socket.heard.at(-1)?.[0] === 'end', 'the end');
	const heard = taken(socket);
	for (const [i, name] of ['c1', 'c2', 'n1'].entries()) {
		const numbers = heard.filter(([event]) => event === name).map(([, n]) => n);
		assert.deepEqual(numbers, Array.from({ length: said[i] }, (_, n) => n), name);
	}
});

test('a namespace that has ended with its last client is there again', async (t) => {
	const socket = await member(t, servers.c1, { nsp: '/p-1' });
	const { id } = socket;
	await servers.c1.order('emit', { nsp: 'parent', event: 'seen' });
	await until(() => socket.heard.length, 'its first event');
	assert.deepEqual(taken(socket), [['seen']]);
	await lose(outside, socket);
	await comeTo(servers.c2, socket);
	assert.deepEqual([socket.recovered, socket.id], [true, id]);
	await lose(outside, socket);
	await says(servers.c1, { nsp: '/p-1', event: 'missed' });
	await comeTo(servers.c2, socket);
	assert.deepEqual([socket.recovered, taken(socket)], [true, [['missed']]]);
});

test('a server that ends leaves its clients to the others', async (t) => {
	const leaving = await startMember(t, 'c', 'leaving', redis, ENV);
	await joined(leaving);
	const socket = await seasoned(t, leaving, { rooms: ['a'] });
	const { id } = socket;
	await leaving.stop();
	await until(() => !socket.connected, 'the end');
	await says(servers.n1, { to: ['a'], event: 'missed' });
	await comeTo(servers.c2, socket);
	assert.deepEqual([socket.recovered, socket.id], [true, id]);
	assert.deepEqual(taken(socket), [['missed']]);
});

/** A client that is lost, and a server at which it waits in middleware when it comes back. */
async function heldBack(t) {
	const held = await startMember(t, 'c', 'held', redis, { ...ENV, HOLD: '1' });
	await joined(held);
	// What the reference keeps passes middleware again.
	const socket = await seasoned(t, servers.n1);
	await lose(outside, socket);
	return { held, socket };
}

async function comesToMiddleware(server, socket) {
	const key = `sio:session:${socket._pid}`;
	socket.io.uri = server.url;
	socket.connect();
	await eventually(async () => !(await outside.exists(key)), 'it to be given back');
}

/** All who wait in middleware: one. */
const admit = (server) =>
	eventually(async () => (await server.order('admit')).result === 1, 'middleware');

test('who waits in middleware while the stream is trimmed begins anew', async (t) => {
	const { held, socket } = await heldBack(t);
	await says(servers.c1, { event: 'missed' });
	await says(servers.c1, { event: 'last' });
	await comesToMiddleware(held, socket);
	await outside.xTrim('socket.io', 'MAXLEN', 1);
	await admit(held);
	await admit(held);
	await connected(socket);
	assert.equal(socket.recovered, false);
	assert.deepEqual(socket.heard, []);
});

test('what nobody waits for any more is not read to its end', async (t) => {
	const { held, socket } = await heldBack(t);
	const entry = { uid: 'x', nsp: '/elsewhere', type: '3', data: '{}' };
	await Promise.all(Array.from({ length: 1000 }, () => outside.xAdd('socket.io', '*', entry)));
	await comesToMiddleware(held, socket);
	const readings = async () =>
		Number(/cmdstat_xrange:calls=(\d+)/.exec(await outside.info('commandstats'))[1]);
	const before = await readings();
	redis.freeze();
	try {
		await admit(held);
		// What it must not say now.
		const closed = next(socket.io.engine, 'close');
		socket.io.engine.send('1');
		await closed;
	} finally {
		redis.thaw();
	}
	for (let i = 0; i < 10; i++) await says(held, { event: 'behind' });
	assert.equal((await readings()) - before, 1);
});

test('nothing that was said was taken amiss', async () => {
	for (const name of ['c1', 'c2']) {
		const { result } = await servers[name].order('stats');
		assert.deepEqual([result.bad, result.dropped], [0, 0]);
	}
});

test('Redis is restarted, and has forgotten everything', async (t) => {
	const other = await startRedis(t);
	const all = [];
	for (const kind of ['c', 'c', 'node'])
		all.push(await startMember(t, kind, kind, other, ENV));
	const [one, two, node] = all;
	for (const server of [one, two]) await joined(server);
	const sockets = [];
	for (const server of all) sockets.push(await seasoned(t, server, { rooms: ['a'] }));
	const lost = await seasoned(t, one);
	const { id } = lost;
	await lose(await redisClient(t, other), lost);

	await other.stop();
	await one.prints(/is lost/);
	await one.order('emit', { event: 'away', args: [1] });
	await until(() => sockets[0].heard.length, 'what is said here');
	assert.deepEqual(sockets[0].heard.splice(0), [['away', 1]]);
	await other.start();
	for (const server of [one, two]) await joined(server, 2);
	await comeTo(two, lost);
	assert.equal(lost.recovered, false);
	assert.notEqual(lost.id, id);

	const again = await redisClient(t, other);
	// The reference reads on when its client has connected again.
	const readers = async () => (await again.sendCommand(['CLIENT', 'LIST'])).match(/cmd=xread/g);
	await eventually(async () => (await readers())?.length === 3, 'all to read');
	for (const [i, server] of all.entries())
		await server.order('emit', { to: ['a'], event: 'back', args: [i] });
	const back = ({ heard }) => heard.filter(([event]) => event === 'back').map(([, n]) => n);
	for (const socket of sockets) {
		await until(() => back(socket).length === 3, 'what is said then');
		assert.deepEqual(back(socket).sort(), [0, 1, 2]);
		socket.heard.length = 0;
	}
	await lose(again, sockets[0]);
	await two.order('emit', { to: ['a'], event: 'missed' });
	await comeTo(node, sockets[0]);
	assert.equal(sockets[0].recovered, true);
	assert.deepEqual(taken(sockets[0]), [['missed']]);
});

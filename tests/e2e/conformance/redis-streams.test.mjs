// SPDX-License-Identifier: MIT
//
// A cluster over a stream: what its entries are, and what becomes of clients that come back.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { test } from 'node:test';
import { decode, encode, redisClient } from '../cluster/outside.mjs';
import { connected, openManager, WEBSOCKET } from '../support/client.mjs';
import { eventually, joined, member, startMember } from '../support/cluster.mjs';
import { comeTo, kept, lose } from '../support/homecoming.mjs';
import { startRedis } from '../support/redis.mjs';
import { next, record, until } from '../support/wait.mjs';

const STREAM = 'socket.io';
const CHANNEL = 'socket.io#/#';
const OK = 'success';
const isOffset = (value) => /^\d+-\d+$/.test(value);

/** Servers of ours, and somebody who reads and writes the stream. */
async function begin(t, { names = ['c1'], recovery = '60000', ...env } = {}) {
	const redis = await startRedis(t);
	const outside = await redisClient(t, redis);
	const servers = [];
	for (const name of names) {
		const all = { MODE: 'streams', RECOVERY: recovery, ...env };
		servers.push(await startMember(t, 'c', name, redis, all));
		await joined(servers.at(-1));
	}
	const entries = async () => {
		const all = await outside.xRange(STREAM, '-', '+');
		return all.map(({ id, message }) => ({ id, ...message }));
	};
	const data = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
	const add = (fields, id = '*') => {
		const { uid = 'other', nsp = '/', type = '3', ...rest } = fields;
		return outside.xAdd(STREAM, id, { uid, nsp, type, data: data(rest.data) });
	};
	return { redis, outside, servers, entries, add };
}

const said = (event, opts = {}) => ({
	packet: { type: 2, data: event },
	opts: { rooms: [], except: [], flags: {}, ...opts },
});
const heard = (socket, n) => until(() => socket.heard.length >= n, `${n} events`);

async function seasoned(t, server, options) {
	const socket = await member(t, server, options);
	await server.order('emit', { to: [socket.id], event: 'seen' });
	await heard(socket, 1);
	socket.heard.length = 0;
	return socket;
}

test('redis 19: what is said to clients is an entry', async (t) => {
	const { servers: [server], entries } = await begin(t, { STREAM_MAX: '100' });
	const who = { to: ['r', 's'], except: ['x'] };
	await server.order('emit', { event: 'é', args: [1, null], ...who, volatile: true });
	await server.order('emit', { event: 'b', args: [Buffer.from([0, 255]), '€'] });
	await server.order('join', { ...who, room: 'new' });
	await server.order('leave', { room: 'new' });
	await server.order('disconnect', { to: ['nobody'], close: true });
	const all = await entries();
	const [{ uid }] = all;
	assert.match(uid, /^[0-9a-f]{16}$/);
	for (const entry of all) {
		assert.deepEqual(Object.keys(entry), ['id', 'uid', 'nsp', 'type', 'data']);
		assert.deepEqual([entry.uid, entry.nsp], [uid, '/']);
	}
	assert.deepEqual(all.map(({ type }) => type), ['3', '3', '4', '5', '6']);
	const parsed = (i) => JSON.parse(all[i].data);
	const opts = { rooms: ['r', 's'], except: ['x'], flags: {} };
	const flags = { volatile: true };
	assert.deepEqual(parsed(0), said(['é', 1, null], { ...opts, flags }));
	const binary = decode(Buffer.from(all[1].data, 'base64'));
	assert.deepEqual(binary, said(['b', Buffer.from([0, 255]), '€']));
	assert.deepEqual(parsed(2), { opts, rooms: ['new'] });
	assert.deepEqual(parsed(3).rooms, ['new']);
	assert.deepEqual([parsed(4).opts.rooms, parsed(4).close], [['nobody'], true]);
	for (let i = 0; i < 300; i++) server.order('emit', { event: 'e' });
	await server.order('emit', { event: 'last' });
	const { length } = await entries();
	assert.ok(length >= 100 && length < 250, `${length} entries`);
});

test('redis 20: what asks goes over channels, in MessagePack', async (t) => {
	const { redis, outside, servers: [server], entries } = await begin(t, { TIMEOUT: '500' });
	const listener = await redisClient(t, redis);
	const messages = [];
	const keep = (message, channel) => messages.push([`${channel}`, decode(message)]);
	await listener.subscribe(CHANNEL, keep, true);
	await listener.subscribe(`${CHANNEL}me#`, keep, true);
	await server.order('ask', { event: 'ask', timeout: 50 });
	const fetched = server.order('fetch');
	await server.order('server_emit', { event: 'tell', args: [1] });
	await until(() => messages.length >= 3, 'the questions');
	assert.deepEqual(messages.map(([, { type }]) => type), [3, 7, 9]);
	const question = { type: 7, uid: 'me', nsp: '/', data: { requestId: 'q', opts: said().opts } };
	await outside.publish(CHANNEL, encode(question));
	const answer = await nextOn(messages, `${CHANNEL}me#`);
	assert.deepEqual(answer.data, { requestId: 'q', sockets: [] });
	assert.deepEqual(await entries(), []);
	assert.notEqual((await fetched).err, OK);
	assert.equal((await outside.pubSubNumSub([CHANNEL]))[CHANNEL], 2);
});

async function nextOn(messages, channel) {
	const of = ([where]) => where === channel;
	await until(() => messages.some(of), `something on ${channel}`);
	return messages.find(of)[1];
}

/** Ends the connection on which the server reads the stream. */
async function cutReader(outside) {
	const list = await outside.sendCommand(['CLIENT', 'LIST']);
	const id = /id=(\d+) [^\n]*cmd=xread/.exec(list)[1];
	await outside.sendCommand(['CLIENT', 'KILL', 'ID', id]);
}

test('redis 21: reading goes on where it was', async (t) => {
	const redis = await startRedis(t);
	const outside = await redisClient(t, redis);
	const add = (event, id = '*') => outside.xAdd(STREAM, id, {
		uid: 'other', nsp: '/', type: '3', data: JSON.stringify(said([event])),
	});
	await add('before it began');
	const server = await startMember(t, 'c', 'c1', redis, { MODE: 'streams' });
	await joined(server);
	const client = await member(t, server);
	await add('one');
	await heard(client, 1);
	await cutReader(outside);
	await add('two');
	await heard(client, 2);
	await joined(server, 2);
	await outside.del(STREAM);
	await add('old', '1-1');
	await cutReader(outside);
	await joined(server, 3);
	await add('three', '2-1');
	await heard(client, 3);
	assert.deepEqual(client.heard, [['one'], ['two'], ['three']]);
});

test('redis 9, 10, 21: entries that make no sense, or are too large', async (t) => {
	const { servers: [server], add } = await begin(t, { MAX_MESSAGE: '100000' });
	const client = await member(t, server);
	const good = said(['e']);
	const packed = (value) => encode(value).toString('base64');
	const wrong = { _placeholder: true, num: 3 };
	const nonsense = {
		'no uid': { uid: '', data: good },
		'a long uid': { uid: 'x'.repeat(65), data: good },
		'no type': { type: '', data: good },
		'a strange type': { type: '99', data: good },
		'a type that is none': { type: '3x', data: good },
		'no data': { data: '' },
		'half of JSON': { data: '{"packet":' },
		'no base64': { data: '***' },
		'JSON in base64': { data: Buffer.from(JSON.stringify(good)).toString('base64') },
		'half of MessagePack': { data: packed(good).slice(0, 8) },
		'no object': { data: packed([1]) },
		'no packet': { data: { opts: good.opts } },
		'no options': { data: { packet: good.packet } },
		'no name': { data: said([1]) },
		'a reserved name': { data: said(['connect']) },
		'a wrong placeholder': { data: packed(said(['e', wrong, Buffer.alloc(1)])) },
		'rooms that are none': { data: said(['e'], { rooms: 'r' }) },
		'join without rooms': { type: '4', data: { opts: good.opts } },
		'depth': { data: `{"packet":${'['.repeat(20_000)}${']'.repeat(20_000)}}` },
		'too much': { data: said(['e', 'x'.repeat(100_000)]) },
	};
	for (const [name, entry] of Object.entries(nonsense)) {
		const before = (await server.order('stats')).result;
		await add(entry);
		let now;
		await eventually(async () => {
			now = (await server.order('stats')).result;
			return now.received > before.received;
		}, `${name} to be read`);
		assert.equal(now.bad - before.bad, 1, name);
	}
	await add({ nsp: '/nowhere', data: good });
	await add({ type: '2', data: '' }); // a heartbeat, of earlier versions
	await add({ data: said(['far too much', 'x'.repeat(5_000_000)]) });
	await server.prints(/is lost: a message over max_message/);
	await joined(server, 2);
	await add({ data: said(['after']) });
	await heard(client, 1);
	assert.deepEqual(client.heard.map(([event]) => event), ['after']);
});

/** Entries that are there all at once. */
async function addTogether(outside, events) {
	const all = outside.multi();
	for (const event of events) {
		const data = JSON.stringify(said(event));
		all.xAdd(STREAM, '*', { uid: 'other', nsp: '/', type: '3', data });
	}
	return all.exec();
}

const HUGE = 'x'.repeat(1_000_000);
const amiss = async (server) => (await server.order('stats')).result.bad;

test('redis 21: what is too large is passed over, and nothing else', async (t) => {
	const { servers: [server], outside } = await begin(t, { MAX_MESSAGE: '100000' });
	const client = await member(t, server);
	await addTogether(outside, [['a'], ['b'], ['no', HUGE], ['c'], ['no', HUGE], ['d']]);
	await heard(client, 4);
	assert.deepEqual(client.heard.map(([event]) => event), ['a', 'b', 'c', 'd']);
	const { bad, connects } = (await server.order('stats')).result;
	// Each of them costs one connection.
	assert.deepEqual([bad, connects], [2, 3]);
	await addTogether(outside, [['no', HUGE]]);
	await eventually(async () => (await amiss(server)) === 3, 'it to be passed over');
	await addTogether(outside, [['e']]);
	await heard(client, 5);
});

test('redis 21: many that are too large do not keep others waiting', async (t) => {
	const { servers: [server], outside } = await begin(t, { MAX_MESSAGE: '100000' });
	const client = await member(t, server);
	await addTogether(outside, [...Array(6).fill(['no', HUGE]), ['after']]);
	await heard(client, 1);
	assert.equal(await amiss(server), 6);
});

for (const [what, refused] of [['', 0], [', and scripts are refused', 1]])
	test(`redis 21: what is too large is the last when a server begins${what}`, async (t) => {
		const redis = await startRedis(t);
		const outside = await redisClient(t, redis);
		if (refused) await outside.sendCommand(['ACL', 'SETUSER', 'default', '-eval']);
		await addTogether(outside, [['before'], ['no', HUGE]]);
		const env = { MODE: 'streams', MAX_MESSAGE: '100000' };
		const server = await startMember(t, 'c', 'c1', redis, env);
		await joined(server);
		const client = await member(t, server);
		const reads = async () => /cmd=xread/.test(await outside.sendCommand(['CLIENT', 'LIST']));
		await eventually(reads, 'the stream to be read');
		await addTogether(outside, [['one'], ['two']]);
		await heard(client, 2);
		assert.deepEqual(client.heard, [['one'], ['two']]);
		const { bad, connects } = (await server.order('stats')).result;
		// Nothing from before is asked for again.
		assert.deepEqual([bad, connects], [1 - refused, 1]);
	});

test('redis 21: where scripts are refused, reading goes on at the end', async (t) => {
	const { servers: [server], outside } = await begin(t, { MAX_MESSAGE: '100000' });
	const client = await member(t, server);
	await outside.sendCommand(['ACL', 'SETUSER', 'default', '-eval']);
	await addTogether(outside, [['a'], ['no', HUGE], ['b']]);
	const reads = async () => /cmd=xread/.test(await outside.sendCommand(['CLIENT', 'LIST']));
	assert.ok(await server.prints(/eval/), server.stderr);
	await joined(server, 3);
	await eventually(reads, 'the stream to be read again');
	await addTogether(outside, [['c']]);
	await until(() => client.heard.at(-1)?.[0] === 'c', 'what comes then');
	assert.deepEqual(client.heard.map(([event]) => event), ['a', 'c']);
});

/** Redis, but that the first script is not run; `instead` is called with the connection. */
async function withoutFirstScript(t, redis, instead) {
	let first = true;
	const server = createServer((socket) => {
		const behind = createConnection(redis.port, '127.0.0.1');
		for (const [one, other] of [[socket, behind], [behind, socket]])
			one.on('error', () => {}).on('close', () => other.destroy());
		behind.pipe(socket);
		socket.on('data', (data) => {
			const asks = first && data.includes('EVAL');
			first = first && !asks;
			if (asks) instead(socket);
			else behind.write(data);
		});
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.after(() => server.close());
	return { url: `redis://127.0.0.1:${server.address().port}`, asked: () => !first };
}

const later = '-LOADING Redis is loading the dataset in memory\r\n';
const instead = {
	'that Redis cannot run yet': (socket) => socket.write(later),
	'that was lost with its stream': async (socket, outside) => {
		await outside.del(STREAM);
		await addTogether(outside, [['b']]);
		socket.destroy();
	},
};

for (const [what, run] of Object.entries(instead))
	test(`redis 21: a script ${what} costs no other entry`, async (t) => {
		const redis = await startRedis(t);
		const outside = await redisClient(t, redis);
		const way = await withoutFirstScript(t, redis, (socket) => run(socket, outside));
		const env = { MODE: 'streams', MAX_MESSAGE: '100000' };
		const server = await startMember(t, 'c', 'c1', way, env);
		await joined(server);
		const client = await member(t, server);
		await addTogether(outside, [['a']]);
		await heard(client, 1);
		await addTogether(outside, [['no', HUGE], ['b']]);
		await heard(client, 2);
		assert.deepEqual([way.asked(), client.heard], [true, [['a'], ['b']]]);
	});

test('redis 26: who has missed what is too large begins anew', async (t) => {
	const env = { names: ['c1', 'c2'], MAX_MESSAGE: '100000' };
	const { servers: [one, two], outside } = await begin(t, env);
	const socket = await seasoned(t, one);
	// The connection survives what is a little too large.
	for (const [i, size] of [1_000_000, 110_000].entries()) {
		await lose(outside, socket);
		await addTogether(outside, [['no', HUGE.slice(0, size)], ['b']]);
		for (const server of [one, two])
			await eventually(async () => (await amiss(server)) === i + 1, 'it to be passed over');
		await joined(two);
		await comeTo(two, socket);
		assert.equal(socket.recovered, false);
		socket.heard.length = 0;
		await two.order('emit', { event: 'e' });
		await heard(socket, 1);
	}
	await lose(outside, socket);
	await comeTo(one, socket);
	assert.equal(socket.recovered, true);
});

const BROKEN = /REDIS 1 redis: the connection to [^\n]* is lost: a message over max_message/g;

test('redis 10, 26: who comes back has nothing read that is too large', async (t) => {
	const env = { names: ['c1', 'c2'], MAX_MESSAGE: '100000' };
	const { servers: [one, two], outside } = await begin(t, env);
	const socket = await seasoned(t, one);
	const [huge] = await addTogether(outside, [['no', HUGE]]);
	for (const server of [one, two])
		await eventually(async () => (await amiss(server)) === 1, 'it to be passed over');
	await joined(two);
	const { connects } = (await two.order('stats')).result;
	await lose(outside, socket);
	// As who has heard of it on a server that reads more.
	socket._lastOffset = huge;
	await comeTo(two, socket);
	assert.equal(socket.recovered, false);
	const { result } = await two.order('stats');
	assert.deepEqual([result.connected, result.connects], [true, connects]);
});

test('redis 26: what was too large before a server began is tried once', async (t) => {
	const { redis, servers: [one], outside } = await begin(t);
	const socket = await seasoned(t, one);
	const { _lastOffset: old } = socket;
	await addTogether(outside, [['no', HUGE], ['b']]);
	await heard(socket, 2);
	const env = { MODE: 'streams', RECOVERY: '60000', MAX_MESSAGE: '100000' };
	const two = await startMember(t, 'c', 'c2', redis, env);
	await joined(two);
	for (let i = 0; i < 3; i++) {
		await lose(outside, socket);
		socket._lastOffset = old;
		await comeTo(two, socket);
		assert.equal(socket.recovered, false);
		await until(() => two.stdout.match(BROKEN), 'the connection to be lost');
		await joined(two, 2);
	}
	assert.equal(two.stdout.match(BROKEN).length, 1);
	await two.order('emit', { event: 'e' });
	await heard(socket, 3);
	await lose(outside, socket);
	await comeTo(two, socket);
	assert.equal(socket.recovered, true);
});

test('redis 22; differences 70: all hear everything in one order', async (t) => {
	const { servers: [one, two] } = await begin(t, { names: ['c1', 'c2'] });
	const clients = [await member(t, one), await member(t, two)];
	for (let i = 0; i < 200; i++)
		for (const server of [one, two]) server.order('emit', { event: server.name, args: [i] });
	for (const client of clients) await heard(client, 400);
	assert.deepEqual(clients[0].heard, clients[1].heard);
	const offsets = clients[0].heard.map((event) => event.at(-1).split('-').map(Number));
	const rises = ([ms, n], i) => i === 0 || ms > offsets[i - 1][0] ||
		(ms === offsets[i - 1][0] && n > offsets[i - 1][1]);
	assert.ok(offsets.every(rises), 'offsets rise');
	for (const name of ['c1', 'c2']) {
		const numbers = clients[0].heard.filter(([event]) => event === name).map(([, n]) => n);
		assert.deepEqual(numbers, Array.from({ length: 200 }, (_, i) => i));
	}
});

test('redis 23: clients here do not wait for Redis long', async (t) => {
	const { redis, servers: [one, two] } = await begin(t, { names: ['c1', 'c2'], PING: '200' });
	const clients = [await member(t, one), await member(t, two)];
	const text = { event: 'e', args: ['text'] };
	await one.order('emit', text);
	for (const client of clients) await heard(client, 1);
	const [[, , offset]] = clients[0].heard;
	redis.freeze();
	await one.order('emit', { event: 'e', args: [1] });
	await one.order('emit', text);
	await heard(clients[0], 3);
	// What a client would take for an offset is followed by one that it has.
	assert.deepEqual(clients[0].heard.slice(1), [['e', 1], ['e', 'text', offset]]);
	redis.thaw();
	await redis.stop();
	await one.prints(/is lost/);
	await one.order('emit', { event: 'away', args: [2] });
	await heard(clients[0], 4);
	assert.deepEqual(clients[0].heard[3], ['away', 2]);
	await redis.start();
	for (const server of [one, two]) await joined(server, 2);
	await until(() => clients[1].heard.some(([event]) => event === 'away'), 'what waited');
	await one.order('emit', { event: 'back' });
	for (const { heard: all } of clients) {
		await until(() => all.some(([event]) => event === 'back'), 'the last');
		assert.ok(isOffset(all.at(-1).at(-1)));
		assert.equal(all.filter(([event]) => event === 'away').length, 1);
	}
});

test('redis 15: what is dropped over max_queue is counted, also where offsets are told', async (t) => {
	const { redis, servers: [server] } = await begin(t, { MAX_QUEUE: '10000', PING: '60000' });
	const client = await member(t, server);
	redis.freeze();
	t.after(() => redis.thaw());
	const large = { op: 'emit', event: 'e', args: ['x'.repeat(1000)] };
	await server.order('several', { orders: Array(20).fill(large) });
	await heard(client, 20);
	const { dropped, queued } = (await server.order('stats')).result;
	assert.ok(dropped > 10 && dropped < 15 && queued <= 10_000, `${dropped}, ${queued}`);
	assert.match(server.stdout, /REDIS 1 redis: more than max_queue waits for Redis: /);
});

test('redis 24: what is kept of a client, and for whom', async (t) => {
	const { outside, servers: [one, two] } = await begin(t, { names: ['c1', 'c2'] });
	const data = { name: 'Zoë' };
	const socket = await seasoned(t, one, { rooms: ['é'], data });
	const { id, _pid: pid } = socket;
	const key = `sio:session:${pid}`;
	await lose(outside, socket);
	const session = decode(Buffer.from(await outside.get(key), 'base64'));
	assert.deepEqual(session, { sid: id, pid, rooms: [id, 'é'], data, nsp: '/' });
	const left = await outside.pTTL(key);
	assert.ok(left > 30_000 && left <= 60_000, `${left} ms`);
	const buffers = { ...session, data: { b: [Buffer.from([7])] } };
	await outside.set(key, encode(buffers).toString('base64'));
	await comeTo(two, socket);
	assert.equal(socket.recovered, true);
	assert.equal(await outside.exists(key), 0);
	const { result } = await two.order('fetch');
	assert.deepEqual(result[0].data, { b: [{ type: 'Buffer', data: [7] }] });
	for (const wrong of ['', '***', encode({ ...session, sid: 7 })]) {
		await lose(outside, socket);
		await outside.set(`sio:session:${socket._pid}`, wrong.toString('base64'));
		const { id: before } = socket;
		await comeTo(two, socket);
		assert.equal(socket.recovered, false);
		assert.notEqual(socket.id, before);
		await two.order('emit', { event: 'offset' });
		await until(() => isOffset(socket._lastOffset ?? ''), 'an offset');
	}
	socket.disconnect();
	assert.equal(await outside.exists(`sio:session:${socket._pid}`), 0);
});

test('redis 25; differences 69: what was missed is said, once', async (t) => {
	const { outside, servers: [one, two], add } = await begin(t, { names: ['c1', 'c2'] });
	const socket = await seasoned(t, one, { rooms: ['r', 'mute'] });
	const { id } = socket;
	await lose(outside, socket);
	const missed = [];
	for (let i = 0; i < 250; i++) missed.push(['e', i, await add({ data: said(['e', i]) })]);
	await add({ data: said(['volatile'], { flags: { volatile: true } }) });
	await add({ data: { ...said(['asks']), packet: { type: 2, data: ['asks'], id: 4 } } });
	await add({ data: said(['other'], { rooms: ['x'] }) });
	await add({ data: said(['mute'], { rooms: ['r'], except: ['mute'] }) });
	await add({ nsp: '/chat', data: said(['chat']) });
	await add({ data: '{' });
	const own = said(['own', Buffer.from([1])], { rooms: [id, 'r'] });
	const packed = encode(own).toString('base64');
	missed.push(['own', Buffer.from([1]), await add({ data: packed })]);
	await comeTo(two, socket);
	assert.equal(socket.recovered, true);
	assert.deepEqual(socket.heard, missed);
	assert.equal(socket._lastOffset, missed.at(-1).at(-1));
});

test('redis 24, 25; differences 72: what was said before a client came is not his', async (t) => {
	const { outside, servers: [one, two] } = await begin(t, { names: ['c1', 'c2'] });
	const early = await seasoned(t, one);
	const { _lastOffset: before } = early;
	await one.order('emit', { event: 'secret', args: [2] });
	await heard(early, 1);
	const late = await member(t, one);
	await one.order('emit', { event: 'his', args: [3] });
	await heard(late, 1);
	const his = late.heard.slice();
	for (const server of [two, one]) {
		late.heard.length = 0;
		await lose(outside, late);
		const key = `sio:session:${late._pid}`;
		const { since } = decode(Buffer.from(await outside.get(key), 'base64'));
		assert.equal(since, early.heard[0].at(-1));
		// He may say what he likes, or have it from another time.
		late._lastOffset = before;
		await comeTo(server, late);
		assert.equal(late.recovered, true);
		assert.deepEqual(late.heard, his);
	}
});

test('redis 26; cluster 22: who comes back while Redis is away begins anew', async (t) => {
	const env = { names: ['c1', 'c2'], TIMEOUT: '300', PING: '60000' };
	const { redis, outside, servers: [one, two] } = await begin(t, env);
	const first = await seasoned(t, one);
	const second = await seasoned(t, one);
	for (const socket of [first, second]) await lose(outside, socket);
	redis.freeze();
	await comeTo(two, first);
	assert.equal(first.recovered, false);
	redis.thaw();
	await redis.stop();
	await two.prints(/is lost/);
	await comeTo(two, second);
	assert.equal(second.recovered, false);
	await redis.start();
	await joined(two, 2);
	await two.order('emit', { event: 'e' });
	for (const socket of [first, second]) {
		await until(() => socket.heard.length, 'the event');
		assert.ok(isOffset(socket.heard[0].at(-1)));
	}
});

test('cluster 18: the order is kept, to the last word', async (t) => {
	const { servers: [server] } = await begin(t);
	const socket = await member(t, server);
	const to = [socket.id];
	const gone = record(socket, 'disconnect');
	const orders = [
		{ op: 'emit', event: 'a' },
		{ op: 'send', to, event: 'b' },
		{ op: 'emit', event: 'c', volatile: true },
		{ op: 'emit', event: 'd', local: true },
		{ op: 'join', room: 'late' },
		{ op: 'emit', event: 'never', to: ['later'] },
		{ op: 'join', room: 'later' },
		{ op: 'leave', room: 'late' },
		{ op: 'emit', event: 'never', to: ['late'] },
		{ op: 'ask', event: 'f', timeout: 1000 },
		{ op: 'emit', event: 'g', to: ['later'] },
	];
	await server.order('several', { orders });
	await heard(socket, 6);
	assert.deepEqual(socket.heard.map(([event]) => event), ['a', 'b', 'c', 'd', 'f', 'g']);
	socket.heard.length = 0;
	const last = [{ op: 'send', to, event: 'bye', args: [1] }, { op: 'disconnect', to }];
	await server.order('several', { orders: last });
	await until(() => gone.length, 'the end');
	assert.deepEqual(socket.heard, [['bye', 1]]);
	assert.deepEqual(gone[0][0], 'io server disconnect');
});

test('cluster 19: no more waits than recovery_bytes', async (t) => {
	const { redis, servers: [server] } = await begin(t, { RECOVERY_BYTES: '3000', PING: '60000' });
	const socket = await member(t, server);
	redis.freeze();
	t.after(() => redis.thaw());
	const since = performance.now();
	await server.order('emit', { event: 'small', args: [1] });
	await server.order('emit', { event: 'large', args: ['x'.repeat(5000)] });
	await heard(socket, 2);
	const took = performance.now() - since;
	assert.deepEqual(socket.heard.map(([event]) => event), ['small', 'large']);
	assert.ok(took < 1000, `before the second that it would take: ${took} ms`);
});

test('cluster 20: what is said while a client passes middleware is not missed', async (t) => {
	const { outside, servers: [one, two] } = await begin(t, { names: ['c1', 'c2'], HOLD: '1' });
	const socket = await admitted(t, one);
	await lose(outside, socket);
	await one.order('emit', { event: 'missed', args: [1] });
	const coming = comeTo(two, socket);
	await eventually(async () => !(await outside.exists(`sio:session:${socket._pid}`)), 'him');
	await one.order('emit', { event: 'missed', args: [2] });
	await two.order('emit', { event: 'missed', args: [3] });
	await admit(two);
	await coming;
	assert.equal(socket.recovered, true);
	assert.deepEqual(socket.heard.map(([, n]) => n), [1, 2, 3]);
});

const admit = (server) =>
	eventually(async () => (await server.order('admit')).result > 0, 'who is to be admitted');

/** A client of a server where clients wait in middleware, with an offset. */
async function admitted(t, server) {
	const coming = seasoned(t, server);
	await admit(server);
	return coming;
}

test('cluster 21: who leaves before it is let in may come back', async (t) => {
	const { outside, servers: [one, two] } = await begin(t, { names: ['c1', 'c2'], HOLD: '1' });
	const socket = await admitted(t, one);
	const { id } = socket;
	await lose(outside, socket);
	socket.io.uri = two.url;
	socket.connect();
	const key = `sio:session:${socket._pid}`;
	await eventually(async () => !(await outside.exists(key)), 'who is asked for');
	socket.io.engine.close();
	await kept(outside, socket);
	const again = comeTo(one, socket);
	await admit(one);
	await again;
	assert.deepEqual([socket.recovered, socket.id], [true, id]);
});

test('cluster 21: nor does its namespace, which ends meanwhile, take that with it', async (t) => {
	const { redis, outside, servers: [one, two] } = await begin(t, { names: ['c1', 'c2'] });
	const socket = await member(t, one, { nsp: '/p-1' });
	const { id } = socket;
	await one.order('emit', { nsp: 'parent', event: 'seen' });
	await heard(socket, 1);
	await lose(outside, socket);
	redis.freeze();
	socket.io.uri = two.url;
	socket.connect();
	await next(socket.io, 'open');
	await two.order('stats');
	socket.io.engine.close();
	await two.order('stats');
	redis.thaw();
	const taken = async () => /cmdstat_getdel:calls=1/.test(await outside.info('commandstats'));
	await eventually(taken, 'it to be taken');
	await kept(outside, socket);
	await comeTo(two, socket);
	assert.deepEqual([socket.recovered, socket.id], [true, id]);
});

test('cluster 22: who has missed too much begins anew', async (t) => {
	const env = { names: ['c1', 'c2'], CLIENT_QUEUE: '10000' };
	const { outside, servers: [one, two] } = await begin(t, env);
	for (const [size, recovered] of [[2000, true], [20_000, false]]) {
		const socket = await seasoned(t, one);
		await lose(outside, socket);
		for (let i = 0; i < 4; i++)
			await one.order('emit', { event: 'e', args: ['x'.repeat(size / 4)] });
		await comeTo(two, socket);
		assert.equal(socket.recovered, recovered);
		assert.equal(socket.heard.length, recovered ? 4 : 0);
		assert.equal((await one.order('stats')).err, OK);
		socket.disconnect();
	}
});

test('redis 27; differences 71: who was lost in one namespace is not of another', async (t) => {
	const { outside, servers: [one, two], add } = await begin(t, { names: ['c1', 'c2'], HOLD: '1' });
	// In "/chat" there is no middleware.
	const chat = await member(t, one, { nsp: '/chat', rooms: ['r'] });
	await one.order('emit', { nsp: '/chat', event: 'seen' });
	await heard(chat, 1);
	const offset = chat._lastOffset;
	const inMain = await add({ data: said(['main']) });
	for (const [nsp, offsetShown, recovered] of [
		['/', offset, undefined], // of one of ours: its namespace is known
		[undefined, offset, undefined], // of one of the reference's: by its offset
		[undefined, inMain, true],
	]) {
		await lose(outside, chat);
		const key = `sio:session:${chat._pid}`;
		const session = decode(Buffer.from(await outside.get(key), 'base64'));
		if (nsp === undefined) delete session.nsp;
		await outside.set(key, encode(session).toString('base64'));
		const intruder = await openWith(t, two, { pid: chat._pid, offset: offsetShown });
		// Middleware is asked in any case.
		await admit(two);
		await connected(intruder);
		assert.equal(intruder.id === session.sid, Boolean(recovered));
		intruder.disconnect();
		await comeTo(one, chat);
		await one.order('emit', { nsp: '/chat', event: 'again' });
		await until(() => chat._lastOffset !== offset, 'another offset');
		chat._lastOffset = offset;
	}
});

/** A client of "/" that shows what it has no right to. */
async function openWith(t, server, auth) {
	const socket = openManager(t, server, WEBSOCKET).socket('/', { auth });
	socket.connect();
	return socket;
}

// SPDX-License-Identifier: MIT
//
// What comes on the channels of a cluster without being said by one of its servers: the forms of
// older ones, and whatever somebody may publish who is let in to Redis.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode, redisClient } from '../cluster/outside.mjs';
import { eventually, joined, member, startMember } from '../support/cluster.mjs';
import { startRedis } from '../support/redis.mjs';
import { until } from '../support/wait.mjs';

const BROADCAST = 'socket.io#/#';
const REQUEST = 'socket.io-request#/#';
const RESPONSE = 'socket.io-response#/#';
const OK = 'success';

/** A server, a client of it, and somebody who publishes and listens. */
async function begin(t, env = {}) {
	const redis = await startRedis(t);
	const server = await startMember(t, 'c', 'c1', redis, env);
	await joined(server);
	const client = await member(t, server, { rooms: ['r'] });
	const outside = await redisClient(t, redis);
	const listener = await redisClient(t, redis);
	const responses = [];
	const keep = (message, channel) => responses.push([`${channel}`, message]);
	await listener.pSubscribe('socket.io-response#*', keep, true);
	const say = (channel, message) => outside.publish(channel, message);
	return { redis, server, client, outside, responses, say };
}

const parsed = ([channel, message]) => [
	channel,
	message[0] === 0x7b ? JSON.parse(message) : decode(message),
];

async function answerTo({ responses, say }, request) {
	responses.length = 0;
	await say(REQUEST, JSON.stringify(request));
	await until(() => responses.length, 'a response');
	return parsed(responses[0]);
}

test('redis 1: one subscription of each channel for each namespace', async (t) => {
	const { outside } = await begin(t, { KEY: 'k*y' });
	for (const nsp of ['/', '/chat', '/a[b]*', '/control']) {
		const channels = ['request', 'response'].map((kind) => `k*y-${kind}#${nsp}#`);
		const counts = await outside.pubSubNumSub(channels);
		assert.deepEqual(channels.map((channel) => counts[channel]), [1, 1]);
	}
	// What looks like a pattern in a name, or in the key, is none.
	const reached = (channel) => outside.publish(channel, encode(['x', event, { rooms: [] }]));
	assert.equal(await reached('k*y#/a[b]*#'), 1);
	assert.equal(await reached('k*y#/a[b]*#room#'), 1);
	assert.equal(await reached('k*y#/abx#'), 0);
	assert.equal(await reached('kxy#/#'), 0);
});

test('redis 2, 3: how a broadcast is said, and on which channel', async (t) => {
	const { server, redis } = await begin(t);
	const listener = await redisClient(t, redis);
	const said = [];
	await listener.pSubscribe('socket.io#*', (message, channel) => {
		const [, packet, opts] = decode(message);
		said.push([`${channel}`, packet, opts]);
	}, true);
	const args = ['é', Buffer.from([1])];
	await server.order('emit', { event: 'e', args });
	await server.order('emit', { event: 'e', args, to: ['r'], except: ['x'], volatile: true });
	await server.order('emit', { event: 'e', args, to: ['r', 's'], nsp: '/chat' });
	await until(() => said.length === 3, 'all three');
	const packet = (nsp) => ({ type: 2, data: ['e', ...args], nsp });
	assert.deepEqual(said, [
		['socket.io#/#', packet('/'), { rooms: [], except: [], flags: {} }],
		['socket.io#/#r#', packet('/'), { rooms: ['r'], except: ['x'], flags: { volatile: true } }],
		['socket.io#/chat#', packet('/chat'), { rooms: ['r', 's'], except: [], flags: {} }],
	]);
});

test('redis 3: what a server hears of itself it does not do again', async (t) => {
	const { server, redis, client, say } = await begin(t);
	const listener = await redisClient(t, redis);
	const uids = [];
	await listener.subscribe(BROADCAST, (message) => uids.push(decode(message)[0]), true);
	await server.order('emit', { event: 'e' });
	await until(() => uids.length, 'its name');
	const own = { uid: uids[0], opts: { rooms: [], except: [] } };
	await say(BROADCAST, encode([own.uid, event, { rooms: [] }]));
	await say(REQUEST, JSON.stringify({ ...own, type: 2, rooms: ['new'] }));
	await say(REQUEST, JSON.stringify({ ...own, type: 4, close: true }));
	const { result } = await server.order('fetch');
	assert.deepEqual(result[0].rooms, [client.id, 'r']);
	assert.deepEqual(client.heard, [['e']]);
});

test('redis 6: channels of sharded servers, and what is said on them', async (t) => {
	const { server, redis, client, outside } = await begin(t, { MODE: 'dynamic' });
	const channels = async () => outside.sendCommand(['PUBSUB', 'SHARDCHANNELS', 'socket.io#/#*']);
	await eventually(async () => (await channels()).length === 3, 'a channel for the room');
	const [all, room] = (await channels()).sort((a, b) => a.length - b.length);
	assert.deepEqual([all, room], ['socket.io#/#', 'socket.io#/#r#']);
	const said = [];
	const keep = (message) => said.push(message);
	const listener = await redisClient(t, redis);
	for (const channel of [all, room]) await listener.sSubscribe(channel, keep, true);
	await server.order('emit', { event: 'e', args: [1] });
	await server.order('emit', { event: 'e', args: [Buffer.from([1])], to: ['r'] });
	await until(() => said.length === 2, 'both');
	const opts = { rooms: [], except: [], flags: {} };
	const whole = (data, rooms) => ({ packet: { type: 2, data }, opts: { ...opts, rooms } });
	const [text, binary] = [JSON.parse(said[0]), decode(said[1])];
	assert.match(text.uid, /^[0-9a-f]{16}$/);
	assert.deepEqual({ ...text, uid: 0 }, { type: 3, data: whole(['e', 1], []), uid: 0, nsp: '/' });
	assert.deepEqual(binary.data, whole(['e', Buffer.from([1])], ['r']));
	const rooms = await server.order('rooms');
	assert.deepEqual(rooms, { err: 'invalid argument', result: [client.id, 'r'] });
	client.disconnect();
	const left = () => outside.sendCommand(['PUBSUB', 'SHARDNUMSUB', room]);
	await eventually(async () => (await left())[1] === 1, 'the server to leave the room');
});

test('redis 6: a room and a namespace may have one channel', async (t) => {
	const redis = await startRedis(t);
	const outside = await redisClient(t, redis);
	const servers = [];
	for (const name of ['c1', 'c2']) {
		servers.push(await startMember(t, 'c', name, redis, { MODE: 'dynamic' }));
		await joined(servers.at(-1));
	}
	const [one, two] = servers;
	const enter = () => member(t, two, { rooms: ['r'] });
	const begun = async () => {
		for (const server of servers) await server.order('emit', { nsp: '/#r', event: 'begins' });
		return member(t, two, { nsp: '/#r' });
	};
	const inside = async () => {
		const names = await outside.sendCommand(['PUBSUB', 'SHARDNUMSUB', 'socket.io#/#r#']);
		return names[1] > 0;
	};
	const inRoom = await enter();
	await eventually(inside, 'the channel');
	const inNamespace = await begun();
	const both = async (n) => {
		await one.order('emit', { event: 'room', args: [n], to: ['r'] });
		await one.order('emit', { nsp: '/#r', event: 'all', args: [n] });
		await until(() => inNamespace.heard.some(([, m]) => m === n), `the namespace's ${n}`);
	};
	await both(1);
	assert.deepEqual(inRoom.heard, [['room', 1]]);
	await two.order('leave', { room: 'r', local: true });
	await both(2);
	await inRoom.emitWithAck('join', 'r');
	await both(3);
	assert.deepEqual(inRoom.heard, [['room', 1], ['room', 3]]);
	assert.deepEqual(inNamespace.heard, [['all', 1], ['all', 2], ['all', 3]]);
});

test('redis 8: requests in the forms of older servers are answered', async (t) => {
	const lab = await begin(t);
	const { client, server } = lab;
	const rooms = async () => (await server.order('fetch')).result[0].rooms.slice(1).sort();
	const sid = client.id;

	const ids = (some) => answerTo(lab, { type: 0, requestId: 'q1', rooms: some });
	assert.deepEqual(await ids([]), [RESPONSE, { requestId: 'q1', sockets: [sid] }]);
	assert.deepEqual(await ids(['r', 'x']), [RESPONSE, { requestId: 'q1', sockets: [sid] }]);
	assert.deepEqual(await ids(['x']), [RESPONSE, { requestId: 'q1', sockets: [] }]);
	const done = [RESPONSE, { requestId: 'q2' }];
	assert.deepEqual(await answerTo(lab, { type: 2, requestId: 'q2', sid, room: 'old' }), done);
	assert.deepEqual(await rooms(), ['old', 'r']);
	assert.deepEqual(await answerTo(lab, { type: 3, requestId: 'q2', sid, room: 'r' }), done);
	assert.deepEqual(await rooms(), ['old']);
	const left = new Promise((end) => client.once('disconnect', end));
	assert.deepEqual(await answerTo(lab, { type: 4, requestId: 'q2', sid, close: true }), done);
	assert.equal(await left, 'io server disconnect');
	const { result } = await server.order('stats');
	assert.equal(result.bad, 0);
});

test('redis 4, 5: each request is answered once, with what was asked', async (t) => {
	const lab = await begin(t);
	const { client, responses, say } = lab;
	const handshake = 'headers time address xdomain secure issued url query auth'.split(' ');
	const fetch = { type: 5, uid: 'x', requestId: 'f', opts: { rooms: ['r'] } };
	const [, fetched] = await answerTo(lab, fetch);
	assert.deepEqual(Object.keys(fetched.sockets[0]), ['id', 'handshake', 'rooms', 'data']);
	assert.deepEqual(Object.keys(fetched.sockets[0].handshake), handshake);
	const [, all] = await answerTo(lab, { type: 1, uid: 'x', requestId: 'a' });
	assert.deepEqual(all, { requestId: 'a', rooms: [client.id, 'r'] });
	const [, told] = await answerTo(lab, { type: 6, uid: 'x', requestId: 's', data: ['ask', 1] });
	assert.deepEqual(told, { type: 6, requestId: 's', data: 'c1' });

	responses.length = 0;
	const packet = { type: 2, data: ['q', Buffer.from([7])], nsp: '/' };
	const opts = { rooms: [], except: [] };
	await say(REQUEST, encode({ uid: 'x', requestId: 'b', type: 7, packet, opts }));
	await until(() => responses.length === 2, 'both responses');
	assert.deepEqual(responses.map(parsed), [
		[RESPONSE, { type: 8, requestId: 'b', clientCount: 1 }],
		[RESPONSE, { type: 9, requestId: 'b', packet: Buffer.from([7]) }],
	]);
});

test('redis 5: responses go to who has asked, if so configured', async (t) => {
	const lab = await begin(t, { SPECIFIC: '1' });
	const [channel] = await answerTo(lab, { type: 1, uid: 'x', requestId: 'a' });
	assert.equal(channel, 'socket.io-response#/#x#');
	const [shared] = await answerTo(lab, { type: 6, uid: 'x', requestId: 's', data: ['ask'] });
	assert.equal(shared, RESPONSE);
});

const NESTED = '['.repeat(20_000) + ']'.repeat(20_000);
const text = (value, change = ['', '']) => Buffer.from(JSON.stringify(value).replace(...change));
const event = { type: 2, data: ['e'], nsp: '/' };
const MISPLACED = { _placeholder: true, num: 5 };

/** A good event, but for how deep it is nested. */
function deep() {
	const whole = encode(['x', { ...event, data: ['e', 'here'] }, {}]);
	const at = whole.indexOf('here') - 1;
	const arrays = Buffer.alloc(20_000, 0x91);
	return Buffer.concat([whole.subarray(0, at), arrays, Buffer.from([0xc0]), whole.subarray(at + 5)]);
}

/** Each by the channel that it is said on. */
const nonsense = {
	[BROADCAST]: {
		'nothing': Buffer.alloc(0),
		'text': Buffer.from('hello'),
		'half a message': encode(['x', event, {}]).subarray(0, 9),
		'more than one': Buffer.concat([encode(['x', event, {}]), Buffer.from([0])]),
		'a huge array': Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]),
		'a huge text': Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff, 0x41]),
		'half a depth': Buffer.alloc(100_000, 0x91),
		'depth': deep(),
		'an object': encode({ uid: 'x' }),
		'a short array': encode(['x', event]),
		'no uid': encode([null, event, {}]),
		'no packet': encode(['x', null, {}]),
		'another type': encode(['x', { ...event, type: 3 }, {}]),
		'no data': encode(['x', { type: 2, nsp: '/' }, {}]),
		'no name': encode(['x', { ...event, data: [1] }, {}]),
		'a reserved name': encode(['x', { ...event, data: ['connect'] }, {}]),
		'no options': encode(['x', event, null]),
		'rooms that are none': encode(['x', event, { rooms: 'r' }]),
		'a room that is none': encode(['x', event, { rooms: [{}] }]),
		'exceptions that are none': encode(['x', event, { except: { a: 1 } }]),
		'a wrong placeholder': encode(['x', { ...event, data: ['e', MISPLACED, Buffer.alloc(1)] }, {}]),
	},
	[REQUEST]: {
		'text': Buffer.from('{"type":'),
		'bad UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
		'an array': encode([1]),
		'no type': text({ uid: 'x' }),
		'a strange type': text({ type: 77 }),
		'half a type': text({ type: 1.5, requestId: 'q' }),
		'a type of a response': text({ type: 8, requestId: 'q' }),
		'no request': text({ type: 1 }),
		'a number as request': text({ type: 1, requestId: 5 }),
		'a long request': text({ type: 1, requestId: 'x'.repeat(65) }),
		'an empty request': text({ type: 5, requestId: '', opts: {} }),
		'fetch without options': text({ type: 5, requestId: 'q' }),
		'join without rooms': text({ type: 2, opts: {} }),
		'join of a socket without a room': text({ type: 2, sid: 'x' }),
		'leave of nobody': text({ type: 3 }),
		'an event without a name': text({ type: 6, data: [] }),
		'an event that is none': text({ type: 6, data: 'tell' }),
		'a question without options': text({ type: 7, requestId: 'q', packet: event }),
		'a question without a request': text({ type: 7, packet: event, opts: {} }),
		'half a depth': Buffer.from(`{"a":${'['.repeat(50_000)}`),
		'depth': text({ type: 6, data: ['tell', 'here'] }, ['"here"', NESTED]),
	},
	[RESPONSE]: {
		'text': Buffer.from('what?'),
		'no request': text({ sockets: [] }),
		'sockets that are none': text({ requestId: 'q', sockets: 'none' }),
		'a count that is none': text({ requestId: 'q', type: 8, clientCount: -1 }),
		'a huge count': text({ requestId: 'q', type: 8, clientCount: 1e300 }),
		'a strange type': text({ requestId: 'q', type: 3 }),
	},
};

test('redis 9: what makes no sense is counted and dropped', async (t) => {
	const { server, client, say } = await begin(t);
	for (const [channel, messages] of Object.entries(nonsense)) {
		for (const [name, message] of Object.entries(messages)) {
			const before = (await server.order('stats')).result;
			await say(channel, message);
			let now;
			await eventually(async () => {
				now = (await server.order('stats')).result;
				return now.received > before.received;
			}, `${name} to be heard`);
			assert.equal(now.bad - before.bad, 1, `${name} on ${channel}`);
		}
	}
	assert.deepEqual(client.heard, []);
	assert.ok(client.connected);
	assert.deepEqual((await server.order('ask', { event: 'q', args: [1] })).err, OK);
});

test('redis 9: what is for others is no nonsense', async (t) => {
	const { server, client, say } = await begin(t);
	await say(BROADCAST, encode(['x', { ...event, nsp: '/other' }, { rooms: [] }]));
	const unnamed = { ...event, nsp: undefined, data: ['a', 1] };
	await say('socket.io#/#r#', encode(['x', unnamed, { rooms: ['r'] }]));
	await say(BROADCAST, encode(['x', event, { rooms: [7] }]));
	await say(RESPONSE, text({ requestId: 'nobody', type: 8, clientCount: 3 }));
	await say(RESPONSE, text({ requestId: 'nobody' }));
	await say(BROADCAST, encode(['x', { ...event, data: ['b', new Date(0)] }, { rooms: null }]));
	await until(() => client.heard.length === 2, 'both events');
	assert.deepEqual(client.heard, [['a', 1], ['b', '1970-01-01T00:00:00.000Z']]);
	assert.equal((await server.order('stats')).result.bad, 0);
});

test('redis 10: a message over max_message is not read', async (t) => {
	const { server, client, say } = await begin(t, { MAX_MESSAGE: '100000' });
	const message = (n) => encode(['x', { ...event, data: ['large', 'x'.repeat(n)] }, {}]);
	await say(BROADCAST, message(99_000));
	await until(() => client.heard.length === 1, 'what fits');
	await say(BROADCAST, message(101_000));
	await eventually(async () => (await server.order('stats')).result.bad === 1, 'what does not');
	await say(BROADCAST, message(5_000_000));
	await server.prints(/is lost: a message over max_message/);
	await joined(server, 2);
	await say(BROADCAST, message(10));
	await until(() => client.heard.length === 2, 'what comes after it');
});

test('redis 9: an answer that nobody has asked for is not taken for one', async (t) => {
	const { server, redis, say } = await begin(t);
	const listener = await redisClient(t, redis);
	// Somebody answers in place of a server that there is not.
	await listener.subscribe(REQUEST, (message) => {
		const { requestId, type } = JSON.parse(message);
		const answers = [
			{ type: 8, clientCount: 9 },
			{ rooms: ['x'] },
			{ sockets: [{ id: 'made up' }, 5, null] },
			{ sockets: [{ id: 'late' }] },
		];
		for (const answer of type === 5 ? answers : [])
			say(RESPONSE, JSON.stringify({ requestId, ...answer })).catch(() => {});
	});
	const { err, result } = await server.order('fetch', { timeout: 3000 });
	assert.equal(err, OK);
	assert.deepEqual(result.slice(1), [{ id: 'made up' }, 5, null]);
});

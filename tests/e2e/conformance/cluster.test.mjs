// SPDX-License-Identifier: MIT
//
// Several servers: what protocol-notes/cluster.md says, shown with two of ours, their clients, and
// somebody on the same Redis who says and hears what he likes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encode, redisClient } from '../cluster/outside.mjs';
import { comeBack } from '../support/lost.mjs';
import { eventually, joined, member, startMember } from '../support/cluster.mjs';
import { startRedis } from '../support/redis.mjs';
import { until, within } from '../support/wait.mjs';

const OK = 'success';
const LATE = 'not answered in time';
const REQUEST = 'socket.io-request#/#';
const RESPONSE = 'socket.io-response#/#';

const undo = [];
const context = { after: (fn) => undo.push(fn) };
let redis, outside, one, two, clients;

before(async () => {
	redis = await startRedis(context);
	outside = await redisClient(context, redis);
	one = await startMember(context, 'c', 'one', redis);
	two = await startMember(context, 'c', 'two', redis, { LATE: '1' });
	for (const server of [one, two]) await joined(server);
	clients = [
		await member(context, one, { rooms: ['r', 'first'], data: { n: 1 } }),
		await member(context, two, { rooms: ['r', 'second'], data: { n: 2 } }),
	];
});

after(async () => {
	for (const fn of undo.reverse()) await fn();
});

let fences = 0;

/** What the sockets have heard of all that was said before by `server`. */
async function heard(server = one, sockets = clients, nsp = '/') {
	const number = ++fences;
	await server.order('emit', { nsp, event: 'fence', args: [number] });
	const fenced = (socket) => socket.heard.some(([event, n]) => event === 'fence' && n === number);
	await until(() => sockets.every(fenced), 'the fence');
	return sockets.map((socket) => socket.heard.splice(0).filter(([event]) => event !== 'fence'));
}

async function emits(order, expected) {
	await one.order('emit', { event: 'e', args: [1], ...order });
	assert.deepEqual(await heard(), expected.map((hears) => (hears ? [['e', 1]] : [])));
}

const listeners = async (channel) => (await outside.pubSubNumSub([channel]))[channel];
const ids = (sockets) => sockets.map(({ id }) => id).sort();

/** Somebody who is counted as a server, and answers what he likes. */
async function impostor(t, answers) {
	const listener = await redisClient(t, redis);
	await listener.subscribe(REQUEST, (message, channel) => {
		const request = message[0] === '{' ? JSON.parse(message) : { message };
		Promise.resolve(answers(request, channel)).catch(() => {});
	});
	return (response) => outside.publish(RESPONSE, JSON.stringify(response));
}

test('cluster 1: an adapter is one, for namespaces before it and after it', async () => {
	assert.match(two.stdout, /AGAIN invalid argument\n/);
	for (const nsp of ['/', '/chat']) assert.equal(await listeners(`socket.io-request#${nsp}#`), 2);
});

test('cluster 2: namespaces are shared one by one', async (t) => {
	const asked = await one.order('ask', { nsp: '/alone', event: 'ask', args: [1] });
	assert.deepEqual(asked, { err: OK, result: [] });
	const nsp = '/p-7';
	const channel = `socket.io-request#${nsp}#`;
	const children = [await member(t, one, { nsp }), await member(t, two, { nsp })];
	await eventually(async () => (await listeners(channel)) === 2, 'both to share it');
	await one.order('emit', { nsp: 'parent', event: 'all', args: [1] });
	assert.deepEqual(await heard(one, children, 'parent'), [[['all', 1]], [['all', 1]]]);
	assert.equal(await listeners('socket.io-request#^/p-[0-9]+$#'), 0);
	for (const child of children) child.disconnect();
	await eventually(async () => (await listeners(channel)) === 0, 'nobody to share it');
});

test('cluster 3: a broadcast reaches all that match, once', async () => {
	const data = ['é€', { b: [Buffer.from([0, 255])] }];
	await one.order('emit', { event: 'e', args: data });
	assert.deepEqual(await heard(), [[['e', ...data]], [['e', ...data]]]);
	await emits({ to: ['r', 'first', 'second'] }, [true, true]);
	await emits({ to: ['r'], except: ['first'] }, [false, true]);
	await emits({ to: [clients[1].id] }, [false, true]);
	await emits({ except: [clients[1].id] }, [true, false]);
	await emits({ to: [] }, [false, false]);
});

test('cluster 4: what is local, or for one socket, concerns this server', async (t) => {
	const messages = [];
	const listener = await redisClient(t, redis);
	await listener.pSubscribe('socket.io*', (message) => messages.push(message));
	await emits({ local: true }, [true, false]);
	await one.order('send', { to: [clients[0].id], event: 'e', args: [1] });
	assert.deepEqual(await heard(), [[['e', 1]], []]);
	await eventually(async () => messages.length === 2, 'the two fences');
	assert.ok(messages.every((message) => message.includes('fence')));
});

test('cluster 5: joining, leaving and disconnecting is done by each for its own', async (t) => {
	const more = [await member(t, one, { rooms: ['x'] }), await member(t, two, { rooms: ['x'] })];
	await one.order('join', { to: ['x'], room: 'y' });
	await one.order('emit', { to: ['y'], event: 'e', args: [1] });
	assert.deepEqual(await heard(one, more), [[['e', 1]], [['e', 1]]]);
	await one.order('leave', { to: [more[1].id], room: 'y' });
	await one.order('emit', { to: ['y'], event: 'e', args: [2] });
	assert.deepEqual(await heard(one, more), [[['e', 2]], []]);
	const left = more.map((socket) => new Promise((done) => socket.once('disconnect', done)));
	await one.order('disconnect', { to: ['x'] });
	const reasons = ['io server disconnect', 'io server disconnect'];
	assert.deepEqual(await within(8000, Promise.all(left), 'both to leave'), reasons);
	await heard();
});

test('cluster 6: acks of all that were asked, each told as it comes', async () => {
	const data = Buffer.from([7, 0]);
	one.answered.length = 0;
	const { err } = await one.order('ask', { event: 'ask', args: [data] });
	assert.equal(err, OK);
	const answers = one.answered.sort(([, here]) => (here ? -1 : 1));
	assert.deepEqual(answers, [
		[data, true],
		[data, false],
	]);
	await heard();
});

test('cluster 7: at the deadline what has been answered counts', async (t) => {
	const quick = await startMember(t, 'c', 'quick', redis, { TIMEOUT: '300' });
	await joined(quick);
	const socket = await member(t, quick, { rooms: ['quick'] });
	const late = await quick.order('ask', { event: 'ask', args: [5], except: ['r'], timeout: 4000 });
	assert.deepEqual(late, { err: OK, result: [5] });
	// Nobody answers: with a deadline, and without.
	const timed = await quick.order('ask', { event: 'mute', args: [1], timeout: 200 });
	assert.deepEqual(timed, { err: LATE, result: [] });
	let over = false;
	const asked = quick.order('ask', { event: 'mute', args: [1] }).finally(() => (over = true));
	await quick.order('fetch');
	await new Promise((done) => setTimeout(done, 600)); // twice as long as others are waited for
	assert.equal(over, false);
	socket.disconnect();
	assert.deepEqual(await asked, { err: LATE, result: [] });
	await heard();
});

test('cluster 8: without a way to others there is what is known here', async (t) => {
	const full = await startMember(t, 'c', 'full', redis, { MAX_QUEUE: '1' });
	await joined(full);
	const socket = await member(t, full);
	const fetched = await full.order('fetch');
	assert.equal(fetched.err, 'over a limit');
	assert.deepEqual(ids(fetched.result), [socket.id]);
	assert.equal((await full.order('emit', { event: 'e' })).err, OK);
	await until(() => socket.heard.length === 1, 'the event');
	assert.deepEqual((await heard()).flat(), []);
});

test('cluster 9: a callback runs once, also when the server ends', async (t) => {
	const ending = await startMember(t, 'c', 'ending', redis);
	await joined(ending);
	ending.order('ask', { event: 'mute', args: [1] }).catch(() => {});
	await until(() => clients.every((socket) => socket.heard.length), 'the question');
	await ending.stop();
	assert.deepEqual(ending.stdout.match(/RESULT .*/g), [
		'RESULT the client has left, or the ticket was used',
	]);
	await heard();
});

test('cluster 10, 11: sockets are told, with what they came with', async () => {
	const { err, result } = await one.order('fetch', { to: ['r'] });
	assert.equal(err, OK);
	assert.deepEqual(ids(result), ids(clients));
	for (const { id, handshake, rooms, data } of result) {
		assert.deepEqual(rooms, [id, 'r', data.n === 1 ? 'first' : 'second']);
		const keys = 'headers time address xdomain secure issued url query auth';
		assert.deepEqual(Object.keys(handshake), keys.split(' '));
		assert.equal(handshake.headers.upgrade, 'websocket');
		assert.equal(new Date(handshake.time).getTime(), Math.floor(handshake.issued / 1000) * 1000);
		assert.match(handshake.time, /^\w{3} \w{3} \d\d \d{4} .* GMT\+0000 \(Coordinated/);
		assert.equal(handshake.address, '127.0.0.1');
		assert.deepEqual([handshake.xdomain, handshake.secure], [false, false]);
		assert.equal(handshake.query.transport, 'websocket');
		assert.match(handshake.url, /^\/socket\.io\/\?/);
		assert.deepEqual(handshake.auth, {});
	}
});

test('cluster 12: all rooms, each once', async () => {
	const { err, result } = await one.order('rooms');
	assert.equal(err, OK);
	assert.deepEqual(result.sort(), ['r', 'first', 'second', ...ids(clients)].sort());
});

test('cluster 13: what makes no sense changes nothing', async () => {
	const event = { type: 2, data: ['e'], nsp: '/' };
	const before = (await one.order('stats')).result;
	const say = (channel, message) => outside.publish(channel, message);
	await say(REQUEST, JSON.stringify({ type: 99, requestId: 'q' }));
	await say(REQUEST, JSON.stringify({ type: 5, requestId: 'q' }));
	await say(REQUEST, JSON.stringify({ type: 1, requestId: 'q'.repeat(65) }));
	const misplaced = { ...event, data: ['e', { _placeholder: true, num: 9 }, Buffer.alloc(1)] };
	await say('socket.io#/#', encode(['x', misplaced, { rooms: [] }]));
	await say('socket.io#/#', encode(['x', { ...event, data: ['connect'] }, { rooms: [] }]));
	await say(RESPONSE, JSON.stringify({ requestId: 'nobody', sockets: [] }));
	await say(RESPONSE, JSON.stringify({ requestId: 'nobody', type: 8, clientCount: 1 }));
	assert.deepEqual(await heard(two), [[], []]);
	const { result } = await one.order('stats');
	assert.equal(result.bad - before.bad, 5);
});

test('cluster 14: events for servers are heard by the others', async () => {
	const chat = '/chat';
	const args = ['é', { a: [Buffer.from([1])] }];
	await one.order('server_emit', { nsp: chat, event: 'tell', args });
	await until(() => two.said.length === 1, 'the event');
	assert.deepEqual(two.said.splice(0), [[chat, 'tell', args]]);
	await heard(two);
	assert.deepEqual(one.said, []);
	for (const event of ['connect', 'connection', 'new_namespace']) {
		const { err } = await one.order('server_emit', { event });
		assert.equal(err, 'invalid argument');
	}
});

test('cluster 15: each server is asked for one answer, in time', async (t) => {
	const two_ = await one.order('server_ask', { event: 'ask', args: [1] });
	assert.deepEqual(two_, { err: OK, result: ['two'] });
	const silent = await one.order('server_ask', { event: 'silence', timeout: 200 });
	assert.deepEqual(silent, { err: LATE, result: [] });
	const requests = [];
	const respond = await impostor(t, ({ type, requestId }) => type === 6 && requests.push(requestId));
	const late = await one.order('server_ask', { event: 'ask', timeout: 300 });
	assert.deepEqual(late, { err: LATE, result: ['two'] });
	await respond({ type: 6, requestId: requests[0], data: 'late' });
	const asked = one.order('server_ask', { event: 'ask', timeout: 3000 });
	await until(() => requests.length === 2, 'the second question');
	await respond({ type: 6, requestId: requests[1], data: 'in time' });
	const { err, result } = await asked;
	assert.deepEqual([err, result.sort()], [OK, ['in time', 'two']]);
});

test('cluster 16: a server that is alone waits for nobody', async (t) => {
	const alone = await startMember(t, 'c', 'alone', redis, { KEY: 'another', TIMEOUT: '60000' });
	await joined(alone);
	const socket = await member(t, alone);
	assert.deepEqual(await alone.order('server_ask', { event: 'ask' }), { err: OK, result: [] });
	const asked = await alone.order('ask', { event: 'ask', args: [3] });
	assert.deepEqual(asked, { err: OK, result: [3] });
	assert.deepEqual(ids((await alone.order('fetch')).result), [socket.id]);
	assert.deepEqual((await alone.order('rooms')).result, [socket.id]);
});

test('cluster 17: who is lost misses nothing that others say', async (t) => {
	const home = await startMember(t, 'c', 'home', redis, { RECOVERY: '60000' });
	const other = await startMember(t, 'c', 'other', redis, { RECOVERY: '60000' });
	for (const server of [home, other]) await joined(server);
	const witness = await member(t, home);
	const lost = await member(t, home, { rooms: ['only'] });
	const say = (number) => other.order('emit', { to: ['only'], event: 'e', args: [number] });
	const numbers = () => lost.heard.filter(([event]) => event === 'e').map(([, number]) => number);
	await say(1);
	await until(() => numbers().length === 1, 'the first');
	const { id } = lost;
	lost.io.engine.close();
	await eventually(async () => {
		const { result } = await home.order('fetch', { local: true, to: ['only'] });
		return result.length === 0;
	}, 'the room to be empty');
	await say(2);
	await heard(other, [witness]);
	await comeBack(lost);
	assert.deepEqual([lost.recovered, lost.id, numbers()], [true, id, [1, 2]]);
});

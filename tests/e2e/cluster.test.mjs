// SPDX-License-Identifier: MIT
//
// Two servers of ours, two of the reference and its emitter in one cluster: each operation, said by
// each of them, does the same to the clients of all, and once.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { emitterOn, redisClient } from './cluster/outside.mjs';
import { joined, member, startEmitter, startMember } from './support/cluster.mjs';
import { startRedis } from './support/redis.mjs';
import { until } from './support/wait.mjs';

const KINDS = { c1: 'c', c2: 'c', n1: 'node', n2: 'node' };
const NAMES = Object.keys(KINDS);
const DATA = ['Straße €\u0000', { a: [Buffer.from([0, 255, 128])], b: null }, 2 ** 40, -0.5];
/** What is told line by line holds less. */
const PLAIN_DATA = ['Straße €', Buffer.from([0, 255, 128]), 2 ** 40, -0.5];
const OK = 'success';

/** Cleans up when all is done, as a test's context does for one. */
const undo = [];
const context = { after: (fn) => undo.push(fn) };
const servers = {};
const clients = {};
let redis, emitter, outside;

/** A sender that is no server, told what to do like one. */
function emitterAsServer() {
	const target = ({ nsp = '/', to, except, volatile }) => {
		let operator = emitter.of(nsp);
		if (to) operator = operator.to(to);
		if (except) operator = operator.except(except);
		return volatile ? operator.volatile : operator;
	};
	const orders = {
		emit: (o) => target(o).emit(o.event, ...(o.args ?? [])),
		join: (o) => target(o).socketsJoin(o.room),
		leave: (o) => target(o).socketsLeave(o.room),
		disconnect: (o) => target(o).disconnectSockets(o.close),
		server_emit: (o) => emitter.of(o.nsp ?? '/').serverSideEmit(o.event, ...o.args),
	};
	return { name: 'emitter', order: async (op, o) => void orders[op](o) };
}

before(async () => {
	redis = await startRedis(context);
	outside = await redisClient(context, redis);
	emitter = emitterOn(outside);
	for (const name of NAMES) servers[name] = await startMember(context, KINDS[name], name, redis);
	for (const name of ['c1', 'c2']) await joined(servers[name]);
	for (const name of NAMES) {
		clients[name] = await member(context, servers[name], {
			rooms: ['all', `only ${name}`, name.endsWith('1') ? 'odd' : 'even', '7'],
			data: { name },
		});
	}
	servers.emitter = emitterAsServer();
	servers['c emitter'] = await startEmitter(context, redis);
	servers['c emitter'].data = PLAIN_DATA;
});

after(async () => {
	for (const fn of undo.reverse()) await fn();
	console.log(`\n${table()}\n`);
});

let fences = 0;

/** Sees that everything that `sender` said before has been heard, and takes what was. */
async function heardAfter(sender, sockets = clients, nsp = '/') {
	const number = ++fences;
	await sender.order('emit', { nsp, event: 'fence', args: [number] });
	const heard = {};
	for (const [name, socket] of Object.entries(sockets)) {
		const isFence = ([event, n]) => event === 'fence' && n === number;
		await until(() => socket.heard.some(isFence), `the fence at ${name}`);
		heard[name] = socket.heard.splice(0).filter(([event]) => event !== 'fence');
	}
	return heard;
}

async function emits(sender, order, to) {
	const event = 'news';
	const args = sender.data ?? DATA;
	await sender.order('emit', { event, args, ...order });
	const expected = NAMES.map((name) => [name, to.includes(name) ? [[event, ...args]] : []]);
	assert.deepEqual(await heardAfter(sender), Object.fromEntries(expected));
}

/** What is said on other paths than broadcasts has been done when all are asked again. */
async function roomsOf(names = NAMES) {
	const { result } = await servers.c1.order('fetch', { to: ['all'] });
	const of = (name) => result.find((socket) => socket.data.name === name)?.rooms ?? [];
	return names.map((name) => of(name).filter((room) => room !== clients[name].id));
}

const other = (name) => NAMES.find((n) => n !== name && n !== 'c1');
const oneEach = (texts) => [...texts].sort();

const isServer = (sender) => NAMES.includes(sender.name);

/** name, and what shows that the sender can do it; false: there is no such thing for it. */
const operations = {
	'emit to all': (s) => emits(s, {}, NAMES),
	'emit to a room': (s) => emits(s, { to: ['odd'] }, ['c1', 'n1']),
	'emit to rooms': (s) => emits(s, { to: ['odd', 'all', 'only c2'] }, NAMES),
	'emit except': (s) => emits(s, { to: ['all'], except: ['even', 'only n1'] }, ['c1']),
	'emit to an id': (s) => emits(s, { to: [clients.c2.id] }, ['c2']),
	'emit to another id': (s) => emits(s, { to: [clients.n2.id] }, ['n2']),
	'emit to a number': (s) => emits(s, { to: ['7'] }, NAMES),
	'emit volatile': (s) => emits(s, { volatile: true }, NAMES),
	'emit local': (s) => isServer(s) && emits(s, { local: true }, [s.name]),
	'another namespace': async (s) => {
		const nsp = '/chat';
		const there = {};
		for (const name of NAMES) there[name] = await member(context, servers[name], { nsp });
		await s.order('emit', { nsp, event: 'here', args: [nsp] });
		const expected = NAMES.map((name) => [name, [['here', nsp]]]);
		assert.deepEqual(await heardAfter(s, there, nsp), Object.fromEntries(expected));
		for (const socket of Object.values(there)) socket.disconnect();
		assert.deepEqual(Object.values(await heardAfter(s)).flat(), []);
	},
	'emit with acks': async (s) => {
		if (!isServer(s)) return false;
		const answer = await s.order('ask', { event: 'ask', args: ['é'], timeout: 4000 });
		assert.deepEqual(answer, { err: OK, result: ['é', 'é', 'é', 'é'] });
		await heardAfter(s);
	},
	'binary acks': async (s) => {
		if (!isServer(s)) return false;
		const data = Buffer.from([1, 0, 2]);
		const { result } = await s.order('ask', { event: 'ask', args: [data], timeout: 4000 });
		const answers = s.kind === 'c' ? s.answered.splice(0).map(([one]) => one) : result;
		assert.deepEqual(answers, [data, data, data, data]);
		await heardAfter(s);
	},
	'acks that do not come': async (s) => {
		if (!isServer(s)) return false;
		const who = { to: ['all'], event: 'mute', args: [1], timeout: 300 };
		const { err, result } = await s.order('ask', who);
		assert.notEqual(err, OK);
		assert.deepEqual(result, []);
		await heardAfter(s);
	},
	'acks of nobody': async (s) => {
		if (!isServer(s)) return false;
		const who = { to: ['nobody'], event: 'ask', args: [1], timeout: 4000 };
		assert.deepEqual(await s.order('ask', who), { err: OK, result: [] });
	},
	'fetch sockets': async (s) => {
		if (!isServer(s)) return false;
		const { err, result } = await s.order('fetch', { to: ['all'] });
		assert.equal(err, OK);
		for (const name of NAMES) {
			const { id, handshake, rooms } = result.find((socket) => socket.data.name === name);
			assert.equal(id, clients[name].id);
			assert.ok(rooms.includes(id) && rooms.includes(`only ${name}`));
			assert.equal(handshake.query.EIO, '4');
			assert.equal(handshake.address, '127.0.0.1');
			assert.equal(typeof handshake.issued, 'number');
		}
		assert.equal(result.length, 4);
	},
	'all rooms': async (s) => {
		if (!isServer(s)) return false;
		const { err, result } = await s.order('rooms');
		const rooms = ['7', 'all', 'even', 'odd', ...NAMES.map((name) => `only ${name}`)];
		assert.equal(err, OK);
		assert.deepEqual(oneEach(result), oneEach([...rooms, ...NAMES.map((n) => clients[n].id)]));
	},
	'join and leave': async (s) => {
		const before = await roomsOf();
		await s.order('join', { to: ['even'], room: 'new' });
		await heardAfter(s); // the reference does what it says when it hears itself
		await emits(s, { to: ['new'] }, ['c2', 'n2']);
		await s.order('leave', { to: ['only n2'], room: 'new' });
		await heardAfter(s);
		await emits(s, { to: ['new'] }, ['c2']);
		await s.order('leave', { room: 'new' });
		await heardAfter(s);
		assert.deepEqual(await roomsOf(), before);
	},
	'disconnect': async (s) => {
		for (const close of [false, true]) {
			const leaving = [];
			for (const name of NAMES) {
				const socket = await member(context, servers[name], { rooms: ['leaving'] });
				leaving.push(new Promise((done) => socket.once('disconnect', done)));
			}
			await s.order('disconnect', { to: ['leaving'], close });
			assert.deepEqual(await Promise.all(leaving), Array(4).fill('io server disconnect'));
		}
		await heardAfter(s);
	},
	'tell servers': async (s) => {
		const args = ['é', { n: 1 }];
		await s.order('server_emit', { event: 'tell', args });
		await heardAfter(s);
		const expected = [['/', 'tell', args]];
		for (const name of NAMES) {
			const { said } = servers[name];
			if (name !== s.name) await until(() => said.length, `what ${name} is told`);
			assert.deepEqual(said.splice(0), name === s.name ? [] : expected, name);
		}
	},
	'ask servers': async (s) => {
		if (!isServer(s)) return false;
		const { err, result } = await s.order('server_ask', { event: 'ask', args: [1] });
		assert.equal(err, OK);
		assert.deepEqual(oneEach(result), NAMES.filter((name) => name !== s.name));
		for (const name of NAMES) servers[name].said.length = 0;
	},
};

const SENDERS = [...NAMES, 'emitter', 'c emitter'];
const results = {};

function table() {
	const cells = (name) => SENDERS.map((sender) => results[name]?.[sender] ?? '');
	const rows = Object.keys(operations).map((name) => [name, ...cells(name)]);
	const line = ([name, ...row]) => name.padEnd(24) + row.map((cell) => cell.padEnd(11)).join('');
	return [['', ...SENDERS], ...rows].map(line).join('\n');
}

describe('a cluster over Redis', () => {
	test('each server counts as one', async () => {
		for (const nsp of ['/', '/chat', '/a[b]*', '/control']) {
			const channel = `socket.io-request#${nsp}#`;
			assert.equal((await outside.pubSubNumSub([channel]))[channel], 4);
		}
	});

	for (const [name, run] of Object.entries(operations)) {
		for (const sender of SENDERS) {
			test(`${name}, by ${sender}`, async () => {
				(results[name] ??= {})[sender] = 'no';
				const done = await run(servers[sender]);
				results[name][sender] = done === false ? '-' : 'ok';
			});
		}
	}

	// The reference's own patterns do not match such names.
	test('a namespace may be named like a pattern', async (t) => {
		const nsp = '/a[b]*';
		const there = {};
		for (const name of ['c1', 'c2']) there[name] = await member(t, servers[name], { nsp });
		await servers.c1.order('emit', { nsp, event: 'here' });
		await servers.c2.order('emit', { nsp: '/', event: 'elsewhere' });
		const heard = await heardAfter(servers.c1, there, nsp);
		assert.deepEqual(heard, { c1: [['here']], c2: [['here']] });
		await heardAfter(servers.c2);
	});

	test('an emitter on a loop of its own', async (t) => {
		const looping = await startEmitter(t, redis, { LOOP: '1' });
		for (let i = 0; i < 100; i++) await looping.order('emit', { event: 'many', args: [i] });
		await looping.finish();
		await servers.c1.order('emit', { event: 'fence' });
		for (const name of NAMES) {
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
});

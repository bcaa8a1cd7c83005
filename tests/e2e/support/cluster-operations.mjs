// SPDX-License-Identifier: MIT
//
// What a cluster can do: each operation, said by each of its servers and by emitters, does the same
// to the clients of all, and once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { emitterOn, redisClient } from '../cluster/outside.mjs';
import { eventually, joined, member, startEmitter, startMember } from './cluster.mjs';
import { startRedis } from './redis.mjs';
import { until } from './wait.mjs';

/** What is told line by line holds less. */
const PLAIN_DATA = ['Straße €', Buffer.from([0, 255, 128]), 2 ** 40, -0.5];
const DATA = ['Straße €\u0000', { a: [Buffer.from([0, 255, 128])], b: null }, 2 ** 40, -0.5];
const OK = 'success';

const oneEach = (texts) => [...texts].sort();

/** A sender that is no server, told what to do like one. */
function emitterAsServer(emitter) {
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

/**
 * Starts the servers, { name: 'c' or 'node' }, for the tests of this file, and has each operation
 * that is not left out done by each, and by `outsiders`: 'emitter' of the reference, 'c emitter'.
 * `channels` says which rooms have channels that a server listens on only when somebody is in them.
 */
export function testCluster(kinds, { env = {}, outsiders = [], except = [], channels } = {}) {
	const NAMES = Object.keys(kinds);
	const ODD = NAMES.filter((_, i) => i % 2 === 0);
	const EVEN = NAMES.filter((_, i) => i % 2 === 1);
	const SENDERS = [...NAMES, ...outsiders];
	const cluster = { names: NAMES, servers: {}, clients: {}, told: [] };
	const { servers, clients } = cluster;
	const undo = [];
	const context = { after: (fn) => undo.push(fn) };
	/** With recovery, what may be missed carries an offset. */
	const offsets = Boolean(env.RECOVERY);
	const results = {};
	const isServer = (sender) => NAMES.includes(sender.name);

	before(async () => {
		cluster.redis = await startRedis(context);
		cluster.outside = await redisClient(context, cluster.redis);
		for (const name of NAMES) {
			servers[name] = await startMember(context, kinds[name], name, cluster.redis, env);
			if (kinds[name] === 'c') await joined(servers[name]);
		}
		for (const name of NAMES) {
			clients[name] = await member(context, servers[name], {
				rooms: ['all', `only ${name}`, ODD.includes(name) ? 'odd' : 'even', '7'],
				data: { name },
			});
		}
		servers.emitter = emitterAsServer(emitterOn(cluster.outside));
		if (outsiders.includes('c emitter')) {
			servers['c emitter'] = await startEmitter(context, cluster.redis, env);
			servers['c emitter'].data = PLAIN_DATA;
		}
		await settled('all', NAMES);
		await settled('7', NAMES);
		for (const name of NAMES) {
			await settled(`only ${name}`, [name]);
			await settled(clients[name].id, [name]);
		}
		await settled('odd', ODD);
		await settled('even', EVEN);
	});

	after(async () => {
		for (const fn of undo.reverse()) await fn();
		console.log(`\n${table()}\n`);
	});

	function table() {
		const cells = (name) => SENDERS.map((sender) => results[name]?.[sender] ?? '');
		const rows = Object.keys(operations).map((name) => [name, ...cells(name)]);
		const line = ([name, ...row]) => name.padEnd(24) + row.map((cell) => cell.padEnd(11)).join('');
		return [['', ...SENDERS], ...rows].map(line).join('\n');
	}

	/** Waits until those servers listen on the channel of a room, where there is one. */
	async function settled(room, of) {
		if (!channels?.(room)) return;
		const question = ['PUBSUB', 'SHARDNUMSUB', `socket.io#/#${room}#`];
		const count = async () => (await cluster.outside.sendCommand(question))[1];
		await eventually(async () => (await count()) === of.length, `who listens to ${room}`);
	}

	/** Takes the offsets off that events carry, which are the same for all that hear them. */
	function withoutOffsets(events) {
		if (!offsets) return events;
		return events.map((args) => {
			if (!/^\d+-\d+$/.test(args.at(-1))) return args;
			cluster.told.push(args.at(-1));
			return args.slice(0, -1);
		});
	}

	let fences = 0;

	/** Sees that everything that `sender` said before has been heard, and takes what was. */
	async function heardAfter(sender, sockets = clients, nsp = '/') {
		const number = ++fences;
		await sender.order('emit', { nsp, event: 'fence', args: [number] });
		const heard = {};
		for (const [name, socket] of Object.entries(sockets)) {
			const isFence = ([event, n]) => event === 'fence' && n === number;
			await until(() => socket.heard.some(isFence), `the fence at ${name}`);
			const rest = socket.heard.splice(0).filter(([event]) => event !== 'fence');
			heard[name] = withoutOffsets(rest);
		}
		return heard;
	}

	async function emits(sender, order, to) {
		const event = 'news';
		const args = sender.data ?? DATA;
		await sender.order('emit', { event, args, ...order });
		const expected = NAMES.map((name) => [name, to.includes(name) ? [[event, ...args]] : []]);
		cluster.told = [];
		assert.deepEqual(await heardAfter(sender), Object.fromEntries(expected));
		const carry = offsets && !order.volatile && !order.local;
		assert.equal(cluster.told.length, carry ? to.length : 0);
		assert.ok(new Set(cluster.told).size <= 1, 'one offset for all');
	}

	/** What is said on other paths than broadcasts has been done when all are asked again. */
	async function roomsOf(names = NAMES) {
		const { result } = await servers.c1.order('fetch', { to: ['all'] });
		const of = (name) => result.find((socket) => socket.data.name === name)?.rooms ?? [];
		return names.map((name) => of(name).filter((room) => room !== clients[name].id));
	}


	/** name, and what shows that the sender can do it; false: there is no such thing for it. */
	const operations = {
		'emit to all': (s) => emits(s, {}, NAMES),
		'emit to a room': (s) => emits(s, { to: ['odd'] }, ODD),
		'emit to rooms': (s) => emits(s, { to: ['odd', 'all', 'only c2'] }, NAMES),
		'emit except': (s) => emits(s, { to: ['all'], except: ['even', `only ${ODD[1]}`] }, [ODD[0]]),
		'emit to an id': async (s) => {
			for (const name of NAMES) await emits(s, { to: [clients[name].id] }, [name]);
		},
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
			assert.deepEqual(answer, { err: OK, result: NAMES.map(() => 'é') });
			await heardAfter(s);
		},
		'binary acks': async (s) => {
			if (!isServer(s)) return false;
			const data = Buffer.from([1, 0, 2]);
			const { result } = await s.order('ask', { event: 'ask', args: [data], timeout: 4000 });
			const answers = s.kind === 'c' ? s.answered.splice(0).map(([one]) => one).filter(Buffer.isBuffer) : result;
			assert.deepEqual(answers, NAMES.map(() => data));
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
			assert.equal(result.length, NAMES.length);
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
			await settled('new', EVEN);
			await emits(s, { to: ['new'] }, EVEN);
			await s.order('leave', { to: [`only ${EVEN.at(-1)}`], room: 'new' });
			await heardAfter(s);
			await emits(s, { to: ['new'] }, EVEN.slice(0, -1));
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
				const reasons = NAMES.map(() => 'io server disconnect');
				assert.deepEqual(await Promise.all(leaving), reasons);
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
			const others = NAMES.filter((name) => name !== s.name);
			assert.deepEqual(oneEach(result), oneEach(others));
			for (const name of NAMES) servers[name].said.length = 0;
		},
	};

	cluster.heardAfter = heardAfter;
	for (const name of except) delete operations[name];
	for (const [name, run] of Object.entries(operations)) {
		for (const sender of SENDERS) {
			test(`${name}, by ${sender}`, async () => {
				(results[name] ??= {})[sender] = 'no';
				const done = await run(servers[sender]);
				results[name][sender] = done === false ? '-' : 'ok';
			});
		}
	}
	return cluster;
}

// SPDX-License-Identifier: MIT
//
// Official clients of every generation, each by polling, by WebSocket and with an upgrade from one
// to the other, against one server that speaks to all of them at once.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { startServer } from './support/server.mjs';
import { next, PATIENCE, within } from './support/wait.mjs';

const require = createRequire(new URL('./clients/package.json', import.meta.url));
const VERSIONS = ['1.4.8', '1.7.4', '2.0.4', '2.5.0', '3.1.3', '4.0.1', 'newest'];
const WAYS = {
	polling: ['polling'],
	websocket: ['websocket'],
	both: ['polling', 'websocket'],
};
const ENV = { ALLOW_EIO3: '1' };
const newest = require('client-newest');

/** A client on version 3 of Engine.IO, and what follows from that for those who use it. */
const isOld = (version) => version.startsWith('1.') || version.startsWith('2.');

/** One version by one way: what a check needs to open sockets, which end with it. */
class Bench {
	constructor(version, way, server) {
		Object.assign(this, { version, way, server, old: isOld(version), sockets: [] });
		this.io = require(`client-${version}`);
	}

	open(nsp = '/', { url = this.server.url, ...more } = {}, io = this.io, way = this.way) {
		const transports = WAYS[way];
		const defaults = { transports, forceNew: true, reconnection: false, multiplex: false };
		const socket = io(url + nsp, { ...defaults, ...more });
		this.sockets.push(socket);
		return socket;
	}

	async connect(...args) {
		const socket = this.open(...args);
		await next(socket, 'connect');
		return socket;
	}

	/** A client of today who is there at the same time. */
	witness() {
		return this.connect('/', {}, newest, 'websocket');
	}

	close() {
		for (const socket of this.sockets.splice(0)) socket.disconnect();
	}
}

function answer(socket, event, ...args) {
	const answered = new Promise((done) => socket.emit(event, ...args, (...back) => done(back)));
	return within(PATIENCE, answered, `the answer to "${event}"`);
}

async function echoed(socket, ...args) {
	const back = next(socket, 'echo');
	socket.emit('echo', ...args);
	return back;
}

/** Binary data in whatever shape the client hands it out, as a Buffer. */
const plain = (value) => {
	if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return Buffer.from(value);
	if (Array.isArray(value)) return value.map(plain);
	if (value === null || typeof value !== 'object') return value;
	return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
};

async function upgraded(socket) {
	const { engine } = socket.io;
	if (engine.transport.name !== 'websocket') await next(engine, 'upgrade');
}

/** The error that refuses the namespace, as far as all generations know it. */
async function refused(bench, nsp, options) {
	const socket = bench.open(nsp, options);
	const [error] = await next(socket, bench.old ? 'error' : 'connect_error');
	return error;
}

/** Before 1.5 a client had no way to say anything to a namespace, so it enters one that is open. */
async function entersSilently(bench) {
	const suite = await startServer({ ...ENV, APP: 'socketio' });
	try {
		const socket = bench.open('/custom', { url: suite.url });
		assert.deepEqual(await next(socket, 'auth'), [{}]);
		assert.equal(socket.nsp, '/custom');
	} finally {
		bench.close();
		await suite.stop();
	}
}

const CHECKS = {
	async connect(bench) {
		const socket = await bench.connect();
		const [{ id, rooms }] = await answer(socket, 'whoami');
		assert.equal(socket.id, id);
		assert.deepEqual(rooms, [id]);
		if (bench.old) assert.equal(id, socket.io.engine.id);
		if (bench.way === 'both') await upgraded(socket);
		assert.equal(socket.io.engine.transport.name, WAYS[bench.way].at(-1));
		assert.deepEqual(await echoed(socket, 'still there'), ['still there']);
	},

	async echo(bench) {
		const socket = await bench.connect();
		const args = ['text', 0, -1.5, true, null, [], { deep: [{ er: ['x'] }] }];
		assert.deepEqual(await echoed(socket, ...args), args);
	},

	async 'ack from server'(bench) {
		const socket = await bench.connect();
		assert.deepEqual(await answer(socket, 'ack', 'a', { b: 1 }), ['a', { b: 1 }]);
		assert.deepEqual(plain(await answer(socket, 'ack', Buffer.from([1]))), [Buffer.from([1])]);
	},

	async 'ack from client'(bench) {
		const socket = await bench.connect();
		socket.on('question', (n, reply) => reply(n + 1, Buffer.from([n])));
		socket.emit('ask', 'question', 41);
		assert.deepEqual(plain(await next(socket, 'asked')), [42, Buffer.from([41])]);
	},

	async 'nested binary'(bench) {
		const socket = await bench.connect();
		const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
		const tree = { list: [all, { deep: all.subarray(0, 1) }], none: Buffer.alloc(0) };
		assert.deepEqual(plain(await echoed(socket, 'a', tree, 7)), ['a', tree, 7]);
	},

	async unicode(bench) {
		const socket = await bench.connect();
		/* Those of 1.x encode twice what they send by polling and decode twice what comes that way,
		 * so that a question asked by polling must not be answered by WebSocket. */
		if (bench.way === 'both') await upgraded(socket);
		const text = 'é € 中 😀 \u2028\u2029 \u0000 \\n \n "quoted"';
		assert.deepEqual(await echoed(socket, text, { [text]: 1 }), [text, { [text]: 1 }]);
	},

	async '100 KB'(bench) {
		const socket = await bench.connect();
		const text = '0123456789'.repeat(10_000);
		const data = Buffer.alloc(100_000, 0xa5);
		assert.deepEqual(await echoed(socket, text), [text]);
		assert.deepEqual(plain(await echoed(socket, data)), [data]);
	},

	async namespace(bench) {
		const error = await refused(bench, '/admin');
		assert.deepEqual(bench.old ? error : error.data, { code: 401 });
		const unknown = await refused(bench, '/nowhere');
		assert.equal(unknown.message, 'Invalid namespace');
		if (bench.version === '1.4.8') return entersSilently(bench);
		const token = { token: 'secret' };
		const socket = await bench.connect('/admin', bench.old ? { query: token } : { auth: token });
		const [{ id }] = await answer(socket, 'whoami');
		if (bench.old) assert.equal(id, `/admin#${socket.io.engine.id}`);
		/* Those of 1.x know their id in the main namespace only. */
		if (!bench.version.startsWith('1.')) assert.equal(socket.id, id);
		assert.deepEqual(await echoed(socket, 'inside'), ['inside']);
	},

	async 'other clients'(bench) {
		const socket = await bench.connect();
		const witness = await bench.witness();
		const [heard, seen] = [next(socket, 'bcast'), next(witness, 'bcast')];
		witness.emit('bcast', { blob: Buffer.from('both') });
		assert.deepEqual(plain(await heard), [{ blob: Buffer.from('both') }]);
		assert.deepEqual(plain(await seen), [{ blob: Buffer.from('both') }]);
	},

	async 'server disconnects'(bench) {
		const socket = await bench.connect();
		const gone = next(socket, 'disconnect');
		socket.emit('kick');
		assert.equal((await gone)[0], 'io server disconnect');
	},

	async 'client disconnects'(bench) {
		const socket = await bench.connect();
		const witness = await bench.witness();
		const [{ id }] = await answer(socket, 'whoami');
		const left = next(witness, 'left');
		socket.disconnect();
		assert.deepEqual(await left, [id, 'client namespace disconnect']);
	},

	async reconnection(bench) {
		const again = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 100 };
		const socket = await bench.connect('/', again);
		const lost = next(socket, 'disconnect');
		const { port } = bench.server;
		await bench.server.crash();
		await lost;
		const back = next(socket, 'connect');
		bench.server = await startServer({ ...ENV, PORT: String(port) });
		await back;
		assert.deepEqual(await echoed(socket, 'again'), ['again']);
	},
};

const table = [];

async function run(t, version, way) {
	const bench = new Bench(version, way, await startServer(ENV));
	const row = { client: `${version} ${way}` };
	table.push(row);
	for (const [name, check] of Object.entries(CHECKS)) {
		await t.test(name, async () => {
			row[name] = 'FAILED';
			try {
				await check(bench);
			} finally {
				bench.close();
			}
			row[name] = 'ok';
		});
	}
	await bench.server.stop();
}

for (const version of VERSIONS)
	for (const way of Object.keys(WAYS))
		test(`client ${version} by ${way}`, (t) => run(t, version, way));

test('a client of a generation that is not allowed is told so', async (t) => {
	const server = await startServer();
	t.after(() => server.stop());
	const response = await fetch(`${server.url}/socket.io/?EIO=3&transport=polling`);
	assert.equal(response.status, 400);
	assert.deepEqual(await response.json(), { code: 5, message: 'Unsupported protocol version' });
});

/* What `make matrix` shows. */
after(() => {
	const names = Object.keys(CHECKS);
	const line = (client, cells) =>
		console.log(
			[client.padEnd(18), ...cells.map((cell, i) => cell.padEnd(names[i].length))].join(' | '),
		);
	line('client', names);
	for (const row of table) line(row.client, names.map((name) => row[name] ?? 'not run'));
});

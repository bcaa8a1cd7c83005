// SPDX-License-Identifier: MIT
//
// The limits on who comes in, how fast a client may send, and what is held for it: what is just
// allowed, and what is not any more.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join as pathJoin } from 'node:path';
import { mkdtempSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Bystander } from '../support/bystander.mjs';
import { connect, POLLING, WEBSOCKET } from '../support/client.mjs';
import { Guest } from '../support/lost.mjs';
import { ask, Polling, RawSocket } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';
import { beginShake } from '../support/refusals.mjs';
import { hasCounted, statsOf, untilStats } from '../support/siege.mjs';
import { GRAIN, PATIENCE, until, within } from '../support/wait.mjs';

const POLL = '/socket.io/?EIO=4&transport=polling';
const SHAKE = 'EIO=4&transport=websocket';
const numbers = (count) => [...Array(count).keys()];

async function start(t, env) {
	const server = await startServer({ REPORT: '1', LOG: '1', ...env });
	t.after(() => server.stop());
	return server;
}

const handshake = (server, address) =>
	ask(server, { url: POLL, headers: address ? { 'X-Forwarded-For': address } : {} });

/** The answer turns a newcomer away. */
function isTurnedAway({ status, headers, body }, limit, expected = 503, after = '10') {
	assert.deepEqual([status, body, headers['retry-after']], [expected, limit, after]);
}

/** A WebSocket handshake is turned away, and its connection closed. */
async function shakeIsTurnedAway(t, server, limit, headers) {
	const wire = beginShake(t, server, SHAKE, { headers });
	isTurnedAway(await wire.response(), limit, limit === 'max_sessions_per_address' ? 429 : 503);
	await wire.end();
}

// ---- Who comes in ----

test('max_sessions: as many as that, by whatever transport', async (t) => {
	const server = await start(t, { MAX_SESSIONS: '4', CORS_ORIGIN: '*' });
	const polling = await Polling.open(server);
	await Polling.open(server);
	for (const _ of numbers(2)) await RawSocket.joined(t, server);
	const since = await statsOf(server);

	const answer = await handshake(server);
	isTurnedAway(answer, 'max_sessions');
	assert.equal(answer.headers['access-control-allow-origin'], '*');
	await shakeIsTurnedAway(t, server, 'max_sessions');
	const { code, name, detail } = await server.reported('refused');
	assert.deepEqual([code, name, detail], [4, 'OVER_LIMIT', 'max_sessions']);
	await hasCounted(server, since, { 'struck.max_sessions': 2, 'refused[4]': 2, opened: 0 });

	await polling.post('1');
	assert.equal((await handshake(server)).status, 200);
	isTurnedAway(await handshake(server), 'max_sessions');
});

test('max_sessions: those that are in go on, upgrades too', async (t) => {
	const server = await start(t, { MAX_SESSIONS: '1' });
	const polling = await Polling.open(server);
	await polling.join();
	isTurnedAway(await handshake(server), 'max_sessions');
	const socket = await RawSocket.beside(t, polling);
	assert.equal(await socket.probe(), '3probe');
	socket.send('5');
	socket.send('42["echo",1]');
	assert.equal(await socket.message(), '42["echo",1]');
});

test('max_sessions: who waited for the application meanwhile is turned away as well', async (t) => {
	const server = await start(t, { MAX_SESSIONS: '1', ALLOW: '1' });
	const waiting = [1, 2].map(() => ask(server, { url: `${POLL}&allow=wait` }));
	await untilStats(server, (s) => s.connections >= 3, 'both');
	const answers = await Promise.all([ask(server, { url: `${POLL}&allow=go` }), ...waiting]);
	const turnedAway = answers.filter(({ status }) => status !== 200);
	assert.equal(turnedAway.length, 2);
	for (const answer of turnedAway) isTurnedAway(answer, 'max_sessions');
});

test('max_sessions_per_address: each has its own, an IPv6 network is one', async (t) => {
	const server = await start(t, { MAX_SESSIONS_PER_ADDRESS: '2', TRUSTED_PROXIES: '1' });
	const since = await statsOf(server);
	const groups = [
		['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1'],
		['192.0.2.2', '192.0.2.2', '192.0.2.2'],
		['2001:db8::1', '2001:db8::2:0:0:1', '2001:db8:0:0:ffff::'],
		['2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:1::3'],
	];
	for (const [first, second, third] of groups) {
		assert.equal((await handshake(server, first)).status, 200, first);
		assert.equal((await handshake(server, second)).status, 200, second);
		isTurnedAway(await handshake(server, third), 'max_sessions_per_address', 429);
	}
	await shakeIsTurnedAway(t, server, 'max_sessions_per_address', ['X-Forwarded-For: 192.0.2.1']);
	await hasCounted(server, since, { 'struck.max_sessions_per_address': 5, opened: 8 });
});

test('max_sessions_per_address: whoever leaves makes room', async (t) => {
	const server = await start(t, { MAX_SESSIONS_PER_ADDRESS: '1' });
	for (const _ of numbers(3)) {
		const polling = await Polling.open(server);
		isTurnedAway(await handshake(server), 'max_sessions_per_address', 429);
		await polling.post('1');
	}
});

test('max_sessions_per_address: a Unix socket has none', async (t) => {
	const path = pathJoin(mkdtempSync(pathJoin(tmpdir(), 'sio-')), 'socket');
	const server = await start(t, {
		MAX_SESSIONS_PER_ADDRESS: '1',
		MAX_CONNECTIONS_PER_ADDRESS: '9',
		ADDRESS: `unix:${path}`,
	});
	for (const _ of numbers(3)) {
		const answered = new Promise((done, fail) =>
			http
				.get({ socketPath: path, path: POLL, agent: false }, (response) => {
					response.resume().once('end', () => done(response.statusCode));
				})
				.once('error', fail),
		);
		assert.equal(await within(PATIENCE, answered, 'an answer'), 200);
	}
});

test('max_handshakes_per_second: so many at once, and more later', async (t) => {
	const server = await start(t, { MAX_HANDSHAKES_PER_SECOND: '3' });
	const since = await statsOf(server);
	const began = performance.now();
	const answers = await Promise.all(numbers(40).map(() => handshake(server)));
	const share = 3 + Math.ceil(((performance.now() - began) * 3) / 1000);
	const turnedAway = answers.filter(({ status }) => status !== 200);
	const opened = answers.length - turnedAway.length;

	assert.ok(opened >= 3 && opened <= share, `${opened} of at most ${share}`);
	for (const answer of turnedAway) isTurnedAway(answer, 'max_handshakes_per_second', 503, '1');
	await hasCounted(server, since, {
		'struck.max_handshakes_per_second': turnedAway.length,
		opened,
	});
	let later;
	do later = await handshake(server);
	while (later.status === 503 && performance.now() - began < PATIENCE);
	assert.equal(later.status, 200);
});

test('max_handshakes_per_second: requests of sessions do not count', async (t) => {
	const server = await start(t, { MAX_HANDSHAKES_PER_SECOND: '1' });
	const polling = await Polling.open(server);
	await polling.join();
	for (const n of numbers(20)) {
		await polling.post(`42${n}["ack"]`);
		assert.deepEqual(await polling.packets(1), [`43${n}[]`]);
	}
});

/** A TCP connection; whether the server keeps it, as what it asks on it tells. */
async function isKept(t, server, localAddress) {
	const socket = net.connect({ host: '127.0.0.1', port: server.port, localAddress });
	t.after(() => socket.destroy());
	socket.write('GET /hello HTTP/1.1\r\nHost: x\r\n\r\n');
	const answered = new Promise((done) => {
		socket.once('data', () => done(true));
		for (const event of ['end', 'error', 'close']) socket.once(event, () => done(false));
	});
	return { kept: await within(PATIENCE, answered, 'an answer or an end'), socket };
}

const keeps = async (...args) => (await isKept(...args)).kept;

test('max_connections: one more is closed', async (t) => {
	const server = await start(t, { MAX_CONNECTIONS: '5' });
	const first = await isKept(t, server);
	assert.ok(first.kept);
	for (const _ of numbers(4)) assert.ok(await keeps(t, server));
	for (const _ of numbers(3)) assert.equal(await keeps(t, server), false);
	first.socket.destroy();
	await within(
		PATIENCE,
		(async () => {
			while (!(await keeps(t, server)));
		})(),
		'room',
	);
});

test('max_connections_per_address: one more is closed, those of others are not', async (t) => {
	const server = await start(t, { MAX_CONNECTIONS_PER_ADDRESS: '3' });
	for (const address of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) {
		for (const _ of numbers(3)) assert.ok(await keeps(t, server, address), address);
		assert.equal(await keeps(t, server, address), false, address);
	}
});

// ---- How fast a client may send ----

describe('paces', { concurrency: 12 }, () => {
	const PER_SECOND = 40;

	test("max_events_per_second: a second's worth at once is not delayed", async (t) => {
		const server = await start(t, { MAX_EVENTS_PER_SECOND: String(PER_SECOND) });
		const since = await statsOf(server);
		for (const _ of numbers(2)) {
			const socket = await RawSocket.joined(t, server); // which was an event too
			for (const n of numbers(PER_SECOND - 2)) socket.send(`42["echo",${n}]`);
			for (const n of numbers(PER_SECOND - 2))
				assert.equal(await socket.message(), `42["echo",${n}]`);
		}
		await hasCounted(server, since, { 'struck.max_events_per_second': 0 });
	});

	for (const mode of [WEBSOCKET, POLLING])
		test(`max_events_per_second: what comes faster comes later, by ${mode.name}`, async (t) => {
			const server = await start(t, { MAX_EVENTS_PER_SECOND: String(PER_SECOND) });
			const other = await connect(t, server, mode);
			const socket = await connect(t, server, mode);
			const began = performance.now();
			const answers = numbers(3 * PER_SECOND).map((n) => socket.emitWithAck('ack', n));
			assert.equal(await other.emitWithAck('ack', 'not concerned'), 'not concerned');
			const others = performance.now() - began;
			assert.deepEqual(await Promise.all(answers), numbers(3 * PER_SECOND));
			const took = performance.now() - began;

			assert.ok(others < 1500, `the other one waited ${others} ms`);
			assert.ok(took > 1900, `${took} ms for three seconds' worth`);
			assert.ok(socket.connected);
			assert.ok((await statsOf(server))['struck.max_events_per_second'] > 0);
		});

	test('max_events_per_second: it counts after an upgrade', async (t) => {
		const server = await start(t, { MAX_EVENTS_PER_SECOND: '20' });
		const polling = await Polling.open(server);
		const began = performance.now();
		await polling.join();
		await polling.post(
			numbers(18)
				.map((n) => `42["nothing",${n}]`)
				.join('\x1e'),
		);
		const socket = await RawSocket.beside(t, polling);
		await socket.probe();
		socket.send('5');
		for (const n of numbers(21)) socket.send(`42["echo",${n}]`);
		for (const n of numbers(21)) assert.equal(await socket.message(), `42["echo",${n}]`);
		assert.ok(performance.now() - began > 900, `${performance.now() - began} ms`);
	});

	test('max_events_per_second: who overdoes it ends with "ping timeout"', async (t) => {
		const server = await start(t, {
			MAX_EVENTS_PER_SECOND: '5',
			PING_INTERVAL: '300',
			PING_TIMEOUT: '300',
		});
		for (const open of [() => RawSocket.joined(t, server), () => Polling.open(server)]) {
			const client = await open();
			const { sid } = client.handshake;
			const events = numbers(1000).map((n) => `42["nothing",${n}]`);
			if (client instanceof Polling)
				client.post(['40', ...events].join('\x1e')).catch(() => {});
			else events.forEach((event) => client.send(event));
			const { reason, limit } = await server.reported('close', { sid });
			assert.deepEqual([reason, limit], ['ping timeout', 'max_events_per_second']);
		}
	});

	for (const mode of [WEBSOCKET, POLLING])
		test(`max_bytes_per_second: what comes faster comes later, by ${mode.name}`, async (t) => {
			const server = await start(t, { MAX_BYTES_PER_SECOND: '100000' });
			const socket = await connect(t, server, mode);
			const text = 'x'.repeat(19_900);
			const began = performance.now();
			assert.equal(await socket.emitWithAck('ack', text), text);
			await Promise.all(numbers(14).map(() => socket.emitWithAck('ack', text)));
			const took = performance.now() - began;
			assert.ok(took > 1700, `${took} ms for three seconds' worth`);
			assert.ok((await statsOf(server))['struck.max_bytes_per_second'] > 0);
			assert.ok(socket.connected);
		});

	test('max_bytes_per_second: more than a second passes, the next one waits', async (t) => {
		const server = await start(t, { MAX_BYTES_PER_SECOND: '100000' });
		const socket = await connect(t, server, WEBSOCKET);
		const began = performance.now();
		await socket.emitWithAck('ack', 'x'.repeat(250_000));
		await socket.emitWithAck('ack', 'x');
		assert.ok(performance.now() - began > 1400, `${performance.now() - began} ms`);
	});

	test('a POST that waits for its pace is not overtaken by another', async (t) => {
		const server = await start(t, { MAX_EVENTS_PER_SECOND: '5' });
		const polling = await Polling.open(server);
		const first = polling.beginPost(
			['40', ...numbers(20).map(() => '42["nothing"]')].join('\x1e'),
		);
		first.done.catch(() => {});
		await untilStats(server, (s) => s['struck.max_events_per_second'] > 0, 'the pace');
		assert.equal((await polling.post('42["nothing"]')).status, 400);
		assert.equal(
			(await server.reported('close', { sid: polling.sid })).reason,
			'transport error',
		);
		await untilStats(server, (s) => s.held < 10_000, 'the end of what was held');
	});
});

// ---- What is held ----

test('max_held: small packets count with what it takes to keep them', async (t) => {
	const server = await start(t, { MAX_HELD: '100000', MAX_QUEUE: '90000' });
	const post = async (count) => {
		const polling = await Polling.open(server);
		await polling.join();
		await polling.post(Array(count).fill('42["echo"]').join('\x1e'));
		return polling;
	};
	const fits = await post(1000);
	assert.equal((await fits.get()).body.split('\x1e').length, 1000);
	const cut = await post(1200);
	const { reason, limit } = await server.reported('close', { sid: cut.sid });
	assert.deepEqual([reason, limit], ['transport error', 'max_held']);
});

test('max_memory: the client for which most is held goes, and no other', async (t) => {
	const server = await start(t, { MAX_MEMORY: '3000000' });
	const clients = [];
	const echo = (client) => client.post(`42["echo","${'x'.repeat(100_000)}"]`);
	for (const count of [5, 12, 8]) {
		const polling = await Polling.open(server);
		await polling.join();
		for (const _ of numbers(count)) await echo(polling);
		clients.push(polling);
	}
	const [small, large, other] = clients;
	assert.equal((await statsOf(server))['struck.max_memory'], 0);
	for (const _ of numbers(6)) await echo(small);
	const { limit } = await server.reported('close', { sid: large.sid });
	assert.equal(limit, 'max_memory');
	for (const one of [small, other]) assert.equal((await one.get()).status, 200);
	assert.equal(server.reports('close').length, 1);
});

test('max_memory: connections without a session count, and go', async (t) => {
	const server = await start(t, { MAX_MEMORY: '3000000' });
	const polling = await Polling.open(server);
	await polling.join();
	await polling.post(`42["echo","${'x'.repeat(100_000)}"]`);
	const wires = numbers(8).map(() => net.connect(server.port, '127.0.0.1'));
	const ends = wires.map(
		(one) => new Promise((done) => one.once('close', done).on('error', () => {})),
	);
	for (const wire of wires)
		wire.write(
			`POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n${'x'.repeat(800_000)}`,
		);
	await within(PATIENCE, Promise.race(ends), 'the end of one');
	const now = await untilStats(server, (s) => s['struck.max_memory'] >= 5, 'room');
	assert.ok(now.held < 3_000_000);
	wires.forEach((wire) => wire.destroy());
	assert.equal((await polling.get()).status, 200);
});

test('max_sockets: one more namespace is refused, until one is left', async (t) => {
	const server = await start(t, { MAX_SOCKETS: '2' });
	const socket = await RawSocket.joined(t, server);
	const enter = async (name) => {
		socket.send(`40${name},`);
		return (await socket.message()).replace(/"sid":".*"/, '"sid"');
	};
	assert.equal(await enter('/chat'), '40/chat,{"sid"}');
	assert.equal(await enter('/x?y=1'), '44/x?y=1,{"message":"Too many namespaces"}');
	socket.send('41/chat,');
	assert.equal(await enter('/x?y=1'), '40/x?y=1,{"sid"}');
	assert.equal((await statsOf(server))['struck.max_sockets'], 1);
});

test('max_namespaces: no more are made, those that there are can be entered', async (t) => {
	const server = await start(t, { APP: 'features', MAX_NAMESPACES: '4' });
	const enter = async (name) => {
		const socket = await RawSocket.connect(t, server);
		socket.send(`40${name},`);
		for (;;) {
			const message = await socket.message();
			if (/^4[04]/.test(message)) return message[1];
		}
	};
	for (const n of numbers(3)) assert.equal(await enter(`/room-${n}`), '0');
	for (const n of [3, 4]) assert.equal(await enter(`/room-${n}`), '4');
	assert.equal(await enter('/room-1'), '0');
	assert.equal((await statsOf(server))['struck.max_namespaces'], 2);
});

test('recovery_sockets: the oldest that were lost are forgotten', async (t) => {
	const server = await start(t, { APP: 'flow', RECOVERY: '60000', RECOVERY_SOCKETS: '2' });
	const guests = [];
	for (const _ of numbers(4)) {
		const guest = await Guest.enter(t, server);
		await guest.welcome();
		guests.push(guest);
	}
	for (const guest of guests) await guest.lose();
	const back = [];
	for (const { pid, sid } of guests) {
		const again = await Guest.enter(t, server, { pid });
		await again.welcome();
		back.push(again.sid === sid);
	}
	assert.deepEqual(back, [false, false, true, true]);
	assert.equal((await statsOf(server))['struck.recovery_sockets'], 2);
});

test('connect_timeout_ms: sessions that enter no namespace end', async (t) => {
	const server = await start(t, { CONNECT_TIMEOUT: '500' });
	const late = [];
	for (const _ of numbers(100)) late.push(await RawSocket.connect(t, server));
	const inTime = await RawSocket.joined(t, server);
	for (const socket of late) await socket.end();
	await untilStats(server, (s) => s['struck.connect_timeout_ms'] === 100, 'a count of all');
	inTime.send('42["echo",1]');
	while ((await inTime.message()) !== '42["echo",1]');
});

// ---- Descriptors ----

test('without descriptors the connected are served, and newcomers when there are some', async (t) => {
	const server = await startServer({}, ['prlimit', '--nofile=60']);
	t.after(() => server.stop());
	const bystander = await Bystander.of(server, { everyMs: 10 });
	t.after(() => bystander.leave());
	const greedy = numbers(100).map(() =>
		net.connect(server.port, '127.0.0.1').on('error', () => {}),
	);
	t.after(() => greedy.forEach((one) => one.destroy()));
	const used = () => readdirSync(`/proc/${server.child.pid}/fd`).length;
	await until(() => used() >= 59, 'the last descriptor');

	let served = false;
	const newcomer = RawSocket.joined(t, server).then((socket) => {
		served = true;
		return socket;
	});
	await bystander.isUndisturbed({ least: 50 });
	assert.ok(!served);
	greedy.forEach((one) => one.destroy());
	(await newcomer).ws.terminate();
	assert.match(server.stderr, /^libsio: accept: [^\n]*\n$/, 'said once');
	server.stderr = '';
});

// ---- What is said of it ----

const lines = (server) => server.reports('log').map(({ line }) => line);

test('what a peer does wrong is said once, with where it comes from', async (t) => {
	const server = await start(t, {});
	const socket = await RawSocket.joined(t, server);
	socket.send('4x');
	socket.send('4x');
	await socket.end();
	await ask(server, { url: '/socket.io/?EIO=4&transport=polling&sid=x' });
	await statsOf(server);
	assert.deepEqual(lines(server), [
		'127.0.0.1: closed: forced close: not a packet that may come',
		'127.0.0.1: refused: Session ID unknown',
	]);
	assert.ok(server.reports('log').every(({ level }) => level === 2));
});

test('a thousand peers that do wrong do not fill the log', async (t) => {
	const server = await start(t, {});
	const agent = new http.Agent({ keepAlive: true, maxSockets: 10 });
	t.after(() => agent.destroy());
	const began = Date.now();
	await Promise.all(numbers(1000).map((n) => ask(server, { url: `${POLL}&sid=${n}`, agent })));
	const seconds = Math.ceil((Date.now() - began) / 1000);
	const said = lines(server).length;
	assert.ok(said >= 10 && said <= 10 * (seconds + 1) * 2, `${said} lines`);
	assert.equal((await statsOf(server))['refused[1]'], 1000);
	await new Promise((done) => setTimeout(done, 250));
	await ask(server, { url: `${POLL}&sid=last` });
	await statsOf(server);
	assert.match(lines(server).at(-2), /^\d+ more lines about peers were left out$/);
});

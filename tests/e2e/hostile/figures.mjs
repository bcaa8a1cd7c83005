// SPDX-License-Identifier: MIT
//
// What hostile clients cost, measured; each figure has its bound. For `make figures`, as they take
// their time.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Bystander, percentile } from '../support/bystander.mjs';
import { openingHandshake } from '../support/frame-client.mjs';
import { frame, text, TEXT } from '../support/frames.mjs';
import { EXACT_HEAP, memoryOf } from '../support/memory.mjs';
import { ask, Polling, RawSocket } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';
import { enter, join, statsOf, untilStats } from '../support/siege.mjs';
import { until, within } from '../support/wait.mjs';

const MEGABYTE = 1_000_000;
const numbers = (count) => [...Array(count).keys()];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const mb = (bytes) => `${(bytes / MEGABYTE).toFixed(2)} MB`;

async function start(t, env, before) {
	const server = await startServer({ ...env }, before);
	t.after(() => server.stop());
	return server;
}

/** Bytes of its own that the server has in memory. */
const residentOf = (server) => memoryOf(server, 'RssAnon');
const descriptorsOf = (server) => readdirSync(`/proc/${server.child.pid}/fd`).length;

/** Seconds of a processor that the server has used. */
function processorOf(server) {
	const fields = readFileSync(`/proc/${server.child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (Number(fields[11]) + Number(fields[12])) / 100;
}

// ---- What one client costs ----

const echo = (size) => `42["echo","${'x'.repeat(size)}"]`;

async function idOf(socket) {
	socket.send('425["whoami"]');
	let answer;
	while (!(answer = await socket.message()).startsWith('435'));
	return JSON.parse(answer.slice(3))[0].id;
}

/** What the server sets aside for all clients, to read and to write a large message, is there. */
async function warmUp(t, server) {
	const socket = await RawSocket.joined(t, server);
	socket.send(echo(990_000));
	await socket.message();
	socket.ws.terminate();
}

/** Each does its worst and stays. */
const WORST = {
	'asks for large echoes by WebSocket and reads none': async (t, server) => {
		const enemy = await join(t, server);
		enemy.socket.pause();
		for (const _ of numbers(400)) enemy.socket.write(text(echo(100_000)));
	},
	'asks for small echoes by WebSocket and reads none': async (t, server) => {
		const enemy = await join(t, server);
		enemy.socket.pause();
		const packets = Buffer.concat(Array(20_000).fill(text('42["echo"]')));
		for (const _ of numbers(60)) enemy.socket.write(packets);
	},
	'is told much by another and reads none': async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		const id = await idOf(socket);
		socket.ws.pause();
		const other = await RawSocket.joined(t, server);
		for (const _ of numbers(19)) other.send(`42["say","${id}","${'x'.repeat(900_000)}"]`);
	},
	'has large echoes made by polling and never polls': async (t, server) => {
		const polling = await Polling.open(server);
		await polling.join();
		for (const _ of numbers(17)) await polling.post(echo(900_000));
	},
	'has small echoes made by polling and never polls': async (t, server) => {
		const polling = await Polling.open(server);
		await polling.join();
		for (const _ of numbers(4))
			await polling.post(Array(60_000).fill('42["echo"]').join('\x1e'));
	},
	'pings in version 3 and never polls': async (t, server) => {
		const url = '/socket.io/?EIO=3&transport=polling&b64=1';
		const { sid } = JSON.parse(/\{"sid":[^}]*\}/.exec((await ask(server, { url })).body)[0]);
		await ask(server, {
			url: `${url}&sid=${sid}`,
			method: 'POST',
			body: '1:2'.repeat(150_000),
		});
	},
	'sends nine of ten attachments': async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		socket.send('4510-["echo"]');
		for (const _ of numbers(9)) socket.send(Buffer.alloc(999_000));
	},
	'sends nine of ten attachments and half a message': async (t, server) => {
		const enemy = await join(t, server);
		enemy.send(text('4510-["echo"]'));
		for (const _ of numbers(9)) enemy.send(frame(2, Buffer.alloc(999_000)));
		enemy.send(frame(TEXT, 'x'.repeat(900_000), { length: 999_000, form: 8 }));
	},
	'sends half a body': async (t, server) => {
		const socket = net.connect(server.port, '127.0.0.1');
		t.after(() => socket.destroy());
		socket.write(
			`POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 999000\r\n\r\n${'x'.repeat(990_000)}`,
		);
	},
	'sends ten thousand requests ahead': async (t, server) => {
		const socket = net.connect(server.port, '127.0.0.1');
		t.after(() => socket.destroy());
		socket.pause();
		socket.write('GET /hello HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(10_000));
	},
	'enters five thousand rooms': async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		for (const n of numbers(5000)) socket.send(`42${n}["join","room ${n}"]`);
		for (const _ of numbers(5000)) await socket.message();
	},
	'sends a megabyte of the smallest values': async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		socket.send(`42["whoami",${'0,'.repeat(490_000)}0]`);
		await socket.end();
	},
	'sends as many of the smallest values as may be': async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		for (const n of numbers(3)) socket.send(`42${n}["whoami",${'0,'.repeat(170_000)}0]`);
		for (const _ of numbers(3)) await socket.message();
	},
	'sends the smallest values as auth, in all namespaces': async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		for (const name of ['/chat', '/gate', '/a "b"/é'])
			socket.send(`40${name},{"a":[${'0,'.repeat(70_000)}0]}`);
		await socket.end();
	},
	'enters a namespace and leaves it, ever again': async (t, server) => {
		const polling = await Polling.open(server);
		await polling.join();
		const again = Array(40_000).fill('40/chat,\x1e41/chat,').join('\x1e');
		await polling.post(again);
	},
	'asks sixty thousand questions that are not answered': async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		for (const n of numbers(60_000)) socket.send(`42${n}["hold"]`);
		socket.send('42["echo",1]');
		while ((await socket.message()) !== '42["echo",1]');
	},
};

for (const [what, deed] of Object.entries(WORST))
	test(`a client costs at most 16 MB that ${what}`, async (t) => {
		const server = await start(t, { ALLOW_EIO3: '1', ...EXACT_HEAP });
		await warmUp(t, server);
		await untilStats(server, (s) => s.sessions === 0, 'the end of the first');
		const before = residentOf(server);
		let most = 0;
		const watch = setInterval(() => (most = Math.max(most, residentOf(server) - before)), 5);
		await deed(t, server);
		await pause(700);
		clearInterval(watch);
		const stays = residentOf(server) - before;
		const { held } = await statsOf(server);
		t.diagnostic(`stays ${mb(stays)}, at most ${mb(most)}, of which ${mb(held)} are counted`);
		assert.ok(stays < 16 * MEGABYTE, `${mb(stays)} stay`);
		assert.ok(most < 18 * MEGABYTE, `${mb(most)} for a moment`);
	});

test('the tree of an event is there while it is handled, and not for each client', async (t) => {
	const server = await start(t, EXACT_HEAP);
	const zeros = async () => {
		const socket = await RawSocket.joined(t, server);
		for (const n of numbers(3)) socket.send(`42${n}["ack",${'0,'.repeat(170_000)}0]`);
		for (const _ of numbers(3)) await socket.message();
		socket.ws.terminate();
	};
	const before = residentOf(server);
	let most = 0;
	const watch = setInterval(() => (most = Math.max(most, residentOf(server) - before)), 5);
	await zeros();
	const first = residentOf(server) - before;
	await Promise.all(numbers(10).map(zeros));
	clearInterval(watch);
	const all = residentOf(server) - before;
	t.diagnostic(`${mb(first)} after one client, ${mb(all)} after eleven, at most ${mb(most)}`);
	assert.ok(all - first < 8 * MEGABYTE);
});

// ---- What many cost, one after the other ----

const CYCLES = 20_000;

test(`${CYCLES} clients that come and go leave less than 1 MB, and no descriptor`, async (t) => {
	const server = await start(t, {});
	const shake = openingHandshake({}, 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1');
	const bytes = Buffer.concat([Buffer.from(shake), text('40'), text('42["echo","x"]')]);
	const cycle = () =>
		new Promise((done, fail) => {
			const socket = net.connect(server.port, '127.0.0.1');
			let got = '';
			socket.setEncoding('latin1').once('error', fail).once('close', done);
			socket.on('data', (part) => {
				got += part;
				if (got.includes('42["echo","x"]')) socket.destroy();
			});
			socket.write(bytes);
		});
	const descriptors = descriptorsOf(server);
	const sizes = [];
	for (const _ of numbers(4)) {
		let left = CYCLES / 4;
		await Promise.all(
			numbers(20).map(async () => {
				while (left-- > 0) await cycle();
			}),
		);
		await untilStats(server, (s) => s.sessions === 0 && s.connections <= 2, 'the end of all');
		sizes.push(residentOf(server));
	}
	await until(() => descriptorsOf(server) <= descriptors, 'the descriptors');
	const grown = sizes[3] - sizes[0];
	t.diagnostic(
		`after each quarter ${sizes.map(mb).join(', ')}; ` +
			`descriptors ${descriptors} and ${descriptorsOf(server)}`,
	);
	assert.equal(descriptorsOf(server), descriptors);
	assert.ok(grown < MEGABYTE, `${mb(grown)} more`);
});

// ---- What an honest client notices ----

test('an honest echo beside ten attackers: p99 under 50 ms', async (t) => {
	const server = await start(t, { ALLOW_EIO3: '1' });
	const attackers = new Worker(new URL('../support/attackers.mjs', import.meta.url), {
		workerData: { port: server.port, host: server.host, url: server.url },
	});
	t.after(() => attackers.terminate());
	const bystander = await Bystander.of(server, { everyMs: 5 });
	t.after(() => bystander.leave());
	await bystander.isUndisturbed({ least: 200 });
	const alone = await bystander.isUndisturbed({ least: 400 });
	const since = await statsOf(server);
	attackers.postMessage('go');
	await pause(1000);
	await bystander.report();
	const took = [];
	for (const end = Date.now() + 10_000; Date.now() < end; await pause(100)) {
		const { ends, echoes, broadcasts } = await bystander.report();
		assert.deepEqual([ends, echoes.faults, broadcasts.faults], [[], [], []]);
		took.push(...echoes.took, ...broadcasts.took);
	}
	const now = await statsOf(server);
	const p99 = percentile(took, 0.99);
	t.diagnostic(
		`alone ${alone.p99.toFixed(1)} ms; besieged p50 ${percentile(took, 0.5).toFixed(1)} ms, ` +
			`p99 ${p99.toFixed(1)} ms, worst ${Math.max(...took).toFixed(1)} ms of ${took.length} answers`,
	);
	t.diagnostic(
		`meanwhile ${now.packets_in - since.packets_in} packets, ${mb(now.bytes_in - since.bytes_in)}, ` +
			`${now.accepted - since.accepted} connections, ` +
			`${now['refused[1]'] - since['refused[1]']} refusals`,
	);
	assert.ok(now.packets_in - since.packets_in > 10_000, 'the attackers attack');
	assert.ok(p99 < 50, `${p99} ms`);
});

const [INTERVAL, TIMEOUT] = [400, 300];

test('a dead client is closed within 100 ms of its time, and never early', async (t) => {
	const server = await start(t, {
		PING_INTERVAL: String(INTERVAL),
		PING_TIMEOUT: String(TIMEOUT),
	});
	const took = [];
	for (const _ of numbers(4))
		took.push(
			...(await Promise.all(
				numbers(5).map(async () => {
					const enemy = await enter(t, server);
					const began = performance.now();
					let name;
					while (name !== 'close') ({ name } = await enemy.frame());
					return performance.now() - began;
				}),
			)),
		);
	const late = took.map((ms) => ms - INTERVAL - TIMEOUT);
	t.diagnostic(
		`from ${Math.min(...late).toFixed(1)} to ${Math.max(...late).toFixed(1)} ms after it`,
	);
	assert.ok(Math.min(...late) > -10, 'not early, but for what the first packet took');
	assert.ok(Math.max(...late) < 100);
});

test('without descriptors the connected are served, and newcomers later', async (t) => {
	const server = await start(t, {}, ['prlimit', '--nofile=100']);
	const bystander = await Bystander.of(server, { everyMs: 20 });
	t.after(() => bystander.leave());
	await bystander.isUndisturbed();
	const greedy = numbers(300).map(() =>
		net.connect(server.port, '127.0.0.1').on('error', () => {}),
	);
	t.after(() => greedy.forEach((one) => one.destroy()));
	await until(() => descriptorsOf(server) >= 99, 'the last descriptor');
	const before = processorOf(server);
	const began = performance.now();
	const { p99 } = await bystander.isUndisturbed({ least: 300 });
	const share = (processorOf(server) - before) / ((performance.now() - began) / 1000);
	const newcomer = RawSocket.connect(t, server);
	await pause(200);
	greedy.forEach((one) => one.destroy());
	const freed = performance.now();
	await newcomer;
	const took = performance.now() - freed;
	t.diagnostic(
		`p99 ${p99.toFixed(1)} ms, ${(100 * share).toFixed(1)} % of a processor; ` +
			`a newcomer after ${took.toFixed(0)} ms`,
	);
	assert.ok(share < 0.1);
	assert.ok(took < 1000);
	assert.match(server.stderr, /^libsio: accept: [^\n]*\n$/, 'said once');
	server.stderr = '';
});

test('who says half a head, or nothing, is closed after twenty seconds', async (t) => {
	const server = await start(t, {});
	const ends = numbers(40).map((n) => {
		const socket = net.connect(server.port, '127.0.0.1');
		const began = performance.now();
		if (n % 2) socket.write('GET / HTTP/1.1\r\nX: ');
		const drip = n % 4 === 1 ? setInterval(() => socket.write('x'), 500) : undefined;
		t.after(() => clearInterval(drip));
		return new Promise((done) =>
			socket
				.once('close', () => {
					clearInterval(drip);
					done(performance.now() - began);
				})
				.on('error', () => {})
				.resume(),
		);
	});
	const took = await within(30_000, Promise.all(ends), 'their end');
	t.diagnostic(`from ${Math.min(...took).toFixed(0)} to ${Math.max(...took).toFixed(0)} ms`);
	assert.ok(Math.min(...took) > 19_990 && Math.max(...took) < 21_000);
});

after(() => setTimeout(() => process.exit(), 500).unref());

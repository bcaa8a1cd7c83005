// SPDX-License-Identifier: MIT
//
// Why sessions end, and what is left of them: nothing.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { begin } from '../support/raw.mjs';
import {
	closesEmpty,
	connect,
	endsWith,
	PATH,
	Poller,
	shake,
	startEcho,
	UNKNOWN,
} from '../support/engine.mjs';
import { BEYOND, startServer } from '../support/server.mjs';
import { next } from '../support/wait.mjs';

const REPORT = { REPORT: '1' };

let server, lab, hasty, pinging;
before(async () => {
	server = await startEcho(REPORT);
	lab = await startServer(REPORT);
	hasty = await startServer({ ...REPORT, CONNECT_TIMEOUT: '500' });
	pinging = await startEcho({ ...REPORT, PING_INTERVAL: '300', PING_TIMEOUT: '500' });
});
after(async () => {
	for (const each of [server, lab, hasty, pinging]) await each.stop();
});

const open = (on = server, more) => Poller.open(on, more);

const BYTES = { headers: { 'Content-Type': 'application/octet-stream' } };

for (const [name, fail] of Object.entries({
	'a close packet': (poller) => poller.say('1'),
	'a bad packet': (poller) => poller.say('nonsense'),
	'a ping': (poller) => poller.say('2'),
	'bytes in a POST': (poller) => poller.post('4a', BYTES),
}))
	test(`engine.io 99: ${name} during an upgrade ends both connections`, async (t) => {
		const poller = await open();
		const get = await poller.waiting();
		const socket = await poller.beside(t);

		await fail(poller);

		assert.match((await get.done).body, name === 'a close packet' ? /^6$/ : /^1$/);
		await closesEmpty(socket);
		await poller.isGone();
	});

test('engine.io 99: a GET that is lost during an upgrade ends both connections', async (t) => {
	const poller = await open();
	const get = await poller.waiting();
	const socket = await poller.beside(t);

	get.abort();

	await closesEmpty(socket);
	await poller.isGone();
});

test('engine.io 99: a ping timeout during an upgrade ends both connections', async (t) => {
	const poller = await open(pinging);
	assert.equal(await poller.body(), '2');
	const socket = await poller.probed(t);

	await closesEmpty(socket);
	await poller.isGone();
});

// ---- Reasons ----

/** What ends a session on polling. */
const ends = {
	'a close packet': ['transport close', (poller) => poller.say('1')],
	'a bad packet': ['parse error', (poller) => poller.say('nonsense')],
	'a POST without a packet': ['parse error', (poller) => poller.say('')],
	'a ping of the client': ['transport error', (poller) => poller.say('2')],
	'bytes in a POST': ['transport error', (poller) => poller.post('4a', BYTES)],
	'a second GET': ['transport error', (poller) => poller.get()],
	'a GET that is lost': ['transport error', (poller, get) => get.abort()],
	'a POST that is lost': [
		'transport error',
		async (poller) => {
			const headers = { 'Content-Length': '10' };
			const post = begin(server, { method: 'POST', url: poller.url, headers, body: '4a' });
			await next(post.request, 'finish');
			post.abort();
		},
	],
};
for (const [name, [reason, end]] of Object.entries(ends))
	test(`engine.io 100: ${name} ends with "${reason}"`, async () => {
		const poller = await open();
		const get = await poller.waiting();
		await end(poller, get);

		await endsWith(server, poller, reason);
	});

const UNMASKED = Buffer.from([0x81, 1, 0x34]);
for (const [name, [reason, end]] of Object.entries({
	'a close frame': ['transport close', (ws) => ws.close(1001)],
	'a lost connection': ['transport close', (ws) => ws.terminate()],
	'a bad packet': ['parse error', (ws) => ws.send('nonsense')],
	'a ping of the client': ['transport error', (ws) => ws.send('2')],
	'a frame that breaks the rules': ['transport error', (ws) => ws._socket.write(UNMASKED)],
	'a message that is too long': ['transport error', (ws) => ws.send('4'.repeat(1_000_001))],
}))
	test(`engine.io 100: ${name} over WebSocket ends with "${reason}"`, async (t) => {
		const socket = await connect(t, server);
		end(socket.ws);

		await endsWith(server, socket, reason);
	});

test('engine.io 100: a pong that does not come ends with "ping timeout"', async (t) => {
	const [poller, socket] = [await open(pinging), await connect(t, pinging)];

	await endsWith(pinging, poller, 'ping timeout');
	await endsWith(pinging, socket, 'ping timeout');
});

test('engine.io 100: a close by the server ends with "forced close"', async (t) => {
	const path = '/socket.io/';
	const poller = await open(lab, { path });
	await poller.say('40');
	await poller.say('42["kick"]');
	assert.match(await poller.body(), /^40.*41$/s);
	assert.equal(lab.reports('close', { sid: poller.sid }).length, 0);
	await poller.body();
	await endsWith(lab, poller, 'forced close');

	const socket = await connect(t, lab, { path });
	socket.send('40');
	socket.send('42["kick"]');
	await endsWith(lab, socket, 'forced close');

	const other = await open(hasty, { path });
	assert.equal(await other.body(), '1');
	await endsWith(hasty, other, 'forced close');
	await endsWith(hasty, await connect(t, hasty, { path }), 'forced close');
});

test('engine.io 100, 102; differences 48: the end of the server is "server shutting down"', BEYOND, async (t) => {
	const ending = await startEcho(REPORT);
	const silent = await open(ending);
	const waiting = await open(ending);
	const get = await waiting.waiting();
	const socket = await connect(t, ending);
	await ending.stop();

	assert.equal((await get.done).body, '1');
	for (const who of [silent, waiting, socket])
		await endsWith(ending, who, 'server shutting down');
});

// ---- Afterwards ----

for (const [name, reach] of Object.entries({
	'a parse error': (poller) => poller.say('nonsense'),
	'a transport error': (poller) => poller.say('2'),
	'a ping timeout': async (poller, get) => {
		assert.equal((await get.done).body, '2');
		return poller.beginGet();
	},
}))
	test(`engine.io 101: a GET that waits at ${name} gets a close packet`, async () => {
		const poller = await open(name === 'a ping timeout' ? pinging : server);
		const get = await poller.waiting();

		const last = await reach(poller, get);

		assert.equal((await (last ?? get).done).body, '1');
		await poller.isGone();
		const { status, body } = await poller.post('4a');
		assert.deepEqual([status, body], [400, UNKNOWN]);
	});

for (const payload of ['1', '2', 'nonsense', ''])
	test(`engine.io 101: after "${payload}" the sid is unknown at once`, async () => {
		const poller = await open();
		await poller.say(payload);

		await poller.isGone();
		const url = `${PATH}?EIO=4&transport=websocket&sid=${poller.sid}`;
		const { status, body } = await shake(server, { url });
		assert.deepEqual([status, body], [400, 'Session ID unknown']);
	});

test('engine.io 101: the sid of a WebSocket that has ended is unknown', async (t) => {
	const socket = await connect(t, server);
	const { sid } = socket.handshake;
	socket.send('nonsense');
	await closesEmpty(socket);

	const poller = Object.assign(new Poller(server, PATH), { query: 'EIO=4', sid });
	await poller.isGone();
});

test('engine.io 102: when the server closes, GETs and WebSockets are told', async (t) => {
	const ending = await startEcho();
	const poller = await open(ending);
	const get = await poller.waiting();
	const socket = await connect(t, ending);
	const other = await open(ending);
	const candidate = await other.probed(t);
	await open(ending); // has no GET, and is not waited for

	const stopped = ending.stop();

	assert.equal((await get.done).body, '1');
	await closesEmpty(socket);
	await closesEmpty(candidate);
	await stopped;
});

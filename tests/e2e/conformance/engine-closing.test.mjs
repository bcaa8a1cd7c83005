// SPDX-License-Identifier: MIT
//
// How sessions end: by the client, by the server, by a mistake, with the whole server.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { closesEmpty, connect, Poller, shake, startEcho } from '../support/engine.mjs';
import { RawSocket } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';

const LAB = '/socket.io/';
const GOODBYE = '6\x1e1';

let server, lab, hasty, pinging;
before(async () => {
	server = await startEcho();
	lab = await startServer();
	hasty = await startServer({ CONNECT_TIMEOUT: '150' });
	pinging = await startEcho({ PING_INTERVAL: '150', PING_TIMEOUT: '150' });
});
after(async () => {
	for (const each of [server, lab, hasty, pinging]) await each.stop();
});

const open = (on = server) => Poller.open(on);

async function joined(on = lab) {
	const poller = await Poller.open(on, { path: LAB });
	await poller.join();
	return poller;
}

async function probed(t, poller) {
	const socket = await poller.beside(t);
	assert.equal(await socket.probe(), '3probe');
	return socket;
}

const ticks = (count) => [...Array(count).keys()].map((i) => `42["tick",${i}]`);

test('engine.io 94: a close packet ends the session, and a waiting GET gets a noop', async () => {
	const poller = await open();
	const get = await poller.waiting();

	await poller.say('1');

	assert.equal((await get.done).body, '6');
	await poller.isGone();
});

test('engine.io 94: a close packet without a waiting GET ends the session', async () => {
	for (const payload of ['1', '1data', '4a\x1e1\x1e4b']) {
		const poller = await open();
		await poller.say(payload);
		await poller.isGone();
	}
});

test('engine.io 95: a GET that waits when the server closes gets a close packet', async () => {
	const poller = await Poller.open(hasty, { path: LAB });

	assert.equal(await poller.body(), '1');
	await poller.isGone();
});

test('engine.io 96: without a waiting GET the next one gets a noop and a close', async () => {
	const poller = await joined();
	await poller.say('42["kick"]');
	assert.equal(await poller.body(), '41');

	assert.equal(await poller.body(), GOODBYE);
	await poller.isGone();
});

test('engine.io 96: so does the first GET that comes after the close', async () => {
	const poller = await Poller.open(hasty, { path: LAB });
	await sleep(600);

	assert.equal(await poller.body(), GOODBYE);
	await poller.isGone();
});

test('engine.io 96: until then POSTs are answered and ignored', async () => {
	const poller = await joined();
	await poller.say('42["kick"]');
	await poller.say('40/admin,\x1e42["echo",1]');
	assert.equal(await poller.body(), '41');
	for (const payload of ['40', '42["echo",2]', '2', '3', 'nonsense', '']) await poller.say(payload);

	assert.equal(await poller.body(), GOODBYE);
});

test('engine.io 96: a close packet of the client ends the wait for its GET', async () => {
	const poller = await joined();
	await poller.say('42["kick"]');
	assert.equal(await poller.body(), '41');

	await poller.say('1');

	await poller.isGone();
});

test('engine.io 97: messages that wait are sent before the close by polling', async () => {
	const poller = await joined();
	await poller.say('42["burst",100]\x1e42["kick"]\x1e42["burst",1]');

	assert.equal(await poller.body(), [...ticks(100), '41'].join('\x1e'));
	assert.equal(await poller.body(), GOODBYE);
});

test('engine.io 97: with a GET that waits the messages come first as well', async () => {
	const poller = await joined();
	const get = await poller.waiting();
	await poller.say('42["burst",100]\x1e42["kick"]');

	const bodies = [(await get.done).body];
	while (bodies.at(-1) !== GOODBYE) bodies.push(await poller.body());

	assert.equal(bodies.join('\x1e'), [...ticks(100), '41', GOODBYE].join('\x1e'));
});

test('engine.io 97: messages that wait are sent before the close by WebSocket', async (t) => {
	const socket = await RawSocket.joined(t, lab);
	const long = `42["echo","${'x'.repeat(900_000)}"]`;
	socket.ws.pause();
	for (let i = 0; i < 12; i++) socket.send(long);
	socket.send('42["burst",100]');
	socket.send('42["kick"]');
	await sleep(100);
	socket.ws.resume();

	for (let i = 0; i < 12; i++) assert.ok((await socket.message()) === long);
	assert.deepEqual(await socket.messages(101), [...ticks(100), '41']);
	await closesEmpty(socket);
});

test('engine.io 98: the server closes a WebSocket with an empty close frame', async (t) => {
	const socket = await RawSocket.connect(t, hasty);
	await closesEmpty(socket);
	assert.deepEqual(socket.inbox, []);

	const kicked = await RawSocket.joined(t, lab);
	kicked.send('42["kick"]');
	assert.equal(await kicked.message(), '41');
	await closesEmpty(kicked);
});

for (const [name, fail] of Object.entries({
	'a close packet': (poller) => poller.say('1'),
	'a bad packet': (poller) => poller.say('nonsense'),
	'a ping': (poller) => poller.say('2'),
	'bytes in a POST': (poller) =>
		poller.post('4a', { headers: { 'Content-Type': 'application/octet-stream' } }),
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
	const socket = await probed(t, poller);

	await closesEmpty(socket);
	await poller.isGone();
});

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
		assert.deepEqual([status, body], [400, '{"code":1,"message":"Session ID unknown"}']);
	});

for (const payload of ['1', '2', 'nonsense', ''])
	test(`engine.io 101: after "${payload}" the sid is unknown at once`, async () => {
		const poller = await open();
		await poller.say(payload);

		await poller.isGone();
		const url = `/engine.io/?EIO=4&transport=websocket&sid=${poller.sid}`;
		const { status, body } = await shake(server, { url });
		assert.deepEqual([status, body], [400, 'Session ID unknown']);
	});

test('engine.io 101: the sid of a WebSocket that has ended is unknown', async (t) => {
	const socket = await connect(t, server);
	const { sid } = socket.handshake;
	socket.send('nonsense');
	await closesEmpty(socket);

	const poller = Object.assign(new Poller(server, '/engine.io/'), { query: 'EIO=4', sid });
	await poller.isGone();
});

test('engine.io 102: when the server closes, GETs and WebSockets are told', async (t) => {
	const ending = await startEcho();
	const poller = await open(ending);
	const get = await poller.waiting();
	const socket = await connect(t, ending);
	const other = await open(ending);
	const candidate = await probed(t, other);
	await open(ending); // has no GET, and is not waited for

	const stopped = ending.stop();

	assert.equal((await get.done).body, '1');
	await closesEmpty(socket);
	await closesEmpty(candidate);
	await stopped;
});

test('engine.io 148: a close by the server leaves an upgrade to be completed', async (t) => {
	const poller = await joined();
	const socket = await probed(t, poller);
	await poller.say('42["burst",3]\x1e42["kick"]');

	socket.send('5');

	assert.deepEqual(await socket.messages(4), [...ticks(3), '41']);
	await closesEmpty(socket);
	await poller.isGone();
});

test('engine.io 148: if a GET comes first, it gets the messages and the close', async (t) => {
	const poller = await joined();
	const socket = await probed(t, poller);
	await poller.say('42["burst",3]\x1e42["kick"]');

	assert.equal(await poller.body(), [...ticks(3), '41'].join('\x1e'));
	assert.equal(await poller.body(), GOODBYE);
	await closesEmpty(socket);
	await poller.isGone();
});

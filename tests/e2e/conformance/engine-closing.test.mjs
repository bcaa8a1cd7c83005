// SPDX-License-Identifier: MIT
//
// Sessions that one side closes: what the other is told, and what it gets before.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { closesEmpty, endsWith, Poller, startEcho } from '../support/engine.mjs';
import { RawSocket } from '../support/raw.mjs';
import { BEYOND, startServer } from '../support/server.mjs';

const LAB = '/socket.io/';
const REPORT = { REPORT: '1' };
const GOODBYE = '6\x1e1';

let server, lab, hasty;
before(async () => {
	server = await startEcho(REPORT);
	lab = await startServer(REPORT);
	hasty = await startServer({ ...REPORT, CONNECT_TIMEOUT: '500' });
});
after(async () => {
	for (const each of [server, lab, hasty]) await each.stop();
});

const open = () => Poller.open(server);

async function joined() {
	const poller = await Poller.open(lab, { path: LAB });
	await poller.join();
	return poller;
}

const ticks = (count) => [...Array(count).keys()].map((i) => `42["tick",${i}]`);

test('engine.io 94: a close packet ends the session, and a waiting GET gets a noop', async () => {
	const poller = await open();
	const get = await poller.waiting();

	await poller.say('1');

	assert.equal((await get.done).body, '6');
	await poller.isGone();
	await endsWith(server, poller, 'transport close');
});

test('engine.io 94: a close packet without a waiting GET ends the session', async () => {
	for (const payload of ['1', '1data', '4a\x1e1\x1e4b']) {
		const poller = await open();
		await poller.say(payload);
		await poller.isGone();
		await endsWith(server, poller, 'transport close');
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
	await sleep(1200);

	assert.equal(await poller.body(), GOODBYE);
	await poller.isGone();
});

test('engine.io 96: until then POSTs are answered and ignored', async () => {
	const poller = await joined();
	await poller.say('42["kick"]');
	await poller.say('40/admin,\x1e42["echo",1]');
	assert.equal(await poller.body(), '41');
	const payloads = ['40', '42["echo",2]', '2', '3', 'nonsense', ''];
	for (const payload of payloads) await poller.say(payload);

	assert.equal(await poller.body(), GOODBYE);
});

test('engine.io 96: a close packet of the client ends the wait for its GET', async () => {
	const poller = await joined();
	await poller.say('42["kick"]');
	assert.equal(await poller.body(), '41');

	await poller.say('1');

	await poller.isGone();
	await endsWith(lab, poller, 'transport close');
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

test('engine.io 148; differences 50: a close by the server leaves an upgrade to be completed', async (t) => {
	const poller = await joined();
	const socket = await poller.probed(t);
	await poller.say('42["burst",3]\x1e42["kick"]');

	socket.send('5');

	assert.deepEqual(await socket.messages(4), [...ticks(3), '41']);
	await closesEmpty(socket);
	await poller.isGone();
});

test('engine.io 148; differences 50: if a GET comes first, it gets the messages and the close', async (t) => {
	const poller = await joined();
	const socket = await poller.probed(t);
	await poller.say('42["burst",3]\x1e42["kick"]');

	assert.equal(await poller.body(), [...ticks(3), '41'].join('\x1e'));
	assert.equal(await poller.body(), GOODBYE);
	await closesEmpty(socket);
	await poller.isGone();
});

test('engine.io 148; differences 50: a close at the same time as the probe is told by one of them', async (t) => {
	const poller = await joined();
	const socket = await poller.beside(t);
	const get = await poller.waiting();
	socket.send('2probe');
	await poller.say('42["kick"]');
	const { body } = await get.done;
	if (body === '6') {
		assert.equal(await socket.next(), '3probe');
		socket.send('5');
		assert.equal(await socket.message(), '41');
		await closesEmpty(socket);
	} else {
		assert.equal(body, '41');
	}
});

test('engine.io 148; differences 50: no upgrade begins after the close', BEYOND, async (t) => {
	const poller = await joined();
	await poller.say('42["kick"]');
	const socket = await poller.beside(t);

	await closesEmpty(socket);
	assert.equal(await poller.body(), '41');
	assert.equal(await poller.body(), GOODBYE);
});

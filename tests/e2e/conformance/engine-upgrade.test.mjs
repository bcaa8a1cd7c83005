// SPDX-License-Identifier: MIT
//
// From polling to WebSocket: the probe, the noop and the order.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { echoes, Poller, startEcho } from '../support/engine.mjs';
import { ask } from '../support/raw.mjs';
import { BEYOND } from '../support/server.mjs';

const INTERVAL = 300;

let server, pinging;
before(async () => {
	server = await startEcho();
	pinging = await startEcho({ PING_INTERVAL: String(INTERVAL) });
});
after(async () => {
	await server.stop();
	await pinging.stop();
});

const open = () => Poller.open(server);

/** The body that a request gets no later than others that were asked after it. */
async function atOnce({ done }) {
	let answer;
	done.then((value) => (answer = value));
	const others = { url: '/engine.io/?EIO=4&transport=polling' };
	for (let i = 0; i < 2; i++) await ask(server, others);
	return answer?.body;
}

test('engine.io 84: the handshake gets 101 and the session stays on polling', async (t) => {
	const poller = await open();
	const get = await poller.waiting();
	const socket = await poller.beside(t);
	await poller.say('4a');

	assert.equal((await get.done).body, '4a');
	await poller.echoes();
	assert.deepEqual(socket.inbox, []);
});

test('engine.io 85: a probe is answered each time it comes', async (t) => {
	const poller = await open();
	const socket = await poller.beside(t);

	for (let i = 0; i < 3; i++) assert.equal(await socket.probe(), '3probe');
	for (let i = 0; i < 3; i++) socket.send('2probe');
	assert.deepEqual(await socket.messages(3), ['3probe', '3probe', '3probe']);
});

test('engine.io 86: a GET that waits at the probe gets a noop at once', BEYOND, async (t) => {
	const poller = await open();
	const get = await poller.waiting();
	await poller.probed(t);

	assert.equal(await atOnce(get), '6');
});

test('engine.io 87: a GET that comes after the probe is answered at once', BEYOND, async (t) => {
	const poller = await open();
	await poller.probed(t);

	assert.equal(await atOnce(poller.beginGet()), '6');
	assert.equal(await atOnce(poller.beginGet()), '6');
	await poller.say('4a\x1e4b');
	assert.equal(await atOnce(poller.beginGet()), '4a\x1e4b');
	assert.equal(await atOnce(poller.beginGet()), '6');
});

test('engine.io 88: until the upgrade packet messages go by polling', async (t) => {
	const poller = await open();
	await poller.say('4waits');
	const socket = await poller.probed(t);

	assert.equal(await poller.body(), '4waits');
	for (const text of ['4a', '4b', 'bAQI=']) await poller.echoes(text);
	assert.equal(await socket.probe(), '3probe');
	assert.deepEqual(socket.inbox, []);
});

test('engine.io 88: until the upgrade packet pings go by polling', async (t) => {
	const poller = await Poller.open(pinging);
	const socket = await poller.probed(t);
	await sleep(2 * INTERVAL);

	assert.equal(await poller.body(), '2');
	assert.deepEqual(socket.inbox, []);
});

test('engine.io 89: after the upgrade packet the session is on WebSocket', async (t) => {
	const poller = await open();
	const socket = await poller.probed(t);
	assert.equal(await poller.body(), '6');

	socket.send('5');

	for (const data of ['4a', Buffer.from([1, 2]), '4b']) await echoes(socket, data);
});

test('engine.io 89: what waits goes by WebSocket, in order and before what follows', async (t) => {
	const poller = await open();
	const socket = await poller.probed(t);
	const sent = [...Array(50).keys()].map((i) => `4${i}`);
	for (const text of sent) await poller.say(text);
	await poller.say('bAQID\x1e4after');

	socket.send('5');
	socket.send('4last');

	const all = [...sent, Buffer.from([1, 2, 3]), '4after', '4last'];
	assert.deepEqual(await socket.messages(all.length), all);
});

test('engine.io 89: what a poll has fetched does not come again', async (t) => {
	const poller = await open();
	const socket = await poller.probed(t);
	await poller.say('4a\x1e4b');
	assert.equal(await poller.body(), '4a\x1e4b');
	await poller.say('4c');

	socket.send('5');
	socket.send('4d');

	assert.deepEqual(await socket.messages(2), ['4c', '4d']);
});

test('engine.io 90: an upgrade packet without a probe completes the upgrade', async (t) => {
	const poller = await open();
	await poller.say('4waits');
	const socket = await poller.beside(t);

	socket.send('5');

	assert.equal(await socket.message(), '4waits');
	await echoes(socket);
});

test('engine.io 90: a GET that waits then gets a close packet', async (t) => {
	const poller = await open();
	const get = await poller.waiting();
	const socket = await poller.beside(t);

	socket.send('5');

	assert.equal((await get.done).body, '1');
	await echoes(socket);
});

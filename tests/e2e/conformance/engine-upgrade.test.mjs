// SPDX-License-Identifier: MIT
//
// From polling to WebSocket: the probe, the noop, the order, and what goes wrong.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { now, takes } from '../support/clock.mjs';
import { BAD_REQUEST, closesEmpty, connect, Poller, startEcho } from '../support/engine.mjs';
import { ask } from '../support/raw.mjs';
import { BEYOND } from '../support/server.mjs';

const UPGRADE_TIMEOUT = 200;
const INTERVAL = 300;

let server, hasty;
before(async () => {
	server = await startEcho();
	hasty = await startEcho({
		UPGRADE_TIMEOUT: String(UPGRADE_TIMEOUT),
		PING_INTERVAL: String(INTERVAL),
	});
});
after(async () => {
	await server.stop();
	await hasty.stop();
});

const open = (on = server) => Poller.open(on);

async function probed(t, poller) {
	const socket = await poller.beside(t);
	assert.equal(await socket.probe(), '3probe');
	return socket;
}

/** The body that a request gets no later than others that were asked after it. */
async function atOnce({ done }) {
	let answer;
	done.then((value) => (answer = value));
	const others = { url: '/engine.io/?EIO=4&transport=polling' };
	for (let i = 0; i < 2; i++) await ask(server, others);
	return answer?.body;
}

async function goesOnByPolling(poller, text = '4still polling') {
	await poller.say(text);
	assert.equal(await poller.body(), text);
}

async function goesOnByWebSocket(socket, text = '4by websocket') {
	socket.send(text);
	assert.equal(await socket.message(), text);
}

/** A WebSocket that was let in: the server may not have heard yet that another one ended. */
async function letIn(t, poller) {
	for (;;) {
		const socket = await poller.beside(t);
		socket.send('2probe');
		const answer = await Promise.race([socket.next('3probe').catch(() => {}), socket.end()]);
		if (answer === '3probe') return socket;
	}
}

async function isTurnedAway(socket) {
	await socket.open();
	await closesEmpty(socket);
	assert.deepEqual(socket.inbox, []);
}

test('engine.io 84: the handshake gets 101 and the session stays on polling', async (t) => {
	const poller = await open();
	const get = await poller.waiting();
	const socket = await poller.beside(t);
	await poller.say('4a');

	assert.equal((await get.done).body, '4a');
	await goesOnByPolling(poller);
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
	await probed(t, poller);

	assert.equal(await atOnce(get), '6');
});

test('engine.io 87: a GET that comes after the probe is answered at once', BEYOND, async (t) => {
	const poller = await open();
	await probed(t, poller);

	assert.equal(await atOnce(poller.beginGet()), '6');
	assert.equal(await atOnce(poller.beginGet()), '6');
	await poller.say('4a\x1e4b');
	assert.equal(await atOnce(poller.beginGet()), '4a\x1e4b');
	assert.equal(await atOnce(poller.beginGet()), '6');
});

test('engine.io 88: until the upgrade packet messages go by polling', async (t) => {
	const poller = await open();
	const socket = await probed(t, poller);

	for (const text of ['4a', '4b', 'bAQI=']) await goesOnByPolling(poller, text);
	assert.equal(await socket.probe(), '3probe');
	assert.deepEqual(socket.inbox, []);
});

test('engine.io 88: until the upgrade packet pings go by polling', async (t) => {
	const poller = await open(hasty);
	await sleep(INTERVAL - UPGRADE_TIMEOUT / 2);
	const socket = await probed(t, poller);

	let body;
	do body = await poller.body();
	while (body === '6');
	assert.equal(body, '2');
	assert.deepEqual(socket.inbox, []);
});

test('engine.io 89: after the upgrade packet the session is on WebSocket', async (t) => {
	const poller = await open();
	const socket = await probed(t, poller);
	const get = poller.beginGet();
	assert.equal((await get.done).body, '6');

	socket.send('5');

	for (const data of ['4a', Buffer.from([1, 2]), '4b']) {
		socket.send(data);
		assert.deepEqual(await socket.message(), data);
	}
});

test('engine.io 89: what waits goes by WebSocket, in order and before what follows', async (t) => {
	const poller = await open();
	const socket = await probed(t, poller);
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
	const socket = await probed(t, poller);
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
	await goesOnByWebSocket(socket);
});

test('engine.io 90: a GET that waits then gets a close packet', async (t) => {
	const poller = await open();
	const get = await poller.waiting();
	const socket = await poller.beside(t);

	socket.send('5');

	assert.equal((await get.done).body, '1');
	await goesOnByWebSocket(socket);
});

for (const [name, packet] of Object.entries({
	'a message': '4a',
	'a ping without data': '2',
	'a ping with other data': '2other',
	'a ping with more data': '2probe2',
	'a pong': '3probe',
	'an open packet': '0',
	'a close packet': '1',
	'a noop': '6',
	'an unreadable packet': 'abc',
	'an empty text': '',
	'base64': 'bAQI=',
	'a binary message': Buffer.from([1, 2]),
	'a binary probe': Buffer.from('2probe'),
}))
	for (const when of ['before', 'after'])
		test(`engine.io 91: ${name} ${when} the probe closes that connection only`, async (t) => {
			const poller = await open();
			const get = await poller.waiting();
			const socket = await poller.beside(t);
			if (when === 'after') {
				assert.equal(await socket.probe(), '3probe');
				assert.equal((await get.done).body, '6');
			}

			socket.send(packet);

			await closesEmpty(socket);
			await poller.say('4a');
			assert.equal(when === 'after' ? await poller.body() : (await get.done).body, '4a');
		});

for (const probe of [true, false])
	test(`engine.io 92: an upgrade is given up in time, ${probe ? '' : 'not '}probed`, async (t) => {
		await takes(UPGRADE_TIMEOUT, async () => {
			const poller = await open(hasty);
			const since = now();
			const socket = await poller.beside(t);
			const known = now();
			if (probe) await socket.probe();
			await closesEmpty(socket);
			await goesOnByPolling(poller);
			return [since, known];
		});
	});

test('engine.io 92: an upgrade that is complete in time stays', async (t) => {
	const poller = await open(hasty);
	const socket = await poller.upgrade(t);

	await sleep(2 * UPGRADE_TIMEOUT);

	await goesOnByWebSocket(socket);
});

for (const [name, fail] of Object.entries({
	'a wrong packet': async (socket) => {
		socket.send('4a');
		await closesEmpty(socket);
	},
	'its time': closesEmpty,
	'a close frame of the client': (socket) => {
		socket.ws.close(1000);
		return socket.end();
	},
	'the loss of its connection': (socket) => {
		socket.ws.terminate();
		return socket.end();
	},
}))
	test(`engine.io 92: after an upgrade that ended by ${name} another may follow`, async (t) => {
		const poller = await open(hasty);
		await fail(await probed(t, poller));
		await goesOnByPolling(poller);

		const socket = await letIn(t, poller);
		socket.send('5');

		await goesOnByWebSocket(socket);
	});

test('engine.io 93: a second WebSocket beside one that is there is turned away', async (t) => {
	const poller = await open();
	const first = await poller.beside(t);
	await isTurnedAway(poller.other(t));
	assert.equal(await first.probe(), '3probe');
	await isTurnedAway(poller.other(t));

	await goesOnByPolling(poller);
	first.send('5');
	await goesOnByWebSocket(first);
});

test('engine.io 93: a second WebSocket of an upgraded session is turned away', async (t) => {
	const poller = await open();
	const first = await poller.upgrade(t);
	await goesOnByWebSocket(first);

	await isTurnedAway(poller.other(t));

	await goesOnByWebSocket(first);
});

test('engine.io 93: a WebSocket for a session on WebSocket is turned away', BEYOND, async (t) => {
	const first = await connect(t, server);
	const poller = new Poller(server, '/engine.io/');
	Object.assign(poller, { query: 'EIO=4', sid: first.handshake.sid });

	await isTurnedAway(poller.other(t));

	await goesOnByWebSocket(first);
});

test('engine.io 93: after the upgrade polls are refused with code 3', async (t) => {
	const poller = await open();
	const socket = await poller.upgrade(t);
	await goesOnByWebSocket(socket);

	for (const { status, body } of [await poller.get(), await poller.post('4a')])
		assert.deepEqual([status, body], [400, BAD_REQUEST]);

	await goesOnByWebSocket(socket);
	assert.deepEqual(socket.inbox, []);
});

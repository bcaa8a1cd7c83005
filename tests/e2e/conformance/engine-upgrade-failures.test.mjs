// SPDX-License-Identifier: MIT
//
// Upgrades that come to nothing, and those who come too late.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { now, takes } from '../support/clock.mjs';
import {
	BAD_REQUEST,
	closesEmpty,
	connect,
	echoes,
	PATH,
	Poller,
	startEcho,
} from '../support/engine.mjs';
import { BEYOND } from '../support/server.mjs';

const UPGRADE_TIMEOUT = 500;

let server, hasty;
before(async () => {
	server = await startEcho();
	hasty = await startEcho({ UPGRADE_TIMEOUT: String(UPGRADE_TIMEOUT) });
});
after(async () => {
	await server.stop();
	await hasty.stop();
});

const open = (on = server) => Poller.open(on);

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
	test(`engine.io 92: an upgrade ends in time, ${probe ? '' : 'not '}probed`, async (t) => {
		await takes(UPGRADE_TIMEOUT, async () => {
			const poller = await open(hasty);
			const since = now();
			const socket = await poller.beside(t);
			const known = now();
			if (probe) await socket.probe();
			await closesEmpty(socket);
			await poller.echoes();
			return [since, known];
		});
	});

test('engine.io 92: an upgrade that is complete in time stays', async (t) => {
	const poller = await open(hasty);
	const socket = await poller.upgrade(t);

	await sleep(2 * UPGRADE_TIMEOUT);

	await echoes(socket);
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
		await fail(await poller.probed(t));
		await poller.echoes();

		const socket = await letIn(t, poller);
		socket.send('5');

		await echoes(socket);
	});

test('engine.io 93: a second WebSocket beside one that is there is turned away', async (t) => {
	const poller = await open();
	const first = await poller.beside(t);
	await isTurnedAway(poller.other(t));
	assert.equal(await first.probe(), '3probe');
	await isTurnedAway(poller.other(t));

	await poller.echoes();
	first.send('5');
	await echoes(first);
});

test('engine.io 93: a second WebSocket of an upgraded session is turned away', async (t) => {
	const poller = await open();
	const first = await poller.upgrade(t);
	await echoes(first);

	await isTurnedAway(poller.other(t));

	await echoes(first);
});

test('engine.io 93: a WebSocket for a session on WebSocket is turned away', BEYOND, async (t) => {
	const first = await connect(t, server);
	const poller = new Poller(server, PATH);
	Object.assign(poller, { query: 'EIO=4', sid: first.handshake.sid });

	await isTurnedAway(poller.other(t));

	await echoes(first);
});

test('engine.io 93: after the upgrade polls are refused with code 3', async (t) => {
	const poller = await open();
	const socket = await poller.upgrade(t);
	await echoes(socket);

	for (const { status, body } of [await poller.get(), await poller.post('4a')])
		assert.deepEqual([status, body], [400, BAD_REQUEST]);

	await echoes(socket);
	assert.deepEqual(socket.inbox, []);
});

// SPDX-License-Identifier: MIT
//
// The heartbeat of version 3, in which the client pings.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { holds, now, takes } from '../support/clock.mjs';
import { closesEmpty, connect, endsWith, Poller, startEcho } from '../support/engine.mjs';

const INTERVAL = 500;
const TIMEOUT = 500;

let server;
before(async () => {
	server = await startEcho({
		ALLOW_EIO3: '1',
		REPORT: '1',
		PING_INTERVAL: String(INTERVAL),
		PING_TIMEOUT: String(TIMEOUT),
	});
});
after(() => server.stop());

const open = () => Poller.open(server, { version: 3 });
const socketOf = (t) => connect(t, server, { version: 3 });
const framed = (text) => `${text.length}:${text}`;

for (const data of ['', 'probe', ' data', '€'])
	test(`engine.io 139: a client's ping with "${data}" is answered without data`, async (t) => {
		const poller = await open();
		await poller.say(framed(`2${data}`));
		assert.equal(await poller.body(), '1:3');

		const socket = await socketOf(t);
		socket.send(`2${data}`);
		assert.equal(await socket.next('a pong'), '3');
	});

describe('time', { concurrency: true }, () => {
	test('engine.io 141: the server sends no ping', (t) =>
		holds(async () => {
			const [socket, poller] = [await socketOf(t), await open()];
			const get = await poller.waiting();
			await sleep(INTERVAL + TIMEOUT / 4);
			assert.deepEqual(socket.inbox, []);
			await poller.say('2:4a');
			assert.equal((await get.done).body, '2:4a');
		}));

	test('engine.io 142: without a ping a WebSocket ends after interval and timeout', (t) =>
		takes(INTERVAL + TIMEOUT, async () => {
			const since = now();
			const socket = await socketOf(t);
			const known = now();
			await closesEmpty(socket);
			await endsWith(server, socket, 'ping timeout');
			return [since, known];
		}));

	test('engine.io 142: without a ping a poller is told the end', () =>
		takes(INTERVAL + TIMEOUT, async () => {
			const since = now();
			const poller = await open();
			const known = now();
			assert.equal(await poller.body(), '1:1');
			await poller.isGone();
			await endsWith(server, poller, 'ping timeout');
			return [since, known];
		}));

	test('engine.io 142: each ping gives as much time again, and nothing else does', (t) =>
		takes(INTERVAL + TIMEOUT, async () => {
			const socket = await socketOf(t);
			let sent;
			for (let i = 0; i < 3; i++) {
				await sleep(INTERVAL);
				sent = now();
				socket.send('2');
				assert.equal(await socket.next('a pong'), '3');
			}
			await sleep(INTERVAL);
			for (const data of ['4a', '6', '5', Buffer.from([4, 1])]) socket.send(data);
			await closesEmpty(socket);
			return [sent, sent];
		}));
});

for (const pong of ['3', '3probe'])
	test(`engine.io 141: a client's ${pong} ends its session`, async (t) => {
		const poller = await open();
		const get = await poller.waiting();
		await poller.say(framed(pong));
		assert.equal((await get.done).body, '1:1');
		await poller.isGone();
		await endsWith(server, poller, 'transport error');

		const socket = await socketOf(t);
		socket.send(pong);
		await closesEmpty(socket);
		await endsWith(server, socket, 'transport error');
	});

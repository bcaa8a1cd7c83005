// SPDX-License-Identifier: MIT
//
// The heartbeat of version 4: when a ping comes, and what happens without its pong.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { holds, now, takes } from '../support/clock.mjs';
import { closesEmpty, connect, endsWith, Poller, startEcho } from '../support/engine.mjs';
import { BEYOND } from '../support/server.mjs';

const INTERVAL = 600;
const TIMEOUT = 800;
const A_WHILE = 300; // much less than both

let server, calm;
before(async () => {
	calm = await startEcho({ REPORT: '1' });
	server = await startEcho({
		REPORT: '1',
		PING_INTERVAL: String(INTERVAL),
		PING_TIMEOUT: String(TIMEOUT),
	});
});
after(async () => {
	await server.stop();
	await calm.stop();
});

/** A session that was opened between two moments: [socket, since, known]. */
async function opened(t) {
	const since = now();
	return [await connect(t, server), since, now()];
}

async function pinged(t) {
	const [socket] = await opened(t);
	assert.equal(await socket.next('a ping'), '2');
	return socket;
}

/** Sends what sets the clock going. */
function send(socket, data) {
	const sent = now();
	socket.send(data);
	return [sent, sent];
}

describe('pings', { concurrency: true }, () => {
	test('engine.io 75: a ping comes over WebSocket an interval after the opening', (t) =>
		takes(INTERVAL, async () => {
			const [socket, ...moments] = await opened(t);
			assert.equal(await socket.next('a ping'), '2');
			return moments;
		}));

	test('engine.io 75: a ping comes by polling an interval after the opening', () =>
		takes(INTERVAL, async () => {
			const since = now();
			const poller = await Poller.open(server);
			const known = now();
			assert.equal(await poller.body(), '2');
			return [since, known];
		}));

	test('engine.io 75: an upgrade and messages meanwhile change nothing', (t) =>
		takes(INTERVAL, async () => {
			const since = now();
			const poller = await Poller.open(server);
			const known = now();
			const socket = await poller.upgrade(t);
			await sleep(A_WHILE);
			socket.send('4a');
			// Its echo comes first unless the machine is very slow.
			const came = [await socket.next(), await socket.next('a ping')];
			assert.deepEqual(came.sort(), ['2', '4a']);
			return [since, known];
		}));

	test('engine.io 76: the next ping comes an interval after the pong', (t) =>
		takes(INTERVAL, async () => {
			const socket = await pinged(t);
			await sleep(A_WHILE);
			const moments = send(socket, '3');
			assert.equal(await socket.next('the second ping'), '2');
			return moments;
		}));

	test('engine.io 76: over polling the next ping comes an interval after the pong', () =>
		takes(INTERVAL, async () => {
			const poller = await Poller.open(server);
			assert.equal(await poller.body(), '2');
			await sleep(A_WHILE);
			const since = now();
			await poller.say('3');
			const known = now();
			assert.equal(await poller.body(), '2');
			return [since, known];
		}));

	test('engine.io 79: a pong that nobody asked for starts the wait anew', (t) =>
		takes(INTERVAL, async () => {
			const [socket] = await opened(t);
			await sleep(A_WHILE);
			const moments = send(socket, '3');
			assert.equal(await socket.next('a ping'), '2');
			return moments;
		}));

	test('engine.io 80: a pong may carry data', (t) =>
		holds(async () => {
			const [socket] = await opened(t);
			for (const pong of ['3probe', '3{"any":"thing"}', '3€']) {
				assert.equal(await socket.next('a ping'), '2');
				socket.send(pong);
			}

			assert.equal(await socket.next('one more ping'), '2');
		}));

	test('engine.io 82: a ping waits for a GET, in its place among the messages', () =>
		holds(async () => {
			const poller = await Poller.open(server);
			await poller.say('4before');
			await sleep(INTERVAL + A_WHILE);
			await poller.say('4after');

			assert.equal(await poller.body(), '4before\x1e2\x1e4after');
		}));
});

describe('timeouts', { concurrency: true }, () => {
	// A pong that nobody asked for tells better than the opening when the clock was set (79).

	test('engine.io 77: a WebSocket without a pong ends after interval and timeout', (t) =>
		takes(INTERVAL + TIMEOUT, async () => {
			const [socket] = await opened(t);
			const moments = send(socket, '3');
			await closesEmpty(socket);
			assert.deepEqual(socket.inbox, ['2']);
			await endsWith(server, socket, 'ping timeout');
			return moments;
		}));

	test('engine.io 77: a poller that reads its ping and does not answer is told the end', () =>
		takes(INTERVAL + TIMEOUT, async () => {
			const poller = await Poller.open(server);
			const since = now();
			await poller.say('3');
			const known = now();
			assert.equal(await poller.body(), '2');
			assert.equal(await poller.body(), '1');
			await poller.isGone();
			await endsWith(server, poller, 'ping timeout');
			return [since, known];
		}));

	test('engine.io 77: a poller that does not even come is gone', () =>
		takes(INTERVAL + TIMEOUT, async () => {
			const poller = await Poller.open(server);
			const since = now();
			await poller.say('3');
			const known = now();
			while (await poller.isThere()) await sleep(5);
			await endsWith(server, poller, 'ping timeout');
			return [since, known];
		}));

	test('engine.io 77: a pong before the last moment is in time', (t) =>
		holds(async () => {
			const [socket] = await opened(t);
			for (let i = 0; i < 3; i++) {
				assert.equal(await socket.next('a ping'), '2');
				await sleep(TIMEOUT / 2);
				socket.send('3');
			}
			assert.equal(await socket.next('one more ping'), '2');
		}));

	for (const data of ['4text', '4', Buffer.from('bytes'), '0', '1', '5', '6'])
		test(`engine.io 78: ${data} puts the end off, and only once`, (t) =>
			takes(TIMEOUT, async () => {
				const socket = await pinged(t);
				await sleep(A_WHILE);
				const moments = send(socket, data);
				await sleep(A_WHILE);
				socket.send(data);
				await closesEmpty(socket);
				return moments;
			}));

	test('engine.io 78: a POST puts the end off as well', () =>
		takes(TIMEOUT, async () => {
			const poller = await Poller.open(server);
			assert.equal(await poller.body(), '2');
			await sleep(A_WHILE);
			const since = now();
			await poller.say('6');
			const known = now();
			assert.equal(await poller.body(), '1');
			return [since, known];
		}));

	test('engine.io 78: after the next ping the end can be put off again', (t) =>
		takes(TIMEOUT, async () => {
			const socket = await pinged(t);
			socket.send('6');
			socket.send('3');
			assert.equal(await socket.next('the second ping'), '2');
			await sleep(A_WHILE);
			const moments = send(socket, '6');
			await closesEmpty(socket);
			return moments;
		}));

	test('engine.io 83: a pong that is due stays due over an upgrade', BEYOND, (t) =>
		takes(INTERVAL + TIMEOUT, async () => {
			const poller = await Poller.open(server);
			const since = now();
			await poller.say('3');
			const known = now();
			assert.equal(await poller.body(), '2');
			await closesEmpty(await poller.upgrade(t));
			return [since, known];
		}));

	test('engine.io 83: the pong that is due may come over WebSocket', (t) =>
		holds(async () => {
			const poller = await Poller.open(server);
			assert.equal(await poller.body(), '2');
			const socket = await poller.upgrade(t);
			socket.send('3');

			assert.equal(await socket.next('the second ping'), '2');
		}));
});

for (const ping of ['2', '2probe', '2data']) {
	test(`engine.io 81: a client's ${ping} ends its WebSocket`, async (t) => {
		const socket = await connect(t, calm);
		socket.send(ping);
		socket.send('4a');

		await closesEmpty(socket);
		assert.deepEqual(socket.inbox, []);
		await endsWith(calm, socket, 'transport error');
	});

	test(`engine.io 81: a client's ${ping} by POST ends its session`, async () => {
		const poller = await Poller.open(calm);
		const get = await poller.waiting();
		await poller.say(`${ping}\x1e4a`);

		assert.equal((await get.done).body, '1');
		await poller.isGone();
		await endsWith(calm, poller, 'transport error');
	});
}

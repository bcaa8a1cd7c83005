// SPDX-License-Identifier: MIT
//
// A client that does not read, each policy for what is sent to it, and others who are not touched.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, WEBSOCKET } from './support/client.mjs';
import { Polling, RawSocket } from './support/raw.mjs';
import { isGone } from './support/sessions.mjs';
import { startServer } from './support/server.mjs';
import { record } from './support/wait.mjs';

const HIGH = 200_000;
const LOW = 50_000;
const SIZE = 100_000;
const ENV = { APP: 'flow', REPORT: '1', HIGH_WATER: String(HIGH), LOW_WATER: String(LOW) };

/** A WebSocket in the main namespace that does not read until it is resumed. */
async function stalled(t, server, options) {
	const socket = await RawSocket.connect(t, server, options);
	socket.send('40');
	socket.id = JSON.parse((await socket.message()).slice(2)).sid;
	socket.ws.pause();
	return socket;
}

/** What has come up to the echo of a last word: the numbers, each with its attachment if any. */
async function numbers(socket, binary = false) {
	const all = [];
	socket.send('42["relay","the last word"]');
	for (;;) {
		const message = await socket.message();
		if (message === '42["relay","the last word"]') return all;
		const [name, n] = JSON.parse(message.replace(/^4(2|51-)/, ''));
		assert.equal(name, 'data');
		if (binary) assert.equal((await socket.message()).length, SIZE);
		all.push(n);
	}
}

/** Sends one after the other, a turn each, until `enough` says so; how many there were. */
async function flood(by, to, more, enough = () => false, most = 150) {
	for (let n = 0; n < most; n++) {
		const what = { to, from: n, count: 1, size: SIZE, ...more };
		const level = await by.emitWithAck('flood', what);
		if (enough(level)) return n + 1;
	}
	return most;
}

const isSorted = (list) => list.every((n, i) => i === 0 || list[i - 1] < n);

for (const [name, env, options] of [
	['plain', {}, {}],
	['compressed', { DEFLATE: '1' }, { perMessageDeflate: true }],
])
	for (const binary of [false, true])
		describe(`${name} ${binary ? 'attachments' : 'texts'} for who does not read`, () => {
			let server;
			before(async () => (server = await startServer({ ...ENV, ...env })));
			after(() => server.stop());

			const both = async (t) => [
				await stalled(t, server, options),
				await connect(t, server, WEBSOCKET),
			];

			test('what may be skipped is dropped while it is behind', async (t) => {
				const [slow, by] = await both(t);
				const policy = { policy: 'skip', binary };
				const first = await flood(by, slow.id, policy, (level) => level.behind);
				await flood(by, slow.id, policy, undefined, 20);
				const { backlog } = await by.emitWithAck('level', slow.id);
				assert.ok(backlog > LOW && backlog < HIGH + 3 * SIZE, String(backlog));
				slow.ws.resume();
				const got = await numbers(slow, binary);
				assert.deepEqual(got, [...Array(first).keys()]);
				const drain = await server.reported('drain', { id: slow.id });
				assert.deepEqual([drain.behind, drain.backlog <= LOW], [false, true]);
				await flood(by, slow.id, policy, undefined, 1);
				assert.deepEqual(await numbers(slow, binary), [0]);
			});

			test('the oldest are pushed out', async (t) => {
				const [slow, by] = await both(t);
				const behind = await flood(by, slow.id, { policy: 'push out', binary });
				const level = await by.emitWithAck('level', slow.id);
				assert.equal(behind, 150);
				assert.deepEqual(level.behind, false);
				slow.ws.resume();
				const got = await numbers(slow, binary);
				assert.ok(isSorted(got), String(got));
				assert.ok(got.length < 150 && got[0] === 0, String(got));
				assert.equal(got.at(-1), 149);
			});

			test('the last of each key arrives', async (t) => {
				const [slow, by] = await both(t);
				await flood(by, slow.id, { policy: 'conflate', keys: 3, binary });
				slow.ws.resume();
				const got = await numbers(slow, binary);
				assert.ok(isSorted(got), String(got));
				assert.ok(got.length < 150 && got[0] === 0, String(got));
				assert.deepEqual(got.slice(-3), [147, 148, 149]);
			});

			test('it is cut off, and nobody else', async (t) => {
				const [slow, by] = await both(t);
				const heard = record(by, 'data');
				const policy = { policy: 'disconnect', binary };
				let sent = 0;
				while (!server.reports('disconnect', { id: slow.id }).length) {
					assert.ok(++sent < 200);
					await flood(by, undefined, policy, undefined, 1);
				}
				const [{ reason }] = server.reports('disconnect', { id: slow.id });
				assert.equal(reason, 'transport error');
				assert.equal(heard.length, sent);
				assert.ok(sent > 2);
			});

			test('what waits waits, up to max_queue', async (t) => {
				const [slow, by] = await both(t);
				const gone = (level) => level === null;
				const sent = await flood(by, slow.id, { policy: 'wait', binary }, gone, 400);
				assert.ok(sent > 150 && sent < 400, String(sent));
				await server.reported('disconnect', { id: slow.id, reason: 'transport error' });
			});
		});

describe('the same by polling', () => {
	let server;
	before(async () => (server = await startServer(ENV)));
	after(() => server.stop());

	async function poller() {
		const polling = await Polling.open(server);
		const [answer] = await polling.join();
		return [polling, JSON.parse(answer.slice(2)).sid];
	}
	const numbersIn = ({ body }) =>
		body.split('\x1e').map((packet) => JSON.parse(packet.slice(2))[1]);

	for (const [policy, expected] of [
		['skip', [0, 1]],
		['push out', [19]],
		['conflate', [17, 18, 19]],
	])
		test(`what a poll brings after "${policy}"`, async (t) => {
			const [polling, id] = await poller();
			const by = await connect(t, server, WEBSOCKET);
			await flood(by, id, { policy, keys: 3 }, undefined, 20);
			assert.deepEqual(numbersIn(await polling.get()), expected);
			await polling.post('41');
		});

	test('who does not poll is cut off', async (t) => {
		const [polling, id] = await poller();
		const by = await connect(t, server, WEBSOCKET);
		const gone = (level) => level === null;
		assert.equal(await flood(by, id, { policy: 'disconnect' }, gone), 4);
		await isGone(polling);
	});
});

// SPDX-License-Identifier: MIT
//
// The heartbeat: who answers stays, who does not is closed.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, MODES } from './support/client.mjs';
import { Polling, RawSocket } from './support/raw.mjs';
import { startServer } from './support/server.mjs';
import { collect, next } from './support/wait.mjs';

const INTERVAL = 300;
const TIMEOUT = 200;

let server;
before(async () => {
	server = await startServer({ PING_INTERVAL: String(INTERVAL), PING_TIMEOUT: String(TIMEOUT) });
});
after(() => server.stop());

for (const mode of MODES) {
	describe(mode.name, { concurrency: true }, () => {
		test('the official client stays connected over several intervals', async (t) => {
			const socket = await connect(t, server, mode);
			const { id } = socket;

			await collect(socket.io, 'ping', 5);

			assert.equal(socket.connected, true);
			assert.equal(socket.id, id);
			assert.equal(await socket.emitWithAck('ack', 1), 1);
		});

		test('a client that is busy is pinged none the less', async (t) => {
			const socket = await connect(t, server, mode);
			const pings = collect(socket.io, 'ping', 3);
			let busy = true;
			const chatter = (async () => {
				while (busy) await socket.emitWithAck('ack', 1);
			})();

			await pings;
			busy = false;
			await chatter;
		});
	});
}

describe('by hand', { concurrency: true }, () => {
	test('over WebSocket a ping comes after each interval as long as it is answered', async (t) => {
		const socket = await RawSocket.connect(t, server);
		for (let i = 0; i < 3; i++) {
			const start = process.hrtime.bigint();
			assert.equal(await socket.next('a ping'), '2');
			const ms = Number(process.hrtime.bigint() - start) / 1e6;

			assert.ok(ms > INTERVAL * 0.8, `a ping after ${ms} ms`);
			socket.send('3');
		}
	});

	test('over polling a ping comes after each interval as long as it is answered', async () => {
		const polling = await Polling.open(server);
		for (let i = 0; i < 3; i++) {
			assert.equal((await polling.get()).body, '2');
			assert.equal((await polling.post('3')).status, 200);
		}
	});

	test('a WebSocket that does not answer is closed after interval and timeout', async (t) => {
		const socket = await RawSocket.connect(t, server);
		const start = process.hrtime.bigint();

		await socket.end();

		const ms = Number(process.hrtime.bigint() - start) / 1e6;
		assert.ok(ms > (INTERVAL + TIMEOUT) * 0.9, `closed after ${ms} ms`);
		assert.deepEqual(socket.inbox, ['2']);
	});

	test('a poller that reads its ping and does not answer is closed', async () => {
		const polling = await Polling.open(server);
		assert.equal((await polling.get()).body, '2');

		const { status, body } = await polling.get();

		if (status === 200) assert.match(body, /(^|\x1e)1$/);
		else assert.deepEqual([status, body], [400, '{"code":1,"message":"Session ID unknown"}']);
		assert.equal((await polling.get()).status, 400);
	});

	test('the others learn that a client did not answer', async (t) => {
		const watcher = await RawSocket.joined(t, server);
		await RawSocket.joined(t, server);

		const news = [await watcher.message()];
		while (!news[0].includes('ping timeout') && news.length < 50) {
			news.unshift(await watcher.message());
		}

		assert.match(news[0], /^42\["left","[\w-]{20}","ping timeout"\]$/);
	});

	test('a session that was upgraded is pinged over WebSocket', async (t) => {
		const polling = await Polling.open(server);
		const socket = await RawSocket.beside(t, polling);
		await socket.probe();
		socket.send('5');

		for (let i = 0; i < 3; i++) {
			assert.equal(await socket.next('a ping'), '2');
			socket.send('3');
		}
	});

	test('what is sent instead of a pong is no answer', async (t) => {
		const socket = await RawSocket.joined(t, server);
		const chatter = setInterval(() => socket.send('42["ack"]'), 50);
		t.after(() => clearInterval(chatter));

		await socket.end();
	});

	test('the official client leaves a server that is stopped without a goodbye', async (t) => {
		const frozen = await startServer({
			PING_INTERVAL: String(INTERVAL),
			PING_TIMEOUT: String(TIMEOUT),
		});
		const socket = await connect(t, frozen, MODES[1]);
		const closed = next(socket, 'disconnect');
		frozen.child.kill('SIGSTOP');

		try {
			assert.equal((await closed)[0], 'ping timeout');
		} finally {
			frozen.child.kill('SIGCONT');
			await frozen.stop();
		}
	});
});

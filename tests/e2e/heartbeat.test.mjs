// SPDX-License-Identifier: MIT
//
// The heartbeat: who answers stays, who does not is closed.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, MODES } from './support/client.mjs';
import { RawSocket } from './support/raw.mjs';
import { startServer } from './support/server.mjs';
import { collect, next } from './support/wait.mjs';

const INTERVAL = 300;
const TIMEOUT = 2000; // a busy machine must not look like a client that is dead

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
	test('the others learn that a client did not answer', async (t) => {
		const watcher = await RawSocket.joined(t, server);
		await RawSocket.joined(t, server);

		const news = [await watcher.message()];
		while (!news[0].includes('ping timeout') && news.length < 50) {
			news.unshift(await watcher.message());
		}

		assert.match(news[0], /^42\["left","[\w-]{20}","ping timeout"\]$/);
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

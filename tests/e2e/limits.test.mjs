// SPDX-License-Identifier: MIT
//
// Large messages: just under the limit they pass, over it they end that one client and no other.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { connect, MODES, POLLING, UPGRADED, WEBSOCKET } from './support/client.mjs';
import { startServer } from './support/server.mjs';
import { collect, next, record } from './support/wait.mjs';

const MEGABYTE = 1_000_000;
const SMALL = 10_000;

let server, small;
before(async () => {
	server = await startServer();
	small = await startServer({ MAX_HTTP_BUFFER: String(SMALL) });
});
after(async () => {
	await server.stop();
	await small.stop();
});

const settled = [POLLING, WEBSOCKET, UPGRADED];

for (const mode of MODES) {
	describe(mode.name, () => {
		test('a text of almost a megabyte is echoed', async (t) => {
			const socket = await connect(t, server, mode);
			const text = 'x'.repeat(MEGABYTE - 20);

			assert.equal(await socket.emitWithAck('ack', text), text);
		});

		test('a text whose UTF-8 has almost a megabyte is echoed', async (t) => {
			const socket = await connect(t, server, mode);
			const text = '😀é漢'.repeat(Math.floor((MEGABYTE - 20) / 9));

			assert.equal(await socket.emitWithAck('ack', text), text);
		});

		test('bytes of almost a megabyte are echoed', async (t) => {
			const socket = await connect(t, server, mode);
			const encoded = mode === WEBSOCKET || mode === UPGRADED ? 1 : 4 / 3;
			const bytes = randomBytes(Math.floor((MEGABYTE - 200) / encoded));

			assert.ok(bytes.equals(await socket.emitWithAck('ack', bytes)));
		});

		test('many messages that are together over the limit are no problem', async (t) => {
			const socket = await connect(t, small, mode);
			const echoes = collect(socket, 'echo', 40);
			const textOf = (i) => `${i}:`.padEnd(SMALL / 4, 'y');
			for (let i = 0; i < 40; i++) socket.emit('echo', textOf(i));

			assert.deepEqual(
				await echoes,
				[...Array(40).keys()].map((i) => [textOf(i)]),
			);
		});

		test('what the server sends at once may be over the limit', async (t) => {
			const socket = await connect(t, small, mode);
			const ticks = record(socket, 'tick');

			await socket.emitWithAck('burst', 5000);

			assert.equal(ticks.length, 5000);
		});
	});
}

for (const mode of settled) {
	describe(mode.name, () => {
		test('a message over the limit ends that client, and only that one', async (t) => {
			const bystander = await connect(t, small, mode);
			const socket = await connect(t, small, mode);
			const closed = next(socket, 'disconnect');
			const left = next(bystander, 'left');
			const { id } = socket;

			socket.emit('echo', 'x'.repeat(2 * SMALL));
			const [reason] = await closed;

			assert.match(reason, /^transport (close|error)$/);
			assert.equal((await left)[0], id);
			assert.equal(await bystander.emitWithAck('ack', 'still here'), 'still here');
		});

		test('bytes over the limit end that client', async (t) => {
			const socket = await connect(t, small, mode);
			const closed = next(socket, 'disconnect');

			socket.emit('echo', randomBytes(2 * SMALL));

			assert.match((await closed)[0], /^transport (close|error)$/);
		});
	});
}

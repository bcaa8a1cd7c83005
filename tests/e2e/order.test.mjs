// SPDX-License-Identifier: MIT
//
// Order, and each message exactly once: above all while polling gives way to WebSocket.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, MODES, open, upgraded, UPGRADING, WEBSOCKET } from './support/client.mjs';
import { startServer } from './support/server.mjs';
import { collect, next, record } from './support/wait.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const COUNT = 2000;
const numbers = (count) => [...Array(count).keys()];
const first = (list) => list.map(([value]) => value);

/** Sends 0 .. count-1 in slices, and calls `halfway` after some of them. */
function sendInSlices(socket, count, slice, halfway) {
	let sent = 0;
	const more = () => {
		const before = sent;
		for (let i = 0; i < slice && sent < count; i++) socket.emit('echo', sent++);
		if (before < count / 4 && sent >= count / 4) halfway();
		if (sent < count) setImmediate(more);
	};
	more();
}

/**
 * One round: numbered messages both ways from the first moment on. A client by itself begins its
 * upgrade before it is connected; `late` makes it begin in the midst of the traffic, by the call
 * that the client itself would make.
 */
async function round(t, slice, late) {
	const socket = open(t, server, UPGRADING, { auth: { burst: COUNT }, upgrade: !late });
	const ticks = collect(socket, 'tick', COUNT);
	const echoes = collect(socket, 'echo', COUNT);
	const halfway = () => late && socket.io.engine._probe('websocket');
	socket.once('connect', () => sendInSlices(socket, COUNT, slice, halfway));

	const [down, back] = await Promise.all([ticks, echoes]);
	await upgraded(socket);
	const surplus = [record(socket, 'tick'), record(socket, 'echo')];
	assert.equal(await socket.emitWithAck('ack', 'end'), 'end');

	assert.deepEqual(first(down), numbers(COUNT));
	assert.deepEqual(first(back), numbers(COUNT));
	assert.deepEqual(surplus, [[], []]);
	socket.disconnect();
}

describe('while the connection is upgraded', () => {
	for (const slice of [1, 7, 50, 400, COUNT]) {
		for (const late of [false, true]) {
			const when = late ? 'in the midst of them' : 'at the start';
			test(`2,000 messages each way arrive once and in order, ${slice} at a time, upgraded ${when}`, async (t) => {
				for (let i = 0; i < 3; i++) await round(t, slice, late);
			});
		}
	}

	test('short conversations by many clients at a time lose nothing', async (t) => {
		const conversation = async () => {
			const socket = open(t, server, UPGRADING, { auth: { burst: 50 } });
			const ticks = collect(socket, 'tick', 50);
			const answers = [];
			for (let i = 0; i < 50; i++) answers.push(await socket.emitWithAck('ack', i));
			assert.deepEqual(first(await ticks), numbers(50));
			assert.deepEqual(answers, numbers(50));
			await upgraded(socket);
			socket.disconnect();
		};

		await Promise.all(numbers(20).map(conversation));
	});

	test('bytes and texts arrive once and in order', async (t) => {
		const socket = open(t, server, UPGRADING);
		const echoes = collect(socket, 'echo', 600);
		const bytesOf = (i) => Buffer.from([i & 255, i >> 8]);
		const argsOf = (i) => (i % 2 ? [i, bytesOf(i), { again: [bytesOf(i)] }] : [i, 'text']);
		socket.once('connect', () => numbers(600).forEach((i) => socket.emit('echo', ...argsOf(i))));

		assert.deepEqual(await echoes, numbers(600).map(argsOf));
	});

	test('a broadcast arrives once and in order', async (t) => {
		const sender = await connect(t, server, WEBSOCKET);
		const receivers = numbers(5).map(() => open(t, server, UPGRADING));
		await Promise.all(receivers.map((socket) => next(socket, 'connect')));
		const heard = receivers.map((socket) => collect(socket, 'bcast', 500));

		numbers(500).forEach((i) => sender.emit('others', i));

		for (const list of await Promise.all(heard)) assert.deepEqual(first(list), numbers(500));
	});

	test('large messages arrive whole and in order', async (t) => {
		const socket = open(t, server, UPGRADING);
		const echoes = collect(socket, 'echo', 20);
		const textOf = (i) => String(i).repeat(20_000);
		socket.once('connect', () => numbers(20).forEach((i) => socket.emit('echo', i, textOf(i))));

		assert.deepEqual(
			await echoes,
			numbers(20).map((i) => [i, textOf(i)]),
		);
	});
});

for (const mode of MODES) {
	describe(mode.name, () => {
		test('a burst of 5,000 events of the client is echoed whole', async (t) => {
			const socket = await connect(t, server, mode);
			const echoes = collect(socket, 'echo', 5000);
			for (let i = 0; i < 5000; i++) socket.emit('echo', i);

			assert.deepEqual(first(await echoes), numbers(5000));
		});

		test('a burst of 5,000 events of the server arrives before its acknowledgement', async (t) => {
			const socket = await connect(t, server, mode);
			const ticks = record(socket, 'tick');

			assert.equal(await socket.emitWithAck('burst', 5000), 5000);

			assert.deepEqual(first(ticks), numbers(5000));
		});
	});
}

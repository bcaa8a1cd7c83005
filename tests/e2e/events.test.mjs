// SPDX-License-Identifier: MIT
//
// Events and acknowledgements, with the official client.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { answers, connect, MODES } from './support/client.mjs';
import { startServer } from './support/server.mjs';
import { collect, next, record } from './support/wait.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

for (const mode of MODES) {
	describe(mode.name, () => {
		test('an event name may be any text', async (t) => {
			const socket = await connect(t, server, mode);
			for (const name of [
				'',
				' ',
				'é😀',
				'a"b\\',
				'__proto__',
				'toString',
				'x'.repeat(500),
				'a\u0000b',
				'1',
			]) {
				const came = next(socket, name);
				socket.emit('swap', name, name);

				assert.deepEqual(await came, [name]);
			}
		});

		test('events keep their order', async (t) => {
			const socket = await connect(t, server, mode);
			const echoes = collect(socket, 'echo', 200);
			for (let i = 0; i < 200; i++) socket.emit('echo', i, i % 7 ? 'x'.repeat(i) : null);

			assert.deepEqual(
				(await echoes).map(([i]) => i),
				[...Array(200).keys()],
			);
		});

		test('the server acknowledges with 0, 1 and several arguments', async (t) => {
			const socket = await connect(t, server, mode);
			for (const args of [[], ['one'], [1, null, [2], { three: 3 }]]) {
				const answer = await answers(socket, 'ack', ...args);

				assert.deepEqual(answer, args);
			}
		});

		test('acknowledgements find their questions', async (t) => {
			const socket = await connect(t, server, mode);
			const questions = [...Array(100).keys()].map((i) => socket.emitWithAck('ack', i));

			assert.deepEqual(await Promise.all(questions), [...Array(100).keys()]);
		});

		test('the client acknowledges with 0, 1 and several arguments', async (t) => {
			const socket = await connect(t, server, mode);
			socket.on('question', (...args) => args.pop()(...args));
			for (const args of [[], ['one'], [1, null, [2], { 'a\u0000': '\ud83d' }]]) {
				const asked = next(socket, 'asked');
				socket.emit('ask', 'question', ...args);

				assert.deepEqual(await asked, args);
			}
		});

		test('several questions of the server may be open, and answered in any order', async (t) => {
			const socket = await connect(t, server, mode);
			const open = collect(socket, 'question', 3);
			for (const i of [0, 1, 2]) socket.emit('ask', 'question', i);
			const asked = collect(socket, 'asked', 3);

			for (const [i, answer] of (await open).reverse()) answer(i);

			assert.deepEqual(await asked, [[2], [1], [0]]);
		});

		test('a question without an answer times out at the client', async (t) => {
			const socket = await connect(t, server, mode);

			const question = socket.timeout(60).emitWithAck('no-such-event', 1);

			await assert.rejects(question, { message: 'operation has timed out' });
			assert.equal(await socket.timeout(5000).emitWithAck('ack', 2), 2);
		});

		test('a question without an answer times out at the server', async (t) => {
			const socket = await connect(t, server, mode);
			const failed = next(socket, 'ask-failed');
			const question = next(socket, 'question');
			socket.emit('ask-within', 60, 'question', 1);
			const [, answer] = await question;

			assert.deepEqual(await failed, []);

			const heard = record(socket, 'asked');
			answer('too late');
			await socket.emitWithAck('ack');
			assert.deepEqual(heard, []);
		});

		test('the compress flag of an event changes nothing', async (t) => {
			const socket = await connect(t, server, mode);
			for (const flag of [true, false]) {
				const echo = next(socket, 'echo');
				socket.compress(flag).emit('echo', 'x'.repeat(5000));

				assert.deepEqual(await echo, ['x'.repeat(5000)]);
			}
		});
	});
}

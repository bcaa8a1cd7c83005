// SPDX-License-Identifier: MIT
//
// Bytes: anywhere in the arguments, any number of them, in order.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { answers, connect, connected, MODES, openManager, survives } from './support/client.mjs';
import { startServer } from './support/server.mjs';
import { collect, next } from './support/wait.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const every = Buffer.from([...Array(256).keys()]);
const bytes = (...values) => Buffer.from(values);

const CASES = {
	'one alone': [every],
	'an empty one': [Buffer.alloc(0)],
	'one byte': [bytes(0)],
	'two and three bytes, for the padding of base64': [bytes(1, 2), bytes(1, 2, 3)],
	'several in order': [bytes(1), bytes(2), bytes(3), bytes(4)],
	'between other arguments': ['a', bytes(1), null, bytes(2), { n: 1 }],
	'inside an array': [[bytes(1), [bytes(2), [bytes(3)]]]],
	'inside an object': [{ a: bytes(1), b: { c: bytes(2), d: 'x' } }],
	'arrays inside objects inside arrays': [
		[{ list: [bytes(1), { deep: [bytes(2)] }] }, 'x'],
		{ z: [every] },
	],
	'keys out of order': [{ z: bytes(1), a: bytes(2), m: [bytes(3)] }],
	'empty ones among others': [Buffer.alloc(0), bytes(1), Buffer.alloc(0)],
	'the same one twice': [every, every],
	'beside texts that JSON must not lose': [bytes(1), 'a\u0000b\ud83d', { '\u2028': bytes(2) }],
	'ten, as many as are allowed': [...Array(10).keys()].map((i) => bytes(i, i)),
	'bytes that look like packets': [
		Buffer.from('42["x"]'),
		Buffer.from('\u001e1'),
		Buffer.from('bAAEC'),
	],
	'a hundred thousand random bytes': [randomBytes(100_000)],
};

for (const mode of MODES) {
	describe(mode.name, () => {
		test('bytes come back equal', async (t) => {
			const socket = await connect(t, server, mode);
			for (const [name, args] of Object.entries(CASES)) {
				await t.test(name, () => survives(socket, args));
			}
		});

		test('views and ArrayBuffers arrive as bytes', async (t) => {
			const socket = await connect(t, server, mode);
			const views = [new Uint8Array([1, 2]), new Uint16Array([258]), new Uint8Array([3, 4]).buffer];

			const back = await answers(socket, 'ack', ...views);

			assert.deepEqual(back, [bytes(1, 2), bytes(2, 1), bytes(3, 4)]);
		});

		test('bytes and texts keep their order', async (t) => {
			const socket = await connect(t, server, mode);
			const sent = [...Array(60).keys()].map((i) =>
				i % 3 ? [i, bytes(i), [bytes(i + 1)]] : [i, 'text'],
			);
			const echoes = collect(socket, 'echo', sent.length);
			for (const args of sent) socket.emit('echo', ...args);

			assert.deepEqual(await echoes, sent);
		});

		test('the server asks and is answered with bytes', async (t) => {
			const socket = await connect(t, server, mode);
			socket.once('question', (arg, answer) => answer({ back: [arg] }, bytes(9)));
			const asked = next(socket, 'asked');
			socket.emit('ask', 'question', every);

			assert.deepEqual(await asked, [{ back: [every] }, bytes(9)]);
		});

		test('a broadcast carries bytes to each of its receivers', async (t) => {
			const one = await connect(t, server, mode);
			const two = await connect(t, server, mode);
			const heard = [next(one, 'bcast'), next(two, 'bcast')];
			one.emit('bcast', { a: bytes(1), b: [every] });

			for (const args of await Promise.all(heard))
				assert.deepEqual(args, [{ a: bytes(1), b: [every] }]);
		});

		test('bytes of two namespaces on one connection do not mix', async (t) => {
			const manager = openManager(t, server, mode);
			const main = manager.socket('/');
			const admin = manager.socket('/admin', { auth: { token: 'secret' } });
			await Promise.all([connected(main), connected(admin)]);
			const sockets = [main, admin];
			const echoes = sockets.map((socket) => collect(socket, 'echo', 20));
			for (let i = 0; i < 20; i++)
				sockets.forEach((socket, who) => socket.emit('echo', bytes(who, i), i));

			const seen = await Promise.all(echoes);

			for (const who of [0, 1])
				assert.deepEqual(
					seen[who],
					[...Array(20).keys()].map((i) => [bytes(who, i), i]),
				);
		});
	});
}

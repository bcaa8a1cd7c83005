// SPDX-License-Identifier: MIT
//
// Rooms and broadcasts: who hears what, and who does not.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, MODES } from './support/client.mjs';
import { startServer } from './support/server.mjs';
import { next, record } from './support/wait.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const secret = { nsp: '/admin', auth: { token: 'secret' } };

/** Lets everything arrive that was sent to these sockets before now: the answer comes behind it. */
const settle = (sockets) => Promise.all(sockets.map((socket) => socket.emitWithAck('ack')));

for (const mode of MODES) {
	describe(mode.name, () => {
		/** Three clients and what each hears under `event`. */
		async function three(t, event) {
			const sockets = await Promise.all([0, 1, 2].map(() => connect(t, server, mode)));
			return { sockets, heard: sockets.map((socket) => record(socket, event)) };
		}

		test('a message to a room reaches its members alone', async (t) => {
			const { sockets, heard } = await three(t, 'said');
			const [a, b, c] = sockets;
			await Promise.all([a.emitWithAck('join', 'red'), b.emitWithAck('join', 'red')]);

			await c.emitWithAck('say', 'red', 'from outside');
			await settle(sockets);

			assert.deepEqual(heard, [[['from outside']], [['from outside']], []]);
		});

		test('the sender hears its own message if it is a member', async (t) => {
			const { sockets, heard } = await three(t, 'said');
			await Promise.all(sockets.slice(1).map((socket) => socket.emitWithAck('join', 'blue')));

			await sockets[1].emitWithAck('say', 'blue', { n: 1 });
			await settle(sockets);

			assert.deepEqual(heard, [[], [[{ n: 1 }]], [[{ n: 1 }]]]);
		});

		test('who left a room hears nothing more of it', async (t) => {
			const { sockets, heard } = await three(t, 'said');
			for (const socket of sockets) await socket.emitWithAck('join', 'green');
			await sockets[0].emitWithAck('leave', 'green');

			await sockets[1].emitWithAck('say', 'green', 1);
			await settle(sockets);

			assert.deepEqual(heard, [[], [[1]], [[1]]]);
		});

		test('what is no name of a room is ignored', async (t) => {
			const socket = await connect(t, server, mode);

			for (const wrong of [1, null, ['a'], { a: 1 }, true]) await socket.emitWithAck('join', wrong);
			await socket.emitWithAck('join');

			assert.deepEqual((await socket.emitWithAck('whoami')).rooms, [socket.id]);
		});

		test('rooms of the same name in two namespaces are two rooms', async (t) => {
			const main = await connect(t, server, mode);
			const admin = await connect(t, server, mode, secret);
			const heard = record(main, 'said');
			for (const socket of [main, admin]) await socket.emitWithAck('join', 'shared');

			const said = next(admin, 'said');
			await admin.emitWithAck('say', 'shared', 'admins only');

			assert.deepEqual(await said, ['admins only']);
			await settle([main, admin]);
			assert.deepEqual(heard, []);
		});

		test('who disconnected is in no room any more', async (t) => {
			const [a, b] = await Promise.all([connect(t, server, mode), connect(t, server, mode)]);
			await a.emitWithAck('join', 'gone');
			const left = next(b, 'left');

			const { id } = a;
			a.disconnect();

			assert.deepEqual(await left, [id, 'client namespace disconnect']);
			await b.emitWithAck('say', 'gone', 1);
		});
	});
}

test('clients in different modes hear each other', async (t) => {
	const sockets = await Promise.all(MODES.map((mode) => connect(t, server, mode)));
	await Promise.all(sockets.map((socket) => socket.emitWithAck('join', 'mixed')));
	const heard = sockets.map((socket) => record(socket, 'said'));

	for (const [i, socket] of sockets.entries())
		await socket.emitWithAck('say', 'mixed', [i, Buffer.from([i])]);
	await settle(sockets);

	const all = MODES.map((_, i) => [[i, Buffer.from([i])]]);
	for (const list of heard) assert.deepEqual(list, all);
});

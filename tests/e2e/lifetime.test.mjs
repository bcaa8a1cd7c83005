// SPDX-License-Identifier: MIT
//
// Ends: who ends what, which reason each side is told, and how a client finds back.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, connected, MODES, open, openManager } from './support/client.mjs';
import { startServer } from './support/server.mjs';
import { next, record, within } from './support/wait.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const secret = { auth: { token: 'secret' } };
// It gives up after some seconds, so that a test that fails half-way ends as well.
const quick = {
	reconnection: true,
	reconnectionDelay: 20,
	reconnectionDelayMax: 40,
	reconnectionAttempts: 250,
	randomizationFactor: 0,
};

for (const mode of MODES) {
	describe(mode.name, () => {
		test('a client that disconnects is told "io client disconnect"', async (t) => {
			const socket = await connect(t, server, mode);
			const closed = next(socket, 'disconnect');

			socket.disconnect();

			assert.equal((await closed)[0], 'io client disconnect');
		});

		test('a kicked client is told "io server disconnect", and does not come back', async (t) => {
			const socket = await connect(t, server, mode, quick);
			const { engine } = socket.io;
			const ended = next(engine, 'close');
			const closed = next(socket, 'disconnect');

			socket.emit('kick');

			assert.equal((await closed)[0], 'io server disconnect');
			await ended;
			assert.equal(socket.active, false);
		});

		test('a kick ends the whole connection', async (t) => {
			const manager = openManager(t, server, mode);
			const main = manager.socket('/');
			const admin = manager.socket('/admin', secret);
			await Promise.all([connected(main), connected(admin)]);
			const closed = [next(main, 'disconnect'), next(admin, 'disconnect')];

			main.emit('kick');
			const reasons = (await Promise.all(closed)).map(([reason]) => reason);

			assert.ok(reasons.includes('io server disconnect'), reasons.join());
		});

		test('a dropped client keeps its connection and the other namespaces', async (t) => {
			const manager = openManager(t, server, mode);
			const main = manager.socket('/');
			const admin = manager.socket('/admin', secret);
			await Promise.all([connected(main), connected(admin)]);
			const closed = next(admin, 'disconnect');

			admin.emit('drop');

			assert.equal((await closed)[0], 'io server disconnect');
			assert.equal(await main.emitWithAck('ack', 1), 1);
			admin.connect();
			await connected(admin);
		});

		test('an open question fails when the connection ends', async (t) => {
			const socket = await connect(t, server, mode);
			const question = socket.timeout(5000).emitWithAck('no-such-event');

			socket.emit('kick');

			await assert.rejects(question, { message: 'socket has been disconnected' });
		});

		test('the server answers a client that vanished with silence', async (t) => {
			const socket = await connect(t, server, mode);
			const bystander = await connect(t, server, mode);
			const left = next(bystander, 'left');
			for (let i = 0; i < 100; i++) socket.emit('echo', i, 'x'.repeat(100));
			socket.emit('ask', 'question');
			socket.io.engine.close();

			await left;

			assert.equal(await bystander.emitWithAck('ack', 1), 1);
		});

		test('a client finds back after the server was killed and started again', async (t) => {
			let mortal = await startServer();
			t.after(() => mortal.stop());
			const socket = open(t, mortal, mode, quick);
			await connected(socket);
			const before = socket.id;
			const closed = next(socket, 'disconnect');

			await mortal.crash();
			const [reason] = await closed;
			mortal = await startServer({ PORT: String(mortal.port) });
			await within(8000, new Promise((done) => socket.once('connect', done)), 'the reconnection');

			assert.match(reason, /^transport (close|error)$/);
			assert.notEqual(socket.id, before);
			assert.equal(await socket.emitWithAck('ack', 'back'), 'back');
		});

		test('what was emitted while the server was away arrives after the reconnection', async (t) => {
			let mortal = await startServer();
			t.after(() => mortal.stop());
			const socket = open(t, mortal, mode, quick);
			await connected(socket);
			const closed = next(socket, 'disconnect');
			await mortal.crash();
			await closed;
			const echoes = record(socket, 'echo');

			for (let i = 0; i < 10; i++) socket.emit('echo', i);
			const answer = socket.emitWithAck('ack', 'end');
			mortal = await startServer({ PORT: String(mortal.port) });
			await answer;

			assert.deepEqual(
				echoes,
				[...Array(10).keys()].map((i) => [i]),
			);
		});

		test('a server that ends says goodbye to its clients', async (t) => {
			// A client whose upgrade fails in its last moment waits until it misses the pings.
			const mortal = await startServer({ PING_INTERVAL: '1500', PING_TIMEOUT: '1500' });
			const socket = open(t, mortal, mode);
			await connected(socket);
			const closed = next(socket, 'disconnect');

			await mortal.stop();

			assert.match((await closed)[0], /^(transport close|transport error|ping timeout)$/);
		});
	});
}

test('a server with clients of every mode in every state ends with 0', async (t) => {
	const mortal = await startServer();
	const sockets = MODES.flatMap((mode) => [
		open(t, mortal, mode),
		open(t, mortal, mode, { nsp: '/admin', ...secret }),
	]);
	await Promise.all(sockets.map(connected));
	for (const socket of sockets) {
		socket.emit('ask', 'never answered');
		socket.emit('join', 'room');
		socket.emit('burst', 500);
	}

	await mortal.stop();
});

test('a server without clients ends with 0', async () => {
	const mortal = await startServer();

	await mortal.stop();
});

// SPDX-License-Identifier: MIT
//
// Namespaces that come and go, and what the application hears of sockets and rooms, with the
// official client.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { answers, connect, connected, MODES, open, openManager } from './support/client.mjs';
import { startServer } from './support/server.mjs';
import { next, record } from './support/wait.mjs';

let server;
before(async () => {
	server = await startServer({ APP: 'features', REPORT: '1', CLEANUP: '1' });
});
after(() => server.stop());

let last = 100;
const fresh = (kind) => `/${kind}-${++last}`;

/** Waits until what the server has printed makes it true. */
async function printed(isTrue, what) {
	while (!isTrue()) await server.orKilled(once(server.child.stdout, 'data'), what);
}

for (const mode of MODES) {
	describe(mode.name, () => {
		test('a namespace of a pattern is entered, left and entered again', async (t) => {
			const nsp = fresh('room');
			const socket = open(t, server, mode, { nsp });
			assert.deepEqual(await next(socket, 'welcome'), [nsp, 'room']);
			const { id } = socket;

			socket.disconnect().connect();

			assert.deepEqual(await next(socket, 'welcome'), [nsp, 'room']);
			assert.notEqual(socket.id, id);
			assert.deepEqual(await answers(socket, 'echo', 1, { a: [] }), [1, { a: [] }]);
		});

		test('a name that nobody takes is an error, and no end of the connection', async (t) => {
			const manager = openManager(t, server, mode);
			const [root, socket] = [manager.socket('/'), manager.socket('/never-1')];
			const [error] = await next(socket, 'connect_error');
			await connected(root);

			assert.equal(error.message, 'Invalid namespace');
			assert.deepEqual(await answers(root, 'echo', 1), [1]);
		});

		test('a client that gives up while its name waits comes to nothing', async (t) => {
			const nsp = fresh('later');
			const root = await connect(t, server, mode);
			const socket = open(t, server, mode, { nsp });
			await server.reported('asked', { name: nsp });

			const sid = socket.io.engine.id;
			socket.io.engine.close();
			await server.reported('close', { sid });
			assert.deepEqual(await answers(root, 'settle', 'admit'), [1, 1]);

			assert.deepEqual(server.reports('namespace', { name: nsp }), []);
		});

		test('a refused event is told, and the next ones are handled', async (t) => {
			const socket = await connect(t, server, mode);
			const told = next(socket, 'refused');

			socket.emit('forbidden', 1);

			assert.deepEqual(await told, ['not allowed', { event: 'forbidden' }]);
			assert.deepEqual(await answers(socket, 'echo', 2), [2]);
		});

		test('what is sent to a socket is seen by its taps', async (t) => {
			const socket = await connect(t, server, mode);
			await answers(socket, 'watch');
			await answers(socket, 'join', 'green');

			socket.emit('say', 'green');
			socket.emit('forbidden');
			await next(socket, 'refused');
			await server.reported('sent', { id: socket.id, event: 'refused' });

			const sent = server.reports('sent', { id: socket.id });
			assert.deepEqual(
				sent.map(({ event, args }) => [event, args]),
				[
					['said', ['green']],
					['refused', ['not allowed', { event: 'forbidden' }]],
				],
			);
		});

		test('once is once', async (t) => {
			const socket = await connect(t, server, mode);
			const counted = record(socket, 'counted');
			await answers(socket, 'once');

			for (const number of [1, 2, 3]) socket.emit('counted', number);
			await answers(socket, 'echo');

			assert.deepEqual(counted, [[1]]);
		});

		test('changes of rooms are told, and rooms are known until the last moment', async (t) => {
			const socket = await connect(t, server, mode);
			const { id } = socket;
			const room = `room ${id}`;
			await answers(socket, 'join', room);
			await answers(socket, 'leave', room);
			await answers(socket, 'join', room);

			socket.disconnect();

			const { rooms, reason } = await server.reported('left', { id });
			assert.deepEqual([rooms, reason], [[], 'client namespace disconnect']);
			assert.deepEqual(server.reports('leaving', { id })[0].rooms, [id, room]);
			const of = (name) => server.reports('room', { room: name }).map(({ what }) => what);
			const life = ['create', 'join', 'leave', 'delete'];
			await printed(() => of(room).length === 8, 'the second end of the room');
			assert.deepEqual(of(id), life);
			assert.deepEqual(of(room), [...life, ...life]);
		});
	});
}

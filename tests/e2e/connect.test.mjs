// SPDX-License-Identifier: MIT
//
// Getting in: credentials, refusals, several namespaces on one connection.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { connect, connected, MODES, open, openManager, POLLING } from './support/client.mjs';
import { BEYOND, startServer } from './support/server.mjs';
import { next, record } from './support/wait.mjs';

let server, protocol;
before(async () => {
	server = await startServer();
	protocol = await startServer({ APP: 'socketio' });
});
after(async () => {
	await server.stop();
	await protocol.stop();
});

const secret = { auth: { token: 'secret' } };

for (const mode of MODES) {
	describe(mode.name, () => {
		test('a client is connected and has an id of 20 characters', async (t) => {
			const socket = await connect(t, server, mode);

			assert.match(socket.id, /^[\w-]{20}$/);
		});

		test('the id of the socket is the one that the server knows, and not the secret sid', async (t) => {
			const socket = await connect(t, server, mode);

			const me = await socket.emitWithAck('whoami');

			assert.equal(me.id, socket.id);
			assert.notEqual(socket.id, socket.io.engine.id);
		});

		test('credentials reach the server as they are', async (t) => {
			const auth = { token: 'ab"c\u2028d', n: [1.5, null, { deep: true }], '': 'é😀' };
			const socket = open(t, protocol, mode, { auth });

			assert.deepEqual(await next(socket, 'auth'), [auth]);
		});

		test('credentials may be made by a function', async (t) => {
			const socket = open(t, protocol, mode, { auth: (give) => give({ token: 'later' }) });

			assert.deepEqual(await next(socket, 'auth'), [{ token: 'later' }]);
		});

		test('no credentials are an empty object', async (t) => {
			const socket = open(t, protocol, mode);

			assert.deepEqual(await next(socket, 'auth'), [{}]);
		});

		test('the right token opens /admin', async (t) => {
			const socket = await connect(t, server, mode, { nsp: '/admin', ...secret });

			assert.equal((await socket.emitWithAck('whoami')).id, socket.id);
		});

		test('a wrong token is refused with a message and data', async (t) => {
			for (const auth of [{ token: 'guess' }, { token: 1 }, { token: ['secret'] }, {}]) {
				const socket = open(t, server, mode, { nsp: '/admin', auth });

				const [error] = await next(socket, 'connect_error');

				assert.ok(error instanceof Error);
				assert.equal(error.message, 'unauthorized');
				assert.deepEqual(error.data, { code: 401 });
				assert.equal(socket.connected, false);
			}
		});

		test('a refused client may try again with another token', async (t) => {
			const socket = open(t, server, mode, { nsp: '/admin', auth: { token: 'guess' } });
			await next(socket, 'connect_error');

			socket.auth = { token: 'secret' };
			socket.connect();
			await connected(socket);

			assert.equal((await socket.emitWithAck('whoami')).id, socket.id);
		});

		test('an unknown namespace is refused', async (t) => {
			for (const nsp of ['/nowhere', '/adm', '/admin/', '/Admin', '/a/b', '/adm%69n']) {
				const socket = open(t, server, mode, { nsp, ...secret });

				const [error] = await next(socket, 'connect_error');

				assert.equal(error.message, 'Invalid namespace');
				assert.equal(error.data, undefined);
			}
		});

		test('two namespaces share one connection and keep apart', async (t) => {
			const manager = openManager(t, server, mode);
			const main = manager.socket('/');
			const admin = manager.socket('/admin', secret);
			await Promise.all([connected(main), connected(admin)]);
			const heardByMain = record(main, 'said');
			await Promise.all([main.emitWithAck('join', 'r'), admin.emitWithAck('join', 'r')]);

			admin.emit('say', 'r', 'for admins');
			assert.deepEqual(await next(admin, 'said'), ['for admins']);
			await main.emitWithAck('ack');

			assert.notEqual(main.id, admin.id);
			assert.deepEqual(heardByMain, []);
		});

		test('a namespace that was left can be joined again with a new id', async (t) => {
			const manager = openManager(t, server, mode);
			const main = manager.socket('/');
			const admin = manager.socket('/admin', secret);
			await Promise.all([connected(main), connected(admin)]);
			const before = admin.id;

			admin.disconnect();
			await main.emitWithAck('ack');
			admin.connect();
			await connected(admin);

			assert.notEqual(admin.id, before);
			assert.equal((await admin.emitWithAck('whoami')).id, admin.id);
			assert.equal(main.connected, true);
		});

		test(
			'leaving and joining a namespace at once does not end the connection',
			BEYOND,
			async (t) => {
				const manager = openManager(t, server, mode);
				const main = manager.socket('/');
				const admin = manager.socket('/admin', secret);
				await Promise.all([connected(main), connected(admin)]);

				for (let i = 0; i < 5; i++) {
					admin.disconnect();
					admin.connect();
					await connected(admin);
				}

				assert.equal(main.connected, true);
			},
		);

		test('what is emitted before the connection arrives after it, in order', async (t) => {
			const socket = open(t, server, mode);
			const echoes = record(socket, 'echo');
			for (let i = 0; i < 20; i++) socket.emit('echo', i);

			await socket.emitWithAck('ack');

			assert.deepEqual(
				echoes,
				[...Array(20).keys()].map((i) => [i]),
			);
		});
	});
}

test('a client that keeps its connections alive uses few of them', async (t) => {
	const agent = new http.Agent({ keepAlive: true });
	t.after(() => agent.destroy());
	const ports = new Set();
	agent.on('free', (connection) => ports.add(connection.localPort));
	const socket = await connect(t, server, POLLING, { agent });

	for (let i = 0; i < 30; i++) assert.equal(await socket.emitWithAck('ack', i), i);

	assert.ok(ports.size >= 1 && ports.size <= 4, `${ports.size} connections for 60 requests`);
});

test("headers of the client's choice do no harm", async (t) => {
	const extraHeaders = { 'X-Long': 'x'.repeat(4000), Cookie: 'a=b; c=d' };
	const socket = await connect(t, server, POLLING, { extraHeaders });

	assert.equal(await socket.emitWithAck('ack', 'here'), 'here');
});

test('parameters in the address do no harm', async (t) => {
	const query = { token: 'a&b=c d', EIOX: '3', sidx: 'x' };
	for (const mode of MODES) {
		const socket = await connect(t, server, mode, { query });

		assert.equal(await socket.emitWithAck('ack', 'here'), 'here');
	}
});

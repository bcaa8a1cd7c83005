// SPDX-License-Identifier: MIT
//
// Connection state recovery, with the official client.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, MODES, open, openManager, POLLING, WEBSOCKET } from './support/client.mjs';
import { breakConnection, comeBack, Guest } from './support/lost.mjs';
import { startServer } from './support/server.mjs';
import { collect, next, record } from './support/wait.mjs';

const ENV = { APP: 'flow', REPORT: '1', RECOVERY: '60000' };

/** Another client, which sends. */
const sender = (t, server) => connect(t, server, WEBSOCKET);
const send = (from, how, ...event) => from.emitWithAck('send', how, ...event);
const withoutOffsets = (events) => events.map((args) => args.slice(0, -1));

/** A client that has an offset, as the first event gives it one. */
async function seasoned(t, server, mode, options) {
	const socket = await connect(t, server, mode, options);
	const seen = next(socket, 'seen');
	const from = await sender(t, server);
	await send(from, { to: [socket.id] }, 'seen', 0);
	await seen;
	return { socket, from };
}

for (const mode of [POLLING, WEBSOCKET, MODES[2]])
	describe(`recovery over ${mode.name}`, () => {
		let server;
		before(async () => (server = await startServer(ENV)));
		after(() => server.stop());

		test('who comes back has its id, rooms and data, and missed nothing', async (t) => {
			const { socket, from } = await seasoned(t, server, mode);
			assert.equal(socket.recovered, false);
			await socket.emitWithAck('join', 'a', 'b', 'mute');
			await socket.emitWithAck('remember', 'my data');
			const { id } = socket;
			const heard = [];
			socket.onAny((...event) => heard.push(event.slice(0, -1)));
			await breakConnection(server, socket);
			await send(from, {}, 'all', 1);
			await send(from, { to: ['a', 'b', 'c'] }, 'rooms', 2);
			await send(from, { to: ['c'] }, 'no', 3);
			await send(from, { except: ['mute'] }, 'no', 4);
			await send(from, { to: ['b'], except: ['c'] }, 'yes', 5);
			await send(from, { to: [id] }, 'own', 6);
			await send(from, { volatile: true }, 'no', 7);
			await send(from, {}, 'binary', Buffer.from([8]), { deep: [Buffer.alloc(0)] });
			await comeBack(socket);

			assert.equal(socket.recovered, true);
			assert.equal(socket.id, id);
			const me = await socket.emitWithAck('whoami');
			assert.deepEqual(me.rooms.sort(), [id, 'a', 'b', 'mute'].sort());
			assert.deepEqual([me.recovered, me.data], [true, 'my data']);
			assert.deepEqual(heard, [
				['all', 1],
				['rooms', 2],
				['yes', 5],
				['own', 6],
				['binary', Buffer.from([8]), { deep: [Buffer.alloc(0)] }],
			]);
			const again = next(socket, 'more');
			await send(from, { to: ['a'] }, 'more', 9);
			assert.equal((await again)[0], 9);
		});

		test('it comes back again and again', async (t) => {
			const { socket, from } = await seasoned(t, server, mode);
			const { id } = socket;
			const heard = record(socket, 'n');
			for (let i = 0; i < 4; i++) {
				await breakConnection(server, socket);
				await send(from, {}, 'n', i);
				await comeBack(socket);
				assert.deepEqual([socket.recovered, socket.id], [true, id]);
			}
			assert.deepEqual(withoutOffsets(heard), [[0], [1], [2], [3]]);
		});

		test('an idle client comes back', async (t) => {
			const socket = await connect(t, server, mode);
			const from = await sender(t, server);
			for (let i = 0; i < 10; i++) await send(from, { to: ['elsewhere'] }, 'no', i);
			const { id } = socket;
			await breakConnection(server, socket);
			const heard = collect(socket, 'yes', 1);
			await send(from, {}, 'yes', 1);
			await comeBack(socket);
			assert.deepEqual([socket.recovered, socket.id], [true, id]);
			assert.deepEqual(withoutOffsets(await heard), [[1]]);
		});

		test('who was sent away does not come back', async (t) => {
			const { socket } = await seasoned(t, server, mode);
			const { id } = socket;
			socket.emit('kick');
			await next(socket, 'disconnect');
			await comeBack(socket);
			assert.equal(socket.recovered, false);
			assert.notEqual(socket.id, id);
			socket.disconnect();
			const second = socket.id;
			await comeBack(socket);
			assert.equal(socket.recovered, false);
			assert.notEqual(socket.id, second);
		});

		test('two namespaces of one client come back', async (t) => {
			const manager = openManager(t, server, mode);
			const both = [manager.socket('/'), manager.socket('/chat')];
			await Promise.all(both.map((socket) => next(socket, 'connect')));
			const from = await sender(t, server);
			const ids = both.map((socket) => socket.id);
			const heard = both.map((socket) => record(socket, 'n'));
			await breakConnection(server, both[0]);
			await send(from, {}, 'n', 1);
			await send(from, { nsp: '/chat' }, 'n', 2);
			const back = both.map((socket) => next(socket, 'connect'));
			both.forEach((socket) => socket.connect());
			await Promise.all(back);
			assert.deepEqual(
				both.map((socket) => [socket.recovered, socket.id]),
				ids.map((id) => [true, id]),
			);
			assert.deepEqual(heard.map(withoutOffsets), [[[1]], [[2]]]);
		});
	});

test('too late is too late', async (t) => {
	const server = await startServer({ ...ENV, RECOVERY: '200' });
	t.after(() => server.stop());
	const { socket, from } = await seasoned(t, server, WEBSOCKET);
	const { id } = socket;
	const heard = record(socket, 'n');
	await breakConnection(server, socket);
	await send(from, {}, 'n', 1);
	await new Promise((done) => setTimeout(done, 300));
	await comeBack(socket);
	assert.equal(socket.recovered, false);
	assert.notEqual(socket.id, id);
	assert.deepEqual(heard, []);
});

test('too much is too much', async (t) => {
	const server = await startServer({ ...ENV, RECOVERY_BYTES: '10000' });
	t.after(() => server.stop());
	const { socket, from } = await seasoned(t, server, WEBSOCKET);
	await breakConnection(server, socket);
	await send(from, {}, 'n', 'x'.repeat(5000));
	await comeBack(socket);
	assert.equal(socket.recovered, true);
	await breakConnection(server, socket);
	await send(from, {}, 'n', 'x'.repeat(5000));
	await send(from, {}, 'n', 'x'.repeat(5000));
	await comeBack(socket);
	assert.equal(socket.recovered, false);
});

test('middleware is asked again only if that is wanted', async (t) => {
	for (const wanted of ['0', '1']) {
		const server = await startServer({ ...ENV, RECOVERY_MIDDLEWARE: wanted });
		t.after(() => server.stop());
		const from = await sender(t, server);
		const socket = open(t, server, WEBSOCKET, { nsp: '/gate' });
		await server.reported('gate', { recovered: false });
		await from.emitWithAck('open');
		if (!socket.connected) await next(socket, 'connect');
		const { id } = socket;
		const heard = record(socket, 'n');
		await breakConnection(server, socket);
		await send(from, { nsp: '/gate' }, 'n', 1);
		const back = comeBack(socket);
		if (wanted === '1') {
			await server.reported('gate', { recovered: true });
			await send(from, { nsp: '/gate' }, 'n', 2);
			await from.emitWithAck('open');
		}
		await back;
		assert.deepEqual([socket.recovered, socket.id], [true, id]);
		assert.deepEqual(withoutOffsets(heard), wanted === '1' ? [[1], [2]] : [[1]]);
		assert.equal(server.reports('gate').length, wanted === '1' ? 2 : 1);
	}
});

test('of two that come back as one, one is recovered', async (t) => {
	const server = await startServer(ENV);
	t.after(() => server.stop());
	const guest = await Guest.enter(t, server);
	await guest.welcome();
	await guest.lose();
	const two = await Promise.all([1, 2].map(() => Guest.enter(t, server, guest.keys)));
	for (const one of two) await one.welcome();
	assert.equal(two.filter((one) => one.sid === guest.sid).length, 1);
	assert.equal(two.filter((one) => one.pid === guest.pid).length, 1);
});

test('a server ends while clients are away, in middleware, and back', async (t) => {
	const server = await startServer({ ...ENV, RECOVERY_MIDDLEWARE: '1' });
	const { socket: back } = await seasoned(t, server, WEBSOCKET);
	const { socket: away } = await seasoned(t, server, POLLING);
	await away.emitWithAck('remember', 'data');
	await back.emitWithAck('remember', 'data');
	await breakConnection(server, back);
	await breakConnection(server, away);
	await comeBack(back);
	open(t, server, WEBSOCKET, { nsp: '/gate' });
	await server.reported('gate', {});
	await server.stop();
});

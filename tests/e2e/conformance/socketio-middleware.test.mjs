// SPDX-License-Identifier: MIT
//
// Middleware of events.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RawSocket } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer({ APP: 'features', REPORT: '1' })));
after(() => server.stop());

const enter = (t) => RawSocket.joined(t, server);

test('socket.io 153: a refused event', async (t) => {
	const socket = await enter(t);

	socket.send('427["forbidden",1]');
	socket.send('428["echo",2]');

	assert.deepEqual(await socket.messages(2), [
		'42["refused","not allowed",{"event":"forbidden"}]',
		'438[2]',
	]);
});

test('socket.io 154: events do not wait for one that waits', async (t) => {
	const socket = await enter(t);

	socket.send('427["held",1]');
	socket.send('428["echo",2]');
	assert.equal(await socket.message(), '438[2]');
	socket.send('429["release"]');

	assert.deepEqual(await socket.messages(2), ['439[0]', '42["counted",1]']);
});

for (const [how, leave] of [
	['DISCONNECT', (socket) => socket.send('41')],
	['the end of the connection', (socket) => socket.ws.terminate()],
])
	test(`socket.io 155: an event waits at ${how}`, async (t) => {
		const [socket, other] = [await enter(t), await enter(t)];
		const before = server.reports('left').length;
		socket.send('427["held",1]');
		socket.send('428["echo",2]');
		await socket.message();

		leave(socket);
		while (server.reports('left').length === before) {
			other.send('421["echo"]');
			await other.message();
		}
		other.send('429["release"]');

		assert.equal(await other.message(), '439[1]');
	});

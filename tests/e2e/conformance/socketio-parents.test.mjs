// SPDX-License-Identifier: MIT
//
// Namespaces that are made when somebody asks for them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, WEBSOCKET } from '../support/client.mjs';
import { RawSocket } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => {
	server = await startServer({ APP: 'features', REPORT: '1', CLEANUP: '1' });
});
after(() => server.stop());

let last = 0;
const fresh = (kind) => `/${kind}-${++last}`;
const unknown = (name) => `44${name},{"message":"Invalid namespace"}`;

/** A client in "/", which everybody may answer for. */
const enter = (t) => RawSocket.joined(t, server);

/** Sends a packet and gives what comes next. */
async function says(socket, packet) {
	socket.send(packet);
	return socket.message();
}

/** Lets all that wait in, or not. */
async function settle(t, word) {
	const socket = await enter(t);
	return says(socket, `420["settle","${word}"]`);
}

/** Everything that was sent before this has been handled. */
const pass = async (socket) => assert.match(await says(socket, '429["echo"]'), /^439\[\]$/);

test('socket.io 144: a pattern makes the namespace, once', async (t) => {
	const name = fresh('room');
	const sockets = [await enter(t), await enter(t)];

	for (const socket of sockets) {
		assert.match(await says(socket, `40${name},`), new RegExp(`^40${name},{"sid":"[^"]{20}"}$`));
		assert.equal(await socket.message(), `42${name},["welcome","${name}","room"]`);
	}

	assert.deepEqual(server.reports('namespace', { name }), [{ name, of: 'rooms' }]);
	assert.deepEqual(server.reports('asked', { name }), []);
});

test('socket.io 144: what the pattern leaves is asked of the function behind it', async (t) => {
	const name = fresh('now');
	const socket = await enter(t);

	assert.match(await says(socket, `40${name},`), new RegExp(`^40${name},{"sid":`));

	assert.deepEqual(server.reports('namespace', { name }), [{ name, of: 'others' }]);
	assert.equal(server.reports('asked', { name }).length, 1);
});

test('socket.io 144: a namespace that is there is asked of nobody', async (t) => {
	const name = fresh('now');
	const sockets = [await enter(t), await enter(t)];

	for (const socket of sockets) assert.match(await says(socket, `40${name},`), /^40/);

	assert.equal(server.reports('asked', { name }).length, 1);
});

for (const [name, auth] of [
	['/room-', ''],
	['/room-1x', ''],
	['/x/room-1', ''],
	['/room-1?a=b', ''],
	['/never-1', ''],
	['/token-1', '{"token":"wrong"}'],
	['/token-1', ''],
])
	test(`socket.io 145: nobody takes ${name} with ${auth || 'no auth'}`, async (t) => {
		const socket = await enter(t);

		assert.equal(await says(socket, `40${name},${auth}`), unknown(name));

		await pass(socket);
	});

test('socket.io 145: who has the token is let in', async (t) => {
	const socket = await enter(t);

	assert.match(await says(socket, '40/token-1,{"token":"secret"}'), /^40\/token-1,{"sid":/);
});

for (const word of ['admit', 'refuse'])
	test(`socket.io 146: a name waits for its answer: ${word}`, async (t) => {
		const name = fresh('later');
		const [socket, room] = [await enter(t), fresh('room')];

		socket.send(`40${name},`);
		assert.match(await says(socket, `40${room},`), new RegExp(`^40${room},{"sid":`));
		assert.equal(await socket.message(), `42${room},["welcome","${room}","room"]`);
		await pass(socket);
		assert.equal(await settle(t, word), '430[1,0]');

		const answer = await socket.message();
		if (word === 'admit') assert.match(answer, new RegExp(`^40${name},{"sid":`));
		else assert.equal(answer, unknown(name));
	});

test('socket.io 147: asking again while the name waits', async (t) => {
	const name = fresh('later');
	const socket = await enter(t);

	socket.send(`40${name},{"refuse":true}`);
	socket.send(`40${name},{"refuse":false}`);
	await pass(socket);
	assert.equal(await settle(t, 'admit'), '430[2,1]');

	assert.match(await socket.message(), new RegExp(`^40${name},{"sid":`));
	assert.equal(await socket.message(), `42${name},["welcome","${name}","other"]`);
	await pass(socket);
});

for (const packet of ['1', '2', '3'])
	test(`socket.io 148: 4${packet} for a name that waits`, async (t) => {
		const name = fresh('later');
		const socket = await enter(t);

		socket.send(`40${name},`);
		await pass(socket);
		socket.send(`4${packet}${name},${packet === '1' ? '' : '["a"]'}`);

		await socket.end();
		assert.equal(await settle(t, 'admit'), '430[1,1]');
	});

test('socket.io 149: a name of 512 bytes is asked for, one of 513 is not', async (t) => {
	const socket = await enter(t);
	const name = `/now-${'x'.repeat(512 - 5)}`;

	assert.match(await says(socket, `40${name},`), /^40\/now-x+,{"sid":/);
	assert.match(await socket.message(), /"welcome"/);
	assert.equal(await says(socket, `40${name}x,`), unknown(`${name}x`));
	assert.equal(server.reports('asked', { name: `${name}x` }).length, 0);
});

test('socket.io 149: the limit can be another', async (t) => {
	const small = await startServer({ APP: 'features', MAX_NAMESPACE: '7' });
	t.after(() => small.stop());
	const socket = await RawSocket.joined(t, small);

	assert.match(await says(socket, '40/room-1,'), /^40\/room-1,{"sid"/);
	assert.match(await socket.message(), /"welcome"/);
	assert.equal(await says(socket, '40/room-12,'), unknown('/room-12'));
});

test('socket.io 149: a name with a U+0000 is unknown', async (t) => {
	const socket = await enter(t);
	const name = '/now-1\u0000x';

	assert.equal(await says(socket, `40${name},`), unknown(name));
	assert.equal(server.reports('asked', { name: '/now-1' }).length, 0);
});

test('socket.io 150: two clients wait for one name', async (t) => {
	const name = fresh('later');
	const sockets = [await enter(t), await enter(t)];
	for (const socket of sockets) {
		socket.send(`40${name},`);
		await pass(socket);
	}

	assert.equal(await settle(t, 'admit'), '430[2,0]');

	for (const socket of sockets)
		assert.match(await socket.message(), new RegExp(`^40${name},{"sid":`));
	assert.equal(server.reports('namespace', { name }).length, 1);
});

test('socket.io 151: a delivery to all children', async (t) => {
	const own = await startServer({ APP: 'features' });
	t.after(() => own.stop());
	const socket = await RawSocket.joined(t, own);
	for (const name of ['/room-1', '/room-2', '/now-1']) {
		await says(socket, `40${name},`);
		await socket.message();
	}
	assert.equal(await says(socket, '42/room-2,1["join","red"]'), '43/room-2,1[]');

	socket.send('420["tell",null,"all"]');
	socket.send('421["tell","red","some"]');

	assert.deepEqual(await socket.messages(5), [
		'42/room-1,["all"]',
		'42/room-2,["all"]',
		'430["success"]',
		'42/room-2,["some"]',
		'431["success"]',
	]);
});

test('socket.io 152: a namespace ends with its last client and is made anew', async (t) => {
	const name = fresh('room');
	const sockets = [await enter(t), await enter(t)];
	for (const socket of sockets) {
		await says(socket, `40${name},`);
		await socket.message();
	}
	sockets[0].send(`41${name},`);
	await pass(sockets[0]);
	await says(sockets[0], `40${name},`);
	assert.equal(server.reports('namespace', { name }).length, 1);
	await sockets[0].message();

	for (const socket of sockets) {
		socket.send(`41${name},`);
		await pass(socket);
	}
	assert.match(await says(sockets[0], `40${name},`), new RegExp(`^40${name},{"sid":`));

	assert.equal(server.reports('namespace', { name }).length, 2);
});

test('socket.io 152: and after a refusal by its middleware', async (t) => {
	const name = `/room-${++last}`;
	const socket = await connect(t, server, WEBSOCKET);
	const raw = await enter(t);

	assert.equal(await says(raw, `40${name},{"refuse":true}`), `44${name},{"message":"not you"}`);
	assert.match(await says(raw, `40${name},`), new RegExp(`^40${name},{"sid":`));

	assert.equal(server.reports('namespace', { name }).length, 2);
	assert.ok(socket.connected);
});

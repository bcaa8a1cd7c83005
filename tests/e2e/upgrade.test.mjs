// SPDX-License-Identifier: MIT
//
// From polling to WebSocket by hand: the probe, the noop, the order, and what goes wrong.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, Polling, RawSocket } from './support/raw.mjs';
import { startServer } from './support/server.mjs';
import { next } from './support/wait.mjs';

let server, hasty;
before(async () => {
	server = await startServer();
	hasty = await startServer({ UPGRADE_TIMEOUT: '150' });
});
after(async () => {
	await server.stop();
	await hasty.stop();
});

async function joined(on = server) {
	const polling = await Polling.open(on);
	await polling.join();
	return polling;
}

/** The GET is with the server: an answer to a later request says so. */
async function waitingGet(polling) {
	const waiting = polling.beginGet();
	await next(waiting.request, 'finish');
	await ask(polling.server, { url: '/socket.io/?EIO=4&transport=polling' });
	return waiting;
}

async function upgrade(t, polling) {
	const socket = await RawSocket.beside(t, polling);
	await socket.probe();
	const { body } = await polling.get();
	socket.send('5');
	return { socket, body };
}

test('a probe is answered with its text', async (t) => {
	const socket = await RawSocket.beside(t, await joined());

	assert.equal(await socket.probe(), '3probe');
});

test('a GET that waits at the probe is released with a noop', async (t) => {
	const polling = await joined();
	const waiting = await waitingGet(polling);
	const socket = await RawSocket.beside(t, polling);

	await socket.probe();

	const { status, body } = await waiting.done;
	assert.deepEqual([status, body], [200, '6']);
});

test('a GET that comes after the probe is released with a noop too', async (t) => {
	const polling = await joined();
	const { body } = await upgrade(t, polling);

	assert.equal(body, '6');
});

test('after the upgrade packets go over WebSocket both ways', async (t) => {
	const polling = await joined();
	const { socket } = await upgrade(t, polling);

	socket.send('42["echo","new way"]');

	assert.equal(await socket.message(), '42["echo","new way"]');
});

test('an upgrade packet may come before the noop was fetched', async (t) => {
	const polling = await joined();
	const socket = await RawSocket.beside(t, polling);
	await socket.probe();

	socket.send('5');
	socket.send('42["echo",1]');

	assert.equal(await socket.message(), '42["echo",1]');
});

test('nothing but the probe goes over WebSocket before the upgrade packet', async (t) => {
	const polling = await joined();
	const socket = await RawSocket.beside(t, polling);
	await socket.probe();
	await polling.post('42["echo","while probing"]');

	assert.deepEqual(await polling.packets(1), ['42["echo","while probing"]']);
	assert.deepEqual(socket.inbox, []);
});

test('what waited at the upgrade packet comes over WebSocket, in order and before what follows', async (t) => {
	const polling = await joined();
	const socket = await RawSocket.beside(t, polling);
	await socket.probe();
	for (let i = 0; i < 50; i++) await polling.post(`42["echo",${i}]`);

	socket.send('5');
	socket.send('42["echo",50]');

	assert.deepEqual(
		await socket.messages(51),
		[...Array(51).keys()].map((i) => `42["echo",${i}]`),
	);
});

test('a session of polling that was upgraded cannot be polled any more', async (t) => {
	const polling = await joined();
	const { socket } = await upgrade(t, polling);
	socket.send('42["echo",1]');
	await socket.message();

	for (const answer of [await polling.get(), await polling.post('42["echo",2]')]) {
		assert.deepEqual([answer.status, answer.body], [400, '{"code":3,"message":"Bad request"}']);
	}

	socket.send('42["echo",3]');
	assert.equal(await socket.message(), '42["echo",3]');
});

test('a second WebSocket of an upgraded session is closed, and the first goes on', async (t) => {
	const polling = await joined();
	const { socket } = await upgrade(t, polling);
	socket.send('42["echo",1]');
	await socket.message();

	const second = RawSocket.other(t, polling);
	await second.end();

	socket.send('42["echo",2]');
	assert.equal(await socket.message(), '42["echo",2]');
});

test('a second WebSocket beside one that probes is closed, and the first goes on', async (t) => {
	const polling = await joined();
	const first = await RawSocket.beside(t, polling);
	await first.probe();

	const second = RawSocket.other(t, polling);
	await second.end();

	first.send('5');
	first.send('42["echo",1]');
	assert.equal(await first.message(), '42["echo",1]');
});

for (const [name, packet] of Object.entries({
	'a message': '42["echo",1]',
	'a ping with another text': '2other',
	'a ping without a text': '2',
	'a pong': '3probe',
	'an unreadable packet': 'abc',
	bytes: Buffer.from([1, 2]),
})) {
	test(`${name} instead of a probe closes the WebSocket, and polling goes on`, async (t) => {
		const polling = await joined();
		const socket = await RawSocket.beside(t, polling);

		socket.send(packet);
		await socket.end();

		await polling.post('42["echo","still polling"]');
		assert.deepEqual(await polling.packets(1), ['42["echo","still polling"]']);
	});
}

test('a WebSocket that ends while probing leaves polling alone, and another may follow', async (t) => {
	const polling = await joined();
	const first = await RawSocket.beside(t, polling);
	await first.probe();
	first.ws.close();
	await first.end();

	await polling.post('42["echo","still polling"]');
	assert.deepEqual(await polling.packets(1), ['42["echo","still polling"]']);

	const { socket } = await upgrade(t, polling);
	socket.send('42["echo","upgraded"]');
	assert.equal(await socket.message(), '42["echo","upgraded"]');
});

test('a WebSocket that does not finish its upgrade in time is closed, and polling goes on', async (t) => {
	for (const probe of [true, false]) {
		const polling = await joined(hasty);
		const socket = await RawSocket.beside(t, polling);
		if (probe) await socket.probe();

		await socket.end();

		await polling.post('42["echo","still polling"]');
		assert.deepEqual(await polling.packets(1), ['42["echo","still polling"]']);
	}
});

test('a session that ends while probing takes its WebSocket with it', async (t) => {
	const polling = await joined();
	const socket = await RawSocket.beside(t, polling);
	await socket.probe();

	await polling.post('1');

	await socket.end();
});

test('an upgrade before the namespace is joined is an upgrade', async (t) => {
	const polling = await Polling.open(server);
	const { socket } = await upgrade(t, polling);

	socket.send('40');

	assert.match(await socket.message(), /^40\{"sid":"[\w-]{20}"\}$/);
});

test('a kick while probing is told over the WebSocket when the upgrade completes', async (t) => {
	const polling = await joined();
	const socket = await RawSocket.beside(t, polling);
	await socket.probe();
	await polling.post('42["kick"]');

	socket.send('5');

	assert.equal(await socket.message(), '41');
	await socket.end();
});

test('a kick while probing is told by polling if that asks first', async (t) => {
	const polling = await joined();
	const socket = await RawSocket.beside(t, polling);
	await socket.probe();
	await polling.post('42["kick"]');

	assert.deepEqual(await polling.packets(1), ['41']);
});

test('a kick while a GET waits and the WebSocket probes is told to the client', async (t) => {
	const polling = await joined();
	const socket = await RawSocket.beside(t, polling);
	const waiting = await waitingGet(polling);
	socket.send('2probe');
	await polling.post('42["kick"]');
	const { body } = await waiting.done;
	if (body === '6') {
		assert.equal(await socket.next(), '3probe');
		socket.send('5');
		assert.equal(await socket.message(), '41');
	} else {
		assert.match(body, /^41/);
	}
});

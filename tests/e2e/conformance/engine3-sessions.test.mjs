// SPDX-License-Identifier: MIT
//
// Sessions of version 3: beside those of version 4, refused, upgraded and closed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { now, takes } from '../support/clock.mjs';
import {
	BAD_REQUEST,
	closesEmpty,
	connect,
	endsWith,
	PATH,
	Poller,
	shake,
	startEcho,
} from '../support/engine.mjs';
import { ask } from '../support/raw.mjs';
import { BEYOND, startServer } from '../support/server.mjs';

const UPGRADE_TIMEOUT = 500;
const LIMIT = 5000;
const LAB = '/socket.io/';
const GOODBYE = '1:61:1';
const EIO3 = { ALLOW_EIO3: '1', REPORT: '1' };

let server, lab, choosy;
before(async () => {
	server = await startEcho({
		...EIO3,
		MAX_HTTP_BUFFER: String(LIMIT),
		UPGRADE_TIMEOUT: String(UPGRADE_TIMEOUT),
	});
	lab = await startServer(EIO3);
	choosy = await startServer({ ...EIO3, ALLOW: '1' });
});
after(async () => {
	for (const each of [server, lab, choosy]) await each.stop();
});

const open = (on = server, more) => Poller.open(on, { version: 3, ...more });
const socketOf = (t, on = server) => connect(t, on, { version: 3 });
const framed = (text) => `${text.length}:${text}`;

test('engine.io 126: both versions are served on one port, each in its own way', async (t) => {
	const [three, four] = [await open(), await Poller.open(server)];
	const sockets = [await socketOf(t), await connect(t, server)];

	await three.say('2:4a2:4b');
	await four.say('4a\x1e4b');
	assert.equal(await three.body(), '2:4a2:4b');
	assert.equal(await four.body(), '4a\x1e4b');
	for (const socket of sockets) socket.send(Buffer.from([4, 1]));
	assert.deepEqual(await sockets[0].next(), Buffer.from([4, 1]));
	assert.deepEqual(await sockets[1].next(), Buffer.from([4, 1]));
	for (const socket of sockets) socket.send('b4AAA');
	assert.deepEqual(await sockets[0].next(), Buffer.from([4, 0, 0]));
	assert.deepEqual(await sockets[1].next(), Buffer.from([0xe0, 0, 0]));
	for (const [i, version] of [3, 4].entries())
		await server.reported('open', { sid: sockets[i].handshake.sid, version });
});

for (const [query, method, body] of [
	['transport=pigeon', 'GET', '{"code":0,"message":"Transport unknown"}'],
	['transport=polling&sid=nobody', 'GET', '{"code":1,"message":"Session ID unknown"}'],
	['transport=polling', 'POST', '{"code":2,"message":"Bad handshake method"}'],
	['transport=websocket', 'GET', BAD_REQUEST],
])
	test(`engine.io 127: ${method} ${query} is refused as in version 4`, async () => {
		for (const version of [3, 4]) {
			const answer = await ask(server, { method, url: `${PATH}?EIO=${version}&${query}` });
			assert.deepEqual([answer.status, answer.body], [400, body]);
		}
	});

test('engine.io 127: the application refuses as in version 4', async () => {
	for (const version of [3, 4]) {
		const url = `${LAB}?EIO=${version}&transport=polling&allow=no&because=so`;
		const { status, body } = await ask(choosy, { url });
		assert.deepEqual([status, body], [403, '{"code":4,"message":"so"}']);
	}
});

test('engine.io 127: a WebSocket is refused as in version 4', async () => {
	for (const version of [3, 4]) {
		const url = `${PATH}?EIO=${version}&transport=websocket&sid=nobody`;
		const { status, body } = await shake(server, { url });
		assert.deepEqual([status, body], [400, 'Session ID unknown']);
	}
});

test('engine.io 127: another version than the session has is refused', async () => {
	for (const [version, other] of [
		[3, 4],
		[4, 3],
	]) {
		const poller = await Poller.open(server, { version });
		poller.query = `EIO=${other}`;
		const { status, body } = await poller.get();
		assert.deepEqual([status, body], [400, BAD_REQUEST]);
	}
});

test('engine.io 127: the handshake has the keys of version 4, in their order', async (t) => {
	const keys = ['sid', 'upgrades', 'pingInterval', 'pingTimeout', 'maxPayload'];
	const { opening, handshake } = await open();
	const [, length, packet] = /^(\d+):(0\{.*\})$/.exec(opening.body);
	assert.equal(Number(length), packet.length);
	assert.deepEqual(Object.keys(handshake), keys);
	assert.deepEqual(handshake.upgrades, ['websocket']);
	assert.deepEqual(JSON.stringify(handshake), packet.slice(1));

	const socket = await socketOf(t);
	assert.deepEqual(Object.keys(socket.handshake), keys);
	assert.deepEqual(socket.handshake.upgrades, []);
});

test('engine.io 127: a POST over the limit is refused, one of just that length taken', async () => {
	const poller = await open();
	const most = framed(`4${'x'.repeat(LIMIT - 6)}`);
	assert.equal(Buffer.byteLength(most), LIMIT);

	const { status, body } = await poller.post(`${most}0:`);
	assert.deepEqual([status, body], [413, '']);
	await poller.say(most);
	assert.equal(await poller.body(), most);
});

test('engine.io 127: a WebSocket message over the limit closes with 1009', async (t) => {
	const socket = await socketOf(t);
	const most = `4${'x'.repeat(LIMIT - 1)}`;
	socket.send(most);
	assert.equal(await socket.next(), most);

	socket.send(`${most}x`);

	assert.equal((await socket.end()).code, 1009);
	await endsWith(server, socket, 'transport error');
});

// ---- Upgrade ----

test('engine.io 127, 140: an upgrade is that of version 4', async (t) => {
	const poller = await open();
	const get = await poller.waiting();
	const socket = await poller.beside(t);
	for (let i = 0; i < 2; i++) assert.equal(await socket.probe(), '3probe');
	assert.equal((await get.done).body, '1:6');
	await poller.say('2:4a6:b4AQI=2:4b');

	socket.send('5');
	socket.send('4c');

	for (const packet of ['4a', Buffer.from([4, 1, 2]), '4b', '4c'])
		assert.deepEqual(await socket.next(), packet);
	assert.deepEqual([(await poller.get()).body, (await poller.get()).status], [BAD_REQUEST, 400]);
	const second = poller.other(t);
	await second.open();
	await closesEmpty(second);
});

test('engine.io 127: an upgrade without a probe lets a waiting GET go', async (t) => {
	const poller = await open();
	const get = await poller.waiting();
	const socket = await poller.beside(t);

	socket.send('5');

	assert.equal((await get.done).body, '1:1');
	socket.send('4a');
	assert.equal(await socket.next(), '4a');
});

for (const packet of ['4a', '2', '2other', '6', 'nonsense', Buffer.from([2, 0x70])])
	test(`engine.io 127: ${packet} instead of a probe ends the upgrade alone`, async (t) => {
		const poller = await open();
		const socket = await poller.beside(t);
		socket.send(packet);
		await closesEmpty(socket);

		await poller.say('2:4a');
		assert.equal(await poller.body(), '2:4a');
	});

test('engine.io 127: an upgrade that takes too long is given up', (t) =>
	takes(UPGRADE_TIMEOUT, async () => {
		const poller = await open();
		const since = now();
		const socket = await poller.beside(t);
		const known = now();
		await closesEmpty(socket);
		await poller.say('2:4a');
		assert.equal(await poller.body(), '2:4a');
		return [since, known];
	}));

// ---- Ends ----

test('engine.io 143: a close packet lets a waiting GET go with 1:6', async () => {
	const poller = await open();
	const get = await poller.waiting();
	await poller.say('1:1');

	assert.equal((await get.done).body, '1:6');
	await poller.isGone();
	await endsWith(server, poller, 'transport close');
});

test('engine.io 143: a second GET gets 400, and the first 1:1', async () => {
	const poller = await open();
	const get = await poller.waiting();
	assert.equal((await poller.get()).status, 400);

	assert.equal((await get.done).body, '1:1');
});

test('engine.io 143: a GET that comes after the close gets 1:6 and 1:1', async () => {
	const poller = await open(lab, { path: LAB });
	await poller.say('10:42["kick"]');
	assert.match(await poller.body(), /^2:40.*2:41$/);

	assert.equal(await poller.body(), GOODBYE);
	await poller.isGone();
});

test('engine.io 143: during an upgrade a GET gets 1:6', BEYOND, async (t) => {
	const poller = await open();
	const socket = await poller.beside(t);
	await socket.probe();

	for (let i = 0; i < 2; i++) assert.equal(await poller.body(), '1:6');
});

test('engine.io 143: when the server closes, a waiting GET gets 1:1', async () => {
	const ending = await startEcho(EIO3);
	const poller = await open(ending);
	const get = await poller.waiting();
	const stopped = ending.stop();

	assert.equal((await get.done).body, '1:1');
	await stopped;
});

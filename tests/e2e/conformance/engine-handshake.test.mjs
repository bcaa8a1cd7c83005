// SPDX-License-Identifier: MIT
//
// Engine.IO: the request that opens a session, and the open packet.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, Polling, RawSocket } from '../support/raw.mjs';
import { BEYOND, startServer } from '../support/server.mjs';

const servers = {};
const start = async (name, env) => (servers[name] = await startServer(env));
before(() =>
	Promise.all([
		start('plain'),
		start('tuned', { PING_INTERVAL: '1500', PING_TIMEOUT: '1200', MAX_HTTP_BUFFER: '5000' }),
		start('pollingOnly', { TRANSPORTS: 'polling' }),
		start('websocketOnly', { TRANSPORTS: 'websocket' }),
		start('noUpgrades', { NO_UPGRADES: '1' }),
		start('old', { ALLOW_EIO3: '1' }),
		start('greeting', { INITIAL_PACKET: '2["hello"]', NO_TRAILING_SLASH: '1' }),
	]),
);
after(() => Promise.all(Object.values(servers).map((server) => server.stop())));

const URL = '/socket.io/?EIO=4&transport=polling';

const byPolling = (t, server) => Polling.open(server);
const byWebSocket = (t, server) => RawSocket.connect(t, server);
const WAYS = { polling: byPolling, WebSocket: byWebSocket };

// ---- Opening ----

test('engine.io 27: a GET opens a session', async () => {
	const { status, body } = await ask(servers.plain, { url: URL });

	assert.equal(status, 200);
	const [first] = body.split('\x1e');
	const { sid } = JSON.parse(first.replace(/^0/, ''));
	const url = `${URL}&sid=${sid}`;
	assert.equal((await ask(servers.plain, { method: 'POST', url, body: '40' })).body, 'ok');
	assert.match((await ask(servers.plain, { url })).body, /^40\{"sid":/);
});

test('engine.io 27: each GET opens another session', async () => {
	const first = await Polling.open(servers.plain);
	const second = await Polling.open(servers.plain);

	assert.notEqual(first.sid, second.sid);
	for (const polling of [first, second]) assert.equal((await polling.post('40')).body, 'ok');
});

test('engine.io 28: a WebSocket handshake opens a session', async (t) => {
	const socket = new RawSocket(t, servers.plain);

	const first = await socket.next('the open packet');

	assert.match(first, /^0\{"sid":/);
	socket.send('40');
	assert.match(await socket.message(), /^40\{"sid":/);
});

const SHAPE =
	/^0\{"sid":"[^"]*","upgrades":\[[^\] ]*\],"pingInterval":\d+,"pingTimeout":\d+,"maxPayload":\d+\}$/;

test('engine.io 29: the open packet of polling has five keys in order, without spaces', async () =>
	assert.match((await ask(servers.plain, { url: URL })).body, SHAPE));

test('engine.io 29: so has that of WebSocket', async (t) =>
	assert.match(await new RawSocket(t, servers.plain).next(), SHAPE));

test('engine.io 36: the answer to a polling handshake holds the open packet alone', async () => {
	const url = '/socket.io/?EIO=3&transport=polling';
	const { body } = await ask(servers.old, { url });

	const [, length, packet] = /^(\d+):(.*)$/.exec(body);
	assert.match(packet, SHAPE);
	assert.equal(packet.length, Number(length));
	const { sid } = JSON.parse(packet.slice(1));
	assert.equal((await ask(servers.old, { url: `${url}&sid=${sid}` })).body, '2:40');
});

test('engine.io 36: over WebSocket what the server says by itself has its own message', async (t) => {
	const socket = new RawSocket(t, servers.old, { query: 'EIO=3&transport=websocket' });

	assert.match(await socket.next(), SHAPE);
	assert.equal(await socket.next(), '40');
});

// ---- The sid ----

for (const [way, open] of Object.entries(WAYS))
	test(`engine.io 30: a sid has 20 characters, over ${way}`, async (t) => {
		for (let i = 0; i < 20; i++) {
			const { handshake } = await open(t, servers.plain);
			assert.match(handshake.sid, /^[A-Za-z0-9_-]{20}$/);
		}
	});

const COUNT = 400;
const manySids = async () => {
	const sids = [];
	while (sids.length < COUNT) {
		const opened = Array.from({ length: 20 }, () => Polling.open(servers.plain));
		sids.push(...(await Promise.all(opened)).map(({ sid }) => sid));
	}
	return sids;
};

const bitsOf = (sid) =>
	[...Buffer.from(sid, 'base64url')].flatMap((byte) =>
		Array.from({ length: 8 }, (_, i) => (byte >> i) & 1),
	);

/** Seven times the deviation of as many coins. */
const isFair = (heads, count) => Math.abs(heads - count / 2) < 3.5 * Math.sqrt(count);

test('engine.io 31: each of 120 bits is set, and changes, as often as not', BEYOND, async () => {
	const all = (await manySids()).map(bitsOf);

	for (let bit = 0; bit < 120; bit++) {
		const set = all.filter((bits) => bits[bit]).length;
		assert.ok(isFair(set, COUNT), `bit ${bit} is set ${set} times of ${COUNT}`);
		const changed = all.slice(1).filter((bits, i) => bits[bit] !== all[i][bit]).length;
		assert.ok(isFair(changed, COUNT), `bit ${bit} changes ${changed} times of ${COUNT}`);
	}
});

test('engine.io 37: two sessions never have the same sid', async () =>
	assert.equal(new Set(await manySids()).size, COUNT));

// ---- What it offers ----

const UPGRADES = {
	'both transports': ['plain', ['websocket']],
	'polling alone': ['pollingOnly', []],
	'upgrades switched off': ['noUpgrades', []],
};
for (const [name, [server, upgrades]] of Object.entries(UPGRADES))
	test(`engine.io 32: what a polling session is offered with ${name}`, async () => {
		const { handshake } = await Polling.open(servers[server]);

		assert.deepEqual(handshake.upgrades, upgrades);
	});

for (const server of ['plain', 'websocketOnly', 'noUpgrades'])
	test(`engine.io 33: a session on WebSocket is offered no upgrade (${server})`, async (t) => {
		const { handshake } = await RawSocket.connect(t, servers[server]);

		assert.deepEqual(handshake.upgrades, []);
	});

for (const [way, open] of Object.entries(WAYS)) {
	test(`engine.io 34: the times are 25000 and 20000 over ${way}`, async (t) => {
		const { pingInterval, pingTimeout } = (await open(t, servers.plain)).handshake;

		assert.deepEqual([pingInterval, pingTimeout], [25000, 20000]);
	});

	test(`engine.io 34: the times are those configured, over ${way}`, async (t) => {
		const { pingInterval, pingTimeout } = (await open(t, servers.tuned)).handshake;

		assert.deepEqual([pingInterval, pingTimeout], [1500, 1200]);
	});

	test(`engine.io 35: maxPayload is 1000000 over ${way}`, async (t) =>
		assert.equal((await open(t, servers.plain)).handshake.maxPayload, 1_000_000));

	test(`engine.io 35: maxPayload is the one configured, over ${way}`, async (t) =>
		assert.equal((await open(t, servers.tuned)).handshake.maxPayload, 5000));
}

// ---- What the application may choose ----

test('engine.io 151: the first payload ends with the initial packet', async () => {
	const { body } = await ask(servers.greeting, { url: URL });

	assert.deepEqual(body.split('\x1e').slice(1), ['42["hello"]']);
});

test('engine.io 151: on WebSocket the initial packet is the second frame', async (t) => {
	const socket = new RawSocket(t, servers.greeting);

	assert.match(await socket.next(), /^0\{/);
	assert.equal(await socket.next(), '42["hello"]');
	socket.ws.send('40');
	assert.match(await socket.next(), /^40\{"sid":/);
});

for (const [path, status] of [['', 200], ['/', 200], ['/more', 200], ['more', 200]])
	test(`engine.io 152: /socket.io${path} is the engine's without a trailing slash`, async () => {
		const url = `/socket.io${path}?EIO=4&transport=polling`;

		assert.equal((await ask(servers.greeting, { url })).status, status);
	});

test('engine.io 152: a shorter path is not the engine\'s', async () => {
	assert.equal((await ask(servers.greeting, { url: '/socket.i' })).status, 404);
});

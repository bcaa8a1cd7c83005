// SPDX-License-Identifier: MIT
//
// Engine.IO: requests that are refused, with which code and in which form.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { tell, UPGRADE } from '../support/dialogue.mjs';
import { ask, Polling, RawSocket } from '../support/raw.mjs';
import { MESSAGES, plain, refused, refusedShake, taken, urlOf } from '../support/refusals.mjs';
import { BEYOND, startServer } from '../support/server.mjs';
import { joinByPolling, joinByWebSocket, waitingGet } from '../support/sessions.mjs';

const servers = {};
const start = async (name, env) => (servers[name] = await startServer(env));
before(() =>
	Promise.all([
		start('lab'),
		start('pollingOnly', { TRANSPORTS: 'polling' }),
		start('websocketOnly', { TRANSPORTS: 'websocket' }),
		start('both', { ALLOW_EIO3: '1' }),
	]),
);
after(() => Promise.all(Object.values(servers).map((server) => server.stop())));

const POLL = 'EIO=4&transport=polling';
const WEBSOCKET = 'EIO=4&transport=websocket';
const OTHERS = ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const METHODS = ['GET', ...OTHERS];

/** A session over WebSocket; its sid. */
const sidOnWebSocket = async (t) => (await RawSocket.connect(t, servers.lab)).handshake.sid;

// ---- The form ----

const REFUSED = {
	0: ['GET', 'EIO=4&transport=none'],
	1: ['GET', `${POLL}&sid=abc`],
	2: ['POST', POLL],
	3: ['GET', WEBSOCKET],
	5: ['GET', 'EIO=5&transport=polling'],
};
for (const [code, [method, query]] of Object.entries(REFUSED)) {
	test(`engine.io 2: code ${code} comes as JSON with code and message`, async () => {
		const { headers, body } = await plain(servers.lab, method, query);

		assert.deepEqual(Object.entries(JSON.parse(body)), [
			['code', Number(code)],
			['message', MESSAGES[code]],
		]);
		assert.equal(headers['content-type'], 'application/json');
	});

	test(`engine.io 3, 4: code ${code} is "${MESSAGES[code]}", with status 400`, async () => {
		const { status, body } = await plain(servers.lab, method, query);

		assert.deepEqual([status, JSON.parse(body).message], [400, MESSAGES[code]]);
	});
}

const SHAKES = [
	['Transport unknown', 'EIO=4&transport=none'],
	['Session ID unknown', `${WEBSOCKET}&sid=abc`],
	['Bad handshake method', WEBSOCKET, { method: 'POST' }],
	['Bad request', POLL, {}, BEYOND],
	['Unsupported protocol version', 'EIO=5&transport=websocket', {}, BEYOND],
];
for (const [message, query, more, where = {}] of SHAKES)
	test(`engine.io 5: a WebSocket handshake refused with "${message}"`, where, async (t) => {
		const { headers, body } = await refusedShake(t, servers.lab, query, message, more);

		assert.equal(headers.connection, 'close');
		assert.equal(headers['content-type'], 'text/html');
		assert.equal(headers['content-length'], String(body.length));
	});

// ---- Transports ----

const NO_TRANSPORTS = {
	missing: 'EIO=4',
	empty: 'EIO=4&transport=',
	'without a value': 'EIO=4&transport',
	unknown: 'EIO=4&transport=abc',
	'in capitals': 'EIO=4&transport=POLLING',
	'named like a property of objects': 'EIO=4&transport=__proto__',
	'named like a function of objects': 'EIO=4&transport=toString',
	'only begun': 'EIO=4&transport=poll',
	'of two words': 'EIO=4&transport=polling,websocket',
};
for (const [name, query] of Object.entries(NO_TRANSPORTS))
	test(`engine.io 8: a transport that is ${name} is refused`, async (t) => {
		await refused(servers.lab, 'GET', query, 0);
		await refusedShake(t, servers.lab, query, MESSAGES[0]);
	});

test('engine.io 8: a transport that is not configured is refused', async (t) => {
	const { pollingOnly, websocketOnly } = servers;

	await refused(websocketOnly, 'GET', POLL, 0);
	await refused(websocketOnly, 'POST', `${POLL}&sid=abc`, 0);
	await refused(pollingOnly, 'GET', WEBSOCKET, 0);

	assert.equal((await plain(pollingOnly, 'GET', POLL)).status, 200);
	await taken(t, websocketOnly, WEBSOCKET);
});

test('engine.io 8: a WebSocket that is not configured is refused', BEYOND, (t) =>
	refusedShake(t, servers.pollingOnly, WEBSOCKET, MESSAGES[0]),
);

for (const method of METHODS)
	test(`engine.io 8: the transport is looked at before all else, with ${method}`, async () => {
		const { sid } = await joinByPolling(servers.lab);

		for (const rest of ['', '&EIO=4', '&EIO=5', '&sid=abc', `&sid=${sid}`, `&EIO=4&sid=${sid}`])
			await refused(servers.lab, method, `transport=none${rest}`, 0);
	});

test('engine.io 9: webtransport is refused, with a sid too', async (t) => {
	const query = 'EIO=4&transport=webtransport';
	const { sid } = await joinByPolling(servers.lab);

	await refused(servers.lab, 'GET', query, 0);
	await refused(servers.lab, 'POST', `${query}&sid=${sid}`, 0);
	await refusedShake(t, servers.lab, query, MESSAGES[0]);
});

// ---- Origins ----

const CONTROLS = [0, 1, 7, 8, 0x0b, 0x0c, 0x0e, 0x1b, 0x1f, 0x7f];
for (const byte of CONTROLS)
	test(`engine.io 10: the byte ${byte} in an Origin is refused`, async (t) => {
		for (const url of [urlOf(POLL), urlOf(WEBSOCKET)])
			for (const origin of ['http://a.%.example', '%', 'http://a.example%']) {
				const bad = `Origin: ${origin.replace('%', String.fromCharCode(byte))}`;
				const headers = url.endsWith('websocket') ? [...UPGRADE, bad] : [bad];
				const { status, body } = await tell(t, servers.lab, 'GET', url, { headers });
				assert.equal(status, 400);
				assert.doesNotMatch(body, /sid/);
			}
	});

test('engine.io 10: bytes above 127 and a tab are no reason', async (t) => {
	for (const origin of ['http://a\u00e9\u00ff.example', 'http://a\t.example', '']) {
		const headers = [`Origin: ${origin}`];

		const { status } = await tell(t, servers.lab, 'GET', urlOf(POLL), { headers });

		assert.equal(status, 200, origin);
	}
});

// ---- Sessions ----

const UNKNOWN_SIDS = ['abc', 'A'.repeat(20), '__proto__', 'constructor', '0', 'x'.repeat(5000)];
for (const method of METHODS)
	test(`engine.io 11: an unknown sid is refused, with ${method}`, async () => {
		for (const sid of UNKNOWN_SIDS)
			for (const query of [POLL, WEBSOCKET, 'transport=polling', 'EIO=3&transport=polling'])
				await refused(servers.lab, method, `${query}&sid=${sid}`, 1);
	});

test('engine.io 11: an unknown sid is refused on a WebSocket handshake', async (t) => {
	for (const sid of UNKNOWN_SIDS)
		await refusedShake(t, servers.lab, `${WEBSOCKET}&sid=${sid}`, MESSAGES[1]);
});

test('engine.io 11: the sid of a closed session is unknown', async (t) => {
	const polling = await joinByPolling(servers.lab);
	await polling.post('1');

	for (const method of METHODS) await refused(servers.lab, method, `${POLL}&sid=${polling.sid}`, 1);
	await refusedShake(t, servers.lab, `${WEBSOCKET}&sid=${polling.sid}`, MESSAGES[1]);
});

test('engine.io 11: a sid is compared whole', async () => {
	const { sid } = await joinByPolling(servers.lab);

	for (const other of [sid.slice(1), sid.slice(0, -1), `${sid}A`, `${sid}%00`, ` ${sid}`])
		await refused(servers.lab, 'GET', `${POLL}&sid=${encodeURI(other)}`, 1);
});

test('engine.io 13: a session on polling is not asked for WebSocket by a plain request', async () => {
	const polling = await joinByPolling(servers.lab);
	const waiting = await waitingGet(polling);

	for (const method of METHODS)
		await refused(servers.lab, method, `${WEBSOCKET}&sid=${polling.sid}`, 3);

	await polling.post('42["echo","alive"]');
	assert.equal((await waiting.done).body, '42["echo","alive"]');
});

test('engine.io 13: a session on WebSocket is not polled', async (t) => {
	const socket = await joinByWebSocket(t, servers.lab);
	const { sid } = socket.handshake;

	for (const method of METHODS) await refused(servers.lab, method, `${POLL}&sid=${sid}`, 3);

	socket.send('42["echo","alive"]');
	assert.equal(await socket.message(), '42["echo","alive"]');
});

test('engine.io 13: a session that was upgraded is not polled', async (t) => {
	const polling = await joinByPolling(servers.lab);
	const socket = await RawSocket.beside(t, polling);
	await socket.probe();
	socket.send('5');
	socket.send('42["echo","upgraded"]');
	assert.equal(await socket.message(), '42["echo","upgraded"]');

	for (const method of METHODS) await refused(servers.lab, method, `${POLL}&sid=${polling.sid}`, 3);
});

for (const method of METHODS)
	test(`engine.io 14: ${method} with the sid of a session on WebSocket`, BEYOND, async (t) => {
		const query = `${WEBSOCKET}&sid=${await sidOnWebSocket(t)}`;

		await refused(servers.lab, method, query, 3);
	});

const NO_EIO = { missing: '', empty: 'EIO=&', 'of version 3': 'EIO=3&', unknown: 'EIO=5&' };
for (const [name, eio] of Object.entries(NO_EIO))
	for (const where of ['lab', 'both'])
		test(`engine.io 15: a version that is ${name}, with a sid (${where})`, async (t) => {
			const polling = await joinByPolling(servers[where]);
			const waiting = await waitingGet(polling);
			const query = `${eio}transport=polling&sid=${polling.sid}`;
			const other = `${eio}transport=websocket&sid=${polling.sid}`;

			for (const method of METHODS) await refused(servers[where], method, query, 3);
			await refusedShake(t, servers[where], other, MESSAGES[3]);

			await polling.post('42["echo","alive"]');
			assert.equal((await waiting.done).body, '42["echo","alive"]');
		});

for (const eio of ['EIO=4&', ''])
	test(`engine.io 15: a session of version 3 asked with "${eio}"`, eio ? {} : BEYOND, async (t) => {
		const opened = await plain(servers.both, 'GET', 'EIO=3&transport=polling');
		const [, sid] = /"sid":"([^"]*)"/.exec(opened.body);

		await refused(servers.both, 'GET', `${eio}transport=polling&sid=${sid}`, 3);
		await refused(servers.both, 'POST', `${eio}transport=polling&sid=${sid}`, 3);
		await refusedShake(t, servers.both, `${eio}transport=websocket&sid=${sid}`, MESSAGES[3]);

		const { body } = await plain(servers.both, 'GET', `EIO=3&transport=polling&sid=${sid}`);
		assert.match(body, /^2:40/);
	});

// ---- Handshakes ----

for (const method of OTHERS)
	test(`engine.io 16: a handshake by ${method} is refused`, async (t) => {
		for (const query of [POLL, WEBSOCKET, 'transport=polling', 'EIO=5&transport=polling'])
			await refused(servers.lab, method, query, 2);
		if (method === 'POST') await refusedShake(t, servers.lab, WEBSOCKET, MESSAGES[2], { method });
	});

test('engine.io 17: WebSocket without an upgrade is refused, whatever the version', async () => {
	for (const query of [WEBSOCKET, 'transport=websocket', 'EIO=5&transport=websocket'])
		await refused(servers.lab, 'GET', query, 3);
});

const VERSIONS = { missing: '', empty: 'EIO=&', 5: 'EIO=5&', abc: 'EIO=abc&', 34: 'EIO=34&' };
for (const [name, eio] of Object.entries(VERSIONS))
	for (const where of ['lab', 'both'])
		test(`engine.io 20: a handshake whose version is ${name} (${where})`, BEYOND, async (t) => {
			await refused(servers[where], 'GET', `${eio}transport=polling`, 5);
			await refusedShake(t, servers[where], `${eio}transport=websocket`, MESSAGES[5]);
		});

test('engine.io 21: version 3 is refused', () =>
	refused(servers.lab, 'GET', 'EIO=3&transport=polling', 5));

test('engine.io 21: version 3 is refused on WebSocket', BEYOND, (t) =>
	refusedShake(t, servers.lab, 'EIO=3&transport=websocket', MESSAGES[5]),
);

test('engine.io 21: version 3 is served where it is switched on', async (t) => {
	const url = '/socket.io/?EIO=3&transport=polling';
	const { status, body } = await ask(servers.both, { url });
	assert.equal(status, 200);
	assert.match(body, /^\d+:0\{"sid":"/);

	const query = 'EIO=3&transport=websocket';
	assert.match(await new RawSocket(t, servers.both, { query }).next(), /^0\{"sid":"/);
});

test('engine.io 24: a WebSocket handshake for polling is refused', BEYOND, async (t) => {
	const polling = await Polling.open(servers.lab);
	const onWebSocket = await sidOnWebSocket(t);
	for (const sid of ['', `&sid=${polling.sid}`, `&sid=${onWebSocket}`])
		await refusedShake(t, servers.lab, `${POLL}${sid}`, MESSAGES[3]);

	assert.equal((await polling.post('40')).body, 'ok');
});

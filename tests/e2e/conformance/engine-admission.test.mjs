// SPDX-License-Identifier: MIT
//
// Engine.IO: the application's say in who opens a session, and under which id.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { tell } from '../support/dialogue.mjs';
import { ask, RawSocket } from '../support/raw.mjs';
import { MESSAGES, plain, refused, refusedShake } from '../support/refusals.mjs';
import { BEYOND, startServer } from '../support/server.mjs';

const POLL = 'EIO=4&transport=polling';
const WEBSOCKET = 'EIO=4&transport=websocket';
const NO = '&allow=no';

/** `guarded` turns down whom the query says, `naming` takes ids from it. */
let guarded, naming;
before(async () => {
	guarded = await startServer({ ALLOW: '1' });
	naming = await startServer({ IDS: '1' });
});
after(() => Promise.all([guarded, naming].map((server) => server.stop())));

const sidOf = async (server, query) => {
	const { body } = await plain(server, 'GET', query);
	return JSON.parse(/^0(\{.*\})$/.exec(body)[1]).sid;
};

// ---- Who is asked for ----

test('engine.io 18: a request that would open a session is asked for', async (t) => {
	await refused(guarded, 'GET', `${POLL}${NO}`, 4);
	await refusedShake(t, guarded, `${WEBSOCKET}${NO}`, MESSAGES[4]);

	await sidOf(guarded, `${POLL}&allow=yes`);
	const query = `${WEBSOCKET}&allow=yes`;
	assert.match(await new RawSocket(t, guarded, { query }).next(), /^0\{/);
});

test('engine.io 18: a request with a sid is not', async (t) => {
	const query = `&sid=${await sidOf(guarded, POLL)}${NO}`;

	assert.equal((await plain(guarded, 'POST', `${POLL}${query}`, { body: '40' })).body, 'ok');
	assert.match((await plain(guarded, 'GET', `${POLL}${query}`)).body, /^40\{/);
	const socket = new RawSocket(t, guarded, { query: `${WEBSOCKET}${query}` });
	await socket.open();
	assert.equal(await socket.probe(), '3probe');
});

for (const [code, method, query] of [
	[0, 'GET', 'EIO=4&transport=none'],
	[0, 'GET', 'EIO=4&transport=webtransport'],
	[1, 'GET', `${POLL}&sid=abc`],
	[2, 'POST', POLL],
	[2, 'OPTIONS', POLL],
	[3, 'GET', WEBSOCKET],
])
	test(`engine.io 18: what is refused with code ${code} is not (${method} ${query})`, () =>
		refused(guarded, method, `${query}${NO}`, code));

test('engine.io 18: nor is one for a session that is on another transport or version', async () => {
	const sid = await sidOf(guarded, POLL);

	await refused(guarded, 'GET', `${WEBSOCKET}&sid=${sid}${NO}`, 3);
	await refused(guarded, 'GET', `EIO=3&transport=polling&sid=${sid}${NO}`, 3);
});

test('engine.io 18: nor is a request whose Origin is broken', async (t) => {
	const headers = ['Origin: http://a\x01b'];

	const { status } = await tell(t, guarded, 'GET', `/socket.io/?${POLL}${NO}`, { headers });

	assert.equal(status, 400);
});

test('engine.io 18: nor is a WebSocket handshake for polling', BEYOND, (t) =>
	refusedShake(t, guarded, `${POLL}${NO}`, MESSAGES[3]),
);

for (const eio of ['', 'EIO=&', 'EIO=3&', 'EIO=5&'])
	test(`engine.io 18: the version is looked at after that ("${eio}")`, async (t) => {
		await refused(guarded, 'GET', `${eio}transport=polling${NO}`, 4);
		await refusedShake(t, guarded, `${eio}transport=websocket${NO}`, MESSAGES[4]);

		await refused(guarded, 'GET', `${eio}transport=polling&allow=yes`, 5);
	});

// ---- What is said of it ----

const REASONS = ['not you', 'é😀', '"quoted" \\ and\n<b>', 'x'.repeat(3000)];
for (const reason of REASONS) {
	const query = `${NO}&because=${encodeURIComponent(reason)}`;
	const name = JSON.stringify(reason).slice(0, 30);

	test(`engine.io 2, 3, 4, 19: the application's ${name} comes with code 4 and 403`, async () => {
		const { status, headers, body } = await plain(guarded, 'GET', `${POLL}${query}`);

		assert.deepEqual([status, headers['content-type']], [403, 'application/json']);
		assert.deepEqual(Object.entries(JSON.parse(body)), [
			['code', 4],
			['message', reason],
		]);
	});

	test(`engine.io 5, 19: ${name} is the body of a refused WebSocket handshake`, async (t) => {
		const { headers } = await refusedShake(t, guarded, `${WEBSOCKET}${query}`, reason);

		assert.equal(headers.connection, 'close');
		assert.equal(headers['content-type'], 'text/html');
		assert.equal(headers['content-length'], String(Buffer.byteLength(reason)));
	});
}

test('engine.io 2, 3, 4, 19: without a text of its own the message is "Forbidden"', async (t) => {
	const { status, headers, body } = await plain(guarded, 'GET', `${POLL}${NO}`);

	assert.deepEqual([status, headers['content-type']], [403, 'application/json']);
	assert.equal(body, '{"code":4,"message":"Forbidden"}');
	await refusedShake(t, guarded, `${WEBSOCKET}${NO}`, 'Forbidden');
});

// ---- Ids ----

for (const id of ['my-own', 'A', 'a.b_c~d-0', 'x'.repeat(64)]) {
	test(`engine.io 37: the sid "${id}" is used as it is`, async () => {
		assert.equal(await sidOf(naming, `${POLL}&id=${id}`), id);

		const query = `${POLL}&sid=${id}`;
		assert.equal((await plain(naming, 'POST', query, { body: '40' })).body, 'ok');
		assert.match((await plain(naming, 'GET', query)).body, /^40\{/);
	});

	test(`engine.io 37: so it is over WebSocket, once it is free again ("${id}")`, async (t) => {
		await plain(naming, 'POST', `${POLL}&sid=${id}`, { body: '1' });
		const query = `${WEBSOCKET}&id=${id}`;

		assert.equal((await RawSocket.connect(t, naming, { query })).handshake.sid, id);
	});
}

test(
	'engine.io 37; differences 51: a sid that is in use is refused, and its session goes on',
	BEYOND,
	async (t) => {
		const sid = await sidOf(naming, `${POLL}&id=taken`);

		await refused(naming, 'GET', `${POLL}&id=taken`, 3);
		await refusedShake(t, naming, `${WEBSOCKET}&id=taken`, MESSAGES[3]);

		const url = `/socket.io/?${POLL}&sid=${sid}`;
		assert.equal((await ask(naming, { method: 'POST', url, body: '40' })).body, 'ok');
		assert.match((await ask(naming, { url })).body, /^40\{/);
	},
);

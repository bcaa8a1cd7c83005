// SPDX-License-Identifier: MIT
//
// WebSocket: the opening handshake, good and bad.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { acceptOf, ECHO, FrameClient, KEY, openingHandshake } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { Polling } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';

const PATH = '/engine.io/';
const TARGET = `${PATH}?EIO=4&transport=websocket`;

let server;
before(async () => (server = await startServer(ECHO)));
after(() => server.stop());

/** A client whose handshake is this text, and the answer to it. */
async function ask(t, text) {
	const client = new FrameClient(t, server);
	client.send(text);
	return { client, answer: await client.answer() };
}

/** Let in, and the session speaks. */
async function assertLetIn(t, text) {
	const { client, answer } = await ask(t, text);
	assert.equal(answer.status, 101);
	assert.match(await client.text(), /^0\{"sid":"[\w-]{20}"/);
	return answer;
}

async function assertRefused(t, text, status) {
	const { answer } = await ask(t, text);
	assert.equal(answer.status, status);
	assert.equal(answer.fields['sec-websocket-accept'], undefined);
	return answer;
}

// ---- The request line ----

for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'FOO']) {
	test(`websocket 42: a handshake with ${method} for a session is answered with 405`, async (t) => {
		const { sid } = await Polling.open(server, { path: PATH });

		await assertRefused(t, openingHandshake({}, `${method} ${TARGET}&sid=${sid} HTTP/1.1`), 405);
	});

	test(`websocket 42: a handshake with ${method} opens no session`, (t) =>
		assertRefused(t, openingHandshake({}, `${method} ${TARGET} HTTP/1.1`), 400));
}

test('websocket 42: a handshake with GET for a session is let in', async (t) => {
	const { sid } = await Polling.open(server, { path: PATH });

	const { client, answer } = await ask(
		t,
		openingHandshake({}, `GET ${TARGET}&sid=${sid} HTTP/1.1`),
	);

	assert.equal(answer.status, 101);
	client.send(ws.text('2probe'));
	assert.equal(await client.text(), '3probe');
});

for (const [version, status] of Object.entries({ 1.1: 101, 1.2: 101, 1.9: 101, '1.0': 400 }))
	test(`websocket 43: a handshake with HTTP/${version} is answered with ${status}`, async (t) => {
		const text = openingHandshake({}, `GET ${TARGET} HTTP/${version}`);

		if (status === 101) await assertLetIn(t, text);
		else await assertRefused(t, text, status);
	});

// ---- Upgrade and Connection ----

const TOKENS = {
	'in capitals': { Upgrade: 'WEBSOCKET', Connection: 'UPGRADE' },
	'in any case': { Upgrade: 'WebSocket', Connection: 'uPgRaDe' },
	'among others': { Upgrade: 'h2c, websocket', Connection: 'keep-alive, Upgrade' },
	'before others': { Upgrade: 'websocket, h2c', Connection: 'Upgrade,keep-alive' },
	'with space around': { Upgrade: '  websocket\t', Connection: '\tUpgrade  ' },
	'in a list with empty elements': { Upgrade: ', websocket,', Connection: ', ,Upgrade ,' },
	'in another field': { Upgrade: ['h2c', 'websocket'], Connection: ['keep-alive', 'Upgrade'] },
	'in the first of two fields': { Upgrade: ['websocket', 'h2c'], Connection: ['Upgrade', 'x'] },
};
for (const [name, fields] of Object.entries(TOKENS))
	test(`websocket 44: the tokens ${name} are found`, (t) =>
		assertLetIn(t, openingHandshake(fields)));

const NO_TOKENS = {
	'no Upgrade': { Upgrade: undefined },
	'an empty Upgrade': { Upgrade: '' },
	'another Upgrade': { Upgrade: 'h2c' },
	'an Upgrade that only begins so': { Upgrade: 'websockets' },
	'an Upgrade with a version': { Upgrade: 'websocket/13' },
	'a quoted Upgrade': { Upgrade: '"websocket"' },
	'no Connection': { Connection: undefined },
	'an empty Connection': { Connection: '' },
	'another Connection': { Connection: 'keep-alive' },
	'a Connection that only ends so': { Connection: 'no-upgrade' },
	neither: { Upgrade: undefined, Connection: undefined },
};
for (const [name, fields] of Object.entries(NO_TOKENS))
	test(`websocket 44: ${name} is answered with 400`, (t) =>
		assertRefused(t, openingHandshake(fields), 400));

// ---- Sec-WebSocket-Key ----

for (const key of [
	KEY,
	'AAAAAAAAAAAAAAAAAAAAAA==',
	'+/+/+/+/+/+/+/+/+/+/+w==',
	'x3JJHMbDL1EzLkh9GBhXDw==',
])
	test(`websocket 45, 49: the key ${key} is taken`, async (t) => {
		const { fields } = await assertLetIn(t, openingHandshake({ 'Sec-WebSocket-Key': key }));

		assert.deepEqual(fields['sec-websocket-accept'], [acceptOf(key)]);
	});

const BAD_KEYS = {
	'no key': undefined,
	'an empty key': '',
	'a short key': 'dGhlIHNhbXBsZSBub25j',
	'a key of 15 bytes': 'dGhlIHNhbXBsZSBub25j',
	'a key of 17 bytes': 'dGhlIHNhbXBsZSBub25jZSE=',
	'a key of 18 bytes': 'dGhlIHNhbXBsZSBub25jZSEh',
	'a key without padding': 'dGhlIHNhbXBsZSBub25jZQ',
	'a key with too much padding': 'dGhlIHNhbXBsZSBub25jZQ===',
	'a key with too little padding': 'dGhlIHNhbXBsZSBub25jZQ=',
	'a key with padding inside': 'dGhlIHNhbXBs=SBub25jZQ==',
	'a key with a character of the other alphabet': 'dGhlIHNhbXBs_SBub25jZQ==',
	'a key with a space inside': 'dGhlIHNhbXBs SBub25jZQ==',
	'two keys in one field': `${KEY}, ${KEY}`,
};
for (const [name, key] of Object.entries(BAD_KEYS))
	test(`websocket 45: ${name} is answered with 400`, (t) =>
		assertRefused(t, openingHandshake({ 'Sec-WebSocket-Key': key }), 400));

// ---- Sec-WebSocket-Version ----

for (const version of [
	undefined,
	'',
	'0',
	'7',
	'8',
	'12',
	'14',
	'130',
	'013',
	'13.0',
	'0x0d',
	'x',
	'13, 8',
])
	test(`websocket 46: the version ${version} is answered with 426 and the right one`, async (t) => {
		const text = openingHandshake({ 'Sec-WebSocket-Version': version });

		const { fields } = await assertRefused(t, text, 426);

		assert.deepEqual(fields['sec-websocket-version'], ['13']);
	});

test('websocket 46: the version 13 is taken, with space around it as well', async (t) => {
	await assertLetIn(t, openingHandshake({ 'Sec-WebSocket-Version': ' 13\t' }));
});

for (const [name, value, other] of [
	['Sec-WebSocket-Version', '13', '8'],
	['Sec-WebSocket-Key', KEY, 'AAAAAAAAAAAAAAAAAAAAAA=='],
])
	for (const values of [
		[value, value],
		[value, other],
		[other, value],
		[value, ''],
	])
		test(`websocket 47: two fields ${name}, "${values.join('" and "')}"`, (t) =>
			assertRefused(t, openingHandshake({ [name]: values }), 400));

// ---- Bodies ----

for (const [name, fields, body] of [
	['with a length', { 'Content-Length': '5' }, 'hello'],
	['in chunks', { 'Transfer-Encoding': 'chunked' }, '5\r\nhello\r\n0\r\n\r\n'],
	['of no chunks', { 'Transfer-Encoding': 'chunked' }, '0\r\n\r\n'],
])
	test(`websocket 48: a body ${name} is answered with 400`, (t) =>
		assertRefused(t, openingHandshake(fields) + body, 400));

test('websocket 48: a length of nothing is no body', (t) =>
	assertLetIn(t, openingHandshake({ 'Content-Length': '0' })));

// ---- The answer ----

test('websocket 49: the example of the standard', async (t) => {
	const { fields } = await assertLetIn(t, openingHandshake({ Origin: 'http://example.com' }));

	assert.deepEqual(fields.upgrade, ['websocket']);
	assert.deepEqual(fields.connection, ['Upgrade']);
	assert.deepEqual(fields['sec-websocket-accept'], ['s3pPLMBiTxaQ9kYGzzhZRbK+xOo=']);
	assert.equal(fields['content-length'], undefined);
	assert.equal(fields['transfer-encoding'], undefined);
});

for (const [name, fields, chosen] of [
	['one', 'chat', 'chat'],
	['the first of two', 'chat, superchat', 'chat'],
	['the first of two in the other order', 'superchat,chat', 'superchat'],
	['the first of two fields', ['v1.chat', 'v2.chat'], 'v1.chat'],
])
	test(`websocket 56: of the subprotocols ${name} is answered`, async (t) => {
		const text = openingHandshake({ 'Sec-WebSocket-Protocol': fields });

		const answer = await assertLetIn(t, text);

		assert.equal(answer.fields['sec-websocket-protocol']?.join(), chosen);
	});

test('websocket 56: a client that names none is answered none', async (t) => {
	const answer = await assertLetIn(t, openingHandshake());

	assert.equal(answer.fields['sec-websocket-protocol'], undefined);
});

for (const list of ['', ' , ', ', chat', 'chat, chat', 'a b', 'chat, "super"', 'chat;q=1', 'ch/at', 'chät'])
	test(`websocket 56: the subprotocols "${list}" are answered with 400`, (t) =>
		assertRefused(t, openingHandshake({ 'Sec-WebSocket-Protocol': list }), 400));

test('websocket 51: frames in one piece with the handshake are read', async (t) => {
	const frames = Buffer.concat([ws.text('4early'), ws.ping('bird')]);
	const { client, answer } = await ask(t, Buffer.concat([Buffer.from(openingHandshake()), frames]));

	assert.equal(answer.status, 101);
	const got = [await client.frame(), await client.frame(), await client.frame()];
	const texts = got.filter(({ name }) => name === 'text').map(({ payload }) => String(payload));
	assert.match(texts[0], /^0\{"sid"/);
	assert.equal(texts[1], '4early');
	assert.deepEqual(
		got.filter(({ name }) => name === 'pong').map(({ payload }) => String(payload)),
		['bird'],
	);
});

for (const size of [1, 7, 100])
	test(`websocket 51: a handshake and a frame in writes of ${size}`, async (t) => {
		const client = new FrameClient(t, server);

		client.chop(size, Buffer.from(openingHandshake()), ws.text('4early'));

		assert.equal((await client.answer()).status, 101);
		assert.match(await client.text(), /^0\{"sid"/);
		assert.equal(await client.text(), '4early');
	});

// SPDX-License-Identifier: MIT
//
// WebSocket: closing, whoever begins.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, FrameClient, WAYS } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';
import { CUT, OVERLONG, STRAY, SURROGATES } from '../support/utf8-cases.mjs';
import { until } from '../support/wait.mjs';

let server;
before(async () => (server = await startServer({ ...ECHO, REPORT: '1' })));
after(() => server.stop());

const open = (t) => FrameClient.open(t, server);

/** What the server's application was told of the end of the client's session. */
async function told(client) {
	const { sid } = JSON.parse(String(client.greeting.payload).slice(1));
	const [, line] = await server.prints(new RegExp(`^close (.*"sid":"${sid}".*)$`, 'm'));
	return JSON.parse(line);
}

// ---- Without a payload ----

for (const [way, send] of Object.entries(WAYS))
	test(`websocket 33: a close frame without a payload is 1005, ${way}`, async (t) => {
		const client = await open(t);

		send(client, [ws.frame(ws.CLOSE)]);

		await client.fails(undefined);
		assert.equal((await told(client)).code, 1005);
	});

// ---- Code and reason ----

test('websocket 34: the highest byte of the code comes first', async (t) => {
	const client = await open(t);

	client.send(ws.frame(ws.CLOSE, Buffer.from([0x0b, 0xb8])));

	await client.fails(3000);
	assert.equal((await told(client)).code, 3000);
});

for (const [name, reason] of Object.entries({
	'an empty reason': '',
	'a reason': 'Hello, World!',
	'a reason beyond ASCII': 'größer, κόσμε, \u{1f600}',
	'a reason of 123 bytes': '*'.repeat(123),
	'a reason of 123 bytes that ends with a long character': `${'*'.repeat(119)}\u{1f600}`,
	'a reason with U+0000': 'a\0b',
}))
	for (const [way, send] of Object.entries(WAYS))
		test(`websocket 34: a code and ${name}, ${way}`, async (t) => {
			const client = await open(t);

			send(client, [ws.close(1000, reason)]);

			await client.fails(1000);
			assert.equal((await told(client)).code, 1000);
		});

for (const byte of [0x00, 0x03, 0x0c, 0x0f, 0x61, 0xff])
	test(`websocket 35: a close frame with one byte, ${byte}, fails`, async (t) => {
		const client = await open(t);

		client.send(ws.frame(ws.CLOSE, [byte]));

		await client.fails(1002);
	});

const GOOD_CODES = [
	1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000,
	4001, 4998, 4999,
];
for (const code of GOOD_CODES)
	test(`websocket 36: a client may close with ${code}`, async (t) => {
		const client = await open(t);

		client.send(ws.close(code));

		await client.fails(code);
		assert.equal((await told(client)).code, code);
	});

const BAD_CODES = [
	0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1017, 1100, 1999, 2000, 2500, 2999, 5000, 5001, 32_768,
	65_535,
];
for (const code of BAD_CODES)
	for (const reason of ['', 'with a reason'])
		test(`websocket 36: a client may not close with ${code} ${reason}`.trim(), async (t) => {
			const client = await open(t);

			client.send(ws.close(code, reason));

			await client.fails(1002);
		});

for (const { name, bytes } of [...STRAY, ...OVERLONG, ...SURROGATES, ...CUT])
	test(`websocket 37: a reason with ${name} fails`, async (t) => {
		const client = await open(t);

		client.send(ws.close(1000, bytes));

		await client.fails(1007);
	});

// ---- Afterwards ----

const BEHIND = {
	'a ping': [ws.ping('too late')],
	'a text': [ws.text('4too late')],
	'a second close frame': [ws.close(1001)],
	'a fragmented text': ws.fragments(ws.TEXT, ['4too', ' late']),
	'what is no frame': [Buffer.alloc(1000, 0xff)],
	'a text of 256 KB': [ws.text(Buffer.alloc(256 << 10, '4'))],
};
for (const [name, frames] of Object.entries(BEHIND)) {
	for (const way of ['in one piece', 'frame by frame'])
		test(`websocket 38: ${name} behind a close frame, ${way}`, async (t) => {
			const client = await open(t);

			WAYS[way](client, [ws.close(1000), ...frames]);

			await client.fails(1000);
		});

	test(`websocket 38: ${name} behind a failure`, async (t) => {
		const client = await open(t);

		client.send(ws.text('4x', { rsv: 7 }), ...frames);

		await client.fails(1002);
	});

	test(`websocket 38: ${name} behind the end`, async (t) => {
		const client = await open(t);
		client.send(ws.close(1000));
		await client.fails(1000);

		client.send(...frames);

		await (await open(t)).barrier();
		assert.equal((await told(client)).code, 1000);
	});
}

// ---- Inside a message ----

for (const [name, [first, behind]] of Object.entries({
	'a text': [ws.text('4fragment1', { fin: false }), ws.more('fragment2')],
	'a binary message': [ws.binary('fragment1', { fin: false }), ws.more('fragment2')],
	'a text cut inside of a character': [
		ws.text(Buffer.from('34c3', 'hex'), { fin: false }),
		ws.more(Buffer.from('a9', 'hex')),
	],
}))
	for (const [way, send] of Object.entries(WAYS))
		test(`websocket 39: a close frame inside ${name}, ${way}`, async (t) => {
			const client = await open(t);

			send(client, [first, ws.close(1000), behind]);

			await client.fails(1000);
		});

// ---- The server's close frame ----

test('websocket 40: the session ends: no code, no payload', async (t) => {
	const client = await open(t);

	client.send(ws.text('no packet'));

	await client.dismissed();
	assert.equal((await told(client)).reason, 'parse error');
});

/** All bytes that the server sends from now on, in hex. */
function recordOf(client) {
	const raw = [];
	client.socket.on('data', (data) => raw.push(data));
	return () => Buffer.concat(raw).toString('hex');
}

for (const [name, frame, code, bytes] of [
	['40: 1005 may not be sent, and is not', ws.frame(ws.CLOSE), undefined, '8800'],
	['40: a code that may be sent is', ws.close(1000), 1000, '880203e8'],
	['41: a reason is not sent back', ws.close(4000, 'why'), 4000, '88020fa0'],
	['41: a failure has no reason', ws.text('4x', { rsv: 1 }), 1002, '880203ea'],
])
	test(`websocket ${name}`, async (t) => {
		const client = await open(t);
		const sent = recordOf(client);

		client.send(frame);

		await client.fails(code);
		assert.equal(sent(), bytes);
	});

test('websocket 53: the answer has the same code and is the last word', async (t) => {
	const client = await open(t);
	const sent = recordOf(client);
	client.socket.allowHalfOpen = true;

	client.send(ws.text('4last'), ws.ping('words'));
	await client.frame();
	await client.frame();
	const before = sent();
	client.send(ws.close(3456), ws.ping('too late'));

	await client.fails(3456);
	client.send(ws.ping('too late'), ws.close(1000));
	await (await open(t)).barrier();
	assert.equal(sent(), `${before}88020d80`);
});

/** The server has closed: how long it lets the connection stand once the client has answered. */
async function endAfterAnswer(t) {
	const client = await open(t);
	client.send(ws.text('no packet'));
	assert.equal((await client.frame()).name, 'close');
	await (await open(t)).barrier();
	assert.equal(client.ended, undefined);

	const began = performance.now();
	client.send(ws.close(1000));

	await until(() => client.ended, 'the end');
	assert.deepEqual(client.ended, { clean: true });
	return performance.now() - began;
}

test('websocket 54: the server has closed, and ends when the client has answered', async (t) => {
	const times = [await endAfterAnswer(t), await endAfterAnswer(t), await endAfterAnswer(t)];

	assert.ok(Math.min(...times) < 1000, `${times} ms`);
});

test('websocket 54: the server has closed, and ends although the client is silent', async (t) => {
	const client = await open(t);
	const began = performance.now();
	client.send(ws.text('no packet'));
	assert.equal((await client.frame()).name, 'close');

	await until(() => client.ended, 'the end');
	assert.ok(performance.now() - began >= 1900);
});

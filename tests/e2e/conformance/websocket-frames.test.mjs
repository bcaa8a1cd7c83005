// SPDX-License-Identifier: MIT
//
// WebSocket: the parts of a frame, its length and its mask.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, FrameClient } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer(ECHO)));
after(() => server.stop());

const open = (t) => FrameClient.open(t, server);

// ---- The parts of a frame ----

test('websocket 1: a text byte by byte as the standard draws it', async (t) => {
	const client = await open(t);

	// FIN and opcode 1; masked, 6 bytes; the mask; "4Hello" XORed with it.
	client.send(Buffer.from('818637fa213d03b244515b95', 'hex'));

	assert.equal(await client.text(), '4Hello');
});

test('websocket 1: the opcode says what the frame is', async (t) => {
	const client = await open(t);

	client.send(ws.text('4same'), ws.binary('4same'));

	assert.equal(await client.text(), '4same');
	assert.deepEqual(await client.binary(), Buffer.from('4same'));
	client.send(ws.ping('4same'));
	assert.deepEqual(await client.pong(), Buffer.from('4same'));
});

test('websocket 1: without FIN the message goes on in the next frame', async (t) => {
	const client = await open(t);

	client.send(ws.text('4to be', { fin: false }));
	await client.barrier();
	client.assertQuiet();
	client.send(ws.more(' continued'));

	assert.equal(await client.text(), '4to be continued');
});

test('websocket 1: the length says where the next frame begins', async (t) => {
	const client = await open(t);

	client.send(ws.text('4one'), ws.text('4'), ws.text('4three'));

	for (const expected of ['4one', '4', '4three']) assert.equal(await client.text(), expected);
});

for (const [bit, name] of [
	[4, 'first'],
	[2, 'second'],
	[1, 'third'],
])
	test(`websocket 1: the ${name} reserved bit is read, and refused`, async (t) => {
		const client = await open(t);

		client.send(ws.text('4x', { rsv: bit }));

		await client.fails(1002);
	});

// ---- Lengths ----

const LENGTHS = [1, 2, 124, 125, 126, 127, 128, 129, 65_534, 65_535, 65_536, 65_537, 100_000];

for (const length of LENGTHS) {
	const form = length < 126 ? 'seven bits' : length < 65_536 ? '16 bits' : '64 bits';

	test(`websocket 2: a text of ${length} bytes, a length in ${form}`, async (t) => {
		const client = await open(t);
		const message = '4'.padEnd(length, '*');

		client.send(ws.text(message));

		assert.equal(await client.text(), message);
	});

	test(`websocket 2: a binary message of ${length} bytes, a length in ${form}`, async (t) => {
		const client = await open(t);
		const message = Buffer.alloc(length, 0xfe);

		client.send(ws.binary(message));

		assert.deepEqual(await client.binary(), message);
	});
}

for (const [kind, build] of Object.entries({ text: ws.text, binary: ws.binary }))
	test(`websocket 2: a ${kind} message of 65536 bytes in writes of 997`, async (t) => {
		const client = await open(t);
		const message = '4'.padEnd(65_536, '*');

		client.chop(997, build(message));

		assert.equal(String(await client[kind]()), message);
	});

test('websocket 2: the highest byte of a length comes first', async (t) => {
	const client = await open(t);
	const mask = Buffer.alloc(4);
	const header = Buffer.from([0x81, 0x80 | 126, 0x01, 0x02]);

	client.send(header, mask, Buffer.from('4'.padEnd(0x0102, 'x')), ws.text('4next'));

	assert.equal((await client.text()).length, 0x0102);
	assert.equal(await client.text(), '4next');
});

const LONGER = [
	[2, [0, 1, 124, 125]],
	[8, [0, 1, 125, 126, 127, 65_534, 65_535]],
];
for (const [form, lengths] of LONGER)
	for (const length of lengths) {
		test(`websocket 3: ${length} bytes of text with a length of ${form * 8} bits fail`, async (t) => {
			const client = await open(t);

			client.send(ws.text('4'.padEnd(length, 'x').slice(0, length), { form }));

			await client.fails(1002);
		});
	}

for (const [name, opcode] of Object.entries({ continuation: 0, 'binary frame': 2 }))
	for (const form of [2, 8])
		test(`websocket 3: a ${name} of 5 bytes with a length of ${form * 8} bits fails`, async (t) => {
			const client = await open(t);
			if (opcode === 0) client.send(ws.text('4', { fin: false }));

			client.send(ws.frame(opcode, '12345', { form }));

			await client.fails(1002);
		});

for (const [name, form, length] of [
	['126 in 16 bits', 2, 126],
	['65535 in 16 bits', 2, 65_535],
	['65536 in 64 bits', 8, 65_536],
])
	test(`websocket 3: ${name} is the shortest form, and taken`, async (t) => {
		const client = await open(t);

		client.send(ws.binary(Buffer.alloc(length), { form }));

		assert.equal((await client.binary()).length, length);
	});

for (const length of [1n << 63n, (1n << 63n) + 5n, (1n << 64n) - 1n])
	test(`websocket 4: a length of 0x${length.toString(16)} fails`, async (t) => {
		const client = await open(t);

		client.send(ws.text('4', { form: 8, length }));

		await client.fails(1002);
	});

test('websocket 4: a length of 0x7fffffffffffffff is too much, and nothing worse', async (t) => {
	const client = await open(t);

	client.send(ws.text('4', { form: 8, length: (1n << 63n) - 1n }));

	await client.fails(1009);
});

// ---- Masks ----

const UNMASKED = {
	'a text': [ws.text('4x', { mask: null })],
	'an empty text': [ws.text('', { mask: null })],
	'a binary frame': [ws.binary('x', { mask: null })],
	'a ping': [ws.ping('x', { mask: null })],
	'a pong': [ws.pong('x', { mask: null })],
	'a close frame': [ws.close(1000, '', { mask: null })],
	'a continuation': [ws.text('4', { fin: false }), ws.more('x', { mask: null })],
	'a text of 64 KB': [ws.text('4'.padEnd(65_536), { mask: null })],
};
for (const [name, frames] of Object.entries(UNMASKED))
	test(`websocket 5: ${name} without a mask fails`, async (t) => {
		const client = await open(t);

		client.send(...frames);

		await client.fails(1002);
	});

for (const mask of ['00000000', 'ffffffff', '00000001', '80000000', '34343434'])
	test(`websocket 6: a text under the mask ${mask}`, async (t) => {
		const client = await open(t);

		client.send(ws.text('4Hello, world!', { mask: Buffer.from(mask, 'hex') }));

		assert.equal(await client.text(), '4Hello, world!');
	});

test('websocket 6: each frame has its own mask, and begins it anew', async (t) => {
	const client = await open(t);
	const parts = ['4a', 'bcd', 'e', 'fghij', 'klmnopq'];

	client.send(...ws.fragments(ws.TEXT, parts), ws.ping('rst'));

	assert.deepEqual([await client.pong(), await client.text()].map(String), ['rst', parts.join('')]);
});

for (let cut = 1; cut <= 20; cut++)
	test(`websocket 6: the network cuts a frame after ${cut} of its 21 bytes`, async (t) => {
		const [client, other] = [await open(t), await open(t)];
		const bytes = ws.text('4abcdefghijklmn');

		client.send(bytes.subarray(0, cut));
		await other.barrier();
		client.assertQuiet();
		client.send(bytes.subarray(cut));

		assert.equal(await client.text(), '4abcdefghijklmn');
	});

// ---- The server's frames ----

for (const [length, overhead] of [
	[0, 2],
	[1, 2],
	[125, 2],
	[126, 4],
	[127, 4],
	[65_535, 4],
	[65_536, 10],
	[1 << 20, 10],
])
	test(`websocket 11: ${length} bytes come back behind a header of ${overhead}`, async (t) => {
		const client = await open(t);
		const before = client.received;

		client.send(ws.binary(Buffer.alloc(length, 0xa5)));

		assert.equal((await client.binary()).length, length);
		assert.equal(client.received - before, length + overhead);
	});

test('websocket 11: texts, pongs and the close frame, byte by byte', async (t) => {
	const client = await open(t);
	const raw = [];
	client.socket.on('data', (data) => raw.push(data));

	client.send(ws.text('4Hello'));
	await client.text();
	client.send(ws.ping('Hi'));
	await client.pong();
	client.send(ws.close(1000));
	await client.fails(1000);

	const expected = ['8106', '3448656c6c6f', '8a02', '4869', '8802', '03e8'].join('');
	assert.equal(Buffer.concat(raw).toString('hex'), expected);
});

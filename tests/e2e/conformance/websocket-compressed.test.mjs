// SPDX-License-Identifier: MIT
//
// WebSocket: where the first reserved bit may stand once compression was agreed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { compressedFrames, deflated, DeflateClient } from '../support/deflate-client.mjs';
import { ECHO, FrameClient } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer({ ...ECHO, DEFLATE: '1' })));
after(() => server.stop());

const open = (t) => DeflateClient.open(t, server);
const payload = deflated(Buffer.from('4Hello'));

for (const size of [undefined, 1, 4])
	for (const [kind, opcode] of Object.entries({ text: ws.TEXT, binary: ws.BINARY }))
		test(`websocket 23: RSV1 on a ${kind} message in fragments of ${size ?? 'all'}`, async (t) => {
			const client = await open(t);

			client.send(...compressedFrames(opcode, payload, size));

			assert.equal(String((await client.message()).content), '4Hello');
		});

test('websocket 23: messages may be compressed or plain in turn', async (t) => {
	const client = await open(t);
	const compressed = compressedFrames(ws.TEXT, payload)[0];
	const fragments = ws.fragments(ws.TEXT, ['4He', 'llo']);

	client.send(compressed, ws.text('4Hello'), compressed, ...fragments, compressed);

	for (let i = 0; i < 5; i++) assert.equal(String((await client.message()).content), '4Hello');
});

for (const fin of [true, false]) {
	test(`websocket 23: RSV1 on the second compressed fragment, FIN ${fin}, fails`, async (t) => {
		const client = await open(t);
		const [half, rest] = [payload.subarray(0, 4), payload.subarray(4)];

		client.send(ws.text(half, { fin: false, rsv: 4 }), ws.more(rest, { rsv: 4, fin }));

		await client.fails(1002);
	});

	test(`websocket 23: RSV1 on the second plain fragment, FIN ${fin}, fails`, async (t) => {
		const client = await open(t);

		client.send(ws.text('4He', { fin: false }), ws.more('llo', { rsv: 4, fin }));

		await client.fails(1002);
	});
}

for (const [kind, frame] of Object.entries({
	'a ping': ws.ping('x', { rsv: 4 }),
	'an empty ping': ws.ping('', { rsv: 4 }),
	'a pong': ws.pong('x', { rsv: 4 }),
	'a close frame': ws.close(1000, '', { rsv: 4 }),
	'a reserved opcode': ws.frame(3, '', { rsv: 4 }),
}))
	for (const inside of [false, true])
		test(`websocket 23: RSV1 on ${kind}${inside ? ' inside a message' : ''} fails`, async (t) => {
			const client = await open(t);

			if (inside) client.send(ws.text(payload.subarray(0, 4), { fin: false, rsv: 4 }));
			client.send(frame);

			await client.fails(1002);
		});

for (const rsv of [1, 2, 3, 5, 6, 7])
	for (const [kind, opcode] of Object.entries({ text: ws.TEXT, binary: ws.BINARY }))
		test(`websocket 23: the reserved bits ${rsv} on a ${kind} message fail`, async (t) => {
			const client = await open(t);

			client.send(ws.frame(opcode, payload, { rsv }));

			await client.fails(1002);
		});

test('websocket 23: without agreement RSV1 fails', async (t) => {
	const client = await FrameClient.open(t, server);

	client.send(...compressedFrames(ws.TEXT, payload));

	await client.fails(1002);
});

// ---- Text ----

const words = Buffer.from(`4${'größer und größer, '.repeat(20)}`);
const noText = deflated(words);

test('websocket 24: what is no text before it is inflated', async (t) => {
	const client = await open(t);
	assert.throws(() => new TextDecoder('utf-8', { fatal: true }).decode(noText));

	client.send(...compressedFrames(ws.TEXT, noText));

	assert.deepEqual((await client.message()).content, words);
});

test('websocket 24: nor is it looked at before the message is whole', async (t) => {
	const client = await open(t);
	const frames = compressedFrames(ws.TEXT, noText, noText.length - 1);

	client.send(frames[0], ws.ping('fine so far'));
	assert.equal(String(await client.pong()), 'fine so far');
	client.send(frames[1]);

	assert.deepEqual((await client.message()).content, words);
});

test('websocket 24: a plain text beside it is checked as ever', async (t) => {
	const client = await open(t);
	client.send(...compressedFrames(ws.TEXT, noText));
	await client.message();

	client.send(ws.text(noText));

	await client.fails(1007);
});

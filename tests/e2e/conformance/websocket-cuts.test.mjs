// SPDX-License-Identifier: MIT
//
// WebSocket: one stream of bytes, cut by the network in every way.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, FrameClient } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer({ ...ECHO, MAX_HTTP_BUFFER: '10000' })));
after(() => server.stop());

// ---- Streams, and what each of them brings about ----

const long = '4'.padEnd(400, 'é');
const huge = Buffer.alloc(9000, 0x5a);

const GOOD = {
	frames: [
		ws.text('4one'),
		ws.ping(''),
		ws.binary(''),
		...ws.fragments(ws.TEXT, ['4', long, '', '€']).flatMap((f, i) => [f, ws.ping(`in ${i}`)]),
		ws.pong('unasked'),
		ws.binary(huge),
		ws.text(long),
		ws.ping(Buffer.alloc(125, 'p')),
		...ws.fragments(ws.BINARY, ['', 'a', 'b', '']),
		ws.text('4last'),
	],
	messages: ['4one', Buffer.alloc(0), `4${long}€`, huge, long, Buffer.from('ab'), '4last'],
	pongs: ['', 'in 0', 'in 1', 'in 2', 'in 3', 'p'.repeat(125)],
};

/** Each fails with its code behind the frames of GOOD, and whatever follows changes nothing. */
const BAD = {
	'a reserved bit': [1002, ws.text('4x', { rsv: 1 })],
	'a reserved opcode': [1002, ws.frame(5, 'x')],
	'no mask': [1002, ws.text('4x', { mask: null })],
	'a long length': [1002, ws.text('4x', { form: 8 })],
	'a ping without FIN': [1002, ws.ping('x', { fin: false })],
	'a fragment of nothing': [1002, ws.more('x')],
	'a text that is none': [1007, ws.text(Buffer.from('34c3a9c328', 'hex'))],
	'too much': [1009, ws.binary(Buffer.alloc(10_001))],
	'half a close code': [1002, ws.frame(ws.CLOSE, 'x')],
	'a reason that is no text': [1007, ws.close(1000, Buffer.from('ff', 'hex'))],
};

// ---- Ways to cut ----

function numbers(seed) {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

function cutAtRandom(bytes, seed) {
	const random = numbers(seed);
	const out = [];
	for (let at = 0; at < bytes.length; at += out.at(-1).length)
		out.push(bytes.subarray(at, at + 1 + random(2 ** random(11))));
	return out;
}

const CUTS = { 'in one piece': (bytes) => [bytes] };
for (const size of [1, 2, 3, 5, 7, 13, 64, 129, 1000])
	CUTS[`in writes of ${size}`] = (bytes) => ws.pieces(bytes, size);
for (const seed of [1, 2, 3, 4, 5])
	CUTS[`cut at random, ${seed}`] = (bytes) => cutAtRandom(bytes, seed);

/** Between two writes the server gets time to read the first; the loop turns. */
async function deliver(client, frames, cut) {
	const pieces = cut(Buffer.concat(frames));
	for (const [i, piece] of pieces.entries()) {
		client.send(piece);
		if (i % 8 === 7 && pieces.length < 3000) await new Promise(setImmediate);
	}
}

for (const [name, cut] of Object.entries(CUTS)) {
	test(`websocket 10: messages, fragments, pings and pongs, ${name}`, async (t) => {
		const client = await FrameClient.open(t, server);

		await deliver(client, GOOD.frames, cut);

		const [messages, pongs] = [[], []];
		while (messages.length < GOOD.messages.length || pongs.length < GOOD.pongs.length) {
			const frame = await client.frame();
			if (frame.name === 'pong') pongs.push(String(frame.payload));
			else messages.push(frame.name === 'text' ? String(frame.payload) : frame.payload);
		}
		assert.deepEqual(messages, GOOD.messages);
		assert.deepEqual(pongs, GOOD.pongs);
		client.send(ws.close(4321));
		await client.fails(4321);
	});

	for (const [what, [code, bad]] of Object.entries(BAD))
		test(`websocket 10: ${what} fails with ${code}, ${name}`, async (t) => {
			const client = await FrameClient.open(t, server);

			await deliver(client, [ws.ping('before'), bad, ws.ping('behind'), ws.close(1000)], cut);

			assert.deepEqual(await client.everything(), { messages: [], pongs: ['before'], code });
		});
}

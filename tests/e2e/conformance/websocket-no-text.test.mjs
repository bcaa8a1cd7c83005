// SPDX-License-Identifier: MIT
//
// WebSocket: texts that are not UTF-8, and when that is noticed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, FrameClient, stopAll } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';
import { BEYOND_UNICODE, OVERLONG, STRAY, SURROGATES } from '../support/utf8-cases.mjs';

let server, beside;
before(async () => {
	server = await startServer(ECHO);
	beside = await FrameClient.open(undefined, server);
});
after(() => stopAll(server));

const open = (t) => FrameClient.open(t, server);
const GOOD = Buffer.from('4κόσμε ');

/** GOOD, what is bad, and more: its bytes, and where the first bad byte stands. */
function around({ bytes, bad }) {
	return {
		all: Buffer.concat([GOOD, bytes, Buffer.from(' edited')]),
		at: GOOD.length + bad,
	};
}

const CLASSES = [
	[25, STRAY],
	[28, OVERLONG],
	[28, SURROGATES],
	[28, BEYOND_UNICODE],
];

for (const [statement, bad] of CLASSES)
	for (const { name, bytes } of bad)
		test(`websocket ${statement}: ${name} is no text`, async (t) => {
			const client = await open(t);

			client.send(ws.text(Buffer.concat([Buffer.from('4'), bytes])));

			await client.fails(1007);
		});

for (const [statement, bad] of CLASSES)
	for (const one of bad)
		test(`websocket ${statement}: ${one.name} in fragments of one byte is no text`, async (t) => {
			const client = await open(t);

			client.send(...ws.fragments(ws.TEXT, ws.pieces(around(one).all, 1)));

			await client.fails(1007);
		});

/** The first bad byte fails although neither frame nor message is whole; those before do not. */
for (const one of CLASSES.flatMap(([, bad]) => bad)) {
	const { all, at } = around(one);

	test(`websocket 26: ${one.name} inside a frame fails at byte ${at}`, async (t) => {
		const client = await open(t);
		const bytes = ws.text(all, { length: 1000 });
		const header = bytes.length - all.length;

		client.send(bytes.subarray(0, header + at));
		await beside.barrier();
		client.assertQuiet();
		client.send(bytes.subarray(header + at, header + at + 1));

		await client.fails(1007);
	});

	test(`websocket 26: ${one.name} in an unfinished message fails at byte ${at}`, async (t) => {
		const client = await open(t);

		client.send(ws.text(all.subarray(0, at), { fin: false }), ws.ping('fine so far'));
		assert.equal(String(await client.pong()), 'fine so far');
		client.send(ws.more(all.subarray(at, at + 1), { fin: false }));

		await client.fails(1007);
	});
}

test('websocket 25: a bad text fails behind good ones', async (t) => {
	const client = await open(t);
	client.send(ws.text('4good'));
	assert.equal(await client.text(), '4good');

	client.send(ws.text(Buffer.from('34c328', 'hex')));

	await client.fails(1007);
});

test('websocket 26: the first byte of a text may be the bad one', async (t) => {
	const client = await open(t);

	client.send(ws.text(Buffer.from('ff', 'hex'), { length: 1000 }));

	await client.fails(1007);
});

// ---- Second bytes, whose range depends on the first ----

const SECOND = {
	c2: [0x80, 0xbf],
	df: [0x80, 0xbf],
	e0: [0xa0, 0xbf],
	e1: [0x80, 0xbf],
	ec: [0x80, 0xbf],
	ed: [0x80, 0x9f],
	ee: [0x80, 0xbf],
	ef: [0x80, 0xbf],
	f0: [0x90, 0xbf],
	f1: [0x80, 0xbf],
	f3: [0x80, 0xbf],
	f4: [0x80, 0x8f],
};
for (const [lead, [least, most]] of Object.entries(SECOND)) {
	const first = Buffer.from(`34${lead}`, 'hex');

	for (const second of [least, most])
		test(`websocket 28: ${lead} may be followed by ${second.toString(16)}`, async (t) => {
			const client = await open(t);

			client.send(ws.text(first, { fin: false }), ws.more([second], { fin: false }));

			await client.barrier();
		});

	for (const second of [0x00, 0x7f, least - 1, most + 1, 0xc0, 0xff])
		test(`websocket 28: ${lead} may not be followed by ${second.toString(16)}`, async (t) => {
			const client = await open(t);

			client.send(ws.text(first, { fin: false }), ws.more([second], { fin: false }));

			await client.fails(1007);
		});
}

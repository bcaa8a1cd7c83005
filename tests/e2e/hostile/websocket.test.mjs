// SPDX-License-Identifier: MIT
//
// Hostile WebSocket frames, and what becomes of whoever sends them.

import assert from 'node:assert/strict';
import { deflateRawSync } from 'node:zlib';
import {
	BINARY,
	CLOSE,
	PING,
	TEXT,
	close,
	fragments,
	frame,
	more,
	ping,
	text,
} from '../support/frames.mjs';
import { begin, besiege, enter, hears, join, shake } from '../support/siege.mjs';

const { attack } = besiege({ DEFLATE: '1' });
const MEGABYTE = 1_000_000;
const begins = (start) => (message) => message.startsWith(start);

/** What is sent, the code that the connection is failed with, and the limit that was struck. */
const FRAMES = [
	['an unmasked frame', [text('4', { mask: null })], 1002],
	['an unmasked ping', [ping('', { mask: null })], 1002],
	['the opcode 3', [frame(3, 'x')], 1002],
	['the opcode 11', [frame(11, 'x')], 1002],
	['the reserved bit 2', [text('4', { rsv: 2 })], 1002],
	['the reserved bit 3', [text('4', { rsv: 1 })], 1002],
	['RSV1 on a ping', [ping('', { rsv: 4 })], 1002],
	['a length with the highest bit', [text('', { length: 1n << 63n, form: 8 })], 1002],
	['a length of 2^63-1', [text('', { length: (1n << 63n) - 1n, form: 8 })], 1009],
	['a length of 2^32', [text('', { length: 1n << 32n, form: 8 })], 1009],
	['a length of a byte too many', [text('', { length: MEGABYTE + 1, form: 8 })], 1009],
	['5 bytes in 64 bits', [text('4aaaa', { form: 8 })], 1002],
	[
		'fragments of more than is allowed',
		fragments(BINARY, Array(17).fill(Buffer.alloc(60_000))),
		1009,
	],
	[
		'a second fragment that announces too much',
		[text('4', { fin: false }), more('', { length: MEGABYTE, form: 8 })],
		1009,
	],
	[
		'16385 fragments',
		[text('4', { fin: false }), Buffer.concat(Array(16_384).fill(more('', { fin: false })))],
		1008,
	],
	['a ping of 126 bytes', [ping('x'.repeat(126))], 1002],
	['a fragmented ping', [frame(PING, '', { fin: false })], 1002],
	['a continuation of nothing', [more('x')], 1002],
	['a message inside a message', [text('4', { fin: false }), text('4')], 1002],
	['text that is not UTF-8', [text(Buffer.from([0x34, 0xc3, 0x28]))], 1007],
	['half a surrogate pair in UTF-8', [text(Buffer.from([0x34, 0xed, 0xa0, 0x80]))], 1007],
	[
		'a character that its fragments cut and do not end',
		[text(Buffer.from([0x34, 0xe2, 0x82]), { fin: false }), more('')],
		1007,
	],
	['a close reason that is not UTF-8', [frame(CLOSE, Buffer.from([0x03, 0xe8, 0xff]))], 1007],
	['a close code that may not be sent', [close(1005)], 1002],
	['a close frame of one byte', [frame(CLOSE, 'x')], 1002],
	['a compressed message without agreement', [text('4', { rsv: 4 })], 1002],
];

for (const [name, bytes, code] of FRAMES)
	attack(
		`${name} fails that connection with ${code}`,
		async (t, server) => {
			const enemy = await enter(t, server);
			enemy.send(...bytes);
			await enemy.fails(code);
		},
		{ bad_frames: 1, 'struck.max_payload': code === 1009 ? 1 : 0, closed: 1 },
	);

attack(
	'a message of 20 MB in 20 kB is not inflated beyond what is allowed',
	async (t, server) => {
		const enemy = await enter(t, server, { 'Sec-WebSocket-Extensions': 'permessage-deflate' });
		const bomb = deflateRawSync(Buffer.alloc(20 * MEGABYTE, '4'));
		enemy.send(frame(TEXT, bomb, { rsv: 4 }));
		await enemy.fails(1009);
	},
	{ bad_frames: 1, 'struck.max_payload': 1 },
);

attack('20,000 pings are 20,000 pongs', async (t, server) => {
	const enemy = await enter(t, server);
	const pings = Array.from({ length: 20_000 }, (_, i) => ping(String(i)));
	enemy.send(...pings);
	for (let i = 0; i < pings.length; i++) assert.equal(String(await enemy.pong()), String(i));
	enemy.assertQuiet();
});

attack(
	'whoever pings and does not read the pongs is cut off',
	async (t, server) => {
		const enemy = await enter(t, server);
		enemy.socket.pause();
		const flood = Buffer.concat(Array(8192).fill(ping('x'.repeat(125))));
		const gone = new Promise((done) => enemy.socket.once('close', done));
		const write = () => {
			while (!enemy.socket.destroyed && enemy.socket.write(flood));
		};
		enemy.socket.on('drain', write).on('error', () => {});
		write();
		await gone;
	},
	{ closed: 1 },
);

attack(
	'pings between the fragments of an event are answered, and the event too',
	async (t, server) => {
		const enemy = await join(t, server);
		const letters = [...'42["echo","in pieces"]'];
		const pieces = fragments(TEXT, letters);
		enemy.send(...pieces.flatMap((piece, i) => [piece, ping(String(i))]));
		const pongs = [];
		let echo;
		while (pongs.length < letters.length || !echo) {
			const { name, payload } = await enemy.frame();
			if (name === 'pong') pongs.push(String(payload));
			else if (begins('42["echo"')(String(payload))) echo = String(payload);
		}
		assert.deepEqual(
			pongs,
			letters.map((_, i) => String(i)),
		);
		assert.equal(echo, '42["echo","in pieces"]');
	},
);

attack(
	'a connection that breaks off in the middle of a frame is the end of its session',
	async (t, server) => {
		const enemy = await join(t, server);
		enemy.send(text('42["echo"', { length: 1000, form: 2 }));
		enemy.socket.resetAndDestroy();
	},
	{ closed: 1 },
);

attack(
	'a broken frame in one piece with the handshake fails with its code',
	async (t, server) => {
		const enemy = begin(t, server);
		enemy.send(text('4', { mask: null }));
		assert.equal((await enemy.answer()).status, 101);
		assert.equal((await enemy.everything()).code, 1002);
	},
	{ bad_frames: 1, opened: 1, closed: 1 },
);

attack(
	'bytes that are no frames at all fail with 1002',
	async (t, server) => {
		const enemy = await enter(t, server);
		enemy.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
		await enemy.fails(1002);
	},
	{ bad_frames: 1 },
);

attack(
	'what follows a close frame is not read',
	async (t, server) => {
		const enemy = await join(t, server);
		enemy.send(close(1000), text('42["bcast",-1]'));
		assert.equal((await enemy.everything()).code, 1000);
	},
	{ bad_frames: 0, closed: 1 },
);

attack(
	'the name of a prototype is no extension',
	async (t, server) => {
		for (const name of ['constructor', '__proto__', 'toString; hasOwnProperty=1'])
			await enter(t, server, { 'Sec-WebSocket-Extensions': name });
	},
	{ bad_frames: 0, opened: 3 },
);

attack(
	'a thousand subprotocols are refused, and soon',
	async (t, server) => {
		const list = Array.from({ length: 1000 }, (_, i) => `p${i}`).join(', ');
		const answer = await shake(t, server, { 'Sec-WebSocket-Protocol': list });
		assert.equal(answer.status, 400);
	},
	{ opened: 0 },
);

attack(
	'a header of spaces is read in no time',
	async (t, server) => {
		const spaces = `a${' '.repeat(12_000)}b`;
		assert.equal((await shake(t, server, { 'Sec-WebSocket-Protocol': spaces })).status, 400);
		assert.equal((await shake(t, server, { 'Sec-WebSocket-Extensions': spaces })).status, 400);
	},
	{ opened: 0 },
);

// SPDX-License-Identifier: MIT
//
// The tools of the WebSocket suites are strict: what a server must not send is noticed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frame, FrameReader } from './support/frames.mjs';
import { Inflater } from './support/inflate.mjs';
import { BEYOND_UNICODE, CUT, OVERLONG, STRAY, SURROGATES, VALID } from './support/utf8-cases.mjs';

/** All frames in these bytes, fed whole. */
function read(bytes, allowCompressed) {
	const reader = new FrameReader(allowCompressed);
	reader.add(bytes);
	const frames = [];
	for (let one = reader.read(); one; one = reader.read()) frames.push(one);
	return frames;
}

const bare = (opcode, payload, options) => frame(opcode, payload, { mask: null, ...options });

const BAD_FRAMES = {
	'a masked frame': frame(1, 'x'),
	'a fragment': bare(1, 'x', { fin: false }),
	'a continuation': bare(0, 'x'),
	'a reserved opcode': bare(3, 'x'),
	'a reserved control opcode': bare(11, 'x'),
	'a reserved bit': bare(1, 'x', { rsv: 1 }),
	'RSV1 without agreement': bare(1, 'x', { rsv: 4 }),
	'5 bytes in 16 bits': bare(1, 'xxxxx', { form: 2 }),
	'125 bytes in 64 bits': bare(1, Buffer.alloc(125), { form: 8 }),
	'65535 bytes in 64 bits': bare(1, Buffer.alloc(65_535), { form: 8 }),
	'a pong of 126 bytes': bare(10, Buffer.alloc(126)),
	'a frame behind the close frame': Buffer.concat([bare(8, ''), bare(10, '')]),
	'half a frame behind the close frame': Buffer.concat([bare(8, ''), Buffer.from([0x81])]),
};
for (const [name, bytes] of Object.entries(BAD_FRAMES))
	test(`the frame reader does not let pass ${name}`, () => {
		assert.throws(() => read(bytes), /the server sent/);
	});

test('the frame reader does not let pass RSV1 on a pong', () => {
	assert.throws(() => read(bare(10, 'x', { rsv: 4 }), true), /the server sent/);
});

test('the frame reader lets pass what is good', () => {
	const lengths = [0, 125, 126, 65_535, 65_536];
	const good = lengths.map((length) => bare(2, Buffer.alloc(length)));

	const frames = read(Buffer.concat([...good, bare(1, 'x', { rsv: 4 }), bare(8, '')]), true);

	assert.deepEqual(
		frames.map(({ payload }) => payload.length),
		[...lengths, 1, 0],
	);
});

const inflate = (hex, window = 32_768) => new Inflater(window).read(Buffer.from(hex, 'hex'));

const BAD_DATA = {
	'a reference to before the beginning': 'f200110000',
	'a last block': 'f348cdc9c9070000',
	'a reserved block type': '0700',
	'an end within a block': 'f248cd',
	'no empty block at the end': 'f248cdc9c907000000ffff',
	'a wrong complement': '000500fafe48656c6c6f00',
	nothing: '',
};
for (const [name, hex] of Object.entries(BAD_DATA))
	test(`the inflater does not let pass ${name}`, () => {
		assert.throws(() => inflate(hex), /deflate data/);
	});

test('the inflater does not let pass a reference beyond the window', () => {
	const inflater = new Inflater(4);
	inflater.read(Buffer.from('f248cdc9c90700', 'hex'));
	assert.throws(() => inflater.read(Buffer.from('f200110000', 'hex')), /5 back, of 4/);
});

test('the inflater reads the examples of the standard', () => {
	const inflater = new Inflater(32_768);
	for (const hex of ['f248cdc9c90700', 'f200110000', '000500faff48656c6c6f00'])
		assert.equal(String(inflater.read(Buffer.from(hex, 'hex'))), 'Hello');
});

test('what the UTF-8 cases call bad has a bad byte, and what they call cut has none', () => {
	for (const { name, bad } of [...STRAY, ...OVERLONG, ...SURROGATES, ...BEYOND_UNICODE])
		assert.notEqual(bad, undefined, name);
	for (const { name, bad } of [...VALID, ...CUT]) assert.equal(bad, undefined, name);
});

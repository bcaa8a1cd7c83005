// SPDX-License-Identifier: MIT
//
// permessage-deflate: compressed messages that the server reads.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import zlib from 'node:zlib';
import {
	COMPRESSED,
	compressedFrames,
	deflated,
	DeflateClient,
} from '../support/deflate-client.mjs';
import { ECHO } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';
import { OVERLONG, STRAY, SURROGATES, VALID } from '../support/utf8-cases.mjs';

const LIMIT = 100_000;
const FORGETFUL = 'permessage-deflate; client_no_context_takeover';

let server;
before(async () => {
	server = await startServer({ ...ECHO, DEFLATE: '1', MAX_HTTP_BUFFER: String(LIMIT) });
});
after(() => server.stop());

const open = (t, offer) => DeflateClient.open(t, server, offer);
const bytes = (hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const binary = (payload, size) => Buffer.concat(compressedFrames(ws.BINARY, payload, size));
const contentOf = async (client) => (await client.message()).content;

/** One case: the payloads of binary messages in hex, and what they say. */
function says(name, payloads, contents, offer) {
	test(`deflate ${name}`, async (t) => {
		const client = await open(t, offer);

		for (const payload of payloads) client.send(binary(bytes(payload)));

		for (const content of contents) assert.equal(String(await contentOf(client)), content);
	});
}

function fails(name, code, payloads, offer) {
	test(`deflate ${name}`, async (t) => {
		const client = await open(t, offer);

		for (const payload of payloads.slice(0, -1)) {
			client.send(binary(payload));
			await client.message();
		}
		client.send(binary(payloads.at(-1)));

		await client.fails(code);
	});
}

// The examples of RFC 7692, 7.2.3.
const HELLO = 'f2 48 cd c9 c9 07 00';
const AGAIN = 'f2 00 11 00 00';
const LAST = 'f3 48 cd c9 c9 07 00';

// ---- Fragments ----

says('23: "Hello" of the standard', [HELLO], ['Hello']);
for (let size = 1; size <= 7; size++)
	test(`deflate 23: "Hello" in fragments of ${size}`, async (t) => {
		const client = await open(t);

		client.send(binary(bytes(HELLO), size));

		assert.equal(String(await contentOf(client)), 'Hello');
	});

test('deflate 23: the first and the last fragment are empty', async (t) => {
	const client = await open(t);

	client.send(...ws.fragments(ws.BINARY, ['', bytes(HELLO), ''], COMPRESSED));

	assert.equal(String(await contentOf(client)), 'Hello');
});

test('deflate 23: pings between the fragments', async (t) => {
	const client = await open(t);
	const frames = compressedFrames(ws.BINARY, bytes(HELLO), 1);

	client.send(...frames.flatMap((frame, i) => [frame, ws.ping(String(i))]));

	const all = [];
	for (let i = 0; i <= frames.length; i++) all.push(await client.frame());
	assert.equal(all.filter(({ name }) => name === 'pong').length, frames.length);
	const [message] = all.filter(({ name }) => name === 'binary');
	assert.equal(String(client.contentOf(message)), 'Hello');
});

// ---- Blocks ----

says('24: a block that refers back', [HELLO, AGAIN], ['Hello', 'Hello']);
says('24: a stored block', ['00 05 00 fa ff 48 65 6c 6c 6f 00'], ['Hello']);
says('24: two blocks', ['f2 48 05 00 00 00 ff ff ca c9 c9 07 00'], ['Hello']);
says('24: no block but the last', ['00'], ['']);
says('24: empty stored blocks', ['00 00 00 ff ff 00 00 00 ff ff 00'], ['']);

// Some of it is alike, some is not.
const mixed = Buffer.from(
	Array.from({ length: 9000 }, (_, i) => (i % 64 < 40 ? i % 40 : (i * 2654435761) >>> 24)),
);
const { Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_FILTERED } = zlib.constants;
for (const [name, options] of Object.entries({
	'stored blocks': { level: 0 },
	'fixed codes': { strategy: Z_FIXED },
	'codes without references': { strategy: Z_HUFFMAN_ONLY },
	'references to the byte before': { strategy: Z_RLE },
	'few references': { strategy: Z_FILTERED },
	'the quickest way': { level: 1 },
	'the best way': { level: 9, memLevel: 9 },
	'many small blocks': { memLevel: 1 },
}))
	test(`deflate 24: ${name}`, async (t) => {
		const client = await open(t);

		client.send(binary(deflated(mixed, options)));

		assert.ok((await contentOf(client)).equals(mixed));
	});

test('deflate 24: a thousand blocks of every type', async (t) => {
	const client = await open(t);
	const kinds = [{ level: 0 }, { strategy: Z_FIXED }, {}];
	const parts = ws.pieces(mixed, 9);
	const tail = bytes('00 00 ff ff');

	const blocks = parts.flatMap((part, i) => [deflated(part, kinds[i % 3]), tail]);
	client.send(binary(Buffer.concat(blocks.slice(0, -1))));

	assert.ok((await contentOf(client)).equals(mixed));
});

says('25: a last block, and an empty one', [`${LAST} 00`], ['Hello']);
says('25: a last block, and one that refers to it', [`${LAST} ${AGAIN}`], ['HelloHello']);
says('25: three last blocks', [`${LAST} ${LAST} ${LAST}`], ['HelloHelloHello']);
says('25: the next message refers to a last block', [`${LAST} 00`, AGAIN], ['Hello', 'Hello']);
says('26: a last block and nothing', [LAST], ['Hello']);
says('26: the next message refers to it', [LAST, AGAIN, LAST], ['Hello', 'Hello', 'Hello']);
says('26: without context, twice', [LAST, LAST], ['Hello', 'Hello'], FORGETFUL);
for (const length of [63, 64, 65, 16_383, 16_384, 16_385])
	test(`deflate 26: a last block of ${length} bytes and nothing`, async (t) => {
		const client = await open(t);
		const zeros = Buffer.alloc(length);

		client.send(binary(zlib.deflateRawSync(zeros, { strategy: Z_FIXED })));

		assert.ok((await contentOf(client)).equals(zeros));
	});

// ---- Context ----

says('27: a message refers to the one before', [HELLO, AGAIN, AGAIN], ['Hello', 'Hello', 'Hello']);
test('deflate 27: a plain message between is not part of the context', async (t) => {
	const client = await open(t);

	client.send(binary(bytes(HELLO)), ws.binary('World'), binary(bytes(AGAIN)));

	for (const word of ['Hello', 'World', 'Hello'])
		assert.equal(String(await contentOf(client)), word);
});

test('deflate 27: a message refers to the whole window', async (t) => {
	const client = await open(t);
	const random = Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * i * 2654435761) >>> 23));

	await client.echoes(ws.BINARY, random);
	const again = client.compress(ws.BINARY, random);
	assert.ok(again[0].length < 1000, 'it refers to the first');
	client.send(...again);

	assert.ok((await contentOf(client)).equals(random));
});

fails('28: a reference to the message before', 1007, [bytes(HELLO), bytes(AGAIN)], FORGETFUL);
fails('28: a reference to before the first message', 1007, [bytes(AGAIN)], FORGETFUL);
fails('27: with context too nothing stands before the first message', 1007, [bytes(AGAIN)]);
test('deflate 28: what another connection sent cannot be read', async (t) => {
	const [one, other] = [await open(t, FORGETFUL), await open(t, FORGETFUL)];
	one.send(binary(bytes(HELLO)));
	assert.equal(String(await contentOf(one)), 'Hello');

	other.send(binary(bytes(AGAIN)));

	await other.fails(1007);
	one.send(binary(bytes(HELLO)));
	assert.equal(String(await contentOf(one)), 'Hello');
});

// ---- What is no deflate data ----

for (const [name, payload] of Object.entries({
	'a block of the reserved type': bytes('07'),
	noise: Buffer.alloc(100, 0xff),
	'plain text': Buffer.from('plain text'),
	'a wrong complement of a stored length': bytes('00 05 00 fa fe 48 65 6c 6c 6f 00'),
	'the format of zlib': zlib.deflateSync(mixed),
	'the format of gzip': zlib.gzipSync(mixed),
	'a code of too many symbols': bytes('fc ff ff ff ff ff ff ff ff ff'),
	'the four bytes that belong at the end': Buffer.concat([bytes(HELLO), bytes('00 00 ff ff ff')]),
})) {
	fails(`29: ${name} fails`, 1007, [payload]);
	fails(`29: ${name} behind good messages fails`, 1007, [bytes(HELLO), bytes(HELLO), payload]);
}

const cut = deflated(Buffer.from(mixed.map((byte) => byte & 15)).subarray(0, 400));
for (let length = 1; length < cut.length; length += length < 20 ? 1 : 17)
	fails(`30: ${length} of ${cut.length} bytes fail`, 1007, [cut.subarray(0, length)]);
fails('30: a stored block that is cut fails', 1007, [bytes('00 05 00 fa ff 48 65 6c')]);

// ---- Limits ----

test('deflate 31: exactly the limit', async (t) => {
	const client = await open(t);
	const zeros = Buffer.alloc(LIMIT);

	client.send(binary(deflated(zeros)));

	assert.ok((await contentOf(client)).equals(zeros));
});

for (const size of [LIMIT + 1, 2 * LIMIT, 1000 * LIMIT])
	fails(`31: ${size} bytes where ${LIMIT} are allowed`, 1009, [deflated(Buffer.alloc(size))]);
fails('31: without context', 1009, [deflated(Buffer.alloc(LIMIT + 1))], FORGETFUL);
fails('31: what follows the first byte too many is not looked at', 1009, [
	Buffer.concat([deflated(Buffer.alloc(LIMIT + 1)), bytes('00 00 ff ff'), Buffer.alloc(9, 0xff)]),
]);
fails('31: what is good up to the limit and bad behind it', 1007, [
	Buffer.concat([deflated(Buffer.alloc(LIMIT)), bytes('00 00 ff ff'), Buffer.alloc(9, 0xff)]),
]);

for (const offer of [undefined, FORGETFUL])
	says(`32: an empty payload, offered ${offer}`, ['', HELLO, ''], ['', 'Hello', ''], offer);
test('deflate 32: an empty text, of two empty fragments, is no packet', async (t) => {
	const client = await open(t);

	client.send(...ws.fragments(ws.TEXT, ['', ''], COMPRESSED));

	await client.dismissed();
});

// ---- Text ----

const packet = (content) => Buffer.concat([Buffer.from('4'), content]);
for (const { name, bytes: content } of [...OVERLONG, ...SURROGATES, ...STRAY.slice(0, 12)]) {
	test(`deflate 33: a text that inflates to ${name} fails`, async (t) => {
		const client = await open(t);

		client.send(...client.compress(ws.TEXT, packet(content)));

		await client.fails(1007);
	});

	test(`deflate 33: a binary message that inflates to ${name}`, async (t) => {
		const client = await open(t);

		await client.echoes(ws.BINARY, content);
	});
}
for (const { name, bytes: content } of VALID.slice(0, 20))
	test(`deflate 33: a text that inflates to ${name}, in fragments of a byte`, async (t) => {
		const client = await open(t);

		await client.echoes(ws.TEXT, packet(content), 1);
	});

// SPDX-License-Identifier: MIT
//
// What goes out for a tree: byte for byte what JSON.stringify writes, where it can write that.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../support/server.mjs';
import { Talk } from '../support/talk.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

/** Numbers that are always the same, and have nothing in common. */
function* noise(seed = 1) {
	for (let x = seed; ; ) {
		x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
		yield x;
	}
}

const view = new DataView(new ArrayBuffer(8));

/** Doubles of every size: any bits that are a finite number. */
function doubles(count) {
	const random = noise(7);
	const all = [];
	while (all.length < count) {
		view.setUint32(0, random.next().value);
		view.setUint32(4, random.next().value);
		const number = view.getFloat64(0);
		if (Number.isFinite(number)) all.push(number);
	}
	return all;
}

const powers = [...Array(598).keys()].map((i) => 2 ** (i * 3.5 - 1070));
const tens = [...Array(616).keys()].map((i) => Number(`1e${i - 307}`));

test('json 20: a tree is written without white space', async (t) => {
	const talk = await Talk.open(t, server);
	for (const [text, written] of Object.entries({
		' [ 1 , 2 , [ ] , { } ] ': '[1,2,[],{}]',
		'{ "a" : { "b c" : [ true , false , null ] } , "d" : " e " }':
			'{"a":{"b c":[true,false,null]},"d":" e "}',
		'\t{\r\n"a"\t:\n"b"\r}\n': '{"a":"b"}',
	}))
		assert.equal(await talk.echoed(text), written);
	assert.equal(await talk.ask('ack', ' 1 ', ' [ 2 ] ', ' { } '), '1,[2],{}');
	assert.equal(await talk.ask('ack'), '');
});

test('json 21: a number has the fewest digits that mean it, the nearest of those', async (t) => {
	const talk = await Talk.open(t, server);
	const numbers = [...doubles(4000), ...powers, ...tens, 0.1 + 0.2, 2 ** 53, 5e-324, 1e23];
	for (let at = 0; at < numbers.length; at += 500) {
		const some = numbers.slice(at, at + 500);
		const long = `[${some.map((number) => number.toPrecision(40))}]`;
		assert.equal(await talk.echoed(long), JSON.stringify(some));
		const short = JSON.stringify(some);
		assert.equal(await talk.echoed(short), short);
	}
	for (const [text, written] of Object.entries({
		'1.0': '1',
		'100e-2': '1',
		'0.10': '0.1',
		'0.30000000000000004441': '0.30000000000000004',
		'4.9406564584124654e-324': '5e-324',
		'9007199254740991.0': '9007199254740991',
		'5e-324': '5e-324',
		'9.5367431640625e-7': '9.5367431640625e-7',
	}))
		assert.equal(await talk.echoed(text), written);
});

test('json 22: from 1e21 on and below 1e-6 a number has an exponent', async (t) => {
	const talk = await Talk.open(t, server);
	for (const [text, written] of Object.entries({
		'1e21': '1e+21',
		'1e20': '100000000000000000000',
		'123456789012345680000': '123456789012345680000',
		'999999999999999868928': '999999999999999900000',
		'1e22': '1e+22',
		'12e21': '1.2e+22',
		'-1e21': '-1e+21',
		'1.5e300': '1.5e+300',
		'1e-6': '0.000001',
		'1.5e-6': '0.0000015',
		'0.00000099999': '9.9999e-7',
		'1e-7': '1e-7',
		'-1.5e-7': '-1.5e-7',
		'1e-10': '1e-10',
		'1e-100': '1e-100',
		'1e+05': '100000',
	}))
		for (const sent of [text, text.replace('e', 'E')])
			assert.equal(await talk.echoed(sent), written);
});

test('json 23: minus zero is 0, infinities and NaN are null', async (t) => {
	const talk = await Talk.open(t, server);
	for (const zero of ['-0', '-0.0', '-0e5', '-1e-400'])
		assert.equal(await talk.echoed(`[${zero},{"a":${zero}}]`), '[0,{"a":0}]');
	assert.equal(await talk.echoed('[1e999,{"a":-1e999}]'), '[null,{"a":null}]');
	for (const real of ['"nan"', '"-nan"', '"inf"', '"-inf"'])
		for (const conversion of ['%f', '%e', '%g'])
			assert.equal(await talk.ask('format', `"[${conversion}]"`, '"double"', real), '[null]');
	assert.equal(await talk.ask('format', '"%f"', '"double"', '"-0"'), '0');
});

test('json 24: only quotes, backslashes and control characters are escaped', async (t) => {
	const talk = await Talk.open(t, server);
	for (let code = 0; code < 0x3000; code++) {
		if (code > 0xff && code % 37 && code !== 0x2028 && code !== 0x2029) continue;
		const text = `a${String.fromCharCode(code)}b`;
		const escaped = `"a\\u${code.toString(16).padStart(4, '0')}b"`;
		assert.equal(await talk.echoed(escaped), JSON.stringify(text));
	}
	const all = '"\\\\\\"\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\\u2028\\u2029\\ud83d\\ude00"';
	const written = '"\\\\\\"/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\u2028\u2029\u{1f600}"';
	assert.equal(await talk.echoed(all), written);
	assert.equal(await talk.echoed(`{${all}:1}`), `{${written}:1}`);
});

test('json 25: U+0000 and half a character are written as escapes in lower case', async (t) => {
	const talk = await Talk.open(t, server);
	for (const text of ['\0', 'a\0b\0', '\ud83d', '\udeaf', '\ud83dx\ude00', '\udfff\ud800']) {
		const written = JSON.stringify(text);
		assert.match(written, /\\u[0-9a-f]{4}/);
		assert.equal(await talk.echoed(written), written);
		assert.equal(await talk.echoed(`{${written}:1}`), `{${written}:1}`);
		const upper = written.replace(/(?<=\\u)..../g, (digits) => digits.toUpperCase());
		assert.equal(await talk.echoed(upper), written);
	}
});

/** What the server writes for a string of these bytes, of which none is a NUL. */
async function writtenFor(talk, ...bytes) {
	const data = Buffer.from([...bytes, 0]);
	return JSON.parse(await talk.ask('format', '"%s"', '"text"', data));
}

/** U+0000 and halves of characters have bytes of their own, which are not UTF-8 either. */
const hasOurOwn = (bytes) => /c080|ed[ab][0-9a-f][89ab]/.test(Buffer.from(bytes).toString('hex'));

test('json 26: what is not UTF-8 becomes U+FFFD, piece by piece', async (t) => {
	const talk = await Talk.open(t, server);
	const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
	const check = async (...bytes) => {
		const expected = decoder.decode(Uint8Array.from(bytes));
		const name = Buffer.from(bytes).toString('hex');
		assert.equal(await writtenFor(talk, ...bytes), expected, name);
	};
	for (let byte = 0x80; byte < 0x100; byte++)
		for (const rest of [[], [0x61], [0x80], [0xbf, 0x61], [0x9f, 0x80], [0x80, 0x80, 0x80]])
			if (!hasOurOwn([byte, ...rest])) await check(0x61, byte, ...rest, 0x62);
	await check(0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xc3, 0xa9);
	await check(0xef, 0xbb, 0xbf, 0x61);
	await check(0xf4, 0x90, 0x80, 0x80);
	await check(0xe0, 0x80, 0x80);
	await check(0xc1, 0xbf);

	const random = noise(3);
	for (let i = 0; i < 300; i++) {
		const bytes = Array.from({ length: 12 }, () => {
			const x = random.next().value;
			return x & 0x100 ? 0x80 | ((x >> 16) & 0x7f) : 1 + ((x >> 20) & 0x3f);
		});
		if (!hasOurOwn(bytes)) await check(...bytes);
	}
	assert.equal(await writtenFor(talk, 0xff), '\ufffd');
	assert.equal(await writtenFor(talk, 0xe2, 0x82), '\ufffd');
	assert.equal(await writtenFor(talk, 0xc3, 0xc3, 0xa9, 0x80), '\ufffd\u00e9\ufffd');
});

test('json 27: a string without text and a member without a key are ""', async (t) => {
	const talk = await Talk.open(t, server);
	for (const [which, written] of Object.entries({
		'a string without text': '"before",{"odd":""}',
		'a member without a key': '"before",{"":null}',
	})) {
		talk.send('odd', [JSON.stringify(which)], 5);
		assert.equal(await talk.heard('odd'), written);
		assert.equal(await talk.after('435'), '["success"]');
	}
});

test('json 28: a node of no type makes the call fail, and nothing goes out', async (t) => {
	const talk = await Talk.open(t, server);
	const answer = await talk.ask('odd', '"a node of no type"');
	assert.notEqual(answer, '"success"');
	assert.equal(await talk.echoed('"next"'), '"next"');
});

// SPDX-License-Identifier: MIT
//
// Whatever JSON.stringify can write comes back equal, with the official client.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answers, connect, MODES } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';
import { Talk } from '../support/talk.mjs';
import { next } from '../support/wait.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const nested = (depth, leaf, wrap) => {
	let value = leaf;
	for (let i = 0; i < depth; i++) value = wrap(value);
	return value;
};
const inArray = (value) => [value];
const inObject = (value) => ({ a: value });

const KINDS = {
	'no arguments': [],
	'one string': ['hello'],
	'an empty string': [''],
	null: [null],
	'both booleans': [true, false],
	'an empty array and an empty object': [[], {}],
	'one of each': [null, true, 1, 'x', [1], { a: 1 }],
	'twenty arguments': [...Array(20).keys()],
	'what looks like a placeholder but has no number': [{ _placeholder: false, num: 0 }],
	'spaces in keys': [{ ' a ': { 'b c': 1 } }],
	'an object of a thousand keys': [
		Object.fromEntries([...Array(1000).keys()].map((i) => [`k${i}`, i])),
	],
	'an array of ten thousand numbers': [[...Array(10_000).keys()]],
};

const TEXTS = {
	emoji: '😀👩‍👩‍👧‍👦🏳️‍🌈',
	'combining characters': 'e\u0301 o\u0308\u0323 नि กำ',
	'right to left': 'שלום مرحبا',
	'Chinese, Japanese, Korean': '漢字かな교',
	'line and paragraph separators': 'a\u2028b\u2029c',
	'a byte order mark': '\ufeffx\ufeff',
	'the record separator of polling': 'a\u001eb\u001e',
	'every control character': String.fromCharCode(...Array(32).keys(), 127, 0x80, 0x9f),
	'a NUL in the middle': 'a\u0000b',
	'nothing but NULs': '\u0000\u0000',
	'half an emoji': '\ud83d',
	'the other half, then text': '\udc00x',
	'halves in the wrong order': '\udc00\ud83d\ud83d\ude00',
	'quotes, slashes and backslashes': '"\\/\b\f\n\r\t\\u0041\\"',
	'characters at the borders of UTF-8': '\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}',
	noncharacters: '\ufffe\uffff\ufdd0',
	'a packet inside a text': '42["x"]\u001e1',
};

const NUMBERS = [
	0,
	1,
	-1,
	0.1,
	0.30000000000000004,
	1 / 3,
	9007199254740991,
	-9007199254740991,
	9007199254740993,
	1e21,
	1e22,
	123456789012345680000,
	1e308,
	1.7976931348623157e308,
	5e-324,
	2.2250738585072014e-308,
	-1.5e-7,
	1e-7,
	4294967296,
	2147483648,
	-2147483649,
	5e-7,
	1e23,
	1.2345678901234567,
];

const OBJECTS = {
	'a key __proto__': JSON.parse('{"__proto__":1,"constructor":{"prototype":2},"toString":3}'),
	'an inner key __proto__': JSON.parse('{"a":{"__proto__":{"polluted":true}}}'),
	'keys that differ only in case': { key: 1, Key: 2, KEY: 3 },
	'keys that differ only after a NUL': { 'a\u0000b': 1, 'a\u0000c': 2, a: 3 },
	'an empty key': { '': { '': 1 } },
	'a key that is half an emoji': { '\ud83d': 1, '\ud83e': 2 },
	'keys that look like numbers': { 1: 'a', '01': 'b', '-1': 'c', '1.0': 'd' },
	'keys of other scripts': { ключ: 1, 鍵: 2, '😀': 3 },
};

// Some 3,000 levels are more than the stack of a JavaScript client or server can print.
const DEPTHS = [200, 2000];

/** Sends the arguments and compares both what comes back and what is acknowledged. */
async function survives(socket, args) {
	const echo = next(socket, 'echo');
	const acked = answers(socket, 'echo', ...args);

	assert.deepEqual(await echo, args);
	assert.deepEqual(await acked, args);
}

for (const mode of MODES) {
	for (const [name, args] of Object.entries(KINDS))
		test(`json 29: an echo by ${mode.name} keeps ${name}`, async (t) => {
			await survives(await connect(t, server, mode), args);
		});

	for (const [name, text] of Object.entries(TEXTS))
		test(`json 29: an echo by ${mode.name} keeps, in texts, ${name}`, async (t) => {
			await survives(await connect(t, server, mode), [text, [text], { [text]: text }]);
		});

	test(`json 29: an echo by ${mode.name} keeps numbers`, async (t) => {
		const socket = await connect(t, server, mode);

		await survives(socket, NUMBERS);
		await survives(socket, [{ list: NUMBERS }]);
	});

	for (const [name, object] of Object.entries(OBJECTS))
		test(`json 29: an echo by ${mode.name} keeps, in objects, ${name}`, async (t) => {
			const socket = await connect(t, server, mode);
			const echo = next(socket, 'echo');
			socket.emit('echo', object);
			const [back] = await echo;

			assert.equal(JSON.stringify(back), JSON.stringify(object));
		});

	test(`json 29: an echo by ${mode.name} keeps deep nesting`, async (t) => {
		const socket = await connect(t, server, mode);
		for (const depth of DEPTHS) {
			for (const wrap of [inArray, inObject]) {
				const text = JSON.stringify(nested(depth, 1, wrap));

				const back = await socket.emitWithAck('ack', JSON.parse(text));

				assert.equal(JSON.stringify(back), text);
			}
		}
	});
}

// ---- Values of chance ----

let state = 1;
const dice = (sides) => {
	state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
	return Math.floor((state / 2 ** 32) * sides);
};

const SIMPLE = ['a', 'é', '😀', '/', '"', '\\'];
const CHARACTERS = [...SIMPLE, '\u0000', '\n', '\u2028', '\x7f', '\ud83d', '\ude00'];
const text = () => Array.from({ length: dice(6) }, () => CHARACTERS[dice(12)]).join('');

function value(depth) {
	const kind = dice(depth > 4 ? 5 : 7);
	if (kind === 0) return [null, true, false][dice(3)];
	if (kind === 1) return dice(1000) - 500;
	if (kind === 2) return (dice(2 ** 31) / (dice(2 ** 31) + 1)) * 10 ** (dice(60) - 30);
	if (kind <= 4) return text();
	if (kind === 5) return Array.from({ length: dice(5) }, () => value(depth + 1));
	const object = {};
	for (let i = dice(5); i > 0; i--) object[text()] = value(depth + 1);
	return object;
}

test('json 29: values of chance come back as the same text', async (t) => {
	const talk = await Talk.open(t, server);
	for (let i = 0; i < 2000; i++) {
		const sent = JSON.stringify(value(0));
		assert.equal(await talk.echoed(sent), sent);
	}
});

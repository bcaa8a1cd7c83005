// SPDX-License-Identifier: MIT
//
// Events and acknowledgements: whatever JSON.stringify can write comes back equal.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { answers, connect, MODES } from './support/client.mjs';
import { startServer } from './support/server.mjs';
import { collect, next, record } from './support/wait.mjs';

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

for (const mode of MODES) {
	describe(mode.name, () => {
		/** Sends the arguments and compares both what comes back and what is acknowledged. */
		async function survives(socket, args) {
			const echo = next(socket, 'echo');
			const acked = answers(socket, 'echo', ...args);

			assert.deepEqual(await echo, args);
			assert.deepEqual(await acked, args);
		}

		test('arguments of every kind come back equal', async (t) => {
			const socket = await connect(t, server, mode);
			for (const [name, args] of Object.entries(KINDS)) {
				await t.test(name, () => survives(socket, args));
			}
		});

		test('texts come back equal', async (t) => {
			const socket = await connect(t, server, mode);
			for (const [name, text] of Object.entries(TEXTS)) {
				await t.test(name, () => survives(socket, [text, [text], { [text]: text }]));
			}
		});

		test('numbers come back equal', async (t) => {
			const socket = await connect(t, server, mode);

			await survives(socket, NUMBERS);
			await survives(socket, [{ list: NUMBERS }]);
		});

		test('objects come back equal', async (t) => {
			const socket = await connect(t, server, mode);
			for (const [name, object] of Object.entries(OBJECTS)) {
				await t.test(name, async () => {
					const echo = next(socket, 'echo');
					socket.emit('echo', object);
					const [back] = await echo;

					assert.equal(JSON.stringify(back), JSON.stringify(object));
				});
			}
		});

		test('deep nesting comes back equal', async (t) => {
			const socket = await connect(t, server, mode);
			for (const depth of DEPTHS) {
				for (const wrap of [inArray, inObject]) {
					const text = JSON.stringify(nested(depth, 1, wrap));

					const back = await socket.emitWithAck('ack', JSON.parse(text));

					assert.equal(JSON.stringify(back), text);
				}
			}
		});

		test('an event name may be any text', async (t) => {
			const socket = await connect(t, server, mode);
			for (const name of [
				'',
				' ',
				'é😀',
				'a"b\\',
				'__proto__',
				'toString',
				'x'.repeat(500),
				'a\u0000b',
				'1',
			]) {
				const came = next(socket, name);
				socket.emit('swap', name, name);

				assert.deepEqual(await came, [name]);
			}
		});

		test('an event that the server does not know does no harm', async (t) => {
			const socket = await connect(t, server, mode);

			for (const name of ['nothing', '__proto__', 'toString', '', 'ECHO', 'echo\u0000', 'error'])
				socket.emit(name, 1);

			assert.equal(await socket.emitWithAck('ack', 1), 1);
		});

		test('events keep their order', async (t) => {
			const socket = await connect(t, server, mode);
			const echoes = collect(socket, 'echo', 200);
			for (let i = 0; i < 200; i++) socket.emit('echo', i, i % 7 ? 'x'.repeat(i) : null);

			assert.deepEqual(
				(await echoes).map(([i]) => i),
				[...Array(200).keys()],
			);
		});

		test('the server acknowledges with 0, 1 and several arguments', async (t) => {
			const socket = await connect(t, server, mode);
			for (const args of [[], ['one'], [1, null, [2], { three: 3 }]]) {
				const answer = await answers(socket, 'ack', ...args);

				assert.deepEqual(answer, args);
			}
		});

		test('acknowledgements find their questions', async (t) => {
			const socket = await connect(t, server, mode);
			const questions = [...Array(100).keys()].map((i) => socket.emitWithAck('ack', i));

			assert.deepEqual(await Promise.all(questions), [...Array(100).keys()]);
		});

		test('the client acknowledges with 0, 1 and several arguments', async (t) => {
			const socket = await connect(t, server, mode);
			socket.on('question', (...args) => args.pop()(...args));
			for (const args of [[], ['one'], [1, null, [2], { 'a\u0000': '\ud83d' }]]) {
				const asked = next(socket, 'asked');
				socket.emit('ask', 'question', ...args);

				assert.deepEqual(await asked, args);
			}
		});

		test('several questions of the server may be open, and answered in any order', async (t) => {
			const socket = await connect(t, server, mode);
			const open = collect(socket, 'question', 3);
			for (const i of [0, 1, 2]) socket.emit('ask', 'question', i);
			const asked = collect(socket, 'asked', 3);

			for (const [i, answer] of (await open).reverse()) answer(i);

			assert.deepEqual(await asked, [[2], [1], [0]]);
		});

		test('a question without an answer times out at the client', async (t) => {
			const socket = await connect(t, server, mode);

			const question = socket.timeout(60).emitWithAck('no-such-event', 1);

			await assert.rejects(question, { message: 'operation has timed out' });
			assert.equal(await socket.timeout(5000).emitWithAck('ack', 2), 2);
		});

		test('a question without an answer times out at the server', async (t) => {
			const socket = await connect(t, server, mode);
			const failed = next(socket, 'ask-failed');
			const question = next(socket, 'question');
			socket.emit('ask-within', 60, 'question', 1);
			const [, answer] = await question;

			assert.deepEqual(await failed, []);

			const heard = record(socket, 'asked');
			answer('too late');
			await socket.emitWithAck('ack');
			assert.deepEqual(heard, []);
		});

		test('a question answered in time does not time out', async (t) => {
			const socket = await connect(t, server, mode);
			const failed = record(socket, 'ask-failed');
			socket.once('question', (arg, answer) => answer(arg, 'in time'));
			const asked = next(socket, 'asked');
			socket.emit('ask-within', 2000, 'question', 1);

			assert.deepEqual(await asked, [1, 'in time']);
			assert.deepEqual(failed, []);
		});

		test('the compress flag of an event changes nothing', async (t) => {
			const socket = await connect(t, server, mode);
			for (const flag of [true, false]) {
				const echo = next(socket, 'echo');
				socket.compress(flag).emit('echo', 'x'.repeat(5000));

				assert.deepEqual(await echo, ['x'.repeat(5000)]);
			}
		});
	});
}

// SPDX-License-Identifier: MIT
//
// Strings and keys in JSON that is read, and what stands in the tree for them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../support/server.mjs';
import { refusesJson, takesJson, Talk } from '../support/talk.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const hex = (code) => code.toString(16).padStart(4, '0');
const quoted = (text) => `"${text}"`;

/** The bytes that an application in C sees of a string, or of an object's first key. */
const bytesOf = async (talk, text) => (await talk.askForBytes('bytes', text)).toString('hex');

test('json 9: quotes, backslashes and control characters stand only as escapes', async (t) => {
	for (let code = 0; code < 0x20; code++) {
		const raw = String.fromCharCode(code);
		await refusesJson(t, server, quoted(raw));
		await refusesJson(t, server, quoted(`a long text and then ${raw}`));
		await refusesJson(t, server, `{"a${raw}b":1}`);
		await takesJson(t, server, quoted(`\\u${hex(code)}`));
	}
	for (const text of ['"', '"a', '"a"b"', '"\\"', '"\\', '\'a\'', '"a\\"', '"\\\\\\"'])
		await refusesJson(t, server, text);
	for (const text of ['""', '"\\""', '"\\\\"', '"\\\\\\""', '"\x7f\x80\u2028\u2029/\'"'])
		await takesJson(t, server, text);
});

test('json 10: the escapes are nine', async (t) => {
	const talk = await Talk.open(t, server);
	for (const [escape, meaning] of Object.entries({
		'\\"': '22',
		'\\\\': '5c',
		'\\/': '2f',
		'\\b': '08',
		'\\f': '0c',
		'\\n': '0a',
		'\\r': '0d',
		'\\t': '09',
		'\\u0041': '41',
		'\\u00e9': 'c3a9',
		'\\u00E9': 'c3a9',
		'\\u20aC': 'e282ac',
		'\\uFFff': 'efbfbf',
	})) {
		assert.equal(await bytesOf(talk, quoted(escape)), meaning);
		assert.equal(await bytesOf(talk, `{"a${escape}b":1}`), `61${meaning}62`);
	}
	for (let code = 0x20; code < 0x7f; code++) {
		const letter = String.fromCharCode(code);
		if (!'"\\/bfnrtu'.includes(letter)) await refusesJson(t, server, quoted(`\\${letter}`));
	}
	for (const escape of ['\\u', '\\u004', '\\u004g', '\\u 041', '\\u-041', '\\u{41}', '\\x41'])
		await refusesJson(t, server, quoted(escape));
});

test('json 11: the escapes of two halves mean one character', async (t) => {
	const talk = await Talk.open(t, server);
	const pairs = ['\\ud83d\\ude00', '\\uD83D\\uDE00', '\\ud800\\udc00', '\\udbff\\udfff'];
	for (const escapes of pairs) {
		const character = JSON.parse(quoted(escapes));
		assert.equal(await talk.echoed(quoted(escapes)), quoted(character));
		assert.equal(await bytesOf(talk, quoted(escapes)), Buffer.from(character).toString('hex'));
	}
});

test('json 12: half a character is kept, as three bytes in the tree', async (t) => {
	const talk = await Talk.open(t, server);
	for (const [text, bytes] of Object.entries({
		'\\ud83d': 'eda0bd',
		'\\uDE00': 'edb880',
		'\\ud800': 'eda080',
		'\\udbff': 'edafbf',
		'\\udc00': 'edb080',
		'\\udfff': 'edbfbf',
		'\\ud83dx\\ude00': 'eda0bd78edb880',
		'\\ude00\\ud83d': 'edb880eda0bd',
		'\\ud83d\\ud83d\\ude00': 'eda0bdf09f9880',
		'\\ud83d\\ue000': 'eda0bdee8080',
		'\\ud83d\\n\\ude00': 'eda0bd0aedb880',
		'\\ud83d\u{1f600}': 'eda0bdf09f9880',
	})) {
		assert.equal(await bytesOf(talk, quoted(text)), bytes);
		assert.equal(await bytesOf(talk, `{"${text}":1}`), bytes);
		assert.equal(JSON.parse(await talk.echoed(quoted(text))), JSON.parse(quoted(text)));
	}
	await takesJson(t, server, '["\\ud83d",{"\\udc00":"\\udc00\\ud83d"}]');
});

test('json 13: U+0000 is kept, as two bytes in the tree', async (t) => {
	const talk = await Talk.open(t, server);
	for (const [text, bytes] of Object.entries({
		'\\u0000': 'c080',
		'a\\u0000b': '61c08062',
		'\\u0000\\u0000': 'c080c080',
	})) {
		assert.equal(await bytesOf(talk, quoted(text)), bytes);
		assert.equal(await bytesOf(talk, `{"${text}":1}`), bytes);
		assert.equal(await talk.echoed(quoted(text)), quoted(text));
	}
	await takesJson(t, server, '{"a\\u0000b":1,"a\\u0000c":2,"a":"\\u0000"}');
});

test('json 14: of equal keys the last value counts, at the place of the first', async (t) => {
	const talk = await Talk.open(t, server);
	const many = (from, to, value) =>
		[...Array(to - from).keys()].map((i) => `"k${i + from}":${value}`).join();
	for (const text of [
		'{"a":1,"b":2,"a":3}',
		'{"a":1,"a":2,"a":3,"a":4}',
		'{"a":{"x":1},"b":[],"a":"s","a":7}',
		'{"a":1,"b":2,"a":[3],"b":{"a":1,"a":2}}',
		'[{"a":1,"a":2},{"b":{"a":1,"a":3},"b":{"a":4,"a":5}}]',
		'{"c":0,"\\u0061":1,"b":2,"a":3}',
		`{${many(0, 15, 1)},${many(5, 20, 2)}}`,
		`{${many(0, 100, 1)},${many(50, 150, 2)},${many(0, 3, '{"a":1,"a":2}')}}`,
	])
		assert.equal(await talk.echoed(text), JSON.stringify(JSON.parse(text)));
	assert.equal(await talk.echoed('{"a":1,"b":2,"a":3}'), '{"a":3,"b":2}');
});

test('json 15: keys are equal when all their bytes are, and none is special', async (t) => {
	const talk = await Talk.open(t, server);
	for (const text of [
		'{"a":1,"A":2,"á":3,"a\u0301":4,"a ":5," a":6}',
		'{"a\\u0000b":1,"a\\u0000c":2,"a":3,"a\\u0000":4}',
		'{"\\ud83d":1,"\\ud83e":2,"\\ud83d\\ude00":3}',
		'{"é":1,"\\u00e9":2,"\\u00E9":3}',
		'{"__proto__":1,"constructor":{"prototype":2},"toString":3,"hasOwnProperty":4}',
		'{"":1,"a":{"":{"":2}},"":3}',
		'{"_placeholder":true,"num":0}',
	])
		assert.equal(await talk.echoed(text), JSON.stringify(JSON.parse(text)));
	assert.equal(await talk.echoed('{"a":{"__proto__":{"b":1}}}'), '{"a":{"__proto__":{"b":1}}}');
	assert.equal(await talk.echoed('{"__proto__":1,"__proto__":2}'), '{"__proto__":2}');
});

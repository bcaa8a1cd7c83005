// SPDX-License-Identifier: MIT
//
// Templates of sio_json(): their form, and what each conversion is as a value.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../support/server.mjs';
import { Templates, TREE } from '../support/templates.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const bytes = (...values) => Buffer.from(values);

test('json 30: a key may be a name, a string may stand in single quotes', async (t) => {
	const made = await Templates.open(t, server);
	for (const [template, text] of Object.entries({
		"[{error: 'expected a string'}]": '[{"error":"expected a string"}]',
		' { $a_1 : [ 1.5e3 , true ] , \'b c\' : "d\'" , "e" : null } ':
			'{"$a_1":[1500,true],"b c":"d\'","e":null}',
		"{true: false, null: 'null'}": '{"true":false,"null":"null"}',
		'{_: 1, $: 2, azAZ09_$: 3}': '{"_":1,"$":2,"azAZ09_$":3}',
		"'a \"quote\"'": '"a \\"quote\\""',
		7: '7',
		'{a: 1, b: 2, a: 3}': '{"a":3,"b":2}',
	}))
		await made.gives(text, template);
	for (const template of [
		...['', ' ', '[1,]', '{a: 1,}', '[1 2]', '{a 1}', '{1: 2}', '{1a: 2}', '{a-b: 1}', '[a]'],
		...["['a]", "['a\"]", '["a\']', "{'a: 1}", '[01]', '[1] 2', '[', '{', '{a', '{a:', '{: 1}'],
		...["['\\x41']", "['\\", '[/* */]', '[True]', '{a: 1; b: 2}', '{[a]: 1}', '{é: 1}'],
	])
		await made.fails(template);
});

test('json 31: inside quotes a quote may be escaped, and control characters be bare', async (t) => {
	const made = await Templates.open(t, server);
	await made.gives('"it\'s"', "'it\\'s'");
	await made.gives('"it\'s"', '"it\\\'s"');
	await made.gives('{"a\'b":1}', "{'a\\'b': 1}");
	for (let code = 1; code < 0x20; code++) {
		const raw = `a${String.fromCharCode(code)}b`;
		for (const quote of ['"', "'"]) {
			await made.gives(JSON.stringify(raw), quote + raw + quote);
			await made.gives(`{${JSON.stringify(raw)}:1}`, `{${quote}${raw}${quote}: 1}`);
		}
	}
	const escapes = '\\"\\\\\\b\\f\\n\\r\\t\\u0000';
	await made.gives(`"${escapes}/A"`, `'${escapes}\\/\\u0041'`);
	await made.fails("[\\']");
});

test('json 32: %s is a string or null, %.8s a part, %.*s as much as it is told', async (t) => {
	const made = await Templates.open(t, server);
	for (const text of ['', 'plain', '"], x', 'a\\\n', "it's", '%s %d', 'ü😀', 'x'.repeat(9999)])
		await made.gives(`[${JSON.stringify(text)}]`, '[%s]', 'text', JSON.stringify(text));
	await made.gives('"\ufffd\\u0001\ufffd"', '%s', 'text', bytes(0xff, 1, 0x80, 0));
	await made.gives('[null]', '[%s]', 'text', 'null');
	for (const [data, text] of [
		[bytes(0x61, 0, 0x62), '"a\\u0000b"'],
		[bytes(0, 0), '"\\u0000\\u0000"'],
		[bytes(), '""'],
		[bytes(0x22, 0xff), '"\\"\ufffd"'],
		[Buffer.from('no end'), '"no end"'],
	])
		await made.gives(`[${text}]`, '[%.*s]', 'counted', data);
	await made.gives('[null]', '[%.*s]', 'counted', 'null');
	await made.gives('["all"]', '[%.*s]', 'uncounted', '"all"');
	for (const [conversion, text] of Object.entries({ '%.2s': 'ab', '%.0s': '', '%.9s': 'abc' }))
		await made.gives(`["${text}"]`, `[${conversion}]`, 'text', '"abc"');
	await made.gives('[null]', '[%.2s]', 'text', 'null');
});

const SIZES = {
	hhi: 'signed_char',
	hd: 'short',
	hi: 'short',
	d: 'int',
	i: 'int',
	ld: 'long',
	li: 'long',
	lld: 'long_long',
	lli: 'long_long',
	jd: 'intmax_t',
	zd: 'ssize_t',
	td: 'ptrdiff_t',
	hhu: 'unsigned_char',
	hu: 'unsigned_short',
	u: 'unsigned',
	lu: 'unsigned_long',
	llu: 'unsigned_long_long',
	ju: 'uintmax_t',
	zu: 'size_t',
};
const BITS = { hhi: 8, hhu: 8, hd: 16, hi: 16, hu: 16, d: 32, i: 32, u: 32 };

test('json 33: integers of every size are numbers', async (t) => {
	const made = await Templates.open(t, server);
	for (const [conversion, kind] of Object.entries(SIZES)) {
		const bits = BigInt(BITS[conversion] ?? 64);
		const isSigned = !conversion.endsWith('u');
		const highest = isSigned ? 2n ** (bits - 1n) - 1n : 2n ** bits - 1n;
		const lowest = isSigned ? -(2n ** (bits - 1n)) : 0n;
		for (const number of [0n, 1n, 42n, highest, lowest, highest - 1n])
			await made.gives(`[${Number(number)}]`, `[%${conversion}]`, kind, `"${number}"`);
	}
	for (const conversion of ['lld', 'jd', 'llu', 'ju'])
		for (const [number, text] of Object.entries({
			'9007199254740991': '9007199254740991',
			'9007199254740993': '9007199254740992',
			'9007199254740995': '9007199254740996',
			'1152921504606846977': '1152921504606847000',
		}))
			await made.gives(text, `%${conversion}`, SIZES[conversion], `"${number}"`);
});

test('json 34: %hhd is a boolean, true unless 0', async (t) => {
	const made = await Templates.open(t, server);
	await made.gives('[true]', '[%hhd]', 'bool', '"1"');
	await made.gives('[false]', '[%hhd]', 'bool', '"0"');
	for (const number of ['1', '2', '-1', '255', '256', '65536'])
		await made.gives('[true]', '[%hhd]', 'int', `"${number}"`);
	await made.gives('{"a":false}', '{a: %hhd}', 'int', '"0"');
});

test('json 35: %f, %e and %g are exact, or rounded as printf rounds', async (t) => {
	const made = await Templates.open(t, server);
	for (const letter of ['f', 'e', 'g', 'F', 'E', 'G', 'lf', 'lg'])
		for (const text of ['0.30000000000000004', '1e+300', '5e-324', '-1.5', '0', '12345678.125'])
			await made.gives(`[${text}]`, `[%${letter}]`, 'double', text);
	for (const conversion of ['%Lf', '%Le', '%Lg'])
		await made.gives('4.5', conversion, 'long_double', '4.5');
	for (const [conversion, real, text] of [
		['.2f', '3.14159', '3.14'],
		['.2f', '-0.125', '-0.12'],
		['.0f', '2.5', '2'],
		['.0f', '3.5', '4'],
		['.1f', '0.25', '0.2'],
		['.1f', '1e300', '1e+300'],
		['.3g', '123456', '123000'],
		['.3g', '0.00012345', '0.000123'],
		['.1e', '0.00123', '0.0012'],
		['.0e', '15', '20'],
		['.20f', '0.1', '0.1'],
		['.f', '1.75', '2'],
	])
		await made.gives(`[${text}]`, `[%${conversion}]`, 'double', real);
	await made.gives('2.35', '%.*f', 'precise_double', '2.3456');
	for (const real of ['"nan"', '"inf"', '"-inf"'])
		for (const conversion of ['f', 'e', 'g', '.2f', '.1e', '.3g'])
			await made.gives('[null]', `[%${conversion}]`, 'double', real);
});

test('json 36: %c is a string of one byte', async (t) => {
	const made = await Templates.open(t, server);
	for (let code = 0; code < 256; code++) {
		const text = code < 0x80 ? String.fromCharCode(code) : '\ufffd';
		await made.gives(`[${JSON.stringify(text)}]`, '[%c]', 'int', `"${code}"`);
	}
});

test('json 37: %p takes a tree, and frees it if there is no result', async (t) => {
	const made = await Templates.open(t, server);
	const before = await made.blocks();
	await made.gives(`[${TREE}]`, '[%p]', 'tree', TREE);
	await made.gives(TREE, '%p', 'tree', TREE);
	await made.gives(`{"k":${TREE},"l":[1]}`, '{k: %p, l: [1]}', 'tree', TREE);
	await made.gives(`[${TREE},[${TREE}],{"a":${TREE}}]`, '[%p, [%p], {a: %p}]', 'trees', TREE);
	assert.equal(await made.blocks(), before);
	for (const template of ['[%p', '[%p,]', '%p 1', '{%p: 1}', "'%p'", '[1, x, %p]']) {
		await made.fails(template, 'tree', TREE);
		assert.equal(await made.blocks(), before, template);
	}
});


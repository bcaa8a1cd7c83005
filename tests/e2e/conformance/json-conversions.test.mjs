// SPDX-License-Identifier: MIT
//
// Templates of sio_json(): conversions in keys and in quotes, those that fail, and what becomes of
// the trees that are given away.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decimalComma } from '../support/locale.mjs';
import { startServer } from '../support/server.mjs';
import { Templates, TREE } from '../support/templates.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const bytes = (...values) => Buffer.from(values);

test('json 38: %s and %.*s may be a key, but not without a pointer', async (t) => {
	const made = await Templates.open(t, server);
	await made.gives('{"a\\"b":1}', '{%s: 1}', 'text', '"a\\"b"');
	await made.gives('{"":1}', '{%s: 1}', 'text', '""');
	await made.gives('{"a\\u0000b":[]}', '{%.*s: []}', 'counted', bytes(0x61, 0, 0x62));
	await made.gives('{"k":2}', '{k: 1, %s: 2}', 'text', '"k"');
	await made.fails('{%s: 1}', 'text', 'null');
	await made.fails('{%.*s: 1}', 'counted', 'null');
	for (const conversion of ['%d', '%hhd', '%c', '%%'])
		await made.fails(`{${conversion}: 1}`, 'int', '"65"');
	await made.fails('{%f: 1}', 'double', '1');
});

test('json 39: inside quotes a conversion is printed, and never ends the string', async (t) => {
	const made = await Templates.open(t, server);
	for (const quote of ["'", '"'])
		for (const text of ['"', "'", '\\', '", 1]', "', 1]", '"}', '\n', '%s', '\\u0041'])
			await made.gives(
				`[${JSON.stringify(`<${text}>`)}]`,
				`[${quote}<%s>${quote}]`,
				'text',
				JSON.stringify(text),
			);
	for (const [template, kind, value, text] of [
		["'%s'", 'text', 'null', 'null'],
		["'%5s|'", 'text', '"ab"', '   ab|'],
		["'%-5s|'", 'text', '"ab"', 'ab   |'],
		["'%.1s|'", 'text', '"ab"', 'a|'],
		["'%*s|'", 'wide_text', '"ab"', '     ab|'],
		["'%.*s|'", 'counted', bytes(0x61, 0, 0x62), 'a\0b|'],
		["'%05d'", 'int', '"42"', '00042'],
		["'%-4d|'", 'int', '"42"', '42  |'],
		["'%+d'", 'int', '"42"', '+42'],
		["'% d'", 'int', '"42"', ' 42'],
		["'%.3d'", 'int', '"7"', '007'],
		["'%*d'", 'wide_int', '"1"', '      1'],
		["'%300d'", 'int', '"1"', '1'.padStart(300)],
		["'%#x'", 'unsigned', '"255"', '0xff'],
		["'%X %%'", 'unsigned', '"255"', 'FF %'],
		["'%#o'", 'unsigned', '"8"', '010'],
		["'%llx'", 'unsigned_long_long', '"18446744073709551615"', 'ffffffffffffffff'],
		["'%hhu'", 'unsigned_char', '"255"', '255'],
		["'%zu'", 'size_t', '"9"', '9'],
		["'%.2f'", 'double', '1.005', '1.00'],
		["'%08.3f'", 'double', '-1.5', '-001.500'],
		["'%g'", 'double', '0.1', '0.1'],
		["'%e'", 'double', '12345', '1.234500e+04'],
		["'%f %%'", 'double', '"nan"', 'nan %'],
		["'%f'", 'double', '"-inf"', '-inf'],
		["'%a'", 'double', '1', '0x1p+0'],
		["'%c'", 'int', '"34"', '"'],
		["'%-3c|'", 'int', '"122"', 'z  |'],
		["'%c'", 'int', '"0"', '\0'],
		["'%hhd'", 'bool', '"1"', 'true'],
		["'%hhd'", 'int', '"0"', 'false'],
		["'%%d'", 'nothing', 'null', '%d'],
		["'%%'", 'nothing', 'null', '%'],
	]) {
		await made.gives(JSON.stringify(text), template, kind, value);
		await made.gives(`{${JSON.stringify(text)}:1}`, `{${template}: 1}`, kind, value);
	}
	const own = await startServer(decimalComma(t));
	t.after(() => own.stop());
	const there = await Templates.open(t, own);
	await there.gives('"1.5"', "'%.1f'", 'double', '1.5');
	await there.gives('"1.5"', "'%g'", 'double', '1.5');
	await there.gives('"1.500000e+00"', "'%e'", 'double', '1.5');
});

test('json 40: outside quotes flags, widths and a needless precision are failures', async (t) => {
	const made = await Templates.open(t, server);
	const before = await made.blocks();
	const flags = ['-', '+', ' ', '#', '0', "'", '5', '05', '-5', '12'];
	for (const [letter, kind, value] of [
		['d', 'int', '"1"'],
		['u', 'unsigned', '"1"'],
		['lld', 'long_long', '"1"'],
		['hhd', 'bool', '"1"'],
		['f', 'double', '1'],
		['.2f', 'double', '1'],
		['g', 'double', '1'],
		['s', 'text', '"a"'],
		['.1s', 'text', '"a"'],
		['.*s', 'counted', bytes(0x61)],
		['c', 'int', '"65"'],
		['p', 'tree', TREE],
	]) {
		for (const flag of flags) {
			await made.fails(`[%${flag}${letter}]`, kind, value);
			await made.fails(`{%${flag}${letter}: 1}`, kind, value);
		}
		assert.equal(await made.blocks(), before, letter);
	}
	for (const [letter, kind, value] of [
		['d', 'int', '"1"'],
		['i', 'int', '"1"'],
		['u', 'unsigned', '"1"'],
		['hhd', 'bool', '"1"'],
		['c', 'int', '"65"'],
		['p', 'tree', TREE],
	])
		for (const precision of ['.0', '.3', '.']) {
			await made.fails(`[%${precision}${letter}]`, kind, value);
			assert.equal(await made.blocks(), before, letter);
		}
	for (const template of ['[%*d]', '[%-*d]', '{%*d: 1}'])
		await made.fails(template, 'wide_int', '"1"');
	for (const template of ['[%*s]', '{%*s: 1}']) await made.fails(template, 'wide_text', '"a"');
	for (const template of ['%%', '[%%]', '{a: %%}', '[1%%]']) await made.fails(template);
});

test('json 41: %x, %X, %o, %a only inside quotes, %p only outside, others nowhere', async (t) => {
	const made = await Templates.open(t, server);
	const before = await made.blocks();
	for (const [letter, kind, value, text] of [
		['x', 'unsigned', '"255"', 'ff'],
		['X', 'unsigned', '"255"', 'FF'],
		['o', 'unsigned', '"255"', '377'],
		['a', 'double', '1', '0x1p+0'],
	]) {
		await made.gives(`"${text}"`, `'%${letter}'`, kind, value);
		await made.fails(`%${letter}`, kind, value);
		await made.fails(`[1, %${letter}]`, kind, value);
		await made.fails(`{%${letter}: 1}`, kind, value);
	}
	await made.gives(`[${TREE}]`, '[%p]', 'tree', TREE);
	for (const template of ["['%p']", '["%p"]', "{'%p': 1}", '{%p: 1}'])
		await made.fails(template, 'tree', TREE);
	assert.equal(await made.blocks(), before);
	for (const [letter, kind, value] of [
		['ls', 'text', '"a"'],
		['lc', 'int', '"65"'],
	])
		for (const template of [`[%${letter}]`, `['%${letter}']`, `{%${letter}: 1}`])
			await made.fails(template, kind, value);
	for (const template of ['[%n]', "['%n']", '{%n: 1}', '[1, %n]'])
		assert.equal(await made.talk.ask('format-behind', `"${template}"`, TREE), TREE, template);
});

test('json 42: without a result every tree is freed', async (t) => {
	const made = await Templates.open(t, server);
	const before = await made.blocks();
	for (const template of [
		'[%p, %p, %p',
		'[%p, {a: %p}, oops, {b: %p}]',
		'[%p %p, %p]',
		"'%p' %p %p",
		'{%p: %p, a: %p}',
		'[%p] %p %p',
		"{k: %p, l: %p, '%p",
		'! %p %p %p',
		'[%5d',
	]) {
		await made.fails(template, template.includes('d') ? 'int' : 'trees', TREE);
		assert.equal(await made.blocks(), before, template);
	}
	for (const template of ['[%p, %p, %p]', '{a: %p, b: {c: %p}, d: %p}']) {
		await made.fails(template, 'trees_and_null', TREE);
		assert.equal(await made.blocks(), before, template);
	}
	const types = '%d, %s, %g, %p, %d, %s, %lld, %p';
	await made.gives(`[1,"s",2.5,${TREE},4,"t",5,${TREE}]`, `[${types}]`, 'mixed', TREE);
	for (const template of [`[${types}`, `[!, ${types}]`, `'${types}'`, `[${types}] 1`]) {
		await made.fails(template, 'mixed', TREE);
		assert.equal(await made.blocks(), before, template);
	}

	let n = 1;
	const memory = `[{'a%d': %s}, 'b\\n%g', %p, %d, %s, true, {k: %lld}, %p]`;
	while ((await made.of(memory, 'mixed', TREE, String(n))) === '') {
		assert.equal(await made.blocks(), before, `allocation ${n}`);
		n++;
	}
	assert.ok(n > 20, `${n} allocations failed`);
	assert.equal(await made.blocks(), before);
});

test('json 43: behind a conversion that C does not know nothing is touched', async (t) => {
	const made = await Templates.open(t, server);
	const before = await made.blocks();
	for (const template of [
		'[%k, %p]',
		"['%k', %p]",
		'{%k: %p}',
		'[%Ls, %p]',
		'[%hs, %p]',
		'[%lp, %p]',
		'[%y%p]',
		'[%',
		"['%",
		'[%5',
		'[%ll',
		'! %k %p',
	])
		assert.equal(await made.talk.ask('format-behind', `"${template}"`, TREE), TREE, template);
	assert.equal(await made.blocks(), before);
});

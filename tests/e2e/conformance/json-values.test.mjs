// SPDX-License-Identifier: MIT
//
// What is JSON, and what a number in it means.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decimalComma } from '../support/locale.mjs';
import { RawSocket } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';
import { refusesJson, takesJson, Talk } from '../support/talk.mjs';
import { asked } from '../support/wire.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

test('json 1: a text is one value with white space around it', async (t) => {
	const spaces = ['', ' ', '\t', '\n', '\r', ' \t\r\n '];
	const talk = await Talk.open(t, server);
	for (const space of spaces) {
		const parts = ['[', '"echo"', ',', '[', '1', ',', '{', '"a"', ':', '[', ']', '}', ']', ']'];
		talk.socket.send(`42${space}${parts.join(space)}${space}`);
		assert.equal(await talk.heard('echo'), '[1,{"a":[]}]');
		talk.socket.send(`4312345${space}[${space}1${space}]${space}`);
		talk.socket.send(`42["nothing"${space},1]${space}`);
		assert.equal(await talk.echoed(`${space}1${space}`), '1');
		await Talk.open(t, server, `40${space}{${space}"a"${space}:1}${space}`);
	}
	const more = ['1', ' 1', '[]', ' []', ']', ',', 'x', '""', '\f', '\v', '\xa0', '\ufeff'];
	for (const payload of ['["echo",1]', '["nothing",1]', '["nothing"]'])
		for (const rest of more) {
			const socket = await RawSocket.joined(t, server);
			socket.send(`42${payload}${rest}`);
			await socket.end();
		}
	for (const space of ['\f', '\v', '\xa0', '\ufeff', '\0', '\u2028', '\u3000', '/**/', '//\n'])
		for (const text of [`${space}1`, `1${space}`, `[${space}]`, `{"a"${space}:1}`])
			await refusesJson(t, server, text);
});

test('json 2: the words are true, false and null in lower case', async (t) => {
	for (const text of ['true', 'false', 'null', '[true,false,null]', '{"a":true,"b":null}'])
		await takesJson(t, server, text);
	for (const text of [
		'True',
		'TRUE',
		'tru',
		'truee',
		'true1',
		'fals',
		'False',
		'falsy',
		'nul',
		'NULL',
		'nulll',
		'undefined',
		'NaN',
		'Infinity',
		'-Infinity',
		't',
		'yes',
	])
		await refusesJson(t, server, text);
});

test('json 3: commas stand between values and nowhere else', async (t) => {
	for (const text of ['[]', '{}', '[1]', '[1,2]', '[[],[]]', '{"a":1}', '{"a":1,"b":{}}', '[{}]'])
		await takesJson(t, server, text);
	for (const text of [
		'[1,]',
		'[,1]',
		'[,]',
		'[1,,2]',
		'[1 2]',
		'[1;2]',
		'{"a":1,}',
		'{,"a":1}',
		'{,}',
		'{"a":1,,"b":2}',
		'{"a":1 "b":2}',
		'{"a",1}',
		'[',
		'[1',
		'[1}',
		'{"a":1]',
		'{',
		'{]',
		'[{]}',
	])
		await refusesJson(t, server, text);
});

test('json 4: a key is a string in double quotes, with a colon behind it', async (t) => {
	for (const text of ['{"":1}', '{"a":1}', '{"1":1}', '{"null":null}', '{"a b":{"c":[]}}'])
		await takesJson(t, server, text);
	for (const text of [
		'{a:1}',
		"{'a':1}",
		'{1:1}',
		'{null:1}',
		'{[]:1}',
		'{"a"}',
		'{"a":}',
		'{"a" 1}',
		'{"a"=1}',
		'{:1}',
		'{"a"::1}',
		'{"a":1:2}',
		'["a":1]',
		'{"a',
		'{"a":',
		'{"a":1',
		'{"a"b:1}',
	])
		await refusesJson(t, server, text);
});

test('json 5: a number is a minus, digits, a fraction and an exponent, strictly', async (t) => {
	for (const text of [
		...['0', '-0', '1', '-1', '10', '1234567890', '0.5', '-0.50', '1.25', '0.0'],
		...['1e2', '1E2', '1e+2', '1E-2', '0e0', '-1.5e+07', '0.1e00', '10e-0'],
	])
		await takesJson(t, server, text);
	for (const text of [
		...['01', '-01', '00', '-', '+1', '.5', '1.', '-.5', '1.e1', '1e', '1e+', '1e-', '1e1.5'],
		...['0x10', '0b1', '1_0', '1,0.', '--1', '- 1', '1a', '-a', '1.2.3', '1e2e3', '1n', '١'],
	])
		await refusesJson(t, server, text);
});

/** Numbers that are always the same, and have nothing in common. */
function* noise(seed = 1) {
	for (let x = seed; ; ) {
		x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
		yield x;
	}
}

/** The decimal digits of what lies halfway between two neighbouring doubles, and to its sides. */
function halfway(bits) {
	const exponent = Number((bits >> 52n) & 0x7ffn);
	const mantissa = (bits & 0xfffffffffffffn) | (exponent ? 1n << 52n : 0n);
	const power = Math.max(exponent, 1) - 1076;
	const middle = 2n * mantissa + 1n;
	const tens = power < 0 ? -power : 0;
	const digits = power < 0 ? middle * 5n ** BigInt(tens) : middle << BigInt(power);
	return [
		`${digits}e-${tens}`,
		`${digits}1e-${tens + 1}`,
		`${digits - 1n}9e-${tens + 1}`,
		`${digits}${'0'.repeat(100)}1e-${tens + 101}`,
	];
}

test('json 6: a number means the nearest double, of two the even one', async (t) => {
	const talk = await Talk.open(t, server);
	for (const [text, expected] of Object.entries({
		9007199254740991: '9007199254740991',
		9007199254740993: '9007199254740992',
		9007199254740995: '9007199254740996',
		'9007199254740993.00000000000000000000001': '9007199254740994',
		0.30000000000000004: '0.30000000000000004',
		'0.1000000000000000055511151231257827': '0.1',
		'2.2250738585072011e-308': '2.225073858507201e-308',
		[`9007199254740993.${'0'.repeat(5000)}`]: '9007199254740992',
		[`9007199254740993.${'0'.repeat(5000)}1`]: '9007199254740994',
		[`9007199254740992.${'9'.repeat(5000)}`]: '9007199254740992',
		[`0.${'0'.repeat(5000)}1e5001`]: '1',
		[`1${'0'.repeat(5000)}e-5000`]: '1',
		[`1e-${'0'.repeat(400)}7`]: '1e-7',
	}))
		assert.equal(await talk.echoed(text), expected);

	const random = noise();
	const texts = [];
	for (let i = 0; i < 400; i++) {
		const [high, low] = [random.next().value, random.next().value];
		const bits = (BigInt(high & 0x7fffffff) << 32n) | BigInt(low);
		// Within the range of doubles, and sometimes at the lower end of it.
		const within = bits % 0x7fe0000000000000n;
		texts.push(...halfway(i % 10 ? within : within % (1n << 54n)));
	}
	for (let at = 0; at < texts.length; at += 100) {
		const list = `[${texts.slice(at, at + 100)}]`;
		assert.equal(await talk.echoed(list), JSON.stringify(JSON.parse(list)));
	}
});

test('json 7: a number beyond the range is infinite, one too small is zero', async (t) => {
	const talk = await Talk.open(t, server);
	const seen = (text) => talk.ask('format', '"\'%f\'"', '"double"', text);
	for (const text of ['1e309', '1.7976931348623159e308', '1e400', `1${'0'.repeat(400)}`]) {
		assert.equal(await seen(text), '"inf"');
		assert.equal(await seen(`-${text}`), '"-inf"');
		assert.equal(await talk.echoed(`[${text}]`), '[null]');
	}
	assert.equal(await seen(`1e${'9'.repeat(40)}`), '"inf"');
	const tiny = `0.${'0'.repeat(400)}1`;
	for (const text of ['1e-400', '2e-324', tiny, `1e-${'9'.repeat(40)}`, '0e999'])
		assert.equal(await talk.echoed(text), '0');
	for (const text of ['1.7976931348623157e+308', '5e-324', '-5e-324'])
		assert.equal(await talk.echoed(text), text);
	assert.equal(await talk.echoed('1.7976931348623158e308'), '1.7976931348623157e+308');
	assert.equal(await talk.echoed('3e-324'), '5e-324');
});

test('json 8: the locale changes nothing', async (t) => {
	const there = await startServer(decimalComma(t));
	t.after(() => there.stop());
	assert.equal((await asked(t, there, 'GET', '/locale')).body, '1,5 Do');
	const talk = await Talk.open(t, there);
	for (const text of ['1.5', '-0.25', '1234567.5', '1e-7', '0.30000000000000004', '1e+300'])
		assert.equal(await talk.echoed(text), text);
	assert.equal(await talk.echoed(`9007199254740993.${'0'.repeat(900)}1`), '9007199254740994');
	for (const text of ['{"a":1,5}', '[1,5.]', '1.234.567']) await refusesJson(t, there, text);
	for (const [template, real, expected] of [
		['%f', '1.5', '1.5'],
		['%.2f', '1.25', '1.25'],
		["'%.1f'", '2.5', '"2.5"'],
		["'%g'", '0.5', '"0.5"'],
	])
		assert.equal(await talk.ask('format', `"${template}"`, '"double"', real), expected);
});

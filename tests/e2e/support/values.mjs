// SPDX-License-Identifier: MIT
//
// What JSON can carry: values that must come back from an echo as they were sent.

export const nested = (depth, leaf, wrap) => {
	let value = leaf;
	for (let i = 0; i < depth; i++) value = wrap(value);
	return value;
};
export const inArray = (value) => [value];
export const inObject = (value) => ({ a: value });

export const KINDS = {
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

export const TEXTS = {
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

export const NUMBERS = [
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

export const OBJECTS = {
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
export const DEPTHS = [200, 2000];

// SPDX-License-Identifier: MIT
//
// What is UTF-8 and what is not, class by class: { name, bytes, bad }. `bad` is the index of the
// first byte that cannot belong to valid UTF-8; undefined: there is none, but the end comes too
// early.

import { isUtf8 } from 'node:buffer';

/** What may be missing behind a prefix of valid UTF-8. */
const REST = ['', '80', '8080', '808080', 'a080', '908080'].map((hex) => Buffer.from(hex, 'hex'));

const canGoOn = (prefix) => REST.some((rest) => isUtf8(Buffer.concat([prefix, rest])));

function firstBad(bytes) {
	for (let i = 0; i < bytes.length; i++) if (!canGoOn(bytes.subarray(0, i + 1))) return i;
	return undefined;
}

function cases(name, ...hex) {
	return hex.map((digits) => {
		const bytes = Buffer.from(digits, 'hex');
		const shown = digits.length > 24 ? `${bytes.length} of them` : digits;
		return { name: `${name} (${shown})`, bytes, bad: firstBad(bytes) };
	});
}

const hexOf = (number) => number.toString(16).padStart(2, '0');
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const point = (number) => Buffer.from(String.fromCodePoint(number)).toString('hex');
const planes = range(1, 16).flatMap((plane) => [
	plane * 0x10000 + 0xfffe,
	plane * 0x10000 + 0xffff,
]);

export const VALID = [
	...cases('U+0000', '00'),
	...cases('one of two bytes among others', '68656c6c6fc2a2776f726c64'),
	...cases('one of three bytes among others', '68656c6c6fe282ac776f726c64'),
	...cases('one of four bytes among others', '68656c6c6ff0a4ada2776f726c64'),
	...cases('a Greek word', 'cebae1bdb9cf83cebcceb5'),
	...cases('a Greek word as far as a character ends', 'ceba', 'cebae1bdb9', 'cebae1bdb9cf83'),
	...cases('the first of its length', '00', 'c280', 'e0a080', 'f0908080'),
	...cases('the last of its length', '7f', 'dfbf', 'efbfbf', 'f48fbfbf'),
	...cases('what surrounds the surrogates', 'ed9fbf', 'ee8080'),
	...cases('the last of Unicode', 'f48fbfbd', 'f48fbfbf'),
	...cases('a noncharacter', ...range(0xfdd0, 0xfdef).map(point)),
	...cases('a noncharacter at the end of its plane', 'efbfbe', 'efbfbf', ...planes.map(point)),
	...cases('a special', ...range(0xfff9, 0xfffd).map(point)),
];

/** Bytes that cannot stand where they stand, or that do not end. */
export const STRAY = [
	...cases('continuations of nothing', '80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80'),
	...cases('continuations of nothing', '80bf80bf80bf', range(0x80, 0xbf).map(hexOf).join('')),
	...cases('a start and a space', ...range(0xc2, 0xf4).map((byte) => `${hexOf(byte)}20`)),
	...cases('a start where a continuation is due', 'c3c3', 'e282e2', 'f09f98f0'),
	...cases('bytes that never occur', 'fe', 'ff', 'fefeffff', 'c0', 'c1', 'f5', 'f6', 'f7', 'f8'),
	...cases('the end is missing, and a space', 'c220', 'e0a020', 'efbf20', 'f0908020', 'f48fbf20'),
];

/** What ends inside of a character. */
export const CUT = [
	...cases('one of two bytes', 'c2', 'df'),
	...cases('one of three bytes', 'e0', 'ed', 'ef'),
	...cases('two of three bytes', 'e0a0', 'ed9f', 'efbf'),
	...cases('one of four bytes', 'f0', 'f4'),
	...cases('two of four bytes', 'f090', 'f48f'),
	...cases('three of four bytes', 'f09080', 'f48fbf'),
	...cases('a Greek word and a half', 'cebae1bdb9cf83cebcce', 'cebae1bd', 'cebae1'),
];

export const OVERLONG = [
	...cases('an overlong slash', 'c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'),
	...cases('the last overlong', 'c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'),
	...cases('an overlong NUL', 'c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'),
];

export const BEYOND_UNICODE = [
	...cases('U+110000', 'f4908080'),
	...cases('U+1FFFFF', 'f7bfbfbf'),
	...cases('five bytes', 'f888808080', 'fbbfbfbfbf', 'f8808080', 'fbbfbfbf'),
	...cases('six bytes', 'fc8480808080', 'fdbfbfbfbfbf', 'fc80808080', 'fdbfbfbfbf'),
];

const highs = ['eda080', 'edadbf', 'edae80', 'edafbf'];
const lows = ['edb080', 'edbe80', 'edbfbf'];
export const SURROGATES = [
	...cases('a lone surrogate', ...highs, ...lows),
	...cases(
		'a pair of surrogates',
		...highs.flatMap((high) => ['edb080', 'edbfbf'].map((low) => high + low)),
	),
];

// SPDX-License-Identifier: MIT
//
// Data that compresses well, somewhat or not at all, the same in every run.

import { BINARY, TEXT } from './frames.mjs';

/** Numbers below `below` that look like chance. */
export function numbers(seed) {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

const WORDS =
	'der die das und Geist Faust nicht ich ist größer für Wagner, Mephisto. ein über'.split(' ');

function prose(random) {
	const word = WORDS[Math.min(random(WORDS.length), random(WORDS.length))];
	return random(9) ? `${word} ` : `${word}\n`;
}

function json(random) {
	const entry = {
		id: random(1e6),
		name: WORDS[random(WORDS.length)],
		tags: [WORDS[random(5)], WORDS[random(5)]],
		at: random(1e9) / 7,
		active: random(2) === 0,
	};
	return `${JSON.stringify(entry)},\n`;
}

function html(random) {
	const link = `<a href="/page/${random(1e4)}">${prose(random)}</a>`;
	return `<li class="entry n${random(10)}">${link}</li>\n`;
}

function textOf(part, size) {
	const random = numbers(size);
	let out = '';
	while (out.length < size) out += part(random);
	return Buffer.from(out);
}

function bytesOf(next, size) {
	const random = numbers(size);
	const out = Buffer.alloc(size);
	for (let i = 0; i < size; i++) out[i] = next(random, i, out);
	return out;
}

const SIZE = 300_000;

/** { name: { binary, data } } */
export const SAMPLES = {
	JSON: { data: textOf(json, SIZE) },
	HTML: { data: textOf(html, SIZE) },
	prose: { binary: true, data: textOf(prose, SIZE) },
	'a picture': {
		binary: true,
		data: bytesOf((random, i, out) => (out[i - 1] ?? 0) + random(7) - 3, SIZE),
	},
	noise: { binary: true, data: bytesOf((random) => random(256), SIZE) },
};

/** Where a piece of `size` bytes that begins about there begins and ends with whole characters. */
export function slice({ data, binary }, at, size) {
	let begin = at % (data.length - size);
	while (!binary && (data[begin] & 0xc0) === 0x80) begin--;
	let end = begin + size;
	while (!binary && (data[end] & 0xc0) === 0x80) end--;
	return data.subarray(begin, end);
}

const kinds = Object.values(SAMPLES);

/** Messages of `size` bytes of every kind in turn are echoed to the client. */
export async function exchange(client, size, fragment, times) {
	for (let i = 0; i < times; i++) {
		const sample = kinds[i % kinds.length];
		const packet = sample.binary ? Buffer.alloc(0) : Buffer.from('4');
		const content = slice(sample, i * size, size - packet.length);
		const message = Buffer.concat([packet, content]);
		await client.echoes(sample.binary ? BINARY : TEXT, message, fragment);
	}
}

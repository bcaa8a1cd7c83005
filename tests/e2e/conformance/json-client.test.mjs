// SPDX-License-Identifier: MIT
//
// Whatever JSON.stringify can write comes back equal, with the official client.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, MODES, survives } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';
import { Talk } from '../support/talk.mjs';
import {
	DEPTHS,
	inArray,
	inObject,
	KINDS,
	nested,
	NUMBERS,
	OBJECTS,
	TEXTS,
} from '../support/values.mjs';
import { next } from '../support/wait.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

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

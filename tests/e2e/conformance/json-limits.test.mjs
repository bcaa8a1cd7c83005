// SPDX-License-Identifier: MIT
//
// JSON that is made to cost much: many keys, deep nesting, and texts that are refused half read.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RawSocket } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';
import { Talk } from '../support/talk.mjs';
import { asked } from '../support/wire.mjs';

const DEEPEST = 65536;

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

async function ownServer(t, env, before) {
	const own = await startServer(env, before);
	t.after(() => own.stop());
	return own;
}

// With quadratic time each of these would take minutes; an answer is waited for seconds only.
const KEYS = 200_000;
for (const [name, keyOf] of Object.entries({
	'all different': (i) => i,
	'all equal': () => 0,
	'each twice': (i) => i % (KEYS / 2),
	'with a long beginning that they share': (i) => `the beginning of a key ${i}`,
	'equal in their ends': (i) => `${i} and the rest of a key`,
}))
	test(`json 16: ${KEYS} keys are read in time: ${name}`, async (t) => {
		const own = await ownServer(t, { MAX_HTTP_BUFFER: '100000000', MAX_QUEUE: '100000000' });
		const talk = await Talk.open(t, own);
		const members = [...Array(KEYS).keys()].map((i) => `"k${keyOf(i)}":${i}`);
		const text = `{${members}}`;

		assert.ok((await talk.echoed(text)) === JSON.stringify(JSON.parse(text)));
		await Talk.open(t, own, `40${text}`);
	});

const arrays = (depth) => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const mixed = (depth) => {
	const half = Math.floor(depth / 2);
	return `${'[{"a":'.repeat(half)}${depth % 2 ? '[]' : 1}${'}]'.repeat(half)}`;
};

/** Each place where JSON is read, with how deep it lies there; whether a packet was taken. */
const PLACES = [
	{ depth: 1, packet: (text) => `42["echo",${text}]` },
	{ depth: 1, packet: (text) => `42["nothing",${text}]` },
	{ depth: 1, packet: (text) => `4312345[${text}]` },
	{ depth: 1, packet: (text) => `40/admin,{"a":${text}}` },
];

async function isTaken(t, own, packet) {
	const socket = await RawSocket.joined(t, own);
	socket.send(packet);
	socket.send('42["echo","end"]');
	const taken = (async () => {
		while ((await socket.message()) !== '42["echo","end"]');
		return true;
	})();
	const result = await Promise.race([taken.catch(() => false), socket.end().then(() => false)]);
	socket.ws.terminate();
	return result;
}

for (const limit of [1, 2, 3, 50, 10_000])
	test(`json 17: nesting deeper than ${limit} is refused`, async (t) => {
		const own = await ownServer(t, limit === 10_000 ? {} : { MAX_DEPTH: String(limit) });
		for (const { depth, packet } of PLACES) {
			assert.equal(await isTaken(t, own, packet('1')), true);
			assert.equal(await isTaken(t, own, packet('"[[[["')), true);
			for (const nested of [arrays, objects, mixed]) {
				const name = packet(nested.name);
				const inside = limit - depth;
				if (inside) assert.equal(await isTaken(t, own, packet(nested(inside))), true, name);
				assert.equal(await isTaken(t, own, packet(nested(inside + 1))), false, name);
			}
			const flat = `[${Array(100).fill(limit > 2 ? '[]' : '1')}]`;
			if (limit > 1) assert.equal(await isTaken(t, own, packet(flat)), true);
		}
	});

// A level would have to cost less than four bytes.
const SMALL_STACK = ['sh', '-c', 'ulimit -s 256 && exec "$0"'];

test('json 18: no depth that is allowed exhausts the stack', async (t) => {
	const own = await ownServer(t, { MAX_DEPTH: String(DEEPEST) }, SMALL_STACK);
	for (const nested of [arrays, objects, mixed]) {
		const text = nested(DEEPEST - 1);
		const talk = await Talk.open(t, own, `40{"a":${text}}`);
		assert.equal(await talk.ask('depth', text), String(DEEPEST - 1));
		talk.send('nothing', [text]);
		talk.socket.send(`4312345[${text}]`);
		assert.equal(await talk.ask('depth', '1'), '0');
		talk.socket.send(`42["depth",${nested(DEEPEST)}]`);
		await talk.end();
	}
	const talk = await Talk.open(t, own);
	const full = `${'['.repeat(DEEPEST)}1${']'.repeat(DEEPEST)}`;
	for (const [bracket, deep] of Object.entries({ '[': full, '{': objects(DEEPEST) })) {
		talk.send('make-depth', [`"${bracket}"`, String(DEEPEST)]);
		assert.ok((await talk.heard('deep')) === deep);
	}
});

const RICH =
	'{"a":[1.5e3,true,"\\u00e9 \\ud83d",{"b":{}}],"a":[null,{}],"text":"of some length",' +
	`${[...Array(20).keys()].map((i) => `"k${i}":[${i}]`)},"k3":{"a":1},"k5":2}`;

/** How many blocks of cJSON's the server holds. */
const blocks = async (t) => (await asked(t, server, 'GET', '/blocks')).body;

/** A connection that ended is forgotten a little later; what is left then was there before. */
async function holdsOnly(t, before, what) {
	for (let tries = 0; tries < 100; tries++) if ((await blocks(t)) === before) return;
	assert.equal(await blocks(t), before, what);
}

test('json 19: a text that is refused leaves nothing allocated', async (t) => {
	const before = await blocks(t);
	for (let length = 1; length < RICH.length; length += 3)
		for (const { packet } of PLACES) {
			const socket = await RawSocket.joined(t, server);
			socket.send(packet(RICH.slice(0, length)));
			await socket.end();
			await holdsOnly(t, before, RICH.slice(0, length));
		}
});

test('json 19: nor does one for which memory did not suffice', async (t) => {
	const before = await blocks(t);
	const refused = [];
	for (const { packet } of PLACES) {
		let taken = false;
		for (let n = 1; !taken; n++) {
			const socket = await RawSocket.joined(t, server);
			await asked(t, server, 'POST', `/starve?${n}`, { body: '' });
			socket.send(packet(RICH));
			socket.ws.ping();
			const pong = new Promise((done) => socket.ws.once('pong', () => done(true)));
			taken = await Promise.race([pong, socket.end().then(() => false)]);
			await asked(t, server, 'POST', '/starve?0', { body: '' });
			socket.ws.terminate();
			await holdsOnly(t, before, `${packet('')} ${n}`);
			if (!taken) refused.push(n);
		}
	}
	assert.ok(refused.length > 150, `${refused.length} allocations failed`);
});

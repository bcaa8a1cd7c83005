// SPDX-License-Identifier: MIT
//
// A server, an honest client beside it, and attacks: whatever an attacker does, he alone is
// concerned, the server counts it, and the honest client does not notice.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Bystander } from './bystander.mjs';
import { FrameClient, openingHandshake } from './frame-client.mjs';
import { text } from './frames.mjs';
import { ask } from './raw.mjs';
import { startServer } from './server.mjs';
import { until, PATIENCE } from './wait.mjs';

/** What the server has counted: { sessions, "struck.max_queue", ... }. */
export async function statsOf(server) {
	const { status, body } = await ask(server, { url: '/stats' });
	assert.equal(status, 200);
	return JSON.parse(body);
}

const rise = (before_, now, names) =>
	Object.fromEntries(names.map((name) => [name, now[name] - before_[name]]));

/** Waits until these counters have risen by as much, and no further. */
export async function hasCounted(server, since, expected) {
	const names = Object.keys(expected);
	for (const name of names) assert.ok(name in since, `there is no counter ${name}`);
	let risen;
	for (const end = Date.now() + PATIENCE; ;) {
		risen = rise(since, await statsOf(server), names);
		if (names.every((name) => risen[name] >= expected[name]) || Date.now() > end) break;
	}
	assert.deepEqual(risen, expected);
}

/** Waits until it is so of what the server counts. */
export async function untilStats(server, condition, what) {
	let now = await statsOf(server);
	const watch = setInterval(async () => (now = await statsOf(server)), 20);
	try {
		await until(() => condition(now), what);
	} finally {
		clearInterval(watch);
	}
	return now;
}

/** A besieged server; `attack` makes a test of a deed, and of what it has the server count. */
export function besiege(env = {}) {
	const scene = {};
	before(async () => {
		scene.server = await startServer({ REPORT: '1', LOG: '1', ...env });
		scene.bystander = await Bystander.of(scene.server);
	});
	after(async () => {
		await scene.bystander?.leave();
		await scene.server?.stop();
	});
	scene.attack = (name, deed, counts = {}) =>
		test(name, async (t) => {
			const since = await statsOf(scene.server);
			await deed(t, scene.server);
			await hasCounted(scene.server, since, counts);
			await scene.bystander.isUndisturbed();
		});
	return scene;
}

const TARGET = 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1';

/** The opening handshake has been written. */
export function begin(t, server, fields = {}) {
	const enemy = new FrameClient(t, server);
	enemy.send(Buffer.from(openingHandshake(fields, TARGET)));
	return enemy;
}

/** The answer to an opening handshake with these fields. */
export const shake = (t, server, fields) => begin(t, server, fields).answer();

/** A WebSocket of bare frames, in a session that has entered nothing yet. */
export async function enter(t, server, fields = {}) {
	const enemy = begin(t, server, fields);
	assert.equal((await enemy.answer()).status, 101);
	assert.match(String((await enemy.frame('the first packet')).payload), /^0\{/);
	return enemy;
}

/** The same, in the main namespace, where it hears what everybody is told. */
export async function join(t, server) {
	const enemy = await enter(t, server);
	enemy.send(text('40'));
	await hears(enemy, (message) => message.startsWith('40{'));
	return enemy;
}

/** The next message that is so; others are passed over. */
export async function hears(enemy, wanted) {
	for (;;) {
		const { name, payload } = await enemy.frame('a message');
		assert.notEqual(name, 'close', `closed with ${payload.length && payload.readUInt16BE()}`);
		if (name === 'text' && wanted(String(payload))) return String(payload);
	}
}

/** Reads on until the server has closed the WebSocket; the code, undefined for none. */
export const closedWith = async (enemy) => (await enemy.everything()).code;

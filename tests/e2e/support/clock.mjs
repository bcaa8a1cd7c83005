// SPDX-License-Identifier: MIT
//
// Whether the server keeps time, asked from outside and on a machine that may be busy.
//
// What is measured ends when this process hears of it, so it can only be too long; a thing that
// seems early is early. Late it is if each of many tries finds it so, and later than this process
// itself was meanwhile. What goes wrong while the machine sleeps tells nothing, and is tried again.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

export const now = () => performance.now();

const GRAIN = 1; // the server counts whole milliseconds
const LATE = 100;
const SIDE_BY_SIDE = 5;
const APART = 15; // ms between their beginnings, lest they be in each other's way
const ROUNDS = 5;
const TRIES = 12;
const OVERSLEPT = 150;
const TICK = 10;

/** How late this process wakes up, until it is stopped. */
class Lag {
	constructor() {
		this.woke = [now()];
		this.timer = setInterval(() => this.woke.push(now()), TICK);
	}

	/** The worst since then. */
	since(moment = 0) {
		const woke = [...this.woke, now()];
		const gaps = woke.map((time, i) => (i && time > moment ? time - woke[i - 1] : 0));
		return Math.max(...gaps) - TICK;
	}

	stop() {
		clearInterval(this.timer);
	}
}

/** What `run` comes to; undefined if it failed and the machine was too slow to tell. */
async function unlessTooSlow(run) {
	const lag = new Lag();
	try {
		return await run(lag);
	} catch (error) {
		if (lag.since() > OVERSLEPT) return undefined;
		throw error;
	} finally {
		lag.stop();
	}
}

/** A check in which times matter: it holds, on a machine that is fast enough. */
export async function holds(check) {
	for (let i = 0; i < TRIES; i++) {
		const held = await unlessTooSlow(async () => {
			await check();
			return true;
		});
		if (held) return;
	}
	assert.fail('the machine is too slow to tell');
}

/** How late it was, and how late it may have been; nothing if nothing can be told. */
function attempt(due, one, delay) {
	return unlessTooSlow(async (lag) => {
		await sleep(delay);
		const [since, known] = await one();
		const end = now();
		assert.ok(end - since >= due - GRAIN, `${end - since} ms instead of ${due}`);
		return { late: end - known - due, lag: lag.since(known + due) };
	});
}

/**
 * `one` gives [since, known]: when what sets the clock going was asked for at the earliest, and
 * when it had happened for sure. It returns when the time is up, which shall be `due` ms later.
 */
export async function takes(due, one, { rounds = ROUNDS, late = LATE } = {}) {
	const all = [];
	for (let i = 0, told = 0; i < TRIES && told < rounds; i++) {
		const tries = Array.from({ length: SIDE_BY_SIDE }, (_, n) => attempt(due, one, n * APART));
		const round = (await Promise.all(tries)).filter(Boolean);
		if (round.some((one) => one.late <= late + one.lag)) return;
		if (round.length) told++;
		all.push(...round);
	}
	assert.ok(all.length, 'the machine is too slow to tell');
	assert.fail(`late by ${all.map((one) => Math.round(one.late))} ms`);
}

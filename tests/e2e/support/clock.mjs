// SPDX-License-Identifier: MIT
//
// Whether the server keeps time, asked from outside and on a machine that may be busy.
//
// What is measured ends when this process hears of it, so it can only be too long; a thing that
// seems early is early. Late it is if each of many tries finds it so.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

export const now = () => performance.now();

const GRAIN = 1; // the server counts whole milliseconds
const LATE = 100;
const SIDE_BY_SIDE = 5;
const APART = 15; // ms between their beginnings, lest they be in each other's way
const ROUNDS = 4;
const OVERSLEPT = 150;

class TooSlow extends Error {}

/** Waits; a try that wakes up so late that nothing can be told does not count. */
export async function pause(ms) {
	const begin = now();
	await sleep(ms);
	if (now() - begin > ms + OVERSLEPT) throw new TooSlow('the machine is too slow');
}

/** The lateness of a try; none if nothing can be told. */
async function attempt(due, one, delay) {
	try {
		await sleep(delay);
		const [since, known] = await one();
		const end = now();
		assert.ok(end - since >= due - GRAIN, `${end - since} ms instead of ${due}`);
		return [end - known - due];
	} catch (error) {
		if (error instanceof TooSlow) return [];
		throw error;
	}
}

/**
 * `one` gives [since, known]: when what sets the clock going was asked for at the earliest, and
 * when it had happened for sure. It returns when the time is up, which shall be `due` ms later.
 */
export async function takes(due, one, { rounds = ROUNDS, late = LATE } = {}) {
	const delays = [];
	for (let round = 0; round < rounds; round++) {
		const tries = Array.from({ length: SIDE_BY_SIDE }, (_, i) => attempt(due, one, i * APART));
		delays.push(...(await Promise.all(tries)).flat());
		if (Math.min(...delays) <= late) return;
	}
	assert.fail(`late by ${delays.map(Math.round)} ms`);
}

// SPDX-License-Identifier: MIT
//
// Whether the server keeps time, asked from outside and on a machine that may be busy.
//
// What is measured ends when this process hears of it, so it can only be too long; a thing that
// seems early is early. Late it is if each of many tries finds it so.

import assert from 'node:assert/strict';

export const now = () => performance.now();

const GRAIN = 1; // the server counts whole milliseconds
const LATE = 100;
const SIDE_BY_SIDE = 5;
const ROUNDS = 4;

/**
 * `one` gives [since, known]: when what sets the clock going was asked for at the earliest, and
 * when it had happened for sure. It returns when the time is up, which shall be `due` ms later.
 */
export async function takes(due, one, { rounds = ROUNDS, late = LATE } = {}) {
	const delays = [];
	for (let round = 0; round < rounds; round++) {
		const tries = Array.from({ length: SIDE_BY_SIDE }, async () => {
			const [since, known] = await one();
			const end = now();
			assert.ok(end - since >= due - GRAIN, `${end - since} ms instead of ${due}`);
			delays.push(end - known - due);
		});
		await Promise.all(tries);
		if (Math.min(...delays) <= late) return;
	}
	assert.fail(`late by ${delays.map(Math.round)} ms`);
}

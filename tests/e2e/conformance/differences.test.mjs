// SPDX-License-Identifier: MIT
//
// Each deliberate difference from the reference server, seen on both sides: what the reference does
// and what this server does. The rows are in reference/rows/differences-*.mjs.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { different } from '../reference/rows/index.mjs';
import { AT_ONCE, capture, stopPairs } from '../support/reference.mjs';

after(stopPairs);

/** What was seen, or all that was said until it went wrong. */
const seen = ({ error, text, value }) => (error ? text : value);

for (const { title, rows } of different) {
	describe(title, { concurrency: AT_ONCE }, () => {
		for (const row of rows) {
			test(`differences ${row.number}: ${row.name}`, async () => {
				const { reference, ours } = await capture(row);

				assert.deepEqual(seen(reference), row.reference, 'the reference');
				assert.deepEqual(seen(ours), row.ours, 'ours');
			});
		}
	});
}

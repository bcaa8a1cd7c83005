// SPDX-License-Identifier: MIT
//
// The same bytes to the reference server and to ours, and the same answers from both. What is not
// the same on purpose is in conformance/differences.test.mjs. The rows are in reference/rows.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { equal } from './reference/rows/index.mjs';
import { AT_ONCE, capture, stopPairs } from './support/reference.mjs';

after(stopPairs);

for (const { title, rows } of equal) {
	describe(title, { concurrency: AT_ONCE }, () => {
		for (const row of rows) {
			test(row.name, async () => {
				const { reference, ours } = await capture(row);

				assert.equal(ours.text, reference.text);
				assert.equal(reference.error ?? ours.error, undefined);
			});
		}
	});
}

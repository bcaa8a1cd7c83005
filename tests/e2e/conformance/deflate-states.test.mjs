// SPDX-License-Identifier: MIT
//
// permessage-deflate: what a state takes, row by row of the note's table.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { afterDeflating, afterInflating, assertTakes } from '../support/deflate-memory.mjs';
import { openAll, start } from '../support/deflate-memory.mjs';
import { pathOf } from '../support/server.mjs';

const PMD = 'permessage-deflate';

const note = readFileSync(pathOf('protocol-notes/deflate.md'), 'utf8');
const rows = [
	...note.matchAll(/^\| (\d+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$/gm),
].map((row) => row.slice(1).map((cell) => Number(cell.replace(',', ''))));

test('deflate 45: the table has a row for each window', () => {
	assert.deepEqual(
		rows.map(([bits]) => bits),
		[8, 9, 10, 11, 12, 13, 14, 15],
	);
});

for (const [bits, inflate, ...deflate] of rows)
	for (const [i, level] of [1, 8, 9].entries())
		test(`deflate 45: ${bits} bits, memLevel ${level}: ${inflate} and ${deflate[i]}`, async (t) => {
			const server = await start(t, { DEFLATE_MEM_LEVEL: String(level) });
			const offer = `${PMD}; server_max_window_bits=${bits}; client_max_window_bits=${bits}`;
			const clients = await openAll(t, server, 40, offer);

			const deflating = await afterDeflating(server, clients);
			const inflating = await afterInflating(server, clients);

			assertTakes(server, deflating, 40, deflate[i], 'deflating');
			assertTakes(server, inflating, 40, inflate, 'inflating');
		});

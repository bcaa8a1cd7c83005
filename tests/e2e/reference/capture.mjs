// SPDX-License-Identifier: MIT
//
// Prints what the reference server and ours answer to the same bytes, side by side, in Markdown:
//
//   node tests/e2e/reference/capture.mjs [words that the row's name or its table's holds]

import { capture, stopPairs } from '../support/reference.mjs';
import { different, equal } from './rows/index.mjs';

const words = process.argv.slice(2).join(' ').toLowerCase();

const nameOf = ({ number, name }) => (number ? `differences ${number}: ${name}` : name);

const cell = (text) =>
	text
		.replaceAll('&', '&amp;')
		.replaceAll('<', '&lt;')
		.replaceAll('>', '&gt;')
		.replaceAll('|', '&#124;')
		.replaceAll('\x1e', '␞')
		.replaceAll('\n', '<br>');

/** What is the same on both sides stands once. */
async function print(row) {
	const { reference, ours } = await capture(row);
	const same = reference.text === ours.text;
	console.log(`\n### ${nameOf(row)}\n`);
	console.log(same ? '| both |\n| --- |' : '| reference | ours |\n| --- | --- |');
	const cells = same ? [ours.text] : [reference.text, ours.text];
	console.log(`| ${cells.map(cell).join(' | ')} |`);
}

for (const { title, rows } of [...equal, ...different]) {
	const wanted = rows.filter((row) => `${title} ${nameOf(row)}`.toLowerCase().includes(words));
	if (wanted.length) console.log(`\n## ${title}`);
	for (const row of wanted) await print(row);
}
await stopPairs();

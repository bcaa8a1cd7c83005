// SPDX-License-Identifier: MIT
//
// The results as a table of text, or of Markdown.

import { ratio } from './statistics.mjs';

export const number = (n, digits = 2) =>
	n === undefined ? '' : n >= 1000 ? n.toFixed(0) : n.toFixed(n >= 100 ? 0 : digits);

export const times = (n) => (n === undefined ? '' : `${number(n)}x`);

const columns = ['work', 'libsio us', 'median', 'most', 'per second', 'p50 us', 'p99', 'p99.9'];

function verdict(of, aim) {
	if (aim === undefined || of === undefined) return '';
	return of <= aim ? `<= ${aim}` : `over ${aim}`;
}

/** Rows of one case: processor time a message, against the ceiling and against others. */
function row({ id, aim, results }, others) {
	const { libsio: own, ceiling } = results;
	const against = ratio(own, ceiling);
	return [
		id,
		number(own?.us.least),
		number(own?.us.median),
		number(own?.us.most),
		number(own?.perSecond.median, 0),
		number(own?.latency?.p50?.median, 0),
		number(own?.latency?.p99?.median, 0),
		number(own?.latency?.p999?.median, 0),
		number(ceiling?.us.least),
		times(against),
		verdict(against, aim),
		...others.flatMap((other) => [
			number(results[other]?.us.least),
			times(ratio(results[other], ceiling)),
			times(ratio(results[other], own)),
		]),
	];
}

function memoryRow({ id, results }, others) {
	return [id, ...['libsio', ...others].map((who) => number(results[who]?.kilobytes?.median))];
}

export function tables(report) {
	const others = ['node', 'bun', 'eiows', 'http'].filter((id) =>
		report.cases.some(({ results }) => results[id]),
	);
	const head = [
		...columns, 'ceiling us', 'libsio/ceiling', 'aim',
		...others.flatMap((id) => [`${id} us`, `${id}/ceiling`, `${id}/libsio`]),
	];
	const work = report.cases.filter(({ work }) => work !== 'idle');
	const idle = report.cases.filter(({ work }) => work === 'idle');
	return [
		{
			title: 'Processor time of the server for each message, in microseconds (the least of all runs)',
			rows: [head, ...work.map((one) => row(one, others))],
		},
		{
			title: 'Memory of the server for each idle connection, in kB',
			rows: [
				['work', 'libsio', ...others],
				...idle.map((one) => memoryRow(one, others)),
			],
		},
		{
			title: 'Processor time for each heartbeat of an idle connection, in microseconds',
			rows: [
				['work', 'libsio', ...others],
				...idle.map(({ id, results }) => [
					id,
					...['libsio', ...others].map((who) => number(results[who]?.us.least)),
				]),
			],
		},
	].filter(({ rows }) => rows.length > 1);
}

const SHOWN = [
	'echo 100', 'echo 5000', 'echo 100, 16 in flight', 'broadcast to 1000', 'broadcast to 5000',
	'chat of 1000 in rooms of 20', 'poll 100', 'poll 5000', 'connect',
];

/** A few rows and columns, for README. */
export function summary(report) {
	const who = ['ceiling', 'libsio', 'node', 'bun'];
	const line = ({ id, results }) => [id, ...who.map((one) => number(results[one]?.us.least))];
	const memory = ({ id, results }) => [
		`${id}: kB for each`,
		...who.map((one) => number(results[one]?.kilobytes?.median, 1)),
	];
	return {
		title: 'Microseconds of processor time for each message, request or connection',
		rows: [
			['', 'raw epoll', 'libsio', 'socket.io on Node', 'socket.io on Bun'],
			...report.cases.filter(({ id }) => SHOWN.includes(id)).map(line),
			...report.cases.filter(({ work }) => work === 'idle').slice(-1).map(memory),
		],
	};
}

export function asText({ title, rows }) {
	const widths = rows[0].map((_, i) => Math.max(...rows.map((cells) => cells[i].length)));
	const line = (cells) =>
		cells.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ');
	return [title, '', ...rows.map(line), ''].join('\n');
}

export function asMarkdown({ title, rows: [head, ...rows] }) {
	const line = (cells) => `| ${cells.join(' | ')} |`;
	const under = head.map((_, i) => (i ? '---:' : '---'));
	return [`${title}:`, '', line(head), line(under), ...rows.map(line), ''].join('\n');
}

// SPDX-License-Identifier: MIT
//
// The results as a table of text, or of Markdown.

import { measureOf, ratio } from './statistics.mjs';

export const number = (n, digits = 2) =>
	n === undefined ? '' : n >= 1000 ? n.toFixed(0) : n.toFixed(n >= 100 ? 0 : digits);

export const times = (n) => (n === undefined ? '' : `${number(n)}x`);

const columns = ['work', 'libsio us', 'median', 'most', 'per second', 'p50 us', 'p99', 'p99.9'];

/** Rows of one case: processor time a message, against the ceiling and against others. */
function row({ id, results }, others) {
	const { libsio: own, ceiling } = results;
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
		times(ratio(own, ceiling)),
		...others.flatMap((other) => [
			number(results[other]?.us.least),
			times(ratio(results[other], ceiling)),
			times(ratio(results[other], own)),
		]),
	];
}

const verdict = (held) => (held === undefined ? '' : held ? 'yes' : 'no');

/**
 * One aim: against the ceiling and, as a second reading, against Node, where it is known how many
 * times the ceiling's cost Node's was on the machine where the aims were taken.
 */
function aimRow(one, cases) {
	const { id, aim, node: there, results } = one;
	const measure = measureOf(one, cases);
	const reached = results.libsio && measure && results.libsio.us.least / measure;
	const wanted = there && there / aim;
	const beside = ratio(results.node, results.libsio);
	return [
		id,
		number(results.libsio?.us.least),
		number(measure),
		number(aim),
		number(reached),
		verdict(reached && reached <= aim),
		number(ratio(results.node, results.ceiling)),
		number(there),
		number(wanted),
		number(beside),
		verdict(wanted && beside && beside >= wanted),
	];
}

const AIMS = [
	'work', 'libsio us', 'measure us', 'aim', 'libsio', 'reached',
	'Node', 'Node there', 'aim as Node/libsio', 'Node/libsio', 'reached',
];

export function aims({ cases }) {
	return {
		title: 'Aims, in times of the measure, which is the ceiling but for TLS, and beside Node',
		rows: [AIMS, ...cases.filter(({ aim }) => aim).map((one) => aimRow(one, cases))],
	};
}

const CLUSTER = ['libsio', 'node'];

function clusterRow({ id, results }) {
	const figure = (who, what) => results[who]?.[what].least;
	return [
		id,
		...['publishing', 'receiving'].flatMap((what) => {
			const [own, node] = CLUSTER.map((who) => figure(who, what));
			return [number(own), number(node), times(own && node && node / own)];
		}),
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
		...columns, 'ceiling us', 'libsio/ceiling',
		...others.flatMap((id) => [`${id} us`, `${id}/ceiling`, `${id}/libsio`]),
	];
	const work = report.cases.filter(({ work, cluster }) => work !== 'idle' && !cluster);
	const idle = report.cases.filter(({ work }) => work === 'idle');
	return [
		{
			title: 'Processor time of the server for each message, in microseconds (the least of all runs)',
			rows: [head, ...work.map((one) => row(one, others))],
		},
		aims(report),
		{
			title:
				'Broadcasts from one server to another over Redis: processor time in microseconds ' +
				'for each that is published, and for each client that receives it',
			rows: [
				[
					'work', 'libsio publishes', 'node publishes', 'node/libsio',
					'libsio receives', 'node receives', 'node/libsio',
				],
				...report.cases.filter(({ cluster }) => cluster).map(clusterRow),
			],
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

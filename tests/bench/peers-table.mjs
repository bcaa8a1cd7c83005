// SPDX-License-Identifier: MIT
//
// The tables of make bench-peers: a column for each server, and where libsio is not ahead.

import { servers } from './cases.mjs';
import { ratio } from './statistics.mjs';
import { asMarkdown, number, times } from './table.mjs';

const NEAR = 1.2; /* of two runs the one is often a tenth above the other */

const columns = ({ absent, cases }) =>
	servers.filter(
		({ id }) => absent[id] || cases.some(({ results, failed }) => results[id] || failed[id]),
	);

/** A cell says why there is no figure in it. */
function cell({ absent }, { work, results, failed }, { id, does }, figure) {
	if (!does({ work })) return '';
	if (absent[id]) return 'not measured';
	if (failed[id] || !results[id]) return 'failed';
	return figure(results[id], results);
}

function table(report, title, chosen, figure) {
	const who = columns(report).filter(({ does }) => chosen.some(does));
	return {
		title,
		rows: [
			['work', ...who.map(({ title: name }) => name)],
			...chosen.map((one) => [one.id, ...who.map((server) => cell(report, one, server, figure))]),
		],
	};
}

export function peerTables(report) {
	const work = report.cases.filter((one) => one.work !== 'idle');
	const idle = report.cases.filter((one) => one.work === 'idle');
	return [
		table(
			report,
			'Processor time of the server for each message, in microseconds (the least of all runs)',
			work, ({ us }) => number(us.least),
		),
		table(
			report, 'The same in times of libsio', work,
			(result, { libsio }) => times(ratio(result, libsio)),
		),
		table(
			report, 'The median of all runs, in microseconds', work, ({ us }) => number(us.median),
		),
		table(
			report, 'Memory of the server for each idle connection, in kB', idle,
			({ kilobytes }) => number(kilobytes.median),
		),
		table(
			report, 'Processor time for each heartbeat of an idle connection, in microseconds', idle,
			({ us }) => number(us.least),
		),
	].filter(({ rows }) => rows.length > 1);
}

/** Each figure of a case in which less is better: [its name, of a result]. */
const FIGURES = {
	'': ({ us }) => us.least,
	', memory': ({ kilobytes }) => kilobytes.median,
};

function compare(report, one, name, figure) {
	const { libsio } = one.results;
	return columns(report)
		.filter(({ id }) => id !== 'ceiling' && id !== 'libsio')
		.filter(({ id }) => one.results[id] && !one.failed[id])
		.map(({ id, title }) => ({
			what: `${one.id}${name}`,
			title,
			of: figure(one.results[id]) / figure(libsio),
		}))
		.filter(({ of }) => of < NEAR);
}

/** A line for each row of each server that libsio is not ahead of, or by less than a fifth. */
export function behind(report) {
	const lines = report.cases
		.filter(({ results, failed }) => results.libsio && !failed.libsio)
		.flatMap((one) =>
			Object.entries(FIGURES)
				.filter(([name]) => !name || one.work === 'idle')
				.flatMap(([name, figure]) => compare(report, one, name, figure)),
		)
		.map(
			({ what, title, of }) =>
				`${what}: ${of <= 1 ? 'libsio is not ahead of' : 'libsio is hardly ahead of'} ` +
				`${title}, which takes ${number(of)} times as much`,
		);
	const none = 'libsio is ahead of each of the others, by more than a fifth, on each row.';
	return lines.length ? lines : [none];
}

/** All of it as a page of Markdown. */
export function asPage(report, conditions) {
	const list = (lines) => lines.map((line) => `- ${line}`).join('\n');
	const load = ({ load: before, loadAfter }) =>
		`load of the machine: ${before[0].toFixed(1)} before, ${loadAfter[0].toFixed(1)} after`;
	return [
		'# libsio beside other servers of Socket.IO',
		'',
		'What `make bench-peers` printed, and [how to read it](../README.md#other-servers):',
		'',
		list([...conditions, load(report.machine)]),
		'',
		peerTables(report).map(asMarkdown).join('\n'),
		'Where libsio is not ahead, or by less than a fifth:',
		'',
		list(behind(report)),
		...(report.notes.length ? ['', 'What could not be measured:', '', list(report.notes)] : []),
		'',
	].join('\n');
}

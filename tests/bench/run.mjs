// SPDX-License-Identifier: MIT
//
// make bench: every server at every kind of work, one after the other, again and again.
//
//     node tests/bench/run.mjs [short] [cases=<part of a name>] [servers=ceiling,libsio] [runs=5]
//     node tests/bench/run.mjs peers ...
//
// Prints tables; writes results.json, tables.md, aims.md, summary.md and charts into build/bench.
// With `peers` it is make bench-peers: servers in other languages, at less work, into
// build/bench-peers.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { cases as allCases, peerCases, servers as allServers } from './cases.mjs';
import { measure, missing } from './measure.mjs';
import { asPage, behind, peerTables } from './peers-table.mjs';
import { isPeer, peerVersions } from './peers.mjs';
import { chartsOf, peerChartsOf } from './report.mjs';
import { median, summarize } from './statistics.mjs';
import { aims, asMarkdown, asText, summary, tables } from './table.mjs';

const words = process.argv.slice(2);
const given = Object.fromEntries(words.filter((w) => w.includes('=')).map((w) => w.split('=')));
const short = words.includes('short');
const peers = words.includes('peers');
const out = peers ? 'build/bench-peers' : 'build/bench';
const times = { warm: 0.3, seconds: short ? 0.4 : peers ? 2 : 1, short };
const timesOf = ({ warm = times.warm, seconds = 0 }) => ({
	warm,
	seconds: short ? times.seconds : Math.max(times.seconds, seconds),
	short,
});
const rounds = Number(given.runs ?? (short ? 2 : peers ? 3 : 5));
const SHORT_SERVERS = ['ceiling', 'libsio', 'node'];

const say = (line) => process.stderr.write(`${line}\n`);
const version = (command, args, pattern) => {
	try {
		return pattern.exec(execFileSync(command, args, { encoding: 'utf8' }))?.[1] ?? 'unknown';
	} catch {
		return 'unknown';
	}
};

function machine() {
	const limit = /Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))[1];
	return {
		processor: cpus()[0].model,
		processors: cpus().length,
		kernel: release(),
		compiler: version('gcc', ['--version'], /gcc.* ([\d.]+)\n/),
		libwebsockets: version('pkg-config', ['--modversion', 'libwebsockets'], /([\d.]+\d)/),
		libuv: version('pkg-config', ['--modversion', 'libuv'], /([\d.]+\d)/),
		node: process.version,
		descriptors: Number(limit),
		load: loadavg(),
		peers: {},
	};
}

function chooseCases(about, notes) {
	const wanted = allCases.filter(({ id, short: quick }) => {
		if (short && !quick) return false;
		if (peers && !peerCases.includes(id)) return false;
		return !given.cases || id.includes(given.cases);
	});
	const needed = new Set(wanted.flatMap(({ id, plain }) => [id, plain]));
	return allCases.filter(({ id, connections }) => {
		if (!needed.has(id)) return false;
		if (connections + 300 <= about.descriptors) return true;
		notes.push(`${id}: not measured, a process may have ${about.descriptors} descriptors here`);
		return false;
	});
}

/** Those that are wanted and can be had; of the others, absent[id] says why not. */
function chooseServers(about, absent) {
	const wanted = given.servers?.split(',') ?? (short && !peers ? SHORT_SERVERS : undefined);
	return allServers.filter((server) => {
		const { id } = server;
		if (!server.in.includes(peers ? 'peers' : 'bench')) return false;
		if (wanted && !wanted.includes(id)) return false;
		if (isPeer(id)) say(`building ${id}`);
		const why = missing(id);
		if (why) say(`${id}: not measured, ${why}`);
		if (why) absent[id] = why;
		else if (isPeer(id)) about.peers[id] = peerVersions(id);
		return !why;
	});
}

function choose(about, notes) {
	const cases = chooseCases(about, notes);
	const absent = {};
	const servers = chooseServers(about, absent);
	for (const [id, why] of Object.entries(absent)) notes.push(`${id}: not measured, ${why}`);
	if (!peers) notes.push('uWebSockets.js: not measured, it is not on npm');
	return { cases, servers, absent };
}

async function runAll({ cases, servers }, notes) {
	const runs = new Map(cases.map(({ id }) => [id, {}]));
	const pairs = cases.flatMap((one) =>
		servers.filter(({ does }) => does(one)).map((server) => [one, server]),
	);
	const failed = new Map(cases.map(({ id }) => [id, {}]));
	let done = 0;
	for (let round = 0; round < rounds; round++) {
		for (const [one, { id, load, seconds, ...own }] of pairs) {
			const warm = own.warm && (one.warm ?? own.warm);
			const key = `${one.id}: ${id}`;
			say(`${++done}/${pairs.length * rounds} ${key}`);
			if (failed.get(one.id)[id]) continue;
			try {
				const run = await measure(id, { ...one, load }, timesOf({ warm, seconds }));
				(runs.get(one.id)[id] ??= []).push(run);
			} catch (error) {
				failed.get(one.id)[id] = error.message;
				notes.push(`${key}: failed in run ${round + 1}, ${error.message}`);
				say(`  ${error.message}`);
			}
		}
	}
	return { runs, failed };
}

const notes = [];
const about = machine();
const chosen = choose(about, notes);
const { runs, failed } = await runAll(chosen, notes);
about.loadAfter = loadavg();
const report = {
	machine: about,
	seconds: times.seconds,
	rounds,
	notes,
	absent: chosen.absent,
	cases: chosen.cases.map((one) => ({
		...one,
		failed: failed.get(one.id),
		results: Object.fromEntries(
			Object.entries(runs.get(one.id))
				.filter(([, all]) => all.length)
				.map(([id, all]) => [id, summarize(all, one)]),
		),
	})),
};
const busyBeside = [...runs.values()]
	.flatMap((byServer) => Object.values(byServer).flat())
	.map((run) => {
		const own = run.cpu_ns + run.far_cpu_ns + run.load_cpu_ns;
		return run.machineBusy * about.processors - own / run.ns;
	});
report.machine.busyBeside = Math.max(0, median(busyBeside));

const { processor, processors, kernel, node, compiler, libwebsockets } = about;
const conditions = [
	`${processor}, ${processors} processors; Linux ${kernel}; gcc ${compiler}; ` +
		`libwebsockets ${libwebsockets}; Node ${node}`,
	...Object.values(about.peers),
	`${rounds} runs of ${times.seconds} s each; ` +
		`of the processors ${about.busyBeside.toFixed(2)} were busy with something else (median)`,
];
const shown = peers ? peerTables(report) : tables(report);
const files = {
	'results.json': `${JSON.stringify(report, null, '\t')}\n`,
	'tables.md': peers ? asPage(report, conditions) : shown.map(asMarkdown).join('\n'),
	...(!peers && {
		'aims.md': asMarkdown(aims(report)),
		'summary.md': asMarkdown(summary(report)),
	}),
};
for (const [name, chart] of Object.entries(peers ? peerChartsOf(report) : chartsOf(report)))
	files[`${name}.svg`] = chart;
mkdirSync(out, { recursive: true });
for (const [name, content] of Object.entries(files)) writeFileSync(`${out}/${name}`, content);

console.log(`${conditions.join('\n')}\n`);
for (const table of shown) console.log(asText(table));
for (const line of peers ? behind(report) : []) console.log(line);
for (const note of notes) console.log(note);
console.log(`\n${out}: ${Object.keys(files).join(', ')}`);
const incomplete = report.cases.some(({ results }) => !results.libsio && !given.servers);
process.exit(incomplete ? 1 : 0);

// SPDX-License-Identifier: MIT
//
// make bench: every server at every kind of work, one after the other, again and again.
//
//     node tests/bench/run.mjs [short] [cases=<part of a name>] [servers=ceiling,libsio] [runs=5]
//
// Prints tables; writes results.json, tables.md, aims.md, summary.md and charts into build/bench.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { cases as allCases, servers as allServers } from './cases.mjs';
import { measure, missing } from './measure.mjs';
import { chartsOf } from './report.mjs';
import { median, summarize } from './statistics.mjs';
import { aims, asMarkdown, asText, summary, tables } from './table.mjs';

const words = process.argv.slice(2);
const given = Object.fromEntries(words.filter((w) => w.includes('=')).map((w) => w.split('=')));
const short = words.includes('short');
const out = 'build/bench';
const times = { warm: 0.3, seconds: short ? 0.4 : 1, short };
const rounds = Number(given.runs ?? (short ? 2 : 5));
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
	};
}

function choose(about, notes) {
	const wanted = allCases.filter(({ id, short: quick }) => {
		if (short && !quick) return false;
		return !given.cases || id.includes(given.cases);
	});
	const needed = new Set(wanted.flatMap(({ id, plain }) => [id, plain]));
	const cases = allCases.filter(({ id, connections }) => {
		if (!needed.has(id)) return false;
		if (connections + 300 <= about.descriptors) return true;
		notes.push(`${id}: not measured, a process may have ${about.descriptors} descriptors here`);
		return false;
	});
	const servers = allServers.filter(({ id }) => {
		const chosen = given.servers?.split(',') ?? (short ? SHORT_SERVERS : undefined);
		if (chosen && !chosen.includes(id)) return false;
		const why = missing(id);
		if (why) notes.push(`${id}: not measured, ${why}`);
		return !why;
	});
	notes.push('uWebSockets.js: not measured, it is not on npm');
	return { cases, servers };
}

async function runAll({ cases, servers }, notes) {
	const runs = new Map(cases.map(({ id }) => [id, {}]));
	const pairs = cases.flatMap((one) =>
		servers.filter(({ does }) => does(one)).map((server) => [one, server]),
	);
	const broken = new Set();
	let done = 0;
	for (let round = 0; round < rounds; round++) {
		for (const [one, { id, warm: own }] of pairs) {
			const warm = own ? (one.warm ?? own) : times.warm;
			const key = `${one.id}: ${id}`;
			say(`${++done}/${pairs.length * rounds} ${key}`);
			if (broken.has(key)) continue;
			try {
				(runs.get(one.id)[id] ??= []).push(await measure(id, one, { ...times, warm }));
			} catch (error) {
				broken.add(key);
				notes.push(`${key}: not measured, ${error.message}`);
				say(`  ${error.message}`);
			}
		}
	}
	return runs;
}

const notes = [];
const about = machine();
const chosen = choose(about, notes);
const runs = await runAll(chosen, notes);
const report = {
	machine: about,
	seconds: times.seconds,
	rounds,
	notes,
	cases: chosen.cases.map((one) => ({
		...one,
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

mkdirSync(out, { recursive: true });
writeFileSync(`${out}/results.json`, `${JSON.stringify(report, null, '\t')}\n`);
writeFileSync(`${out}/tables.md`, tables(report).map(asMarkdown).join('\n'));
writeFileSync(`${out}/aims.md`, asMarkdown(aims(report)));
writeFileSync(`${out}/summary.md`, asMarkdown(summary(report)));
const charts = chartsOf(report);
for (const [name, chart] of Object.entries(charts))
	writeFileSync(`${out}/${name}.svg`, chart);

const { processor, processors, kernel, node, compiler, libwebsockets } = about;
console.log(
	`${processor}, ${processors} processors; Linux ${kernel}; gcc ${compiler}; ` +
		`libwebsockets ${libwebsockets}; Node ${node}`,
);
console.log(
	`${rounds} runs of ${times.seconds} s each; ` +
		`of the processors ${about.busyBeside.toFixed(2)} were busy with something else (median)\n`,
);
for (const table of tables(report)) console.log(asText(table));
for (const note of notes) console.log(note);
console.log(`\n${out}: results.json, tables.md, aims.md, summary.md, ${Object.keys(charts).join('.svg, ')}.svg`);
const incomplete = report.cases.some(({ results }) => !results.libsio && !given.servers);
process.exit(incomplete ? 1 : 0);

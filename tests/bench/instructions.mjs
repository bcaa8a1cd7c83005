// SPDX-License-Identifier: MIT
//
// How many instructions of our own, and how many allocations, a message takes: counted by
// valgrind's callgrind, one message after the other, so that the same source gives the same figures
// on a busy machine as well.  They are compared with instructions.json; a rise of more than 5 %
// fails, and so does one more allocation.
//
//     node tests/bench/instructions.mjs           compare
//     node tests/bench/instructions.mjs accept    write the table anew
//     node tests/bench/instructions.mjs echo      show where an echo's go

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { difference, readDump } from './callgrind.mjs';
import { runLoad, startServer, stopServer } from './measure.mjs';

const TABLE = fileURLToPath(new URL('instructions.json', import.meta.url));
const DUMPS = 'build/bench/callgrind';
const ALLOWED = 1.05;

/** Each is done `n` times and then twice as often; what the second has more is n messages' cost. */
const stretches = [
	{ name: 'echo', work: 'echo', connections: 1, n: 200 },
	{ name: 'echo unparsed', work: 'raw', connections: 1, n: 200 },
	{ name: 'ack', work: 'ack', connections: 1, n: 200 },
	{ name: 'echo of an attachment', work: 'binary', connections: 1, n: 200 },
	{ name: 'poll and post', work: 'poll', connections: 1, n: 200 },
	{ name: 'connection', work: 'connect', connections: 1, n: 100 },
	{ name: 'broadcast to 50', work: 'broadcast', connections: 50, n: 20 },
	{ name: 'broadcast to 150', work: 'broadcast', connections: 150, n: 20 },
	{ name: 'relay to 50', work: 'relay', connections: 50, n: 20 },
	{ name: 'relay to 150', work: 'relay', connections: 150, n: 20 },
];

/** What one more recipient costs. */
const recipients = {
	'broadcast recipient': ['broadcast to 50', 'broadcast to 150', 100],
	'relay recipient': ['relay to 50', 'relay to 150', 100],
};

async function count() {
	rmSync(DUMPS, { recursive: true, force: true });
	mkdirSync(DUMPS, { recursive: true });
	const server = await startServer('libsio', {}, [
		'valgrind', '-q', '--tool=callgrind', `--callgrind-out-file=${DUMPS}/out`,
	]);
	try {
		for (const { work, connections, n } of stretches)
			await runLoad(server, { work, connections, exactly: n });
	} finally {
		await stopServer(server, 'SIGTERM');
	}
	const costs = new Map();
	stretches.forEach(({ name, n }, i) => {
		const [once, twice] = [2, 3].map((part) => readDump(`${DUMPS}/out.${3 * i + part}`));
		costs.set(name, difference(once, twice, n));
	});
	for (const [name, [few, many, n]] of Object.entries(recipients)) {
		costs.set(name, difference(costs.get(few), costs.get(many), n));
		costs.delete(few);
		costs.delete(many);
	}
	return costs;
}

const sum = (map, wanted) =>
	[...map].filter(([key]) => wanted.test(key)).reduce((all, [, n]) => all + n, 0);

const CALLS =
	'epoll_\\w+|recv|read|send|sendmsg|write|[gs]etsockopt|shutdown|close|accept4?|fcntl\\w*|ioctl|' +
	'getpeername|getsockname|getrandom|timerfd_\\w+';
const SYSTEM = new RegExp(`\t(${CALLS})(@@?.*)?$`);

const figuresOf = ({ objects, calls }) => ({
	instructions: Math.round(sum(objects, /bench-server$/)),
	of_libraries: Math.round(sum(objects, /^(?!.*bench-server$)/)),
	allocations: Math.round(sum(calls, /\t(malloc|calloc|realloc)$/) * 10) / 10,
	system_calls: Math.round(sum(calls, SYSTEM) * 10) / 10,
});

function compiler() {
	const text = execFileSync('gcc', ['--version'], { encoding: 'utf8' });
	return `gcc ${/ (\d+)\.[\d.]+\n/.exec(text)?.[1]}, ${process.arch}`;
}

/** Prints each figure beside the table's; how many are worse. */
function compare(found, table) {
	let worse = 0;
	for (const [name, now] of Object.entries(found)) {
		const before = table[name];
		const more = before && now.instructions > before.instructions * ALLOWED;
		const allocates = before && now.allocations > before.allocations + 0.1;
		const bad = !before || more || allocates;
		worse += bad ? 1 : 0;
		const was = before
			? `${before.instructions}, ${before.allocations} allocations in the table`
			: 'not in the table';
		console.log(
			[
				`${bad ? 'WORSE' : 'ok   '} ${name.padEnd(22)}`,
				`${String(now.instructions).padStart(6)} instructions`,
				`(and ${now.of_libraries} of libraries), ${now.allocations} allocations,`,
				`${now.system_calls} system calls; ${was}`,
			].join(' '),
		);
	}
	return worse;
}

function show({ functions, calls }) {
	const most = (map, wanted, n) =>
		[...map].filter(([key]) => wanted.test(key)).sort((a, b) => b[1] - a[1]).slice(0, n);
	for (const [key, n] of most(functions, /./, 50))
		console.log(n.toFixed(1).padStart(10), key.replace(/.*\//, '').replace('\t', '  '));
	console.log('allocations, by caller');
	for (const [key, n] of most(calls, /\t(malloc|calloc|realloc)$/, 50))
		if (n > 0.01) console.log(n.toFixed(2).padStart(10), key.replace('\t', ' -> '));
	console.log('system calls, by caller');
	for (const [key, n] of most(calls, SYSTEM, 50))
		if (n > 0.01) console.log(n.toFixed(2).padStart(10), key.replace('\t', ' -> '));
}

const wanted = process.argv.slice(2).join(' ');
const costs = await count();
const found = Object.fromEntries([...costs].map(([name, cost]) => [name, figuresOf(cost)]));
const by = compiler();
let kept = {};
try {
	kept = JSON.parse(readFileSync(TABLE, 'utf8'));
} catch {
	console.log('there is no table yet');
}

if (costs.has(wanted)) {
	show(costs.get(wanted));
} else if (wanted === 'accept') {
	writeFileSync(TABLE, `${JSON.stringify({ compiler: by, messages: found }, null, '\t')}\n`);
	compare(found, found);
} else {
	const worse = compare(found, kept.messages ?? {});
	if (kept.compiler !== by)
		console.log(`instructions: skipped, the table is of ${kept.compiler}, this is ${by}`);
	else {
		const n = Object.keys(found).length;
		console.log(`instructions: ${n - worse} passed, ${worse} failed`);
		process.exitCode = worse ? 1 : 0;
	}
}

// SPDX-License-Identifier: MIT
//
// One measurement: a server of its own, its clients, and what the machine did beside it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort, Redis } from '../e2e/support/redis.mjs';
import { buildPeer, isPeer, peerCommand, peerEnvironment } from './peers.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
export const build = here(`../../${process.env.SIO_BUILD_DIR ?? 'build/release'}`);
const bun = here('reference/node_modules/.bin/bun');
const PATIENCE_MS = 120_000;

const reference = here('reference/server.mjs');
const commands = {
	ceiling: ({ work, body = 32 }) => [`${build}/bench-ceiling`, work, String(body)],
	libsio: () => [`${build}/bench-server`],
	node: () => [process.execPath, reference],
	eiows: () => [process.execPath, reference],
	http: () => [process.execPath, reference],
	bun: () => [bun, reference],
};

const TLS = {
	TLS_CERT: here('../e2e/support/tls/cert.pem'),
	TLS_KEY: here('../e2e/support/tls/key.pem'),
};

const commandOf = (id, what) => (isPeer(id) ? peerCommand(id) : commands[id](what));

const environment = (id, { ping, tls, body, redis }) => ({
	ENGINE: id === 'node' ? 'ws' : id,
	PORT: '0',
	PING_INTERVAL: String(ping ?? 100_000),
	...(body && { BODY: String(body) }),
	...(tls && TLS),
	...(redis && { REDIS: redis.url }),
	...peerEnvironment(id),
});

/** Why this one cannot be measured here; undefined: it can. */
export function missing(id) {
	if (id === 'bun' && !existsSync(bun)) return 'npm has no Bun for this machine';
	if (id === 'eiows' && !existsSync(here('reference/node_modules/eiows')))
		return 'not installed: it fetches the sources of Node to build itself';
	if (isPeer(id)) return buildPeer(id);
	return undefined;
}

const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

function start([path, ...args], env) {
	const child = spawn(path, args, {
		env: { ...process.env, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	running.add(child);
	child.text = '';
	child.complaint = '';
	child.stderr.setEncoding('utf8').on('data', (text) => {
		process.stderr.write(text);
		child.complaint = text.trim().split('\n').at(-1);
	});
	child.stdout.setEncoding('utf8').on('data', (text) => (child.text += text));
	child.ended = new Promise((done) => {
		child.once('close', (code) => {
			running.delete(child);
			done(code);
		});
		child.once('error', done);
	});
	return child;
}

async function within(promise, what) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${what} took too long`)), PATIENCE_MS);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

export async function startServer(id, what, before = []) {
	const child = start([...before, ...commandOf(id, what)], environment(id, what));
	const ready = async () => {
		for (;;) {
			const [, port] = /READY (\d+)\n/.exec(child.text) ?? [];
			if (port) return Number(port);
			const ended = await Promise.race([once(child.stdout, 'data'), child.ended]);
			if (!Array.isArray(ended)) throw new Error(`${id} ended with ${ended}: ${child.complaint}`);
		}
	};
	child.port = await within(ready(), `the start of ${id}`);
	return child;
}

export async function stopServer(child, signal = 'SIGKILL') {
	child.kill(signal);
	await within(child.ended, 'the end of a server');
}

/** Runs clients against the server; what they print. */
export async function runLoad(server, options) {
	const args = Object.entries(options).map(([name, value]) => `${name}=${Number(value)}`);
	args.push(`work=${options.work}`, `port=${server.port}`, `pid=${server.pid}`);
	const load = start([`${build}/bench-load`, ...args.filter((a) => !a.endsWith('=NaN'))], {});
	const code = await within(load.ended, `the clients of ${options.work}`);
	if (code !== 0)
		throw new Error(load.complaint.replace(/^bench-load: /, '') || `bench-load ended with ${code}`);
	return load.text;
}

/** Jiffies that all processors were busy, and all there were. */
function jiffies() {
	const all = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/ +/).slice(1, 9).map(Number);
	const total = all.reduce((a, b) => a + b);
	return { total, busy: total - all[3] - all[4] };
}

function childrenOf(pid) {
	return readdirSync(`/proc/${pid}/task`)
		.map((thread) => `/proc/${pid}/task/${thread}/children`)
		.filter(existsSync)
		.flatMap((path) => readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number));
}

/** The clock that is read is that of one process, with all its threads. */
function refuseChildren({ pid }) {
	const children = childrenOf(pid);
	if (!children.length) return;
	for (const child of children) process.kill(child, 'SIGKILL');
	throw new Error('it has processes of its own, whose time would not be counted');
}

async function runCase(server, what, times, far) {
	const { work, connections, busy, depth, rate, body, tls, load } = what;
	refuseChildren(server);
	const before = jiffies();
	const text = await runLoad(server, {
		work, connections, busy, depth, rate, body, tls: tls ? 1 : 0, ...load, ...times,
		...(what.seconds && (work === 'idle' || !times.short) && {
			seconds: Math.max(what.seconds, times.seconds),
		}),
		short: undefined, far_port: far?.port, far_pid: far?.pid,
	});
	const after = jiffies();
	refuseChildren(server);
	const all = after.total - before.total;
	return { ...JSON.parse(text), machineBusy: all ? (after.busy - before.busy) / all : 0 };
}

/** Two servers and a Redis: the one has a single client, whose broadcasts go to the other's. */
async function measureTwo(id, what, times) {
	const redis = new Redis(await freePort());
	const servers = [];
	try {
		await redis.start();
		for (let i = 0; i < 2; i++) servers.push(await startServer(id, { ...what, redis }));
		return await runCase(servers[0], what, times, servers[1]);
	} finally {
		for (const server of servers) await stopServer(server);
		await redis.stop();
	}
}

/** What one server used for one case. */
export async function measure(id, what, times) {
	if (what.cluster) return measureTwo(id, what, times);
	const server = await startServer(id, what);
	try {
		return await runCase(server, what, times);
	} finally {
		await stopServer(server);
	}
}

// SPDX-License-Identifier: MIT
//
// One measurement: a server of its own, its clients, and what the machine did beside it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort, Redis } from '../e2e/support/redis.mjs';

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

const environment = (id, { ping, tls, body, redis }) => ({
	ENGINE: id === 'node' ? 'ws' : id,
	PORT: '0',
	PING_INTERVAL: String(ping ?? 100_000),
	...(body && { BODY: String(body) }),
	...(tls && TLS),
	...(redis && { REDIS: redis.url }),
});

/** Why this one cannot be measured here; undefined: it can. */
export function missing(id) {
	if (id === 'bun' && !existsSync(bun)) return 'npm has no Bun for this machine';
	if (id === 'eiows' && !existsSync(here('reference/node_modules/eiows')))
		return 'not installed: it fetches the sources of Node to build itself';
	return undefined;
}

const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

function start([path, ...args], env) {
	const child = spawn(path, args, {
		env: { ...process.env, ...env },
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	running.add(child);
	child.text = '';
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
	const child = start([...before, ...commands[id](what)], environment(id, what));
	const ready = async () => {
		for (;;) {
			const [, port] = /READY (\d+)\n/.exec(child.text) ?? [];
			if (port) return Number(port);
			const ended = await Promise.race([once(child.stdout, 'data'), child.ended]);
			if (!Array.isArray(ended)) throw new Error(`${id} ended with ${ended}`);
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
	if (code !== 0) throw new Error(`bench-load ended with ${code}`);
	return load.text;
}

/** Jiffies that all processors were busy, and all there were. */
function jiffies() {
	const all = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/ +/).slice(1, 9).map(Number);
	const total = all.reduce((a, b) => a + b);
	return { total, busy: total - all[3] - all[4] };
}

async function runCase(server, what, times, far) {
	const { work, connections, busy, depth, rate, body, tls } = what;
	const before = jiffies();
	const text = await runLoad(server, {
		work, connections, busy, depth, rate, body, tls: tls ? 1 : 0, ...times,
		...(what.seconds && (work === 'idle' || !times.short) && { seconds: what.seconds }),
		short: undefined, far_port: far?.port, far_pid: far?.pid,
	});
	const after = jiffies();
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

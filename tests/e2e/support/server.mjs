// SPDX-License-Identifier: MIT
//
// Starts and stops the program under test. What it shall be is told by its environment alone.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { within } from './wait.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
export const buildDir = resolve(root, process.env.SIO_BUILD_DIR ?? 'build/release');

export const pathOf = (program) => resolve(root, program);
const program = pathOf(process.env.SIO_SERVER ?? `${buildDir}/conformance-server`);

/** For what this server does and the reference, which the suite is proven against, does not. */
export const BEYOND = process.env.SIO_REFERENCE ? { skip: 'not so with the reference' } : {};

const STOP_MS = 20_000;

const children = new Set();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));
// So the runner ends a file that takes too long.
process.once('SIGTERM', () => process.exit(1));

/** A running program: what it printed, and the two ways to end it. */
export class Program {
	constructor(path, args, env) {
		this.stdout = '';
		this.stderr = '';
		this.child = spawn(path, args, { cwd: root, env: { ...process.env, ...env } });
		children.add(this.child);
		this.child.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text));
		this.child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
		this.closed = new Promise((done) => {
			this.child.once('close', (code, signal) => {
				children.delete(this.child);
				done({ code, signal });
			});
			this.child.once('error', (error) => done({ code: error.code, signal: null }));
		});
	}

	get running() {
		return this.child.pid && this.child.exitCode === null && this.child.signalCode === null;
	}

	/** The match of `pattern` in what the program prints, or undefined if it ends before. */
	async prints(pattern) {
		const found = async () => {
			for (;;) {
				const match = pattern.exec(this.stdout);
				if (match) return match;
				await once(this.child.stdout, 'data');
			}
		};
		const ended = this.closed.then(() => pattern.exec(this.stdout) ?? undefined);
		return this.orKilled(Promise.race([found(), ended]), `${pattern} on standard output`);
	}

	/** Ends it as an operator would: it says goodbye, exits with 0 and has had nothing to complain. */
	async stop() {
		if (this.running) this.child.kill('SIGTERM');
		const { code, signal } = await this.waitForEnd();
		assert.equal(this.stderr, '', 'nothing on standard error');
		assert.deepEqual({ code, signal }, { code: 0, signal: null }, 'exit code 0 at SIGTERM');
	}

	/** Ends it without any goodbye. */
	async crash() {
		if (this.running) this.child.kill('SIGKILL');
		await this.waitForEnd();
	}

	waitForEnd() {
		return this.orKilled(this.closed, 'the end of the program');
	}

	/** All that was reported so far as `what` (REPORT=1), with these facts. */
	reports(what, facts = {}) {
		const lines = this.stdout.split('\n').slice(0, -1);
		return lines
			.filter((line) => line.startsWith(`${what} {`))
			.map((line) => JSON.parse(line.slice(what.length + 1)))
			.filter((report) => Object.entries(facts).every(([key, fact]) => report[key] === fact));
	}

	/** The first such report, waited for if need be. */
	async reported(what, facts) {
		for (;;) {
			const [report] = this.reports(what, facts);
			if (report) return report;
			const more = once(this.child.stdout, 'data');
			await this.orKilled(more, `a report of ${what} ${JSON.stringify(facts)}`);
		}
	}

	/** Waits, and lets no program outlive a wait in vain. */
	async orKilled(promise, what) {
		try {
			return await within(STOP_MS, promise, what);
		} catch (error) {
			error.message += ` (${whereabouts(this.child.pid)})\n${this.stderr}`;
			this.child.kill('SIGKILL');
			throw error;
		}
	}
}

/** Where its threads stand, for a program that does not end: the kernel's word on each. */
function whereabouts(pid) {
	const read = (thread, what) => readFileSync(`/proc/${pid}/task/${thread}/${what}`, 'utf8');
	try {
		return readdirSync(`/proc/${pid}/task`)
			.map((thread) => {
				const [state, , , , , , , , , , , user, system] = read(thread, 'stat')
					.replace(/^.*\) /s, '')
					.split(' ');
				return `${read(thread, 'wchan')} ${state} after ${user}+${system} ticks`;
			})
			.join('; ');
	} catch (error) {
		return error.message;
	}
}

async function launch(env, before = []) {
	const [path, ...args] = [...before, program];
	const server = new Program(path, args, { HOST: '127.0.0.1', PORT: '0', APP: 'lab', ...env });
	const ready = await server.prints(/READY (\d+)\n/);
	if (!ready) return { server, ended: await server.closed };
	server.port = Number(ready[1]);
	server.host = `127.0.0.1:${server.port}`;
	server.url = `http://${server.host}`;
	return { server };
}

/**
 * A server of the lab, unless `env` says otherwise; whoever asked stops it. `before` is a command,
 * word by word, that runs it.
 */
export async function startServer(env = {}, before = []) {
	const { server, ended } = await launch(env, before);
	if (ended) throw new Error(`${program} ended: ${JSON.stringify(ended)}\n${server.stderr}`);
	return server;
}

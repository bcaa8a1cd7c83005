// SPDX-License-Identifier: MIT
//
// A redis-server of the test's own: on a free port of the loopback, without a file, and ended with
// the test by its pid. One that the machine runs already is left alone.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { Program } from './server.mjs';

async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address();
	server.close();
	await once(server, 'close');
	return port;
}

export class Redis {
	constructor(port, args) {
		this.port = port;
		this.args = args;
		this.url = `redis://127.0.0.1:${port}`;
	}

	/** Starts it, once more perhaps, on the same port. */
	async start() {
		const fixed = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tmpdir()];
		const port = this.args.includes('--port') ? [] : ['--port', `${this.port}`];
		this.program = new Program('redis-server', [...fixed, ...port, ...this.args], {});
		const ready = await this.program.prints(/Ready to accept connections/);
		if (!ready) throw new Error(`redis-server ended: ${this.program.stdout}`);
	}

	stop() {
		return this.program.crash();
	}

	/** It takes connections, and answers nothing. */
	freeze() {
		this.program.child.kill('SIGSTOP');
	}

	thaw() {
		this.program.child.kill('SIGCONT');
	}
}

/** A running one, stopped when the test `t` ends. */
export async function startRedis(t, args = []) {
	const redis = new Redis(await freePort(), args);
	t.after(() => redis.stop());
	await redis.start();
	return redis;
}

// SPDX-License-Identifier: MIT
//
// A redis-server of the test's own: on a free port of the loopback, without a file, and ended with
// the test by its pid. One that the machine runs already is left alone.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { Program } from './server.mjs';

export async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address();
	server.close();
	await once(server, 'close');
	return port;
}

export class Redis {
	/** `option` is what the port is given with. */
	constructor(port, args = [], option = '--port') {
		this.port = port;
		this.option = option;
		this.args = args;
		this.url = `redis://127.0.0.1:${port}`;
	}

	/** Starts it, once more perhaps, on the same port. */
	async start() {
		const fixed = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tmpdir()];
		const args = [...fixed, this.option, `${this.port}`, ...this.args];
		this.program = new Program('redis-server', args, {});
		const ready = await this.program.prints(/Ready to accept connections/);
		if (!ready) throw new Error(`redis-server ended: ${this.program.stdout}`);
	}

	/** A Sentinel, which wants a file of its own. */
	async startSentinel(file) {
		writeFileSync(file, `port ${this.port}\nbind 127.0.0.1\n`);
		this.program = new Program('redis-server', [file, '--sentinel'], {});
		if (!(await this.program.prints(/Sentinel ID/))) throw new Error(this.program.stdout);
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
export async function startRedis(t, args, option) {
	const redis = new Redis(await freePort(), args, option);
	t.after(() => redis.stop());
	await redis.start();
	return redis;
}

// SPDX-License-Identifier: MIT
//
// Servers that share a Redis, ours and the reference's, which are told what to do in one way.

import { connect, connected, openManager, WEBSOCKET } from './client.mjs';
import { startProgram } from './plain.mjs';
import { buildDir, pathOf, Program } from './server.mjs';
import { PATIENCE, record, within } from './wait.mjs';

async function launch(kind, env) {
	if (kind === 'c') return startProgram('cluster-server', { env });
	const server = new Program('node', [pathOf('tests/e2e/cluster/server.mjs')], env);
	const ready = await server.prints(/READY (\d+)\n/);
	if (!ready) throw new Error(`the reference ended: ${server.stdout} ${server.stderr}`);
	server.url = `http://127.0.0.1:${ready[1]}`;
	return server;
}

/** A server of the cluster; `said` grows with what other servers tell it. */
export async function startMember(t, kind, name, redis, env = {}) {
	const server = await launch(kind, { NAME: name, REDIS: redis.url, ...env });
	t.after(() => (kind === 'c' && server.running ? server.stop() : server.crash()));
	const control = await connect(t, server, WEBSOCKET, { nsp: '/control' });
	server.kind = kind;
	server.name = name;
	server.said = record(control, 'said');
	server.answered = record(control, 'answered');
	server.order = (op, order = {}) =>
		within(PATIENCE, control.emitWithAck('do', { op, ...order }), `the end of ${op} by ${name}`);
	return server;
}

/** A sender that is no server, in C; its arguments may be binary, but not hold what is. */
export async function startEmitter(t, redis, env = {}) {
	const program = new Program(`${buildDir}/cluster-emitter`, [], { REDIS: redis.url, ...env });
	t.after(() => program.crash());
	let orders = 0;
	const hex = (arg) => (Buffer.isBuffer(arg) ? { hex: arg.toString('hex') } : arg);
	program.order = async (op, { nsp = '/', args, ...order }) => {
		const whole = { op, nsp, ...order, ...(args && { args: args.map(hex) }) };
		program.child.stdin.write(`${JSON.stringify(whole)}\n`);
		const answers = await program.prints(new RegExp(`^(.*\n){${++orders}}`));
		return { err: answers?.[1].trim() };
	};
	/** There are no more orders. */
	program.finish = async () => {
		program.child.stdin.end();
		const { code } = await program.waitForEnd();
		if (code !== 0 || program.stderr) throw new Error(`exit code ${code}: ${program.stderr}`);
	};
	return program;
}

/** Waits until it is connected to Redis for the n-th time. */
export async function joined(server, n = 1) {
	for (;;) {
		const { result } = await server.order('stats');
		if (result.connected && result.connects >= n) return;
		await server.prints(new RegExp(`(REDIS 2 [^]*){${n}}`));
	}
}

/** A client that is in these rooms and keeps what it hears in `heard`. */
export async function member(t, server, { nsp = '/', rooms = [], data } = {}) {
	// A name may hold what a URL cannot.
	const socket = openManager(t, server, WEBSOCKET).socket(nsp);
	await connected(socket);
	socket.heard = [];
	socket.onAny((event, ...args) => {
		const reply = typeof args.at(-1) === 'function' ? args.pop() : undefined;
		socket.heard.push([event, ...args]);
		if (reply && event !== 'mute') reply(args[0]);
	});
	for (const room of rooms) await socket.emitWithAck('join', room);
	if (data !== undefined) await socket.emitWithAck('data', data);
	return socket;
}

/** What a server of ours prints that does not start with that Redis. */
export async function refuses(t, redis, env = {}) {
	const server = new Program(`${buildDir}/cluster-server`, [], { REDIS: redis.url, ...env });
	t.after(() => server.crash());
	const { code } = await server.waitForEnd();
	if (code !== 1) throw new Error(`it ended with ${code}: ${server.stderr}`);
	return server;
}

/** Asks again and again until what is asked holds. */
export async function eventually(asks, what) {
	let over = false;
	const holds = async () => {
		// What asks nobody, and only looks, leaves others their turn too.
		while (!over && !(await asks())) await new Promise((done) => setTimeout(done, 1));
	};
	await within(PATIENCE, holds(), what).finally(() => (over = true));
}

// SPDX-License-Identifier: MIT
//
// Where a server can listen: Unix sockets, IPv6, several addresses at once; and where it cannot.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { answers, connect, POLLING, UPGRADED, WEBSOCKET } from './support/client.mjs';
import { startServer } from './support/server.mjs';
import { ca, TLS } from './support/tls.mjs';
import { next, PATIENCE, within } from './support/wait.mjs';

const MODES = [POLLING, WEBSOCKET, UPGRADED];

let folder;
before(async () => (folder = await mkdtemp(join(tmpdir(), 'sio-addresses-'))));
after(() => rm(folder, { recursive: true }));

/** A server that listens at `address` too, until the test ends. */
async function start(t, address, env = {}) {
	const server = await startServer({ ADDRESS: address, ...env });
	t.after(() => server.stop());
	return server;
}

/** Has all connections go through a Unix socket, whatever their URL says. */
class UnixAgent extends http.Agent {
	constructor(path) {
		super({ keepAlive: true });
		this.path = path;
	}

	createConnection(_, done) {
		return net.connect(this.path, done);
	}
}

function throughSocket(t, path) {
	const agent = new UnixAgent(path);
	t.after(() => agent.destroy());
	return [{ url: 'http://unix.invalid' }, { agent }];
}

/** A port that is free at that address, or undefined if the machine has no such address. */
async function freePort(host) {
	const probe = net.createServer();
	const outcome = new Promise((done) => {
		probe.once('error', () => done(undefined));
		probe.listen(0, host, () => done(probe.address().port));
	});
	const port = await within(PATIENCE, outcome, 'a free port');
	if (port) await new Promise((done) => probe.close(done));
	return port;
}

/** IPv6 is the kernel's to have; on a machine without it there is nothing to be shown. */
const needsIPv6 = (await freePort('::1')) ? {} : { skip: 'no IPv6 here' };

async function works(t, mode, server, options) {
	const socket = await connect(t, server, mode, options);
	const bytes = Buffer.from([0, 1, 254, 255]);
	assert.deepEqual(await answers(socket, 'ack', 'é', { bytes }), ['é', { bytes }]);
	assert.equal(socket.io.engine.transport.name, mode.transports.at(-1));
	return socket;
}

// ---- Unix sockets ----

for (const mode of MODES)
	test(`the official client over a Unix socket, by ${mode.name}`, async (t) => {
		const path = join(folder, `client-${mode.name}`);
		await start(t, `unix:${path}`);
		const [server, options] = throughSocket(t, path);

		const socket = await works(t, mode, server, options);

		const echoed = next(socket, 'echo');
		socket.emit('echo', 'x'.repeat(500_000));
		assert.equal((await echoed)[0].length, 500_000);
		const gone = next(socket, 'disconnect');
		socket.emit('kick');
		assert.equal((await gone)[0], 'io server disconnect');
	});

test('a Unix socket is plain beside TLS, and is gone in the end', async () => {
	const path = join(folder, 'beside');
	const server = await startServer({ ...TLS, ADDRESS: `unix:${path}` });
	const stop = [];
	const t = { after: (fn) => stop.push(fn) };
	try {
		await works(t, WEBSOCKET, { url: `https://${server.host}` }, { ca });
		await works(t, WEBSOCKET, ...throughSocket(t, path));
		assert.equal(existsSync(path), true);
	} finally {
		stop.forEach((fn) => fn());
		await server.stop();
	}
	assert.equal(existsSync(path), false);
});

test('a Unix socket that a server left behind is replaced', async (t) => {
	const path = join(folder, 'left');
	const first = await startServer({ ADDRESS: `unix:${path}` });
	await first.crash();
	assert.equal(existsSync(path), true);

	await start(t, `unix:${path}`);

	await works(t, POLLING, ...throughSocket(t, path));
});

test('a Unix socket may have a name of 107 bytes', async (t) => {
	const path = join(folder, 'n'.repeat(107 - folder.length - 1));
	await start(t, `unix:${path}`);

	await works(t, WEBSOCKET, ...throughSocket(t, path));
});

// ---- IPv6, and several addresses ----

for (const mode of MODES)
	test(`the official client over IPv6, by ${mode.name}`, needsIPv6, async (t) => {
		const server = await start(t, '', { HOST: '::1' });

		await works(t, mode, { url: `http://[::1]:${server.port}` });
		await assert.rejects(connect(t, server, mode), /error/, 'nobody listens at 127.0.0.1');
	});

test('two ports of one machine lead to one server', async (t) => {
	const port = await freePort('127.0.0.1');
	const server = await start(t, `127.0.0.1:${port}`);
	const one = await connect(t, server, WEBSOCKET);
	const other = await connect(t, { url: `http://127.0.0.1:${port}` }, POLLING);
	const heard = next(other, 'bcast');

	await one.emitWithAck('bcast', 'to all');

	assert.deepEqual(await heard, ['to all']);
});

test('IPv4, IPv6 and a Unix socket at once', needsIPv6, async (t) => {
	const path = join(folder, 'three');
	const port = await freePort('::1');
	const server = await start(t, `[::1]:${port},unix:${path}`);
	for (const mode of MODES) {
		await works(t, mode, server);
		await works(t, mode, { url: `http://[::1]:${port}` });
		await works(t, mode, ...throughSocket(t, path));
	}
});

test('an address without a host is all interfaces, of IPv4 and IPv6', needsIPv6, async (t) => {
	const port = await freePort('::');
	await start(t, `:${port}`);
	await works(t, WEBSOCKET, { url: `http://127.0.0.1:${port}` });
	await works(t, WEBSOCKET, { url: `http://[::1]:${port}` });
});

// ---- Where it cannot ----

/** It ends with 1, after exactly these lines. */
async function refused(env, ...lines) {
	const outcome = startServer(env).then((server) => server.crash());
	const text = `ended: {"code":1,"signal":null}\n${lines.map((line) => `${line}\n`).join('')}`;
	await assert.rejects(outcome, (error) => {
		assert.equal(error.message.slice(error.message.indexOf('ended: ')), text);
		return true;
	});
}

const PORT = 'a port from 0 to 65535 is missing';
const HOST = 'the host is no address';
const BRACKETS = 'an IPv6 address stands in brackets';
const LONG = `/${'n'.repeat(107)}`;

for (const [address, why, named = address] of [
	['nonsense', PORT],
	['127.0.0.1', PORT],
	['127.0.0.1:', PORT],
	['127.0.0.1:http', PORT],
	['127.0.0.1:80x', PORT],
	['127.0.0.1:-1', PORT],
	['127.0.0.1:65536', PORT],
	['[::1]', PORT],
	['[::1', BRACKETS],
	['::1:3000', BRACKETS],
	['example.com:3000', HOST],
	['300.0.0.1:3000', HOST],
	['[::g]:3000', HOST],
	[`${'1'.repeat(100)}:3000`, HOST],
	['unix:', 'the path is missing'],
	[`unix:${LONG}`, 'the path is too long for a socket', LONG],
])
	test(`${address} is refused: ${why}`, async () => {
		await refused(
			{ ADDRESS: address },
			`libsio: cannot listen on ${named}: ${why}`,
			`conformance-server: ${address}: invalid argument`,
		);
	});

for (const [address, why, needs = {}] of [
	['192.0.2.1:3000', 'address not available'],
	['[2001:db8::1]:3000', 'address not available', needsIPv6],
	['unix:/nonexistent/folder/socket', 'no such file or directory'],
])
	test(`${address} is refused: ${why}`, needs, async () => {
		await refused({ ADDRESS: address }, `conformance-server: ${address}: ${why}`);
	});

test('a host that is none is refused', async () => {
	await refused(
		{ HOST: 'example.com' },
		`libsio: cannot listen on example.com: ${HOST}`,
		'conformance-server: example.com: invalid argument',
	);
});

test('a port that is taken is refused, as the first and as another', async (t) => {
	const first = await start(t, '');
	const taken = 'address already in use';

	await refused({ PORT: String(first.port) }, `conformance-server: 127.0.0.1: ${taken}`);
	await refused({ ADDRESS: first.host }, `conformance-server: ${first.host}: ${taken}`);

	await works(t, WEBSOCKET, first);
});

test('a Unix socket that is served is not taken over', async (t) => {
	const path = join(folder, 'taken');
	await start(t, `unix:${path}`);

	const line = `conformance-server: unix:${path}: address already in use`;
	await refused({ ADDRESS: `unix:${path}` }, line);

	assert.equal(existsSync(path), true);
	await works(t, WEBSOCKET, ...throughSocket(t, path));
});

test('a file that is no socket is left alone', async () => {
	const path = join(folder, 'file');
	await writeFile(path, 'precious');

	await refused(
		{ ADDRESS: `unix:${path}` },
		`libsio: ${path} is there and is no socket`,
		`conformance-server: unix:${path}: address already in use`,
	);

	assert.equal(await readFile(path, 'utf8'), 'precious');
});

test('what was listened on already is given back when another address is refused', async () => {
	const path = join(folder, 'before');
	await refused(
		{ ADDRESS: `unix:${path},192.0.2.1:3000` },
		'conformance-server: 192.0.2.1:3000: address not available',
	);
	assert.equal(existsSync(path), false);
});

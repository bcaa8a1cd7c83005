// SPDX-License-Identifier: MIT
//
// A certificate is renewed while the server runs: SIGHUP has it call sio_reload_tls().

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, POLLING, WEBSOCKET } from './support/client.mjs';
import { startServer } from './support/server.mjs';
import { FIRST, RENEWED, request, shown, startSecureServer } from './support/tls.mjs';
import { next } from './support/wait.mjs';

let folder, TLS_CERT, TLS_KEY;
before(async () => {
	folder = await mkdtemp(join(tmpdir(), 'sio-reload-'));
	[TLS_CERT, TLS_KEY] = ['cert.pem', 'key.pem'].map((name) => join(folder, name));
});
after(() => rm(folder, { recursive: true }));

async function install({ paths: [cert, key] }) {
	await copyFile(cert, TLS_CERT);
	await copyFile(key, TLS_KEY);
}

/** A server that has begun with the first certificate. */
async function start(t, env = {}) {
	await install(FIRST);
	const server = await startSecureServer({ TLS_CERT, TLS_KEY, ...env });
	t.after(() => server.stop());
	return server;
}

/** What sio_reload_tls() returned, as the server prints it. */
async function reload(server) {
	server.reloads = (server.reloads ?? 0) + 1;
	server.child.kill('SIGHUP');
	const all = await server.prints(new RegExp(`(?:RELOADED (.*)\\n){${server.reloads}}`));
	return all[1];
}

async function shows(server, { fingerprint }) {
	assert.equal(await shown(server), fingerprint, 'who names no host');
	assert.equal(await shown(server, 'localhost'), fingerprint, 'who names the host');
	assert.equal(await shown(server, 'sio'), fingerprint, 'who names another');
}

/** A session over polling on one kept connection. */
async function poller(t, server) {
	const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: FIRST.cert });
	t.after(() => agent.destroy());
	const url = '/socket.io/?EIO=4&transport=polling';
	const opened = await request(server, agent, { path: url });
	const path = `${url}&sid=${JSON.parse(opened.body.slice(1)).sid}`;
	const get = () => request(server, agent, { path });
	const post = (body) => request(server, agent, { method: 'POST', path, body });
	await post('40');
	await get();
	return { get, post };
}

test('newcomers see the new certificate, and who is there goes on', async (t) => {
	const server = await start(t);
	await shows(server, FIRST);
	const socket = await connect(t, server, WEBSOCKET, { ca: FIRST.cert });
	const polling = await poller(t, server);

	await install(RENEWED);
	assert.equal(await reload(server), 'success');

	await shows(server, RENEWED);
	assert.equal(await socket.emitWithAck('ack', 'still here'), 'still here');
	const seen = socket.io.engine.transport.ws._socket.getPeerCertificate();
	assert.equal(seen.fingerprint256, FIRST.fingerprint);
	const posted = await polling.post('420["ack","me too"]');
	assert.deepEqual([posted.reused, posted.fingerprint], [true, FIRST.fingerprint]);
	const polled = await polling.get();
	assert.deepEqual([polled.reused, polled.fingerprint], [true, FIRST.fingerprint]);
	assert.equal(polled.body, '430["me too"]');
	for (const mode of [POLLING, WEBSOCKET]) {
		const newcomer = await connect(t, server, mode, { ca: RENEWED.cert });
		assert.equal(await newcomer.emitWithAck('ack', 1), 1);
		await assert.rejects(connect(t, server, mode, { ca: FIRST.cert }), /error/);
	}
});

test('back to the first certificate: what was in force last is forgotten', async (t) => {
	const server = await start(t);
	for (const now of [RENEWED, FIRST, RENEWED]) {
		await install(now);
		assert.equal(await reload(server), 'success');
		await shows(server, now);
	}
});

const stranger = () =>
	generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
		type: 'pkcs8',
		format: 'pem',
	});

const BAD = {
	'a certificate that is not there': [() => rm(TLS_CERT), /cert\.pem: No such file/],
	'a key that is not there': [() => rm(TLS_KEY), /key\.pem: No such file/],
	'a certificate that is none': [() => writeFile(TLS_CERT, 'no certificate\n'), /cert\.pem/],
	'a key that is none': [() => writeFile(TLS_KEY, 'no key\n'), /key\.pem/],
	'an empty certificate': [() => writeFile(TLS_CERT, ''), /cert\.pem/],
	'half a certificate': [
		async () => writeFile(TLS_CERT, (await readFile(TLS_CERT)).subarray(0, 400)),
		/cert\.pem/,
	],
	'a key that does not match': [() => writeFile(TLS_KEY, stranger()), /key\.pem/],
	'a key of another kind': [() => copyFile(RENEWED.paths[1], TLS_KEY), /key\.pem/],
	'a certificate of another kind': [() => copyFile(RENEWED.paths[0], TLS_CERT), /cert\.pem/],
};

for (const [name, [spoil, told]] of Object.entries(BAD))
	test(`${name} leaves the old one in force, and the log says so`, async (t) => {
		const server = await start(t);
		const socket = await connect(t, server, WEBSOCKET, { ca: FIRST.cert });
		await spoil();

		assert.equal(await reload(server), 'input or output failed');

		const log = server.stderr;
		server.stderr = '';
		const line = log.split('\n').find((text) => text.startsWith('libsio: '));
		assert.match(line ?? log, told);
		assert.match(line, /; the certificate before it stays$/);
		assert.equal(await socket.emitWithAck('ack', 'still here'), 'still here');
		await shows(server, FIRST);
		const newcomer = await connect(t, server, POLLING, { ca: FIRST.cert });
		assert.equal(await newcomer.emitWithAck('ack', 'new'), 'new');
		await install(RENEWED);
		assert.equal(await reload(server), 'success');
		await shows(server, RENEWED);
	});

test('a server without TLS has nothing to reload', async (t) => {
	const server = await startServer();
	t.after(() => server.stop());
	assert.equal(await reload(server), 'input or output failed');
});

/** Memory in use, in kB. */
async function memory({ child: { pid } }) {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)[1]);
}

/* With a sanitizer what was freed is kept for a while otherwise. */
const ASAN_OPTIONS = 'quarantine_size_mb=0:thread_local_quarantine_size_kb=0';

async function round(t, server, ...clients) {
	const open = [];
	for (let i = 0; i < 50; i++) {
		assert.equal(await reload(server), 'success');
		for (const client of clients) open.push(await client(t, server));
	}
	await Promise.all(open.map((close) => close()));
}

const guest = async (t, server) => {
	const socket = await connect(t, server, WEBSOCKET, { ca: FIRST.cert });
	return () => {
		const gone = next(socket, 'disconnect');
		socket.disconnect();
		return gone;
	};
};

/** Somebody who does not get past the handshake of TLS. */
const lost = async (t, server) => {
	const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
	t.after(() => socket.destroy());
	await next(socket, 'connect');
	return () => {
		const closed = next(socket, 'close');
		socket.resume().end('GET / HTTP/1.1\r\n\r\n');
		return closed;
	};
};

/* A certificate that is kept costs more than 20 kB. */
for (const [name, clients] of Object.entries({
	'with nobody there': [],
	'with a client for each, who leaves later': [guest, lost],
}))
	test(`200 reloads take no memory, ${name}`, async (t) => {
		const server = await start(t, { ASAN_OPTIONS });
		const socket = await connect(t, server, WEBSOCKET, { ca: FIRST.cert });
		await round(t, server, ...clients);
		const early = await memory(server);

		for (let i = 0; i < 4; i++) await round(t, server, ...clients);

		const growth = (await memory(server)) - early;
		assert.ok(growth < 3000, `${growth} kB more after 200 reloads`);
		assert.equal(await socket.emitWithAck('ack', 'still here'), 'still here');
	});

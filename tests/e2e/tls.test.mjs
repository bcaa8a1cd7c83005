// SPDX-License-Identifier: MIT
//
// The same over TLS, and the other addresses that a server can listen on.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { answers, connect, POLLING, UPGRADED, WEBSOCKET } from './support/client.mjs';
import { pathOf, startServer } from './support/server.mjs';
import { collect, next, PATIENCE, within } from './support/wait.mjs';

const TLS = {
	TLS_CERT: pathOf('tests/e2e/support/tls/cert.pem'),
	TLS_KEY: pathOf('tests/e2e/support/tls/key.pem'),
};
const ca = readFileSync(TLS.TLS_CERT);

let server, folder;
before(async () => {
	folder = await mkdtemp(join(tmpdir(), 'sio-tls-'));
	server = await startServer(TLS);
	server.url = `https://${server.host}`;
});
after(async () => {
	await server?.stop();
	await rm(folder, { recursive: true });
});

// ---- Clients ----

for (const mode of [POLLING, WEBSOCKET, UPGRADED]) {
	const client = (t) => connect(t, server, mode, { ca });

	test(`${mode.name} over TLS: texts and bytes come back`, async (t) => {
		const socket = await client(t);
		const bytes = Buffer.from(Array.from({ length: 3000 }, (_, i) => i % 251));

		const back = await answers(socket, 'ack', 'é😀', { deep: [bytes] }, bytes);

		assert.deepEqual(back, ['é😀', { deep: [bytes] }, bytes]);
	});

	test(`${mode.name} over TLS: 900 kB come back`, async (t) => {
		const socket = await client(t);
		const text = '0123456789'.repeat(90_000);
		const echoed = next(socket, 'echo');

		socket.emit('echo', text);

		assert.ok((await echoed)[0] === text, 'the text is the same');
	});

	test(`${mode.name} over TLS: 5000 events come in order`, async (t) => {
		const socket = await client(t);
		const ticks = collect(socket, 'tick', 5000);

		socket.emit('burst', 5000);

		assert.deepEqual(
			(await ticks).map(([i]) => i),
			Array.from({ length: 5000 }, (_, i) => i),
		);
	});
}

test('a client that does not trust the certificate stays away', async (t) => {
	await assert.rejects(connect(t, server, WEBSOCKET, {}), /websocket error/);
});

for (const [name, bytes] of Object.entries({
	'an HTTP request': 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
	rubbish: Buffer.alloc(500, 0x16),
	nothing: '',
}))
	test(`${name} without TLS at the port of TLS harms nobody`, async (t) => {
		const friend = await connect(t, server, WEBSOCKET, { ca });
		const stranger = net.connect(server.port, '127.0.0.1').on('error', () => {});
		t.after(() => stranger.destroy());
		const ended = next(stranger, 'close');

		stranger.resume().end(bytes);

		await ended;
		assert.equal(await friend.emitWithAck('ack', 'still here'), 'still here');
		const newcomer = await connect(t, server, POLLING, { ca });
		assert.equal(await newcomer.emitWithAck('ack', 'new'), 'new');
	});

const refused = /"code":1,[^]*\nconformance-server: ./;

for (const [name, env] of Object.entries({
	'a certificate that is not there': { ...TLS, TLS_CERT: '/nonexistent/cert.pem' },
	'a key that is not there': { ...TLS, TLS_KEY: '/nonexistent/key.pem' },
	'a certificate that is none': { ...TLS, TLS_CERT: pathOf('LICENSE') },
	'a key that is none': { ...TLS, TLS_KEY: pathOf('LICENSE') },
}))
	test(`a server does not start with ${name}`, async () => {
		await assert.rejects(startServer(env), refused);
	});

// ---- Addresses ----

/** The handshake over a Unix socket or a TCP address. */
function handshake(target) {
	const answered = new Promise((done, fail) => {
		const path = '/socket.io/?EIO=4&transport=polling';
		const request = http.get({ ...target, path, agent: false }, (response) => {
			let body = '';
			response.setEncoding('utf8').on('data', (text) => (body += text));
			response.once('end', () => done({ status: response.statusCode, body }));
		});
		request.once('error', fail);
	});
	return within(PATIENCE, answered, 'the handshake');
}

async function welcomes(target) {
	const { status, body } = await handshake(target);
	assert.equal(status, 200);
	assert.match(body, /^0\{"sid":"/);
}

test('a Unix socket serves plain HTTP beside TLS, and is gone in the end', async (t) => {
	const socketPath = join(folder, 'beside');
	const both = await startServer({ ...TLS, ADDRESS: `unix:${socketPath}` });
	try {
		both.url = `https://${both.host}`;
		await welcomes({ socketPath });
		const socket = await connect(t, both, WEBSOCKET, { ca });
		assert.equal(await socket.emitWithAck('ack', 1), 1);
	} finally {
		await both.stop();
	}
	assert.equal(existsSync(socketPath), false);
});

test('a Unix socket that is served is not taken over', async () => {
	const socketPath = join(folder, 'taken');
	const first = await startServer({ ADDRESS: `unix:${socketPath}` });
	try {
		await assert.rejects(startServer({ ADDRESS: `unix:${socketPath}` }), refused);
		await welcomes({ socketPath });
	} finally {
		await first.stop();
	}
});

test('a Unix socket that a server left behind is replaced', async () => {
	const socketPath = join(folder, 'left');
	const first = await startServer({ ADDRESS: `unix:${socketPath}` });
	await first.crash();
	assert.equal(existsSync(socketPath), true);

	const second = await startServer({ ADDRESS: `unix:${socketPath}` });
	try {
		await welcomes({ socketPath });
	} finally {
		await second.stop();
	}
});

test('a file that is no socket is left alone', async () => {
	const path = join(folder, 'file');
	await writeFile(path, 'precious');

	await assert.rejects(startServer({ ADDRESS: `unix:${path}` }), refused);

	assert.equal(await readFile(path, 'utf8'), 'precious');
});

/** A port that is free at ::1, or undefined on a machine without IPv6. */
async function freePort() {
	const probe = net.createServer();
	const outcome = new Promise((done) => {
		probe.once('error', () => done(undefined));
		probe.listen(0, '::1', () => done(probe.address().port));
	});
	const port = await outcome;
	if (port) await new Promise((done) => probe.close(done));
	return port;
}

test('an address in brackets serves IPv6', async (t) => {
	const port = await freePort();
	if (!port) return t.skip('no IPv6 here');
	const both = await startServer({ ADDRESS: `[::1]:${port}` });
	try {
		await welcomes({ host: '::1', port });
		await welcomes({ host: '127.0.0.1', port: both.port });
	} finally {
		await both.stop();
	}
});

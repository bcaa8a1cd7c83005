// SPDX-License-Identifier: MIT
//
// The same over TLS.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { answers, connect, POLLING, UPGRADED, WEBSOCKET } from './support/client.mjs';
import { pathOf, startServer } from './support/server.mjs';
import { ca, startSecureServer, TLS } from './support/tls.mjs';
import { collect, next } from './support/wait.mjs';

let server;
before(async () => (server = await startSecureServer()));
after(() => server?.stop());

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

const LICENSE = pathOf('LICENSE');

for (const [name, env, why] of [
	[
		'a certificate that is not there',
		{ ...TLS, TLS_CERT: '/nonexistent/cert.pem' },
		'/nonexistent/cert.pem: No such file or directory',
	],
	[
		'a key that is not there',
		{ ...TLS, TLS_KEY: '/nonexistent/key.pem' },
		'/nonexistent/key.pem: No such file or directory',
	],
	[
		'a certificate that is none',
		{ ...TLS, TLS_CERT: LICENSE },
		`${LICENSE}, ${TLS.TLS_KEY}: no certificate with its key`,
	],
	[
		'a key that is none',
		{ ...TLS, TLS_KEY: LICENSE },
		`${TLS.TLS_CERT}, ${LICENSE}: no certificate with its key`,
	],
])
	test(`a server does not start with ${name}`, async () => {
		const last = `libsio: ${why}\nconformance-server: input or output failed\n`;
		await assert.rejects(startServer(env), ({ message }) => {
			assert.match(message, /"code":1,/);
			assert.ok(message.endsWith(last), message);
			return true;
		});
	});

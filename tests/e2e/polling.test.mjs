// SPDX-License-Identifier: MIT
//
// Polling by hand: bodies that come in pieces, and connections that last.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { Polling } from './support/raw.mjs';
import { startServer } from './support/server.mjs';
import { PATIENCE, within } from './support/wait.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

async function joined() {
	const polling = await Polling.open(server);
	await polling.join();
	return polling;
}

test('an event and its bytes may come in different payloads', async () => {
	const polling = await joined();

	await polling.post('451-["echo",{"_placeholder":true,"num":0}]');
	await polling.post('bAQID');

	assert.deepEqual(await polling.packets(2), [
		'451-["echo",{"_placeholder":true,"num":0}]',
		'bAQID',
	]);
});

test('a body in chunks is a body', async () => {
	const polling = await joined();
	const connection = net.connect(server.port, '127.0.0.1');
	const answered = within(
		PATIENCE,
		new Promise((done) => connection.once('data', done)),
		'an answer',
	);

	const head = [
		`POST ${polling.url} HTTP/1.1`,
		`Host: ${server.host}`,
		'Content-Type: text/plain',
		'Transfer-Encoding: chunked',
	];
	connection.write(`${head.join('\r\n')}\r\n\r\n5\r\n42["e\r\n`);
	connection.write('A;x=1\r\ncho","no"]\r\n0\r\n\r\n');

	assert.match(String(await answered), /^HTTP\/1\.1 200 /);
	connection.destroy();
	assert.deepEqual(await polling.packets(1), ['42["echo","no"]']);
});

test('a body that comes byte by byte is a body', async () => {
	const polling = await joined();
	const body = '42["echo","é"]';
	const text = [
		`POST ${polling.url} HTTP/1.1`,
		`Host: ${server.host}`,
		'Content-Type: text/plain',
		`Content-Length: ${Buffer.byteLength(body)}`,
		'',
		body,
	].join('\r\n');
	const connection = net.connect(server.port, '127.0.0.1').setNoDelay(true);
	const answered = within(
		PATIENCE,
		new Promise((done) => connection.once('data', done)),
		'an answer',
	);

	for (const byte of Buffer.from(text))
		await new Promise((done) => connection.write(Buffer.from([byte]), done));

	assert.match(String(await answered), /^HTTP\/1\.1 200 /);
	connection.destroy();
	assert.deepEqual(await polling.packets(1), [body]);
});

test('one connection serves many requests', async (t) => {
	const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
	t.after(() => agent.destroy());
	const ports = new Set();
	agent.on('free', (connection) => ports.add(connection.localPort));
	const polling = await joined();

	for (let i = 0; i < 20; i++) {
		await polling.post(`42["echo",${i}]`, { agent });
		assert.equal((await polling.get({ agent })).body, `42["echo",${i}]`);
	}

	assert.equal(ports.size, 1);
});

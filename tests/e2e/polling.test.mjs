// SPDX-License-Identifier: MIT
//
// Polling by hand: payloads, and what a client does that breaks the rules.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { gunzipSync, inflateSync } from 'node:zlib';
import { ask, Polling } from './support/raw.mjs';
import { startServer } from './support/server.mjs';
import { next, PATIENCE, within } from './support/wait.mjs';

const LIMIT = 5000;
let server, small;
before(async () => {
	server = await startServer();
	small = await startServer({ MAX_HTTP_BUFFER: String(LIMIT) });
});
after(async () => {
	await server.stop();
	await small.stop();
});

const gone = { status: 400, body: '{"code":1,"message":"Session ID unknown"}' };

/** The session does not exist any more. */
async function isGone(polling) {
	const { status, body } = await polling.get();
	assert.deepEqual({ status, body }, gone);
}

async function joined(on = server) {
	const polling = await Polling.open(on);
	await polling.join();
	return polling;
}

test('a POST is answered with ok', async () => {
	const polling = await Polling.open(server);

	const { status, body, headers } = await polling.post('40');

	assert.deepEqual([status, body], [200, 'ok']);
	assert.match(headers['content-type'], /^text\/html/);
	assert.equal(headers['content-length'], '2');
	assert.equal(headers['cache-control'], 'no-store');
});

test('a payload of one packet is answered by one packet', async () => {
	const polling = await joined();

	await polling.post('42["echo","hello"]');

	assert.equal((await polling.get()).body, '42["echo","hello"]');
});

test('packets of a payload are separated by 0x1e, both ways', async () => {
	const polling = await joined();

	await polling.post('42["echo",1]\x1e42["echo",2]\x1e42["echo",3]');

	assert.deepEqual(await polling.packets(3), ['42["echo",1]', '42["echo",2]', '42["echo",3]']);
});

test('packets that wait come in one payload', async () => {
	const polling = await joined();
	for (const i of [1, 2, 3]) await polling.post(`42["echo",${i}]`);

	const { body } = await polling.get();

	assert.equal(body, '42["echo",1]\x1e42["echo",2]\x1e42["echo",3]');
});

test('bytes are base64 after a b', async () => {
	const polling = await joined();

	await polling.post(
		'452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]\x1ebAQIDBA==\x1eb',
	);

	const echo = '452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';
	assert.deepEqual(await polling.packets(3), [echo, 'bAQIDBA==', 'b']);
});

test('an event and its bytes may come in different payloads', async () => {
	const polling = await joined();

	await polling.post('451-["echo",{"_placeholder":true,"num":0}]');
	await polling.post('bAQID');

	assert.deepEqual(await polling.packets(2), [
		'451-["echo",{"_placeholder":true,"num":0}]',
		'bAQID',
	]);
});

test('text is UTF-8, both ways', async () => {
	const polling = await joined();

	await polling.post('42["echo","é😀\u2028"]');
	const { body, headers } = await polling.get();

	assert.equal(body, '42["echo","é😀\u2028"]');
	assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
});

test('a waiting GET is answered when something comes', async () => {
	const polling = await joined();
	const waiting = polling.beginGet();

	await polling.post('42["echo","now"]');

	assert.equal((await waiting.done).body, '42["echo","now"]');
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

test('a client that understands compressed answers can read them', async () => {
	const decoders = { gzip: gunzipSync, deflate: inflateSync };
	for (const encoding of Object.keys(decoders)) {
		const polling = await joined();
		const text = 'compress me '.repeat(1000);
		await polling.post(`42["echo","${text}"]`);

		const { body, headers } = await readRaw(polling.url, { 'Accept-Encoding': encoding });

		const used = headers['content-encoding'];
		assert.ok(used === undefined || used === encoding);
		assert.equal(String(used ? decoders[used](body) : body), `42["echo","${text}"]`);
	}
});

function readRaw(path, headers) {
	const answered = new Promise((done, fail) => {
		const request = http.get(
			{ host: '127.0.0.1', port: server.port, path, headers, agent: false },
			(response) => {
				const parts = [];
				response.on('data', (part) => parts.push(part));
				response.on('end', () => done({ body: Buffer.concat(parts), headers: response.headers }));
			},
		);
		request.on('error', fail);
	});
	return within(PATIENCE, answered, 'the answer');
}

test('a second GET ends the session: the first gets a close packet', async () => {
	const polling = await joined();
	const first = polling.beginGet();
	await next(first.request, 'finish');
	await ask(server, { url: '/socket.io/?EIO=4&transport=polling' });

	const second = await polling.get();

	assert.deepEqual([second.status, second.body], [400, '']);
	const { status, body } = await first.done;
	assert.deepEqual([status, body], [200, '1']);
	await isGone(polling);
});

test('a second POST beside one that is still being sent ends the session', async () => {
	const polling = await joined();
	const headers = { 'Content-Type': 'text/plain', 'Content-Length': 100 };
	const first = http.request({
		host: '127.0.0.1',
		port: server.port,
		path: polling.url,
		method: 'POST',
		headers,
		agent: false,
	});
	const broken = next(first, 'error');
	first.write('42["echo"');
	await next(first, 'socket').then(([socket]) => socket.connecting && next(socket, 'connect'));
	await ask(server, { url: '/socket.io/?EIO=4&transport=polling' });

	const second = await polling.post('42["echo",1]');

	assert.deepEqual([second.status, second.body], [400, '']);
	await broken;
	await isGone(polling);
});

test('a GET that the client gives up ends the session', async () => {
	const polling = await joined();
	const watcher = await joined();
	const waiting = polling.beginGet();
	await next(waiting.request, 'finish');
	await ask(server, { url: '/socket.io/?EIO=4&transport=polling' });

	waiting.abort();

	const [left] = await watcher.packets(1);
	assert.match(left, /^42\["left","[\w-]{20}","transport (error|close)"\]$/);
	await isGone(polling);
});

test('a body over the limit is refused, and the session goes on', async () => {
	const polling = await joined(small);

	const { status, body } = await polling
		.post('4'.padEnd(LIMIT + 1, 'x'))
		.catch(() => ({ status: 413, body: '' }));

	assert.deepEqual([status, body], [413, '']);
	await polling.post('42["echo","alive"]');
	assert.deepEqual(await polling.packets(1), ['42["echo","alive"]']);
});

test('a body as long as the limit is accepted', async () => {
	const polling = await joined(small);
	const text = 'x'.repeat(LIMIT - '42["echo",""]'.length);

	assert.equal((await polling.post(`42["echo","${text}"]`)).status, 200);

	assert.deepEqual(await polling.packets(1), [`42["echo","${text}"]`]);
});

test('a body of bytes is refused and ends the session', async () => {
	const polling = await joined();

	const { status } = await polling.post('40', {
		headers: { 'Content-Type': 'application/octet-stream' },
	});

	assert.equal(status, 400);
	await isGone(polling);
});

for (const [name, body] of Object.entries({
	'an unknown packet type': 'abc',
	'an empty body': '',
	'an empty packet': '42["echo",1]\x1e',
	'a ping of the client': '2',
	'an unreadable packet behind a good one': '42["echo",1]\x1exyz',
})) {
	test(`${name} ends the session`, async () => {
		const polling = await joined();

		await polling.post(body).catch(() => {});

		const { status, body: last } = await polling.get();
		if (status === 200) {
			assert.match(last, /(^|\x1e)1$/);
			await isGone(polling);
		} else {
			assert.deepEqual({ status, body: last }, gone);
		}
	});
}

test('a close packet of the client ends the session and releases the waiting GET', async () => {
	const polling = await joined();
	const waiting = polling.beginGet();
	await next(waiting.request, 'finish');
	await ask(server, { url: '/socket.io/?EIO=4&transport=polling' });

	assert.equal((await polling.post('1')).body, 'ok');

	const { status, body } = await waiting.done;
	assert.deepEqual([status, body], [200, '6']);
	await isGone(polling);
});

test('a client that is disconnected by the server gets 41 and then a close packet', async () => {
	const polling = await joined();
	await polling.post('42["kick"]');
	const seen = [];
	while (seen.at(-1) !== '1' && seen.length < 20) {
		const { status, body } = await polling.get();
		assert.equal(status, 200);
		seen.push(...body.split('\x1e'));
	}

	assert.deepEqual(
		seen.filter((packet) => packet !== '6'),
		['41', '1'],
	);
	await isGone(polling);
});

test('packets that mean nothing on an open session are ignored', async () => {
	const polling = await joined();

	await polling.post('6\x1e3\x1e5\x1e0\x1e42["echo",1]');

	assert.deepEqual(await polling.packets(1), ['42["echo",1]']);
});

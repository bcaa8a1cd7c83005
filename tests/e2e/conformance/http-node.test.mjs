// SPDX-License-Identifier: MIT
//
// Where the server's reading of HTTP is not that of Node's parser: the same bytes for both.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { startServer } from '../support/server.mjs';
import { PATIENCE, within } from '../support/wait.mjs';
import { accepts, AT_ONCE, refuses, requestOf, Wire } from '../support/wire.mjs';

const LARGEST = 9007199254740991n;
// Until Node 18 llhttp took chunk extensions of any form.
const READS_EXTENSIONS = Number(process.versions.llhttp.split('.')[0]) >= 9;

let server, node;
before(async () => {
	server = await startServer();
	node = new NodeServer();
	await node.listen();
});
after(async () => {
	await server.stop();
	node.http.close();
});

/** A server on Node's parser, which says of each connection what the parser made of it. */
class NodeServer {
	constructor() {
		this.http = http.createServer({ requireHostHeader: false });
		this.http.on('request', (request, response) => {
			const taken = () => {
				const length = { 'Content-Length': 5 };
				if (!response.headersSent) response.writeHead(200, length).end('taken');
				this.said('accepted');
			};
			request.once('data', taken).once('end', taken);
		});
		for (const event of ['connect', 'upgrade'])
			this.http.on(event, () => this.said('accepted'));
		this.http.on('clientError', (error, socket) => {
			this.said('refused');
			socket.destroy();
		});
	}

	async listen() {
		this.http.listen(0, '127.0.0.1');
		await once(this.http, 'listening');
		this.port = this.http.address().port;
	}

	async verdict(t, bytes) {
		const verdict = new Promise((done) => (this.said = done));
		const wire = new Wire(t, this);
		wire.write(Buffer.from(bytes, 'latin1'));
		const result = await within(PATIENCE, verdict, 'a verdict of Node');
		wire.socket.destroy();
		return result;
	}
}

const get = (target, ...headers) => requestOf('GET', target, { headers });
const post = (body, ...headers) => requestOf('POST', '/echo', { body, headers });
const chunked = (body) => post(body, 'Transfer-Encoding: chunked');
const host = 'Host: h\r\n\r\n';

async function refusedHereAlone(t, cases) {
	for (const [name, bytes] of Object.entries(cases)) {
		await refuses(t, server, bytes, /HTTP\/(0|2)/.test(bytes) ? 505 : 400);
		assert.equal(await node.verdict(t, bytes), 'accepted', name);
	}
}

test('http 42: heads that are refused here and accepted there', async (t) => {
	await refusedHereAlone(t, {
		'no Host': 'GET / HTTP/1.1\r\n\r\n',
		'two Host fields': get('/', 'Host: i'),
		'a Host that is none': 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n',
		'a number sign': get('/#a'),
		'a user in the host': get('http://user@host/'),
		'a star': get('*'),
		CONNECT: `CONNECT h:80 HTTP/1.1\r\n${host}`,
		'two spaces before the target': `GET  / HTTP/1.1\r\n${host}`,
		'two spaces before the version': `GET /  HTTP/1.1\r\n${host}`,
		'no version': `GET /\r\n${host}`,
		'no version and no fields': 'GET /\r\n\r\n',
		'HTTP/0.9': `GET / HTTP/0.9\r\n${host}`,
		'HTTP/2.0': `GET / HTTP/2.0\r\n${host}`,
		'a bare LF before it': `\n${get('/')}`,
		'a bare CR before it': `\r${get('/')}`,
		'five empty lines before it': `${'\r\n'.repeat(5)}${get('/')}`,
	});
});

test('http 43: framing that is refused here and accepted there', async (t) => {
	const old = { version: '1.0', headers: ['Transfer-Encoding: chunked'], body: '0\r\n\r\n' };
	await refusedHereAlone(t, {
		'Transfer-Encoding in 1.0': requestOf('POST', '/echo', old),
		'a length above the largest': post('a', `Content-Length: ${LARGEST + 1n}`),
		'a length of 64 bits': post('a', `Content-Length: ${2n ** 64n - 1n}`),
		'a chunk above the largest': chunked(`${(LARGEST + 1n).toString(16)}\r\na`),
		'a chunk of 64 bits': chunked('ffffffffffffffff\r\na'),
		'a size of 17 digits': chunked(`${'1'.padStart(17, '0')}\r\na\r\n0\r\n\r\n`),
		'a long extension': chunked(`1;${'a'.repeat(254)}\r\na\r\n0\r\n\r\n`),
		'long trailers': chunked(`0\r\nA: ${'a'.repeat(4097)}\r\n\r\n`),
	});
	for (const [bytes, status] of [
		[get('/', 'Transfer-Encoding:'), 501],
		[post('1\r\na\r\n0\r\n\r\n', 'Transfer-Encoding: gzip, chunked'), 501],
		[get('/', ...Array(100).fill('A: b')), 431],
	]) {
		await refuses(t, server, bytes, status);
		assert.equal(await node.verdict(t, bytes), 'accepted', bytes);
	}
	const tooLarge = post('a', `Content-Length: ${2n ** 64n}`);
	await refuses(t, server, tooLarge);
	assert.equal(await node.verdict(t, tooLarge), 'refused');
});

test('http 44: what the standard allows is accepted here and refused there', async (t) => {
	for (const minor of [2, 3, 9]) {
		const bytes = `GET /hello HTTP/1.${minor}\r\n${host}`;
		await accepts(t, server, bytes, 200, 'hello');
		assert.equal(await node.verdict(t, bytes), 'refused', bytes);
	}
	for (const space of [' ', '\t', ' \t ']) {
		const bytes = chunked(`1${space};a\r\na\r\n0\r\n\r\n`);
		await accepts(t, server, bytes, 200, 'a');
		assert.equal(await node.verdict(t, bytes), 'refused', bytes);
	}
});

test('http 45: extensions of no form are ignored here and refused there', async (t) => {
	for (const extension of [',a=', 'a b', 'a="b', 'a=b c']) {
		const bytes = chunked(`1;${extension}\r\na\r\n0\r\n\r\n`);
		await accepts(t, server, bytes, 200, 'a');
		if (READS_EXTENSIONS) assert.equal(await node.verdict(t, bytes), 'refused', bytes);
	}
	if (!READS_EXTENSIONS)
		t.diagnostic(`llhttp ${process.versions.llhttp} takes them too: not compared`);
	const good = chunked('1;a=b;c="d"\r\na\r\n0\r\n\r\n');
	await accepts(t, server, good, 200, 'a');
	assert.equal(await node.verdict(t, good), 'accepted');
});

test('http 46: in 1.0 an upgrade is ignored here, and close wins over keep-alive', async (t) => {
	const ask = async (to, ...headers) => {
		const wire = new Wire(t, to);
		wire.write(requestOf('GET', '/hello', { version: '1.0', headers }));
		const answer = await wire.response();
		if (answer.headers.connection === 'close') await wire.end(AT_ONCE);
		wire.socket.destroy();
		return answer;
	};
	const upgrade = ['Connection: Upgrade', 'Upgrade: websocket'];
	assert.equal((await ask(server, ...upgrade)).body, 'hello');
	const honoured = once(node.http, 'upgrade');
	const request = requestOf('GET', '/hello', { version: '1.0', headers: upgrade });
	assert.equal(await node.verdict(t, request), 'accepted');
	await within(PATIENCE, honoured, 'an upgrade');

	const both = 'Connection: close, keep-alive';
	assert.equal((await ask(server, both)).headers.connection, 'close');
	assert.equal((await ask(node, both)).headers.connection, 'keep-alive');
});

test('http 47: a broken body behind an upgrade is refused here and not seen there', async (t) => {
	const headers = ['Connection: Upgrade', 'Upgrade: x', 'Transfer-Encoding: chunked'];
	for (const body of ['zz\r\n', '1\r\nab\r\n', '1\na\r\n']) {
		const bytes = post(body, ...headers);
		await refuses(t, server, bytes);
		const unseen = once(node.http, 'upgrade');
		assert.equal(await node.verdict(t, bytes), 'accepted');
		const [, , rest] = await within(PATIENCE, unseen, 'an upgrade');
		assert.equal(String(rest), body);
	}
});

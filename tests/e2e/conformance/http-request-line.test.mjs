// SPDX-License-Identifier: MIT
//
// The first line of a request: what is read, and what is refused.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../support/server.mjs';
import { accepts, AT_ONCE, hasRead, refuses, requestOf, waitsFor, Wire } from '../support/wire.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const lineOf = (line, fields = 'Host: h\r\n') => `${line}\r\n${fields}\r\n`;
const byte = (code) => String.fromCharCode(code);
const everyByte = [...Array(256).keys()];
const isToken = (code) => /^[A-Za-z0-9!#$%&'*+.^_`|~-]$/.test(byte(code));

test('http 1: a request line is method, target and version with one space between', async (t) => {
	await accepts(t, server, lineOf('GET /hello HTTP/1.1'), 200, 'hello');
	for (const line of [
		'hello',
		'GET',
		'GET ',
		'GET /hello',
		'GET /hello ',
		'GET  /hello HTTP/1.1',
		'GET /hello  HTTP/1.1',
		'GET /hello HTTP/1.1 ',
		'GET\t/hello HTTP/1.1',
		'GET /hello\tHTTP/1.1',
		'GET /hello /hello HTTP/1.1',
		'GET HTTP/1.1',
		'GET /hello http/1.1',
		'GET /hello Http/1.1',
		'GET /hello HTTP/1.',
		'GET /hello HTTP/.1',
		'GET /hello HTTP/11',
		'GET /hello HTTP/1,1',
		'GET /hello HTTP/1.10',
		'GET /hello HTTP/01.1',
		'GET /hello HTTP/a.1',
		'GET /hello HTTP/1.a',
		'GET /hello HTTPS/1.1',
		'GET /hello HTTP/ 1.1',
		'GET /a b HTTP/1.1',
	])
		await refuses(t, server, lineOf(line));
});

test('http 2: a method is a token whose case counts, and any is read', async (t) => {
	await accepts(t, server, lineOf('GET /hello HTTP/1.1'), 200, 'hello');
	for (const method of ['get', 'Get', 'GETS', 'BREW', 'PATCH', "M-SEARCH!#$%&'*+.^_`|~09"]) {
		await accepts(t, server, lineOf(`${method} /hello HTTP/1.1`), 405);
		await accepts(t, server, lineOf(`${method} /nowhere HTTP/1.1`), 404);
	}
	for (const code of everyByte.filter((code) => !isToken(code)))
		await refuses(t, server, lineOf(`GE${byte(code)}T /hello HTTP/1.1`));
});

test('http 3: the path ends at the first question mark, and nothing is decoded', async (t) => {
	const query = async (target) =>
		(await accepts(t, server, lineOf(`GET ${target} HTTP/1.1`))).body;

	assert.equal(await query('/query?a=%20b?c&d=1+2/../x?'), 'a=%20b?c&d=1+2/../x?');
	assert.equal(await query('/query?'), '');
	assert.equal(await query('/query'), '');
	assert.equal(await query('/the%20query?b'), 'b');
	for (const path of ['/qu%65ry', '/the%20quer%79', '/./query', '/query/', '//query'])
		await accepts(t, server, lineOf(`GET ${path}?b HTTP/1.1`), 404);
});

test('http 4: the target * is for OPTIONS alone', async (t) => {
	await accepts(t, server, lineOf('OPTIONS * HTTP/1.1'), 404);
	for (const method of ['GET', 'HEAD', 'POST', 'options', 'BREW'])
		await refuses(t, server, lineOf(`${method} * HTTP/1.1`));
	await refuses(t, server, lineOf('OPTIONS ** HTTP/1.1'));
	await refuses(t, server, lineOf('OPTIONS *? HTTP/1.1'));
});

test('http 5: a target with a scheme counts as its path', async (t) => {
	for (const start of ['http://h', 'https://h', 'HtTp://h', 'HTTPS://h:80', 'http://[::1]:8']) {
		await accepts(t, server, lineOf(`GET ${start}/query?a=b HTTP/1.1`), 200, 'a=b');
		await refuses(t, server, lineOf(`GET ${start}/hello HTTP/1.1`, ''));
	}
	await accepts(t, server, lineOf('GET http://another.host:1/hello HTTP/1.1'), 200, 'hello');
	const root = await startServer();
	try {
		const mount = { body: `/\0${import.meta.dirname}` };
		await accepts(t, root, requestOf('POST', '/mount', mount), 200, 'success');
		for (const target of ['http://h', 'http://h?a', 'http://h/'])
			await accepts(t, root, lineOf(`BREW ${target} HTTP/1.1`), 405);
		await refuses(t, root, lineOf('GET http://ho"st/ HTTP/1.1'));
	} finally {
		await root.stop();
	}
});

test('http 6: every other target is refused, and CONNECT is too', async (t) => {
	for (const line of [
		'CONNECT h:80 HTTP/1.1',
		'CONNECT /hello HTTP/1.1',
		'CONNECT http://h/hello HTTP/1.1',
		'GET h:80 HTTP/1.1',
		'GET hello HTTP/1.1',
		'GET ?a HTTP/1.1',
		'GET ws://h/hello HTTP/1.1',
		'GET http:/h/hello HTTP/1.1',
		'GET http:///hello HTTP/1.1',
		'GET http:// HTTP/1.1',
		'GET http://user@h/hello HTTP/1.1',
		'GET http://h\\hello HTTP/1.1',
	])
		await refuses(t, server, lineOf(line));
});

test('http 7: a target holds visible ASCII without the number sign', async (t) => {
	for (const code of everyByte) {
		const line = lineOf(`GET /query?<${byte(code)}> HTTP/1.1`);
		const good = code > 0x20 && code < 0x7f && byte(code) !== '#';
		if (good) await accepts(t, server, line, 200, `<${byte(code)}>`);
		else await refuses(t, server, line);
	}
	await accepts(t, server, lineOf('GET /query?|^{}[]\\` HTTP/1.1'), 200, '|^{}[]\\`');
});

test('http 8: 1.0 is 1.0, every other 1.x is 1.1, and the rest is refused with 505', async (t) => {
	for (const [url, status] of Object.entries({
		'/nowhere': 404,
		'/socket.io/?EIO=4&transport=polling': 200,
	})) {
		const wire = new Wire(t, server);
		wire.write(`GET ${url} HTTP/1.0\r\n\r\n`);
		assert.equal((await wire.response()).status, status);
		await wire.end(AT_ONCE);
	}
	for (const minor of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
		await accepts(t, server, lineOf(`GET /hello HTTP/1.${minor}`), 200, 'hello');
		await refuses(t, server, lineOf(`GET /hello HTTP/1.${minor}`, ''));
	}
	for (const version of ['0.9', '2.0', '3.1', '9.9']) {
		await refuses(t, server, lineOf(`GET /hello HTTP/${version}`), 505);
		await waitsFor(t, server, `GET /hello HTTP/${version}\r\nHost: h\r\n`, '\r\n', 505);
	}
	await refuses(t, server, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505);
});

test('http 9: up to four empty lines are skipped before a request', async (t) => {
	const line = '\r\n';
	const get = lineOf('GET /hello HTTP/1.1');
	for (const count of [0, 1, 2, 3, 4])
		await accepts(t, server, line.repeat(count) + get, 200, 'hello');
	await refuses(t, server, line.repeat(5) + get);

	const wire = new Wire(t, server);
	wire.write(requestOf('POST', '/echo', { body: 'a' }) + line.repeat(4) + get);
	const bodies = (await wire.responses(2)).map(({ body }) => body);
	assert.deepEqual(bodies, ['a', 'hello']);
	await refuses(t, server, `${line.repeat(3)}\n${get}`);
});

test('http 10: a first byte that begins no method is refused at once', async (t) => {
	const waiting = [];
	for (const code of everyByte) {
		if (!isToken(code) && byte(code) !== '\r') {
			await refuses(t, server, byte(code));
			continue;
		}
		const wire = new Wire(t, server);
		wire.write(byte(code));
		waiting.push(wire);
	}
	await hasRead(t, server);
	for (const wire of waiting) assert.deepEqual([String(wire.got), wire.ended], ['', false]);
	await refuses(t, server, Buffer.from('16030100c6010000c20303', 'hex'));
});

// SPDX-License-Identifier: MIT
//
// The fields of a request: their form, their number, and what those mean that HTTP itself defines.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../support/server.mjs';
import {
	accepts,
	AT_ONCE,
	hasRead,
	refuses,
	requestOf,
	waitsFor,
	Wire,
} from '../support/wire.mjs';

const LIMIT = 16384;

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const GET = 'GET /hello HTTP/1.1\r\n';
const withFields = (...fields) => requestOf('GET', '/hello', { headers: fields });
const byte = (code) => String.fromCharCode(code);
const everyByte = [...Array(256).keys()];
const isToken = (code) => /^[A-Za-z0-9!#$%&'*+.^_`|~-]$/.test(byte(code));

/** A request that is `length` bytes long, made so by the letters that stand for the star. */
function stretched(form, length) {
	return form.replace('*', 'a'.repeat(length - form.length + 1));
}

test('http 11: a bare LF is refused as it comes, a bare CR when the head is whole', async (t) => {
	await accepts(t, server, `${GET}Host: h\r\n\r\n`);
	for (const text of [
		'GET /hello HTTP/1.1\n',
		`${GET}Host: h\n`,
		`${GET}Host: h\r\n\n`,
		`${GET}Host: h\r\nA: b\nC`,
		'\r\n\n',
	])
		await refuses(t, server, text);
	for (const text of [
		`${GET}Host: h\r\nA: b\rC: d\r\n`,
		`${GET}Host: h\r\nA: b\r\r\n`,
		`${GET}Host: h\r\n\rA: b\r\n`,
		'GET /hello HTTP/1.1\r\r\nHost: h\r\n',
		'GET /hel\rlo HTTP/1.1\r\nHost: h\r\n',
	])
		await waitsFor(t, server, text, '\r\n', 400);
});

test('http 12: a name is a token that touches its colon', async (t) => {
	for (const code of everyByte) {
		const field = `A${byte(code)}b: c`;
		if (isToken(code) || byte(code) === ':') await accepts(t, server, withFields(field));
		else await refuses(t, server, withFields(field));
	}
	for (const field of [': b', ':', 'A : b', 'A\t: b', 'A', 'A b', 'rubbish', '"A": b'])
		await refuses(t, server, withFields(field));
});

test('http 13: a line that begins with white space is refused', async (t) => {
	for (const space of [' ', '\t']) {
		await refuses(t, server, withFields(`${space}A: b`));
		await refuses(t, server, withFields('A: b', `${space}c`));
		await refuses(t, server, withFields('A: b', `${space}c: d`));
		await refuses(t, server, withFields('A: b', space));
		await refuses(t, server, `${GET}${space}Host: h\r\nHost: h\r\n\r\n`);
		await refuses(t, server, `${GET}${space}\r\nHost: h\r\n\r\n`);
	}
});

test('http 14: a value has no control character but tab, and no space at its ends', async (t) => {
	for (const code of everyByte) {
		const field = `A: b${byte(code)}c`;
		const good = code === 9 || (code >= 0x20 && code !== 0x7f);
		if (good) await accepts(t, server, withFields(field));
		else await refuses(t, server, withFields(field));
	}
	for (const length of ['5', ' 5', '5 ', '\t 5\t ', ' \t5'])
		await accepts(
			t,
			server,
			`POST /echo HTTP/1.1\r\nHost:h\r\nContent-Length:${length}\r\n\r\nhello`,
			200,
			'hello',
		);
	await accepts(t, server, withFields('A:', 'B: \t '));
});

test('http 15: a request has at most 100 fields', async (t) => {
	const some = (count) => withFields(...Array(count - 1).fill('A:'));
	await accepts(t, server, some(99));
	await accepts(t, server, some(100));
	await refuses(t, server, some(101), 431);
	await refuses(t, server, some(1000), 431);
});

test('http 16: a head has at most 16384 bytes, without the empty lines before it', async (t) => {
	const field = `${GET}Host: h\r\nLong: *\r\n\r\n`;
	await accepts(t, server, stretched(field, LIMIT));
	await accepts(t, server, `\r\n\r\n${stretched(field, LIMIT)}`);
	await refuses(t, server, stretched(field, LIMIT + 1), 431);
	await refuses(t, server, stretched(field, LIMIT + 4000), 431);
	await refuses(t, server, stretched(field, LIMIT + 4000).slice(0, LIMIT), 431);

	const line = 'GET /* HTTP/1.1\r\nHost: h\r\n\r\n';
	await accepts(t, server, stretched(line, LIMIT), 404);
	await refuses(t, server, stretched(line, LIMIT + 1), 431);
	const [end] = /\r\nHost.*$/s.exec(line);
	await refuses(t, server, stretched(line, LIMIT + end.length - 2), 431);
	await refuses(t, server, stretched(line, LIMIT + end.length - 1), 414);
	await refuses(t, server, stretched(line, 2 * LIMIT).slice(0, LIMIT), 414);
	await waitsFor(t, server, stretched(line, 2 * LIMIT).slice(0, LIMIT - 1), 'a', 414);
});

test('http 17: however the bytes of a head are cut, the verdict is the same', async (t) => {
	const heads = {
		200: [withFields('A: b', 'C:'), `\r\n${withFields('Connection: close')}`],
		400: [withFields('A : b'), withFields(' A: b'), 'GET / HTTP/1.1\r\nHost: h\n', '\r\n\n'],
		404: [requestOf('OPTIONS', '*')],
		405: [requestOf('POST', '/hello', { body: '' })],
		501: [requestOf('POST', '/echo', { headers: ['Transfer-Encoding: gzip'] })],
		505: ['GET / HTTP/2.0\r\nHost: h\r\n\r\n'],
	};
	const verdict = async (pieces) => {
		const wire = new Wire(t, server);
		for (const piece of pieces) {
			wire.write(piece);
			await hasRead(t, server);
		}
		const { status } = await wire.response();
		wire.socket.destroy();
		return String(status);
	};
	for (const [status, texts] of Object.entries(heads))
		for (const text of texts) {
			assert.equal(await verdict([text]), status);
			assert.equal(await verdict([...text]), status, `by bytes: ${text}`);
			const cuts = [1, 2, 3].map((part) => Math.floor((part * text.length) / 4));
			cuts.push(text.length - 1, text.length - 2, text.indexOf('\n'));
			for (const at of cuts)
				assert.equal(await verdict([text.slice(0, at), text.slice(at)]), status);
		}
	const long = stretched(`${GET}Host: h\r\nLong: *\r\n\r\n`, LIMIT + 1);
	assert.equal(await verdict(long.match(/.{1,500}/gs)), '431');
});

test('http 18: there is exactly one Host, and it may be one', async (t) => {
	const hosted = (...hosts) => `${GET}${hosts.map((h) => `Host: ${h}\r\n`).join('')}\r\n`;
	for (const host of ['', ' ', 'h', 'h:80', '[fe80::1%25a]:80', '127.0.0.1', 'a.b-c_d~e'])
		await accepts(t, server, hosted(host));
	for (const code of everyByte) {
		const good = /^[A-Za-z0-9._~!$&'()*+,;=:%[\]-]$/.test(byte(code));
		if (good) await accepts(t, server, hosted(`h${byte(code)}i`));
		else await refuses(t, server, hosted(`h${byte(code)}i`));
	}
	for (const hosts of [[], ['h', 'h'], ['h', 'i'], ['', '']])
		await refuses(t, server, hosted(...hosts));

	const old = (fields) => `GET /hello HTTP/1.0\r\n${fields}Connection: keep-alive\r\n\r\n`;
	await accepts(t, server, old(''), 200, 'hello');
	await accepts(t, server, old('Host: h\r\n'), 200, 'hello');
	await refuses(t, server, old('Host: h\r\nHost: h\r\n'));
	await refuses(t, server, old('Host: a/b\r\n'));
});

test('http 19: Connection says whether the connection stays', async (t) => {
	const stays = async (version, ...fields) => {
		const wire = new Wire(t, server);
		const request = requestOf('GET', '/hello', { version, headers: fields });
		wire.write(request);
		const { headers } = await wire.response();
		if (headers.connection === 'keep-alive') {
			wire.write(request);
			assert.equal((await wire.response()).body, 'hello');
		} else {
			assert.equal(headers.connection, 'close');
			await wire.end(AT_ONCE);
		}
		wire.socket.destroy();
		return headers.connection === 'keep-alive';
	};
	for (const [fields, with0, with1] of [
		[[], false, true],
		[['Connection: close'], false, false],
		[['Connection: CLOSE'], false, false],
		[['Connection: keep-alive'], true, true],
		[['connection: Keep-Alive'], true, true],
		[['Connection: keep-alive, close'], false, false],
		[['Connection: close', 'Connection: keep-alive'], false, false],
		[['Connection: keep-alive', 'Connection: a, , close ,b'], false, false],
		[['Connection: a', 'Connection: b ,\tKeep-Alive'], true, true],
		[['Connection: closed, keep alive'], false, true],
	]) {
		assert.equal(await stays('1.0', ...fields), with0, `1.0 ${fields}`);
		assert.equal(await stays('1.1', ...fields), with1, `1.1 ${fields}`);
	}
});

test('http 20: an upgrade is asked for in two fields, and never in 1.0', async (t) => {
	const statusOf = async (transport, version, fields) => {
		const wire = new Wire(t, server);
		const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
		const headers = [key, 'Sec-WebSocket-Version: 13', ...fields];
		const url = `/socket.io/?EIO=4&transport=${transport}`;
		wire.write(requestOf('GET', url, { version, headers }));
		const { status } = await wire.head();
		wire.socket.destroy();
		return status;
	};
	// A poll is answered as long as it asks for no upgrade.
	const upgrades = async (version, ...fields) => {
		const asks = (await statusOf('polling', version, fields)) === 400;
		assert.equal(await statusOf('websocket', version, fields), asks ? 101 : 400);
		return asks;
	};
	for (const [fields, with1] of [
		[['Connection: Upgrade', 'Upgrade: websocket'], true],
		[['Connection: keep-alive, upgrade', 'Upgrade: websocket'], true],
		[['Connection: x', 'Upgrade: websocket', 'Connection: y, UPGRADE'], true],
		[['Upgrade: websocket', 'Connection: Upgrade', 'Connection: x'], true],
		[['Connection: Upgrade'], false],
		[['Upgrade: websocket'], false],
		[['Connection: upgrades', 'Upgrade: websocket'], false],
		[['Connection: keep-alive', 'Upgrade: websocket'], false],
	]) {
		assert.equal(await upgrades('1.1', ...fields), with1, `1.1 ${fields}`);
		assert.equal(await upgrades('1.0', ...fields), false, `1.0 ${fields}`);
	}
});

test('http 21: a POST that asks first is told to continue, except in 1.0', async (t) => {
	const ask = async (version, expectation) => {
		const wire = new Wire(t, server);
		const headers = [`Expect: ${expectation}`, 'Connection: close'];
		const text = requestOf('POST', '/echo', { version, headers, body: 'content' });
		const [head, body] = text.split('\r\n\r\n');
		wire.write(`${head}\r\n\r\n`);
		await hasRead(t, server);
		const told = wire.got.length > 0;
		if (told) assert.equal((await wire.head()).first, 'HTTP/1.1 100 Continue');
		wire.write(body);
		const answer = await wire.response();
		assert.deepEqual([answer.status, answer.body], [200, 'content']);
		await wire.end(AT_ONCE);
		return told;
	};
	assert.equal(await ask('1.1', '100-continue'), true);
	assert.equal(await ask('1.1', '100-Continue'), true);
	assert.equal(await ask('1.0', '100-continue'), false);
	for (const other of ['200-ok', '100', 'continue', '100-continued', ''])
		assert.equal(await ask('1.1', other), false, other);
});

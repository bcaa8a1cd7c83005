// SPDX-License-Identifier: MIT
//
// Bodies of requests: by length and in chunks.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Polling } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';
import { accepts, hasRead, refuses, requestOf, Wire } from '../support/wire.mjs';

const LIMIT = 10_000;
const LARGEST = 9007199254740991n;

let server;
before(async () => (server = await startServer({ MAX_HTTP_BUFFER: String(LIMIT) })));
after(() => server.stop());

const byte = (code) => String.fromCharCode(code);
const everyByte = [...Array(256).keys()];
const echo = (body, ...headers) => requestOf('POST', '/echo', { body, headers });
const sized = (length, body) => echo(body, `Content-Length:${length}`);
const chunked = (body) => echo(body, 'Transfer-Encoding: chunked');
const last = '0\r\n\r\n';

test('http 22: without a length or chunks there is no body', async (t) => {
	for (const method of ['GET', 'POST', 'PUT', 'BREW']) {
		const wire = new Wire(t, server);
		wire.write(requestOf(method, '/echo') + requestOf('GET', '/hello'));
		const answers = await wire.responses(2);
		assert.equal(answers[0].status, method === 'POST' ? 200 : 405);
		if (method === 'POST') assert.equal(answers[0].body, '');
		assert.equal(answers[1].body, 'hello');
		wire.socket.destroy();
	}
});

test('http 23: a length is decimal digits, at most 9007199254740991', async (t) => {
	await accepts(t, server, sized(' 5', 'hello'), 200, 'hello');
	await accepts(t, server, sized('0005', 'hello'), 200, 'hello');
	await accepts(t, server, sized('0', ''), 200, '');
	const bad = ['+5', '-5', '5,5', '5, 5', '5 5', '0x5', '5.0', '5a', '5;', '', ' ', 'five'];
	for (const length of bad)
		await refuses(t, server, sized(length, 'hello'));
	await refuses(t, server, sized(LARGEST, ''), 413);
	await refuses(t, server, sized(LARGEST + 1n, ''), 400);
	await refuses(t, server, sized(2n ** 64n + 5n, 'hello'), 400);
});

test('http 24: two lengths are refused, even if they agree', async (t) => {
	for (const second of ['5', '6', '0'])
		await refuses(t, server, echo('hello', 'Content-Length: 5', `content-length: ${second}`));
});

test('http 25: the one transfer coding is chunked', async (t) => {
	for (const coding of ['chunked', 'Chunked', 'CHUNKED']) {
		const request = echo(`5\r\nhello\r\n${last}`, `Transfer-Encoding: ${coding}`);
		await accepts(t, server, request, 200, 'hello');
	}
	for (const coding of [
		'gzip',
		'identity',
		'gzip, chunked',
		'chunked, gzip',
		'chunked, chunked',
		'xchunked',
		'chunked;a=b',
		'"chunked"',
		'',
	])
		await refuses(t, server, echo(last, `Transfer-Encoding: ${coding}`), 501);
});

test('http 26: a framing that two readers could understand differently is refused', async (t) => {
	const coded = 'Transfer-Encoding: chunked';
	for (const headers of [
		[coded, coded],
		['Transfer-Encoding: gzip', coded],
		[coded, 'Content-Length: 5'],
		['Content-Length: 5', coded],
		[coded, 'Content-Length: 0'],
	])
		await refuses(t, server, echo(last, ...headers));
	const request = { version: '1.0', headers: [coded], body: last };
	await refuses(t, server, requestOf('POST', '/echo', request));
});

test('http 27: a chunk begins with one to sixteen hexadecimal digits', async (t) => {
	for (const size of [1, 9, 10, 15, 16, 255, 4096]) {
		const content = 'x'.repeat(size);
		for (const digits of [
			size.toString(16),
			size.toString(16).toUpperCase(),
			size.toString(16).padStart(16, '0'),
		]) {
			const request = chunked(`${digits}\r\n${content}\r\n000\r\n\r\n`);
			await accepts(t, server, request, 200, content);
		}
	}
	const parts = chunked(`5\r\nhello\r\n00a\r\n,\r\nworld!!\r\n${last}`);
	await accepts(t, server, parts, 200, 'hello,\r\nworld!!');
	for (const size of ['', 'g', '-1', '+1', '0x1', '1,2', '1 1', ' 1', '"1"', '1h'])
		await refuses(t, server, chunked(`${size}\r\na\r\n${last}`));
	await refuses(t, server, chunked(`${'1'.padStart(17, '0')}\r\na\r\n${last}`));

	const filled = `\r\n${'x'.repeat(LIMIT + 1)}`;
	await refuses(t, server, chunked(LARGEST.toString(16) + filled), 413);
	await refuses(t, server, chunked((LARGEST + 1n).toString(16) + filled), 400);
	await refuses(t, server, chunked(`10000000000000001${filled}`), 400);
});

test('http 28: what follows a size and its ; is ignored, whatever its form', async (t) => {
	const size = (text) => chunked(`${text}\r\nhello\r\n0;end\r\n\r\n`);
	for (const text of ['5;', '5;a', '5;a=b;c="d:\t(e)"', '5 \t ;a', '5; ;;,:"', '05;5'])
		await accepts(t, server, size(text), 200, 'hello');
	for (const text of ['5 ', '5\t', '5 a', '5 5;', '5 a;b', '5 \t'])
		await refuses(t, server, size(text));
	for (const code of everyByte) {
		const good = code === 9 || (code >= 0x20 && code !== 0x7f);
		if (good) await accepts(t, server, size(`5;a${byte(code)}b`), 200, 'hello');
		else await refuses(t, server, size(`5;a${byte(code)}b`));
	}
});

test('http 29: the line with a size has at most 255 bytes', async (t) => {
	const line = (size, length) => `${size};`.padEnd(length, 'x');
	const two = (first, second) =>
		chunked(`${line(5, first)}\r\nhello\r\n${line(0, second)}\r\n\r\n`);
	await accepts(t, server, two(255, 255), 200, 'hello');
	await refuses(t, server, two(256, 3));
	await refuses(t, server, two(3, 256));
});

test('http 30: a size, a content and a trailer end in exactly CR LF', async (t) => {
	await accepts(t, server, chunked('1\r\na\r\n0\r\nA: b\r\n\r\n'), 200, 'a');
	for (const body of [
		`1\na\r\n${last}`,
		`1\ra\r\n${last}`,
		`1\r\r\na\r\n${last}`,
		`1\r\na\n${last}`,
		`1\r\na\r${last}`,
		`1\r\na${last}`,
		`1\r\nab\r\n${last}`,
		`1\r\na\r\r\n${last}`,
		`1\r\na\r\n\r\n${last}`,
		'1\r\na\r\n0\n\r\n',
		'1\r\na\r\n0\r\n\n',
		'1\r\na\r\n0\r\n\rX',
		'1\r\na\r\n0\r\n\r\r\n',
		'1\r\na\r\n0\r\nA: b\n\r\n',
		'1\r\na\r\n0\r\nA: b\r\r\n\r\n',
		'1\r\na\r\n0\r\nA: b\rC: d\r\n\r\n',
	])
		await refuses(t, server, chunked(body));
});

test('http 31: trailers are checked like fields, dropped, and 4096 bytes at most', async (t) => {
	const trailed = (...fields) =>
		chunked(`1\r\nx\r\n0\r\n${fields.map((f) => `${f}\r\n`).join('')}\r\n`);
	await accepts(t, server, trailed('A: b;:\t"\xff', 'e-x:', 'Content-Length: 9'), 200, 'x');
	await accepts(t, server, trailed('Host: a b', 'Connection: close'), 200, 'x');
	for (const field of ['A', ': b', 'A : b', 'A\t: b', ' A: b', '\tA: b', 'A\x80: b', '"A": b'])
		await refuses(t, server, trailed(field));
	await refuses(t, server, trailed('A: b', ' c'));
	for (const code of everyByte.filter((c) => (c < 0x20 && c !== 9) || c === 0x7f))
		await refuses(t, server, trailed(`A: b${byte(code)}c`));

	const of = (length) => trailed('A:', `B:${'x'.repeat(length - 8)}`);
	await accepts(t, server, of(4096), 200, 'x');
	await refuses(t, server, of(4097));
});

test('http 32: a broken body is refused, and what follows a good one is a request', async (t) => {
	for (const body of ['zz\r\n', '5\r\nhellozz\r\n', `5\r\nhello\r\nzz\r\n${last}`])
		await refuses(t, server, chunked(body));

	const polling = await Polling.open(server);
	await polling.join();
	const headers = ['Transfer-Encoding: chunked'];
	const broken = requestOf('POST', polling.url, { body: '5\r\n42["e\r\nzz\r\n', headers });
	await refuses(t, server, broken);
	const { status, body } = await polling.get();
	assert.deepEqual([status, JSON.parse(body).code], [400, 1]);

	const wire = new Wire(t, server);
	const get = requestOf('GET', '/hello');
	wire.write(echo('one') + get + chunked(`3\r\ntwo\r\n0\r\nA: b\r\n\r\n`) + get + echo('') + get);
	const bodies = (await wire.responses(6)).map((answer) => answer.body);
	assert.deepEqual(bodies, ['one', 'hello', 'two', 'hello', '', 'hello']);
});

test('http 33: however the bytes of a body are cut, its content is the same', async (t) => {
	const sent = async (head, pieces) => {
		const wire = new Wire(t, server);
		wire.write(head);
		for (const piece of pieces) {
			wire.write(piece);
			await hasRead(t, server);
		}
		const { status, body } = await wire.response();
		wire.socket.destroy();
		return status === 200 ? body : status;
	};
	const content = 'hello,\r\n0\r\n\r\nworld';
	const chunks = `5;a=b\r\nhello\r\n00D\r\n,\r\n0\r\n\r\nworld\r\n0\r\nA: b\r\n\r\n`;
	for (const [request, expected] of [
		[echo(content), content],
		[chunked(chunks), content],
		[chunked('5\r\nhello\r\n5\r\nworldx\r\n'), 400],
		[chunked('5\r\nhello\r\n0\r\nA : b\r\n\r\n'), 400],
	]) {
		const at = request.indexOf('\r\n\r\n') + 4;
		const [head, body] = [request.slice(0, at), request.slice(at)];
		assert.equal(await sent(head, [body]), expected);
		assert.equal(await sent(head, [...body]), expected, 'by bytes');
		for (let cut = 1; cut < body.length; cut++)
			assert.equal(await sent(head, [body.slice(0, cut), body.slice(cut)]), expected);
	}
});

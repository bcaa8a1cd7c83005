// SPDX-License-Identifier: MIT
//
// Responses: their heads, HTTP's dates, and the codings of their content.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { decimalComma } from '../support/locale.mjs';
import { pathOf, startServer } from '../support/server.mjs';
import { asked, AT_ONCE, requestOf, Wire } from '../support/wire.mjs';

const CLIENT_DIR = 'client-demo/node_modules/socket.io-client/dist';
const SCRIPT = '/socket.io/socket.io.js';
const HANDSHAKE = '/socket.io/?EIO=4&transport=polling';

let server, script;
before(async () => {
	server = await startServer({ CLIENT_DIR });
	script = await readFile(pathOf(`${CLIENT_DIR}/socket.io.js`));
});
after(() => server.stop());

const byte = (code) => String.fromCharCode(code);

// ---- Heads ----

const REASONS = {
	200: 'OK',
	201: 'Created',
	202: 'Accepted',
	204: 'No Content',
	206: 'Partial Content',
	301: 'Moved Permanently',
	302: 'Found',
	303: 'See Other',
	304: 'Not Modified',
	307: 'Temporary Redirect',
	308: 'Permanent Redirect',
	400: 'Bad Request',
	401: 'Unauthorized',
	403: 'Forbidden',
	404: 'Not Found',
	405: 'Method Not Allowed',
	406: 'Not Acceptable',
	408: 'Request Timeout',
	409: 'Conflict',
	410: 'Gone',
	411: 'Length Required',
	412: 'Precondition Failed',
	413: 'Content Too Large',
	414: 'URI Too Long',
	415: 'Unsupported Media Type',
	416: 'Range Not Satisfiable',
	417: 'Expectation Failed',
	421: 'Misdirected Request',
	422: 'Unprocessable Content',
	426: 'Upgrade Required',
	429: 'Too Many Requests',
	431: 'Request Header Fields Too Large',
	500: 'Internal Server Error',
	501: 'Not Implemented',
	502: 'Bad Gateway',
	503: 'Service Unavailable',
	504: 'Gateway Timeout',
	505: 'HTTP Version Not Supported',
};

test('http 34: a status line is HTTP/1.1, three digits and a reason', async (t) => {
	const wire = new Wire(t, server);
	const unnamed = [299, 305, 418, 499, 599, 600, 999];
	for (const status of [...Object.keys(REASONS), ...unnamed]) {
		wire.write(requestOf('POST', `/answer?${status}`, { body: '' }));
		const { first } = await wire.response();
		assert.equal(first, `HTTP/1.1 ${status} ${REASONS[status] ?? 'Unknown'}`);
	}
	wire.write('GET /hello HTTP/1.0\r\n\r\n');
	assert.equal((await wire.response()).first, 'HTTP/1.1 200 OK');
});

test('http 35: a value that could split a response is not written, nor the rest', async (t) => {
	for (let code = 1; code < 256; code++) {
		const type = `a${byte(code)}b`;
		const body = Buffer.from(type, 'latin1');
		const wire = new Wire(t, server);
		wire.write(requestOf('POST', '/answer', { headers: [`Content-Length: ${body.length}`] }));
		wire.write(body);
		const good = code === 9 || (code >= 0x20 && code !== 0x7f);
		if (good) assert.equal((await wire.response()).headers['content-type'], type);
		else await wire.end(AT_ONCE);
		wire.socket.destroy();
	}
	const wire = new Wire(t, server);
	wire.write(requestOf('POST', '/answer', { body: 'a\r\nSet-Cookie: b\r\n\r\nHTTP/1.1 200 OK' }));
	await wire.end(AT_ONCE);
	assert.equal((await asked(t, server, 'GET', '/hello')).body, 'hello');
});

// ---- Dates ----

test('http 36: a date is written in one form, whatever the locale', async (t) => {
	const there = await startServer({ CLIENT_DIR, ...decimalComma(t) });
	try {
		assert.equal((await asked(t, server, 'GET', '/locale')).body, '1.5 Thu');
		assert.equal((await asked(t, there, 'GET', '/locale')).body, '1,5 Do');
		for (const one of [server, there])
			for (const url of ['/hello', '/nowhere', SCRIPT, HANDSHAKE]) {
				const { date } = (await asked(t, one, 'GET', url)).headers;
				assert.equal(date, new Date(date).toUTCString());
				assert.match(date, /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
				assert.ok(Math.abs(Date.now() - Date.parse(date)) < 30_000, date);
			}
	} finally {
		await there.stop();
	}
});

/** A folder that the server mounts at `prefix`, with one file of that age. */
async function oneFile(t, prefix, seconds) {
	const folder = await mkdtemp(join(tmpdir(), 'sio-http-'));
	t.after(() => rm(folder, { recursive: true }));
	await writeFile(join(folder, 'a.txt'), 'a');
	await utimes(join(folder, 'a.txt'), seconds, seconds);
	await asked(t, server, 'POST', '/mount', { body: `${prefix}\0${folder}` });
}

const OLD = 784111777;

test('http 36: every day of the year and every month has its name', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'sio-http-'));
	t.after(() => rm(folder, { recursive: true }));
	await asked(t, server, 'POST', '/mount', { body: `/days\0${folder}` });
	const wire = new Wire(t, server);
	for (let day = 0; day < 366; day++) {
		const seconds = OLD + day * 86400 + day * 1237;
		await writeFile(join(folder, 'a.txt'), '');
		await utimes(join(folder, 'a.txt'), seconds, seconds);
		wire.write(requestOf('GET', '/days/a.txt'));
		const { headers } = await wire.response();
		assert.equal(headers['last-modified'], new Date(seconds * 1000).toUTCString());
	}
});

test('http 37: a date is read in that form alone', async (t) => {
	await oneFile(t, '/dated', OLD);
	await oneFile(t, '/start', 0);
	const statusOf = async (prefix, date) => {
		const headers = [`If-Modified-Since: ${date}`];
		return (await asked(t, server, 'GET', `${prefix}/a.txt`, { headers })).status;
	};
	assert.equal(await statusOf('/dated', 'Sun, 06 Nov 1994 08:49:37 GMT'), 304);
	assert.equal(await statusOf('/dated', 'Tue, 29 Feb 2000 00:00:00 GMT'), 304);
	assert.equal(await statusOf('/start', 'Thu, 01 Jan 1970 00:00:00 GMT'), 304);
	for (const date of [
		'Sunday, 06-Nov-94 08:49:37 GMT',
		'Sun Nov  6 08:49:37 1994',
		'Mon, 06 Nov 1994 08:49:37 GMT',
		'sun, 06 Nov 1994 08:49:37 GMT',
		'Sun, 06 nov 1994 08:49:37 GMT',
		'Sun, 06 Nov 1994 08:49:37 UTC',
		'Sun, 06 Nov 1994 08:49:37 GM',
		'Sun, 06 Nov 1994 08:49:37',
		'06 Nov 1994 08:49:37 GMT',
		'Sun, 6 Nov 1994 08:49:37 GMT',
		'Sun,  6 Nov 1994 08:49:37 GMT',
		'Sun, 06 Nov 1994 24:00:00 GMT',
		'Sun, 06 Nov 1994 08:60:37 GMT',
		'Sun, 06 Foo 1994 08:49:37 GMT',
		'Sat, 31 Dec 2016 23:59:60 GMT',
		'Thu, 30 Feb 2023 00:00:00 GMT',
		'Wed, 29 Feb 2023 00:00:00 GMT',
		'tomorrow',
		'',
	])
		assert.equal(await statusOf('/dated', date), 200, date);
	assert.equal(await statusOf('/start', 'Wed, 31 Dec 1969 23:59:59 GMT'), 200);
});

// ---- Content codings ----

const decoders = {
	gzip: gunzipSync,
	deflate: inflateSync,
	br: brotliDecompressSync,
	none: (bytes) => bytes,
};

/** The coding of a file for somebody who accepts that; what it decodes to is the file. */
async function codingFor(t, accepted) {
	const headers = accepted === undefined ? [] : [`Accept-Encoding: ${accepted}`];
	const answer = await asked(t, server, 'GET', SCRIPT, { headers });
	const coding = answer.headers['content-encoding'] ?? 'none';
	assert.ok(decoders[coding](answer.bytes).equals(script), `${accepted} decodes to the file`);
	return coding;
}

test('http 38: responses are coded in gzip, deflate, which is zlib, and br', async (t) => {
	for (const coding of ['gzip', 'deflate', 'br'])
		assert.equal(await codingFor(t, coding), coding);
	for (const other of ['compress', 'zstd', 'x-gzip', 'identity', '', undefined])
		assert.equal(await codingFor(t, other), 'none');

	const wire = new Wire(t, server);
	wire.write(requestOf('GET', HANDSHAKE));
	const { sid } = JSON.parse((await wire.response()).body.slice(1));
	const url = `${HANDSHAKE}&sid=${sid}`;
	const packet = `42${JSON.stringify(['echo', 'x'.repeat(5000)])}`;
	wire.write(requestOf('POST', url, { body: '40' }) + requestOf('GET', url));
	await wire.responses(2);
	for (const coding of ['gzip', 'deflate', 'br']) {
		wire.write(requestOf('POST', url, { body: packet }));
		await wire.response();
		wire.write(requestOf('GET', url, { headers: [`Accept-Encoding: ${coding}`] }));
		const { headers, bytes } = await wire.response();
		assert.equal(headers['content-encoding'], coding);
		assert.equal(String(decoders[coding](bytes)), packet);
	}
});

test('http 39: the highest weight counts, and among equals br, gzip, deflate', async (t) => {
	for (const [accepted, coding] of [
		['gzip, deflate, br', 'br'],
		['deflate, gzip', 'gzip'],
		['deflate;q=0.5, gzip;q=0.5, br;q=0.5', 'br'],
		['br;q=0.9, gzip, deflate', 'gzip'],
		['br;q=0.2, gzip;q=0.1, deflate;q=0.3', 'deflate'],
		['br;q=0.001, deflate;q=0.002', 'deflate'],
		['BR;Q=0.5 , GZip ; q=0.6', 'gzip'],
		['*', 'br'],
	])
		assert.equal(await codingFor(t, accepted), coding, accepted);
});

test('http 40: what has no weight, is not named or cannot be read is not used', async (t) => {
	for (const [accepted, coding] of [
		['gzip;q=0, deflate;q=0.1', 'deflate'],
		['gzip;q=0.000', 'none'],
		['deflate', 'deflate'],
		['*;q=0.3, br;q=0, gzip;q=0.2', 'deflate'],
		['*;q=0.3, br;q=0, gzip;q=0.4', 'gzip'],
		['*;q=0, gzip', 'gzip'],
		['*;q=0', 'none'],
		['gzip;q=1., br;q=0', 'gzip'],
		...['2', '1.001', '0.1234', '.5', '0.a', '-1', '', ' 1', '1;a=b', '0.5x'].map((weight) => [
			`gzip;q=${weight}, deflate;q=0.1`,
			'deflate',
		]),
		['gzip;, deflate;q=0.1', 'deflate'],
		['gzip;a=b, deflate;q=0.1', 'deflate'],
		['*;q=x', 'none'],
	])
		assert.equal(await codingFor(t, accepted), coding, accepted);
});

test('http 41: a response is not coded if that is liked better than every coding', async (t) => {
	for (const [accepted, coding] of [
		['identity, gzip;q=0.9', 'none'],
		['gzip;q=0.5, deflate;q=0.6, br;q=0.7, identity;q=0.8', 'none'],
		['identity;q=0.2, *;q=0.1', 'none'],
		['identity;q=0.5, gzip;q=0.5', 'gzip'],
		['identity;q=0.5, gzip;q=0.4, deflate;q=0.6', 'deflate'],
		['identity;q=0, gzip;q=0.001', 'gzip'],
		['identity', 'none'],
	])
		assert.equal(await codingFor(t, accepted), coding, accepted);
});

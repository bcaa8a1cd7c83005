// SPDX-License-Identifier: MIT
//
// Mounted folders: the fields of an answer, and who has the file already.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { folderWith, mount } from '../support/folder.mjs';
import { startServer } from '../support/server.mjs';
import { asked, requestOf, Wire } from '../support/wire.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const get = (t, url, ...headers) => asked(t, server, 'GET', url, { headers });

/** A folder at `prefix` with a.txt, 12 bytes long and that old. */
async function oneFile(t, prefix, seconds = 784111777) {
	const folder = folderWith(t, { 'a.txt': 'content of a', 'sub/b': 'b' });
	utimesSync(join(folder, 'a.txt'), seconds, seconds);
	await mount(t, server, prefix, folder);
	return join(folder, 'a.txt');
}

test('files 19: a file has its size as length, and its fields for caches', async (t) => {
	const files = { empty: '', small: 'ü', large: randomBytes(3_000_000) };
	await mount(t, server, '/sizes', folderWith(t, files));
	for (const [name, content] of Object.entries(files)) {
		const { status, headers, bytes } = await get(t, `/sizes/${name}`);
		assert.equal(status, 200);
		assert.equal(headers['content-length'], String(Buffer.byteLength(content)));
		assert.equal(headers['cache-control'], 'public, max-age=0');
		assert.ok(bytes.equals(Buffer.from(content)), name);
	}
});

test('files 20: the tag is weak, of size and milliseconds', async (t) => {
	const folder = folderWith(t, { a: 'content of a', b: 'x'.repeat(0xabcde), c: '' });
	await mount(t, server, '/tags', folder);
	const tag = async (name) => (await get(t, `/tags/${name}`)).headers.etag;
	for (const name of ['a', 'b', 'c']) {
		for (const seconds of [784111777, 784111777.123, 1795242808.418, 0.001, 0]) {
			utimesSync(join(folder, name), seconds, seconds);
			const { size, mtimeNs } = statSync(join(folder, name), { bigint: true });
			const ms = mtimeNs / 1000000n;
			assert.equal(await tag(name), `W/"${size.toString(16)}-${ms.toString(16)}"`);
		}
	}
	utimesSync(join(folder, 'a'), 784111777, 784111777);
	assert.equal(await tag('a'), 'W/"c-b690b434e8"');
});

test('files 21: Last-Modified is in whole seconds', async (t) => {
	const file = await oneFile(t, '/modified');
	for (const [seconds, date] of [
		[784111777, 'Sun, 06 Nov 1994 08:49:37 GMT'],
		[784111777.999, 'Sun, 06 Nov 1994 08:49:37 GMT'],
		[0.5, 'Thu, 01 Jan 1970 00:00:00 GMT'],
		[4102444799.9, 'Thu, 31 Dec 2099 23:59:59 GMT'],
	]) {
		utimesSync(file, seconds, seconds);
		assert.equal((await get(t, '/modified/a.txt')).headers['last-modified'], date);
	}
});

const TYPES = {
	html: 'text/html; charset=utf-8',
	js: 'text/javascript; charset=utf-8',
	mjs: 'text/javascript; charset=utf-8',
	css: 'text/css; charset=utf-8',
	txt: 'text/plain; charset=utf-8',
	json: 'application/json; charset=utf-8',
	map: 'application/json; charset=utf-8',
	webmanifest: 'application/manifest+json',
	xml: 'application/xml',
	svg: 'image/svg+xml',
	png: 'image/png',
	jpg: 'image/jpeg',
	jpeg: 'image/jpeg',
	gif: 'image/gif',
	webp: 'image/webp',
	ico: 'image/x-icon',
	wasm: 'application/wasm',
	woff2: 'font/woff2',
	mp3: 'audio/mpeg',
	mp4: 'video/mp4',
	pdf: 'application/pdf',
};

test('files 22: the type follows from the end of the name, in any case', async (t) => {
	const other = ['a.bin', 'a.htm', 'a.jsx', 'js', 'html', 'a.', 'a.js.gz', 'v1.js/readme'];
	const expected = Object.fromEntries(other.map((name) => [name, 'application/octet-stream']));
	for (const [end, type] of Object.entries(TYPES))
		for (const name of [`a.${end}`, `b.${end.toUpperCase()}`, `c.min.${end}`])
			expected[name] = type;
	const files = Object.fromEntries(Object.keys(expected).map((name) => [name, name]));
	await mount(t, server, '/types', folderWith(t, { ...files, 'sub/index.html': 'a' }));
	for (const [name, type] of Object.entries(expected)) {
		const { headers, body } = await get(t, `/types/${name}`);
		assert.deepEqual([body, headers['content-type']], [name, type]);
	}
	assert.equal((await get(t, '/types/sub/')).headers['content-type'], TYPES.html);
	assert.equal((await get(t, '/types/a%2Ecss')).headers['content-type'], TYPES.css);
});

test('files 23: every answer about a mounted folder is not to be sniffed', async (t) => {
	await oneFile(t, '/sniffed');
	for (const [method, path, status, ...headers] of [
		['GET', '/a.txt', 200],
		['HEAD', '/a.txt', 200],
		['GET', '/a.txt', 304, 'If-None-Match: *'],
		['GET', '/sub', 301],
		['GET', '/%', 400],
		['GET', '/none', 404],
		['GET', '/', 404],
		['GET', '/..', 404],
		['PUT', '/a.txt', 405],
	]) {
		const answer = await asked(t, server, method, `/sniffed${path}`, { headers });
		assert.equal(answer.status, status, path);
		assert.equal(answer.headers['x-content-type-options'], 'nosniff', path);
	}
	const { headers } = await get(t, '/hello');
	assert.equal(headers['x-content-type-options'], undefined);
});

test('files 24: files are neither compressed nor served in ranges', async (t) => {
	const content = 'a text that compresses well '.repeat(1000);
	await mount(t, server, '/whole', folderWith(t, { 'a.txt': content }));
	const plain = await get(t, '/whole/a.txt');
	for (const field of ['Range: bytes=0-1', 'Range: bytes=5-', 'Accept-Encoding: br, gzip']) {
		const { status, headers, body } = await get(t, '/whole/a.txt', field, 'If-Range: "x"');
		assert.equal(status, 200);
		assert.ok(body === content, field);
		for (const name of ['accept-ranges', 'content-range', 'content-encoding'])
			assert.equal(headers[name], undefined);
		assert.equal(headers.etag, plain.headers.etag);
	}
	assert.equal(plain.headers['accept-ranges'], undefined);
});

test('files 25: a tag that is known is answered with 304', async (t) => {
	await oneFile(t, '/known');
	const opaque = '"c-b690b434e8"';
	const statusFor = async (...tags) => {
		const fields = tags.map((tag) => `If-None-Match: ${tag}`);
		return (await get(t, '/known/a.txt', ...fields)).status;
	};
	for (const tags of [
		[`W/${opaque}`],
		[opaque],
		['*'],
		[` "x", W/${opaque} ,"y"`],
		[`"x",${opaque}`],
		['"x"', opaque],
		['"x"', '"y"', `"z", W/${opaque}`],
		[opaque, '"x"'],
	])
		assert.equal(await statusFor(...tags), 304, tags);
	for (const tags of [
		['"x"'],
		['"x", "y"', 'W/"z"'],
		['c-b690b434e8'],
		[`w/${opaque}`],
		['"c-b690b434e"'],
		['W/"d-b690b434e8"'],
		[`${opaque}x`],
		[''],
	])
		assert.equal(await statusFor(...tags), 200, tags);
});

test('files 26: a date counts without a tag alone', async (t) => {
	await oneFile(t, '/since', 784111777.999);
	const statusFor = async (...fields) => (await get(t, '/since/a.txt', ...fields)).status;
	const since = (time) => `If-Modified-Since: Sun, 06 Nov 1994 ${time} GMT`;
	for (const [fields, status] of [
		[[since('08:49:37')], 304],
		[[since('08:49:38')], 304],
		[['If-Modified-Since: Tue, 29 Feb 2028 00:00:00 GMT'], 304],
		[[since('08:49:36')], 200],
		[['If-Modified-Since: Sat, 05 Nov 1994 23:59:59 GMT'], 200],
		[['If-Modified-Since: tomorrow'], 200],
		[['If-Modified-Since:'], 200],
		[['If-Modified-Since: 1795242808'], 200],
		[[since('08:49:37'), 'If-None-Match: "x"'], 200],
		[['If-None-Match:', since('08:49:37')], 200],
		[['If-None-Match: *', since('08:49:36')], 304],
		[['If-None-Match: *', 'If-Modified-Since: tomorrow'], 304],
	])
		assert.equal(await statusFor(...fields), status, fields.join('; '));
});

test('files 27: a 304 has the fields for caches, and neither type nor body', async (t) => {
	await oneFile(t, '/fresh');
	for (const field of ['If-None-Match: *', 'If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT'])
		for (const method of ['GET', 'HEAD']) {
			const wire = new Wire(t, server);
			wire.write(requestOf(method, '/fresh/a.txt', { headers: [field] }));
			const { status, headers } = await wire.head();
			assert.equal(status, 304);
			assert.equal(headers.etag, 'W/"c-b690b434e8"');
			assert.equal(headers['last-modified'], 'Sun, 06 Nov 1994 08:49:37 GMT');
			assert.equal(headers['cache-control'], 'public, max-age=0');
			assert.equal(headers['content-type'], undefined);
			wire.write(requestOf('GET', '/hello'));
			assert.equal((await wire.response()).body, 'hello', 'no body came before');
			wire.socket.destroy();
		}
});

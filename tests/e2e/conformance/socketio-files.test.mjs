// SPDX-License-Identifier: MIT
//
// The official client's files, served beside the engine.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { pathOf, startServer } from '../support/server.mjs';
import { PATIENCE, within } from '../support/wait.mjs';

const PACKAGE = 'client-demo/node_modules/socket.io-client';
const SCRIPTS = [
	'socket.io.js',
	'socket.io.min.js',
	'socket.io.esm.min.js',
	'socket.io.msgpack.min.js',
];
const FILES = [...SCRIPTS, ...SCRIPTS.map((name) => `${name}.map`)];
const { version } = JSON.parse(readFileSync(pathOf(`${PACKAGE}/package.json`), 'utf8'));
const TAG = `"${version}"`;
const onDisk = (name) => readFileSync(pathOf(`${PACKAGE}/dist/${name}`));
const typeOf = (name) =>
	`application/${name.endsWith('.map') ? 'json' : 'javascript'}; charset=utf-8`;

let server, without, open;
before(async () => {
	server = await startServer({ CLIENT_DIR: `${PACKAGE}/dist` });
	without = await startServer();
	open = await startServer({ CLIENT_DIR: `${PACKAGE}/dist`, CORS_ORIGIN: '*' });
});
after(() => Promise.all([server, without, open].map((one) => one.stop())));

/** { status, headers, body } of /socket.io/<name>, the body in bytes. */
function get(name, headers = {}, { method = 'GET', from = server } = {}) {
	const answered = new Promise((done, fail) => {
		const target = { host: '127.0.0.1', port: from.port, path: `/socket.io/${name}` };
		const request = http.request({ ...target, method, headers, agent: false }, (response) => {
			const parts = [];
			response.on('data', (part) => parts.push(part)).once('error', fail);
			response.once('end', () => {
				const { statusCode: status, headers: fields } = response;
				done({ status, headers: fields, body: Buffer.concat(parts) });
			});
		});
		request.once('error', fail).end();
	});
	return within(PATIENCE, answered, `${method} ${name}`);
}

function assertFile(answer, name) {
	assert.equal(answer.status, 200);
	assert.ok(answer.body.equals(onDisk(name)), `${name}, byte by byte`);
}

function assertRefused({ status, headers, body }) {
	assert.equal(status, 400);
	assert.match(headers['content-type'], /^application\/json/);
	assert.equal(body.toString(), '{"code":0,"message":"Transport unknown"}');
}

for (const name of FILES) {
	test(`socket.io 104: ${name} is served`, async () => {
		assertFile(await get(name), name);
		for (const query of ['?', '?v=1', '?EIO=4&transport=polling', '?a=b.js/..'])
			assertFile(await get(name + query), name);
	});

	test(`socket.io 105: the status and headers of ${name}`, async () => {
		const { status, headers } = await get(name);
		assert.equal(status, 200);
		assert.equal(headers['cache-control'], 'public, max-age=0');
		assert.equal(headers['content-type'], typeOf(name));
	});

	test(`socket.io 106: the ETag of ${name}`, async () => {
		assert.equal(version, '4.8.4');
		assert.equal((await get(name)).headers.etag, TAG);
	});

	for (const tag of [TAG, `W/${TAG}`])
		test(`socket.io 107: ${name} with If-None-Match: ${tag}`, async () => {
			const { status, headers, body } = await get(name, { 'If-None-Match': tag });
			assert.equal(status, 304);
			assert.equal(body.length, 0);
			assert.equal(headers.etag, undefined);
			assert.equal(headers['content-type'], undefined);
		});
}

for (const tag of ['"4.8.3"', 'W/"4.8.3"', version, `'${version}'`, `"${version}`, `"${version}0"`])
	test(`socket.io 108: another tag gets the file: ${tag}`, async () => {
		const answer = await get('socket.io.min.js', { 'If-None-Match': tag });
		assertFile(answer, 'socket.io.min.js');
		assert.equal(answer.headers.etag, TAG);
	});

const decoders = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync };
for (const name of FILES)
	for (const [coding, decode] of Object.entries(decoders))
		test(`socket.io 109: ${name} in ${coding}`, async () => {
			const { status, headers, body } = await get(name, { 'Accept-Encoding': coding });
			assert.equal(status, 200);
			assert.equal(headers['content-encoding'], coding);
			assert.ok(body.length < onDisk(name).length);
			assertFile({ status, body: decode(body) }, name);
		});
for (const accepted of [undefined, 'identity', 'zstd', 'gzip;q=0', ''])
	test(`socket.io 109: as it is, with Accept-Encoding: ${accepted}`, async () => {
		const headers = accepted === undefined ? {} : { 'Accept-Encoding': accepted };
		const answer = await get('socket.io.js', headers);
		assert.equal(answer.headers['content-encoding'], undefined);
		assertFile(answer, 'socket.io.js');
	});

for (const name of FILES)
	test(`socket.io 110: HEAD of ${name}`, async () => {
		for (const headers of [{}, { 'Accept-Encoding': 'gzip' }, { 'If-None-Match': TAG }]) {
			const full = await get(name, headers);
			const head = await get(name, headers, { method: 'HEAD' });
			assert.equal(head.body.length, 0);
			assert.equal(head.status, full.status);
			const { date: _, ...fields } = full.headers;
			const { date: __, ...same } = head.headers;
			assert.deepEqual(same, fields);
		}
	});

const Origin = 'http://page.example';
for (const name of FILES)
	test(`socket.io 111: ${name} for pages of other origins`, async () => {
		const got = await get(name, { Origin }, { from: open });
		assertFile(got, name);
		assert.equal(got.headers['access-control-allow-origin'], '*');
		const plain = await get(name, { Origin });
		assert.equal(plain.headers['access-control-allow-origin'], undefined);
	});

for (const name of FILES)
	test(`socket.io 111: OPTIONS on ${name}`, async () => {
		const { status, headers, body } = await get(
			name,
			{ Origin },
			{ method: 'OPTIONS', from: open },
		);
		assert.equal(status, 204);
		assert.equal(body.length, 0);
		assert.equal(headers['access-control-allow-origin'], '*');
		assert.match(headers['access-control-allow-methods'], /\bGET\b/);
	});

const OTHERS = [
	'',
	'socket.io',
	'socket.io.JS',
	'socket.io.js.gz',
	'socket.io.js/',
	'socket.io.min.mjs',
	'socket.io.esm.js',
	'package.json',
	'../package.json',
	'dist/socket.io.js',
	'x/socket.io.js',
	'socket.io.js%00',
	'socket%2eio.js.map.map',
];
for (const name of OTHERS)
	test(`socket.io 112: "${name}" is refused`, async () => {
		assertRefused(await get(name));
	});
for (const name of FILES)
	test(`socket.io 112: ${name} is refused if files are not served`, async () => {
		assertRefused(await get(name, {}, { from: without }));
	});

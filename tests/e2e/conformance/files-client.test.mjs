// SPDX-License-Identifier: MIT
//
// The official client's files, from the package itself and from packages made for the test.

import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { folderWith } from '../support/folder.mjs';
import { pathOf, startServer } from '../support/server.mjs';
import { asked, requestOf, Wire } from '../support/wire.mjs';

const CLIENT_DIR = 'client-demo/node_modules/socket.io-client/dist';
const NAMES = ['', '.min', '.esm.min', '.msgpack.min'].flatMap((kind) => [
	`socket.io${kind}.js`,
	`socket.io${kind}.js.map`,
]);

let server;
before(async () => (server = await startServer({ CLIENT_DIR })));
after(() => server.stop());

const content = (name) => readFileSync(pathOf(join(CLIENT_DIR, name)));
const { version } = JSON.parse(content('../package.json'));
const get = (t, name, ...headers) => asked(t, server, 'GET', `/socket.io/${name}`, { headers });

/** A package of that version with all eight files, each with its name as content. */
function packageOf(t, packageJson = '{"name":"a","version":"1.2.3"}') {
	const files = Object.fromEntries(NAMES.map((name) => [`dist/${name}`, `the ${name}`]));
	const folder = folderWith(t, { ...files, 'package.json': packageJson });
	return join(folder, 'dist');
}

async function serverOf(t, folder) {
	const own = await startServer({ CLIENT_DIR: folder });
	t.after(() => own.stop());
	return own;
}

async function isTheEngines(t, to, name) {
	const { status, body } = await asked(t, to, 'GET', `/socket.io/${name}`);
	assert.deepEqual([status, JSON.parse(body).code], [400, 0], name);
}

test('files 28: the eight files of the package are below the path of the engine', async (t) => {
	for (const name of NAMES) {
		const { status, bytes } = await get(t, name);
		assert.equal(status, 200);
		assert.ok(bytes.equals(content(name)), name);
		const query = await get(t, `${name}?v=1`);
		assert.ok(query.bytes.equals(content(name)), name);
	}
});

test('files 28: every other name is left to the engine, and one that is missing', async (t) => {
	const dist = packageOf(t);
	for (const other of ['socket.io.msgpack.js', 'other.js']) writeFileSync(join(dist, other), 'x');
	rmSync(join(dist, 'socket.io.min.js'));
	const own = await serverOf(t, dist);
	for (const name of [
		'',
		'socket.io.msgpack.js',
		'other.js',
		'socket.io.j',
		'socket.io.jss',
		'socket.io.js/',
		'Socket.io.js',
		'socket%2Eio.js',
		'socket.io.js.map.map',
		'../package.json',
		'sub/socket.io.js',
		'/socket.io.js',
		'socket.io.min.js',
	])
		await isTheEngines(t, own, name);
	const { body } = await asked(t, own, 'GET', '/socket.io/socket.io.min.js.map');
	assert.equal(body, 'the socket.io.min.js.map');
	assert.equal((await asked(t, own, 'GET', '/socket.io.js')).status, 404);
	const none = await startServer();
	t.after(() => none.stop());
	await isTheEngines(t, none, 'socket.io.js');
});

test('files 29: the method makes no difference', async (t) => {
	const wire = new Wire(t, server);
	const undated = (lines) => lines.filter((line) => !line.startsWith('Date:'));
	wire.write(requestOf('GET', '/socket.io/socket.io.js'));
	const expected = await wire.response();
	for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'BREW', 'HEAD']) {
		const body = method === 'HEAD' ? undefined : '';
		wire.write(requestOf(method, '/socket.io/socket.io.js', { body }));
		const answer = await wire.response(method);
		assert.equal(answer.status, 200, method);
		assert.deepEqual(undated(answer.lines), undated(expected.lines));
		if (method !== 'HEAD') assert.ok(answer.bytes.equals(expected.bytes));
	}
	const post = { body: 'content' };
	const answer = await asked(t, server, 'POST', '/socket.io/socket.io.js', post);
	assert.ok(answer.bytes.equals(expected.bytes));
});

test('files 30: a script is JavaScript, a map is JSON, and both may be cached', async (t) => {
	for (const name of NAMES) {
		const { headers } = await get(t, name);
		const type = name.endsWith('.map') ? 'application/json' : 'application/javascript';
		assert.equal(headers['content-type'], `${type}; charset=utf-8`);
		assert.equal(headers['cache-control'], 'public, max-age=0');
	}
});

test('files 31: the tag is the version of the package', async (t) => {
	for (const name of NAMES) assert.equal((await get(t, name)).headers.etag, `"${version}"`);
	for (const [json, tag] of Object.entries({
		'{"version":"1.2.3"}': '"1.2.3"',
		' \n{ "a": {"version": "2"}, "b\\"version": "3",\t"version" : "5-rc.1+b" }': '"5-rc.1+b"',
		'{"a":[{"version":"3"}],"c":"version","version":"0"}': '"0"',
	})) {
		const own = await serverOf(t, packageOf(t, json));
		const { headers } = await asked(t, own, 'GET', '/socket.io/socket.io.js');
		assert.equal(headers.etag, tag);
	}
});

test('files 32: the version that is known is answered with an empty 304', async (t) => {
	for (const name of ['socket.io.js', 'socket.io.js.map'])
		for (const tag of [`"${version}"`, `W/"${version}"`]) {
			const wire = new Wire(t, server);
			const headers = [`If-None-Match: ${tag}`];
			wire.write(requestOf('GET', `/socket.io/${name}`, { headers }));
			const answer = await wire.head();
			assert.equal(answer.status, 304);
			for (const field of ['content-type', 'etag', 'cache-control', 'content-encoding'])
				assert.equal(answer.headers[field], undefined);
			wire.write(requestOf('GET', '/hello'));
			assert.equal((await wire.response()).body, 'hello', 'no body came before');
			wire.socket.destroy();
		}
	for (const tag of ['"0.0.0"', version, `w/"${version}"`, 'W/', `"${version}"x`, ''])
		assert.equal((await get(t, 'socket.io.js', `If-None-Match: ${tag}`)).status, 200, tag);
});

test('files 33: the body is in the coding of the highest quality', async (t) => {
	const decoders = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync };
	for (const name of ['socket.io.js', 'socket.io.min.js.map'])
		for (const [accepted, coding] of Object.entries({
			br: 'br',
			gzip: 'gzip',
			deflate: 'deflate',
			'deflate, gzip, br': 'br',
			'deflate, gzip': 'gzip',
			'br;q=0.5, gzip;q=0.6, deflate;q=0.7': 'deflate',
			'br;q=0.5, gzip;q=0.7, deflate;q=0.6': 'gzip',
			'br;q=0, *': 'gzip',
		})) {
			const { headers, bytes } = await get(t, name, `Accept-Encoding: ${accepted}`);
			assert.equal(headers['content-encoding'], coding, accepted);
			assert.ok(decoders[coding](bytes).equals(content(name)), accepted);
			assert.ok(bytes.length < content(name).length / 2);
		}
	for (const accepted of ['', 'identity', 'zstd', 'gzip;q=0', 'gzip;q=0.5, identity']) {
		const { headers, bytes } = await get(t, 'socket.io.js', `Accept-Encoding: ${accepted}`);
		assert.equal(headers['content-encoding'], undefined, accepted);
		assert.ok(bytes.equals(content('socket.io.js')));
	}
});

test('files 34: every answer varies with Accept-Encoding', async (t) => {
	for (const name of NAMES)
		for (const field of ['A: b', 'Accept-Encoding: gzip', `If-None-Match: "${version}"`]) {
			const { status, headers } = await get(t, name, field);
			assert.equal(status, field.startsWith('If') ? 304 : 200);
			assert.equal(headers.vary, 'Accept-Encoding');
		}
});

test('files 35: a file is read when it is asked for first, and stays', async (t) => {
	const dist = packageOf(t);
	const own = await serverOf(t, dist);
	const read = async (name) => {
		const plain = await asked(t, own, 'GET', `/socket.io/${name}`);
		const headers = ['Accept-Encoding: gzip'];
		const coded = await asked(t, own, 'GET', `/socket.io/${name}`, { headers });
		assert.equal(plain.headers.etag, '"1.2.3"');
		assert.equal(String(gunzipSync(coded.bytes)), plain.body);
		return plain.body;
	};
	writeFileSync(join(dist, 'socket.io.js'), 'first');
	assert.equal(await read('socket.io.js'), 'first');
	for (const name of NAMES) writeFileSync(join(dist, name), 'second');
	writeFileSync(join(dist, '../package.json'), '{"version":"2.0.0"}');
	assert.equal(await read('socket.io.js'), 'first');
	assert.equal(await read('socket.io.min.js'), 'second');
	renameSync(dist, `${dist}-gone`);
	assert.equal(await read('socket.io.js'), 'first');
	assert.equal(await read('socket.io.min.js'), 'second');
});

test('files 36: without script, package or version the server does not start', async (t) => {
	const refuses = async (folder) => {
		const started = startServer({ CLIENT_DIR: folder });
		t.after(() => started.then((own) => own.stop()).catch(() => {}));
		await assert.rejects(started, /ended: {"code":1,[^]*(no such file|invalid argument)/);
	};
	await refuses(join(packageOf(t), 'none'));
	for (const missing of ['socket.io.js', '../package.json']) {
		const dist = packageOf(t);
		rmSync(join(dist, missing));
		await refuses(dist);
	}
	for (const json of [
		'',
		'{}',
		'{"version":1}',
		'{"version":""}',
		'{"version":null}',
		'{"version":"1"',
		'{"a":{"version":"1"}}',
		'["version","1"]',
	])
		await refuses(packageOf(t, json));
	await serverOf(t, packageOf(t));
});

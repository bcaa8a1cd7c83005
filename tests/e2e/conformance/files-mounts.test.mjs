// SPDX-License-Identifier: MIT
//
// Mounted folders: which requests are theirs.

import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { folderWith, mount, tryToMount } from '../support/folder.mjs';
import { startServer } from '../support/server.mjs';
import { asked, requestOf, Wire } from '../support/wire.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

/** A server for this test alone, where "/" is still free. */
async function ownServer(t) {
	const own = await startServer();
	t.after(() => own.stop());
	return own;
}

/** The body of a file, or the status of another answer. */
async function got(t, to, url) {
	const { status, body } = await asked(t, to, 'GET', url);
	return status === 200 ? body : status;
}

for (const end of ['', '/'])
	test(`files 1: a folder at /static${end} has the paths below it`, async (t) => {
		const own = await ownServer(t);
		const folder = folderWith(t, { 'a.txt': 'a', 'index.html': 'top', 'static/b': 'b' });
		await mount(t, own, `/static${end}`, folder);

		assert.equal(await got(t, own, '/static/a.txt'), 'a');
		assert.equal(await got(t, own, '/static/'), 'top');
		assert.equal(await got(t, own, '/static'), 301);
		assert.equal(await got(t, own, '/static?a=b'), 301);
		assert.equal(await got(t, own, '/static/static/b'), 'b');
		for (const url of ['/staticx/a.txt', '/stati', '/Static/a.txt', '/a.txt', '//static/a.txt'])
			assert.equal((await asked(t, own, 'POST', url)).status, 404, url);
		for (const url of ['/%73tatic/a.txt', '/static%2Fa.txt', '/./static/a.txt'])
			assert.equal((await asked(t, own, 'POST', url)).status, 404, url);
		assert.equal((await asked(t, own, 'POST', '/static')).status, 405);
	});

test('files 2: of several prefixes the longest wins, and / fits everything', async (t) => {
	const own = await ownServer(t);
	const named = (name) => folderWith(t, { who: name, 'y/who': `y in ${name}` });
	for (const prefix of ['/x/y', '/', '/x/y/z', '/x']) await mount(t, own, prefix, named(prefix));

	for (const [url, body] of Object.entries({
		'/who': '/',
		'/y/who': 'y in /',
		'/x/who': '/x',
		'/x/y/who': '/x/y',
		'/x/y/y/who': 'y in /x/y',
		'/x/y/z/who': '/x/y/z',
		'/x/yz/who': 404,
		'/xy/who': 404,
		'/nothing': 404,
	}))
		assert.equal(await got(t, own, url), body, url);
	for (const url of ['/anything', '/x?', '//'])
		assert.equal((await asked(t, own, 'POST', url)).headers.allow, 'GET, HEAD', url);
});

test('files 3: a request that no prefix fits is left to the rest of the server', async (t) => {
	const own = await ownServer(t);
	await mount(t, own, '/static', folderWith(t, { hello: 'file' }));
	assert.equal(await got(t, own, '/hello'), 'hello');
	assert.equal(await got(t, own, '/nowhere'), 404);
	assert.equal(await got(t, own, '/socket.io/?EIO=9'), 400);

	await mount(t, own, '/', folderWith(t, { hello: 'file' }));
	const star = await asked(t, own, 'OPTIONS', '*');
	assert.deepEqual([star.status, star.headers['x-content-type-options']], [404, undefined]);
	const other = await asked(t, own, 'OPTIONS', '/');
	assert.deepEqual([other.status, other.headers['x-content-type-options']], [405, 'nosniff']);
});

test('files 4: GET and HEAD are answered alike, and no other method is', async (t) => {
	await mount(t, server, '/methods', folderWith(t, { 'a.txt': 'content' }));
	const wire = new Wire(t, server);
	for (const url of ['/methods/a.txt', '/methods/none', '/methods', '/methods/%']) {
		wire.write(requestOf('HEAD', url) + requestOf('GET', url));
		const head = await wire.response('HEAD');
		const get = await wire.response();
		assert.equal(head.first, get.first);
		const undated = (lines) => lines.filter((line) => !line.startsWith('Date:'));
		assert.deepEqual(undated(head.lines), undated(get.lines));
		assert.ok(get.body.length > 0);
	}
	for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'get', 'BREW'])
		for (const url of ['/methods/a.txt', '/methods/none', '/methods/%', '/methods']) {
			const { status, headers, body } = await asked(t, server, method, url);
			assert.deepEqual([status, headers.allow], [405, 'GET, HEAD'], `${method} ${url}`);
			assert.equal(body, 'Method Not Allowed');
		}
});

test('files 5: a prefix that no request has is not mounted', async (t) => {
	const folder = folderWith(t, { 'a.txt': 'a' });
	const controls = [...Array(32).keys()].slice(1).map((code) => String.fromCharCode(code));
	for (const bad of [...'\\?# ', ...controls, '\x7f', '\u0080', 'ü', '//'])
		assert.equal(await tryToMount(t, server, `/a${bad}b`, folder), 'invalid argument', bad);
	for (const prefix of ['', 'a', 'a/b', './a', '//', '//a', '/a//', 'http://h/a'])
		assert.equal(await tryToMount(t, server, prefix, folder), 'invalid argument', prefix);
	assert.equal(await got(t, server, '/a/a.txt'), 404);
});

test('files 5: nor one that is mounted, nor a folder that is none', async (t) => {
	const folder = folderWith(t, { 'a.txt': 'a', 'other/a.txt': 'other' });
	await mount(t, server, '/taken', folder);
	for (const prefix of ['/taken', '/taken/']) {
		const result = await tryToMount(t, server, prefix, join(folder, 'other'));
		assert.notEqual(result, 'success', prefix);
	}
	assert.equal(await got(t, server, '/taken/a.txt'), 'a');
	for (const path of ['none', 'a.txt', 'a.txt/', 'none/deeper']) {
		const result = await tryToMount(t, server, '/no-folder', join(folder, path));
		assert.equal(result, 'no such file or directory', path);
	}
	assert.equal(await tryToMount(t, server, '/no-folder', ''), 'no such file or directory');
	assert.equal(await got(t, server, '/no-folder/a.txt'), 404);
	await mount(t, server, '/no-folder', folder);
});

test('files 6: the folder is looked up for each request, from where it was mounted', async (t) => {
	const own = await ownServer(t);
	const outer = folderWith(t, { 'www/a.txt': 'first', 'b/www/a.txt': 'elsewhere' });
	await mount(t, own, '/absolute', join(outer, 'www'));
	await asked(t, own, 'POST', '/cwd', { body: outer });
	await mount(t, own, '/relative', 'www');
	await asked(t, own, 'POST', '/cwd', { body: join(outer, 'b') });
	const both = async () => [
		await got(t, own, '/absolute/a.txt'),
		await got(t, own, '/relative/a.txt'),
	];

	assert.deepEqual(await both(), ['first', 'first']);
	renameSync(join(outer, 'www'), join(outer, 'old'));
	assert.deepEqual(await both(), [404, 404]);
	mkdirSync(join(outer, 'www'));
	writeFileSync(join(outer, 'www/a.txt'), 'second');
	assert.deepEqual(await both(), ['second', 'second']);
	await asked(t, own, 'POST', '/cwd', { body: '/' });
	assert.deepEqual(await both(), ['second', 'second']);
});

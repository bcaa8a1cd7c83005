// SPDX-License-Identifier: MIT
//
// Mounted folders: from the path of a request to a file, or to none.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync } from 'node:fs';
import net from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { folderWith, mount } from '../support/folder.mjs';
import { startServer } from '../support/server.mjs';
import { next } from '../support/wait.mjs';
import { asked } from '../support/wire.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

/** The body of a file, or the status of another answer. */
async function got(t, url, to = server) {
	const { status, body } = await asked(t, to, 'GET', url);
	return status === 200 ? body : status;
}

/** Each path below the prefix is answered so: a body, or a status. */
async function answers(t, prefix, paths, to = server) {
	for (const [path, expected] of Object.entries(paths))
		assert.equal(await got(t, prefix + path, to), expected, path);
}

const all = (paths, answer) => Object.fromEntries(paths.map((path) => [path, answer]));

test('files 7: each segment is decoded exactly once', async (t) => {
	const files = { 'a.txt': 'a', '%25': 'twice', '%': 'once', 'a+b c/ü': 'plus', '%2e%2e': 'a' };
	await mount(t, server, '/decoded', folderWith(t, files));
	await answers(t, '/decoded', {
		'/a.txt': 'a',
		'/%61%2Et%78t': 'a',
		'/%2525': 'twice',
		'/%25': 'once',
		'/a+b%20c/%c3%BC': 'plus',
		'/a%2bb%20c/%C3%bc': 'plus',
		'/a%20b%20c/%C3%BC': 404,
		'/a+b+c/%C3%BC': 404,
		'/%252e%252e': 'a',
		'/%252525': 404,
	});
});

test('files 8: a broken escape is refused with 400', async (t) => {
	await mount(t, server, '/broken', folderWith(t, { 'a.txt': 'a', 'sub/a.txt': 'a' }));
	const paths = ['/%', '/%4', '/%zz', '/a.txt%', '/%2/a.txt', '/sub/%g1', '/%%41', '/a.txt%F'];
	await answers(t, '/broken', all(paths, 400));
});

test('files 9: an empty segment is refused, but for the last one', async (t) => {
	for (const prefix of ['/empty', '']) {
		const folder = folderWith(t, { 'a.txt': 'a', 'sub/index.html': 'b' });
		await mount(t, server, `${prefix}/`, folder);
		const paths = ['//', '//a.txt', '/sub//index.html', '/sub//', '//sub', '///', '//sub/'];
		await answers(t, prefix, { ...all(paths, 404), '/sub/': 'b', '/a.txt': 'a' });
	}
});

test('files 10: a segment whose name begins with a dot is refused', async (t) => {
	const outer = folderWith(t, {
		'secret.txt': 'secret',
		'www/a.txt': 'a',
		'www/.hidden': 'hidden',
		'www/.git/config': 'hidden',
		'www/...': 'dots',
		'www/sub/a..b': 'inside',
	});
	await mount(t, server, '/dots', join(outer, 'www'));
	const paths = [
		'/.',
		'/..',
		'/./',
		'/../',
		'/./a.txt',
		'/../secret.txt',
		'/../www/a.txt',
		'/%2e%2e/secret.txt',
		'/.%2E/secret.txt',
		'/%2E./secret.txt',
		'/sub/../a.txt',
		'/sub/../../secret.txt',
		'/.hidden',
		'/%2ehidden',
		'/.git/config',
		'/.git',
		'/.git/',
		'/...',
	];
	await answers(t, '/dots', { ...all(paths, 404), '/sub/a..b': 'inside', '/a.txt': 'a' });
});

test('files 11: a segment whose name holds a slash, a backslash or a NUL is refused', async (t) => {
	const files = { 'sub/a.txt': 'a', 'sub\\a.txt': 'backslash', 'a.txt': 'a', secret: 'b' };
	await mount(t, server, '/names', folderWith(t, files));
	const paths = [
		'/sub%2Fa.txt',
		'/sub%2fa.txt',
		'/%2Fetc/passwd',
		'/..%2Fsecret',
		'/%2F%2Fa.txt',
		'/sub\\a.txt',
		'/sub%5Ca.txt',
		'/sub%5ca.txt',
		'/..%5Csecret',
		'/a.txt%00',
		'/a.txt%00.html',
		'/%00',
		'/sub%00/a.txt',
	];
	await answers(t, '/names', { ...all(paths, 404), '/sub/a.txt': 'a', '/a.txt': 'a' });
});

test('files 12: a folder is its index.html, and never a list', async (t) => {
	const folder = folderWith(t, {
		'index.html': 'top',
		'sub/index.html': 'below',
		'bare/a.txt': 'a',
		'odd/index.html/a': 'a',
		'upper/INDEX.HTML': 'upper',
	});
	await mount(t, server, '/index', folder);
	await answers(t, '/index', {
		'/': 'top',
		'/?a=/../b': 'top',
		'/sub/': 'below',
		'/%73ub/': 'below',
		'/bare/': 404,
		'/odd/': 404,
		'/upper/': 404,
		'/none/': 404,
	});
});

test('files 13: a folder without the slash is redirected to the path with it', async (t) => {
	const folder = folderWith(t, { 'sub/index.html': 'a', 'bare/a.txt': 'a', 'a\r\nX: y/b': 'b' });
	await mount(t, server, '/redirected', folder);
	await mount(t, server, '/redirected/inner', folder);
	const location = async (url) => {
		const { status, headers, body } = await asked(t, server, 'GET', url);
		assert.deepEqual([status, body], [301, 'Moved Permanently']);
		return headers.location;
	};
	for (const [url, to] of Object.entries({
		'': '/redirected/',
		'?a=b?c': '/redirected/?a=b?c',
		'?': '/redirected/',
		'/sub': '/redirected/sub/',
		'/%73u%62': '/redirected/%73u%62/',
		'/sub?u=//b&%20': '/redirected/sub/?u=//b&%20',
		'/bare': '/redirected/bare/',
		'/inner/sub': '/redirected/inner/sub/',
		'/a%0D%0AX:%20y': '/redirected/a%0D%0AX:%20y/',
	}))
		assert.equal(await location(`/redirected${url}`), to);
	assert.equal(await location('http://evil.example/redirected/sub'), '/redirected/sub/');

	const root = await startServer();
	try {
		await mount(t, root, '/', folderWith(t, { 'evil.example/a': 'a' }));
		const { headers } = await asked(t, root, 'GET', '/evil.example');
		assert.equal(headers.location, '/evil.example/');
		for (const url of ['//evil.example', '/\\evil.example', '/%2Fevil.example', '//'])
			assert.equal(await got(t, url, root), 404, url);
	} finally {
		await root.stop();
	}
});

test('files 14: a file with a slash behind it is refused', async (t) => {
	await mount(t, server, '/slash', folderWith(t, { 'a.txt': 'a' }));
	await answers(t, '/slash', { '/a.txt/': 404, '/a.txt/index.html': 404, '/a.txt': 'a' });
});

test('files 15: only regular files are served, and nothing is waited for', async (t) => {
	const folder = folderWith(t, { 'a.txt': 'a' });
	execFileSync('mkfifo', [join(folder, 'fifo')]);
	const listener = net.createServer().listen(join(folder, 'socket'));
	t.after(() => listener.close());
	await next(listener, 'listening');
	await mount(t, server, '/special', folder);
	await mount(t, server, '/dev', '/dev');

	await answers(t, '/special', { '/fifo': 404, '/socket': 404, '/fifo/': 404, '/a.txt': 'a' });
	await answers(t, '/dev', all(['/null', '/zero', '/tty', '/ptmx', '/random'], 404));
});

/** A folder in another one, with links of every kind in it. */
function folderWithLinks(t) {
	const outer = folderWith(t, {
		'secret.txt': 'secret',
		'www/a.txt': 'content of a',
		'www/sub/index.html': 'below',
	});
	for (const [path, to] of Object.entries({
		'out.txt': '../secret.txt',
		up: '..',
		absolute: '/etc/passwd',
		'absolute-inside': join(outer, 'www/a.txt'),
		'detour.txt': '../www/a.txt',
		magic: '/proc/self/root/etc/passwd',
		circle: 'circle',
		dangling: 'nothing',
		'sub/in.txt': '../a.txt',
		'sub/in-in.txt': 'in.txt',
		alias: 'sub',
	}))
		symlinkSync(to, join(outer, 'www', path));
	symlinkSync('www', join(outer, 'link'));
	return outer;
}

const NO_WAY_OUT = all(
	[
		'/out.txt',
		'/up/secret.txt',
		'/up/www/a.txt',
		'/up/',
		'/up',
		'/absolute',
		'/absolute-inside',
		'/detour.txt',
		'/magic',
		'/circle',
		'/dangling',
	],
	404,
);

test('files 16: a link is followed inside the folder and nowhere else', async (t) => {
	const outer = folderWithLinks(t);
	for (const name of ['www', 'link']) {
		await mount(t, server, `/links/${name}`, join(outer, name));
		await answers(t, `/links/${name}`, {
			...NO_WAY_OUT,
			'/sub/in.txt': 'content of a',
			'/sub/in-in.txt': 'content of a',
			'/alias/': 'below',
			'/alias/in.txt': 'content of a',
			'/alias': 301,
			'/a.txt': 'content of a',
		});
	}
});

for (const name of ['ENOSYS', 'EPERM'])
	test(`files 17: where openat2 fails with ${name} no link is followed`, async (t) => {
		const own = await startServer({ OPENAT2_ERRNO: String(constants.errno[name]) });
		t.after(() => own.stop());
		const outer = folderWithLinks(t);
		for (const mounted of ['www', 'link']) {
			await mount(t, own, `/${mounted}`, join(outer, mounted));
			const paths = {
				...NO_WAY_OUT,
				...all(['/sub/in.txt', '/sub/in-in.txt', '/alias/', '/alias/in.txt'], 404),
				'/alias': 404,
				'/a.txt': 'content of a',
				'/sub/': 'below',
				'/sub': 301,
				'': 301,
				'/none': 404,
				'/.hidden': 404,
			};
			await answers(t, `/${mounted}`, paths, own);
		}
	});

test('files 18: what is not there or may not be read is refused with 404', async (t) => {
	// Root reads everything, unless it has lost the right to.
	const unprivileged = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'];
	const own = await startServer({}, process.getuid() ? [] : unprivileged);
	t.after(() => own.stop());
	let folder;
	t.after(() => chmodSync(join(folder, 'closed'), 0o700));
	folder = folderWith(t, { 'a.txt': 'a', 'closed.txt': 'b', 'closed/a.txt': 'c' });
	for (const path of ['closed.txt', 'closed']) chmodSync(join(folder, path), 0);
	await mount(t, own, '/read', folder);
	const long = `/${'a'.repeat(300)}`;
	const paths = ['/none', '/none/deeper', long, '/closed.txt', '/closed/a.txt', '/closed/'];
	await answers(t, '/read', { ...all(paths, 404), '/a.txt': 'a' }, own);
	chmodSync(join(folder, 'closed.txt'), 0o600);
	assert.equal(await got(t, '/read/closed.txt', own), 'b');
	const { headers, body } = await asked(t, own, 'GET', '/read/none');
	assert.deepEqual([headers['content-type'], body], ['text/plain; charset=utf-8', 'Not Found']);
});

for (const [name, status] of Object.entries({
	ENOENT: 404,
	EACCES: 404,
	ELOOP: 404,
	ENAMETOOLONG: 404,
	EMFILE: 500,
	ENFILE: 500,
	ENOMEM: 500,
	EIO: 500,
}))
	test(`files 18: what cannot be opened for ${name} is refused with ${status}`, async (t) => {
		const own = await startServer({ OPENAT2_ERRNO: String(constants.errno[name]) });
		t.after(() => own.stop());
		await mount(t, own, '/read', folderWith(t, { 'a.txt': 'a' }));
		for (const url of ['/read/a.txt', '/read/', '/read/none'])
			assert.equal(await got(t, url, own), status, url);
		assert.equal(await got(t, '/hello', own), 'hello');
	});

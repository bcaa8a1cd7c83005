// SPDX-License-Identifier: MIT
//
// Routes of the application, and the parameters of their paths.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startPlain } from './support/plain.mjs';
import { asked, requestOf, Wire } from './support/wire.mjs';

const LIMIT = 1000;

let server, folder;
before(async () => {
	folder = await mkdtemp(join(tmpdir(), 'sio-routes-'));
	await writeFile(join(folder, 'index.html'), 'index');
	await mkdir(join(folder, 'users'));
	await writeFile(join(folder, 'users', 'list.txt'), 'a file');
	await writeFile(join(folder, 'upload'), 'uploaded');
	server = await startPlain({ STATIC: folder, MAX_PAYLOAD: String(LIMIT) });
});
after(async () => {
	await server.stop();
	await rm(folder, { recursive: true });
});

async function shown(t, method, url, options) {
	const { status, body } = await asked(t, server, method, url, options);
	assert.equal(status, 200, `${method} ${url}: ${body}`);
	return JSON.parse(body);
}

// ---- Which route ----

for (const [method, url, route] of [
	['GET', '/users/7', '/users/:id'],
	['GET', '/users/me', '/users/me'],
	['POST', '/users/me', '/users/me'],
	['DELETE', '/users/me', '/users/:id'],
	['GET', '/users/7/friends/8', '/users/:id/friends/:other'],
	['GET', '/users/7/friends/', '/users/:id/*'],
	['GET', '/users/7/', '/users/:id/*'],
	['GET', '/users/:id', '/users/:id'],
	['GET', '/users/list.txt', '/users/:id'],
])
	test(`${method} ${url} is for ${route}`, async (t) => {
		assert.equal((await shown(t, method, url)).route, route);
	});

for (const url of ['/users/', '/user/7', '/users//friends/8', '/USERS/7'])
	test(`${url} is for none`, async (t) => {
		assert.equal((await asked(t, server, 'GET', url)).status, 404);
	});

// ---- What it is shown ----

test('a route is shown its parameters, decoded once', async (t) => {
	const { id, other, rest } = await shown(t, 'GET', '/users/a%2Fb%2525/friends/%E2%82%AC+%20');

	assert.deepEqual([id, other, rest], ['a/b%25', '€+ ', null]);
});

test('a route is shown the rest of its path', async (t) => {
	const { id, rest } = await shown(t, 'GET', '/users/7/a/../b%2Fc//');

	assert.deepEqual([id, rest], ['7', 'a/../b/c//']);
});

test('a route is shown path and query as they came, and values decoded', async (t) => {
	const query = 'key=1&x&key=a+b%26%E2%82%AC&k%65y=last%21';
	const { path, query: raw, key } = await shown(t, 'GET', `/users/%37?${query}`);

	assert.deepEqual([path, raw, key], ['/users/%37', query, 'last!']);
	assert.equal((await shown(t, 'GET', '/users/7?other=1')).key, null);
	assert.equal((await shown(t, 'GET', '/users/7?key=100%')).key, '100%');
	assert.equal((await shown(t, 'GET', '/users/7?key')).key, '');
});

test('a route is shown the header, the address and the body', async (t) => {
	const headers = ['User-Agent: one', 'User-Agent: two'];
	const request = await shown(t, 'POST', '/users/me', { headers, body: 'the body' });

	const { agent, address, secure, body } = request;
	assert.deepEqual([agent, address, secure, body], ['one', '127.0.0.1', false, 'the body']);
});

test('each request on a connection is shown its own', async (t) => {
	const wire = new Wire(t, server);
	wire.write(requestOf('GET', '/users/1?key=one', { headers: ['User-Agent: a'] }));
	wire.write(requestOf('GET', '/users/2/friends/3'));
	const answers = (await wire.responses(2)).map(({ body }) => JSON.parse(body));

	const facts = answers.map(({ id, other, key, agent }) => [id, other, key, agent]);
	assert.deepEqual(facts, [
		['1', null, 'one', 'a'],
		['2', '3', null, null],
	]);
});

// ---- Refusals ----

for (const bad of ['%', '%4', '%zz', 'a%00b', '%ff', '%C0%80', '%ed%a0%80'])
	test(`a parameter ${bad} is answered with 400, and the connection goes on`, async (t) => {
		const wire = new Wire(t, server);
		for (const url of [`/users/${bad}`, `/users/7/${bad}/x`]) {
			wire.write(requestOf('GET', url));
			assert.equal((await wire.response()).status, 400, url);
		}
		wire.write(requestOf('GET', '/users/7'));
		assert.equal((await wire.response()).status, 200);
	});

test('a path that is there under other methods is answered with 405 and Allow', async (t) => {
	for (const [url, allow] of Object.entries({
		'/users/me': 'GET, HEAD, POST, DELETE',
		'/users/7': 'GET, HEAD, DELETE',
		'/users/7/friends/8': 'GET, HEAD',
		'/upload': 'POST',
		'/index.html': 'PUT',
	}))
		for (const method of ['PATCH', 'OPTIONS']) {
			const { status, headers } = await asked(t, server, method, url);
			assert.deepEqual([status, headers.allow], [405, allow], `${method} ${url}`);
		}
});

test('a file beside a route of another method is served', async (t) => {
	assert.equal((await asked(t, server, 'GET', '/index.html')).body, 'index');
	assert.equal((await asked(t, server, 'GET', '/upload')).body, 'uploaded');
	const head = await asked(t, server, 'HEAD', '/upload');
	assert.deepEqual([head.status, head.headers['content-length']], [200, '8']);
});

test('where there is no file beside it, that is a 405', async (t) => {
	await rm(join(folder, 'upload'));

	const { status, headers } = await asked(t, server, 'GET', '/upload');

	assert.deepEqual([status, headers.allow], [405, 'POST']);
	await writeFile(join(folder, 'upload'), 'uploaded');
});

test('HEAD is answered as GET is, without the body', async (t) => {
	const wire = new Wire(t, server);
	wire.write(requestOf('HEAD', '/users/7') + requestOf('GET', '/users/me'));

	const head = await wire.head();
	const { status, body } = await wire.response();

	assert.deepEqual([head.status, head.headers['content-type']], [200, 'application/json']);
	assert.equal(status, 200);
	assert.equal(JSON.parse(body).route, '/users/me');
	assert.ok(Number(head.headers['content-length']) > 50);
});

for (const [how, headers] of [
	['that is announced', []],
	['in chunks', ['Transfer-Encoding: chunked']],
])
	test(`a body over max_payload ${how} is answered with 413`, async (t) => {
		const bodyOf = (length) => {
			const text = 'x'.repeat(length);
			return headers.length ? `${length.toString(16)}\r\n${text}\r\n0\r\n\r\n` : text;
		};
		const post = (length) =>
			asked(t, server, 'POST', '/upload', { headers, body: bodyOf(length) });

		assert.equal((await post(LIMIT + 1)).status, 413);
		assert.equal(JSON.parse((await post(LIMIT)).body).body.length, LIMIT);
	});

// ---- Fields of answers ----

const fieldUrl = (name, value, times = 1) =>
	`/field?${new URLSearchParams({ name, value, times })}`;

test('a field is added to an answer, once for each call', async (t) => {
	const { lines } = await asked(t, server, 'GET', fieldUrl('Set-Cookie', 'a=b; Path=/', 2));

	const cookies = lines.filter((line) => line === 'Set-Cookie: a=b; Path=/');
	assert.equal(cookies.length, 2);
});

test('it is not added to the next one on the connection', async (t) => {
	const wire = new Wire(t, server);
	wire.write(requestOf('GET', fieldUrl('X-Once', 'yes')) + requestOf('GET', '/users/7'));

	const [first, second] = await wire.responses(2);

	assert.equal(first.headers['x-once'], 'yes');
	assert.equal(second.headers['x-once'], undefined);
});

for (const name of ['Content-Encoding', 'Content-Security-Policy', 'Location', 'ETag'])
	test(`${name} can be set`, async (t) => {
		const { headers, body } = await asked(t, server, 'GET', fieldUrl(name, 'value'));

		assert.equal(headers[name.toLowerCase()], 'value');
		assert.equal(JSON.parse(body).error, null);
	});

for (const [name, value] of [
	['X-Split', 'a\r\nX-Evil: b'],
	['X-Split', 'a\nb'],
	['X-Split', 'a\u007f'],
	['X-Split\r\nX-Evil', 'b'],
	['X Evil', 'b'],
	['', 'b'],
	['content-length', '1'],
	['Content-Type', 'text/html'],
	['Transfer-Encoding', 'chunked'],
	['Connection', 'close'],
	['Sec-WebSocket-Accept', 'x'],
	['Date', 'x'],
])
	test(`a field cannot be set: ${JSON.stringify(`${name}: ${value}`)}`, async (t) => {
		const { lines, body } = await asked(t, server, 'GET', fieldUrl(name, value));

		assert.equal(JSON.parse(body).error, 'invalid argument');
		assert.deepEqual(
			lines.map((line) => line.split(':')[0]),
			['Content-Type', 'Content-Length', 'Date', 'Connection', 'Keep-Alive'],
		);
	});

for (const [status, answered] of [
	[200, 200],
	[418, 418],
	[999, 999],
	[100, 500],
	[101, 500],
	[199, 500],
	[1000, 500],
	[0, 500],
	[-1, 500],
])
	test(`a status of ${status} is answered as ${answered}, and the next request too`, async (t) => {
		const wire = new Wire(t, server);
		wire.write(requestOf('GET', `/status/${status}`) + requestOf('GET', '/users/7'));

		const [first, second] = await wire.responses(2);

		assert.equal(first.status, answered);
		assert.equal(first.body, answered === 500 ? 'Internal Server Error' : 'body');
		assert.equal(second.status, 200);
	});

for (const status of [204, 304])
	test(`a status of ${status} has no body`, async (t) => {
		const wire = new Wire(t, server);
		wire.write(requestOf('GET', `/status/${status}`) + requestOf('GET', '/users/7'));

		const [first, second] = await wire.responses(2);

		assert.deepEqual([first.status, first.headers['content-length']], [status, undefined]);
		assert.equal(second.status, 200);
	});

// ---- Adding ----

async function added(t, method, path) {
	const query = new URLSearchParams({ method, path });
	return JSON.parse((await asked(t, server, 'GET', `/add?${query}`)).body).error;
}

for (const [method, path] of [
	['GET', 'new'],
	['GET', '/new?a'],
	['GET', '/new/:'],
	['GET', '/:a/:a'],
	['GET', '/*/new'],
	['GE T', '/new'],
	['GET', '/socket.io/'],
	['GET', '/socket.io/:id'],
])
	test(`no route can be added for ${method} ${path}`, async (t) => {
		assert.equal(await added(t, method, path), 'invalid argument');
	});

test('a route can be added while the server runs', async (t) => {
	const { headers } = await asked(t, server, 'BREW', '/pot');
	assert.equal(headers.allow, 'GET, HEAD', 'which is the folder');

	assert.equal(await added(t, 'BREW', '/:id'), null);

	const { route, method, id } = await shown(t, 'BREW', '/pot');
	assert.deepEqual([route, method, id], ['added', 'BREW', 'pot']);
});

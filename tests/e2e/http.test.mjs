// SPDX-License-Identifier: MIT
//
// HTTP by hand, over a plain TCP connection: what Node's own client would never send, and what it
// would not show.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Sender } from 'ws';
import { ask, Polling } from './support/raw.mjs';
import { pathOf, startServer } from './support/server.mjs';
import { requestOf, Wire } from './support/wire.mjs';

const CLIENT_DIR = 'client-demo/node_modules/socket.io-client/dist';
const UNKNOWN = '/socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA';
const LIMIT = 500;

let server, small;
before(async () => {
	server = await startServer({ CLIENT_DIR });
	small = await startServer({ MAX_HTTP_BUFFER: String(LIMIT) });
});
after(async () => {
	await server.stop();
	await small.stop();
});

async function joined(on = server) {
	const polling = await Polling.open(on);
	await polling.join();
	return polling;
}

// ---- Refusals ----

const refusals = {
	'a POST to nowhere': { status: 404, to: () => server, url: async () => '/nowhere' },
	'a POST to an unknown session': { status: 400, to: () => server, url: async () => UNKNOWN },
	'a POST over the limit': {
		status: 413,
		to: () => small,
		url: async () => (await Polling.open(small)).url,
	},
};

for (const [name, { status, to, url }] of Object.entries(refusals))
	for (const kilobytes of [1, 40, 300])
		test(`${name} is answered every time, with ${kilobytes} kB right behind it`, async (t) => {
			const body = 'x'.repeat(kilobytes * 1000);
			const path = await url();
			for (let i = 0; i < 20; i++) {
				const wire = new Wire(t, to());

				wire.write(requestOf('POST', path, { body }));

				assert.equal((await wire.response()).status, status, `try ${i}`);
				await wire.end();
				wire.socket.destroy();
			}
		});

// ---- Expectations ----

test('a POST that asks first and is refused is not told to continue', async (t) => {
	for (const url of ['/nowhere', UNKNOWN]) {
		const wire = new Wire(t, server);

		wire.write(
			requestOf('POST', url, {
				body: '',
				headers: ['Content-Length: 5', 'Expect: 100-continue'],
			}),
		);

		assert.equal((await wire.response()).status, url === UNKNOWN ? 400 : 404);
		await wire.end();
	}
});

// ---- Clients that half-close ----

/** GETs, says at once that no more comes, and begins to read when the server has come to a stop. */
async function getAndHalfClose(t, to, url) {
	const wire = new Wire(t, to);
	wire.socket.pause();
	wire.socket.end(requestOf('GET', url));
	for (let i = 0; i < 3; i++) await ask(to, { url: '/nowhere' });
	await dripping(wire);
	const answer = await wire.response();
	await wire.end();
	return answer;
}

/** The first pieces are read with a pause after each, so that the server has to wait often. */
async function dripping(wire) {
	const { socket } = wire;
	for (let i = 0; i < 20 && !wire.ended && !wire.error; i++) {
		const length = wire.got.length;
		socket.resume();
		await wire.until(() => wire.ended || wire.got.length > length || undefined, 'a piece');
		socket.pause();
		await new Promise((done) => setTimeout(done, 5));
	}
	socket.resume();
}

test('a client that half-closes gets its answer', async (t) => {
	const { status, body } = await getAndHalfClose(t, server, UNKNOWN);

	assert.equal(status, 400);
	assert.match(body, /"code":1/);
});

test('a client that half-closes gets the whole of a file', async (t) => {
	const { status, headers, body } = await getAndHalfClose(t, server, '/socket.io/socket.io.js');

	assert.equal(status, 200);
	assert.equal(headers['content-encoding'], undefined);
	assert.equal(body, await readFile(pathOf(`${CLIENT_DIR}/socket.io.js`), 'utf8'));
});

test('a client that half-closes gets the whole of what the kernel cannot hold', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'sio-http-'));
	t.after(() => rm(folder, { recursive: true }));
	const dist = join(folder, 'dist');
	await mkdir(dist);
	await writeFile(join(folder, 'package.json'), '{"version":"1.2.3"}');
	const content = Array.from({ length: 490_000 }, (_, i) => `${i}`.padEnd(15)).join('\n');
	await writeFile(join(dist, 'socket.io.js'), content);
	const large = await startServer({ CLIENT_DIR: dist });
	try {
		const { status, body } = await getAndHalfClose(t, large, '/socket.io/socket.io.js');

		assert.equal(status, 200);
		assert.ok(body === content, 'all 8 MB are what the file holds');
	} finally {
		await large.stop();
	}
});

// ---- Several requests on one connection ----

test('500 requests in one write are all answered in order', async (t) => {
	const kinds = [
		{ url: UNKNOWN, status: 400, body: /"code":1,/ },
		{ url: '/socket.io/?EIO=4&transport=none', status: 400, body: /"code":0,/ },
		{ url: '/socket.io/?EIO=9&transport=polling', status: 400, body: /"code":5,/ },
		{ url: '/nowhere', status: 404, body: /./ },
	];
	const asked = Array.from({ length: 500 }, (_, i) => kinds[(i * i + (i >> 3)) % kinds.length]);
	const text = asked.map(({ url }) => requestOf('GET', url)).join('');
	assert.ok(text.length > 32768);
	const wire = new Wire(t, server);

	wire.write(text);

	const answers = await wire.responses(asked.length);
	answers.forEach(({ status, body }, i) => {
		assert.equal(status, asked[i].status, `answer ${i}`);
		assert.match(body, asked[i].body, `answer ${i}`);
	});
});

test('polls and POSTs in one write are answered in order', async (t) => {
	const polling = await joined();
	const wire = new Wire(t, server);
	const post = (n) => requestOf('POST', polling.url, { body: `42["echo",${n}]` });
	const get = requestOf('GET', polling.url);

	wire.write(post(1) + get + post(2) + post(3) + get);

	const bodies = (await wire.responses(5)).map(({ body }) => body);
	const echoes = ['42["echo",1]', '42["echo",2]\x1e42["echo",3]'];
	assert.deepEqual(bodies, ['ok', echoes[0], 'ok', 'ok', echoes[1]]);
});

test('a POST behind a poll that waits has its turn when the poll is answered', async (t) => {
	const polling = await joined();
	const wire = new Wire(t, server);

	wire.write(
		requestOf('GET', polling.url) +
			requestOf('POST', polling.url, { body: '42["echo","behind"]' }) +
			requestOf('GET', polling.url),
	);
	await polling.post('42["echo","first"]');

	const bodies = (await wire.responses(3)).map(({ body }) => body);
	assert.deepEqual(bodies, ['42["echo","first"]', 'ok', '42["echo","behind"]']);
});

test('one connection takes many requests, of every kind', async (t) => {
	const polling = await joined();
	const wire = new Wire(t, server);
	for (let i = 0; i < 100; i++) {
		wire.write(requestOf('POST', polling.url, { body: `42["echo",${i}]` }));
		assert.equal((await wire.response()).body, 'ok');
		wire.write(requestOf('GET', polling.url));
		const { body, headers } = await wire.response();
		assert.equal(body, `42["echo",${i}]`);
		assert.equal(headers.connection, 'keep-alive');
		wire.write(requestOf('GET', '/nowhere'));
		assert.equal((await wire.response()).status, 404);
	}
});

test('HEAD is answered as GET, without the body', async (t) => {
	const wire = new Wire(t, server);
	for (const url of ['/socket.io/socket.io.js', '/nowhere']) {
		wire.write(requestOf('HEAD', url) + requestOf('GET', url));

		const head = await wire.head();
		const { status, headers, body } = await wire.response();
		assert.equal(head.status, status);
		assert.equal(head.headers['content-length'], headers['content-length']);
		assert.equal(Buffer.byteLength(body), Number(headers['content-length']));
	}
});

// ---- Upgrades ----

const masked = (text) =>
	Buffer.concat(
		Sender.frame(Buffer.from(text), {
			fin: true,
			opcode: 1,
			mask: true,
			readOnly: true,
			maskBuffer: Buffer.alloc(4),
		}),
	);

/** The next short frame. */
async function frame(wire) {
	const [first, length] = await wire.until(() => wire.take(2), 'a frame');
	assert.equal(first, 0x81);
	assert.ok(length < 126);
	return String(await wire.until(() => wire.take(length), 'the rest of a frame'));
}

test('frames in one piece with the request for the upgrade are taken', async (t) => {
	const wire = new Wire(t, server);
	const request = requestOf('GET', '/socket.io/?EIO=4&transport=websocket', {
		headers: [
			'Connection: Upgrade',
			'Upgrade: websocket',
			'Sec-WebSocket-Version: 13',
			'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
		],
	});

	wire.write(Buffer.concat([Buffer.from(request), masked('40'), masked('42["echo",1]')]));

	assert.equal((await wire.head()).status, 101);
	assert.match(await frame(wire), /^0\{/);
	assert.match(await frame(wire), /^40\{/);
	assert.equal(await frame(wire), '42["echo",1]');
});

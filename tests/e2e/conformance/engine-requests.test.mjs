// SPDX-License-Identifier: MIT
//
// Engine.IO: which requests are the engine's, how their query is read, and that each is answered.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Dialogue, tell, UPGRADE } from '../support/dialogue.mjs';
import { ask, Polling, RawSocket } from '../support/raw.mjs';
import { beginShake, plain, refused, urlOf } from '../support/refusals.mjs';
import { startServer } from '../support/server.mjs';
import { caughtUp, joinByPolling, waitingGet } from '../support/sessions.mjs';
import { AT_ONCE, requestOf } from '../support/wire.mjs';

const POLL = 'EIO=4&transport=polling';
const LIMIT = 1000;

let server, cors, echo;
before(async () => {
	server = await startServer({ MAX_HTTP_BUFFER: String(LIMIT) });
	cors = await startServer({ CORS_ORIGIN: '*' });
	echo = await startServer({ APP: 'engine' });
});
after(() => Promise.all([server, cors, echo].map((each) => each.stop())));

// ---- Paths ----

const opens = async (t, to, path) => {
	const { status, body } = await ask(to, { url: `${path}?${POLL}` });
	assert.equal(status, 200, path);
	assert.match(body, /^0\{"sid":/, path);
	await RawSocket.connect(t, to, { path });
};

const isNobodys = async (to, path) => {
	assert.equal((await ask(to, { url: `${path}?${POLL}` })).status, 404, path);
	const { status } = await ask(to, { method: 'POST', url: `${path}?${POLL}`, body: '40' });
	assert.equal(status, 404, path);
};

for (const path of ['/socket.io/', '/socket.io/more', '/socket.io/a/b/', '/socket.io//'])
	test(`engine.io 1: ${path} belongs to the engine`, (t) => opens(t, server, path));

for (const path of [
	'/',
	'/socket.io',
	'/socket.iox/',
	'/socketXio/',
	'/SOCKET.IO/',
	'/x/socket.io/',
	'//socket.io/',
	'/socket%2eio/',
	'/engine.io/',
])
	test(`engine.io 1: ${path} does not belong to the engine`, () => isNobodys(server, path));

test('engine.io 1: with another path configured, that one does', async (t) => {
	for (const path of ['/engine.io/', '/engine.io/more']) await opens(t, echo, path);
	for (const path of ['/engine.io', '/socket.io/']) await isNobodys(echo, path);
});

for (const path of ['/nowhere', '/socket.io', '/socket.iox/'])
	test(`engine.io 25: a WebSocket handshake for ${path} is not taken`, async (t) => {
		const wire = new Dialogue(t, server);
		const url = `${path}?EIO=4&transport=websocket`;
		wire.write(requestOf('GET', url, { headers: UPGRADE }));

		await wire.until(() => wire.ended || undefined, 'the end of the connection', AT_ONCE);

		assert.doesNotMatch(String(wire.got), / 101 /);
	});

// ---- Queries ----

const encoded = (text) =>
	Buffer.from(text).reduce((all, byte) => `${all}%${byte.toString(16)}`, '');

for (const [name, query] of Object.entries({
	'an encoded value': 'EIO=%34&transport=p%6flling',
	'values encoded whole, in capitals too': `EIO=${encoded('4')}&transport=${encoded('polling')}`,
	'an encoded name': '%45IO=4&tr%61nsport=polling',
	'names encoded whole': `${encoded('EIO')}=4&${encoded('transport')}=polling`,
	'parameters in another order, beside others': 't=abc.1&transport=polling&x=1&EIO=4',
	'empty pairs': '&&EIO=4&&transport=polling&',
}))
	test(`engine.io 6: ${name} is read`, async () => {
		assert.equal((await plain(server, 'GET', query)).status, 200);
	});

test('engine.io 6: an encoded sid is that sid', async () => {
	const { sid } = await joinByPolling(server);
	const post = (query) => plain(server, 'POST', `${POLL}&${query}`, { body: '42["echo",1]' });

	for (const query of [`sid=${encoded(sid)}`, `%73id=${sid}`, `s%69%64=${encoded(sid)}`])
		assert.equal((await post(query)).body, 'ok', query);
	await refused(server, 'GET', `${POLL}&%73id=abc`, 1);
});

test('engine.io 6: what decodes to something else is something else', async () => {
	for (const transport of ['pol+ling', 'polling%20', 'polling%00', 'polling%', 'polling%zz'])
		await refused(server, 'GET', `EIO=4&transport=${transport}`, 0);
});

for (const [name, query] of Object.entries({
	transport: `EIO=4&transport=none&transport=polling`,
	EIO: 'EIO=5&EIO=4&transport=polling',
	sid: `${POLL}&sid=abc&sid=`,
	'an encoded name': 'EIO=4&transport=none&tr%61nsport=polling',
}))
	test(`engine.io 7: the last value counts, of ${name}`, async () => {
		assert.equal((await plain(server, 'GET', query)).status, 200);
	});

test('engine.io 7: the last value counts where it is the bad one', async () => {
	const { sid } = await joinByPolling(server);

	await refused(server, 'GET', `EIO=4&transport=polling&transport=none`, 0);
	await refused(server, 'GET', 'EIO=4&EIO=5&transport=polling', 5);
	await refused(server, 'GET', `${POLL}&sid=${sid}&sid=abc`, 1);
	await refused(server, 'POST', `${POLL}&sid=${sid}&sid=`, 2);
	assert.equal(
		(await plain(server, 'POST', `${POLL}&sid=abc&sid=${sid}`, { body: '6' })).body,
		'ok',
	);
});

for (const none of ['sid=', 'sid'])
	test(`engine.io 12: "${none}" counts as no sid`, async (t) => {
		assert.match((await plain(server, 'GET', `${POLL}&${none}`)).body, /^0\{"sid":/);
		await refused(server, 'POST', `${POLL}&${none}`, 2);
		await refused(server, 'GET', `EIO=4&transport=websocket&${none}`, 3);
		const query = `EIO=4&transport=websocket&${none}`;
		assert.equal((await new RawSocket(t, server, { query }).next())[0], '0');
	});

for (const version of ['04', '4.0', '+4', '4%20', '%204', '4e0', '0x4', '４'])
	test(`engine.io 22: "${version}" is not version 4`, async () => {
		const query = `EIO=${encodeURI(version).replaceAll('%25', '%')}&transport=polling`;
		const { sid } = await joinByPolling(server);

		await refused(server, 'GET', query, 5);
		await refused(server, 'GET', `${query}&sid=${sid}`, 3);
	});

// ---- Other methods ----

const OTHERS = ['HEAD', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS'];
for (const method of OTHERS)
	test(`engine.io 23: ${method} with a known sid gets 500, and the session goes on`, async (t) => {
		const polling = await joinByPolling(server);
		const waiting = await waitingGet(polling);
		const url = urlOf(`${POLL}&sid=${polling.sid}`);

		const { status, headers, body } = await tell(t, server, method, url);

		assert.deepEqual([status, body], [500, '']);
		assert.equal(headers['content-length'] ?? '0', '0');
		await polling.post('42["echo","alive"]');
		assert.equal((await waiting.done).body, '42["echo","alive"]');
	});

test('engine.io 23: where CORS is configured OPTIONS with a known sid is a preflight', async () => {
	const { sid } = await Polling.open(cors);

	assert.equal((await plain(cors, 'OPTIONS', `${POLL}&sid=${sid}`)).status, 204);
	assert.equal((await plain(cors, 'PUT', `${POLL}&sid=${sid}`)).status, 500);
});

// ---- One answer for each request ----

const session = async () => (await joinByPolling(server)).url;
const full = async () => {
	const polling = await joinByPolling(server);
	await polling.post('42["echo",1]');
	return polling.url;
};
const kinds = {
	'a handshake': { status: 200, to: async () => urlOf(POLL) },
	'a poll for which something waits': { status: 200, to: full },
	'a POST': { method: 'POST', body: '42["echo",1]', status: 200, to: session },
	'a POST that ends its session': { method: 'POST', body: 'x', status: 200, to: session },
	'a POST over the limit': {
		method: 'POST',
		body: 'x'.repeat(LIMIT + 1),
		status: 413,
		to: session,
	},
	'a POST of bytes': {
		method: 'POST',
		headers: ['Content-Type: application/octet-stream', 'Content-Length: 0'],
		status: 400,
		to: session,
	},
	'no transport': { status: 400, to: async () => '/socket.io/' },
	'an unknown session': { status: 400, to: async () => urlOf(`${POLL}&sid=abc`) },
	'a POST to an unknown session': {
		method: 'POST',
		body: '40',
		status: 400,
		to: async () => urlOf(`${POLL}&sid=abc`),
	},
	'a handshake by POST': { method: 'POST', body: '40', status: 400, to: async () => urlOf(POLL) },
	'a handshake by HEAD': { method: 'HEAD', status: 400, to: async () => urlOf(POLL) },
	'a handshake in version 5': {
		status: 400,
		to: async () => '/socket.io/?EIO=5&transport=polling',
	},
	'WebSocket without an upgrade': {
		status: 400,
		to: async () => '/socket.io/?EIO=4&transport=websocket',
	},
	'a PUT to a session': { method: 'PUT', body: '40', status: 500, to: session },
};
for (const [name, { method = 'GET', status, to, ...options }] of Object.entries(kinds))
	test(`engine.io 26: ${name} is answered once, or the connection ends`, async (t) => {
		const wire = new Dialogue(t, server);
		const last = requestOf('GET', '/nowhere', { headers: ['Connection: close'] });

		await wire.write(requestOf(method, await to(), options));
		assert.equal((await wire.response(method)).status, status);
		await wire.write(last);
		const more = await wire.response().catch((error) => {
			assert.ok(wire.ended || wire.error, error.message);
		});

		if (more) assert.equal(more.status, 404);
		await wire.cut();
	});

test('engine.io 26: requests in one write are all answered in order', async (t) => {
	const asked = [
		[urlOf(`${POLL}&sid=abc`), /^\{"code":1,/],
		[urlOf('EIO=4&transport=none'), /^\{"code":0,/],
		[urlOf('EIO=9&transport=polling'), /^\{"code":5,/],
		[urlOf('EIO=4&transport=websocket'), /^\{"code":3,/],
		[urlOf(POLL), /^0\{"sid":/],
	];
	const all = Array.from({ length: 200 }, (_, i) => asked[(i * i + (i >> 3)) % asked.length]);
	const wire = new Dialogue(t, server);

	wire.write(all.map(([url]) => requestOf('GET', url)).join(''));

	for (const { body } of await wire.responses(all.length)) assert.match(body, all.shift()[1]);
	assert.equal(wire.got.length, 0);
});

test('engine.io 26: a waiting poll is answered once', async (t) => {
	const polling = await joinByPolling(server);
	const wire = new Dialogue(t, server);
	await wire.write(requestOf('GET', polling.url));
	await caughtUp(server);
	await polling.post('42["echo",1]');
	assert.equal((await wire.response()).body, '42["echo",1]');

	await polling.post('42["echo",2]');
	await caughtUp(server);

	assert.equal(String(wire.got), '');
	assert.equal((await polling.get()).body, '42["echo",2]');
});

test('engine.io 26: a refused WebSocket handshake is answered once', async (t) => {
	const wire = beginShake(t, server, 'EIO=4&transport=websocket&sid=abc');

	assert.equal((await wire.response()).body, 'Session ID unknown');
	await wire.cut();
});

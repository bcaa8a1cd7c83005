// SPDX-License-Identifier: MIT
//
// What OPTIONS is answered, and which WebSockets of other origins are refused.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { corsOf, Poller, shake } from '../support/engine.mjs';
import { ask } from '../support/raw.mjs';
import { BEYOND, startServer } from '../support/server.mjs';

const PATH = '/socket.io/';
const POLL = `${PATH}?EIO=4&transport=polling`;
const WEBSOCKET = `${PATH}?EIO=4&transport=websocket`;
const PAGE = 'https://page.example';
const OTHER = 'https://other.example';

const DETAILS = {
	CORS_METHODS: 'GET,POST',
	CORS_HEADERS: 'X-One, X-Two',
	CORS_EXPOSED: 'X-Three',
	CORS_MAX_AGE: '600',
};
const ENVIRONMENTS = {
	none: {},
	star: { CORS_ORIGIN: '*' },
	one: { CORS_ORIGIN: PAGE },
	list: { CORS_ORIGIN: `http://a.example, ${PAGE} https://*.wild.example` },
	decided: { CORS_FUNCTION: '.wild.example' },
	detailed: { CORS_ORIGIN: PAGE, ...DETAILS },
	detailedStar: { CORS_ORIGIN: '*', ...DETAILS },
};
const servers = {};
before(async () => {
	for (const [name, env] of Object.entries(ENVIRONMENTS)) servers[name] = await startServer(env);
});
after(async () => {
	for (const server of Object.values(servers)) await server.stop();
});

const originOf = (origin) => (origin ? { Origin: origin } : {});
const preflight = (server, { url = POLL, ...headers } = {}) =>
	ask(server, { method: 'OPTIONS', url, headers });

for (const url of [POLL, WEBSOCKET, PATH, `${PATH}?transport=pigeon`, `${POLL}&sid=nobody`])
	test(`engine.io 117: OPTIONS of ${url} is answered with 204`, async () => {
		for (const name of ['star', 'one', 'list', 'detailed'])
			for (const origin of [PAGE, OTHER, undefined]) {
				const answer = await preflight(servers[name], { url, ...originOf(origin) });
				assert.deepEqual([answer.status, answer.body], [204, ''], name);
				assert.equal(answer.headers['content-length'], '0');
			}
	});

test('engine.io 117: OPTIONS of a session that is there does not touch it', async () => {
	const poller = await Poller.open(servers.one, { path: PATH });
	const get = await poller.waiting();

	assert.equal((await preflight(servers.one, { url: poller.url })).status, 204);
	await poller.say('40');
	assert.match((await get.done).body, /^40/);
});

const allowed = async (name, headers) => corsOf(await preflight(servers[name], headers));

test('engine.io 118: all methods are allowed unless some are named', async () => {
	for (const name of ['one', 'star', 'list'])
		assert.equal((await allowed(name))['allow-methods'], 'GET,HEAD,PUT,PATCH,POST,DELETE');
	assert.equal((await allowed('detailed'))['allow-methods'], 'GET,POST');
});

const VARY = 'Access-Control-Request-Headers';

test('engine.io 119: the headers that are asked for are allowed', async () => {
	const wish = { [VARY]: 'X-Mine,  content-type' };

	const one = await allowed('one', wish);
	assert.equal(one['allow-headers'], 'X-Mine,  content-type');
	assert.equal(one.vary, `Origin, ${VARY}`);
	const star = await allowed('star', wish);
	assert.equal(star['allow-headers'], 'X-Mine,  content-type');
	assert.equal(star.vary, VARY);
});

test('engine.io 119: without a wish none is allowed', async () => {
	const one = await allowed('one');

	assert.equal(one['allow-headers'], undefined);
	assert.equal(one.vary, `Origin, ${VARY}`);
});

test('engine.io 119: headers that are configured are sent instead', async () => {
	for (const wish of [{}, { [VARY]: 'X-Mine' }]) {
		const one = await allowed('detailed', wish);
		assert.equal(one['allow-headers'], 'X-One, X-Two');
		assert.equal(one.vary, 'Origin');
		const star = await allowed('detailedStar', wish);
		assert.equal(star['allow-headers'], 'X-One, X-Two');
		assert.equal(star.vary, undefined);
	}
});

/** Answers that are no answers to OPTIONS. */
async function others(server) {
	const poller = await Poller.open(server, { path: PATH });
	return [
		poller.opening,
		await poller.post('40'),
		await poller.get(),
		await ask(server, { url: `${POLL}&sid=nobody` }),
		await shake(server, { url: WEBSOCKET }),
	];
}

test('engine.io 120: a maximum age is for answers to OPTIONS only', async () => {
	for (const name of ['detailed', 'detailedStar']) {
		assert.equal((await allowed(name))['max-age'], '600');
		for (const answer of await others(servers[name]))
			assert.equal(corsOf(answer)['max-age'], undefined);
	}
	assert.equal((await allowed('one'))['max-age'], undefined);
});

test('engine.io 120: exposed headers are named in every answer', async () => {
	for (const name of ['detailed', 'detailedStar']) {
		assert.equal((await allowed(name))['expose-headers'], 'X-Three');
		for (const answer of await others(servers[name]))
			assert.equal(corsOf(answer)['expose-headers'], 'X-Three');
	}
	assert.equal((await allowed('one'))['expose-headers'], undefined);
	for (const answer of await others(servers.one))
		assert.equal(corsOf(answer)['expose-headers'], undefined);
});

// ---- WebSockets ----

for (const [name, origins] of Object.entries({
	one: [OTHER, 'null', `${PAGE}:8080`, 'http://page.example'],
	list: [OTHER, 'null', 'https://wild.example', 'https://x.wild.example.evil.net'],
	decided: [OTHER, 'null', 'https://x.wild.example:1'],
}))
	for (const origin of [...origins, 'foreign host'])
		test(`engine.io 121: ${name}: a WebSocket of ${origin} is refused`, BEYOND, async () => {
			const server = servers[name];
			const Origin =
				origin === 'foreign host' ? `http://127.0.0.1.evil.example:${server.port}` : origin;
			const poller = await Poller.open(server, { path: PATH });

			for (const url of [WEBSOCKET, `${WEBSOCKET}&sid=${poller.sid}`]) {
				const { status, body } = await shake(server, { url, headers: { Origin } });
				assert.deepEqual([status, body], [400, 'Forbidden']);
			}
			assert.match((await poller.say('40'), await poller.body()), /^40/);
		});

for (const [name, origins] of Object.entries({
	one: [PAGE, 'own'],
	list: [PAGE, 'http://a.example', 'https://x.wild.example', 'own'],
	decided: ['https://x.wild.example', 'own'],
	star: [PAGE, OTHER, 'null', 'own'],
	none: [PAGE, OTHER, 'null', 'own'],
}))
	for (const origin of [...origins, 'nobody'])
		test(`engine.io 121: ${name}: a WebSocket of ${origin} is let in`, async () => {
			const server = servers[name];
			const Origin = { own: `http://${server.host}`, nobody: undefined }[origin] ?? origin;
			const headers = origin === 'nobody' ? {} : { Origin };

			assert.equal((await shake(server, { url: WEBSOCKET, headers })).status, 101);
		});

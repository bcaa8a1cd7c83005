// SPDX-License-Identifier: MIT
//
// Pages of other origins: what each answer tells their browsers, and which WebSockets are refused.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { corsOf, Poller, shake } from '../support/engine.mjs';
import { ask } from '../support/raw.mjs';
import { BEYOND, startServer } from '../support/server.mjs';

const PATH = '/socket.io/';
const POLL = `${PATH}?EIO=4&transport=polling`;
const WEBSOCKET = `${PATH}?EIO=4&transport=websocket`;
const LIMIT = 500;
const PAGE = 'https://page.example';
const OTHER = 'https://other.example';

const ENVIRONMENTS = {
	none: {},
	star: { CORS_ORIGIN: '*' },
	one: { CORS_ORIGIN: PAGE },
	list: { CORS_ORIGIN: `http://a.example,  ${PAGE} https://*.wild.example` },
	any: { CORS_ORIGIN: '*, *' },
	credentials: { CORS_ORIGIN: PAGE, CORS_CREDENTIALS: '1' },
	decided: { CORS_FUNCTION: '.wild.example', CORS_CREDENTIALS: '1', REPORT: '1' },
};
const servers = {};
before(async () => {
	const limited = (env) => startServer({ MAX_HTTP_BUFFER: String(LIMIT), ...env });
	for (const [name, env] of Object.entries(ENVIRONMENTS)) servers[name] = await limited(env);
});
after(async () => {
	for (const server of Object.values(servers)) await server.stop();
});

const originOf = (origin) => (origin ? { Origin: origin } : {});
const poll = (server, origin) => ask(server, { url: POLL, headers: originOf(origin) });
const preflight = (server, { url = POLL, ...headers } = {}) =>
	ask(server, { method: 'OPTIONS', url, headers });

/** An answer of the engine of each kind: [name, status, answer]. */
async function everyAnswer(server, origin) {
	const headers = originOf(origin);
	const open = () => Poller.open(server, { path: PATH, headers });
	const poller = await open();
	const post = (to, body, more = {}) => to.post(body, { headers: { ...headers, ...more } });
	const get = (url, method = 'GET') => ask(server, { method, url, headers });
	const sid = `&sid=${poller.sid}`;
	const doubled = await open();
	const waiting = doubled.beginGet({ headers });
	await doubled.post('6');
	return [
		['a handshake', 200, poller.opening],
		['a POST', 200, await post(poller, '40')],
		['a poll', 200, await get(POLL + sid)],
		['a POST that is too long', 413, await post(poller, 'x'.repeat(LIMIT + 1))],
		['another method', 500, await get(POLL + sid, 'PUT')],
		['a refusal with code 0', 400, await get(`${PATH}?EIO=4&transport=pigeon`)],
		['a refusal with code 1', 400, await get(`${POLL}&sid=nobody`)],
		['a refusal with code 2', 400, await get(POLL, 'DELETE')],
		['a refusal with code 2 to HEAD', 400, await get(POLL, 'HEAD')],
		['a refusal with code 3', 400, await get(WEBSOCKET)],
		['a refusal with code 5', 400, await get(`${PATH}?EIO=5&transport=polling`)],
		['a second GET', 400, await doubled.get({ headers })],
		['a GET that is let go', 200, await waiting.done],
		[
			'a POST of bytes',
			400,
			await post(poller, 'x', { 'Content-Type': 'application/octet-stream' }),
		],
		['a WebSocket', 101, await shake(server, { url: WEBSOCKET, headers })],
	];
}

async function each(server, origin, check) {
	for (const [name, status, answer] of await everyAnswer(server, origin)) {
		assert.equal(answer.status, status, name);
		check(corsOf(answer), name);
	}
}

const never = (found, name) => assert.deepEqual(found, {}, name);

test('engine.io 109: without CORS no answer carries a field of it', async () => {
	for (const origin of [PAGE, undefined]) await each(servers.none, origin, never);

	const answer = await preflight(servers.none, { Origin: PAGE });
	assert.deepEqual([answer.status, corsOf(answer)], [400, {}]);
	assert.equal(answer.body, '{"code":2,"message":"Bad handshake method"}');
});

test('engine.io 110: every answer of the engine carries the fields', async () => {
	await each(servers.one, PAGE, (found, name) =>
		assert.deepEqual(found, { 'allow-origin': PAGE, vary: 'Origin' }, name),
	);
});

test('engine.io 110: answers on other paths do not', async () => {
	for (const url of ['/', '/socket.io', '/socket.iox/?EIO=4&transport=polling', '/elsewhere']) {
		const answer = await ask(servers.one, { url, headers: { Origin: PAGE } });
		assert.deepEqual([answer.status, corsOf(answer)], [404, {}], url);
	}
});

for (const origin of [PAGE, OTHER, 'null', undefined])
	test(`engine.io 111: one origin is named to ${origin ?? 'nobody'} and everybody`, async () => {
		const found = corsOf(await poll(servers.one, origin));

		assert.deepEqual(found, { 'allow-origin': PAGE, vary: 'Origin' });
	});

for (const [origin, allowed] of [
	[PAGE, true],
	['http://a.example', true],
	['https://x.wild.example', true],
	['https://x.y.wild.example', true],
	['https://wild.example', false],
	['http://x.wild.example', false],
	['https://x.wild.example.evil.net', false],
	['https://xwild.example', false],
	['http://a.example:81', false],
	['https://a.example', false],
	['HTTP://A.EXAMPLE', false],
	['null', false],
	[undefined, false],
])
	test(`engine.io 112: ${origin} is ${allowed ? '' : 'not '}named`, async () => {
		const found = corsOf(await poll(servers.list, origin));

		assert.deepEqual(
			found,
			allowed ? { 'allow-origin': origin, vary: 'Origin' } : { vary: 'Origin' },
		);
	});

test('engine.io 112: where any origin may ask, the one that asks is named', async () => {
	for (const origin of [PAGE, OTHER, 'null', 'http://[::1]:3000'])
		assert.deepEqual(corsOf(await poll(servers.any, origin)), {
			'allow-origin': origin,
			vary: 'Origin',
		});
	assert.deepEqual(corsOf(await poll(servers.any)), { vary: 'Origin' });
});

test('engine.io 113: with a star the star is sent, and nothing varies', async () => {
	for (const origin of [PAGE, undefined])
		await each(servers.star, origin, (found, name) =>
			assert.deepEqual(found, { 'allow-origin': '*' }, name),
		);
});

const WILD = 'https://x.wild.example';

test('engine.io 114: where a function says no, nothing is said of CORS', async () => {
	await each(servers.decided, WILD, (found, name) =>
		assert.deepEqual(
			found,
			{ 'allow-origin': WILD, vary: 'Origin', 'allow-credentials': 'true' },
			name,
		),
	);
	const answers = await everyAnswer(servers.decided, undefined);
	for (const [name, , answer] of answers) never(corsOf(answer), name);
	const refused = await poll(servers.decided, OTHER);
	assert.deepEqual([refused.status, corsOf(refused)], [200, {}]);
});

test('engine.io 114: where a function says no, OPTIONS is a bad method', async () => {
	assert.equal((await preflight(servers.decided, { Origin: WILD })).status, 204);

	for (const headers of [{ Origin: OTHER }, {}]) {
		const answer = await preflight(servers.decided, headers);
		assert.deepEqual([answer.status, corsOf(answer)], [400, {}]);
		assert.equal(answer.body, '{"code":2,"message":"Bad handshake method"}');
	}
});

test('engine.io 115; differences 49: each request with an origin is asked about once', BEYOND, async () => {
	const server = servers.decided;
	const poller = await Poller.open(server, { path: PATH });
	const all = () => server.reports('origin').length;
	const before = all();
	const requests = [
		(headers) => poller.post('40', { headers }),
		(headers) => poller.get({ headers }),
		(headers) => ask(server, { url: POLL, headers }),
		(headers) => ask(server, { url: `${PATH}?transport=pigeon`, headers }),
		(headers) => ask(server, { url: `${PATH}socket.io.js`, headers }),
		(headers) => preflight(server, headers),
		(headers) => shake(server, { url: WEBSOCKET, headers }),
	];

	for (const [i, request] of requests.entries()) {
		await request({ Origin: `http://${i}` });
		await server.reported('origin', { origin: `http://${i}`, allowed: false });
	}
	await poll(server);
	await poller.post('41');
	await shake(server, { url: WEBSOCKET });
	await ask(server, { url: '/elsewhere', headers: { Origin: OTHER } });
	await poll(server, 'http://last');
	await server.reported('origin', { origin: 'http://last' });

	assert.equal(all(), before + requests.length + 1);
});

test('engine.io 116: credentials are allowed in every answer, or in none', async () => {
	const { credentials, one } = servers;
	for (const origin of [PAGE, undefined])
		await each(credentials, origin, (found, name) =>
			assert.equal(found['allow-credentials'], 'true', name),
		);
	const allowed = (answer) => corsOf(answer)['allow-credentials'];
	assert.equal(allowed(await poll(credentials, OTHER)), 'true');
	assert.equal(allowed(await preflight(credentials)), 'true');

	for (const answer of [await poll(one, PAGE), await preflight(one, { Origin: PAGE })])
		assert.equal(allowed(answer), undefined);
});

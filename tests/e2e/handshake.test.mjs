// SPDX-License-Identifier: MIT
//
// The first request of a session, and the requests that are refused.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask, Polling, RawSocket } from './support/raw.mjs';
import { startServer } from './support/server.mjs';

const servers = {};
const start = async (name, env) => (servers[name] = await startServer(env));
before(() =>
	Promise.all([
		start('plain'),
		start('tuned', { PING_INTERVAL: '1500', PING_TIMEOUT: '1200', MAX_HTTP_BUFFER: '5000' }),
		start('open', { CORS_ORIGIN: '*' }),
		start('closed', { CORS_ORIGIN: 'http://a.example,http://b.example' }),
		start('pollingOnly', { TRANSPORTS: 'polling' }),
		start('websocketOnly', { TRANSPORTS: 'websocket' }),
	]),
);
after(() => Promise.all(Object.values(servers).map((server) => server.stop())));

const POLL = '/socket.io/?EIO=4&transport=polling';
const ERRORS = [
	[0, 'Transport unknown'],
	[1, 'Session ID unknown'],
	[2, 'Bad handshake method'],
	[3, 'Bad request'],
	[4, 'Forbidden'],
	[5, 'Unsupported protocol version'],
];

describe('the handshake', () => {
	test('over polling it is one packet with five keys in order', async () => {
		const { status, body } = await ask(servers.plain, { url: POLL });

		assert.equal(status, 200);
		const shape =
			'^0{"sid":"[\\w-]{20}","upgrades":\\["websocket"\\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}$';
		assert.match(body, new RegExp(shape));
	});

	test('over WebSocket it offers no upgrade', async (t) => {
		const socket = new RawSocket(t, servers.plain);

		const shape =
			'^0{"sid":"[\\w-]{20}","upgrades":\\[\\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}$';
		assert.match(await socket.next(), new RegExp(shape));
	});

	test('its numbers are those of the options', async () => {
		const { handshake } = await Polling.open(servers.tuned);

		assert.deepEqual(
			{ ...handshake, sid: '' },
			{
				sid: '',
				upgrades: ['websocket'],
				pingInterval: 1500,
				pingTimeout: 1200,
				maxPayload: 5000,
			},
		);
	});

	test('every session has its own sid', async () => {
		const sessions = await Promise.all([...Array(50)].map(() => Polling.open(servers.plain)));

		assert.equal(new Set(sessions.map(({ sid }) => sid)).size, 50);
	});

	test('its answer is text that nobody shall keep', async () => {
		const { headers, body } = await ask(servers.plain, { url: POLL });

		assert.equal(headers['content-type'].toLowerCase(), 'text/plain; charset=utf-8');
		assert.equal(headers['cache-control'], 'no-store');
		assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
		assert.equal(headers['set-cookie'], undefined);
	});

	test('parameters may come in any order, beside others, and percent-encoded', async () => {
		const urls = [
			'?transport=polling&EIO=4',
			'?t=abc.1&EIO=4&transport=polling&x=1',
			'?EIO=%34&transport=p%6flling',
			'x/y?EIO=4&transport=polling',
		];
		for (const url of urls) {
			const { status } = await ask(servers.plain, { url: `/socket.io/${url}` });

			assert.equal(status, 200, url);
		}
	});

	test('another path is not found', async () => {
		for (const url of [
			'/',
			'/socket.io?EIO=4&transport=polling',
			'/socketXio/?EIO=4&transport=polling',
			'/x/socket.io/?EIO=4&transport=polling',
		]) {
			assert.equal((await ask(servers.plain, { url })).status, 404, url);
		}
	});

	test('a transport that is not offered is refused, and no upgrade to it is offered', async (t) => {
		const { handshake } = await Polling.open(servers.pollingOnly);
		assert.deepEqual(handshake.upgrades, []);

		const refused = new RawSocket(t, servers.pollingOnly);
		await refused.end();
		assert.match(refused.error.message, /400/);

		const { status, body } = await ask(servers.websocketOnly, { url: POLL });
		assert.deepEqual([status, body], [400, '{"code":0,"message":"Transport unknown"}']);

		await RawSocket.connect(t, servers.websocketOnly);
	});
});

describe('refusals', () => {
	const cases = {
		'no transport': ['GET', '?EIO=4', 0],
		'an unknown transport': ['GET', '?EIO=4&transport=abc', 0],
		'an empty transport': ['GET', '?EIO=4&transport=', 0],
		'a transport with another case': ['GET', '?EIO=4&transport=Polling', 0],
		'a transport named like a property of objects': ['GET', '?EIO=4&transport=__proto__', 0],
		'an unknown session': ['GET', '?EIO=4&transport=polling&sid=abc', 1],
		'an unknown session, asked with POST': [
			'POST',
			'?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA',
			1,
		],
		'a session named like a property of objects': [
			'GET',
			'?EIO=4&transport=polling&sid=__proto__',
			1,
		],
		'a handshake with POST': ['POST', '?EIO=4&transport=polling', 2],
		'a handshake with PUT': ['PUT', '?EIO=4&transport=polling', 2],
		'a handshake with DELETE': ['DELETE', '?EIO=4&transport=polling', 2],
		'a handshake with OPTIONS and no CORS': ['OPTIONS', '?EIO=4&transport=polling', 2],
		'WebSocket without an upgrade': ['GET', '?EIO=4&transport=websocket', 3],
		'no version': ['GET', '?transport=polling', 5],
		'version 3': ['GET', '?EIO=3&transport=polling', 5],
		'version 5': ['GET', '?EIO=5&transport=polling', 5],
		'a version that is no number': ['GET', '?EIO=abc&transport=polling', 5],
	};
	for (const [name, [method, query, code]] of Object.entries(cases)) {
		test(`${name}: code ${code}`, async () => {
			const answer = await ask(servers.plain, { method, url: `/socket.io/${query}` });

			const message = ERRORS[code][1];
			assert.equal(answer.status, 400);
			assert.equal(answer.body, JSON.stringify({ code, message }));
			assert.match(answer.headers['content-type'], /^application\/json/);
		});
	}

	test('a handshake with HEAD has a status and no body', async () => {
		const { status, body } = await ask(servers.plain, { method: 'HEAD', url: POLL });

		assert.deepEqual([status, body], [400, '']);
	});

	test('a session of polling that is asked for WebSocket without an upgrade: code 3', async () => {
		const { sid } = await Polling.open(servers.plain);

		const { status, body } = await ask(servers.plain, {
			url: `/socket.io/?EIO=4&transport=websocket&sid=${sid}`,
		});

		assert.deepEqual([status, body], [400, '{"code":3,"message":"Bad request"}']);
	});

	test('a session of WebSocket cannot be polled: code 3', async (t) => {
		const { handshake } = await RawSocket.connect(t, servers.plain);

		const { status, body } = await ask(servers.plain, { url: `${POLL}&sid=${handshake.sid}` });

		assert.deepEqual([status, body], [400, '{"code":3,"message":"Bad request"}']);
	});

	const upgrades = {
		'an unknown session': ['EIO=4&transport=websocket&sid=abc', 'Session ID unknown'],
		'no transport': ['EIO=4', 'Transport unknown'],
		'an unknown transport': ['EIO=4&transport=abc', 'Transport unknown'],
	};
	for (const [name, [query, message]] of Object.entries(upgrades)) {
		test(`an upgrade with ${name} is refused before it begins`, async (t) => {
			const socket = new RawSocket(t, servers.plain, { query });
			let answer;
			socket.ws.on('unexpected-response', (request, response) => {
				answer = new Promise((done) => {
					let text = '';
					response
						.on('data', (part) => (text += part))
						.on('end', () => done([response.statusCode, text]));
				});
				response.on('end', () => socket.ws.emit('close', 1006, ''));
			});
			await socket.end();

			assert.deepEqual(await answer, [400, message]);
		});
	}

	test('a WebSocket of a wrong version of the protocol is closed', async (t) => {
		for (const query of [
			'transport=websocket',
			'EIO=abc&transport=websocket',
			'EIO=3&transport=websocket',
		]) {
			const socket = new RawSocket(t, servers.plain, { query });

			await socket.end();

			assert.deepEqual(
				socket.inbox.filter((message) => message[0] === '0'),
				[],
			);
		}
	});
});

describe('other origins', () => {
	const Origin = 'http://a.example';
	const preflight = {
		Origin,
		'Access-Control-Request-Method': 'POST',
		'Access-Control-Request-Headers': 'content-type,x-foo',
	};
	const allowed = ({ headers }) => headers['access-control-allow-origin'];

	test('without the option no answer speaks of origins', async () => {
		const { headers } = await ask(servers.plain, { url: POLL, headers: { Origin } });

		assert.deepEqual(
			Object.keys(headers).filter((name) => name.startsWith('access-control')),
			[],
		);
	});

	test('with * every origin may read, refusals too', async () => {
		assert.equal(allowed(await ask(servers.open, { url: POLL, headers: { Origin } })), '*');
		assert.equal(
			allowed(await ask(servers.open, { url: `${POLL}&sid=abc`, headers: { Origin } })),
			'*',
		);
	});

	test('with a list an origin of it may read, and another may not', async () => {
		for (const origin of ['http://a.example', 'http://b.example']) {
			const answer = await ask(servers.closed, { url: POLL, headers: { Origin: origin } });

			assert.equal(allowed(answer), origin);
			assert.match(answer.headers.vary, /\bOrigin\b/);
		}
		for (const origin of [
			'http://c.example',
			'http://a.example.com',
			'https://a.example',
			'null',
		]) {
			assert.equal(
				allowed(await ask(servers.closed, { url: POLL, headers: { Origin: origin } })),
				undefined,
			);
		}
	});

	test('a preflight is answered with the methods and with the headers asked for', async () => {
		const { status, body, headers } = await ask(servers.closed, {
			method: 'OPTIONS',
			url: POLL,
			headers: preflight,
		});

		assert.deepEqual([status, body], [204, '']);
		assert.equal(headers['access-control-allow-origin'], Origin);
		assert.match(headers['access-control-allow-methods'], /\bGET\b.*\bPOST\b/);
		assert.equal(headers['access-control-allow-headers'], 'content-type,x-foo');
	});

	test('the answers of a session may be read as well', async () => {
		const polling = await Polling.open(servers.closed, { headers: { Origin } });
		const headers = { Origin, 'Content-Type': 'text/plain' };

		assert.equal(allowed(await polling.post('40', { headers })), Origin);
		assert.equal(allowed(await polling.get({ headers: { Origin } })), Origin);
	});
});

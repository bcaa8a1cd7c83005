// SPDX-License-Identifier: MIT
//
// Pages of other origins: patterns, credentials, the cookie, and WebSockets that are not theirs to open.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, RawSocket } from './support/raw.mjs';
import { BEYOND, startServer } from './support/server.mjs';

const POLL = '/socket.io/?EIO=4&transport=polling';
let server;
before(async () => {
	server = await startServer({
		CORS_ORIGIN: 'https://*.example.com, http://plain.example',
		CORS_CREDENTIALS: '1',
		COOKIE: 'io',
	});
});
after(() => server.stop());

const poll = (origin, more = {}) =>
	ask(server, { url: POLL, headers: origin ? { Origin: origin } : {}, ...more });

// engine.io.md: an origin of the list is named, and no other.
const named = {
	'https://a.example.com': 'https://a.example.com',
	'https://a.b.example.com': 'https://a.b.example.com',
	'http://plain.example': 'http://plain.example',
	'http://a.example.com': undefined,
	'https://example.com': undefined,
	'https://a.example.com.evil.net': undefined,
	'http://plain.example:81': undefined,
	null: undefined,
};
for (const [origin, expected] of Object.entries(named)) {
	test(`${origin} is ${expected ? '' : 'not '}named in an answer`, BEYOND, async () => {
		const { status, headers } = await poll(origin);

		assert.equal(status, 200);
		assert.equal(headers['access-control-allow-origin'], expected);
		assert.equal(headers.vary, 'Origin');
		assert.equal(headers['access-control-allow-credentials'], 'true');
	});
}

test('the answer that opens a session sets the cookie, and no other answer', async () => {
	const opened = await poll();
	const { sid } = JSON.parse(opened.body.slice(1));

	const posted = await ask(server, { method: 'POST', url: `${POLL}&sid=${sid}`, body: '40' });
	const polled = await ask(server, { url: `${POLL}&sid=${sid}` });

	assert.deepEqual(opened.headers['set-cookie'], [`io=${sid}; Path=/; HttpOnly; SameSite=Lax`]);
	assert.equal(posted.headers['set-cookie'], undefined);
	assert.equal(polled.headers['set-cookie'], undefined);
});

const opens = async (t, headers) => {
	const socket = new RawSocket(t, server, { headers });
	let status = 101;
	socket.ws.on('unexpected-response', (request, response) => {
		status = response.statusCode;
		response.resume().on('end', () => socket.ws.emit('close', 1006, ''));
	});
	await Promise.race([socket.opened, socket.closed]);
	return status;
};

// differences.md 7
test('a WebSocket of a foreign page is refused before it begins', BEYOND, async (t) => {
	assert.equal(await opens(t, { Origin: 'https://evil.example' }), 400);
	assert.equal(await opens(t, { Origin: 'null' }), 400);
	assert.equal(await opens(t, { Origin: `http://127.0.0.1.evil.example:${server.port}` }), 400);
});

test('a WebSocket of a listed page, of the own host, or of no page at all is opened', async (t) => {
	assert.equal(await opens(t, { Origin: 'https://a.example.com' }), 101);
	assert.equal(await opens(t, { Origin: `http://127.0.0.1:${server.port}` }), 101);
	assert.equal(await opens(t, {}), 101);
});

// SPDX-License-Identifier: MIT
//
// Hostile HTTP: requests that never end, lengths that lie, ids and paths that are not one's own.

import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import http from 'node:http';
import { pathOf } from '../support/server.mjs';
import { ask, Polling, RawSocket } from '../support/raw.mjs';
import { UPGRADE } from '../support/dialogue.mjs';
import { refusedShake } from '../support/refusals.mjs';
import { besiege, shake, untilStats } from '../support/siege.mjs';
import { asked, refuses, requestOf, Wire } from '../support/wire.mjs';

const OWN = 'https://own.example';
const { attack } = besiege({
	CORS_ORIGIN: OWN,
	CLIENT_DIR: resolve(pathOf('client-demo'), 'node_modules/socket.io-client/dist'),
	ALLOW_EIO3: '1',
});
const POLL = '/socket.io/?EIO=4&transport=polling';
const numbers = (count) => [...Array(count).keys()];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const urlOf = (sid) => `${POLL}&sid=${encodeURIComponent(sid)}`;

/** So many connections say these bytes one after the other, and never all of them. */
async function dribble(t, server, count, start, rest) {
	const wires = numbers(count).map(() => new Wire(t, server));
	for (const wire of wires) wire.write(start);
	for (const byte of rest) {
		for (const wire of wires) wire.write(byte);
		await pause(10);
	}
	for (const wire of wires) assert.equal(String(wire.got), '');
	return wires;
}

// ---- Slow ----

attack(
	'two hundred heads that never end',
	async (t, server) => {
		await dribble(t, server, 200, `GET ${POLL} HTTP/1.1\r\nHost: x\r\n`, 'X-Slow: '.repeat(5));
	},
	{ opened: 0 },
);

attack('two hundred bodies that never end', async (t, server) => {
	const head = requestOf('POST', '/echo', { headers: ['Content-Length: 100000'] });
	await dribble(t, server, 200, head, 'x'.repeat(30));
	const chunked = requestOf('POST', '/echo', { headers: ['Transfer-Encoding: chunked'] });
	await dribble(t, server, 200, chunked, '1\r\nx\r\n'.repeat(8));
});

attack(
	'five hundred connections that say nothing',
	async (t, server) => {
		const wires = numbers(500).map(() => new Wire(t, server));
		await untilStats(server, (s) => s.connections >= 500, '500 connections');
		for (const wire of wires) wire.socket.destroy();
		await untilStats(server, (s) => s.connections < 20, 'their end');
	},
	{ opened: 0 },
);

// ---- Lengths ----

const post = (...headers) => requestOf('POST', '/echo', { headers });
for (const [name, bytes, status] of [
	['a Content-Length of 2^64', post('Content-Length: 18446744073709551616'), 400],
	['a Content-Length of 2^63', post('Content-Length: 9223372036854775808'), 400],
	['a Content-Length of 2^40', post('Content-Length: 1099511627776'), 413],
	['a Content-Length of 100 digits', post(`Content-Length: ${'9'.repeat(100)}`), 400],
	['a negative Content-Length', post('Content-Length: -1'), 400],
	['a Content-Length with a plus', post('Content-Length: +1'), 400],
	['two Content-Lengths', post('Content-Length: 1', 'Content-Length: 2'), 400],
	[
		'a Content-Length beside chunks',
		post('Content-Length: 1', 'Transfer-Encoding: chunked'),
		400,
	],
	['a chunk of 2^64 bytes', `${post('Transfer-Encoding: chunked')}10000000000000000\r\n`, 400],
	[
		'a chunk of 2^40 bytes',
		`${post('Transfer-Encoding: chunked')}10000000000\r\n${'x'.repeat(1_000_001)}`,
		413,
	],
	['a chunk with a sign', `${post('Transfer-Encoding: chunked')}-1\r\n`, 400],
	['a head of 20 kB', requestOf('GET', '/hello', { headers: [`X: ${'x'.repeat(20_000)}`] }), 431],
	['a target of 20 kB', requestOf('GET', `/${'x'.repeat(20_000)}`), 414],
	[
		'200 fields',
		requestOf('GET', '/hello', { headers: numbers(200).map((n) => `X-${n}: x`) }),
		431,
	],
	[
		'a WebSocket handshake of 200 fields',
		requestOf('GET', '/socket.io/?EIO=4&transport=websocket', {
			headers: [...numbers(200).map((n) => `X-${n}: x`), ...UPGRADE],
		}),
		431,
	],
	['a NUL in a field', requestOf('GET', '/hello', { headers: ['X: a\0b'] }), 400],
	['a bare line feed', 'GET /hello HTTP/1.1\nHost: x\n\n', 400],
	['TLS on a plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
])
	attack(`${name} gets ${status}`, (t, server) => refuses(t, server, bytes, status), {
		opened: 0,
		bad_requests: status === 413 ? 0 : 1,
		'struck.max_payload': status === 413 ? 1 : 0,
	});

attack(
	'a POST that is too large does not end its session',
	async (t, server) => {
		const polling = await Polling.open(server);
		const { status } = await polling.post(`4${'x'.repeat(1_000_000)}`);
		assert.equal(status, 413);
		await polling.join();
	},
	{ 'struck.max_payload': 1 },
);

// ---- Sessions ----

for (const name of [
	'__proto__',
	'constructor',
	'toString',
	'hasOwnProperty',
	'..',
	'%00',
	"' OR 1",
])
	attack(
		`the sid ${name} is unknown, by each way in`,
		async (t, server) => {
			const unknown = '{"code":1,"message":"Session ID unknown"}';
			const got = await ask(server, { url: urlOf(name) });
			const posted = await ask(server, { url: urlOf(name), method: 'POST', body: '40' });
			assert.deepEqual([got.status, got.body], [400, unknown]);
			assert.deepEqual([posted.status, posted.body], [400, unknown]);
		},
		{ 'refused[1]': 2, opened: 0 },
	);

attack(
	'two thousand polls of unknown sids',
	async (t, server) => {
		const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
		t.after(() => agent.destroy());
		const answers = await Promise.all(
			numbers(2000).map((n) => ask(server, { url: urlOf(`nobody-${n}`), agent })),
		);
		assert.ok(answers.every(({ status }) => status === 400));
	},
	{ 'refused[1]': 2000, opened: 0 },
);

attack(
	'a session of another one is not taken over by WebSocket',
	async (t, server) => {
		const owner = await RawSocket.joined(t, server);
		const { sid } = owner.handshake;
		const query = `EIO=4&transport=websocket&sid=${sid}`;
		const thief = new RawSocket(t, server, { query });
		assert.deepEqual(await thief.end(), { code: 1005, reason: '' });
		assert.deepEqual(thief.inbox, []);
		for (const method of ['GET', 'POST']) {
			const answer = await ask(server, {
				method,
				url: urlOf(sid),
				body: method === 'POST' ? '41' : undefined,
			});
			assert.deepEqual(
				[answer.status, answer.body],
				[400, '{"code":3,"message":"Bad request"}'],
			);
		}
		owner.send('42["echo","mine"]');
		while ((await owner.message()) !== '42["echo","mine"]');
	},
	{ closed: 0, 'refused[3]': 2 },
);

attack(
	'a session keeps its version',
	async (t, server) => {
		const { sid } = await Polling.open(server);
		for (const eio of ['3', '5', '', '4 ', '__proto__']) {
			const url = `/socket.io/?EIO=${encodeURIComponent(eio)}&transport=polling&sid=${sid}`;
			assert.equal((await ask(server, { url })).body, '{"code":3,"message":"Bad request"}');
			const upgrade = `EIO=${encodeURIComponent(eio)}&transport=websocket&sid=${sid}`;
			await refusedShake(t, server, upgrade, 'Bad request');
		}
	},
	{ 'refused[3]': 10, closed: 0 },
);

for (const transport of ['', 'constructor', '__proto__', 'flashsocket', 'websocket%00'])
	attack(
		`the transport ${transport || 'of no name'} is unknown, also as a WebSocket`,
		async (t, server) => {
			const url = `/socket.io/?EIO=4&transport=${transport}`;
			assert.equal(
				(await ask(server, { url })).body,
				'{"code":0,"message":"Transport unknown"}',
			);
			const wire = new Wire(t, server);
			wire.write(requestOf('GET', url, { headers: UPGRADE }));
			assert.equal((await wire.response()).status, 400);
		},
		{ 'refused[0]': 2, opened: 0 },
	);

attack(
	'an upgrade that is reset while it is refused',
	async (t, server) => {
		for (const n of numbers(200)) {
			const wire = new Wire(t, server);
			wire.write(
				requestOf('GET', urlOf(n), {
					headers: ['Connection: Upgrade', 'Upgrade: websocket'],
				}),
			);
			await new Promise((done) => wire.socket.once('connect', done));
			wire.socket.resetAndDestroy();
		}
		await untilStats(server, (s) => s.connections < 20, 'the end of all connections');
	},
	{ opened: 0 },
);

attack(
	'an upgrade to something unknown is a request like any other',
	async (t, server) => {
		for (const to of ['foo', 'h2c', 'TLS/1.0', `${'x'.repeat(4000)}`]) {
			const wire = new Wire(t, server);
			wire.write(
				requestOf('GET', '/hello') +
					requestOf('GET', '/hello', {
						headers: [
							'Connection: Upgrade, HTTP2-Settings',
							'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
							`Upgrade: ${to}`,
						],
					}),
			);
			assert.deepEqual(
				(await wire.responses(2)).map((a) => a.status),
				[200, 200],
			);
		}
	},
	{ opened: 0 },
);

attack(
	'a POST of bytes is answered',
	async (t, server) => {
		const polling = await Polling.open(server);
		const headers = { 'Content-Type': 'application/octet-stream' };
		const { status, body } = await polling.post('40', { headers });
		assert.deepEqual([status, body], [400, '']);
	},
	{ closed: 1 },
);

attack(
	'three hundred polls and posts, one after the other',
	async (t, server) => {
		const polling = await Polling.open(server);
		await polling.join();
		for (const n of numbers(300)) {
			await polling.post(`421["ack",${n}]`);
			await polling.get();
		}
	},
	{ closed: 0 },
);

// ---- Bodies ----

for (const [name, body, bad] of [
	['a body that is not UTF-8', Buffer.from([0x34, 0xff, 0xfe]), 1],
	['an empty body', '', 1],
	['a body of separators', '\x1e'.repeat(100_000), 1],
	['base64 that is none', 'b!!!!', 1],
	['packets of unknown types', '9\x1e9', 1],
])
	attack(
		`${name} is a parse error`,
		async (t, server) => {
			const polling = await Polling.open(server);
			const { status, body: said } = await polling.post(body);
			assert.deepEqual([status, said], [200, 'ok']);
			const { reason } = await server.reported('close', { sid: polling.sid });
			assert.equal(reason, 'parse error');
		},
		{ bad_packets: bad, closed: 1 },
	);

for (const [name, body] of [
	['a length of 400 digits', `${'1'.repeat(400)}:4`],
	['a length of 2^64', '18446744073709551616:4'],
	['a length beyond the body', '1000000:4'],
	['a million colons', ':'.repeat(900_000)],
	['a negative length', '-1:4'],
	['no length', '4hello'],
])
	attack(
		`version 3: ${name} is a parse error`,
		async (t, server) => {
			const url = '/socket.io/?EIO=3&transport=polling&b64=1';
			const { sid } = JSON.parse(
				/\{.*\}/.exec((await ask(server, { url })).body)[0].replace(/}.*$/, '}'),
			);
			await ask(server, { url: `${url}&sid=${sid}`, method: 'POST', body });
			assert.equal((await server.reported('close', { sid })).reason, 'parse error');
		},
		{ bad_packets: 1, closed: 1 },
	);

attack(
	'version 3: binary lengths that lie close the session',
	async (t, server) => {
		const url = '/socket.io/?EIO=3&transport=polling';
		const headers = { 'Content-Type': 'application/octet-stream' };
		for (const bytes of [
			[0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 255, 0x34],
			[0, 255],
			[1, 1, 0, 255],
			[2, 1, 255, 0x34],
		]) {
			const { body } = await ask(server, { url });
			const { sid } = JSON.parse(/\{"sid":[^}]*\}/.exec(body)[0]);
			await ask(server, {
				url: `${url}&sid=${sid}`,
				method: 'POST',
				body: Buffer.from(bytes),
				headers,
			});
			assert.equal((await server.reported('close', { sid })).reason, 'parse error');
		}
	},
	{ bad_packets: 4, closed: 4 },
);

// ---- What is echoed, and what is served ----

const CRLF = '%0d%0aX-Evil:%20yes%0d%0a%0d%0a<script>';
attack('nothing that is echoed splits an answer', async (t, server) => {
	for (const [method, url, headers] of [
		['GET', `${POLL}&j=${CRLF}`],
		['GET', `${POLL}&j=alert(1)//`],
		['GET', `/socket.io/?EIO=3&transport=polling&j=${CRLF}`],
		['GET', `/nowhere${CRLF}`],
		['GET', `/socket.io/${CRLF}`],
		['GET', `/socket.io/?EIO=4&transport=${CRLF}`],
		['GET', urlOf('x'), [`Origin: ${CRLF}`]],
		['GET', POLL, ['Origin: https://own.example.evil.example']],
		['OPTIONS', POLL, [`Origin: ${OWN}`, `Access-Control-Request-Headers: ${CRLF}`]],
	]) {
		const answer = await asked(t, server, method, url, { headers });
		const text = answer.lines.join('\n');
		assert.doesNotMatch(text, /^x-evil/im, url);
		assert.doesNotMatch(text, /evil\.example/i, url);
		assert.doesNotMatch(answer.body, /<script>|alert/, url);
	}
});

attack(
	'a page of another origin opens no WebSocket, and is told nothing',
	async (t, server) => {
		for (const origin of [
			'https://evil.example',
			`${OWN}.evil.example`,
			`${OWN}:444`,
			'null',
			'HTTPS://own.example/',
			'file://',
		]) {
			const answer = await shake(t, server, { Origin: origin });
			assert.equal(answer.status, 400, origin);
			const { headers } = await ask(server, { url: POLL, headers: { Origin: origin } });
			assert.notEqual(headers['access-control-allow-origin'], origin);
		}
		assert.equal((await shake(t, server, { Origin: OWN })).status, 101);
	},
	{ 'refused[4]': 6 },
);

for (const path of [
	'/socket.io/../package.json',
	'/socket.io/..%2fpackage.json',
	'/socket.io/%2e%2e/package.json',
	'/socket.io/..\\package.json',
	'/socket.io/./../../../../../../../../etc/passwd',
	'//etc/passwd',
	'/socket.io//etc/passwd',
	'/socket.io/%00socket.io.js',
	'/socket.io/socket.io.js/../package.json',
])
	attack(
		`nothing is served at ${path}`,
		async (t, server) => {
			const answer = await asked(t, server, 'GET', path);
			assert.ok(answer.status >= 400, `${answer.status}`);
			assert.doesNotMatch(answer.body, /root:|"license"|"main"/);
		},
		{ opened: 0 },
	);

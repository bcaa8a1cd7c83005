// SPDX-License-Identifier: MIT
//
// Options that change what a session begins with, where it is asked for and what it costs, with the
// official client. The same bytes as from the reference: reference/rows/options.mjs.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { answers, connect, MODES, open, WEBSOCKET } from './support/client.mjs';
import { ask, RawSocket } from './support/raw.mjs';
import { startServer } from './support/server.mjs';
import { next } from './support/wait.mjs';

let server;
before(async () => {
	server = await startServer({
		APP: 'features',
		INITIAL_PACKET: '2["hello",{"a":1}]',
		NO_TRAILING_SLASH: '1',
		COOKIE: 'io',
		COOKIE_ATTRIBUTES: 'Path=/; HttpOnly; SameSite=None; Secure',
		DEFLATE: '1',
		DEFLATE_SERVER_NO_CONTEXT: '1',
		DEFLATE_CLIENT_NO_CONTEXT: '1',
		DEFLATE_SERVER_BITS: '10',
	});
});
after(() => server.stop());

const bare = { addTrailingSlash: false };

for (const mode of MODES)
	describe(mode.name, () => {
		test('the initial packet is an event that the client is handed when it has entered', async (t) => {
			const socket = open(t, server, mode);

			assert.deepEqual(await next(socket, 'hello'), [{ a: 1 }]);
			assert.ok(socket.connected);
			assert.deepEqual(await answers(socket, 'echo', 1), [1]);
		});

		test('a client that leaves the slash away is served', async (t) => {
			const socket = await connect(t, server, mode, bare);

			assert.deepEqual(await answers(socket, 'echo', 1), [1]);
		});

		test('a socket knows its session', async (t) => {
			const socket = await connect(t, server, mode);
			const [{ id, transport, version, url }] = await answers(socket, 'about');

			const { engine } = socket.io;
			assert.deepEqual([id, version], [engine.id, 4]);
			if (mode.name !== 'upgrading') assert.equal(transport, engine.transport.name);
			assert.match(url, /^\/socket\.io\/\?EIO=4/);
		});
	});

test('sessions, sockets and members of rooms are counted', async (t) => {
	const first = await connect(t, server, WEBSOCKET);
	const second = await connect(t, server, WEBSOCKET);
	const counts = async () => {
		const [{ sessions, sockets, green }] = await answers(first, 'about', 'green');
		return { sessions, sockets, green };
	};
	const before = await counts();
	await answers(second, 'join', 'green');
	assert.deepEqual(await counts(), { ...before, green: before.green + 1 });

	const left = next(second, 'disconnect');
	second.disconnect();
	await left;
	while ((await counts()).sessions !== before.sessions - 1);
	const { sockets, green } = await counts();
	assert.deepEqual([sockets, green], [before.sockets - 1, before.green]);
});

test('the cookie has the attributes that were chosen', async () => {
	const { headers, body } = await ask(server, { url: '/socket.io?EIO=4&transport=polling' });
	const { sid } = JSON.parse(/^0(.*?)\x1e/.exec(body)[1]);

	assert.deepEqual(headers['set-cookie'], [`io=${sid}; Path=/; HttpOnly; SameSite=None; Secure`]);
});

test('compression is agreed upon as the options say', async (t) => {
	const { ws } = new RawSocket(t, server, { perMessageDeflate: true });
	await next(ws, 'open');

	const { params } = ws._extensions['permessage-deflate'];
	assert.deepEqual({ ...params }, {
		server_no_context_takeover: true,
		client_no_context_takeover: true,
		server_max_window_bits: 10,
	});
});

const FIELD = 'cookie: not what a header field can hold';
const RANGE = 'deflate: out of range';
for (const [name, env, why] of [
	['a name of a cookie that is none', { COOKIE: 'a b' }, FIELD],
	['attributes that end the field', { COOKIE: 'a', COOKIE_ATTRIBUTES: 'a\r\nb: c' }, FIELD],
	['a window of 7 bits', { DEFLATE_SERVER_BITS: '7' }, RANGE],
	['a window of 16 bits', { DEFLATE_CLIENT_BITS: '16' }, RANGE],
	['a level of memory of 10', { DEFLATE_MEM_LEVEL: '10' }, RANGE],
	[
		'an initial packet for another parser',
		{ INITIAL_PACKET: '2["a"]', PARSER: 'msgpack' },
		'initial_packet: not with a parser',
	],
])
	test(`a server does not start with ${name}`, async () => {
		const last = `libsio: ${why}\nconformance-server: invalid argument\n`;
		await assert.rejects(startServer({ APP: 'features', ...env }), ({ message }) => {
			assert.match(message, /"code":1,/);
			assert.ok(message.endsWith(last), message);
			return true;
		});
	});

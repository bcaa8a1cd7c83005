// SPDX-License-Identifier: MIT
//
// Engine.IO alone: a server that echoes each message at that level, at /engine.io/.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Polling, RawSocket } from './support/raw.mjs';
import { startIfOffered } from './support/server.mjs';

const path = '/engine.io/';
const server = await startIfOffered({ APP: 'engine', PING_INTERVAL: '300', PING_TIMEOUT: '200' });
const offered = server ? {} : { skip: 'the program has no APP=engine' };

describe('Engine.IO alone', () => {
	after(() => server?.stop());
	const check = (name, body) => test(name, offered, body);

	const bytes = Buffer.from([1, 2, 3, 4]);
	const poll = () => Polling.open(server, { path });
	const connect = (t) => RawSocket.connect(t, server, { path });

	check('a text comes back by polling', async () => {
		const polling = await poll();
		assert.equal((await polling.post('4hello')).body, 'ok');

		assert.equal((await polling.get()).body, '4hello');
	});

	check('several texts come back by polling', async () => {
		const polling = await poll();
		await polling.post('4test1\x1e4test2\x1e4test3');

		assert.deepEqual(await polling.packets(3), ['4test1', '4test2', '4test3']);
	});

	check('a text and bytes come back by polling', async () => {
		const polling = await poll();
		await polling.post('4hello\x1ebAQIDBA==');

		assert.deepEqual(await polling.packets(2), ['4hello', 'bAQIDBA==']);
	});

	check('texts that are no JSON come back', async (t) => {
		const socket = await connect(t);
		const texts = ['4', '40', '42[', '4\u0000', '4😀', `4${'x'.repeat(70_000)}`];
		for (const text of texts) socket.send(text);

		assert.deepEqual(await socket.messages(texts.length), texts);
	});

	check('bytes come back over WebSocket', async (t) => {
		const socket = await connect(t);
		for (const data of [bytes, Buffer.alloc(0)]) socket.send(data);

		assert.deepEqual(await socket.messages(2), [bytes, Buffer.alloc(0)]);
	});

	check('messages that are sent during an upgrade come back once and in order', async (t) => {
		const polling = await poll();
		const socket = await RawSocket.beside(t, polling);
		await socket.probe();
		await polling.post('41\x1ebAQID\x1e43');
		socket.send('5');
		for (const data of ['44', bytes]) socket.send(data);

		assert.deepEqual(await socket.messages(5), ['41', Buffer.from([1, 2, 3]), '43', '44', bytes]);
	});

	check('a WebSocket that does not answer its ping is closed', async (t) => {
		await (await connect(t)).end();
	});

	check('a poller that does not answer its ping is gone', async () => {
		const polling = await poll();
		assert.equal((await polling.get()).body, '2');

		const { body } = await polling.refusal();

		assert.equal(body, '{"code":1,"message":"Session ID unknown"}');
	});
});

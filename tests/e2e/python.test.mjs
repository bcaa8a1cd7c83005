// SPDX-License-Identifier: MIT
//
// A client that is not the official one: python-socketio, as Debian has it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathOf, Program, startServer } from './support/server.mjs';

const PYTHON = '/usr/bin/python3';
const CLIENT = pathOf('tests/e2e/python/client.py');
const CHECKS = [
	'connect',
	'auth',
	'echo',
	'ack from server',
	'ack from client',
	'nested binary',
	'unicode',
	'large',
	'order',
	'namespace',
	'refusal',
	'rooms',
	'server disconnects',
	'client disconnects',
	'reconnection',
];

/* So that heartbeats are among what is shown, and a client that goes without a word is missed. */
const ENV = { PING_INTERVAL: '500', PING_TIMEOUT: '5000' };

for (const way of ['polling', 'websocket', 'both'])
	test(`python-socketio by ${way}`, async (t) => {
		let server = await startServer(ENV);
		const client = new Program(PYTHON, ['-I', CLIENT, server.url, way]);
		t.after(() => Promise.all([client.crash(), server.crash()]));

		for (const name of CHECKS)
			await t.test(name, async () => {
				if (name === 'reconnection') {
					await client.prints(/\{"please": "restart"\}\n/);
					await server.crash();
					server = await startServer({ ...ENV, PORT: String(server.port) });
				}
				const line = await client.prints(new RegExp(`\\{"check": "${name}".*\\n`));
				assert.ok(line, client.stderr);
				assert.equal(JSON.parse(line[0]).error, null);
			});

		const done = await client.prints(/\{"done": (\d+)/);
		assert.equal(Number(done?.[1]), CHECKS.length);
		assert.deepEqual(await client.waitForEnd(), { code: 0, signal: null });
		assert.equal(client.stderr, '');
		await server.stop();
	});

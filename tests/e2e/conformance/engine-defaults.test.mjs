// SPDX-License-Identifier: MIT
//
// Times that nobody can or did configure: half a minute of waiting, all of it side by side.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { now, takes } from '../support/clock.mjs';
import { endsWith, Poller } from '../support/engine.mjs';
import { startServer } from '../support/server.mjs';
import { within } from '../support/wait.mjs';

const UPGRADE_TIMEOUT = 10_000;
const GOODBYE = 30_000;
const ONCE = { rounds: 1, late: 1_000 };

let server;
before(async () => (server = await startServer({ REPORT: '1' })));
after(() => server.stop());

const open = () => Poller.open(server, { path: '/socket.io/' });

describe('defaults', { concurrency: true }, () => {
	test(`engine.io 92: an upgrade has ${UPGRADE_TIMEOUT} ms`, (t) =>
		takes(
			UPGRADE_TIMEOUT,
			async () => {
				const poller = await open();
				const since = now();
				const socket = await poller.beside(t);
				const known = now();
				const { code } = await within(2 * UPGRADE_TIMEOUT, socket.closed, 'the end');
				assert.equal(code, 1005);
				return [since, known];
			},
			ONCE,
		));

	test(`engine.io 96: a closed session waits ${GOODBYE} ms for its GET`, () =>
		takes(
			GOODBYE,
			async () => {
				const poller = await open();
				await poller.join();
				await poller.say('42["kick"]');
				const since = now();
				// The others' goodbyes may stand before it.
				assert.match(await poller.body(), /41$/);
				const known = now();
				await sleep(GOODBYE - 500);
				while (await poller.isThere()) await sleep(10);
				await endsWith(server, poller, 'forced close');
				return [since, known];
			},
			ONCE,
		));
});

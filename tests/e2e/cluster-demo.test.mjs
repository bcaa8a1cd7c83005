// SPDX-License-Identifier: MIT
//
// What `make run-cluster` starts: one chat on two servers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answers, connect, WEBSOCKET } from './support/client.mjs';
import { startRedis } from './support/redis.mjs';
import { buildDir, pathOf, Program } from './support/server.mjs';
import { freePorts } from './support/tutorial.mjs';
import { next } from './support/wait.mjs';

test('what is said on one server is heard on the other, and all are counted', async (t) => {
	const redis = await startRedis(t);
	const port = await freePorts();
	const script = pathOf('tools/run-cluster.sh');
	const both = new Program(script, [`${buildDir}/cluster`, `${port}`], { REDIS_URL: redis.url });
	t.after(() => both.crash());
	const sockets = [];
	for (const number of [port, port + 1]) {
		const url = `http://127.0.0.1:${number}`;
		assert.ok(await both.prints(new RegExp(`cluster: listening on ${url}/\\n`)), both.stderr);
		sockets.push(await connect(t, { url }, WEBSOCKET));
	}
	const heard = sockets.map((socket) => next(socket, 'chat'));
	sockets[0].emit('chat', 'é');
	for (const args of await Promise.all(heard)) assert.deepEqual(args, [`${port}`, 'é']);
	assert.deepEqual(await answers(sockets[1], 'count'), [2]);
	await both.stop();
});

// SPDX-License-Identifier: MIT
//
// What `make run-cluster` starts: one chat on two servers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchBrowser, Person } from './support/browser.mjs';
import { answers, connect, WEBSOCKET } from './support/client.mjs';
import { startRedis } from './support/redis.mjs';
import { buildDir, pathOf, Program } from './support/server.mjs';
import { freePorts } from './support/tutorial.mjs';
import { next } from './support/wait.mjs';

/** The two servers, and their addresses. */
async function start(t) {
	const redis = await startRedis(t);
	const port = await freePorts();
	const script = pathOf('tools/run-cluster.sh');
	const both = new Program(script, [`${buildDir}/cluster`, `${port}`], { REDIS_URL: redis.url });
	// It takes its servers with it.
	t.after(() => {
		both.child.kill('SIGTERM');
		return both.waitForEnd();
	});
	const urls = [port, port + 1].map((number) => `http://127.0.0.1:${number}`);
	for (const url of urls)
		assert.ok(await both.prints(new RegExp(`cluster: listening on ${url}/\\n`)), both.stderr);
	return { both, port, urls };
}

test('what is said on one server is heard on the other, and all are counted', async (t) => {
	const { both, port, urls } = await start(t);
	const sockets = [];
	for (const url of urls) sockets.push(await connect(t, { url }, WEBSOCKET));
	const heard = sockets.map((socket) => next(socket, 'chat'));
	sockets[0].emit('chat', 'é');
	for (const args of await Promise.all(heard)) assert.deepEqual(args, [`${port}`, 'é']);
	assert.deepEqual(await answers(sockets[1], 'count'), [2]);
	await both.stop();
});

test('two people see on their pages what each other says', async (t) => {
	const { both, port, urls } = await start(t);
	const browser = await launchBrowser();
	t.after(() => browser.close());
	const people = [];
	for (const url of urls) people.push(await Person.arrive(t, browser, url, url));
	for (const [i, person] of people.entries()) {
		await person.sees(`#server:text-is("${port + i}")`);
		await person.sees('#count:text-is("2")');
	}
	for (const [i, { page }] of people.entries()) {
		await page.fill('#text', `<b>é ${i}`);
		await page.press('#text', 'Enter');
		for (const other of people) await other.sees(`#log li:text-is("${port + i}: <b>é ${i}")`);
		assert.equal(await page.inputValue('#text'), '');
	}
	await people[0].page.close();
	await people[1].sees('#count:text-is("1")');
	for (const { errors } of people) assert.deepEqual(errors, []);
	await both.stop();
});

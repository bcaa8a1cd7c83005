// SPDX-License-Identifier: MIT
//
// The browser's own WebSocket object at a path of the application's.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { startPlain } from './support/plain.mjs';
import { within } from './support/wait.mjs';

let browser, server, folder, page;
before(async () => {
	folder = await mkdtemp(join(tmpdir(), 'sio-page-'));
	await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>');
	const options = { STATIC: folder, DEFLATE: '1', CORS_ORIGIN: 'https://example.com' };
	[browser, server] = await Promise.all([launchBrowser(), startPlain(options)]);
	page = await browser.newPage();
	await page.goto(server.url);
});
after(async () => {
	await browser?.close();
	await server?.stop();
	await rm(folder, { recursive: true });
});

/** Runs in the page with a socket that keeps what happens to it; its result is the function's. */
const inPage = (url, fn) =>
	within(
		8000,
		page.evaluate(
			async ([target, source]) => {
				const ws = new WebSocket(target);
				ws.binaryType = 'arraybuffer';
				const happens = (type) => new Promise((done) => ws.addEventListener(type, done));
				const closed = happens('close');
				await Promise.race([happens('open'), closed]);
				return (0, eval)(source)(ws, happens, closed);
			},
			[url.replace(/^http/, 'ws'), String(fn)],
		),
		'the page',
	);

test('a page gets back what it sends, texts and bytes', async () => {
	const back = await inPage(`${server.url}/echo`, async (ws, happens) => {
		const results = [];
		for (const data of ['é漢😀', 'x'.repeat(100_000), new Uint8Array([0, 1, 254, 255])]) {
			ws.send(data);
			const { data: got } = await happens('message');
			const bytes = typeof got === 'string' ? got : [...new Uint8Array(got)];
			results.push(bytes);
		}
		ws.close();
		return results;
	});

	assert.deepEqual(back, ['é漢😀', 'x'.repeat(100_000), [0, 1, 254, 255]]);
});

test("a page sees the server's close, and the server the page's", async () => {
	const end = await inPage(`${server.url}/lab?id=page`, async (ws, happens, closed) => {
		ws.send('close 4242 that is all');
		const { code, reason, wasClean } = await closed;
		return { code, reason, wasClean };
	});
	await inPage(`${server.url}/lab?id=other`, async (ws, happens, closed) => {
		ws.close(3333, 'enough');
		await closed;
	});

	assert.deepEqual(end, { code: 4242, reason: 'that is all', wasClean: true });
	const { code, reason } = await server.reported('closed', { url: '/lab?id=other' });
	assert.deepEqual([code, reason], [3333, 'enough']);
});

test('a page of another origin is kept out', async () => {
	const other = server.url.replace('127.0.0.1', 'localhost');
	await page.goto(other);

	const { code } = await inPage(`${server.url}/echo`, async (ws, happens, closed) => {
		const { code: seen } = await closed;
		return { code: seen };
	});

	assert.equal(code, 1006);
	await page.goto(server.url);
});

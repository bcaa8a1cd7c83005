// SPDX-License-Identifier: MIT
//
// The tutorials in a real browser: each program with its page, as a newcomer would see it.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { createRequire } from 'node:module';
import { launchBrowser } from './support/browser.mjs';
import { pathOf } from './support/server.mjs';
import { freePorts, startTutorial } from './support/tutorial.mjs';
import { next } from './support/wait.mjs';

const connectOld = createRequire(import.meta.url)('./clients/node_modules/client-1.4.8');

const screenshots = pathOf('build/screenshots');
let browser;
before(async () => {
	mkdirSync(screenshots, { recursive: true });
	browser = await launchBrowser();
});
after(() => browser?.close());

/** A window of its own, at this address; its errors are the test's. */
async function visit(t, url) {
	const context = await browser.newContext({ viewport: { width: 720, height: 480 } });
	const page = await context.newPage();
	const errors = [];
	context.setDefaultTimeout(8000);
	page.on('pageerror', (error) => errors.push(error.message));
	page.on('console', (line) => line.type() === 'error' && errors.push(line.text()));
	t.after(async () => {
		await context.close();
		assert.deepEqual(errors, []);
	});
	await page.goto(url);
	return page;
}

const says = (page, text) => page.waitForSelector(`#log li:text-is("${text}")`);
const shoot = (page, name) => page.screenshot({ path: `${screenshots}/tutorial-${name}.png` });

async function idOn(page) {
	await page.waitForFunction(() => globalThis.socket?.id ?? (typeof socket !== 'undefined' && socket.id));
	return page.evaluate(() => socket.id);
}

test('welcome: each is greeted, the others hear of it, everyone hears what is said', async (t) => {
	const { url } = await startTutorial(t, 'welcome');
	const ada = await visit(t, url);
	const adaId = await idOn(ada);
	await ada.waitForSelector(`#welcome:text-is("Welcome, ${adaId}")`);
	const ben = await visit(t, url);
	const benId = await idOn(ben);

	await says(ada, `${benId} has come`);
	await ben.fill('#text', 'Hello, <b>all</b>');
	await ben.press('#text', 'Enter');

	await says(ada, `${benId}: Hello, <b>all</b>`);
	await says(ben, 'you: Hello, <b>all</b>');
	assert.equal(await ben.locator('#log li:has-text("has come")').count(), 0);
	await shoot(ada, 'welcome');
	await ben.close();
	await ada.waitForSelector(`#log li:has-text("${benId} has left")`);
});

test('hello: a page of another port loads the client from the server and asks it', async (t) => {
	const port = await freePorts();
	const { url } = await startTutorial(t, 'hello', port);
	const page = await visit(t, `http://127.0.0.1:${port + 1}/`);

	await page.waitForSelector('#answer:text-is("world, from another port")');
	assert.equal(await page.evaluate(() => location.port), String(port + 1));
	assert.equal(await page.evaluate(() => document.querySelector('script[src]').src), `${url}/socket.io/socket.io.js`);
	await shoot(page, 'hello');
});

test('rooms: who is in hears, who has left does not, private words are private', async (t) => {
	const { url } = await startTutorial(t, 'rooms');
	const [ada, ben, eve] = [await visit(t, url), await visit(t, url), await visit(t, url)];
	const [adaId, benId] = [await idOn(ada), await idOn(ben)];
	const join = async (page, room) => {
		await page.fill('#room', room);
		await page.press('#room', 'Enter');
		await page.waitForSelector(`#rooms:has-text("${room}")`);
	};
	const say = async (page, room, text) => {
		await page.fill('#room', room);
		await page.fill('#text', text);
		await page.press('#text', 'Enter');
	};
	await join(ada, 'tea');
	await join(ben, 'tea');
	await says(ada, `#tea: ${benId} is here`);

	await say(ada, 'tea', 'who is there?');
	await says(ben, `#tea ${adaId}: who is there?`);
	await ben.click('#leave');
	await says(ada, `#tea: ${benId} has left`);
	await say(ada, 'tea', 'still there?');
	await says(ada, `#tea ${adaId}: still there?`);
	await ada.fill('#to', benId);
	await ada.fill('#words', 'for you alone');
	await ada.press('#words', 'Enter');
	await says(ben, `${adaId} whispers: for you alone`);

	assert.equal(await ben.locator('#log li:has-text("still there")').count(), 0);
	assert.equal(await eve.locator('#log li').count(), 0);
	await shoot(ben, 'rooms');
});

test('rooms: some are for those who know the password', async (t) => {
	const { url } = await startTutorial(t, 'rooms');
	const stranger = await visit(t, url);
	const member = await visit(t, `${url}/?password=open+sesame`);
	for (const page of [stranger, member]) {
		await idOn(page);
		await page.fill('#room', 'staff');
		await page.press('#room', 'Enter');
	}

	await says(stranger, 'You may not enter #staff.');
	await member.waitForSelector('#rooms:text-is("staff")');
});

test('websocket: an echo and a chat for the browser\'s own WebSocket', async (t) => {
	const tutorial = await startTutorial(t, 'websocket');
	const ada = await visit(t, tutorial.url);
	await ada.waitForSelector('#echo:text-is("hello, echo")');
	await says(ada, 'somebody has come');
	const ben = await visit(t, tutorial.url);
	await says(ben, 'somebody has come');
	await ben.fill('#text', 'hello, chat');
	await ben.press('#text', 'Enter');

	await says(ada, 'hello, chat');
	await says(ben, 'hello, chat');
	await ben.close();
	await says(ada, 'somebody has left');
	await tutorial.prints(/somebody has connected\n[^]*somebody has left: 1001\n/);
	await shoot(ada, 'websocket');
});

test('announce: a request reaches the newest client and one of 1.4.8', async (t) => {
	const { url } = await startTutorial(t, 'announce');
	const page = await visit(t, url);
	await idOn(page);
	const old = connectOld(url, { transports: ['polling'] });
	t.after(() => old.disconnect());
	await next(old, 'connect');
	const heard = next(old, 'message');

	const answer = await fetch(`${url}/broadcast/${encodeURIComponent('tea, & <cake>')}`);

	assert.deepEqual([answer.status, await answer.text()], [200, 'sent']);
	await says(page, 'tea, & <cake>');
	assert.deepEqual(await heard, ['tea, & <cake>']);
	await shoot(page, 'announce');
});

test('clock: the server tells the time each second, by itself', async (t) => {
	const { url } = await startTutorial(t, 'clock');
	const page = await visit(t, url);
	const id = await idOn(page);
	await says(page, 'It is ticking.');

	const ticks = await page.evaluate(async () => {
		const times = [];
		for (let i = 0; i < 3; i++) times.push(await new Promise((done) => socket.once('time', done)));
		return times;
	});

	assert.ok(Math.abs(ticks[0] - Date.now()) < 10_000, `${ticks[0]} is the time`);
	for (const i of [1, 2]) {
		const pause = ticks[i] - ticks[i - 1];
		assert.ok(pause > 500 && pause < 5000, `${pause} ms between two`);
	}
	assert.equal(await idOn(page), id);
	await shoot(page, 'clock');
});

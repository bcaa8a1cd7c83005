// SPDX-License-Identifier: MIT
//
// The demo in a real browser: people chat, and see when the server is away.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { launchBrowser, Person, startDemo } from './support/browser.mjs';
import { png } from './support/png.mjs';
import { pathOf } from './support/server.mjs';

const screenshots = pathOf('build/screenshots');
let browser, demo;
before(async () => {
	mkdirSync(screenshots, { recursive: true });
	demo = await startDemo();
	browser = await launchBrowser();
});
after(async () => {
	await browser?.close();
	await demo?.stop();
});

const enter = (t, name, options) => Person.enter(t, browser, demo.url, name, options);
const picture = { name: 'hills.png', mimeType: 'image/png', buffer: png(320, 200) };

test('two people see each other', async (t) => {
	const [ada, ben] = await Promise.all([enter(t, 'Ada'), enter(t, 'Ben')]);

	for (const person of [ada, ben]) {
		await person.sees('#people [data-person="Ada"]');
		await person.sees('#people [data-person="Ben"]');
		await person.sees('#people-count:text-is("2")');
		assert.deepEqual(person.errors, []);
	}
	assert.equal(await ada.page.textContent('#me'), 'Ada');
	assert.equal(await ada.attribute('#people [data-person="Ada"]', 'data-self'), 'true');
});

test('who leaves is not seen any more', async (t) => {
	const [ada, ben] = await Promise.all([enter(t, 'Ada'), enter(t, 'Ben')]);
	await ada.sees('#people [data-person="Ben"]');

	await ben.page.click('#sign-out');

	await ada.page.waitForSelector('#people [data-person="Ben"]', { state: 'detached' });
});

test('a name that is taken is refused with a sentence', async (t) => {
	await enter(t, 'Ada');
	const other = await Person.arrive(t, browser, demo.url, 'ada');

	await other.giveName('ada');

	await other.sees('#join-error:text-is("That name is taken.")');
	assert.equal(await other.attribute('body', 'data-stage'), 'join');
});

test('the connection starts and ends up as a WebSocket', async (t) => {
	const ada = await enter(t, 'Ada');

	await ada.sees('#status[data-state="connected"]');
	await ada.sees('#transport[data-transport="websocket"]');
	await ada.sees('#latency[data-ms]');
});

test('a page that keeps to polling can chat too', async (t) => {
	const ada = await Person.enter(t, browser, `${demo.url}?polling`, 'Ada');
	const ben = await enter(t, 'Ben');
	await ada.say('from polling');
	await ben.hears('#lobby', 'from polling', 'Ada');
	await ben.say('to polling');
	await ada.hears('#lobby', 'to polling', 'Ben');

	assert.equal(await ada.attribute('#transport', 'data-transport'), 'polling');
});

test('a message arrives, as text and nothing else', async (t) => {
	const [ada, ben] = await Promise.all([enter(t, 'Ada'), enter(t, 'Ben')]);

	const html = '<b>bold</b> & <img src=x onerror=alert(1)>';
	for (const text of ['Hello, Ben!', html, 'é 漢字 😀👩‍👩‍👧‍👦']) {
		await ada.say(text);
		await ben.hears('#lobby', text, 'Ada');
	}

	assert.deepEqual(ben.errors, []);
});

test('ticks tell who has it', async (t) => {
	const [ada] = await Promise.all([enter(t, 'Ada'), enter(t, 'Ben')]);
	await ada.sees('#people [data-person="Ben"]');
	await ada.sees('#rooms [data-target="#lobby"][data-members="2"]');

	await ada.say('one reader');

	await ada.sees(
		`${ada.message('#lobby', 'one reader')}[data-state="delivered"][data-got="1"][data-of="1"]`,
	);
});

test('a message that nobody else is there to read stays sent', async (t) => {
	const ada = await enter(t, 'Ada');

	await ada.say('is anybody here?');

	await ada.sees(`${ada.message('#lobby', 'is anybody here?')}[data-state="sent"][data-of="0"]`);
});

test('who types is seen typing', async (t) => {
	const [ada, ben] = await Promise.all([enter(t, 'Ada'), enter(t, 'Ben')]);
	await Promise.all(
		[ada, ben].map((person) => person.sees('#rooms [data-target="#lobby"][data-members="2"]')),
	);

	await ben.page.type('#text', 'I am just');

	await ada.sees('#typing:text("Ben")');
	await ben.page.press('#text', 'Enter');
	await ada.hears('#lobby', 'I am just', 'Ben');
});

test('a private message is at its addressee alone', async (t) => {
	const [ada, ben, chi] = await Promise.all(['Ada', 'Ben', 'Chi'].map((name) => enter(t, name)));
	await ada.sees('#people [data-person="Ben"]');
	await ada.talkTo('Ben');
	await ada.say('only for Ben');
	await ben.hears('@Ada', 'only for Ben', 'Ada');

	await ada.show('#lobby');
	await ada.say('for everybody');
	await chi.hears('#lobby', 'for everybody', 'Ada');

	assert.equal(await chi.knows('only for Ben'), false);
	assert.equal(await chi.page.locator('#privates [data-target]').count(), 0);
});

test('a picture arrives and can be seen', async (t) => {
	const [ada, ben] = await Promise.all([enter(t, 'Ada'), enter(t, 'Ben')]);
	await ada.sees('#rooms [data-target="#lobby"][data-members="2"]');

	await ada.page.setInputFiles('#picture', picture);

	const image = await ben.sees('li[data-kind="picture"][data-from="Ada"] .body img');
	await ben.page.waitForFunction((img) => img.complete && img.naturalWidth > 0, image);
	await ada.sees('li[data-kind="picture"][data-own="true"][data-state="delivered"]');
	assert.deepEqual([...ada.errors, ...ben.errors], []);
});

test('a room is heard by those who are in it', async (t) => {
	const [ada, ben] = await Promise.all([enter(t, 'Ada'), enter(t, 'Ben')]);
	await ada.show('#random');
	await ada.say('alone in random');
	await ada.sees(`${ada.message('#random', 'alone in random')}[data-of="0"]`);
	await ada.show('#lobby');
	await ada.say('in the lobby');
	await ben.hears('#lobby', 'in the lobby', 'Ada');
	assert.equal(await ben.knows('alone in random'), false);

	await ben.show('#random');
	await ben.say('me too');

	await ada.hears('#random', 'me too', 'Ben');
	await ada.sees('#rooms [data-target="#random"][data-unread="1"]');
});

test("a room of one's own can be made and left", async (t) => {
	const [ada, ben] = await Promise.all([enter(t, 'Ada'), enter(t, 'Ben')]);
	await ada.page.fill('#room-name', 'tea');
	await ada.page.press('#room-name', 'Enter');
	await ben.sees('#rooms [data-target="#tea"][data-members="1"]');

	await ada.page.click('#leave-room');

	await ben.page.waitForSelector('#rooms [data-target="#tea"][data-members="1"]', {
		state: 'detached',
	});
});

test('the page shows that the server is away, and finds back to it', async (t) => {
	let mortal = await startDemo();
	t.after(() => mortal.stop());
	const [ada, ben] = await Promise.all(
		['Ada', 'Ben'].map((name) => Person.enter(t, browser, mortal.url, name)),
	);
	await ada.sees('#transport[data-transport="websocket"]');

	await mortal.crash();
	for (const person of [ada, ben]) {
		await person.sees('#status:is([data-state="disconnected"], [data-state="reconnecting"])');
		await person.sees('#transport[data-transport="none"]');
	}
	await ada.say('are you there?');
	await ada.sees(`${ada.message('#lobby', 'are you there?')}[data-state="waiting"]`);

	mortal = await startDemo(mortal.port);
	for (const person of [ada, ben]) {
		await person.sees('#status[data-state="connected"]');
		await person.sees('#rooms [data-target="#lobby"][data-joined="true"][data-members="2"]');
	}
	await ada.sees(
		`${ada.message('#lobby', 'are you there?')}:is([data-state="sent"], [data-state="delivered"])`,
	);
	await ben.say('back again');
	await ada.hears('#lobby', 'back again', 'Ben');
});

test('pictures of the page: wide, dark, and on a telephone', async (t) => {
	const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true };
	const [ada, ben] = await Promise.all([
		enter(t, 'Ada', { colorScheme: 'light' }),
		enter(t, 'Ben', phone),
	]);
	await ada.sees('#rooms [data-target="#lobby"][data-members="2"]');
	await ada.say('Good morning! Is the new server up?');
	await ben.hears('#lobby', 'Good morning! Is the new server up?', 'Ada');
	await ben.say('It is: polling first, then WebSocket.');
	await ada.hears('#lobby', 'It is: polling first, then WebSocket.', 'Ben');
	await ada.page.setInputFiles('#picture', picture);
	const image = await ben.sees('li[data-kind="picture"] .body img');
	await ben.page.waitForFunction((img) => img.complete && img.naturalWidth > 0, image);
	await ada.sees('li[data-kind="picture"][data-state="delivered"]');
	await ada.sees('#transport[data-transport="websocket"]');

	await ada.page.screenshot({ path: `${screenshots}/desktop-light.png`, animations: 'disabled' });
	await ada.page.emulateMedia({ colorScheme: 'dark' });
	await ada.page.screenshot({ path: `${screenshots}/desktop-dark.png`, animations: 'disabled' });
	await ben.page.screenshot({ path: `${screenshots}/phone.png`, animations: 'disabled' });

	for (const { page } of [ada, ben]) {
		const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide`);
	}
});

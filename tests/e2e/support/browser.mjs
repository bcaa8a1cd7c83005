// SPDX-License-Identifier: MIT
//
// The demo, and the people who use it: each has a browser window of their own.

import { chromium } from 'playwright-core';
import { buildDir, pathOf, Program } from './server.mjs';

const program = pathOf(process.env.SIO_DEMO ?? `${buildDir}/chat`);
const executablePath = process.env.SIO_CHROMIUM ?? '/usr/bin/chromium';

export async function startDemo(port = 0) {
	const demo = new Program(program, [
		'--port',
		String(port),
		'--host',
		'127.0.0.1',
		'--client-dir',
		'client-demo/node_modules/socket.io-client/dist',
		'--public',
		'client-demo/public',
	]);
	const ready = await demo.prints(/http:\/\/127\.0\.0\.1:(\d+)\//);
	if (!ready) throw new Error(`${program} ended: ${demo.stderr}`);
	[demo.url, demo.port] = [ready[0], Number(ready[1])];
	return demo;
}

/** Chromium, told to leave the network outside this machine alone. */
export const launchBrowser = () =>
	chromium.launch({
		executablePath,
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	});

const quoted = (text) => JSON.stringify(text);

/** Somebody at the page of the demo. */
export class Person {
	constructor(name, page) {
		this.name = name;
		this.page = page;
		this.errors = [];
		page.on('pageerror', (error) => this.errors.push(error.message));
		page.on('console', (line) => line.type() === 'error' && this.errors.push(line.text()));
	}

	static async arrive(t, browser, url, name, options = {}) {
		const context = await browser.newContext({
			viewport: { width: 1180, height: 760 },
			...options,
		});
		context.setDefaultTimeout(8000);
		t.after(() => context.close());
		const person = new Person(name, await context.newPage());
		await person.page.goto(url);
		return person;
	}

	/** Arrives, gives a name and stands in the lobby. */
	static async enter(t, browser, url, name, options) {
		const person = await Person.arrive(t, browser, url, name, options);
		await person.giveName(name);
		await person.sees('#rooms [data-target="#lobby"][data-joined="true"]');
		return person;
	}

	async giveName(name) {
		await this.page.fill('#name', name);
		await this.page.press('#name', 'Enter');
	}

	/** Waits for the element, be it on the screen or scrolled away. */
	sees(selector) {
		return this.page.waitForSelector(selector, { state: 'attached' });
	}

	async say(text) {
		await this.page.fill('#text', text);
		await this.page.press('#text', 'Enter');
	}

	message(conversation, text) {
		const body = `.body:text-is(${quoted(text)})`;
		return `#messages ol[data-conversation=${quoted(conversation)}] li:has(${body})`;
	}

	hears(conversation, text, from) {
		return this.sees(`${this.message(conversation, text)}[data-from=${quoted(from)}]`);
	}

	async show(conversation) {
		await this.page.click(`#rooms [data-target=${quoted(conversation)}]`);
		await this.sees(`#title[data-target=${quoted(conversation)}]`);
		await this.sees(`#rooms [data-target=${quoted(conversation)}][data-joined="true"]`);
	}

	async talkTo(name) {
		await this.page.click(`#people [data-person=${quoted(name)}]`);
		await this.sees(`#title[data-target=${quoted(`@${name}`)}]`);
	}

	/** Whether that text stands anywhere in the page's conversations. */
	knows(text) {
		return this.page.evaluate(
			(wanted) => document.querySelector('#messages').textContent.includes(wanted),
			text,
		);
	}

	attribute(selector, name) {
		return this.page.getAttribute(selector, name);
	}
}

// SPDX-License-Identifier: MIT
//
// JSONP in a real browser: a page of another origin, which the server does not know of, asks by
// scripts and forms alone, as old clients did where nothing else was allowed.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { launchBrowser } from './support/browser.mjs';
import { connect, WEBSOCKET } from './support/client.mjs';
import { pathOf, startServer } from './support/server.mjs';
import { next, PATIENCE, within } from './support/wait.mjs';

const VERSIONS = { '1.4.8': 'socket.io.js', '2.5.0': 'dist/socket.io.js' };

const HTML = `<!doctype html><meta charset="utf-8"><title>JSONP</title>
<script src="client.js"></script>`;

/** Serves a page with that version of the client, to a browser that knows nothing yet. */
async function openSite(version) {
	const script = await readFile(
		pathOf(`tests/e2e/clients/node_modules/client-${version}/${VERSIONS[version]}`),
	);
	const pages = createServer((request, response) => {
		const [type, body] =
			request.url === '/client.js' ? ['text/javascript', script] : ['text/html', HTML];
		response.writeHead(200, { 'Content-Type': type }).end(body);
	});
	pages.listen(0, '127.0.0.1');
	await once(pages, 'listening');
	const context = await browser.newContext();
	const newPage = async (t) => {
		const page = await context.newPage();
		t.after(() => page.close());
		await page.goto(`http://127.0.0.1:${pages.address().port}/`);
		return page;
	};
	const close = async () => {
		await context.close();
		pages.close();
	};
	return { newPage, close };
}

let browser, server;
before(async () => {
	server = await startServer({ ALLOW_EIO3: '1' });
	browser = await launchBrowser();
});
after(async () => {
	await browser?.close();
	await server?.stop();
});

// ---- What runs in the page ----

/* Binary data crosses to the page and back as { bytes: [...] }. */
function prepare(url) {
	const make = (value) => {
		if (Array.isArray(value)) return value.map(make);
		if (value === null || typeof value !== 'object') return value;
		if (value.bytes) return new Uint8Array(value.bytes).buffer;
		return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, make(item)]));
	};
	const show = (value) => {
		if (value instanceof ArrayBuffer) return { bytes: [...new Uint8Array(value)] };
		if (Array.isArray(value)) return value.map(show);
		if (value === null || typeof value !== 'object') return value;
		return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, show(item)]));
	};
	const socket = window.io(url, {
		forceJSONP: true,
		transports: ['polling'],
		forceNew: true,
		reconnection: false,
	});
	const events = {};
	const expect = (event) =>
		(events[event] = new Promise((done) => socket.once(event, (...args) => done(show(args)))));
	expect('connect');
	expect('disconnect');
	window.page = {
		socket,
		expect: (event) => void expect(event),
		seen: (event) => events[event],
		emit: (event, args) => void socket.emit(event, ...make(args)),
		ask: (event, args) =>
			new Promise((done) => socket.emit(event, ...make(args), (...back) => done(show(back)))),
		answer: (event) =>
			void socket.on(event, (...args) => args.pop()('answered', ...args)),
	};
}

// ---- The page from outside ----

class Page {
	static async connect(t, site) {
		const page = new Page();
		page.page = await site.newPage(t);
		page.requests = [];
		page.errors = [];
		page.page.on('request', (request) => page.requests.push(request));
		page.page.on('pageerror', (error) => page.errors.push(error.message));
		await page.page.evaluate(prepare, server.url);
		await page.seen('connect');
		return page;
	}

	call(name, ...args) {
		const done = this.page.evaluate(
			([method, values]) => window.page[method](...values),
			[name, args],
		);
		return within(3 * PATIENCE, done, `${name} ${args[0]}`);
	}

	seen(event) {
		return this.call('seen', event);
	}

	ask(event, ...args) {
		return this.call('ask', event, args);
	}

	/** Sends it and gives what comes back as an event of its own. */
	async echo(...args) {
		await this.call('expect', 'echo');
		await this.call('emit', 'echo', args);
		return this.seen('echo');
	}
}

const TEXTS = {
	quotes: `"double" 'single' \`grave\` </script><!-- ");alert(1);("`,
	'line separators': 'a\u2028b\u2029c\u0085d',
	'line feeds and what looks like them': 'a\nb\\nc\\\\nd\r\ne\\\nf\\r\\n',
	'what a form encodes': 'a+b%2Bc&d=e f%',
	'letters of the world': 'é ß Ω 中文 العربية 😀👩‍👩‍👧‍👦',
	'control characters': '\u0000\u0001\b\f\t\u001f\u007f',
};

for (const version of Object.keys(VERSIONS))
	describe(`JSONP, client ${version}`, () => {
		let site;
		before(async () => (site = await openSite(version)));
		after(() => site?.close());

		test('it connects, by scripts and forms alone', async (t) => {
			const page = await Page.connect(t, site);
			assert.deepEqual(await page.ask('ack', 1, 'two'), [1, 'two']);

			const asked = page.requests.filter((request) => request.url().startsWith(server.url));
			const kinds = asked.map((request) => `${request.method()} ${request.resourceType()}`);
			assert.deepEqual([...new Set(kinds)].sort(), ['GET script', 'POST document']);
			assert.ok(asked.every((request) => /[?&]j=\d+/.test(request.url())));
			assert.deepEqual(page.errors, []);
		});

		for (const [name, text] of Object.entries(TEXTS))
			test(`${name} come back as they were`, async (t) => {
				const page = await Page.connect(t, site);
				assert.deepEqual(await page.echo(text, { [text]: [text] }), [text, { [text]: [text] }]);
				assert.deepEqual(page.errors, []);
			});

		test('questions are answered both ways', async (t) => {
			const page = await Page.connect(t, site);
			assert.deepEqual(await page.ask('ack', 'é\n', { b: [null] }), ['é\n', { b: [null] }]);

			await page.call('answer', 'question');
			await page.call('expect', 'asked');
			await page.call('emit', 'ask', ['question', 41, '"quoted"']);

			assert.deepEqual(await page.seen('asked'), ['answered', 41, '"quoted"']);
		});

		test('binary data comes back, alone and inside of others', async (t) => {
			const page = await Page.connect(t, site);
			const all = { bytes: Array.from({ length: 256 }, (_, i) => i) };
			const args = [all, 'text', { deep: [{ bytes: [0, 255] }, { none: { bytes: [] } }] }];

			assert.deepEqual(await page.echo(...args), args);
			assert.deepEqual(await page.ask('ack', ...args), args);
		});

		test('100 KB come back, as a text and as bytes', async (t) => {
			const page = await Page.connect(t, site);
			const text = '0123456789"\\\né'.repeat(7200);
			const bytes = Array.from({ length: 100_000 }, (_, i) => i % 251);

			assert.ok((await page.echo(text))[0] === text, 'the text is the same');
			const [back] = await page.echo({ bytes });
			assert.ok(Buffer.from(back.bytes).equals(Buffer.from(bytes)), 'the bytes are the same');
		});

		test('100 messages each way come in order', async (t) => {
			const page = await Page.connect(t, site);
			const numbers = await page.page.evaluate(async () => {
				const { socket } = window.page;
				const seen = [];
				const all = new Promise((done) => {
					socket.on('echo', (i) => seen.push(i) === 100 && done());
				});
				for (let i = 0; i < 100; i++) socket.emit('echo', i);
				await all;
				return seen;
			});
			assert.deepEqual(numbers, [...Array(100).keys()]);
		});

		test('it hears others, and they hear that it leaves', async (t) => {
			const page = await Page.connect(t, site);
			const friend = await connect(t, server, WEBSOCKET);
			const [{ id }] = await page.ask('whoami');
			await page.call('expect', 'bcast');
			friend.emit('bcast', 'to all');
			assert.deepEqual(await page.seen('bcast'), ['to all']);
			const left = next(friend, 'left');

			await page.page.evaluate(() => void window.page.socket.disconnect());

			assert.deepEqual(await left, [id, 'client namespace disconnect']);
			assert.deepEqual(await page.seen('disconnect'), ['io client disconnect']);
		});

		test('the server disconnects it', async (t) => {
			const page = await Page.connect(t, site);
			await page.call('emit', 'kick', []);
			assert.deepEqual(await page.seen('disconnect'), ['io server disconnect']);
		});
	});

test('a page that speaks to a server without old clients is refused', async (t) => {
	const modern = await startServer();
	t.after(() => modern.stop());
	const site = await openSite('2.5.0');
	t.after(() => site.close());
	const page = await site.newPage(t);

	const outcome = page.evaluate(
		(url) =>
			new Promise((done) => {
				const how = { forceJSONP: true, transports: ['polling'], reconnection: false };
				const socket = window.io(url, how);
				socket.on('connect', () => done('connected'));
				socket.on('connect_error', () => done('refused'));
			}),
		modern.url,
	);

	assert.equal(await within(PATIENCE, outcome, 'the refusal'), 'refused');
});

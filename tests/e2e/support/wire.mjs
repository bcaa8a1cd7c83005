// SPDX-License-Identifier: MIT
//
// HTTP by hand, over a plain TCP connection: what Node's own client would never send, and what it
// would not show.

import assert from 'node:assert/strict';
import net from 'node:net';
import { PATIENCE, within } from './wait.mjs';

/** An answer that is due at once. A connection left idle ends much later. */
export const AT_ONCE = 3000;

const bytesOf = (data) => (typeof data === 'string' ? Buffer.from(data, 'latin1') : data);

/** The text of a request; `Content-Length` comes by itself unless there is a word on the body. */
export function requestOf(method, url, { body, version = '1.1', headers = [] } = {}) {
	const lines = [`${method} ${url} HTTP/${version}`, 'Host: localhost', ...headers];
	if (body !== undefined) lines.push('Content-Type: text/plain');
	if (body !== undefined && !headers.some((h) => /^(content-length|transfer)/i.test(h)))
		lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
	return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

/** A TCP connection to a server, read response by response. */
export class Wire {
	constructor(t, to) {
		this.got = Buffer.alloc(0);
		this.ended = false;
		this.news = () => {};
		this.socket = net.connect({ host: '127.0.0.1', port: to.port, allowHalfOpen: true });
		this.socket.setNoDelay(true);
		this.socket.on('error', (error) => this.tell(() => (this.error = error)));
		this.socket.on('end', () => this.tell(() => (this.ended = true)));
		this.socket.on('data', (part) =>
			this.tell(() => (this.got = Buffer.concat([this.got, part]))),
		);
		t.after(() => this.socket.destroy());
	}

	tell(change) {
		change();
		this.news();
	}

	write(data) {
		this.socket.write(data);
	}

	/** What `look` finds in the input, as soon as it finds something. */
	until(look, what, ms = PATIENCE) {
		const found = new Promise((done, fail) => {
			this.news = () => {
				const result = look();
				if (result !== undefined) done(result);
				else if (this.error) fail(this.error);
				else if (this.ended) fail(new Error(`the connection ended instead of ${what}`));
			};
			this.news();
		});
		return within(ms, found, what);
	}

	/** The first `count` bytes of the input, which they leave. */
	take(count) {
		if (this.got.length < count) return undefined;
		const part = this.got.subarray(0, count);
		this.got = this.got.subarray(count);
		return part;
	}

	/** The head of the next response; `lines` are its fields as they came. */
	async head() {
		const text = await this.until(() => {
			const end = this.got.indexOf('\r\n\r\n');
			return end < 0 ? undefined : this.take(end + 4).toString('latin1');
		}, 'the head of a response');
		const [first, ...lines] = text.trimEnd().split('\r\n');
		const headers = Object.fromEntries(
			lines.map((line) => [line.split(':')[0].toLowerCase(), line.replace(/^[^:]*:\s*/, '')]),
		);
		return { first, status: Number(first.split(' ')[1]), lines, headers };
	}

	/** The next response: its head, `bytes` of body and the same as text, `body`. */
	async response(method = 'GET') {
		const answer = await this.head();
		const length = method === 'HEAD' ? 0 : Number(answer.headers['content-length'] ?? 0);
		answer.bytes = await this.until(() => this.take(length), `${length} bytes of body`);
		answer.body = String(answer.bytes);
		return answer;
	}

	async responses(count) {
		const all = [];
		while (all.length < count) all.push(await this.response());
		return all;
	}

	/** The end of the stream, before which nothing more comes. */
	async end(ms) {
		await this.until(() => this.ended || undefined, 'the end of the connection', ms);
		assert.equal(String(this.got), '');
	}
}

/** One request and its answer, on a connection of its own that goes afterwards. */
export async function asked(t, server, method, url, options) {
	const wire = new Wire(t, server);
	wire.write(requestOf(method, url, options));
	const answer = await wire.response(method);
	wire.socket.destroy();
	return answer;
}

/** Waits until the server has read what was written to it before. */
export async function hasRead(t, server) {
	const wire = new Wire(t, server);
	for (let turns = 0; turns < 3; turns++) {
		wire.write(requestOf('GET', '/hello'));
		await wire.response();
	}
	wire.socket.destroy();
}

/** The bytes are refused with that status, and the connection ends. */
export async function refuses(t, server, bytes, status = 400) {
	const wire = new Wire(t, server);
	wire.write(bytesOf(bytes));
	const answer = await wire.response();
	assert.equal(answer.status, status, `the answer to ${JSON.stringify(String(bytes))}`);
	assert.equal(answer.headers.connection, 'close');
	await wire.end(AT_ONCE);
	wire.socket.destroy();
}

/** The bytes are read as one request and answered so, and the connection takes the next one. */
export async function accepts(t, server, bytes, status = 200, body = undefined) {
	const wire = new Wire(t, server);
	wire.write(bytesOf(bytes));
	const answer = await wire.response();
	assert.equal(answer.status, status, `the answer to ${JSON.stringify(String(bytes))}`);
	if (body !== undefined) assert.equal(answer.body, body);
	wire.write(requestOf('GET', '/hello'));
	assert.equal((await wire.response()).body, 'hello');
	wire.socket.destroy();
	return answer;
}

/** The bytes are not enough for an answer; those of `rest` are, and it has that status. */
export async function waitsFor(t, server, bytes, rest, status) {
	const wire = new Wire(t, server);
	wire.write(bytesOf(bytes));
	await hasRead(t, server);
	assert.equal(String(wire.got), '', `the answer to ${JSON.stringify(String(bytes))}`);
	assert.equal(wire.ended, false);
	wire.write(bytesOf(rest));
	assert.equal((await wire.response()).status, status);
	wire.socket.destroy();
}

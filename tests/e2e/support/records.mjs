// SPDX-License-Identifier: MIT
//
// A WebSocket client over TLS whose records are made first and sent afterwards: many in one piece,
// or cut anywhere.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { openingHandshake } from './frame-client.mjs';
import { FrameReader } from './frames.mjs';
import { ca } from './tls.mjs';
import { PATIENCE, within } from './wait.mjs';

/** What TLS writes is kept here once `holds` is set. */
class Held extends Duplex {
	holds = false;
	kept = [];

	constructor(raw) {
		super();
		this.raw = raw;
		raw.on('data', (data) => this.push(data));
		raw.on('error', () => {});
		raw.once('close', () => this.push(null));
	}

	_read() {}

	_write(data, _, done) {
		if (this.holds) this.kept.push(data);
		else this.raw.write(data);
		done();
	}
}

export class RecordClient {
	#held;
	#tls;
	#raw;
	#wake = () => {};

	/** A client whose handshake of TLS is over. */
	static async connect(t, { port }) {
		const client = new this();
		client.#raw = net.connect({ host: '127.0.0.1', port, noDelay: true });
		t.after(() => client.#raw.destroy());
		client.#held = new Held(client.#raw);
		client.#tls = tls.connect({ socket: client.#held, ca });
		await within(PATIENCE, once(client.#tls, 'secureConnect'), 'the handshake of TLS');
		client.#held.holds = true;
		client.came = Buffer.alloc(0);
		client.#tls.on('error', () => {});
		client.#tls.on('data', (data) => {
			client.came = Buffer.concat([client.came, data]);
			client.#wake();
		});
		client.closed = once(client.#raw, 'close');
		client.closed.then(() => client.#wake());
		return client;
	}

	/** A client that is in the namespace "/". */
	static async enter(t, server, ...first) {
		const client = await this.connect(t, server);
		const line = 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1';
		client.send(await client.record(openingHandshake({}, line)));
		const end = await client.#until(() => client.came.indexOf('\r\n\r\n') + 1, 'the answer');
		assert.match(String(client.came), /^HTTP\/1.1 101 /);
		client.came = client.came.subarray(end + 3);
		for (const frame of first) client.send(await client.record(frame));
		client.reader = new FrameReader();
		return client;
	}

	async #until(condition, what) {
		for (;;) {
			const found = condition();
			if (found) return found;
			assert.ok(!this.#raw.destroyed, `the connection ended before ${what}`);
			await within(PATIENCE, new Promise((done) => (this.#wake = done)), what);
		}
	}

	/** The bytes of one record with that content. */
	async record(content) {
		await new Promise((done) => this.#tls.write(content, done));
		return Buffer.concat(this.#held.kept.splice(0));
	}

	async records(contents) {
		const all = [];
		for (const content of contents) all.push(await this.record(content));
		return all;
	}

	/** The record that says that no more will come. */
	async goodbye() {
		this.#tls.end();
		while (!this.#held.kept.length) await new Promise(setImmediate);
		return Buffer.concat(this.#held.kept.splice(0));
	}

	send(...pieces) {
		this.#raw.write(Buffer.concat(pieces));
	}

	end(...pieces) {
		this.#raw.end(Buffer.concat(pieces));
	}

	/** That many messages, as texts; none is a ping. */
	async texts(count) {
		const all = [];
		const take = () => {
			this.reader.add(this.came);
			this.came = Buffer.alloc(0);
			for (let f; all.length < count && (f = this.reader.read()); ) all.push(String(f.payload));
			return all.length === count;
		};
		await this.#until(take, `message ${all.length + 1} of ${count}`);
		return all;
	}

	/** What came, when it holds that text. */
	holding(text) {
		return this.#until(() => this.came.includes(text) && String(this.came), `"${text}"`);
	}
}

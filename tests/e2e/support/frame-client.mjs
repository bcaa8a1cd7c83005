// SPDX-License-Identifier: MIT
//
// A WebSocket client on a bare socket: it says the opening handshake by hand, sends whatever bytes
// it is given, and reads strictly what comes back (frames.mjs).

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import net from 'node:net';
import { CLOSE, FrameReader, frame, pieces, ping } from './frames.mjs';
import { PATIENCE, within } from './wait.mjs';

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
export const acceptOf = (key) =>
	createHash('sha1')
		.update(key + GUID)
		.digest('base64');

/** An echo at the level of Engine.IO, with room for messages of 16 MB, without heartbeats. */
export const ECHO = {
	APP: 'engine',
	MAX_HTTP_BUFFER: String(16 << 20),
	PING_INTERVAL: '3600000',
};

const TARGET = '/engine.io/?EIO=4&transport=websocket';

/** The fields of an opening handshake; an undefined one is left out, a list is repeated. */
export function openingHandshake(fields = {}, line = `GET ${TARGET} HTTP/1.1`) {
	const all = {
		Host: 'localhost',
		Upgrade: 'websocket',
		Connection: 'Upgrade',
		'Sec-WebSocket-Key': KEY,
		'Sec-WebSocket-Version': '13',
		...fields,
	};
	const lines = Object.entries(all).flatMap(([name, values]) =>
		[values ?? []].flat().map((value) => `${name}: ${value}`),
	);
	return [line, ...lines, '', ''].join('\r\n');
}

function parseHead(text) {
	const [line, ...lines] = text.split('\r\n');
	const fields = {};
	for (const field of lines) {
		const [, name, value] = /^([^:]+): ?(.*)$/.exec(field);
		(fields[name.toLowerCase()] ??= []).push(value);
	}
	return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)[1]), fields };
}

/** A client of one test, or, without `t`, one that stays until stopAll(). */
export class FrameClient {
	#frames = [];
	#reader = new FrameReader();
	#headText;
	#wake = () => {};

	constructor(t, server) {
		this.head = undefined;
		this.received = 0;
		this.socket = net.connect({ host: '127.0.0.1', port: server.port, noDelay: true });
		this.socket.on('data', (data) => this.#arrived(data));
		this.socket.once('end', () => this.#over({ clean: true }));
		this.socket.once('error', (error) => this.#over({ error }));
		this.socket.once('close', () => this.#over({}));
		(server.frameClients ??= []).push(this);
		t?.after(() => this.socket.destroy());
	}

	/** A client that was let in and has read the session's first packet. */
	static async open(t, server, { fields, extensions } = {}) {
		const client = new this(t, server);
		client.send(openingHandshake({ 'Sec-WebSocket-Extensions': extensions, ...fields }));
		const head = await client.answer();
		assert.equal(head.status, 101);
		assert.deepEqual(head.fields['sec-websocket-accept'], [acceptOf(KEY)]);
		client.greeting = await client.frame('the first packet');
		return client;
	}

	#over(how) {
		this.ended ??= how;
		this.#wake();
	}

	#arrived(data) {
		this.received += data.length;
		try {
			this.#reader.add(data);
			if (!this.head) this.#readHead();
			if (this.head?.status === 101)
				for (let f = this.#reader.read(); f; f = this.#reader.read()) this.#frames.push(f);
		} catch (error) {
			this.fault = error;
			this.socket.destroy();
		}
		this.#wake();
	}

	#readHead() {
		const bytes = this.#reader.peek(this.#reader.length);
		const end = bytes.indexOf('\r\n\r\n');
		if (end < 0) return;
		this.head = parseHead(String(bytes.subarray(0, end)));
		this.#reader.take(end + 4);
		this.#reader.allowCompressed = Boolean(this.head.fields['sec-websocket-extensions']);
	}

	/** Waits until condition() gives something; the end of the connection ends the wait too. */
	async #until(what, condition) {
		for (;;) {
			if (this.fault) throw this.fault;
			const found = condition();
			if (found !== undefined || this.ended) return found;
			await within(PATIENCE, new Promise((done) => (this.#wake = done)), what);
		}
	}

	/** Writes the frames, whole or in writes of `chop` bytes. */
	send(...frames) {
		this.socket.write(frames.length === 1 ? frames[0] : Buffer.concat(frames));
		return this;
	}

	chop(size, ...frames) {
		for (const piece of pieces(Buffer.concat(frames), size)) this.socket.write(piece);
		return this;
	}

	/** The head of the answer to the opening handshake: { status, fields }. */
	async answer() {
		const head = await this.#until('the answer to the handshake', () => this.head);
		assert.ok(head, 'an answer to the handshake');
		return head;
	}

	async frame(what = 'a frame') {
		const found = await this.#until(what, () => this.#frames.shift());
		assert.ok(found, `the connection ended instead of ${what}`);
		return found;
	}

	async #payloadOf(name) {
		const { name: got, payload } = await this.frame(`a ${name}`);
		const shown = payload.subarray(0, 40).toString('latin1');
		assert.equal(got, name, `a ${got} "${shown}" instead of a ${name}`);
		return payload;
	}

	text = async () => String(await this.#payloadOf('text'));
	binary = () => this.#payloadOf('binary');
	pong = () => this.#payloadOf('pong');

	/** The close frame, which is the last, and the end of the connection: { code, reason }. */
	async end() {
		return this.#endAfter(await this.#payloadOf('close'));
	}

	/** The server closes with that code, or without any, and without a word before. */
	async fails(code) {
		assert.deepEqual(await this.end(), { code, reason: '' });
	}

	/** The session is over: the server says so without a code and waits for our answer. */
	async dismissed() {
		const payload = await this.#payloadOf('close');
		this.send(frame(CLOSE, payload));
		assert.deepEqual(await this.#endAfter(payload), { code: undefined, reason: '' });
	}

	/** All that comes until the end, texts as strings: { messages, pongs, code }. */
	async everything() {
		const messages = [];
		const pongs = [];
		for (;;) {
			const { name, payload } = await this.frame('a close frame');
			if (name === 'close') return { messages, pongs, code: (await this.#endAfter(payload)).code };
			if (name === 'pong') pongs.push(String(payload));
			else messages.push(name === 'text' ? String(payload) : payload);
		}
	}

	async #endAfter(payload) {
		await this.#until('the end of the connection', () => undefined);
		assert.deepEqual(this.ended, { clean: true }, 'the server ends the connection');
		if (!payload.length) return { code: undefined, reason: '' };
		return { code: payload.readUInt16BE(), reason: String(payload.subarray(2)) };
	}

	/** Nothing came that was not read, and the connection stands. */
	assertQuiet() {
		if (this.fault) throw this.fault;
		assert.deepEqual(this.#frames, []);
		assert.equal(this.ended, undefined);
	}

	/** The server has read everything that was written so far, on whatever connection. */
	async barrier() {
		for (const payload of ['one', 'two']) {
			this.send(ping(payload));
			assert.equal(String(await this.pong()), payload);
		}
		await new Promise(setImmediate);
	}
}

/** Ways to bring frames to the server. */
export const WAYS = {
	'in one piece': (client, frames) => client.send(...frames),
	'frame by frame': (client, frames) => frames.forEach((frame) => client.send(frame)),
	'byte by byte': (client, frames) => client.chop(1, ...frames),
};

/** Stops the server; its clients go first, so that it need not wait for their goodbyes. */
export async function stopAll(server) {
	for (const { socket } of server.frameClients ?? []) socket.destroy();
	await server.stop();
}

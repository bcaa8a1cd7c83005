// SPDX-License-Identifier: MIT
//
// One TCP connection played by hand: HTTP answers first, WebSocket frames after a 101.

import { createHash } from 'node:crypto';
import net from 'node:net';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { PATIENCE, within } from '../support/wait.mjs';

const MASK = Buffer.from([1, 2, 3, 4]);
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const NAMES = { 0: 'CONTINUATION', 1: 'TEXT', 2: 'BINARY', 8: 'CLOSE', 9: 'PING', 10: 'PONG' };
/** RFC 9110 has given it another name than Node has. */
const RENAMED = { 'HTTP/1.1 413 Payload Too Large': 'HTTP/1.1 413 Content Too Large' };
const UNPACK = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync };

/** A frame as a client sends it. */
export function clientFrame(opcode, payload, { fin = true, rsv = 0, masked = true } = {}) {
	const length = payload.length;
	const extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
	const head = Buffer.alloc(2 + extended);
	head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
	head[1] = (masked ? 0x80 : 0) | (extended === 0 ? length : extended === 2 ? 126 : 127);
	if (extended === 2) head.writeUInt16BE(length, 2);
	if (extended === 8) head.writeBigUInt64BE(BigInt(length), 2);
	if (!masked) return Buffer.concat([head, payload]);
	return Buffer.concat([head, MASK, payload.map((byte, i) => byte ^ MASK[i % 4])]);
}

/** What a row of the table shows of a body. */
export function shortened(text) {
	if (text.length <= 400) return text;
	const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
	return `${text.slice(0, 40)}… (${text.length} characters, sha256 ${hash}…)`;
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** A server's frame in one line. */
export function described({ opcode, payload, first }) {
	const odd =
		(first & 0x80 ? '' : ' unfinished') +
		(first & 0x70 ? ` with bits ${(first >> 4) & 7}` : '');
	const name = NAMES[opcode] + odd;
	if (opcode === TEXT && !odd) return `${name} ${shortened(payload.toString())}`;
	if (opcode !== CLOSE) return `${name} ${shortened(hex(payload))}`;
	const code = payload.length ? payload.readUInt16BE(0) : 'without a code';
	return `${name} ${code} ${payload.subarray(2)}`.trimEnd();
}

export class Line {
	constructor(port) {
		this.port = port;
		this.parts = [];
		this.length = 0;
		this.over = false;
		this.wake = () => {};
	}

	/** Connects; every line of a row is destroyed at its end. */
	async open() {
		this.socket = net.connect({ port: this.port, host: '127.0.0.1', noDelay: true });
		this.socket.on('data', (part) => {
			this.parts.push(part);
			this.length += part.length;
			this.wake();
		});
		this.socket.on('error', () => {});
		this.socket.once('close', () => {
			this.over = true;
			this.wake();
		});
		const opened = new Promise((done) => this.socket.once('connect', done));
		await within(PATIENCE, opened, 'a connection');
		return this;
	}

	write(bytes) {
		this.socket.write(bytes);
	}

	/** What `look` finds in the input, as soon as it finds something. */
	async until(look, what) {
		const found = async () => {
			for (;;) {
				const value = look();
				if (value !== undefined) return value;
				if (this.over) throw new Error(`the connection was closed instead of ${what}`);
				await new Promise((done) => (this.wake = done));
			}
		};
		return within(PATIENCE, found(), what);
	}

	/** All that was not read yet, in one piece. */
	get input() {
		if (this.parts.length !== 1) this.parts = [Buffer.concat(this.parts)];
		return this.parts[0];
	}

	cut(n) {
		const { input } = this;
		this.parts = [input.subarray(n)];
		this.length -= n;
		return input.subarray(0, n);
	}

	take(n, what) {
		return this.until(() => (this.length >= n ? this.cut(n) : undefined), what);
	}

	async takeLine(end = '\r\n') {
		const at = () => {
			const found = this.input.indexOf(end);
			return found < 0 ? undefined : found + end.length;
		};
		const n = await this.until(at, 'a line');
		return this.cut(n).subarray(0, -end.length).toString('latin1');
	}

	/** Whatever comes until the connection is closed. */
	async takeAll() {
		await this.until(() => (this.over ? true : undefined), 'the end of the connection');
		return this.cut(this.length);
	}

	async takeChunks() {
		const parts = [];
		for (;;) {
			const size = parseInt(await this.takeLine(), 16);
			const part = await this.take(size + 2, 'a chunk');
			if (size === 0) return Buffer.concat(parts);
			parts.push(part.subarray(0, -2));
		}
	}

	async takeBody(status, headers, method) {
		if (method === 'HEAD' || status < 200 || status === 204 || status === 304)
			return Buffer.alloc(0);
		if (headers['transfer-encoding']) return this.takeChunks();
		const length = headers['content-length'];
		return length === undefined ? this.takeAll() : this.take(Number(length), 'a body');
	}

	/** One HTTP answer: { line, status, headers, body }; several fields of a name are one list. */
	async answer(method = 'GET') {
		const [line, ...fields] = (await this.takeLine('\r\n\r\n')).split('\r\n');
		const headers = {};
		for (const field of fields) {
			const [, name, value] = /^([^:]+): ?(.*)$/.exec(field);
			const key = name.toLowerCase();
			headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
		}
		const status = Number(line.split(' ')[1]);
		const bytes = await this.takeBody(status, headers, method);
		const body = bytes.length ? (UNPACK[headers['content-encoding']]?.(bytes) ?? bytes) : bytes;
		return { line: RENAMED[line] ?? line, status, headers, body };
	}

	/** One frame of the server. */
	async frame() {
		const [first, second] = await this.take(2, 'a frame');
		let length = second & 0x7f;
		if (length === 126) length = (await this.take(2, 'a length')).readUInt16BE(0);
		else if (length === 127)
			length = Number((await this.take(8, 'a length')).readBigUInt64BE(0));
		const payload = await this.take(length, 'the rest of a frame');
		return { first, opcode: first & 0x0f, payload };
	}

	sendFrame(data) {
		const text = typeof data === 'string';
		this.write(clientFrame(text ? TEXT : BINARY, Buffer.from(data)));
	}

	sendClose(payload = Buffer.alloc(0)) {
		this.write(clientFrame(CLOSE, payload));
	}

	destroy() {
		this.socket?.destroy();
	}
}

// SPDX-License-Identifier: MIT
//
// More of HTTP by hand: bodies in chunks, answers to HEAD, and connections that are cut.

import assert from 'node:assert/strict';
import { requestOf, Wire } from './wire.mjs';

/** The fields of a WebSocket handshake. */
export const UPGRADE = [
	'Connection: Upgrade',
	'Upgrade: websocket',
	'Sec-WebSocket-Version: 13',
	'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

/** A POST of that body with that `Content-Type`. */
export const postOf = (url, type, body) =>
	requestOf('POST', url, {
		headers: [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`],
	}) + body;

export class Dialogue extends Wire {
	/** Resolves when the kernel has the bytes. */
	write(data) {
		return new Promise((done) => this.socket.write(data, done));
	}

	async piece(length) {
		return String(await this.until(() => this.take(length), `${length} bytes of body`));
	}

	async line() {
		const length = () => (this.got.includes('\r\n') ? this.got.indexOf('\r\n') + 2 : undefined);
		return (await this.piece(await this.until(length, 'a line'))).trimEnd();
	}

	async chunks() {
		let body = '';
		for (let length; length !== 0; await this.line()) {
			length = Number.parseInt(await this.line(), 16);
			body += await this.piece(length);
		}
		return body;
	}

	/** The next response, be its body of known length or in chunks. */
	async response(method = 'GET') {
		const answer = await this.head();
		const { 'content-length': length, 'transfer-encoding': coding } = answer.headers;
		if (method === 'HEAD') answer.body = '';
		else answer.body = coding ? await this.chunks() : await this.piece(Number(length ?? 0));
		return answer;
	}

	/** The end of the connection, be it in good order or cut, before which nothing more comes. */
	async cut(ms) {
		const over = () => this.ended || Boolean(this.error) || undefined;
		await this.until(over, 'the end of the connection', ms);
		assert.equal(String(this.got), '');
	}
}

/** What the server answers to one request on a connection of its own. */
export async function tell(t, server, method, url, options) {
	const dialogue = new Dialogue(t, server);
	dialogue.write(requestOf(method, url, options));
	return dialogue.response(method);
}

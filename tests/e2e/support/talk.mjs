// SPDX-License-Identifier: MIT
//
// Events and answers as the texts that go over the wire: whoever uses a JSON library of their own
// sees only what that makes of them.

import assert from 'node:assert/strict';
import { RawSocket } from './raw.mjs';

/** A WebSocket in the main namespace, whose arguments are JSON texts. Buffers are attachments. */
export class Talk {
	constructor(socket) {
		this.socket = socket;
		this.id = 0;
	}

	static async open(t, server, packet = '40') {
		return new Talk(await RawSocket.joined(t, server, packet));
	}

	/** Sends an event; the texts go as they are. */
	send(event, texts, id = '') {
		const parts = texts.filter((text) => Buffer.isBuffer(text));
		const placeholder = (part) => `{"_placeholder":true,"num":${parts.indexOf(part)}}`;
		const args = texts.map((text) => (Buffer.isBuffer(text) ? placeholder(text) : text));
		const payload = `[${[JSON.stringify(event), ...args].join(',')}]`;
		this.socket.send(`4${parts.length ? `5${parts.length}-` : '2'}${id}${payload}`);
		for (const part of parts) this.socket.send(part);
	}

	/** The next message, but for the news that somebody has left. */
	async message() {
		for (;;) {
			const message = await this.socket.message();
			if (!String(message).startsWith('42["left",')) return message;
		}
	}

	/** What follows `start` in the next message. */
	async after(start) {
		const message = await this.message();
		assert.equal(message.slice(0, start.length), start);
		return message.slice(start.length);
	}

	/** The argument that the server's event `event` brings, as its text. */
	async heard(event) {
		return (await this.after(`42[${JSON.stringify(event)},`)).slice(0, -1);
	}

	/** What a text comes back as. */
	async echoed(text) {
		this.send('echo', [text]);
		return this.heard('echo');
	}

	/** The text of the answer to an event, without its brackets. */
	async ask(event, ...texts) {
		const id = this.id++;
		this.send(event, texts, id);
		return (await this.after(`43${id}[`)).slice(0, -1);
	}

	/** The attachment that answers an event. */
	async askForBytes(event, ...texts) {
		const id = this.id++;
		this.send(event, texts, id);
		await this.after(`461-${id}[{"_placeholder":true,"num":0}]`);
		return this.message();
	}

	end() {
		return this.socket.end();
	}
}

/**
 * The four places where a server reads JSON: an event that somebody listens to, one that nobody
 * does, the answer to an event, and what a client says of itself when it enters.
 */
const PLACES = {
	event: (text) => `42["echo",${text}]`,
	'event without a listener': (text) => `42["nothing",${text}]`,
	answer: (text) => `4312345[${text}]`,
	auth: (text) => `40{"a":${text}}`,
};

async function deliver(t, server, place, text) {
	const socket =
		place === 'auth'
			? await RawSocket.connect(t, server)
			: await RawSocket.joined(t, server);
	socket.send(PLACES[place](text));
	return socket;
}

/** The text is no JSON, for the server as for JSON.parse, wherever it comes. */
export async function refusesJson(t, server, text) {
	assert.throws(() => JSON.parse(`[${text}]`), undefined, `JSON.parse takes ${text}`);
	for (const place of Object.keys(PLACES)) {
		const socket = await deliver(t, server, place, text);
		await socket.end().catch((error) => assert.fail(`${place} ${text}: ${error.message}`));
		assert.deepEqual(socket.inbox, [], `${place} ${text}`);
	}
}

/** The text is JSON wherever it comes, and comes back as the value that JSON.parse reads. */
export async function takesJson(t, server, text) {
	const sent = JSON.parse(JSON.stringify(JSON.parse(text)));
	for (const place of Object.keys(PLACES)) {
		const socket = await deliver(t, server, place, text);
		if (place === 'auth') assert.match(await socket.message(), /^40\{"sid"/);
		if (place === 'event') assert.deepEqual(argumentOf(await socket.message()), sent);
		socket.send('42["echo","still here"]');
		assert.equal(await socket.message(), '42["echo","still here"]', `${place} ${text}`);
		socket.ws.terminate();
	}
}

const argumentOf = (message) => JSON.parse(message.slice(2))[1];

// SPDX-License-Identifier: MIT
//
// Plain HTTP and plain WebSocket, for what a polite client never does.

import http from 'node:http';
import { WebSocket } from 'ws';
import { PATIENCE, within } from './wait.mjs';

const PATH = '/socket.io/';

/** Starts one HTTP request; `done` has its answer, `abort()` gives it up. */
export function begin(server, { method = 'GET', url, body, headers = {}, agent = false }) {
	let request;
	const answered = new Promise((done, fail) => {
		const target = { host: '127.0.0.1', port: server.port, path: url, method, headers, agent };
		request = http.request(target, (response) => {
			const parts = [];
			response.on('data', (part) => parts.push(part)).once('error', fail);
			response.once('end', () => {
				const { statusCode: status, headers: fields, rawHeaders } = response;
				const bytes = Buffer.concat(parts);
				const body = bytes.toString();
				done({ status, headers: fields, rawHeaders, body, bytes });
			});
		});
		request.once('error', fail);
		request.end(body);
	});
	const done = within(PATIENCE, answered, `the answer to ${method} ${url}`);
	done.catch(() => {});
	return { done, request, abort: () => request.destroy() };
}

export const ask = (server, options) => begin(server, options).done;

/** An Engine.IO session over polling, played by hand. */
export class Polling {
	constructor(server, path) {
		this.server = server;
		this.path = path;
	}

	static async open(server, { path = PATH, headers } = {}) {
		const polling = new Polling(server, path);
		const answer = await ask(server, { url: `${path}?EIO=4&transport=polling`, headers });
		if (answer.status !== 200) throw new Error(`handshake: ${answer.status} ${answer.body}`);
		polling.handshake = JSON.parse(answer.body.slice(1));
		polling.sid = polling.handshake.sid;
		return polling;
	}

	get url() {
		return `${this.path}?EIO=4&transport=polling&sid=${this.sid}`;
	}

	beginGet(more) {
		return begin(this.server, { url: this.url, ...more });
	}

	beginPost(body, more) {
		const headers = { 'Content-Type': 'text/plain;charset=UTF-8' };
		return begin(this.server, { method: 'POST', url: this.url, body, headers, ...more });
	}

	get(more) {
		return this.beginGet(more).done;
	}

	post(body, more) {
		return this.beginPost(body, more).done;
	}

	/** What the session answers in the end, when it is no session any more. */
	async refusal() {
		for (let polls = 0; polls < 20; polls++) {
			const answer = await this.get();
			if (answer.status !== 200) return answer;
		}
		throw new Error('the session is still alive after 20 polls');
	}

	/** The packets of the next payloads until there are `count`, without pings and noops. */
	async packets(count) {
		const all = [];
		while (all.length < count) {
			const { status, body } = await this.get();
			if (status !== 200) throw new Error(`poll: ${status} ${body}`);
			all.push(...body.split('\x1e').filter((packet) => packet !== '2' && packet !== '6'));
		}
		return all;
	}

	/** Joins a namespace and gives the packets that the server answered with. */
	async join(packet = '40', answers = 1) {
		await this.post(packet);
		return this.packets(answers);
	}
}

/** A WebSocket whose messages wait in a queue. Texts are strings, binary ones Buffers. */
export class RawSocket {
	constructor(t, server, { path = PATH, query = 'EIO=4&transport=websocket', ...options } = {}) {
		this.inbox = [];
		this.waiting = [];
		this.ws = new WebSocket(`ws://${server.host}${path}?${query}`, options);
		this.ws.on('message', (data, isBinary) => this.arrived(isBinary ? data : data.toString()));
		this.ws.on('error', (error) => (this.error = error));
		this.opened = new Promise((done) => this.ws.once('open', done));
		this.closed = new Promise((done) => {
			this.ws.once('close', (code, reason) => done({ code, reason: reason.toString() }));
		});
		t.after(() => this.ws.terminate());
	}

	arrived(message) {
		const reader = this.waiting.shift();
		if (reader) reader(message);
		else this.inbox.push(message);
	}

	/** The next message, whatever it is; an end of the connection is an error. */
	next(what = 'a message') {
		if (this.inbox.length) return this.inbox.shift();
		const message = new Promise((done) => this.waiting.push(done));
		const ended = this.closed.then(({ code }) => {
			throw new Error(`closed with ${code} instead of ${what}`);
		});
		return within(PATIENCE, Promise.race([message, ended]), what);
	}

	/** The next message that is no ping. */
	async message() {
		for (;;) {
			const message = await this.next();
			if (message !== '2') return message;
			this.send('3');
		}
	}

	async messages(count) {
		const all = [];
		while (all.length < count) all.push(await this.message());
		return all;
	}

	send(data) {
		this.ws.send(data);
	}

	open() {
		return within(PATIENCE, this.opened, 'the WebSocket');
	}

	/** Waits for the end: { code, reason }. */
	end() {
		return within(PATIENCE, this.closed, 'the end of the WebSocket');
	}

	/** A WebSocket that has read its handshake. */
	static async connect(t, server, options) {
		const socket = new RawSocket(t, server, options);
		const packet = await socket.next('the handshake');
		socket.handshake = JSON.parse(packet.slice(1));
		return socket;
	}

	/** A WebSocket that has joined a namespace. */
	static async joined(t, server, packet = '40') {
		const socket = await RawSocket.connect(t, server);
		socket.send(packet);
		await socket.message();
		return socket;
	}

	/** A WebSocket that asks for the session of a poller, and may or may not be let in. */
	static other(t, polling) {
		const query = `EIO=4&transport=websocket&sid=${polling.sid}`;
		return new RawSocket(t, polling.server, { path: polling.path, query });
	}

	/** A WebSocket for the upgrade of a polling session, before its probe. */
	static async beside(t, polling) {
		const socket = RawSocket.other(t, polling);
		await socket.open();
		return socket;
	}

	/** Sends the probe of an upgrade and gives its answer. */
	async probe() {
		this.send('2probe');
		return this.next('3probe');
	}
}

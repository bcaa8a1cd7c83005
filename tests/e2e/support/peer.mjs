// SPDX-License-Identifier: MIT
//
// A client of Socket.IO played by hand: packets are said and heard as they stand in a message of
// Engine.IO, with the 4 in front, by each of the ways in which a message can travel.

import assert from 'node:assert/strict';
import { ask, begin, RawSocket } from './raw.mjs';
import { PATIENCE, within } from './wait.mjs';

const PATH = '/socket.io/';
const MESSAGE = Buffer.from([4]);

/** The packets of a payload of version 3, whose lengths count UTF-16 units. */
function split3(payload) {
	const packets = [];
	for (let at = 0; at < payload.length;) {
		const colon = payload.indexOf(':', at);
		const end = colon + 1 + Number(payload.slice(at, colon));
		packets.push(payload.slice(colon + 1, end));
		at = end;
	}
	return packets;
}

const payloads = {
	3: {
		join: (packets) => packets.map((packet) => `${packet.length}:${packet}`).join(''),
		split: split3,
		binary: 'b4',
	},
	4: {
		join: (packets) => packets.join('\x1e'),
		split: (payload) => payload.split('\x1e'),
		binary: 'b',
	},
};

class ByWebSocket {
	static async open(t, server, { eio, query = '' }) {
		const by = new ByWebSocket();
		by.eio = eio;
		by.raw = await RawSocket.connect(t, server, {
			query: `EIO=${eio}&transport=websocket${query}`,
		});
		by.sid = by.raw.handshake.sid;
		return by;
	}

	async say(packets) {
		const prefix = this.eio === 3 ? MESSAGE : Buffer.alloc(0);
		for (const packet of packets)
			this.raw.send(Buffer.isBuffer(packet) ? Buffer.concat([prefix, packet]) : packet);
	}

	async next() {
		const message = await this.raw.message();
		return Buffer.isBuffer(message) && this.eio === 3 ? message.subarray(1) : message;
	}

	async waits() {}

	/** Waits until the server has handled what was said. */
	handled() {
		const { ws } = this.raw;
		const answered = new Promise((done) => ws.once('pong', done));
		ws.ping();
		return within(PATIENCE, answered, 'a pong frame');
	}

	/** Ends the session from this side. */
	async leave() {
		this.raw.ws.close();
		await this.raw.end();
	}

	/** What had come and not been read when the session ended. */
	async rest() {
		await this.raw.end();
		return this.raw.inbox.filter((message) => message !== '2');
	}
}

/** A GET waits nearly always; what it brings waits in a queue. */
class ByPolling {
	static async open(t, server, { eio, query = '' }) {
		const by = new ByPolling();
		const base64 = eio === 3 ? '&b64=1' : '';
		Object.assign(by, { server, payload: payloads[eio], queue: [], wake: () => {} });
		by.url = `${PATH}?EIO=${eio}&transport=polling${base64}${query}`;
		const { body } = await ask(server, { url: by.url });
		const [open, ...more] = by.payload.split(body);
		by.sid = JSON.parse(open.slice(1)).sid;
		by.url += `&sid=${by.sid}`;
		more.forEach((packet) => by.arrived(packet));
		by.pumping = by.pump();
		t.after(() => by.leave());
		return by;
	}

	arrived(packet) {
		const { binary } = this.payload;
		if (packet === '1') this.closed = true;
		else if (packet.startsWith(binary))
			this.queue.push(Buffer.from(packet.slice(binary.length), 'base64'));
		else if (packet !== '2' && packet !== '6') this.queue.push(packet);
		this.wake();
	}

	get() {
		const { done, request } = begin(this.server, { url: this.url });
		this.sent = new Promise((sent) => request.once('finish', sent).once('error', sent));
		return done;
	}

	pause() {
		this.resumed = new Promise((done) => (this.resume = done));
	}

	/** A GET waits at the server: it was sent, and two requests after it have been answered. */
	async waits() {
		await this.sent;
		await this.post(['6']);
		await this.post(['6']);
	}

	/** Only a session that is refused has ended; a GET without an answer has not. */
	async pump() {
		while (!this.closed && !this.error) {
			await this.resumed;
			const { status, body } = await this.get().catch((error) => ({ body: String(error) }));
			if (status === 200) this.payload.split(body).forEach((packet) => this.arrived(packet));
			else if (status === 400) this.arrived('1');
			else this.fail(`poll: ${status} ${body}`);
		}
	}

	fail(text) {
		this.error = new Error(text);
		this.wake();
	}

	async post(packets) {
		const body = this.payload.join(packets);
		const headers = { 'Content-Type': 'text/plain;charset=UTF-8' };
		return ask(this.server, { method: 'POST', url: this.url, body, headers });
	}

	async say(packets) {
		const { binary } = this.payload;
		const text = (packet) =>
			Buffer.isBuffer(packet) ? binary + packet.toString('base64') : packet;
		await this.post(packets.map(text));
	}

	async next() {
		while (!this.queue.length) {
			if (this.error) throw this.error;
			if (this.closed) throw new Error('the session ended instead of a packet');
			await within(PATIENCE, new Promise((done) => (this.wake = done)), 'a packet');
		}
		return this.queue.shift();
	}

	/** A POST is answered when it has been handled. */
	async handled() {}

	async rest() {
		await within(PATIENCE, this.pumping, 'the end of the session');
		if (this.error) throw this.error;
		return this.queue;
	}

	async leave() {
		this.resume?.();
		if (!this.closed) await this.post(['1']).catch(() => {});
		this.closed = true;
		await this.pumping;
	}
}

export const WEBSOCKET = { name: 'WebSocket', eio: 4, by: ByWebSocket };
export const POLLING = { name: 'polling', eio: 4, by: ByPolling };
export const WEBSOCKET3 = { name: 'WebSocket, version 3', eio: 3, by: ByWebSocket };
export const POLLING3 = { name: 'polling, version 3', eio: 3, by: ByPolling };
export const NEW = [WEBSOCKET, POLLING];
export const OLD = [WEBSOCKET3, POLLING3];
export const WAYS = [...NEW, ...OLD];

/** The name of a case; whatever holds in version 3 as well shows statement 113 too. */
export function title(numbers, what, way) {
	const also = way?.eio === 3 ? ', 113' : '';
	return `socket.io ${numbers}${also}: ${what}${way ? `, by ${way.name}` : ''}`;
}

const LEFT = /^42(\/[^,]*,)?\["left",/;
const UNKNOWN = '44/nowhere,{"message":"Invalid namespace"}';

export class Peer {
	/** A session that is in no namespace, unless the server puts it into one. */
	static async open(t, server, way = WEBSOCKET, query = '') {
		const peer = new Peer();
		peer.way = way;
		peer.by = await way.by.open(t, server, { eio: way.eio, query });
		peer.sid = peer.by.sid;
		return peer;
	}

	/** A session that has entered the namespace of this CONNECT. */
	static async join(t, server, way, packet = '40') {
		const peer = await Peer.open(t, server, way);
		if (peer.way.eio === 3) await peer.hears('40');
		if (peer.way.eio === 4 || packet !== '40') peer.id = await peer.enter(packet);
		else peer.id = peer.sid;
		return peer;
	}

	/** Enters one more namespace; its id there. */
	async enter(packet) {
		const name = /^40(\/[^,]*)?/.exec(packet)[1] ?? '/';
		const start = name === '/' ? '40' : `40${name},`;
		await this.say(packet);
		const answer = await this.next();
		assert.ok(answer.startsWith(start), answer);
		if (this.way.eio === 3) return name === '/' ? this.sid : `${name}#${this.sid}`;
		return JSON.parse(answer.slice(start.length)).sid;
	}

	say(...packets) {
		return this.by.say(packets);
	}

	/** The next packet, but for what the lab tells of others who left. */
	async next() {
		for (;;) {
			const packet = await this.by.next();
			if (!LEFT.test(packet)) return packet;
		}
	}

	/** The next packets are these: texts, attachments, or what a text must match. */
	async hears(...expected) {
		const matches = [];
		for (const packet of expected) {
			const came = await this.next();
			if (packet instanceof RegExp) assert.match(came, packet);
			else assert.deepEqual(came, packet);
			matches.push(packet instanceof RegExp ? packet.exec(came) : came);
		}
		return matches;
	}

	/** Says the one and hears the other. */
	async asks(packet, ...answers) {
		await this.say(...[packet].flat());
		return this.hears(...answers);
	}

	/** Nothing but what was read has come from the server, and the connection is alive. */
	goesOn() {
		return this.asks('40/nowhere,', UNKNOWN);
	}

	/** The server has handled all that was said. */
	handled() {
		return this.by.handled();
	}

	/** The server can send at any time: on polling, a GET waits. */
	waits() {
		return this.by.waits();
	}

	/** From now on no GET waits at the server, until it polls again. */
	async stopsPolling() {
		this.by.pause();
		await this.goesOn();
	}

	polls() {
		this.by.resume();
	}

	/** Ends the session. */
	leave() {
		return this.by.leave();
	}

	/** The session ends, and nothing comes before its end. */
	async isClosed(...last) {
		await this.hears(...last);
		const rest = await this.by.rest();
		assert.deepEqual(
			rest.filter((packet) => !LEFT.test(packet)),
			[],
		);
	}
}

/** A bystander who hears of everything that the lab tells its room "news". */
export class News {
	static async of(t, server) {
		const news = new News();
		news.list = [];
		news.peer = await Peer.join(t, server);
		await news.peer.asks('420["join","news"]', '430[]');
		return news;
	}

	matching(start) {
		const same = (one) =>
			start.every((value, i) => JSON.stringify(one[i]) === JSON.stringify(value));
		return this.list.filter(same);
	}

	/** Waits for the news that begin so: [name, ...args]. */
	async heard(...start) {
		while (!this.matching(start).length) {
			const packet = await this.peer.next();
			assert.match(packet, /^42\[/);
			this.list.push(JSON.parse(packet.slice(2)));
		}
		return this.matching(start)[0];
	}

	/** Waits for the answer to what the bystander asked with this id. */
	async answer(id, ...args) {
		for (;;) {
			const packet = await this.peer.next();
			if (!packet.startsWith('42')) return assert.equal(packet, `43${id}${JSON.stringify(args)}`);
			this.list.push(JSON.parse(packet.slice(2)));
		}
	}

	/** All news that begin so, up to now. */
	async sofar(...start) {
		await this.peer.say('40/nowhere,');
		for (;;) {
			const packet = await this.peer.next();
			if (packet === UNKNOWN) return this.matching(start);
			this.list.push(JSON.parse(packet.slice(2)));
		}
	}
}

// SPDX-License-Identifier: MIT
//
// One row, played against one server, and written down.

import { PATIENCE, within } from '../support/wait.mjs';
import { Wire } from './wire.mjs';

/** An Engine.IO session over polling; its opening is not part of what is written down. */
class Session {
	constructor(talk, query, sid) {
		this.talk = talk;
		this.sid = sid;
		this.url = `${query}&sid=${sid}`;
	}

	async begin(request, options) {
		const wire = this.talk.wire();
		await wire.send(request, options);
		await this.talk.settle();
		return wire;
	}

	/** A GET that waits. */
	beginPoll(options) {
		return this.begin(`GET ${this.url}`, options);
	}

	async once(request, options) {
		const wire = this.talk.wire();
		const answer = await wire.ask(request, options);
		wire.line.destroy();
		return answer;
	}

	poll(options) {
		return this.once(`GET ${this.url}`, options);
	}

	post(body, options) {
		return this.once(`POST ${this.url}`, { body, ...options });
	}

	/** A WebSocket that asks for the session. */
	async beside(options) {
		const wire = this.talk.wire();
		await wire.upgrade(this.url.replace('transport=polling', 'transport=websocket'), options);
		return wire;
	}

	/** Enters a namespace without a word about it. */
	async join(packet = '40') {
		await this.post(packet, { quiet: true });
		return this.poll({ quiet: true });
	}

	/** Why it was closed, as the server reports it. */
	reason() {
		return this.talk.reason(this.sid);
	}
}

export class Talk {
	constructor(server, { env, aside = [] }) {
		this.server = server;
		this.path = env.ENGINE_PATH ?? (env.APP === 'engine' ? '/engine.io/' : '/socket.io/');
		this.aside = aside;
		this.lines = [];
		this.known = [];
		this.heard = [];
		this.hidden = [];
		this.said = [];
	}

	/** What does not begin with a slash is below the engine's path. */
	pathOf(target) {
		return target.startsWith('/') ? target : this.path + target;
	}

	note(wire, direction, text) {
		if (!this.known.includes(wire)) this.known.push(wire);
		this.said.push({ wire, direction, text });
	}

	/** Ids of sessions and sockets differ from run to run. */
	learn(text) {
		for (const [, id] of text.matchAll(/\\?"sid\\?":\\?"([\w-]{20})\\?"/g)) {
			if (!this.heard.includes(id)) this.heard.push(id);
		}
	}

	/** A text that depends on the rows before. */
	hide(text, name) {
		this.hidden.push([text, name]);
	}

	wire() {
		return new Wire(this);
	}

	/** One request on a connection of its own. */
	async ask(request, options) {
		const wire = this.wire();
		const answer = await wire.ask(request, options);
		wire.line.destroy();
		return answer;
	}

	/** The last id that was told. */
	get lastId() {
		return this.heard.at(-1);
	}

	async polling(query = '?EIO=4&transport=polling') {
		const { status, text } = await this.ask(`GET ${query}`, { quiet: true });
		if (status !== 200) throw new Error(`handshake: ${status} ${text}`);
		return new Session(this, query, this.lastId);
	}

	async websocket(query = '?EIO=4&transport=websocket', options = {}) {
		const wire = this.wire();
		const { status, text } = await wire.upgrade(query, { ...options, quiet: true });
		if (status !== 101) throw new Error(`handshake: ${status} ${text}`);
		await wire.frame({ quiet: true });
		wire.sid = this.lastId;
		return wire;
	}

	/** Returns when what was sent on other connections has been read. */
	async settle() {
		for (let i = 0; i < 2; i++) await this.ask('GET ?transport=none', { quiet: true });
	}

	/** The server's own word, with REPORT=1. */
	async reported(pattern, what) {
		const { server } = this;
		const found = new Promise((done) => {
			const look = () => {
				const match = pattern.exec(server.stdout);
				if (!match) return;
				server.child.stdout.off('data', look);
				done(match);
			};
			server.child.stdout.setMaxListeners(0).on('data', look);
			look();
		});
		return within(PATIENCE, found, what);
	}

	async reason(sid) {
		const pattern = new RegExp(`^close \\{"sid":"${sid}".*?"reason":"([^"]*)"`, 'm');
		const [, reason] = await this.reported(pattern, 'the report of a close');
		this.said.push({ direction: '=', text: `closed by "${reason}"` });
		return reason;
	}

	/** Why the socket with this id was disconnected. */
	async left(id) {
		const pattern = new RegExp(`^disconnect \\{.*"id":"${id}".*"reason":"([^"]*)"`, 'm');
		const [, reason] = await this.reported(pattern, 'the report of a disconnect');
		this.said.push({ direction: '=', text: `disconnected by "${reason}"` });
	}

	/** Leaves neither connections nor sessions, whose end others in the lab would hear of. */
	async end() {
		this.lines.forEach((line) => line.destroy());
		for (const sid of this.heard) {
			const [session] = this.server.reports('open', { sid });
			if (session) await Promise.race([this.close(session), this.server.closed]);
		}
	}

	/** Posts a close packet, as a payload of each kind, unless the session is gone already. */
	async close({ sid, version }) {
		const pattern = new RegExp(`^close \\{"sid":"${sid}"`, 'm');
		for (const body of version === 4 ? ['1', 'd=1'] : ['1:1', 'd=1:1']) {
			if (pattern.test(this.server.stdout)) return;
			const target = `POST ?EIO=${version}&transport=polling&sid=${sid}`;
			await this.ask(target, { body, quiet: true }).catch(() => {});
		}
		await this.reported(pattern, 'the end of a session').catch(() => {});
	}

	/** All that was said, with the ids numbered. */
	get text() {
		const many = this.known.length > 1;
		const lines = this.said.flatMap(({ wire, direction, text }) => {
			const mark = direction + (many && wire ? this.known.indexOf(wire) + 1 : '');
			return text.split('\n').map((line) => `${mark} ${line}`.trimEnd());
		});
		const hide = (text, id, i) => text.replaceAll(id, `<id ${i + 1}>`);
		const shown = this.hidden.reduce(
			(text, pair) => text.replaceAll(...pair),
			lines.join('\n'),
		);
		return this.heard.reduce(hide, shown);
	}
}

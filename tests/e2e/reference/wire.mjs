// SPDX-License-Identifier: MIT
//
// One connection of a talk, which writes down what is said on it: requests and answers, and the
// messages of a WebSocket.

import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { clientFrame, described, Line, shortened } from './line.mjs';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** What is said of a connection as such, or depends on when and by whom it was written. */
const PASSING = ['date', 'keep-alive', 'transfer-encoding'];

function fieldsOf({ status, headers }, { aside, withBody }) {
	const hidden = [...PASSING, ...aside];
	/* An answer that has no body may still speak of its length. */
	if (status !== 204) hidden.push('content-length');
	/* Ours does not read a body that nobody waits for, and closes. */
	if (withBody && status !== 200) hidden.push('connection');
	const names = Object.keys(headers).filter((name) => !hidden.includes(name));
	return names.sort().map((name) => `${name}: ${headers[name]}`);
}

const isText = (headers) => !/octet-stream/.test(headers['content-type'] ?? '');

export class Wire {
	constructor(talk) {
		this.talk = talk;
		this.line = new Line(talk.server.port);
		talk.lines.push(this.line);
	}

	note(direction, text) {
		this.talk.note(this, direction, text);
	}

	async write(bytes) {
		if (!this.line.socket) await this.line.open();
		this.line.write(bytes);
	}

	/** Sends a request: "GET ?transport=polling" for what is below the engine's path. */
	async send(request, { headers = {}, body, version = '1.1', quiet = false } = {}) {
		const [method, target] = request.split(' ');
		this.method = method;
		this.withBody = body !== undefined || 'Content-Length' in headers;
		const more = Object.entries(headers).flatMap(([name, value]) =>
			[value].flat().map((one) => `${name}: ${one}`),
		);
		const bytes = body === undefined ? [] : Buffer.from(body);
		const framed = more.some((field) => /^(content-length|transfer-encoding):/i.test(field));
		const length = body === undefined || framed ? [] : [`Content-Length: ${bytes.length}`];
		const first = `${method} ${this.talk.pathOf(target)} HTTP/${version}`;
		const head = [first, 'Host: localhost', ...more, ...length, '', ''].join('\r\n');
		if (!quiet) {
			const shown = body === undefined ? [] : ['', shortened(bytes.toString())];
			this.note('>', [first.replace(/ HTTP\/1\.1$/, ''), ...more, ...shown].join('\n'));
		}
		await this.write(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(bytes)]));
	}

	/** Sends what is no request, or not a whole one. */
	async raw(text) {
		this.note('>', JSON.stringify(text));
		await this.write(Buffer.from(text, 'latin1'));
	}

	async answer({ quiet = false } = {}) {
		const answer = await this.line.answer(this.method);
		answer.text = answer.body.toString(isText(answer.headers) ? 'utf8' : 'hex');
		this.talk.learn(answer.text);
		if (!quiet) {
			const fields = fieldsOf(answer, { aside: this.talk.aside, withBody: this.withBody });
			const body = answer.text ? ['', shortened(answer.text)] : [];
			this.note('<', [answer.line, ...fields, ...body].join('\n'));
		}
		return answer;
	}

	async ask(request, options) {
		await this.send(request, options);
		return this.answer(options);
	}

	/* ---- WebSocket ---- */

	async asksForWebSocket(query, { headers = {}, quiet, method = 'GET', ...options } = {}) {
		const all = {
			Connection: 'Upgrade',
			Upgrade: 'websocket',
			'Sec-WebSocket-Key': KEY,
			'Sec-WebSocket-Version': '13',
			...headers,
		};
		const sent = Object.entries(all).filter(([, value]) => value !== undefined);
		if (!quiet) {
			const odd = Object.entries(headers).map(
				([name, value]) => `${name}: ${value ?? '(none)'}`,
			);
			this.note('>', [`WebSocket ${method} ${this.talk.pathOf(query)}`, ...odd].join('\n'));
		}
		const target = `${method} ${query}`;
		await this.send(target, { ...options, headers: Object.fromEntries(sent), quiet: true });
	}

	/** A WebSocket handshake and its answer. */
	async upgrade(query, options) {
		await this.asksForWebSocket(query, options);
		return this.answer(options);
	}

	/** Sends one message: text, or bytes. */
	say(data) {
		const text = typeof data === 'string';
		this.note(
			'>',
			text ? JSON.stringify(shortened(data)) : `bytes ${shortened(data.toString('hex'))}`,
		);
		this.line.sendFrame(data);
	}

	/** Says several texts in one piece. */
	sayAtOnce(...texts) {
		this.note(
			'>',
			`at once: ${texts.map((text) => JSON.stringify(shortened(text))).join(' ')}`,
		);
		this.line.write(Buffer.concat(texts.map((text) => clientFrame(1, Buffer.from(text)))));
	}

	/** Says a text in compressed form, without any context. */
	sayPacked(text) {
		this.note('>', `compressed ${JSON.stringify(shortened(text))}`);
		const packed = deflateRawSync(Buffer.from(text), { finishFlush: constants.Z_SYNC_FLUSH });
		this.line.write(clientFrame(1, packed.subarray(0, -4), { rsv: 4 }));
	}

	/** The first compressed message of the server, or one that is plain. */
	async unpacked() {
		const { first, payload } = await this.line.frame();
		this.talk.learn(payload.toString());
		if (!(first & 0x40)) return this.note('<', `plain ${shortened(payload.toString())}`);
		const whole = Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]);
		const text = inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
		this.talk.learn(text);
		this.note('<', `compressed ${shortened(text)}`);
	}

	/** Sends one frame that is none of the usual ones. */
	sayFrame(opcode, payload, options) {
		this.note(
			'>',
			`frame ${opcode} ${shortened(JSON.stringify(payload))} ${JSON.stringify(options ?? {})}`,
		);
		this.line.write(clientFrame(opcode, Buffer.from(payload), options));
	}

	sayClose(payload) {
		this.note('>', `CLOSE ${payload ? payload.toString('hex') : ''}`.trimEnd());
		this.line.sendClose(payload);
		this.saidClose = true;
	}

	/** The next frame. A close frame is answered, as every client does. */
	async frame({ quiet = false } = {}) {
		const frame = await this.line.frame();
		frame.text = frame.payload.toString();
		this.talk.learn(frame.text);
		if (!quiet) this.note('<', described(frame));
		if (frame.opcode === 8 && !this.saidClose) {
			this.saidClose = true;
			this.line.sendClose(frame.payload);
		}
		return frame;
	}

	/** Says a message and reads one. */
	exchange(data) {
		this.say(data);
		return this.frame();
	}

	/** Returns when the server has handled what it was sent: ping and pong. */
	async turn() {
		this.line.write(clientFrame(9, Buffer.alloc(0)));
		const { opcode } = await this.line.frame();
		if (opcode !== 10) throw new Error(`a frame ${opcode} instead of a pong`);
	}

	/** All frames until the connection is closed. */
	async frames() {
		for (;;) {
			const more = await this.line.until(
				() => (this.line.length ? true : this.line.over ? false : undefined),
				'the end',
			);
			if (!more) break;
			await this.frame();
		}
		this.note('<', 'closed');
	}

	/** What comes until the connection is closed, as it is. */
	async ended() {
		const rest = await this.line.takeAll();
		if (rest.length) this.note('<', JSON.stringify(rest.toString('latin1')));
		this.note('<', 'closed');
		return rest;
	}

	hangUp() {
		this.note('>', 'closes the connection');
		this.line.destroy();
	}
}

// SPDX-License-Identifier: MIT
//
// A WebSocket client by hand that speaks permessage-deflate: what it sends keeps to what was
// agreed, and what it gets is held to it.

import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { FrameClient } from './frame-client.mjs';
import * as ws from './frames.mjs';
import { Inflater } from './inflate.mjs';

export const COMPRESSED = { rsv: 4 };

const NAMES = [
	'server_no_context_takeover',
	'client_no_context_takeover',
	'server_max_window_bits',
	'client_max_window_bits',
];

/** The parameters of an answer to an offer, { name: value or true }. */
export function agreedIn(answer) {
	const [name, ...parameters] = answer.split('; ');
	assert.equal(name, 'permessage-deflate');
	const pairs = parameters.map((parameter) => parameter.split('='));
	for (const [key] of pairs) assert.ok(NAMES.includes(key), `${key} is a parameter`);
	assert.equal(new Set(pairs.map(([key]) => key)).size, pairs.length, 'no parameter comes twice');
	return Object.fromEntries(pairs.map(([key, value]) => [key, value ? Number(value) : true]));
}

/** Data deflated as one message: without the four bytes that every message ends with. */
export function deflated(data, options) {
	if (!data.length) return Buffer.from([0]);
	const finishFlush = zlib.constants.Z_SYNC_FLUSH;
	return zlib.deflateRawSync(data, { ...options, finishFlush }).subarray(0, -4);
}

/** The frames of one compressed message; `size`: bytes of each fragment, none: one frame. */
export function compressedFrames(opcode, payload, size = payload.length) {
	const parts = payload.length ? ws.pieces(payload, size) : [payload];
	return ws.fragments(opcode, parts, COMPRESSED);
}

export class DeflateClient extends FrameClient {
	/** A client whose offer was accepted; `agreed` has the answer's parameters. */
	static async open(t, server, offer = 'permessage-deflate', options) {
		const client = await super.open(t, server, { extensions: offer });
		const answers = client.head.fields['sec-websocket-extensions'];
		assert.equal(answers?.length, 1, `an answer to "${offer}"`);
		client.#begin(agreedIn(answers[0]), options);
		return client;
	}

	#begin(agreed, options) {
		this.agreed = agreed;
		this.options = { windowBits: Math.max(9, agreed.client_max_window_bits ?? 15), ...options };
		this.said = Buffer.alloc(0);
		this.inflater = new Inflater(1 << (agreed.server_max_window_bits ?? 15));
		this.contentOf(this.greeting);
	}

	/** The frames of a message, which may refer to those before it if that was agreed. */
	compress(opcode, data, size) {
		const dictionary = this.said.length ? this.said : undefined;
		const payload = deflated(data, { ...this.options, dictionary });
		if (!this.agreed.client_no_context_takeover)
			this.said = Buffer.concat([this.said, data]).subarray(-(1 << this.options.windowBits));
		return compressedFrames(opcode, payload, size);
	}

	/** What a frame of the server says. */
	contentOf({ payload, compressed }) {
		if (!compressed) return payload;
		if (this.agreed.server_no_context_takeover) this.inflater.reset();
		return this.inflater.read(payload);
	}

	/** The next message: { name, content, compressed, length } where length is that of its frame. */
	async message(what) {
		const frame = await this.frame(what);
		const { name, compressed, payload } = frame;
		return { name, compressed, length: payload.length, content: this.contentOf(frame) };
	}

	/** Sends a message, compressed, and wants it back as it was. */
	async echoes(opcode, data, size) {
		this.send(...this.compress(opcode, data, size));
		const { name, content, compressed, length } = await this.message(`${data.length} bytes`);
		assert.equal(name, opcode === ws.TEXT ? 'text' : 'binary');
		assert.ok(content.equals(data), `${data.length} bytes come back as they were`);
		return { compressed, length };
	}
}

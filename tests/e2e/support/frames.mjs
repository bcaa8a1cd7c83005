// SPDX-License-Identifier: MIT
//
// WebSocket frames by hand: any bits, any length, any mask, cut anywhere. What comes back is read
// strictly: final, not masked, in the shortest form of the length, nothing after a close frame.

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

const NAMES = {
	[TEXT]: 'text',
	[BINARY]: 'binary',
	[CLOSE]: 'close',
	[PING]: 'ping',
	[PONG]: 'pong',
};
const CONTROL_MAX = 125;

// ---- Building ----

let masks = 0;

/** Another mask for each frame, the same in every run; no byte of it is zero. */
function nextMask() {
	masks = (masks + 1) % 0x10000;
	return Buffer.from([0x9d, 1 + (masks & 0x7f), 0x80 | (masks >> 7), 0xe2]);
}

/** A copy of data XORed with the mask, four bytes at a time. */
export function xor(data, mask) {
	const out = Buffer.allocUnsafeSlow(data.length);
	data.copy(out);
	const [key] = new Uint32Array(Uint8Array.from(mask).buffer);
	const words = new Uint32Array(out.buffer, 0, data.length >> 2);
	for (let i = 0; i < words.length; i++) words[i] ^= key;
	for (let i = words.length * 4; i < out.length; i++) out[i] ^= mask[i % 4];
	return out;
}

/** The length in the shortest form, or in `form` bytes (0, 2 or 8) behind the second byte. */
function lengthBytes(length, form) {
	if (form === 0) return Buffer.from([Number(length)]);
	const out = Buffer.alloc(1 + form);
	if (form === 2) {
		out[0] = 126;
		out.writeUInt16BE(Number(length), 1);
	} else {
		out[0] = 127;
		out.writeBigUInt64BE(BigInt(length), 1);
	}
	return out;
}

function shortestForm(length) {
	return length <= CONTROL_MAX ? 0 : length <= 0xffff ? 2 : 8;
}

/**
 * One frame. `rsv`: the three reserved bits as a number, 4 for RSV1. `mask`: four bytes, or null
 * for none. `length`: what the header says, if not the truth. `form`: bytes of its long form.
 */
export function frame(opcode, payload = '', options = {}) {
	const { fin = true, rsv = 0, mask = nextMask(), length, form } = options;
	const data = Buffer.from(payload);
	const said = length ?? data.length;
	const head = lengthBytes(said, form ?? shortestForm(said));
	if (mask) head[0] |= 0x80;
	const first = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode]);
	return Buffer.concat(mask ? [first, head, mask, xor(data, mask)] : [first, head, data]);
}

export const text = (payload, options) => frame(TEXT, payload, options);
export const binary = (payload, options) => frame(BINARY, payload, options);
export const more = (payload, options) => frame(CONTINUATION, payload, options);
export const ping = (payload, options) => frame(PING, payload, options);
export const pong = (payload, options) => frame(PONG, payload, options);

/** The payload of a close frame. */
export function closing(code, reason = '') {
	const bytes = Buffer.from(reason);
	return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), bytes]);
}

export const close = (code, reason, options) => frame(CLOSE, closing(code, reason), options);

/** The frames of one message whose payload is given in pieces. */
export function fragments(opcode, pieces, { rsv = 0 } = {}) {
	return pieces.map((piece, i) => {
		const fin = i === pieces.length - 1;
		return i === 0 ? frame(opcode, piece, { fin, rsv }) : more(piece, { fin });
	});
}

/** The pieces of `size` bytes that data consists of. */
export function pieces(data, size) {
	const bytes = Buffer.from(data);
	const out = [];
	for (let at = 0; at < bytes.length; at += size) out.push(bytes.subarray(at, at + size));
	return out;
}

// ---- Reading ----

/** Bytes that wait until there are enough of them. */
class Bytes {
	chunks = [];
	length = 0;

	add(chunk) {
		this.chunks.push(chunk);
		this.length += chunk.length;
	}

	/** The first n bytes, which stay. */
	peek(n) {
		if (this.chunks.length > 1 && this.chunks[0].length < n)
			this.chunks = [Buffer.concat(this.chunks)];
		return this.chunks[0].subarray(0, n);
	}

	take(n) {
		if (n === 0) return Buffer.alloc(0);
		const out = this.peek(n);
		this.chunks[0] = this.chunks[0].subarray(n);
		if (!this.chunks[0].length) this.chunks.shift();
		this.length -= n;
		return out;
	}
}

function demand(condition, what) {
	if (!condition) throw new Error(`the server sent ${what}`);
}

/** Reads a server's frames and throws at the first thing that a server must not send. */
export class FrameReader extends Bytes {
	#closed = false;
	#head;

	constructor(allowCompressed = false) {
		super();
		this.allowCompressed = allowCompressed;
	}

	/** { opcode, name, payload, compressed, overhead }, or undefined: it is not whole yet. */
	read() {
		if (this.length) demand(!this.#closed, 'more after its close frame');
		this.#head ??= this.#readHead();
		if (!this.#head || this.length < this.#head.length) return undefined;
		const { length, ...rest } = this.#head;
		this.#head = undefined;
		this.#closed = rest.opcode === CLOSE;
		return { ...rest, payload: this.take(length) };
	}

	#readHead() {
		if (this.length < 2) return undefined;
		const [first, second] = this.peek(2);
		demand(first & 0x80, 'a frame that is not final');
		demand(!(second & 0x80), 'a masked frame');
		const form = [2, 8][second - 126] ?? 0;
		if (this.length < 2 + form) return undefined;
		this.take(2);
		const length = form ? this.#readLength(form) : second;
		demand(shortestForm(length) === form, `a length of ${length} in ${form} bytes`);
		const opcode = first & 0x0f;
		demand(NAMES[opcode], `the opcode ${opcode}`);
		demand(opcode < CLOSE || length <= CONTROL_MAX, `a ${NAMES[opcode]} of ${length} bytes`);
		const rsv = (first >> 4) & 7;
		const compressed = rsv === 4 && this.allowCompressed && opcode < CLOSE;
		demand(rsv === 0 || compressed, `the reserved bits ${rsv} on a ${NAMES[opcode]}`);
		return { opcode, name: NAMES[opcode], length, compressed, overhead: 2 + form };
	}

	#readLength(form) {
		const bytes = this.take(form);
		return form === 2 ? bytes.readUInt16BE() : Number(bytes.readBigUInt64BE());
	}
}

// SPDX-License-Identifier: MIT
//
// Deflate data (RFC 1951) read strictly, block by block, with an eye on how far back each reference
// reaches. A message of permessage-deflate is what Inflater.read() takes.

const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const KEPT = 32_768;

const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** [least, number of extra bits] for each code: so many codes for each number of extra bits. */
function bases(first, runs) {
	const out = [];
	let least = first;
	for (const [extra, count] of runs)
		for (let i = 0; i < count; i++, least += 1 << extra) out.push([least, extra]);
	return out;
}

const LENGTHS = bases(3, [
	[0, 8],
	[1, 4],
	[2, 4],
	[3, 4],
	[4, 4],
	[5, 4],
]);
LENGTHS[28] = [258, 0];
const DISTANCES = bases(1, [[0, 4], ...Array.from({ length: 13 }, (_, i) => [i + 1, 2])]);

function demand(condition, what) {
	if (!condition) throw new Error(`deflate data: ${what}`);
}

/** The table of a Huffman code: for the next `bits` bits, a symbol and the length of its code. */
function codeOf(lengths) {
	const bits = Math.max(1, ...lengths);
	const table = new Uint16Array(1 << bits);
	let code = 0;
	for (let length = 1; length <= bits; length++, code <<= 1)
		for (let symbol = 0; symbol < lengths.length; symbol++) {
			if (lengths[symbol] !== length) continue;
			let reversed = 0;
			for (let i = 0; i < length; i++) reversed |= ((code >> i) & 1) << (length - 1 - i);
			demand(code++ < 1 << length, 'more codes than there can be');
			for (let i = reversed; i < table.length; i += 1 << length) table[i] = (symbol << 4) | length;
		}
	return { table, bits };
}

const repeat = (count, value) => Array(count).fill(value);
const FIXED = {
	literals: codeOf([...repeat(144, 8), ...repeat(112, 9), ...repeat(24, 7), ...repeat(8, 8)]),
	distances: codeOf(repeat(30, 5)),
};

/** Bits of a buffer, the lowest of each byte first. */
class Bits {
	at = 0;
	held = 0;
	count = 0;

	constructor(bytes) {
		this.bytes = bytes;
	}

	fill(n) {
		while (this.count < n && this.at < this.bytes.length) {
			this.held |= this.bytes[this.at++] << this.count;
			this.count += 8;
		}
	}

	take(n) {
		this.fill(n);
		demand(this.count >= n, 'it ends within a block');
		const value = this.held & ((1 << n) - 1);
		this.held >>>= n;
		this.count -= n;
		return value;
	}

	symbol({ table, bits }) {
		this.fill(bits);
		const found = table[this.held & ((1 << bits) - 1)];
		const length = found & 15;
		demand(length > 0 && length <= this.count, 'a code that means nothing');
		this.held >>>= length;
		this.count -= length;
		return found >> 4;
	}

	/** The bytes that begin at the next whole one. */
	bytesFrom(n) {
		this.at -= this.count >> 3;
		this.held = this.count = 0;
		demand(this.at + n <= this.bytes.length, 'it ends within a stored block');
		this.at += n;
		return this.bytes.subarray(this.at - n, this.at);
	}

	get ended() {
		return this.at === this.bytes.length && this.count === 0;
	}
}

export class Inflater {
	/** `window`: in bytes; no reference may reach further back. */
	constructor(window) {
		this.window = window;
		this.farthest = 0; // of all references
		this.before = 0; // how far they reached back before their message
		this.reset();
	}

	/** Forgets all messages. */
	reset() {
		this.out = Buffer.alloc(4 * KEPT);
		this.start = this.end = 0;
	}

	/** The content of one message; throws unless it ends with an empty stored block. */
	read(payload) {
		this.out.copy(this.out, 0, Math.max(0, this.end - KEPT), this.end);
		this.start = this.end = Math.min(this.end, KEPT);
		const bits = new Bits(Buffer.concat([payload, TAIL]));
		this.blocks = [];
		while (!bits.ended) this.#block(bits);
		const last = this.blocks.at(-1);
		demand(last.type === 0 && last.length === 0, 'the last block is not an empty stored one');
		return Buffer.from(this.out.subarray(this.start, this.end));
	}

	#block(bits) {
		const before = this.end;
		demand(bits.take(1) === 0, 'a block that says it is the last');
		const type = bits.take(2);
		demand(type < 3, 'a block of the reserved type');
		if (type === 0) this.#stored(bits);
		else this.#coded(bits, type === 1 ? FIXED : readCodes(bits));
		this.blocks.push({ type, length: this.end - before });
	}

	#room(n) {
		if (this.end + n <= this.out.length) return;
		const larger = Buffer.alloc(2 * (this.end + n));
		this.out.copy(larger, 0, 0, this.end);
		this.out = larger;
	}

	#stored(bits) {
		const head = bits.bytesFrom(4);
		const length = head.readUInt16LE();
		demand(length === (~head.readUInt16LE(2) & 0xffff), 'a stored length and its complement');
		this.#room(length);
		this.end += bits.bytesFrom(length).copy(this.out, this.end);
	}

	#coded(bits, { literals, distances }) {
		for (;;) {
			const symbol = bits.symbol(literals);
			if (symbol === 256) return;
			this.#room(258);
			if (symbol < 256) this.out[this.end++] = symbol;
			else this.#reference(bits, LENGTHS[symbol - 257], distances);
		}
	}

	#reference(bits, lengthCode, distances) {
		demand(lengthCode, 'a length that means nothing');
		const length = lengthCode[0] + bits.take(lengthCode[1]);
		const distanceCode = DISTANCES[bits.symbol(distances)];
		const distance = distanceCode[0] + bits.take(distanceCode[1]);
		demand(distance <= this.end, `a reference ${distance} back to before the beginning`);
		demand(distance <= this.window, `a reference ${distance} back, of ${this.window}`);
		this.farthest = Math.max(this.farthest, distance);
		this.before = Math.max(this.before, distance - (this.end - this.start));
		for (let i = 0; i < length; i++, this.end++) this.out[this.end] = this.out[this.end - distance];
	}
}

function readCodes(bits) {
	const [nliterals, ndistances, ncodes] = [bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4];
	const codeLengths = repeat(19, 0);
	for (let i = 0; i < ncodes; i++) codeLengths[ORDER[i]] = bits.take(3);
	const code = codeOf(codeLengths);
	const lengths = [];
	while (lengths.length < nliterals + ndistances) {
		const symbol = bits.symbol(code);
		if (symbol < 16) lengths.push(symbol);
		else if (symbol === 16) lengths.push(...repeat(3 + bits.take(2), lengths.at(-1)));
		else lengths.push(...repeat(symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7), 0));
	}
	return {
		literals: codeOf(lengths.slice(0, nliterals)),
		distances: codeOf(lengths.slice(nliterals)),
	};
}

// SPDX-License-Identifier: MIT
//
// Where this server departs from the reference on purpose: packets in MessagePack.

import { decode, encode } from 'notepack.io';
import { Table } from '../../support/reference.mjs';

// As many attachments as may be take more memory than is held for a client without being asked.
export const table = new Table('Differences: MessagePack', {
	PARSER: 'msgpack',
	MAX_HELD: '100000000',
});

const bytes = (hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const CLOSED = 'closed';

/** An event with these arguments, which are MessagePack already. */
function event(name, ...args) {
	const head = encode({ type: 2, nsp: '/' });
	head[0] += 1;
	const array = Buffer.from([0x90 + 1 + args.length]);
	return Buffer.concat([head, encode('data'), array, encode(name), ...args]);
}

/** What comes back of an echo of arguments: those of the event, or that the connection is closed. */
async function echoed(talk, ...args) {
	const wire = await talk.websocket();
	await wire.exchange(encode({ type: 0, nsp: '/' }));
	const { opcode, payload } = await wire.exchange(event('echo', ...args));
	if (opcode === 8) return CLOSED;
	return payload;
}
const argsOf = (answer) => (answer === CLOSED ? CLOSED : decode(answer).data.slice(1));

/* ---- 64: what JSON cannot say ---- */

const date = new Date('2026-11-21T12:34:56.789Z');
const values = {
	'a date': [encode(date), [date], [date.toISOString()]],
	NaN: [encode(NaN), [NaN], [null]],
	'an infinity': [encode(-Infinity), [-Infinity], [null]],
	'undefined in an array': [encode([undefined, 1]), [[undefined, 1]], [[null, 1]]],
	'undefined in an object': [encode({ a: undefined, b: 1 }), [{ a: undefined, b: 1 }], [{ b: 1 }]],
	'an unknown extension': [bytes('d4 05 07'), [[5, bytes('07')]], [null]],
};
for (const [name, [value, reference, ours]] of Object.entries(values))
	table.differs(64, `an echo of ${name}`, { reference, ours }, async (talk) =>
		argsOf(await echoed(talk, value)),
	);

/* ---- 65 and 66: keys, and what looks like an attachment ---- */

const keys = { 'null': ['c0', 'null'], 'true': ['c3', 'true'], 'an array': ['92 01 02', '1,2'] };
for (const [name, [key, text]] of Object.entries(keys))
	table.differs(
		65,
		`${name} as a key`,
		{ reference: [{ [text]: 1 }], ours: CLOSED },
		async (talk) => argsOf(await echoed(talk, bytes(`81 ${key} 01`))),
	);

const like = (num) => ({ _placeholder: true, num });
for (const [num, ours] of [[0, [bytes('07'), bytes('07')]], [1, CLOSED]])
	table.differs(
		66,
		`an object that looks like attachment ${num} of one`,
		{ reference: [bytes('07'), like(num)], ours },
		async (talk) => argsOf(await echoed(talk, encode(bytes('07')), encode(like(num)))),
	);

/* ---- 67: half a surrogate pair ---- */

table.differs(
	67,
	'half a surrogate pair and a letter behind it',
	{ reference: 'efbfbdefbfbdefbfbd61', ours: 'efbfbd61' },
	async (talk) => {
		/* The three bytes that older encoders write. */
		const answer = await echoed(talk, bytes('a4 ed a0 80 61'));
		const at = answer.indexOf('echo') + 5;
		return answer.subarray(at, at + (answer[at - 1] & 0x1f)).toString('hex');
	},
);

/* ---- 68: so many attachments ---- */

for (const [count, ours] of [[65535, 65535], [65536, CLOSED]])
	table.differs(
		68,
		`${count} attachments`,
		{ reference: count, ours },
		async (talk) => {
			const list = Buffer.alloc(5 + 2 * count);
			list[0] = 0xdd;
			list.writeUInt32BE(count, 1);
			for (let i = 0; i < count; i++) list[5 + 2 * i] = 0xc4;
			const args = argsOf(await echoed(talk, list));
			return args === CLOSED ? CLOSED : args[0].length;
		},
	);

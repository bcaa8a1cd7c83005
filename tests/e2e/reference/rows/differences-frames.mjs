// SPDX-License-Identifier: MIT
//
// Where this server departs from the reference on purpose: frames, and compressed messages.

import { Table } from '../../support/reference.mjs';
import { clientFrame } from '../line.mjs';

export const table = new Table('Differences: frames');

const WEBSOCKET = '?EIO=4&transport=websocket';
const DEFLATE = { DEFLATE: '1' };

/* ---- 41: frames, and offers of compression ---- */

table.differs(
	41,
	'a length in a longer form than it needs',
	{
		reference: 'TEXT',
		ours: 'CLOSE 1002',
	},
	async (talk) => {
		const wire = await talk.websocket();
		wire.line.write(Buffer.from([0x81, 0xfe, 0, 2, 0, 0, 0, 0, 0x34, 0x30]));
		const { opcode, payload } = await wire.frame();
		return opcode === 8 ? `CLOSE ${payload.readUInt16BE(0)}` : 'TEXT';
	},
);
const declined = ['permessage-deflate; foo', 'permessage-deflate; server_max_window_bits=7'];
const passed = [', permessage-deflate', 'permessage-deflate; foo, permessage-deflate'];
for (const offer of [...declined, ...passed]) {
	table.differs(
		41,
		`the offer "${offer}"`,
		{
			reference: 'refused with 400',
			ours: passed.includes(offer) ? 'permessage-deflate' : 'uncompressed',
			env: DEFLATE,
		},
		async (talk) => {
			const headers = { 'Sec-WebSocket-Extensions': offer };
			const { status, headers: fields } = await talk.wire().upgrade(WEBSOCKET, { headers });
			if (status !== 101) return `refused with ${status}`;
			return fields['sec-websocket-extensions'] ?? 'uncompressed';
		},
	);
}

table.differs(
	41,
	'a list of offers that cannot be read, where there is no compression',
	{ reference: 101, ours: 400 },
	async (talk) => {
		const headers = { 'Sec-WebSocket-Extensions': 'a b' };
		return (await talk.wire().upgrade(WEBSOCKET, { headers })).status;
	},
);

table.differs(
	41,
	'window bits with a leading zero',
	{
		reference: 'permessage-deflate; server_max_window_bits=8',
		ours: 'uncompressed',
		env: DEFLATE,
	},
	async (talk) => {
		const offer = 'permessage-deflate; server_max_window_bits=08';
		const headers = { 'Sec-WebSocket-Extensions': offer };
		const { headers: fields } = await talk.wire().upgrade(WEBSOCKET, { headers });
		return fields['sec-websocket-extensions'] ?? 'uncompressed';
	},
);
/* ---- 42: frames in one piece with the handshake ---- */

table.differs(
	42,
	'a frame in one piece with the handshake',
	{
		reference: 'the second',
		ours: 'the first',
	},
	async (talk) => {
		const wire = talk.wire();
		const head = [
			`GET /socket.io/${WEBSOCKET} HTTP/1.1`,
			'Host: localhost',
			'Connection: Upgrade',
			'Upgrade: websocket',
			'Sec-WebSocket-Version: 13',
			'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
		];
		const frame = clientFrame(1, Buffer.from('40/first,'));
		await wire.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), frame]));
		await wire.answer();
		await wire.frame();
		await talk.settle();
		const { text } = await wire.exchange('40/second,');
		return text.startsWith('44/first') ? 'the first' : 'the second';
	},
);

/* ---- 43 and 44: what the server sends ---- */

table.differs(
	43,
	'the answer to a close frame with a reason',
	{ reference: '1000 bye', ours: '1000 ' },
	async (talk) => {
		const wire = await talk.websocket();
		wire.sayClose(Buffer.from('\x03\xe8bye', 'latin1'));
		const { payload } = await wire.frame();
		return `${payload.readUInt16BE(0)} ${payload.subarray(2)}`;
	},
);
table.differs(
	44,
	'the first packet and a ping, where the context is kept',
	{
		reference: ['compressed', 'compressed'],
		ours: ['plain', 'plain'],
		env: { DEFLATE: '1', PING_INTERVAL: '200' },
	},
	async (talk) => {
		const wire = talk.wire();
		const headers = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
		await wire.upgrade(WEBSOCKET, { headers });
		const frames = [await wire.line.frame(), await wire.line.frame()];
		return frames.map(({ first }) => (first & 0x40 ? 'compressed' : 'plain'));
	},
);

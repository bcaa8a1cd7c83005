// SPDX-License-Identifier: MIT
//
// Frames of a WebSocket that break the rules, are too large, or are compressed.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Frames');

const TEXT = 1;
const BINARY = 2;
const CONTINUATION = 0;
const CLOSE = 8;
const PING = 9;

/* ---- Frames that break the rules ---- */

const bad = {
	'one without a mask': [TEXT, '40', { masked: false }],
	'a first bit that nobody agreed on': [TEXT, '40', { rsv: 4 }],
	'a second bit that nobody agreed on': [TEXT, '40', { rsv: 2 }],
	'a third bit that nobody agreed on': [TEXT, '40', { rsv: 1 }],
	'an opcode of 3': [3, '40'],
	'an opcode of 7': [7, '40'],
	'an opcode of 11': [11, ''],
	'an opcode of 15': [15, ''],
	'a continuation of nothing': [CONTINUATION, '40'],
	'a ping in fragments': [PING, 'a', { fin: false }],
	'a ping of 126 bytes': [PING, 'x'.repeat(126)],
	'a close frame of 126 bytes': [CLOSE, 'x'.repeat(126)],
	'a text that is not UTF-8': [TEXT, Buffer.from([0x34, 0xff])],
	'a text with half a surrogate pair': [TEXT, Buffer.from([0x34, 0xed, 0xa0, 0x80])],
};
for (const [name, frame] of Object.entries(bad)) {
	table.row(`frames: ${name}`, async (talk) => {
		const wire = await talk.websocket();
		wire.sayFrame(...frame);
		await wire.frames();
		await talk.reason(wire.sid);
	});
}
table.row('frames: a message in the middle of another', async (talk) => {
	const wire = await talk.websocket();
	wire.sayFrame(TEXT, '40', { fin: false });
	wire.sayFrame(TEXT, '40');
	await wire.frames();
	await talk.reason(wire.sid);
});

/* ---- Too large ---- */

const SMALL = { env: { MAX_HTTP_BUFFER: '1000' } };
const exact = (length) => `40/${'x'.repeat(length - 4)},`;
table.row(
	'a message of exactly the limit',
	async (talk) => {
		const wire = await talk.websocket();
		await wire.exchange(exact(1000));
	},
	SMALL,
);
const large = {
	'a text of one byte more': [[TEXT, exact(1001)]],
	'bytes of one more': [[BINARY, 'x'.repeat(1001)]],
	'fragments of one byte more': [
		[TEXT, exact(1000), { fin: false }],
		[CONTINUATION, 'x'],
	],
};
for (const [name, frames] of Object.entries(large)) {
	table.row(
		`1009: ${name}`,
		async (talk) => {
			const wire = await talk.websocket();
			for (const frame of frames) wire.sayFrame(...frame);
			await wire.frames();
			await talk.reason(wire.sid);
		},
		SMALL,
	);
}
table.row(
	'1009: what was answered before goes out',
	async (talk) => {
		const wire = await talk.websocket();
		wire.sayAtOnce('40/nope,', exact(1001));
		await wire.frames();
	},
	SMALL,
);

/* ---- permessage-deflate ---- */

const DEFLATE = { env: { DEFLATE: '1' } };
const WEBSOCKET = '?EIO=4&transport=websocket';
const offer = (text) => ({ headers: { 'Sec-WebSocket-Extensions': text } });
const ALONE = offer('permessage-deflate; server_no_context_takeover');
const LONG = `40/${'x'.repeat(1500)},`;
table.row(
	'without a context a long message is compressed, a short one is not',
	async (talk) => {
		const wire = await talk.websocket(WEBSOCKET, ALONE);
		for (const text of ['40/nope,', LONG, '40/nope,']) {
			wire.sayPacked(text);
			await wire.unpacked();
		}
	},
	DEFLATE,
);
table.row(
	'a message that is not compressed where it may be',
	async (talk) => {
		const wire = await talk.websocket(WEBSOCKET, ALONE);
		wire.say('40/nope,');
		await wire.unpacked();
	},
	DEFLATE,
);
table.row(
	'a compressed message that is no deflate data',
	async (talk) => {
		const wire = await talk.websocket(WEBSOCKET, ALONE);
		wire.sayFrame(TEXT, Buffer.from('ffffffff', 'hex'), { rsv: 4 });
		await wire.frames();
		await talk.reason(wire.sid);
	},
	DEFLATE,
);
table.row(
	'a compressed message that is too large when it is inflated',
	async (talk) => {
		const wire = await talk.websocket(WEBSOCKET, ALONE);
		wire.sayPacked(exact(1001));
		await wire.frames();
		await talk.reason(wire.sid);
	},
	{ env: { DEFLATE: '1', MAX_HTTP_BUFFER: '1000' } },
);

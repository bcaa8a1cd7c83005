// SPDX-License-Identifier: MIT
//
// Sessions on WebSocket: messages, packets, and how they end.

import { Table } from '../../support/reference.mjs';

export const table = new Table('WebSocket');

const ENGINE = { env: { APP: 'engine' } };
const TEXT = 1;
const CONTINUATION = 0;
const PING = 9;
const PONG = 10;

/* ---- Messages ---- */

table.row(
	'text, binary and empty messages',
	async (talk) => {
		const wire = await talk.websocket();
		await wire.exchange('4hello é€😀\u2028');
		await wire.exchange('4');
		await wire.exchange(Buffer.from([0, 1, 255]));
		await wire.exchange(Buffer.alloc(0));
		await wire.exchange('bAQID');
		await wire.exchange('b');
	},
	ENGINE,
);
table.row(
	'a message is never a payload',
	async (talk) => {
		const wire = await talk.websocket();
		await wire.exchange('4a\x1e4b');
	},
	ENGINE,
);
table.row(
	'lengths of 125, 126, 65,535 and 65,536 bytes',
	async (talk) => {
		const wire = await talk.websocket();
		for (const length of [125, 126, 65535, 65536])
			await wire.exchange(`4${'x'.repeat(length - 1)}`);
	},
	ENGINE,
);
table.row(
	'fragments, and a ping between them',
	async (talk) => {
		const wire = await talk.websocket();
		wire.sayFrame(TEXT, '4he', { fin: false });
		wire.sayFrame(PING, 'a');
		await wire.frame();
		wire.sayFrame(CONTINUATION, 'll', { fin: false });
		wire.sayFrame(CONTINUATION, 'o');
		await wire.frame();
	},
	ENGINE,
);
table.row(
	'a ping is answered with its payload, a pong with nothing',
	async (talk) => {
		const wire = await talk.websocket();
		wire.sayFrame(PING, 'x'.repeat(125));
		await wire.frame();
		wire.sayFrame(PING, '');
		await wire.frame();
		wire.sayFrame(PONG, 'abc');
		await wire.exchange('4a');
	},
	ENGINE,
);
table.row('binary events both ways', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	wire.say('451-["echo",{"_placeholder":true,"num":0}]');
	wire.say(Buffer.from([1, 2, 3]));
	await wire.frame();
	await wire.frame();
});

/* ---- Packets that change nothing ---- */

const harmless = {
	'an open packet': '0',
	'a close packet': '1',
	'a pong': '3',
	'a pong with data': '3x',
};
Object.assign(harmless, { 'an upgrade packet': '5', 'a noop': '6' });
for (const [name, packet] of Object.entries(harmless)) {
	table.row(`not closed by ${name}`, async (talk) => {
		const wire = await talk.websocket();
		wire.say(packet);
		await wire.exchange('40/nope,');
	});
}

/* ---- Closed by the server ---- */

const fatal = {
	'an empty message': '',
	'a packet of unknown type': '9',
	'a letter': 'x',
	'a separator': '\x1e',
	'a ping': '2',
	'a probe on a session that is not upgrading': '2probe',
};
for (const [name, packet] of Object.entries(fatal)) {
	table.row(`closed by ${name}`, async (talk) => {
		const wire = await talk.websocket();
		wire.say(packet);
		await wire.frames();
		await talk.reason(wire.sid);
	});
}
table.row('what was answered before a bad packet goes out', async (talk) => {
	const wire = await talk.websocket();
	wire.sayAtOnce('40/nope,', '9', '40/nope2,');
	await wire.frames();
	await talk.reason(wire.sid);
});
table.row('the application disconnects one socket', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	await wire.exchange('42["drop"]');
	await wire.exchange('40');
});
table.row('the application disconnects the client', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	wire.say('42["kick"]');
	await wire.frames();
	await talk.reason(wire.sid);
});
const QUICK = { env: { PING_INTERVAL: '200', PING_TIMEOUT: '600' } };
table.row(
	'no pong',
	async (talk) => {
		const wire = await talk.websocket();
		await wire.frames();
		await talk.reason(wire.sid);
	},
	QUICK,
);
table.row(
	'a ping, its pong, and the next ping',
	async (talk) => {
		const wire = await talk.websocket();
		await wire.frame();
		await wire.exchange('3');
		await wire.exchange('3');
	},
	QUICK,
);

/* ---- Closed by the client ---- */

const code = (number) => Buffer.from([number >> 8, number & 0xff]);
const goodbyes = {
	'without a code': undefined,
	'with 1000': code(1000),
	'with 1001': code(1001),
	'with 1011': code(1011),
	'with 3000': code(3000),
	'with 4999': code(4999),
	'with 999, which there is not': code(999),
	'with 1005, which may not be sent': code(1005),
	'with 1006, which may not be sent': code(1006),
	'with 1015, which may not be sent': code(1015),
	'with 2000, which means nothing': code(2000),
	'with 5000, which means nothing': code(5000),
	'with half a code': Buffer.from([3]),
	'with a reason that is not UTF-8': Buffer.concat([code(1000), Buffer.from([0xff])]),
};
for (const [name, payload] of Object.entries(goodbyes)) {
	table.row(`the client says goodbye ${name}`, async (talk) => {
		const wire = await talk.websocket();
		wire.sayClose(payload);
		await wire.frames();
		await talk.reason(wire.sid);
	});
}
table.row('the client hangs up', async (talk) => {
	const wire = await talk.websocket();
	wire.hangUp();
	await talk.reason(wire.sid);
});

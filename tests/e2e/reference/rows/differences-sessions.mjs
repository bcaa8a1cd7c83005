// SPDX-License-Identifier: MIT
//
// Where this server departs from the reference on purpose: heartbeat, codings, Socket.IO packets.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Differences: sessions');

const CLOSED = 'closed';
const LONG = `40/${'x'.repeat(2000)},`;
const A = Buffer.from('a');

/** Joins the main namespace over WebSocket. */
async function joined(talk) {
	const wire = await talk.websocket();
	await wire.exchange('40');
	return wire;
}

/** What comes next: the text of a message, "bytes", or that the connection is closed. */
async function reply(wire, data) {
	for (const one of [data].flat()) wire.say(one);
	const { opcode, text } = await wire.frame();
	if (opcode === 8) return CLOSED;
	return opcode === 2 ? 'bytes' : text;
}

/* ---- 15: a pong that is due ---- */

table.differs(
	15,
	'no pong comes after an upgrade',
	{
		reference: 'neither pinged nor closed',
		ours: 'ping timeout',
		env: { PING_INTERVAL: '300', PING_TIMEOUT: '1000' },
	},
	async (talk) => {
		const session = await talk.polling();
		const ping = await session.poll();
		const wire = await session.beside();
		await wire.exchange('2probe');
		wire.say('5');
		if (ping.text !== '2') return ping.text;
		const ended = wire.frame().then(() => session.reason());
		/* The deadline, and the next ping and its deadline. */
		const silence = new Promise((done) => setTimeout(done, 2000, 'neither pinged nor closed'));
		return Promise.race([ended, silence]);
	},
);

/* ---- 16: codings ---- */

const SCRIPT = 'GET /socket.io/socket.io.min.js';
const codings = [
	['gzip, br', 'gzip', 'br'],
	['deflate, gzip', 'deflate', 'gzip'],
	['deflate, gzip, br', 'deflate', 'br'],
	['gzip;q=0.5, br;q=0.5', 'gzip', 'br'],
	['identity, gzip;q=0.5', 'gzip', undefined],
];
for (const [accepted, reference, ours] of codings) {
	table.differs(16, `a file for "${accepted}"`, { reference, ours }, async (talk) => {
		const { headers } = await talk.ask(SCRIPT, { headers: { 'Accept-Encoding': accepted } });
		return headers['content-encoding'];
	});
}
table.differs(
	16,
	'a poll for "deflate, gzip"',
	{ reference: 'deflate', ours: 'gzip' },
	async (talk) => {
		const session = await talk.polling();
		await session.post(LONG);
		const { headers } = await session.poll({ headers: { 'Accept-Encoding': 'deflate, gzip' } });
		return headers['content-encoding'];
	},
);

/* ---- 45: br on polls ---- */

for (const [accepted, reference] of [
	['br', undefined],
	['*', 'gzip'],
]) {
	table.differs(
		45,
		`a poll for "${accepted}"`,
		{ reference, ours: 'br' },
		async (talk) => {
			const session = await talk.polling();
			await session.post(LONG);
			const { headers } = await session.poll({ headers: { 'Accept-Encoding': accepted } });
			return headers['content-encoding'];
		},
	);
}

/* ---- 17: late packets ---- */

const late = {
	'an event': ['42["echo",1]'],
	'an event with an attachment': ['451-["echo",{"_placeholder":true,"num":0}]', A],
	'an ack': ['431[]'],
	'a DISCONNECT': ['41'],
};
for (const [name, packets] of Object.entries(late)) {
	table.differs(
		17,
		`${name} for a namespace that the server has taken the client out of`,
		{
			reference: CLOSED,
			ours: '44/nope,{"message":"Invalid namespace"}',
		},
		async (talk) => {
			const wire = await joined(talk);
			await wire.exchange('42["drop"]');
			return reply(wire, [...packets, '40/nope,']);
		},
	);
}
table.differs(
	17,
	'an event for a namespace that the client has left',
	{
		reference: CLOSED,
		ours: '40/admin',
	},
	async (talk) => {
		const wire = await joined(talk);
		wire.say('41');
		await wire.turn();
		const answer = await reply(wire, ['42["echo",1]', '40/admin,{"token":"secret"}']);
		return answer.split(',')[0];
	},
);

/* ---- 18 to 20: numbers ---- */

const ids = { 9007199254740992: '9007199254740992', '9007199254740993': '9007199254740992' };
ids['99999999999999999999'] = '100000000000000000000';
for (const [id, answered] of Object.entries(ids)) {
	table.differs(
		18,
		`the ack id ${id}`,
		{ reference: `43${answered}[1]`, ours: CLOSED },
		async (talk) => reply(await joined(talk), `42${id}["ack",1]`),
	);
}
const HOLE = '{"_placeholder":true,"num":0}';
const odd = {
	'a number of attachments with a fraction': [`451.0-["ack",${HOLE}]`, A],
	'a number of attachments with an exponent': [`451e0-["ack",${HOLE}]`, A],
	'a number of attachments with a space': [`45 1-["ack",${HOLE}]`, A],
	'a number of attachments with a sign': [`45+1-["ack",${HOLE}]`, A],
	'a hexadecimal number of attachments': [`450x1-["ack",${HOLE}]`, A],
};
for (const [name, packets] of Object.entries(odd)) {
	table.differs(
		19,
		name,
		{
			reference: '44/nope,{"message":"Invalid namespace"}',
			ours: CLOSED,
		},
		async (talk) => reply(await joined(talk), [...packets, '40/nope,']),
	);
}
table.differs(
	19,
	'a packet type that is a space',
	{
		reference: '40{"sid":',
		ours: CLOSED,
	},
	async (talk) => (await reply(await talk.websocket(), '4 ')).slice(0, 9),
);
table.differs(
	19,
	'a space in the place of an ack id',
	{
		reference: '430[1]',
		ours: '44/nope,{"message":"Invalid namespace"}',
	},
	async (talk) => {
		const wire = await joined(talk);
		wire.say('42 ["ack",1]');
		await talk.settle();
		return reply(wire, '40/nope,');
	},
);
for (const num of ['0.5', '1e-7']) {
	table.differs(
		20,
		`a placeholder with the number ${num}`,
		{
			reference: '431[null]',
			ours: CLOSED,
		},
		async (talk) =>
			reply(await joined(talk), [`451-1["ack",{"_placeholder":true,"num":${num}}]`, A]),
	);
}

/* ---- 21: nesting ---- */

const nested = (levels) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
for (const [levels, ours] of [
	[10000, 'taken'],
	[10001, CLOSED],
]) {
	table.differs(21, `JSON of ${levels} levels`, { reference: 'taken', ours }, async (talk) => {
		const wire = await joined(talk);
		/* One of the levels is the event's own. */
		const answer = await reply(wire, `421["whoami",${nested(levels - 1)}]`);
		return answer.startsWith('431[{"id":') ? 'taken' : answer;
	});
}

/* ---- 27 and 29 ---- */

for (const method of ['GET', 'HEAD', 'POST']) {
	table.differs(
		27,
		`${method} of a file`,
		{
			reference: undefined,
			ours: 'Accept-Encoding',
		},
		async (talk) => (await talk.ask(SCRIPT.replace('GET', method))).headers.vary,
	);
}
table.differs(27, 'a 304', { reference: undefined, ours: 'Accept-Encoding' }, async (talk) => {
	const { status, headers } = await talk.ask(SCRIPT, { headers: { 'If-None-Match': '"4.8.4"' } });
	return status === 304 ? headers.vary : status;
});

const OLD = { ALLOW_EIO3: '1', APP: 'engine' };
table.differs(
	29,
	'the first frame of a session of version 3',
	{
		reference: 'at once',
		ours: 'later',
		env: OLD,
	},
	async (talk) => {
		const times = [];
		for (let i = 0; i < 30; i++) {
			const wire = talk.wire();
			const begun = performance.now();
			await wire.upgrade('?EIO=3&transport=websocket');
			await wire.frame();
			times.push(performance.now() - begun);
		}
		return Math.min(...times) < 4 ? 'at once' : 'later';
	},
);

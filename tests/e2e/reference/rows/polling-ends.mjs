// SPDX-License-Identifier: MIT
//
// Polls and posts that overlap or are too large, and how sessions on polling end.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Polling: overlaps and ends');

/* ---- Overlaps ---- */

table.row('a second GET while one waits', async (talk) => {
	const session = await talk.polling();
	const waiting = await session.beginPoll();
	await session.poll();
	await waiting.answer();
	await session.reason();
	await session.poll();
});
table.row('a second POST while one is being received', async (talk) => {
	const session = await talk.polling();
	const slow = await session.begin(`POST ${session.url}`, {
		headers: { 'Content-Length': '5' },
		body: '40',
	});
	await session.post('40');
	await slow.ended();
	await session.reason();
	await session.poll();
});
table.row('a second POST while one is being received, and a GET waits', async (talk) => {
	const session = await talk.polling();
	const waiting = await session.beginPoll();
	const headers = { 'Content-Length': '5' };
	const slow = await session.begin(`POST ${session.url}`, { headers, body: '40' });
	await session.post('40');
	await slow.ended();
	await waiting.answer();
	await session.reason();
});
table.row('a POST does not disturb a GET that waits, nor a GET a POST', async (talk) => {
	const session = await talk.polling();
	const headers = { 'Content-Length': '8' };
	const slow = await session.begin(`POST ${session.url}`, { headers, body: '40/' });
	const waiting = await session.beginPoll();
	await slow.raw('nope,');
	await slow.answer();
	await waiting.answer();
});

/* ---- Too large ---- */

const SMALL = { env: { MAX_HTTP_BUFFER: '1000' } };
const exact = (length) => `40/${'x'.repeat(length - 4)},`;
table.row(
	'a POST of exactly the limit',
	async (talk) => {
		const session = await talk.polling();
		await session.post(exact(1000));
		await session.poll();
	},
	SMALL,
);
table.row(
	'a POST of one byte more: 413, and the session goes on',
	async (talk) => {
		const session = await talk.polling();
		await session.post(exact(1001));
		await session.post('40/nope,');
		await session.poll();
	},
	SMALL,
);
table.row(
	'a POST in chunks of one byte more',
	async (talk) => {
		const session = await talk.polling();
		const body = `3e8\r\n${exact(1000)}\r\n1\r\nx\r\n0\r\n\r\n`;
		await session.post(body, { headers: { 'Transfer-Encoding': 'chunked' } });
		await session.post('40/nope,');
		await session.poll();
	},
	SMALL,
);
table.row(
	'bytes are counted, not characters',
	async (talk) => {
		const session = await talk.polling();
		await session.post(`40/${'€'.repeat(333)},`);
		await session.post('40/nope,');
		await session.poll();
	},
	SMALL,
);
table.row(
	'a POST that is too large while a GET waits',
	async (talk) => {
		const session = await talk.polling();
		const waiting = await session.beginPoll();
		await session.post(exact(1001));
		await session.post('40/nope,');
		await waiting.answer();
	},
	SMALL,
);

/* ---- Ends ---- */

const ends = {
	'an octet-stream': ['40', { headers: { 'Content-Type': 'application/octet-stream' } }],
	'an empty body': [''],
	'a packet of unknown type': ['9'],
	'a packet of unknown type behind a good one': ['40/nope,\x1e9\x1e40/nope2,'],
	'a separator at the end': ['40/nope,\x1e'],
	'two separators in a row': ['40/nope,\x1e\x1e40/nope2,'],
	'a separator alone': ['\x1e'],
	'a ping': ['2'],
	'a ping with data': ['2probe'],
	'a close packet': ['1'],
	'a close packet, and more behind it': ['1\x1e40/nope,'],
	'a close packet with data': ['1abc'],
	'a packet, and a close packet': ['40/nope,\x1e1'],
};
for (const [name, [body, options]] of Object.entries(ends)) {
	table.row(`closed by ${name}, while nothing waits`, async (talk) => {
		const session = await talk.polling();
		await session.post(body, options);
		await session.reason();
		await session.poll();
	});
	table.row(`closed by ${name}, while a GET waits`, async (talk) => {
		const session = await talk.polling();
		const waiting = await session.beginPoll();
		await session.post(body, options);
		await waiting.answer();
		await session.reason();
		await session.post('40');
	});
}
table.row('no body at all', async (talk) => {
	const session = await talk.polling();
	await session.once(`POST ${session.url}`);
	await session.reason();
});
const harmless = {
	'an open packet': '0',
	'an upgrade packet': '5',
	'a noop': '6',
	'a pong that nobody asked for': '3',
	'a pong with data': '3abc',
};
for (const [name, body] of Object.entries(harmless)) {
	table.row(`not closed by ${name}`, async (talk) => {
		const session = await talk.polling();
		await session.post(body);
		await session.post('40/nope,');
		await session.poll();
	});
}
table.row('the client gives a waiting GET up', async (talk) => {
	const session = await talk.polling();
	const waiting = await session.beginPoll();
	waiting.hangUp();
	await session.reason();
	await session.poll();
});
table.row('the client gives half a POST up', async (talk) => {
	const session = await talk.polling();
	const headers = { 'Content-Length': '5' };
	const slow = await session.begin(`POST ${session.url}`, { headers, body: '40' });
	slow.hangUp();
	await session.reason();
	await session.poll();
});
table.row('the client gives half a POST up while a GET waits', async (talk) => {
	const session = await talk.polling();
	const waiting = await session.beginPoll();
	const headers = { 'Content-Length': '5' };
	const slow = await session.begin(`POST ${session.url}`, { headers, body: '40' });
	slow.hangUp();
	await waiting.answer();
	await session.reason();
});
table.row('the server closes while nothing waits', async (talk) => {
	const session = await talk.polling();
	await session.join();
	await session.post('42["kick"]');
	await session.poll();
	await session.poll();
	await session.reason();
	await session.poll();
});
table.row('the server closes while a GET waits', async (talk) => {
	const session = await talk.polling();
	await session.join();
	const waiting = await session.beginPoll();
	await session.post('42["kick"]');
	await waiting.answer();
	await session.poll();
	await session.reason();
});
table.row('until it is fetched, a close takes posts and ignores them', async (talk) => {
	const session = await talk.polling();
	await session.join();
	await session.post('42["kick"]');
	await session.post('42["echo",1]');
	await session.post('9');
	await session.poll();
	await session.poll();
});
table.row('a close packet while the server closes', async (talk) => {
	const session = await talk.polling();
	await session.join();
	await session.post('42["kick"]');
	await session.post('1');
	await session.poll();
	await session.poll();
});

/* ---- Heartbeat ---- */

const QUICK = { env: { PING_INTERVAL: '200', PING_TIMEOUT: '600' } };
table.row(
	'a ping, its pong, and the next ping',
	async (talk) => {
		const session = await talk.polling();
		await session.poll();
		await session.post('3');
		await session.poll();
	},
	QUICK,
);
table.row(
	'no pong while a GET waits',
	async (talk) => {
		const session = await talk.polling();
		await session.poll();
		await session.poll();
		await session.reason();
		await session.poll();
	},
	QUICK,
);
table.row(
	'no pong, and no GET',
	async (talk) => {
		const session = await talk.polling();
		await session.reason();
		await session.poll();
	},
	QUICK,
);

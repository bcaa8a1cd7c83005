// SPDX-License-Identifier: MIT
//
// Polls and posts, and their answers: payloads, bodies, codings, browsers of long ago.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Polling');

const POLL = '?EIO=4&transport=polling';

/* ---- Answers ---- */

table.row('a poll for which something waits, and a post', async (talk) => {
	const session = await talk.polling();
	await session.post('40');
	await session.poll();
});
table.row('a poll that waits', async (talk) => {
	const session = await talk.polling();
	const waiting = await session.beginPoll();
	await session.post('40/nope,');
	await waiting.answer();
});
table.row('a connection serves polls and posts one after the other', async (talk) => {
	const { url } = await talk.polling();
	const wire = talk.wire();
	await wire.ask(`POST ${url}`, { body: '40/nope,' });
	await wire.ask(`GET ${url}`);
	await wire.ask(`POST ${url}`, { body: '40/nope2,' });
	await wire.ask(`GET ${url}`);
});
table.row('packets that wait come in one payload', async (talk) => {
	const session = await talk.polling();
	await session.join();
	await session.post('42["echo",1]\x1e42["echo",2]');
	await session.post('42["echo",3]');
	await session.poll();
});
table.row('binary both ways', async (talk) => {
	const session = await talk.polling();
	await session.join();
	await session.post('451-["echo",{"_placeholder":true,"num":0}]\x1ebAQIDBA==');
	await session.poll();
});
table.row('text beyond ASCII both ways', async (talk) => {
	const session = await talk.polling();
	await session.join();
	await session.post('42["echo","é€😀\u2028\\u0000"]');
	await session.poll();
});
table.row(
	'the engine alone: text, binary and an empty message',
	async (talk) => {
		const session = await talk.polling();
		await session.post('4hello\x1e4\x1eb\x1ebAQIDBA==\x1ebAQID');
		await session.poll();
	},
	{ env: { APP: 'engine' } },
);
table.row(
	'the engine alone: base64 of each alphabet, with and without padding',
	async (talk) => {
		const session = await talk.polling();
		await session.post('b+/8=\x1eb-_8=\x1eb+/8\x1eb-_8\x1ebAA==\x1ebAA');
		await session.poll();
	},
	{ env: { APP: 'engine' } },
);

const types = {
	none: {},
	'text/plain': { 'Content-Type': 'text/plain;charset=UTF-8' },
	'application/json': { 'Content-Type': 'application/json' },
	'an octet-stream with a parameter': { 'Content-Type': 'application/octet-stream; a=b' },
	'an octet-stream in capitals': { 'Content-Type': 'Application/Octet-Stream' },
	nonsense: { 'Content-Type': '///' },
};
for (const [name, headers] of Object.entries(types)) {
	table.row(`a post with Content-Type ${name}`, async (talk) => {
		const session = await talk.polling();
		await session.post('40/nope,', { headers });
		await session.poll();
	});
}
const bodies = {
	'in chunks': async (wire, target) => {
		await wire.send(`POST ${target}`, { headers: { 'Transfer-Encoding': 'chunked' } });
		await wire.raw('3\r\n40/\r\n5\r\nnope,\r\n0\r\n\r\n');
	},
	'in chunks with extensions and trailers': async (wire, target) => {
		await wire.send(`POST ${target}`, { headers: { 'Transfer-Encoding': 'Chunked' } });
		await wire.raw('8;a=b\r\n40/nope,\r\n0\r\nX-Foo: bar\r\n\r\n');
	},
	'byte by byte': async (wire, target) => {
		await wire.send(`POST ${target}`, { headers: { 'Content-Length': '8' } });
		for (const byte of '40/nope,') await wire.raw(byte);
	},
};
for (const [name, send] of Object.entries(bodies)) {
	table.row(`a body ${name}`, async (talk) => {
		const session = await talk.polling();
		const wire = talk.wire();
		await send(wire, session.url);
		await wire.answer();
		await session.poll();
	});
}
table.row('Expect: 100-continue', async (talk) => {
	const session = await talk.polling();
	const wire = talk.wire();
	const headers = { Expect: '100-continue', 'Content-Length': '8' };
	await wire.send(`POST ${session.url}`, { headers });
	await wire.answer();
	await wire.raw('40/nope,');
	await wire.answer();
	await session.poll();
});

table.row('a GET with a body', async (talk) => {
	const session = await talk.polling();
	await session.post('40/nope,');
	await session.once(`GET ${session.url}`, { body: 'abc' });
});
table.row('Content-Encoding in a post means nothing', async (talk) => {
	const session = await talk.polling();
	await session.post('40/nope,', { headers: { 'Content-Encoding': 'gzip' } });
	await session.poll();
});
table.row('a client that says no more, but reads on', async (talk) => {
	const session = await talk.polling();
	const wire = talk.wire();
	await wire.send(`POST ${session.url}`, { body: '40/nope,' });
	wire.line.socket.end();
	await wire.answer();
	await session.poll();
});

/* ---- Browsers of long ago ---- */

const browsers = {
	'IE 8': 'Mozilla/4.0 (compatible;MSIE 8.0; Windows NT 6.1)',
	'IE 8 with a space': 'Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)',
	'IE 11': 'Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko',
	Edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Edg/120.0',
	'one that shouts': 'TRIDENT/7.0 ;msie',
};
for (const [name, agent] of Object.entries(browsers)) {
	const headers = { 'User-Agent': agent };
	table.row(`${name}: the handshake, a poll, a post and a refusal`, async (talk) => {
		await talk.ask(`GET ${POLL}`, { headers });
		const session = await talk.polling();
		await session.post('40/nope,', { headers });
		await session.poll({ headers });
		await talk.ask('GET ?transport=foo', { headers });
	});
}

/* ---- Compression ---- */

const LONG = `40/${'x'.repeat(2000)},`;
const codings = [
	'gzip',
	'deflate',
	'gzip;q=0',
	'gzip;q=0.5, deflate',
	'identity',
	'foo',
];
codings.push('', 'GZIP', 'gzip;q=0, deflate;q=0', '*;q=0', 'identity;q=0.1, gzip;q=0.5');
for (const coding of codings) {
	table.row(`a long poll for one that accepts "${coding}"`, async (talk) => {
		const session = await talk.polling();
		await session.post(LONG);
		await session.poll({ headers: { 'Accept-Encoding': coding } });
	});
}
table.row('a long poll for one that says nothing of codings', async (talk) => {
	const session = await talk.polling();
	await session.post(LONG);
	await session.poll();
});
/* 44/…,{"message":"Invalid namespace"} is 35 bytes and the name. */
for (const bytes of [1023, 1024]) {
	table.row(`a poll of ${bytes} bytes for one that accepts gzip`, async (talk) => {
		const session = await talk.polling();
		const waiting = await session.beginPoll({ headers: { 'Accept-Encoding': 'gzip' } });
		await session.post(`40/${'x'.repeat(bytes - 37)},`);
		await waiting.answer();
	});
}
table.row('a post, the handshake and a refusal are not compressed', async (talk) => {
	const headers = { 'Accept-Encoding': 'gzip' };
	await talk.ask(`GET ${POLL}`, { headers });
	const session = await talk.polling();
	await session.post(LONG, { headers });
	await talk.ask('GET ?transport=foo', { headers });
});

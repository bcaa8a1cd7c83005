// SPDX-License-Identifier: MIT
//
// differences.md 10: HTTP that this server refuses, and what the reference's HTTP library makes of
// it. Every request asks for an unknown transport, so that code 0 says that it was read.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Differences: HTTP');

const T = '/socket.io/?transport=foo';
const HOST = 'Host: localhost\r\n';
const get = (fields) => `GET ${T} HTTP/1.1\r\n${HOST}${fields}\r\n`;
const post = (fields, body = '') => `POST ${T} HTTP/1.1\r\n${HOST}${fields}\r\n${body}`;
const LAST = '0\r\n\r\n';
const coded = (coding) => post(`Transfer-Encoding: ${coding}\r\n`, LAST);
const long = (field) => `Content-Length: 1\r\n${field}`;

const READ = 'read';
const REFUSED = '400 and closed';

/** Refused by both. */
const both = {
	'bare line feeds': `GET ${T} HTTP/1.1\nHost: localhost\n\n`,
	'one bare line feed': get('X: a\nY: b\r\n'),
	'a bare line feed at the end of the head': `GET ${T} HTTP/1.1\r\n${HOST}\n`,
	'a bare carriage return': get('X: a\rb\r\n'),
	'a space before a colon': get('X : a\r\n'),
	'a tab before a colon': get('X\t: a\r\n'),
	'a folded line': get('X: a\r\n b\r\n'),
	'a folded first line': `GET ${T} HTTP/1.1\r\n X: a\r\n${HOST}\r\n`,
	'a NUL in a field': get('X: a\0b\r\n'),
	'a control character in a field': get('X: a\x01b\r\n'),
	'a DEL in a field': get('X: a\x7fb\r\n'),
	'Content-Length twice, the same': post(long('Content-Length: 1\r\n'), 'a'),
	'Content-Length twice, different': post(long('Content-Length: 2\r\n'), 'a'),
	'Content-Length as a list': post('Content-Length: 1, 1\r\n', 'a'),
	'Content-Length with a sign': post('Content-Length: +1\r\n', 'a'),
	'Content-Length beside Transfer-Encoding': post(long('Transfer-Encoding: chunked\r\n'), LAST),
	'chunked twice': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', LAST),
	'no Host': `GET ${T} HTTP/1.1\r\n\r\n`,
};
/** Refused here: [the bytes, our status, what the reference does if it does not read it]. */
const lenient = {
	'two Host fields': [`GET ${T} HTTP/1.1\r\n${HOST}${HOST}\r\n`],
	'a Host with a space': [`GET ${T} HTTP/1.1\r\nHost: a b\r\n\r\n`],
	'a Host with a slash': [`GET ${T} HTTP/1.1\r\nHost: a/b\r\n\r\n`],
	'a coding before chunked': [coded('gzip, chunked'), 501],
	'another coding than chunked': [coded('gzip'), 501],
	'chunked before another coding': [coded('chunked, gzip'), 501, REFUSED],
	'the coding identity': [coded('identity'), 501],
	'an empty coding': [coded(''), 501],
	'a coding in HTTP/1.0': [`POST ${T} HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n${LAST}`],
	'a fragment in the target': [get('').replace('foo', 'foo#a')],
	'several spaces in the request line': [get('').replace(' /', '   /')],
	'a request line without a version': [get('').replace(' HTTP/1.1', '')],
	'version 0.9': [get('').replace('1.1', '0.9'), 505],
	'version 2.0': [get('').replace('1.1', '2.0'), 505],
	'five empty lines before the request': [`${'\r\n'.repeat(5)}${get('')}`],
	'a hundred and one fields': [get('X: a\r\n'.repeat(100)), 431],
	'a target of more than 16 kB': [
		get('').replace('foo', 'x'.repeat(17000)),
		414,
		'431 and closed',
	],
	'an asterisk with GET': [`GET * HTTP/1.1\r\n${HOST}\r\n`, 400, '404 and open'],
	CONNECT: [`CONNECT a:80 HTTP/1.1\r\n${HOST}\r\n`, 400, 'closed without a word'],
};

async function verdict(talk, bytes) {
	const wire = talk.wire();
	await wire.raw(bytes);
	const answer = await wire.answer().catch(() => undefined);
	if (!answer) return 'closed without a word';
	if (answer.text === '{"code":0,"message":"Transport unknown"}') return READ;
	return `${answer.status} and ${answer.headers.connection === 'close' ? 'closed' : 'open'}`;
}

for (const [name, bytes] of Object.entries(both)) {
	const sides = { reference: REFUSED, ours: REFUSED };
	table.differs(10, `${name}: refused by both`, sides, (talk) => verdict(talk, bytes));
}
for (const [name, [bytes, status = 400, reference = READ]] of Object.entries(lenient)) {
	const sides = { reference, ours: `${status} and closed` };
	table.differs(10, name, sides, (talk) => verdict(talk, bytes));
}
table.differs(10, 'an upgrade in HTTP/1.0', { reference: 101, ours: 400 }, async (talk) => {
	const { status } = await talk.wire().upgrade('?EIO=4&transport=websocket', { version: '1.0' });
	return status;
});
table.differs(
	10,
	'a version 1.x above 1.1, which the standard lets in',
	{
		reference: REFUSED,
		ours: READ,
	},
	(talk) => verdict(talk, get('').replace('HTTP/1.1', 'HTTP/1.2')),
);

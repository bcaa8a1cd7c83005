// SPDX-License-Identifier: MIT
//
// permessage-deflate: what a client may offer, and which of its offers is taken.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DeflateClient } from '../support/deflate-client.mjs';
import { ECHO, FrameClient, openingHandshake } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';

const PMD = 'permessage-deflate';

let server, plain;
before(async () => {
	server = await startServer({ ...ECHO, DEFLATE: '1' });
	plain = await startServer(ECHO);
});
after(async () => {
	await server.stop();
	await plain.stop();
});

const fieldsOf = (offers) => ({ 'Sec-WebSocket-Extensions': offers });

/** One case: these fields are answered so, and the connection speaks as was agreed. */
function taken(name, offers, answer) {
	test(`deflate ${name}`, async (t) => {
		const client = await DeflateClient.open(t, server, offers);

		assert.deepEqual(client.head.fields['sec-websocket-extensions'], [answer]);
		const text = Buffer.from(`4${'again and '.repeat(200)}`);
		assert.ok((await client.echoes(ws.TEXT, text)).compressed);
	});
}

/** One case: the client is let in, and nothing is agreed. */
function declined(name, offers, on = () => server) {
	test(`deflate ${name}`, async (t) => {
		const client = await FrameClient.open(t, on(), { fields: fieldsOf(offers) });

		assert.equal(client.head.fields['sec-websocket-extensions'], undefined);
		const text = `4${'again and '.repeat(200)}`;
		client.send(ws.text(text));
		assert.equal(await client.text(), text);
	});
}

function refused(name, offers, on) {
	test(`deflate ${name}`, async (t) => {
		const client = new FrameClient(t, on());
		client.send(openingHandshake(fieldsOf(offers)));

		assert.equal((await client.answer()).status, 400);
	});
}

// ---- The list ----

const NINE = `${PMD}; server_max_window_bits=9`;
const TEN = `${PMD}; server_max_window_bits=10`;

taken('1, 7: of two offers in a list the first is taken', `${NINE}, ${TEN}`, NINE);
taken('1, 7: in the other order it is the other', `${TEN}, ${NINE}`, TEN);
taken('1: several fields are one list', ['foo', NINE, TEN], NINE);
taken('1: a list over several fields with lists in them', [`foo, ${TEN}`, `${NINE}, bar`], TEN);
declined('1: without the field nothing is agreed', undefined);
declined('1: a server that does not compress agrees on nothing', PMD, () => plain);

// ---- The form of an offer ----

const FORMS = {
	'a name alone': [PMD, PMD],
	'no space': [`foo,${PMD};server_max_window_bits=9;client_no_context_takeover`, 9],
	'spaces around commas and semicolons': [`foo ,  ${PMD} ;  server_max_window_bits=9  , bar`, 9],
	'tabs around commas and semicolons': [`foo\t,\t${PMD}\t;\tserver_max_window_bits=9\t,\tbar`, 9],
	'parameters in any order': [`${PMD}; client_max_window_bits; server_max_window_bits=9`, 9],
};
for (const [name, [offer, answer]] of Object.entries(FORMS)) {
	const bits = `${PMD}; server_max_window_bits=9`;
	const whole = offer.includes('client_no')
		? `${PMD}; client_no_context_takeover; server_max_window_bits=9`
		: bits;
	taken(`2: ${name}`, offer, answer === 9 ? whole : answer);
}

for (const [name, value] of Object.entries({
	'a token': '9',
	'a quoted string': '"9"',
	'a quoted string with a backslash': '"\\9"',
}))
	taken(`3: a value is ${name}`, `${PMD}; server_max_window_bits=${value}`, NINE);
taken('3: backslashes between digits', `${PMD}; server_max_window_bits="1\\0"`, TEN);
taken('3: a quoted token of an extension that nobody knows', `foo; a="b\\c", ${NINE}`, NINE);

for (const [name, list] of Object.entries({
	'at the beginning': `, ${NINE}`,
	'at the end': `${NINE}, `,
	between: `foo,, ,${NINE}`,
	'around a single offer': ` ,,${NINE},\t,`,
}))
	taken(`4: empty elements ${name}`, list, NINE);
declined('4: nothing but empty elements', ', ,,');
declined('4: an empty field', '');

const MALFORMED = {
	'a semicolon alone': ';',
	'a semicolon at the end': `${PMD};`,
	'an empty parameter': `${PMD}; ; client_max_window_bits`,
	'two words': 'foo bar',
	'two words as a parameter': `${PMD}; foo bar`,
	'a space before the equals sign': `${PMD}; server_max_window_bits =9`,
	'a space behind the equals sign': `${PMD}; server_max_window_bits= 9`,
	'no value behind the equals sign': `${PMD}; server_max_window_bits=`,
	'an empty quoted value': `${PMD}; server_max_window_bits=""`,
	'a quote that is not closed': `${PMD}; server_max_window_bits="9`,
	'a quote that is not opened': `${PMD}; server_max_window_bits=9"`,
	'a quote alone': `${PMD}; server_max_window_bits="`,
	'a backslash before the closing quote': `${PMD}; server_max_window_bits="9\\"`,
	'a space in quotes': 'foo; bar="a b"',
	'a comma in quotes': 'foo; bar="a,b"',
	'a semicolon in quotes': 'foo; bar="a;b"',
	'a value without a name': `${PMD}; =9`,
	'a value of the extension': `${PMD}=1`,
	'two equals signs': 'foo; bar=a=b',
	'a character that no token has': 'foo/bar',
};
for (const [name, list] of Object.entries(MALFORMED)) {
	refused(`5: ${name} is answered with 400`, list, () => server);
	refused(`5: ${name} behind a good offer is answered with 400`, `${PMD}, ${list}`, () => server);
	refused(`5: ${name} in another field is answered with 400`, [list, PMD], () => server);
	test(`websocket 50: ${name}, without compression, is answered with 400`, async (t) => {
		const client = new FrameClient(t, plain);

		client.send(openingHandshake(fieldsOf(list)));

		assert.equal((await client.answer()).status, 400);
	});
}
test('websocket 50: a list of extensions that nobody knows is passed over', async (t) => {
	const list = 'foo, bar; baz=1; qux="2", x-webkit-deflate-frame';
	const client = await FrameClient.open(t, plain, { extensions: list });

	assert.equal(client.head.fields['sec-websocket-extensions'], undefined);
});

// ---- Names ----

for (const name of [
	'Permessage-deflate',
	'PERMESSAGE-DEFLATE',
	'permessage-deflat',
	'permessage-deflate2',
	'x-webkit-deflate-frame',
	'permessage-bzip2',
]) {
	declined(`6: ${name} is another extension`, name);
	taken(`6: ${name} is passed over`, `${name}; server_max_window_bits=10, ${NINE}`, NINE);
}

// ---- Declined offers; each is shown alone, and before one that is good ----

function declines(statement, name, parameters) {
	const bad = `${PMD}; ${parameters}`;
	declined(`${statement}, 12: ${name} is declined`, bad);
	taken(`${statement}, 12: behind ${name} the next offer is taken`, `${bad}, ${NINE}`, NINE);
}

for (const parameter of [
	'foo',
	'foo=1',
	'server_max_window_bit=9',
	'Server_max_window_bits=9',
	'SERVER_NO_CONTEXT_TAKEOVER',
	'client_no_context_takeover; foo',
	'mem_level=9',
])
	declines(8, `the parameter ${parameter}`, parameter);

for (const twice of [
	'server_no_context_takeover; server_no_context_takeover',
	'client_no_context_takeover; client_no_context_takeover',
	'server_max_window_bits=9; server_max_window_bits=9',
	'server_max_window_bits=9; client_max_window_bits; server_max_window_bits=10',
	'client_max_window_bits; client_max_window_bits=9',
	'client_max_window_bits; client_max_window_bits',
])
	declines(9, `twice: ${twice}`, twice);

for (const value of [
	'server_no_context_takeover=1',
	'server_no_context_takeover=true',
	'server_no_context_takeover="a"',
	'client_no_context_takeover=1',
	'client_no_context_takeover=15',
	'server_max_window_bits',
])
	declines(10, value, value);
taken('10: client_max_window_bits without a value', `${PMD}; client_max_window_bits`, PMD);

for (const kind of ['server', 'client']) {
	const parameter = `${kind}_max_window_bits`;
	for (let bits = 8; bits <= 15; bits++) {
		const offer = `${PMD}; ${parameter}=${bits}`;
		taken(`11: ${parameter}=${bits}`, offer, offer);
	}
	for (const bits of [
		'0',
		'1',
		'7',
		'16',
		'32',
		'100',
		'08',
		'015',
		'9.0',
		'-9',
		'+9',
		'0x0a',
		'1e1',
		'a',
	])
		declines(11, `${parameter}=${bits}`, `${parameter}=${bits}`);
}

declined('12: nothing but bad offers', `${PMD}; foo, ${PMD}; server_max_window_bits=7`);
taken('12: the third of three is good', `${PMD}; foo, ${PMD}; bar=1, ${TEN}`, TEN);

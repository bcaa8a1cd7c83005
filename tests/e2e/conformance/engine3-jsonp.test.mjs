// SPDX-License-Identifier: MIT
//
// Polls that are scripts and POSTs that are forms, for browsers that know no other way.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endsWith, PATH, Poller, scriptOf, startEcho, UNKNOWN } from '../support/engine.mjs';
import { ask } from '../support/raw.mjs';
import { BEYOND } from '../support/server.mjs';

const TEXT = 'text/plain; charset=UTF-8';
const FORM = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };

let server;
before(async () => (server = await startEcho({ ALLOW_EIO3: '1', REPORT: '1' })));
after(() => server.stop());

const open = (query = '&j=0', version = 3) => Poller.open(server, { version, query });
const framed = (text) => `${text.length}:${text}`;

/** What the reference's client does to a payload before it is sent. */
const form = (payload) => `d=${encodeURIComponent(payload.replaceAll('\\n', '\\\\n'))}`;

/** The script that the protocol asks for. */
const script = (index, payload) =>
	`___eio[${index}](${JSON.stringify(payload)
		.replaceAll('\u2028', '\\u2028')
		.replaceAll('\u2029', '\\u2029')});`;

async function echoed(poller, text) {
	await poller.say(form(framed(text)), FORM);
	return poller.get();
}

/** The session ends with a parse error, and a waiting GET learns it in its own way. */
async function parseErrorAt(body) {
	const poller = await open();
	const get = await poller.waiting();
	await poller.say(body, FORM);

	assert.equal((await get.done).body, script(0, '1:1'));
	await endsWith(server, poller, 'parse error');
	await poller.isGone();
}

test('engine.io 144: the handshake is a script', async () => {
	const { opening, handshake } = await open('&j=3');
	const packet = `0${JSON.stringify(handshake)}`;

	assert.equal(opening.body, script(3, framed(packet)));
	assert.equal(opening.headers['content-type'], TEXT);
});

const control = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('');
for (const [name, text] of Object.entries({
	'plain text': 'hello',
	'quotes and backslashes': '"\\"\\\\\'/',
	'line ends': 'a\nb\rc\r\nd',
	'all control characters': control,
	'delete and beyond': '\x7f\x80\x9f',
	'U+2028 and U+2029': 'a\u2028b\u2029c\u2028\u2029',
	'their neighbours': '\u2027\u202a\u2020\u2060',
	'other planes': '€😀漢',
	'the end of a script': '</script><!--',
}))
	test(`engine.io 144: ${name} in a poll is escaped as JSON`, async () => {
		const { body, headers } = await echoed(await open(), `4${text}`);

		assert.equal(body, script(0, framed(`4${text}`)));
		assert.equal(headers['content-type'], TEXT);
	});

test('engine.io 144: what a poll is told of the end is a script too', async () => {
	for (const [payload, told] of [
		['1:1', '1:6'],
		['1:3', '1:1'],
	]) {
		const poller = await open('&j=12');
		const get = await poller.waiting();
		await poller.say(form(payload), FORM);
		const { body, headers } = await get.done;
		assert.deepEqual([body, headers['content-type']], [script(12, told), TEXT]);
	}
});

test('engine.io 144: answers that are no polls are as ever', async () => {
	const poller = await open();
	const { body, headers } = await poller.post(form('1:6'), FORM);
	assert.deepEqual([body, headers['content-type']], ['ok', 'text/html']);

	const refusal = await ask(server, { url: `${PATH}?EIO=3&transport=polling&j=0&sid=nobody` });
	assert.equal(refusal.body, UNKNOWN);
});

for (const [value, index] of Object.entries({
	0: '0',
	17: '17',
	'1a2b3': '123',
	'-4': '4',
	'%34%2e5': '45',
	'](alert)//': '',
	none: '',
	'': '',
	'007': '007',
	'12345678901234567890123456789012345678901234567890': '1234567890'.repeat(5),
}))
	test(`engine.io 145: of j=${value} the digits "${index}" are left`, async () => {
		const poller = await open(`&j=${value}`);

		assert.equal(scriptOf(poller.opening.body).index, index);
		assert.equal((await echoed(poller, '4a')).body, script(index, '2:4a'));
	});

// ---- Forms ----

for (const [field, text] of Object.entries({
	'4a': '4a',
	'4%20%26%3D+%2B': '4 &= +',
	'4%F0%9F%98%80€': '4😀€',
	'4\\n': '4\n',
	'4%5Cn': '4\n',
	'4\\\\n': '4\\n',
	'4%5C%5Cn': '4\\n',
	'4\\\\\\n': '4\\\\n',
	'4\\\\\\\\n': '4\\\\\\n',
	'4\\n\\n\\\\n': '4\n\n\\n',
	'4\\': '4\\',
	'4\\\\': '4\\\\',
	'4\\r\\t': '4\\r\\t',
}))
	test(`engine.io 146: ${field} in a form is ${JSON.stringify(text)}`, async () => {
		const poller = await open();
		await poller.say(`d=${text.length}:${field}`, FORM);

		assert.equal((await poller.get()).body, script(0, framed(text)));
	});

test('engine.io 146: whatever a client sends comes back', async () => {
	const poller = await open();
	const texts = ['4\n', '4\\n', '4\\\\n', '4\n\\n\n', '4a&d=b+c%20', '4\u2028€😀', '4"\\"'];
	for (const text of texts)
		assert.equal(scriptOf((await echoed(poller, text)).body).payload, framed(text));
});

for (const body of ['', 'x=2:4a', 'D=2:4a', 'dd=2:4a', '2:4a', '&&'])
	test(`engine.io 146: the form "${body}" without d is answered and holds nothing`, async () => {
		const poller = await open();
		await poller.say(body, FORM);

		assert.equal((await echoed(poller, '4b')).body, script(0, '2:4b'));
	});

for (const body of ['x=1&d=2:4a', 'd=2:4a&x=1', '&d=2:4a&'])
	test(`engine.io 146: the form "${body}" holds its d`, async () => {
		const poller = await open();
		await poller.say(body, FORM);

		assert.equal((await poller.get()).body, script(0, '2:4a'));
	});

test('engine.io 146: the type of the POST does not matter', async () => {
	const poller = await open();
	await poller.say('d=2:4a');

	assert.equal((await poller.get()).body, script(0, '2:4a'));
});

for (const body of ['d=', 'd=nonsense', 'd=3:4a', 'd=2:9a'])
	test(`engine.io 146: the form "${body}" holds a bad payload`, () => parseErrorAt(body));

test('engine.io 147: a session of version 4 may ask for j', async () => {
	const poller = await open('&j=5x', 4);
	const packet = `0${JSON.stringify(poller.handshake)}`;
	assert.equal(poller.opening.body, script(5, packet));
	assert.equal(poller.opening.headers['content-type'], TEXT);

	const payload = '4a\n\\n\u2028"\x1ebAQI=\x1e4€😀';
	await poller.say(form(payload), FORM);
	const { body, headers } = await poller.get();
	assert.deepEqual([body, headers['content-type']], [script(5, payload), TEXT]);

	const get = await poller.waiting();
	await poller.say('x=y', FORM);
	await poller.say(form('1'), FORM);
	assert.equal((await get.done).body, script(5, '6'));
});

test('engine.io 150: j implies base64', BEYOND, async () => {
	const poller = await open();
	await poller.say(form('6:b4AQI='), FORM);

	assert.equal((await poller.get()).body, script(0, '6:b4AQI='));
});

test('engine.io 150: j implies base64 after an upgrade as well', BEYOND, async (t) => {
	const socket = await (await open()).upgrade(t);
	socket.send(Buffer.from([4, 1, 2]));

	assert.equal(await socket.next(), 'b4AQI=');
});

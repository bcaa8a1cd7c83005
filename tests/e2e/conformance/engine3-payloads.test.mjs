// SPDX-License-Identifier: MIT
//
// Payloads of version 3: lengths and packets, as text, as base64 and as bytes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, endsWith, Poller, startEcho } from '../support/engine.mjs';
import { BEYOND } from '../support/server.mjs';

const BINARY = { headers: { 'Content-Type': 'application/octet-stream' } };
const TEXT = 'text/plain; charset=UTF-8';

let server;
before(async () => (server = await startEcho({ ALLOW_EIO3: '1', REPORT: '1' })));
after(() => server.stop());

const open = (query = '') => Poller.open(server, { version: 3, query });
const bytes = (hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

async function parseErrorAt(payload, more) {
	const poller = await open();
	const get = await poller.waiting();
	await poller.say(payload, more);

	assert.equal((await get.done).body, '1:1');
	await endsWith(server, poller, 'parse error');
	await poller.isGone();
}

// ---- Text ----

for (const payload of ['2:4€', '3:4😀', '1:4', '6:4a b"\\', '2:4\n', '2:4\x1e', '4:4ж漢é'])
	test(`engine.io 128: ${JSON.stringify(payload)} counts UTF-16 code units`, async () => {
		const poller = await open();
		await poller.say(payload);

		assert.equal(await poller.body(), payload);
	});

test('engine.io 128: a payload is a row of packets', async () => {
	const poller = await open();
	const long = `40001:4${'😀'.repeat(20_000)}`;
	await poller.say(`2:4a${long}3:4😀1:4`);

	assert.equal(await poller.body(), `2:4a${long}3:4😀1:4`);
});

for (const payload of ['0:', '0:0:', '2:4a0:2:4b', '0:2:4a', '2:4a0:'])
	test(`engine.io 129: in ${payload} a packet of length 0 is skipped`, async () => {
		const poller = await open();
		await poller.say(payload);
		await poller.say('4:4end');

		assert.equal(await poller.body(), `${payload.replaceAll('0:', '')}4:4end`);
	});

for (const payload of [
	':4a',
	'4a',
	'2',
	'x:4a',
	'-2:4a',
	'1:6:',
	'1:62',
	'1:6b',
	'1:6\n',
	'3:4a',
	'1:',
	'4:4€',
	'1:63:4a',
	'18446744073709551618:4a',
	'99999999999999999999999999:4a',
])
	test(`engine.io 130: ${JSON.stringify(payload)} is a parse error`, () => parseErrorAt(payload));

for (const payload of ['+2:4a', ' 2:4a', '2 :4a', '2.0:4a', '2e0:4a', '0x2:4a', '٢:4a', '2:4😀'])
	test(`engine.io 130: ${JSON.stringify(payload)} is a parse error`, BEYOND, () =>
		parseErrorAt(payload),
	);

// ---- Bytes ----

test('engine.io 131: a payload is binary if one of its messages is', async () => {
	const poller = await open();
	await poller.say('2:4a6:b4AQI=3:4😀');

	const { bytes: body } = await poller.get();
	assert.deepEqual(body, bytes('00 02 ff 34 61  01 03 ff 04 01 02  00 05 ff 34 f0 9f 98 80'));
});

test('engine.io 131: a payload without such a message is text', async () => {
	const poller = await open();
	await poller.say('6:b4AQI=');
	await poller.get();
	await poller.say(bytes('00 02 ff 34 61'), BINARY);

	const { body, headers } = await poller.get();
	assert.deepEqual([body, headers['content-type']], ['2:4a', TEXT]);
});

for (const [size, digits] of [
	[0, '01'],
	[8, '09'],
	[9, '01 00'],
	[254, '02 05 05'],
	[12_344, '01 02 03 04 05'],
])
	test(`engine.io 131: the length of ${size} bytes is the digits ${digits}`, async () => {
		const poller = await open();
		const payload = Buffer.concat([bytes(`01 ${digits} ff 04`), Buffer.alloc(size, 7)]);
		await poller.say(payload, BINARY);

		assert.deepEqual((await poller.get()).bytes, payload);
	});

test('engine.io 132: text is in UTF-8 and a binary packet begins with 4', async () => {
	const poller = await open();
	const payload = bytes('00 04 ff 34 e2 82 ac 01 05 ff 04 01 02 03 04');

	await poller.say('2:4€10:b4AQIDBA==');
	assert.deepEqual((await poller.get()).bytes, payload);
	await poller.say(payload, BINARY);
	assert.deepEqual((await poller.get()).bytes, payload);
});

test('engine.io 133: a binary payload says so, in both directions', async () => {
	const poller = await open();
	await poller.say(bytes('01 02 ff 04 07'), BINARY);

	assert.equal((await poller.get()).headers['content-type'], 'application/octet-stream');
});

test('engine.io 133: a POST is read as what it says', async () => {
	await parseErrorAt(bytes('00 02 ff 34 61'));
	await parseErrorAt('2:4a', BINARY);
});

for (const [name, hex] of Object.entries({
	'a kind alone': '00',
	'a length that does not end': '00 02',
	'a length that does not end in time': `00${'01'.repeat(400)}ff`,
	'no packet behind the length': '00 02 ff',
	'half a packet': '00 02 ff 34',
	'half a second packet': '00 02 ff 34 61 01 03 ff 04 01',
	'half a second head': '00 02 ff 34 61 01',
	'kind 2': '02 02 ff 34 61',
	'kind 255': 'ff 02 ff 34 61',
	'kind 0 in ASCII': '30 02 ff 34 61',
	'a digit of 10': '00 0a ff 34 61 61 61 61 61 61 61 61 61',
	'a digit in ASCII': '00 32 ff 34 61',
	'a digit of 254': '00 fe ff 34 61',
	'no digit': '00 ff 34 61',
}))
	test(`engine.io 134: ${name} is a parse error`, BEYOND, () => parseErrorAt(bytes(hex), BINARY));

for (const [name, hex] of Object.entries({
	'a text packet': '00 00 ff',
	'a binary packet': '01 00 ff',
	'a packet with long digits': '00 00 00 ff',
	'no packet': '',
}))
	test(`engine.io 149; differences 47: ${name} of length 0 in bytes brings nothing`, BEYOND, async () => {
		const poller = await open();
		await poller.say(bytes(hex), BINARY);
		await poller.say(bytes(`${hex} 00 02 ff 34 61 ${hex}`), BINARY);

		assert.equal(await poller.body(), '2:4a');
	});

test('engine.io 149; differences 47: an empty POST that does not say it is binary is a parse error', () =>
	parseErrorAt(''));

// ---- Base64 ----

test('engine.io 135: with b64=1 a payload is text throughout', async () => {
	const poller = await open('&b64=1');
	await poller.say('2:4a6:b4AQI=3:4😀');
	await poller.say(bytes('01 02 ff 04 ff'), BINARY);

	const { body, headers } = await poller.get();
	assert.equal(body, '2:4a6:b4AQI=3:4😀6:b4/w==');
	assert.equal(headers['content-type'], TEXT);
});

for (const [query, base64] of Object.entries({ '&b64=0': true, '&b64=': false, '&b64': false }))
	test(`engine.io 135: ${query} asks ${base64 ? '' : 'not '}for base64`, async () => {
		const poller = await open(query);
		await poller.say('6:b4AQI=');

		const { bytes: body } = await poller.get();
		assert.deepEqual(body, base64 ? Buffer.from('6:b4AQI=') : bytes('01 03 ff 04 01 02'));
	});

test('engine.io 136; differences 46: b64 on later requests changes nothing', async () => {
	const with64 = await open('&b64=1');
	const without = await open();
	with64.query = 'EIO=3&b64=';
	without.query = 'EIO=3&b64=1';
	for (const poller of [with64, without]) await poller.say('6:b4AQI=');

	assert.equal(await with64.body(), '6:b4AQI=');
	assert.deepEqual((await without.get()).bytes, bytes('01 03 ff 04 01 02'));
});

test('engine.io 136; differences 46: b64 on the request of an upgrade changes nothing', BEYOND, async (t) => {
	const with64 = await open('&b64=1');
	const without = await open();
	with64.query = 'EIO=3';
	without.query = 'EIO=3&b64=1';
	const sockets = [await with64.upgrade(t), await without.upgrade(t)];
	for (const socket of sockets) socket.send('b4AQI=');

	assert.equal(await sockets[0].next(), 'b4AQI=');
	assert.deepEqual(await sockets[1].next(), bytes('04 01 02'));
});

test('engine.io 136; differences 46: j on later requests changes nothing', async () => {
	const poller = await open();
	poller.query = 'EIO=3&j=1';
	await poller.say('2:4a');

	assert.equal(await poller.body(), '2:4a');
});

for (const query of ['', '&b64=1'])
	test(`engine.io 137: "${query}": a client may send base64 in text and bytes`, async () => {
		const poller = await open(query);
		const data = query ? '6:b4AQI=' : bytes('01 03 ff 04 01 02');
		for (const [payload, more] of [
			['6:b4AQI=', {}],
			['5:b4AQI', {}],
			[bytes('00 06 ff 62 34 41 51 49 3d'), BINARY],
		]) {
			await poller.say(payload, more);
			assert.deepEqual((await poller.get()).bytes, Buffer.from(data));
		}
	});

for (const [query, echo] of [
	['', bytes('04 01 02')],
	['&b64=1', 'b4AQI='],
])
	test(`engine.io 138: "${query}": a binary message over WebSocket`, async (t) => {
		const socket = await connect(t, server, { version: 3, query });

		socket.send(bytes('04 01 02'));
		assert.deepEqual(await socket.next(), echo);
		socket.send('b4AQI=');
		assert.deepEqual(await socket.next(), echo);
		socket.send('4€');
		assert.equal(await socket.next(), '4€');
		socket.send(bytes('04'));
		assert.deepEqual(await socket.next(), query ? 'b4' : bytes('04'));
	});

// SPDX-License-Identifier: MIT
//
// Engine.IO: payloads, which are the bodies of polling.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Dialogue } from '../support/dialogue.mjs';
import { Polling } from '../support/raw.mjs';
import { BEYOND, startServer } from '../support/server.mjs';
import { isGone, joinByPolling, Witness } from '../support/sessions.mjs';
import { requestOf } from '../support/wire.mjs';

const path = '/engine.io/';
const RS = '\x1e';
let echo, lab;
before(async () => {
	echo = await startServer({ APP: 'engine' });
	lab = await startServer();
});
after(() => Promise.all([echo, lab].map((server) => server.stop())));

const bcast = (what) => `42["bcast",${what}]`;

/** The payload ends the session for that reason; what it broadcast comes back.  (The reference puts
 * events off, and forgets those of a session that has ended meanwhile.) */
async function ends(t, payload, reason = 'parse error') {
	const witness = await Witness.of(t, lab);
	const polling = await joinByPolling(lab);

	const { status, body } = await polling.post(payload);

	assert.deepEqual([status, body], [200, 'ok']);
	assert.equal(await witness.reasonOf(polling), reason);
	await isGone(polling);
	return witness.heard();
}

// ---- Several packets ----

for (const [name, packets] of Object.entries({
	one: ['4hello'],
	two: ['4a', '4b'],
	'empty messages': ['4', '4', '4'],
	'many with bytes among them': Array.from({ length: 300 }, (_, i) => (i % 3 ? `4${i}` : 'bAQI=')),
	'text that looks like packets': ['44', '4b', '4bAQI=', '41'],
}))
	test(`engine.io 47: 0x1E stands between packets, both ways: ${name}`, async () => {
		const polling = await Polling.open(echo, { path });
		const payload = packets.join(RS);

		assert.equal((await polling.post(payload)).body, 'ok');

		assert.equal((await polling.get()).body, payload);
	});

test('engine.io 48: bytes in a payload are b and base64, both ways', async () => {
	const polling = await Polling.open(echo, { path });

	await polling.post(`4a${RS}bAQI=${RS}bHh4e${RS}b`);

	assert.equal((await polling.get()).body, `4a${RS}bAQI=${RS}bHh4e${RS}b`);
});

test('engine.io 48: an event with its bytes comes as text and base64', async () => {
	const polling = await joinByPolling(lab);
	const text = '452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';

	await polling.post(`${text}${RS}bAQIDBA==${RS}b/v8`);

	assert.equal((await polling.get()).body, `${text}${RS}bAQIDBA==${RS}b/v8=`);
});

test('engine.io 48: raw bytes are no packet', BEYOND, async (t) => {
	const raw = Buffer.concat([Buffer.from(`${bcast(1)}${RS}b`), Buffer.from([0xc3, 0x28])]);

	assert.deepEqual(await ends(t, raw), [1]);
});

// ---- Packets that cannot be decoded ----

for (const bad of ['x', '7', 'bA', '', '\u0000'])
	test(
		`engine.io 49: what stands before ${JSON.stringify(bad)} counts, the rest not`,
		BEYOND,
		async (t) => {
			const payload = [bcast(1), bcast(2), bad, bcast(3), bcast(4)].join(RS);

			assert.deepEqual(await ends(t, payload), [1, 2]);
		},
	);

for (const [name, payload, heard] of [
	['0x1E at the end', `${bcast(1)}${RS}`, [1]],
	['two in a row', `${bcast(1)}${RS}${RS}${bcast(2)}`, [1]],
	['0x1E at the beginning', `${RS}${bcast(1)}`, []],
	['0x1E alone', RS, []],
	['nothing but 0x1E', RS.repeat(5), []],
])
	test(`engine.io 50: ${name} holds an empty packet`, heard.length ? BEYOND : {}, async (t) =>
		assert.deepEqual(await ends(t, payload), heard),
	);

for (const [name, headers] of Object.entries({
	'Content-Length: 0': ['Content-Length: 0'],
	'no length': [],
	'no chunks': ['Transfer-Encoding: chunked'],
}))
	test(`engine.io 51: an empty body is a parse error, with ${name}`, async (t) => {
		const witness = await Witness.of(t, lab);
		const polling = await joinByPolling(lab);
		const wire = new Dialogue(t, lab);
		const head = requestOf('POST', polling.url, { headers });

		wire.write(headers[0]?.endsWith('chunked') ? `${head}0\r\n\r\n` : head);

		const { status, body } = await wire.response();
		assert.deepEqual([status, body], [200, 'ok']);
		assert.equal(await witness.reasonOf(polling), 'parse error');
		await isGone(polling);
	});

// ---- UTF-8 ----

const BROKEN = {
	'a byte that follows nothing': '80',
	'a first byte alone': 'c3',
	'a first byte and ASCII': 'c328',
	'a character cut short': 'e282',
	'an overlong slash': 'c0af',
	'an overlong euro': 'f08282ac',
	'half a surrogate pair': 'eda080',
	'a character too large': 'f4908080',
	'a byte that UTF-8 has not': 'ff',
};
for (const [name, hex] of Object.entries(BROKEN))
	test(`engine.io 52: ${name} is a parse error`, BEYOND, async (t) => {
		for (const [before, behind] of [
			['4', ''],
			['42["bcast","', '"]'],
			['', ''],
		]) {
			const parts = [before, Buffer.from(hex, 'hex'), behind].map((part) => Buffer.from(part));

			assert.deepEqual(await ends(t, Buffer.concat(parts)), []);
		}
	});

test(
	'engine.io 52: a broken character counts for its packet and those behind',
	BEYOND,
	async (t) => {
		const bad = Buffer.from([0x34, 0xff]);
		const payload = [`${bcast(1)}${RS}`, bad, `${RS}${bcast(2)}`].map((part) => Buffer.from(part));

		assert.deepEqual(await ends(t, Buffer.concat(payload)), [1]);
	},
);

test('engine.io 52: every character of UTF-8 is taken', async () => {
	const polling = await Polling.open(echo, { path });
	const text =
		'4\u0000\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\uffff\u{10000}\u{10ffff}é😀\u2028';

	await polling.post(text);

	assert.equal((await polling.get()).body, text);
});

// ---- The close packet ----

test('engine.io 53: packets after a close packet are not handled', BEYOND, async (t) => {
	const payload = [bcast(1), '1', bcast(2), 'x', bcast(3)].join(RS);

	assert.deepEqual(await ends(t, payload, 'transport close'), [1]);
});

test('engine.io 53: a close packet with data is one', async (t) =>
	assert.deepEqual(await ends(t, `1x${RS}${bcast(1)}`, 'transport close'), []));

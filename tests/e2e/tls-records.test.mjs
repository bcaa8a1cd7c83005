// SPDX-License-Identifier: MIT
//
// Over TLS the server reads what has come, however it lies in records, and those in segments: none
// stays behind in what has been read ahead.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, WEBSOCKET } from './support/client.mjs';
import { text } from './support/frames.mjs';
import { RecordClient } from './support/records.mjs';
import { ca, startSecureServer } from './support/tls.mjs';
import { collect, PATIENCE, within } from './support/wait.mjs';

let server;
before(async () => (server = await startSecureServer({ PING_INTERVAL: '3600000' })));
after(() => server?.stop());

/** A client that has read how it was let in. */
async function enter(t) {
	const client = await RecordClient.enter(t, server, text('40'));
	await client.texts(2);
	return client;
}

const packet = (i) => `42["echo",${i}]`;
const upTo = (count) => Array.from({ length: count }, (_, i) => packet(i));
const framesOf = (packets) => packets.map((one) => text(one));

// ---- Many ----

for (const count of [2, 16, 150, 1000, 5000])
	test(`${count} records in one piece are answered`, async (t) => {
		const client = await enter(t);
		const records = await client.records(framesOf(upTo(count)));

		client.send(...records);

		assert.deepEqual(await client.texts(count), upTo(count));
	});

/* After 200 messages it is the others' turn, and OpenSSL holds the rest. */
test('records behind one of 300 messages are answered', async (t) => {
	const client = await enter(t);
	const frames = framesOf(upTo(320));
	const first = Buffer.concat(frames.slice(0, 300));
	const records = await client.records([first, ...frames.slice(300)]);

	client.send(...records);

	assert.deepEqual(await client.texts(320), upTo(320));
});

test('records of the largest size in one piece are answered', async (t) => {
	const client = await enter(t);
	const long = Array.from({ length: 40 }, (_, i) => `42["echo","${`${i}`.padEnd(16_000, 'r')}"]`);
	const records = await client.records(framesOf(long));

	client.send(...records);

	assert.deepEqual(await client.texts(long.length), long);
});

test('a record in one piece with the request for the WebSocket is answered', async (t) => {
	const client = await RecordClient.enter(t, server, text('40'), text(packet('"first"')));

	assert.deepEqual((await client.texts(3)).slice(2), [packet('"first"')]);
});

// ---- Cut ----

test('three records cut anywhere are answered, each as soon as it is whole', async (t) => {
	const client = await enter(t);
	let cut = 1;
	let length;
	do {
		const records = await client.records(framesOf(upTo(3)));
		const bytes = Buffer.concat(records);
		const ends = records.map((_, i) => Buffer.concat(records.slice(0, i + 1)).length);
		const whole = ends.filter((end) => end <= cut).length;
		client.send(bytes.subarray(0, cut));
		assert.deepEqual(await client.texts(whole), upTo(whole), `cut at ${cut}`);

		client.send(bytes.subarray(cut));

		assert.deepEqual(await client.texts(3 - whole), upTo(3).slice(whole), `cut at ${cut}`);
		({ length } = bytes);
	} while (++cut < length);
});

test('a record that comes byte by byte behind others is answered', async (t) => {
	const client = await enter(t);
	const bytes = Buffer.concat(await client.records(framesOf(upTo(20))));

	client.send(bytes.subarray(0, -60));
	for (const byte of bytes.subarray(-60)) {
		client.send(Buffer.of(byte));
		await new Promise(setImmediate);
	}

	assert.deepEqual(await client.texts(20), upTo(20));
});

// ---- HTTP ----

const ask = (i) => `GET /none/${i} HTTP/1.1\r\nHost: x\r\n\r\n`;
const answersIn = (bytes) => String(bytes).match(/HTTP\/1.1 404 /g)?.length;

test('40 requests, each a record, in one piece are answered', async (t) => {
	const client = await RecordClient.connect(t, server);
	const last = ask('last').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
	const records = await client.records([...Array(39).keys()].map(ask).concat(last));

	client.send(...records);
	await within(PATIENCE, client.closed, 'the end');

	assert.equal(answersIn(client.came), 40);
});

// ---- The end ----

test('requests in one piece with the end of TLS are answered', async (t) => {
	const client = await RecordClient.connect(t, server);
	const records = await client.records([ask(1), ask(2), ask(3)]);

	client.end(...records, await client.goodbye());
	await within(PATIENCE, client.closed, 'the end');

	assert.equal(answersIn(client.came), 3);
});

for (const [name, last] of Object.entries({
	'the end of TLS': (client) => client.goodbye(),
	'a record that was changed on the way': async (client) => {
		const record = await client.record(text(packet('"changed"')));
		record[record.length - 1] ^= 1;
		return record;
	},
}))
	test(`what was said in one piece with ${name} is heard, and that is the end`, async (t) => {
		const friend = await connect(t, server, WEBSOCKET, { ca });
		await friend.emitWithAck('join', name);
		const client = await enter(t);
		const said = collect(friend, 'said', 3);
		const records = framesOf([1, 2, 3].map((i) => `42["say","${name}",${i}]`));

		client.send(...(await client.records(records)), await last(client));

		assert.deepEqual(await said, [[1], [2], [3]]);
		await within(PATIENCE, client.closed, 'the end');
		assert.equal(await friend.emitWithAck('ack', 'still here'), 'still here');
	});

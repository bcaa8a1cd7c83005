// SPDX-License-Identifier: MIT
//
// WebSocket: messages of more than one frame, and of none of them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ECHO, FrameClient, WAYS } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer(ECHO)));
after(() => server.stop());

const open = (t) => FrameClient.open(t, server);

/** One case for each way; check(client) judges what comes back. */
function eachWay(name, frames, check) {
	for (const [way, send] of Object.entries(WAYS))
		test(`${name}, ${way}`, async (t) => {
			const client = await open(t);

			send(client, frames);

			await check(client);
		});
}

const fails = (client) => client.fails(1002);
const open1 = (payload) => ws.text(payload, { fin: false });
const middle = (payload) => ws.more(payload, { fin: false });

// ---- Joined ----

eachWay(
	'websocket 12: a text in two fragments',
	[open1('4fragment1'), ws.more('fragment2')],
	async (client) => assert.equal(await client.text(), '4fragment1fragment2'),
);

for (const count of [2, 3, 5, 100, 1000]) {
	const parts = Array.from({ length: count }, (_, i) => `4${i},`);

	test(`websocket 12: a text in ${count} fragments is joined`, async (t) => {
		const client = await open(t);

		client.send(...ws.fragments(ws.TEXT, parts));

		assert.equal(await client.text(), parts.join(''));
	});

	test(`websocket 12: a binary message in ${count} fragments is joined`, async (t) => {
		const client = await open(t);

		client.send(...ws.fragments(ws.BINARY, parts));

		assert.equal(String(await client.binary()), parts.join(''));
	});
}

for (const [name, parts] of Object.entries({
	'the first': ['', '4ab', 'c'],
	'the middle': ['4ab', '', 'c'],
	'the last': ['4ab', 'c', ''],
	'all but the middle': ['', '4abc', ''],
	'all but the last, of five': ['', '', '', '', '4abc'],
}))
	test(`websocket 9, 12: a text in fragments of which ${name} is empty`, async (t) => {
		const client = await open(t);

		client.send(...ws.fragments(ws.TEXT, parts));

		assert.equal(await client.text(), '4abc');
	});

for (const count of [1, 2, 3, 10])
	test(`websocket 9: ${count} empty frames are an empty binary message`, async (t) => {
		const client = await open(t);

		client.send(...ws.fragments(ws.BINARY, Array(count).fill('')), ws.text('4next'));

		assert.deepEqual(await client.binary(), Buffer.alloc(0));
		assert.equal(await client.text(), '4next');
	});

for (const count of [1, 2, 3])
	test(`websocket 9: ${count} empty frames are an empty text, which is no packet`, async (t) => {
		const client = await open(t);

		client.send(...ws.fragments(ws.TEXT, Array(count).fill('')));

		await client.dismissed();
	});

// ---- Continuations of nothing ----

for (const [what, payload] of [
	['empty', ''],
	['', 'non-continuation payload'],
])
	for (const fin of [true, false]) {
		const name = ['a', what, fin ? 'last' : 'middle', 'fragment of nothing'].join(' ');

		eachWay(
			`websocket 13: ${name.replace(/ +/g, ' ')}`,
			[ws.more(payload, { fin }), ws.text('4Hello')],
			fails,
		);
	}

for (const fin of [true, false])
	test(`websocket 13: a fragment behind a whole message, FIN ${fin}, fails`, async (t) => {
		const client = await open(t);
		client.send(open1('4frag'), ws.more('ments'));
		assert.equal(await client.text(), '4fragments');

		client.send(ws.more('more', { fin }), ws.text('4Hello'));

		await client.fails(1002);
	});

eachWay(
	'websocket 13: a fragment of nothing before a fragmented text',
	[middle('fragment1'), open1('4fragment2'), ws.more('fragment3')],
	fails,
);

test('websocket 13: a control frame between does not open a message', async (t) => {
	const client = await open(t);

	client.send(ws.ping('x'), ws.more('y'));

	assert.equal(String(await client.pong()), 'x');
	await client.fails(1002);
});

// ---- Messages inside of messages ----

for (const [inner, opcode] of Object.entries({ text: ws.TEXT, binary: ws.BINARY }))
	for (const [outer, first] of Object.entries({ text: ws.TEXT, binary: ws.BINARY }))
		for (const fin of [true, false])
			test(`websocket 14: ${inner} inside ${outer}, FIN ${fin}, fails`, async (t) => {
				const client = await open(t);

				client.send(ws.frame(first, '4one', { fin: false }), ws.frame(opcode, '4two', { fin }));

				await client.fails(1002);
			});

eachWay(
	'websocket 14: a text of two fragments that both say text',
	[open1('4one'), ws.text('two')],
	fails,
);

eachWay(
	'websocket 14: a text behind a middle fragment',
	[open1('4one'), middle('two'), ws.text('4three')],
	fails,
);

// ---- Control frames between ----

eachWay(
	'websocket 15: a text in two fragments with a ping between',
	[open1('4fragment1'), ws.ping('ping'), ws.more('fragment2')],
	async (client) => {
		assert.equal(String(await client.pong()), 'ping');
		assert.equal(await client.text(), '4fragment1fragment2');
	},
);

eachWay(
	'websocket 15: a text in two fragments with a pong between',
	[open1('4fragment1'), ws.pong('unasked'), ws.more('fragment2')],
	async (client) => assert.equal(await client.text(), '4fragment1fragment2'),
);

eachWay(
	'websocket 15: a text in five fragments with two pings between',
	[
		open1('4fragment1'),
		middle('fragment2'),
		ws.ping('ping1'),
		middle('fragment3'),
		middle('fragment4'),
		ws.ping('ping2'),
		ws.more('fragment5'),
	],
	async (client) => {
		assert.equal(String(await client.pong()), 'ping1');
		assert.equal(String(await client.pong()), 'ping2');
		assert.equal(await client.text(), '4fragment1fragment2fragment3fragment4fragment5');
	},
);

test('websocket 15: the pong comes although the message has not ended', async (t) => {
	const client = await open(t);
	client.send(open1('4fragment1'), middle('fragment2'), ws.ping('ping1'));
	assert.equal(String(await client.pong()), 'ping1');
	client.assertQuiet();

	client.send(middle('fragment3'), middle('fragment4'), ws.ping('ping2'));
	assert.equal(String(await client.pong()), 'ping2');
	client.assertQuiet();

	client.send(ws.more('fragment5'));
	assert.equal(await client.text(), '4fragment1fragment2fragment3fragment4fragment5');
});

test('websocket 15: a hundred pings between a hundred fragments of single bytes', async (t) => {
	const client = await open(t);
	const frames = ws.fragments(ws.TEXT, ws.pieces('4'.padEnd(100, 'x'), 1));

	client.send(...frames.flatMap((frame, i) => [frame, ws.ping(String(i))]));

	const all = [];
	for (let i = 0; i < 101; i++) all.push(await client.frame());
	const pongs = all.filter(({ name }) => name === 'pong').map(({ payload }) => String(payload));
	assert.deepEqual(pongs, [...Array(100).keys()].map(String));
	const [message] = all.filter(({ name }) => name === 'text');
	assert.equal(String(message.payload), '4'.padEnd(100, 'x'));
});

test('websocket 15: a ping that is cut itself, inside a message', async (t) => {
	const [client, other] = [await open(t), await open(t)];
	const [first, ping, last] = [open1('4one'), ws.ping('in pieces'), ws.more('two')];

	client.send(first, ping.subarray(0, 9));
	await other.barrier();
	client.assertQuiet();
	client.send(ping.subarray(9), last);

	assert.equal(String(await client.pong()), 'in pieces');
	assert.equal(await client.text(), '4onetwo');
});

// SPDX-License-Identifier: MIT
//
// Hostile packets of Socket.IO: attachments, placeholders, names, numbers, floods.

import assert from 'node:assert/strict';
import { RawSocket } from '../support/raw.mjs';
import { besiege, untilStats } from '../support/siege.mjs';

const { attack } = besiege({ MAX_SOCKETS: '100' });
const numbers = (count) => [...Array(count).keys()];
const placeholder = (num) => `{"_placeholder":true,"num":${num}}`;
const isNews = (message) => /^42\["(bcast|left)"/.test(message);

/** The next message that is not told to everybody. */
async function next(socket) {
	for (;;) {
		const message = await socket.message();
		if (Buffer.isBuffer(message) || !isNews(message)) return message;
	}
}

/** The connection is closed, and nothing but news came before. */
async function isClosed(socket) {
	await socket.end();
	assert.deepEqual(
		socket.inbox.filter((one) => !isNews(one) && one !== '2'),
		[],
	);
}

async function goesOn(socket) {
	socket.send('42["echo","still here"]');
	assert.equal(await next(socket), '42["echo","still here"]');
}

const deep = (levels) => '['.repeat(levels) + ']'.repeat(levels);

/** What is said in the main namespace, that the connection is closed for. */
const OFFENCES = [
	['an attachment that was not announced', [Buffer.from('x')]],
	['eleven attachments', [`4511-["x",${placeholder(0)}]`], 'max_attachments'],
	['2^64 attachments', ['4518446744073709551616-["x"]'], undefined],
	['4294967297 attachments', ['454294967297-["x"]'], 'max_attachments'],
	['no attachment in a binary event', ['450-["x"]']],
	['a count that is none', ['45-["x"]']],
	['a negative count', ['45-1-["x"]']],
	['a number without its dash', ['451["x"]']],
	['a text in place of an attachment', [`451-["ack",${placeholder(0)}]`, '42["echo",1]']],
	['a placeholder of the second of one', [`451-["ack",${placeholder(1)}]`, Buffer.from('x')]],
	['a placeholder of a negative number', [`451-["ack",${placeholder(-1)}]`, Buffer.from('x')]],
	['a placeholder of 10^9', [`451-["ack",${placeholder(1e9)}]`, Buffer.from('x')]],
	['a placeholder of half', [`451-["ack",${placeholder(0.5)}]`, Buffer.from('x')]],
	['a placeholder named "splice"', [`451-["ack",${placeholder('"splice"')}]`, Buffer.from('x')]],
	['a placeholder named "length"', [`451-["ack",${placeholder('"length"')}]`, Buffer.from('x')]],
	['a placeholder without a number', ['451-["ack",{"_placeholder":true}]', Buffer.from('x')]],
	['an event without a name', ['42[]']],
	['an event named by an object', ['42[{"toString":"a"}]']],
	['an event named by null', ['42[null]']],
	['an event that is an object', ['42{"0":"echo"}']],
	['an event that is cut', ['42["echo",']],
	['an event with rubbish behind it', ['42["echo",1]]']],
	['a reserved event', ['42["disconnect"]']],
	['a reserved event, escaped', ['42["dis\\u0063onnect"]']],
	['10001 levels', [`42["echo",${deep(10_001)}]`], 'max_depth'],
	['half a million levels', [`42["echo",${deep(400_000)}]`], undefined],
	['half a million levels that do not end', [`42["nobody",${'['.repeat(900_000)}`], undefined],
	['an ack id of 20 digits', [`42${'9'.repeat(20)}["ack"]`]],
	['an ack id of a million digits', [`42${'9'.repeat(900_000)}["ack"]`]],
	['an ack id of 2^53', ['429007199254740992["ack"]']],
	['an ack that is no array', ['430{}']],
	['a second CONNECT', ['40']],
	['a CONNECT with an array', ['40/chat,[]']],
	['a CONNECT that is cut', ['40/chat,{"a":']],
	['a CONNECT_ERROR', ['44{"message":"x"}']],
	['the packet type 7', ['47']],
	['the packet type x', ['4x']],
	['an empty packet', ['4']],
	['an event for a namespace that was never entered', ['42/admin,["echo",1]']],
	['a name of a prototype for a namespace never entered', ['42/__proto__,["echo",1]']],
	['JSON with a raw NUL', ['42["echo","\0"]']],
	['JSON with a leading zero', ['42["echo",01]']],
];

for (const [name, said, limit] of OFFENCES)
	attack(
		`${name} closes the connection`,
		async (t, server) => {
			const socket = await RawSocket.joined(t, server);
			for (const one of said) socket.send(one);
			await isClosed(socket);
		},
		{ bad_packets: 1, closed: 1, ...(limit && { [`struck.${limit}`]: 1 }) },
	);

attack(
	'what comes before any CONNECT closes the connection',
	async (t, server) => {
		for (const said of [
			'42["echo",1]',
			Buffer.from('x'),
			'41',
			'430[]',
			`451-["x",${placeholder(0)}]`,
		]) {
			const socket = await RawSocket.connect(t, server);
			socket.send(said);
			await socket.end();
		}
	},
	{ bad_packets: 5, closed: 5 },
);

attack(
	'what comes behind a DISCONNECT goes nowhere',
	async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		for (const said of [
			'41',
			'42["bcast",-1]',
			`451-["bcast",${placeholder(0)}]`,
			Buffer.from('x'),
			'41',
		])
			socket.send(said);
		socket.send('40');
		assert.match(await next(socket), /^40\{"sid"/);
		await goesOn(socket);
	},
	{ bad_packets: 0, closed: 0 },
);

attack(
	'attachments that never come are waited for by nobody else',
	async (t, server) => {
		const waiting = [];
		for (const n of numbers(50)) {
			const socket = await RawSocket.joined(t, server);
			socket.send(`4510-["echo",${placeholder(n % 10)}]`);
			for (const part of numbers(9)) socket.send(Buffer.alloc(10_000, part));
			waiting.push(socket);
		}
		await untilStats(server, (s) => s.held > 50 * 90_000, 'half of their events');
		for (const socket of waiting) socket.ws.terminate();
		await untilStats(server, (s) => s.held < 1_000_000, 'the end of what was held');
	},
	{ bad_packets: 0, closed: 50 },
);

attack(
	'an event and its placeholders may say the same thing twice',
	async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		socket.send(`451-7["ack",${placeholder(0)},${placeholder(0)}]`);
		socket.send(Buffer.from('x'));
		assert.equal(await next(socket), `461-7[${placeholder(0)},${placeholder(0)}]`);
		assert.deepEqual(await next(socket), Buffer.from('x'));
	},
	{ bad_packets: 0 },
);

// ---- Names that mean something to JavaScript ----

const PROTOTYPES = [
	'__proto__',
	'constructor',
	'prototype',
	'toString',
	'hasOwnProperty',
	'valueOf',
];

attack(
	'the names of prototypes are names like any other',
	async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		for (const name of [...PROTOTYPES, 'error', 'domain', '$events', '']) {
			socket.send(`42["${name}",1]`);
			socket.send(`40/${name}x,`);
			assert.equal(await next(socket), `44/${name}x,{"message":"Invalid namespace"}`);
			socket.send(`421["join","${name}"]`);
			assert.equal(await next(socket), '431[]');
			socket.send(`422["say","${name}",{"${name}":{"${name}":1}}]`);
			assert.equal(await next(socket), `42["said",{"${name}":{"${name}":1}}]`);
			assert.equal(await next(socket), '432[]');
		}
		const key = '{"__proto__":{"admin":true},"a":{"__proto__":null,"__proto__":1}}';
		socket.send(`42["echo",${key}]`);
		assert.match(
			await next(socket),
			/^42\["echo",\{"__proto__":\{"admin":true\},"a":\{.*"__proto__":1\}\}\]$/,
		);
	},
	{ bad_packets: 0, closed: 0 },
);

attack(
	'a room that nobody has entered reaches nobody',
	async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		for (const room of [...PROTOTYPES, '', '0', '-1', '*', 'length']) {
			socket.send(`42["say","${room}","stray"]`);
			await goesOn(socket);
		}
	},
	{ bad_packets: 0 },
);

// ---- Numbers and floods ----

attack(
	'acks with one id are answered each, and with the largest id too',
	async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		for (const n of numbers(3)) socket.send(`425["ack",${n}]`);
		socket.send('429007199254740991["ack"]');
		for (const n of numbers(3)) assert.equal(await next(socket), `435[${n}]`);
		assert.equal(await next(socket), '439007199254740991[]');
	},
	{ bad_packets: 0 },
);

attack(
	'answers to what nobody asked are let go',
	async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		for (const id of numbers(5000)) socket.send(`43${id}["x"]`);
		await goesOn(socket);
	},
	{ bad_packets: 0 },
);

attack(
	'five thousand namespaces that are not there',
	async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		for (const n of numbers(5000)) socket.send(`40/n${n},`);
		for (const n of numbers(5000))
			assert.equal(await next(socket), `44/n${n},{"message":"Invalid namespace"}`);
	},
	{ bad_packets: 0 },
);

attack(
	'five thousand rooms',
	async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		for (const n of numbers(5000)) socket.send(`42${n}["join","r${n}"]`);
		for (const n of numbers(5000)) assert.equal(await next(socket), `43${n}[]`);
		socket.ws.terminate();
	},
	{ closed: 1 },
);

attack(
	'twenty thousand empty events',
	async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		for (const n of numbers(20_000)) socket.send(`42["${n}"]`);
		await goesOn(socket);
	},
	{ bad_packets: 0 },
);

attack(
	'a megabyte of the smallest values',
	async (t, server) => {
		for (const value of ['0,', '[],', '"",']) {
			const socket = await RawSocket.joined(t, server);
			socket.send(`42["nothing",${value.repeat(320_000)}0]`);
			socket.send(`421["ack",${value.repeat(120_000)}0]`);
			assert.ok((await next(socket)).startsWith('431['));
			socket.send(`422["ack",${value.repeat(320_000)}0]`);
			await isClosed(socket);
		}
	},
	{ closed: 3, 'struck.max_held': 3 },
);

attack(
	'a megabyte of the smallest values for auth, in each namespace',
	async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		const auth = `{"a":[${'0,'.repeat(70_000)}0]}`;
		for (const name of ['/chat', '/gate', '/a "b"/é']) socket.send(`40${name},${auth}`);
		assert.ok((await next(socket)).startsWith('40/chat,{"sid"'));
		await socket.end();
	},
	{ closed: 1, 'struck.max_held': 1 },
);

attack(
	'an object of sixty thousand keys',
	async (t, server) => {
		const socket = await RawSocket.joined(t, server);
		const keys = numbers(60_000).map((n) => `"k${n}":0`);
		socket.send(`421["ack",{${keys}}]`);
		assert.ok((await next(socket)).startsWith('431[{"k0":0,'));
		socket.send(`422["ack",{${numbers(60_000).map(() => '"k":0')}}]`);
		assert.ok((await next(socket)).startsWith('432[{"k":0'));
	},
	{ bad_packets: 0, closed: 0 },
);

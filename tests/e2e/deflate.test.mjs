// SPDX-License-Identifier: MIT
//
// Compression: permessage-deflate with the client library that most of Node uses, and the answers
// to polls.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { Polling, RawSocket } from './support/raw.mjs';
import { startServer } from './support/server.mjs';
import { PATIENCE, within } from './support/wait.mjs';

let server, plain;
before(async () => {
	server = await startServer({ DEFLATE: '1' });
	plain = await startServer();
});
after(async () => {
	await server.stop();
	await plain.stop();
});

/** Numbers that look like chance and are the same in every run. */
function numbers(seed) {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

const WORDS = ['Lorem ', 'ipsum ', 'größer ', '😀 ', '"quoted" ', '\\ ', '0000000000 '];

/** Of a kind that can be compressed well, a little or not at all; many short ones, few long. */
function sample(random, i) {
	const length = Math.floor(100_000 * (random(1000) / 999) ** 4);
	const parts = [];
	for (let n = 0; n < length; n += parts.at(-1).length)
		if (i % 3 === 0) parts.push(WORDS[random(WORDS.length)]);
		else if (i % 3 === 1) parts.push(String.fromCharCode(32 + random(94)));
		else parts.push('x'.repeat(50));
	return parts.join('');
}

async function joined(t, perMessageDeflate, on = server) {
	const socket = await RawSocket.connect(t, on, { perMessageDeflate });
	socket.send('40');
	await socket.message();
	return socket;
}

const binaryEcho = '451-["echo",{"_placeholder":true,"num":0}]';

async function echoesAll(socket, count) {
	const random = numbers(count);
	for (let i = 0; i < count; i += 10) {
		const samples = Array.from({ length: 10 }, (_, n) => sample(random, i + n));
		const packets = samples.flatMap((text, n) =>
			n % 5 === 4
				? [binaryEcho, Buffer.from(text)]
				: [`42${JSON.stringify(['echo', text])}`],
		);
		packets.forEach((packet) => socket.send(packet));
		for (const packet of packets) {
			const back = await socket.message();
			assert.equal(typeof back, typeof packet);
			assert.ok(Buffer.from(packet).equals(Buffer.from(back)), `echo ${i} is the same`);
		}
	}
}

// ---- WebSocket ----

for (const [name, options] of Object.entries({
	'as it comes': true,
	'for every message': { threshold: 0 },
	'without memory of the client': { threshold: 0, clientNoContextTakeover: true },
	'without memory of the server': { threshold: 0, serverNoContextTakeover: true },
	'without any memory': {
		threshold: 0,
		clientNoContextTakeover: true,
		serverNoContextTakeover: true,
	},
	'with small windows': { threshold: 0, clientMaxWindowBits: 9, serverMaxWindowBits: 9 },
	'with a small window of the server': { threshold: 0, serverMaxWindowBits: 10 },
	'with a small window of the client': { threshold: 0, clientMaxWindowBits: 10 },
})) {
	test(`a WebSocket is compressed ${name}: 300 echoes are intact`, async (t) => {
		const socket = await joined(t, options);

		assert.match(socket.ws.extensions, /^permessage-deflate/);
		await echoesAll(socket, 300);
	});

	test(`a WebSocket is compressed ${name}: less goes over the wire`, async (t) => {
		const socket = await joined(t, options);
		const { _socket: tcp } = socket.ws;
		const [read, written] = [tcp.bytesRead, tcp.bytesWritten];
		const packet = `42${JSON.stringify(['echo', 'compress me '.repeat(5000)])}`;

		socket.send(packet);
		assert.equal(await socket.message(), packet);

		assert.ok(tcp.bytesWritten - written < 6000, `written: ${tcp.bytesWritten - written}`);
		assert.ok(tcp.bytesRead - read < 6000, `read: ${tcp.bytesRead - read}`);
	});
}

test('clients with and without compression hear the same', async (t) => {
	const kinds = [true, false, { threshold: 0, serverNoContextTakeover: true }, false, true];
	const sockets = [];
	for (const kind of kinds) sockets.push(await joined(t, kind));
	const random = numbers(7);

	for (let i = 0; i < 60; i++) {
		const text = sample(random, i);
		const packets =
			i % 4 === 3
				? ['451-["bcast",{"_placeholder":true,"num":0}]', Buffer.from(text)]
				: [`42${JSON.stringify(['bcast', text])}`];
		packets.forEach((packet) => sockets[i % sockets.length].send(packet));
		for (const socket of sockets) assert.deepEqual(await socket.messages(packets.length), packets);
	}
});

// ---- Answers to polls ----

const decoders = { gzip: gunzipSync, br: brotliDecompressSync, deflate: inflateSync };

/** The answer to a poll after an echo of `text`, as it came: { headers, body, text }. */
async function pollOf(on, text, headers) {
	const polling = await Polling.open(on);
	await polling.join();
	await polling.post(`42["echo","${text}"]`);
	const answered = new Promise((done, fail) => {
		const target = { host: '127.0.0.1', port: on.port, path: polling.url, headers, agent: false };
		const request = http.get(target, (response) => {
			const parts = [];
			response.on('data', (part) => parts.push(part));
			response.once('end', () => done({ response, body: Buffer.concat(parts) }));
		});
		request.once('error', fail);
	});
	const { response, body } = await within(PATIENCE, answered, 'the answer');
	const coding = response.headers['content-encoding'];
	const decoded = String(coding ? decoders[coding](body) : body);
	assert.equal(response.headers['content-length'], String(body.length));
	assert.equal(decoded, `42["echo","${text}"]`);
	return { coding, length: body.length };
}

for (const [accepted, coding] of Object.entries({
	gzip: 'gzip',
	'gzip, deflate': 'gzip',
	br: 'br',
	'gzip, deflate, br': 'br',
	'br;q=0, gzip': 'gzip',
	'gzip;q=0': undefined,
	identity: undefined,
	'': undefined,
}))
	test(`a long answer for a client that takes "${accepted}" comes as ${coding}`, async () => {
		const text = 'compress me '.repeat(1000);

		const got = await pollOf(plain, text, accepted ? { 'Accept-Encoding': accepted } : {});

		assert.equal(got.coding, coding);
		if (coding) assert.ok(got.length < 1000, `${got.length} bytes`);
	});

test('an answer is compressed from 1024 bytes on', async () => {
	const rest = '42["echo",""]'.length;
	const headers = { 'Accept-Encoding': 'gzip, deflate, br' };

	const below = await pollOf(plain, 'x'.repeat(1023 - rest), headers);
	const above = await pollOf(plain, 'x'.repeat(1024 - rest), headers);

	assert.equal(below.coding, undefined);
	assert.equal(above.coding, 'br');
});

test('a long answer that cannot be compressed comes as it was', async () => {
	const random = numbers(3);
	const letters = Array.from({ length: 20_000 }, () => String.fromCharCode(97 + random(26)));

	await pollOf(plain, letters.join(''), { 'Accept-Encoding': 'gzip' });
});

test('an event that is never to be compressed is not, the next one is', async () => {
	const polling = await Polling.open(plain);
	await polling.join();
	const long = 'x'.repeat(5000);
	const headers = { 'Accept-Encoding': 'gzip' };
	const codingOf = async (event) => {
		await polling.post(`42["${event}","${long}"]`);
		return (await polling.get({ headers })).headers['content-encoding'];
	};

	assert.equal(await codingOf('plain'), undefined);
	assert.equal(await codingOf('echo'), 'gzip');
});

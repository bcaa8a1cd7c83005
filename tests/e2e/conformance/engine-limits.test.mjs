// SPDX-License-Identifier: MIT
//
// What a client may send, what may wait for it, and request heads that are none.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { connect, endOf, endsWith, Poller, startEcho } from '../support/engine.mjs';
import { RawSocket } from '../support/raw.mjs';
import { BEYOND, startServer } from '../support/server.mjs';
import { PATIENCE, within } from '../support/wait.mjs';

const LIMIT = 5000;
const MEBIBYTE = 1 << 20;
const QUEUE = 16 * MEBIBYTE;
const NARROW = MEBIBYTE / 2;
const PIECE = MEBIBYTE / 8;

let server, large, narrow, suite;
before(async () => {
	server = await startEcho({ REPORT: '1', MAX_HTTP_BUFFER: String(LIMIT) });
	large = await startEcho({ REPORT: '1', MAX_HTTP_BUFFER: String(MEBIBYTE) });
	narrow = await startServer({ REPORT: '1', MAX_QUEUE: String(NARROW) });
	suite = await startServer({ APP: 'socketio', MAX_HTTP_BUFFER: String(LIMIT) });
});
after(async () => {
	for (const each of [server, large, narrow, suite]) await each.stop();
});

const message = (bytes) => '4'.padEnd(bytes, 'x');
/** The same, most of it in characters of three bytes. */
function euros(bytes) {
	const text = `4${'€'.repeat((bytes - 1) / 3)}`;
	return text + 'x'.repeat(bytes - Buffer.byteLength(text));
}

const CHUNKED = { headers: { 'Transfer-Encoding': 'chunked' } };

// ---- POSTs ----

for (const [name, more] of Object.entries({ 'a length': {}, 'no length': CHUNKED }))
	for (const size of [LIMIT + 1, LIMIT + 1000, 20 * LIMIT])
		test(`engine.io 103: a POST of ${size} bytes with ${name} gets 413`, async () => {
			const poller = await Poller.open(server);
			const { status, body } = await poller.post(`4lost\x1e${message(size - 6)}`, more);

			assert.deepEqual([status, body], [413, '']);
			await poller.say('4a');
			assert.equal(await poller.body(), '4a');
		});

test('engine.io 103: a GET that waits goes on waiting', async () => {
	const poller = await Poller.open(server);
	const get = await poller.waiting();
	assert.equal((await poller.post(message(LIMIT + 1))).status, 413);
	await poller.say('4a');

	assert.equal((await get.done).body, '4a');
});

for (const [name, more] of Object.entries({ 'a length': {}, 'no length': CHUNKED }))
	test(`engine.io 104: a POST of as many bytes as allowed, with ${name}, is taken`, async () => {
		const poller = await Poller.open(server);
		await poller.say(message(LIMIT), more);

		assert.equal(await poller.body(), message(LIMIT));
	});

test('engine.io 103, 104: bytes are counted and not characters', async () => {
	const poller = await Poller.open(server);
	const [most, over] = [euros(LIMIT), `${euros(LIMIT)}x`];
	assert.deepEqual([Buffer.byteLength(most), Buffer.byteLength(over)], [LIMIT, LIMIT + 1]);
	assert.ok(over.length < LIMIT / 2);

	await poller.say(most);
	assert.equal(await poller.body(), most);
	assert.equal((await poller.post(over)).status, 413);
});

// ---- WebSocket messages ----

for (const [name, of] of Object.entries({
	text: message,
	euros,
	bytes: (size) => Buffer.alloc(size, 'x'),
})) {
	test(`engine.io 105: a message of ${name} as long as allowed is taken`, async (t) => {
		const socket = await connect(t, server);
		socket.send(of(LIMIT));

		assert.deepEqual(await socket.message(), of(LIMIT));
	});

	test(`engine.io 105: a message of ${name} that is longer closes with 1009`, async (t) => {
		const socket = await connect(t, server);
		socket.send(Buffer.isBuffer(of(1)) ? of(LIMIT + 1) : `${of(LIMIT)}x`);

		assert.equal((await socket.end()).code, 1009);
		assert.deepEqual(socket.inbox, []);
		await endsWith(server, socket, 'transport error');
	});
}

test('engine.io 105: fragments are counted together', async (t) => {
	const fits = await connect(t, server);
	fits.ws.send(message(LIMIT - 100), { fin: false });
	fits.ws.send('y'.repeat(100), { fin: true });
	assert.equal(await fits.message(), message(LIMIT - 100) + 'y'.repeat(100));

	const socket = await connect(t, server);
	socket.ws.send(message(LIMIT - 100), { fin: false });
	socket.ws.send('y'.repeat(101), { fin: true });
	assert.equal((await socket.end()).code, 1009);
});

// ---- What the server sends ----

const auth = JSON.stringify({ token: 'x'.repeat(LIMIT - '40{"token":""}'.length) });

test('engine.io 106: a message to a poller may be longer than it could send', async () => {
	const poller = await Poller.open(suite, { path: '/socket.io/' });
	await poller.say(`40${auth}`);
	const [, event] = await poller.packets(2);

	assert.equal(event, `42["auth",${auth}]`);
	assert.ok(event.length > LIMIT);
});

test('engine.io 106: a message over WebSocket may be longer than it could send', async (t) => {
	const socket = await RawSocket.connect(t, suite);
	socket.send(`40${auth}`);
	const [, event] = await socket.messages(2);

	assert.equal(event, `42["auth",${auth}]`);
	assert.ok(event.length > LIMIT);
});

test('engine.io 106: a payload may be longer than a POST', async () => {
	const poller = await Poller.open(server);
	const texts = ['a', 'b', 'c'].map((letter) => `4${letter.repeat(LIMIT - 1)}`);
	for (const text of texts) await poller.say(text);

	assert.equal(await poller.body(), texts.join('\x1e'));
});

test('engine.io 55; differences 58: of very much a GET takes a million bytes', async () => {
	const poller = await Poller.open(large);
	const texts = [...'abcde'].map((letter) => `4${letter.repeat(400_000)}`);
	for (const text of texts) await poller.say(text);

	assert.equal(await poller.body(), texts.slice(0, 3).join('\x1e'));
	assert.equal(await poller.body(), texts.slice(3).join('\x1e'));
});

test('differences 60: small packets count with what it takes to keep them', async (t) => {
	const cut = await startServer({ REPORT: '1', MAX_QUEUE: '90000', MAX_HELD: '90000' });
	t.after(() => cut.stop());
	for (const [count, held] of [
		[900, true],
		[1100, false],
	]) {
		const poller = await Poller.open(cut, { path: '/socket.io/' });
		await poller.say('40');
		await poller.body();
		await poller.post(Array(count).fill('42["echo"]').join('\x1e'));
		const { status, body } = await poller.get();
		assert.equal(status, held ? 200 : 400);
		if (held) assert.equal(body.split('\x1e').length, count);
		else assert.equal((await endOf(cut, poller)).limit, 'max_held');
	}
});

test('differences 60: half an event counts with what waits', async (t) => {
	const cut = await startServer({ REPORT: '1', MAX_QUEUE: '100000', MAX_HELD: '100000' });
	t.after(() => cut.stop());
	const socket = await RawSocket.joined(t, cut);
	socket.send('453-["echo"]');
	for (let n = 0; n < 2; n++) socket.send(Buffer.alloc(60_000));
	const { reason, limit } = await endOf(cut, socket);
	assert.deepEqual([reason, limit], ['forced close', 'max_held']);
});

test('engine.io 107: as much as the queue may hold waits for a poller', async () => {
	const poller = await Poller.open(large);
	for (let size = 0; size < QUEUE; size += MEBIBYTE) await poller.say(message(MEBIBYTE));

	const packets = [];
	while (packets.length < QUEUE / MEBIBYTE) packets.push(...(await poller.body()).split('\x1e'));
	assert.equal(packets.length, QUEUE / MEBIBYTE);
	assert.ok(packets.every((packet) => packet === message(MEBIBYTE)));
});

test('engine.io 107: a poller for which one byte more waits is closed', BEYOND, async () => {
	const poller = await Poller.open(large);
	for (let size = 0; size < QUEUE; size += MEBIBYTE) await poller.say(message(MEBIBYTE));
	assert.equal(large.reports('close', { sid: poller.sid }).length, 0);
	await poller.say('4');

	await poller.isGone();
	assert.equal((await endOf(large, poller)).unsent, QUEUE);
});

/** Sends everyone in the lab, itself included, more than a queue and the kernel can hold. */
async function flood(t) {
	const talker = await RawSocket.joined(t, narrow);
	const packet = `42["bcast","${message(PIECE)}"]`;
	for (let size = 0; size < 32 * MEBIBYTE; size += PIECE) {
		talker.send(packet);
		while (!(await talker.message()).startsWith('42["bcast"')); // who left is told as well
	}
}

test('engine.io 107: a WebSocket that does not read is closed', BEYOND, async (t) => {
	const socket = await RawSocket.joined(t, narrow);
	socket.ws.pause();
	await flood(t);

	const { reason, unsent } = await endOf(narrow, socket);
	assert.equal(reason, 'transport error');
	assert.ok(unsent > NARROW - 2 * PIECE, `${unsent} bytes waited`);
});

test('engine.io 107: a WebSocket that reads is not', async (t) => {
	const socket = await RawSocket.joined(t, narrow);
	await flood(t);

	assert.equal(narrow.reports('close', { sid: socket.handshake.sid }).length, 0);
});

// ---- Heads ----

const GET = 'GET /engine.io/?EIO=4&transport=polling HTTP/1.1';

/** All that the server says to these bytes before it closes the connection. */
function saidTo(bytes) {
	const all = new Promise((done, fail) => {
		let text = '';
		const socket = net.connect({ host: '127.0.0.1', port: server.port }, () => {
			socket.write(bytes);
		});
		socket.setEncoding('latin1').on('data', (part) => (text += part));
		socket.once('end', () => done(text)).once('error', fail);
	});
	return within(PATIENCE, all, 'the end of the connection');
}

for (const [name, lines, status = 400] of [
	['a bare line feed', [GET, 'Host: x\nA: b']],
	['space before a colon', [GET, 'Host: x', 'A : b']],
	['a folded line', [GET, 'Host: x', 'A: b', ' c']],
	['a control character in a field', [GET, 'Host: x', 'A: b\x07c']],
	['two lengths', [GET, 'Host: x', 'Content-Length: 0', 'Content-Length: 0']],
	['two hosts', [GET, 'Host: x', 'Host: x']],
	['no host', [GET]],
	['a length and a coding', [GET, 'Host: x', 'Content-Length: 5', 'Transfer-Encoding: chunked']],
	['another coding', [GET, 'Host: x', 'Transfer-Encoding: gzip'], 501],
	['chunked that is not last', [GET, 'Host: x', 'Transfer-Encoding: chunked, gzip'], 501],
])
	test(`engine.io 108: a head with ${name} does not reach the engine`, BEYOND, async () => {
		const text = await saidTo(`${lines.join('\r\n')}\r\n\r\n`);

		assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `));
		assert.doesNotMatch(text, /"sid"|"code"/);
	});

test('engine.io 108: a head without such faults reaches it', async () => {
	const text = await saidTo(`${GET}\r\nHost: x\r\nA: b\r\nConnection: close\r\n\r\n`);

	assert.match(text, /^HTTP\/1\.1 200 .*"sid"/s);
});

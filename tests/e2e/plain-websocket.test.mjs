// SPDX-License-Identifier: MIT
//
// WebSockets of the application's own, beside Socket.IO.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Sender } from 'ws';
import { startPlain } from './support/plain.mjs';
import { Polling, RawSocket } from './support/raw.mjs';
import { within } from './support/wait.mjs';
import { asked, AT_ONCE, requestOf, Wire } from './support/wire.mjs';

const LIMIT = 100_000;
const QUEUE = 5_000_000;

let server;
before(async () => {
	server = await startPlain({ MAX_PAYLOAD: String(LIMIT), MAX_QUEUE: String(QUEUE) });
});
after(() => server.stop());

const at = (t, path, more = {}) =>
	new RawSocket(t, more.to ?? server, { path, query: '', ...more });

async function opened(t, path = '/echo', more = {}) {
	const socket = at(t, path, more);
	await socket.open();
	return socket;
}

let lastId = 0;
/** A WebSocket at /lab; its URL is its own, for reports. */
async function lab(t, query = '', more = {}) {
	const socket = at(t, '/lab', { query: `id=${++lastId}${query}`, ...more });
	socket.url = `/lab?id=${lastId}${query}`;
	await socket.open();
	return socket;
}

const closedOf = (socket, to = server) => to.reported('closed', { url: socket.url });

async function ask(socket, command) {
	socket.send(command);
	return socket.next(command);
}

// ---- Messages ----

const texts = {
	'a word': 'hello',
	nothing: '',
	'any characters': 'a\u0000é漢😀\r\n',
	'as much as max_payload': 'x'.repeat(LIMIT),
};
for (const [what, text] of Object.entries(texts))
	test(`a text comes back: ${what}`, async (t) => {
		assert.equal(await ask(await opened(t), text), text);
	});

for (const length of [0, 1, 125, 126, 65_535, 65_536, LIMIT])
	test(`${length} bytes come back`, async (t) => {
		const bytes = randomBytes(length);

		assert.deepEqual(await ask(await opened(t), bytes), bytes);
	});

test('a thousand messages come back in their order', async (t) => {
	const socket = await opened(t);
	for (let i = 0; i < 1000; i++) socket.send(i % 2 ? `${i}` : Buffer.from([i >> 8, i & 255]));

	for (let i = 0; i < 1000; i++) {
		const message = await socket.next();
		assert.equal(i % 2 ? Number(message) : message.readUInt16BE(), i);
	}
});

test('a message in fragments is one message', async (t) => {
	const socket = await opened(t);
	const euro = Buffer.from('€');
	const start = Buffer.concat([Buffer.from('a'), euro.subarray(0, 1)]);
	socket.ws.send(start, { fin: false, binary: false });
	socket.ws.ping('between');
	socket.ws.send(euro.subarray(1), { fin: true });

	assert.equal(await socket.next(), 'a€');
});

test('frames in one piece with the handshake are taken', async (t) => {
	const wire = new Wire(t, server);
	wire.write(Buffer.concat([Buffer.from(upgradeOf('/echo')), frameOf('one'), frameOf('two')]));

	assert.equal((await wire.head()).status, 101);
	assert.equal(await frame(wire), 'one');
	assert.equal(await frame(wire), 'two');
});

test('what is answered to the last message comes before the goodbye', async (t) => {
	const wire = new Wire(t, server);
	wire.write(upgradeOf('/echo'));
	await wire.head();
	wire.write(Buffer.concat([frameOf('last word'), frameOf('', { opcode: 8 })]));

	assert.equal(await frame(wire), 'last word');
	assert.deepEqual(await wire.until(() => wire.take(2), 'a close frame'), Buffer.from([0x88, 0]));
	await wire.end();
});

test('the first subprotocol that is offered is spoken', async (t) => {
	const wire = new Wire(t, server);
	const headers = [...asks, version, key, 'Sec-WebSocket-Protocol: one, two'];
	wire.write(upgradeOf('/lab', { headers }));

	assert.equal((await wire.head()).headers['sec-websocket-protocol'], 'one');
	wire.write(frameOf('header sec-websocket-protocol'));
	assert.equal(await frame(wire), 'one, two');
});

test('what is sent at once when it opens arrives', async (t) => {
	const socket = at(t, '/lab', { query: 'greeting=hello' });

	assert.equal(await socket.next(), 'hello');
});

test('a ping of the client is answered', async (t) => {
	const socket = await opened(t);
	const pong = new Promise((done) => socket.ws.once('pong', done));
	socket.ws.ping('are you there?');

	assert.equal(String(await within(AT_ONCE, pong, 'a pong')), 'are you there?');
});

test('an endpoint without hooks listens and says nothing', async (t) => {
	const socket = await opened(t, '/quiet');
	socket.send('anybody?');
	socket.ws.close(1000);

	assert.equal((await socket.end()).code, 1000);
	assert.deepEqual(socket.inbox, []);
});

test('only what may be sent is sent', async (t) => {
	const socket = await lab(t);
	socket.send('bad');
	const answers = [];
	while (answers.length < 5) answers.push(await socket.next());

	assert.deepEqual(answers, [
		'invalid argument', // text that is no UTF-8
		'invalid argument', // such a reason
		'invalid argument', // such a text to all
		Buffer.from([255]), // bytes may be anything
		'fine',
	]);
	for (const code of [1004, 1005, 1006, 1015, 999, 2999, 5000])
		assert.equal(await ask(socket, `close ${code}`), 'invalid argument', `close ${code}`);
});

test('it knows the request that it began with', async (t) => {
	const socket = await lab(t, '&who=a%20b', { headers: { 'X-Who': 'me' } });

	assert.equal(await ask(socket, 'header x-WHO'), 'me');
	assert.equal(await ask(socket, 'query who'), 'a b');
	assert.equal(await ask(socket, 'whence'), '127.0.0.1');
});

// ---- Many ----

test('a message to all but one, and one to all', async (t) => {
	const [one, two, three] = [await lab(t), await lab(t), await lab(t)];

	assert.equal(await ask(one, 'others hello'), 'fine');
	assert.deepEqual([await two.next(), await three.next()], ['hello', 'hello']);
	one.send('all bytes');
	for (const socket of [one, two, three])
		assert.deepEqual(await socket.next(), Buffer.from('bytes'));
	assert.deepEqual([...one.inbox, ...two.inbox, ...three.inbox], []);
	for (const socket of [one, two, three]) await left(socket);
});

async function left(socket) {
	socket.ws.close();
	await socket.end();
	await closedOf(socket);
}

test('each finds those that are open, of its path', async (t) => {
	const [one, two] = [await lab(t), await lab(t)];
	const other = await opened(t, '/quiet');

	assert.equal(await ask(one, 'count /lab'), '2');
	assert.equal(await ask(one, 'count /quiet'), '1');
	assert.equal(await ask(one, 'count /nowhere'), '0');
	await left(two);
	assert.equal(await ask(one, 'count /lab'), '1');
	await left(one);
	other.ws.terminate();
});

test('all can be closed while they are walked over', async (t) => {
	const sockets = await Promise.all(Array.from({ length: 20 }, () => lab(t)));
	const [first, ...others] = sockets;

	first.send('alone');
	first.send('count /lab');
	assert.deepEqual([await first.next(), await first.next()], ['20', '1']);

	for (const socket of others) {
		assert.deepEqual(await socket.end(), { code: 4001, reason: 'you' });
		await closedOf(socket);
	}
	assert.equal(await ask(first, 'count /lab'), '1');
	await left(first);
});

// ---- Data ----

test('data is freed when it is replaced, and after the end', async (t) => {
	const socket = await lab(t);
	socket.send('note first');
	socket.send('note second');
	assert.equal(await ask(socket, 'notes'), 'second');
	await server.reported('freed', { note: 'first' });
	assert.equal(server.reports('freed', { note: 'first' }).length, 1);
	assert.equal(server.reports('freed', { note: 'second' }).length, 0);

	socket.ws.close();

	await server.reported('freed', { note: 'second' });
	const order = server.stdout.indexOf('freed {"note":"second"}');
	assert.ok(order > server.stdout.indexOf(`closed {"url":"${socket.url}"`));
});

// ---- Ends ----

for (const [how, close, code, reason] of [
	['with a code and a reason', (ws) => ws.close(4321, 'enough é'), 4321, 'enough é'],
	['with a code', (ws) => ws.close(1001), 1001, ''],
	['without a code', (ws) => ws.close(), 1005, ''],
	['without a goodbye', (ws) => ws.terminate(), 1006, ''],
	['by a reset', (ws) => ws._socket.resetAndDestroy(), 1006, ''],
])
	test(`a client's end is told: ${how}`, async (t) => {
		const socket = await lab(t);
		close(socket.ws);

		const told = await closedOf(socket);
		assert.deepEqual([told.code, told.reason], [code, reason]);
		assert.equal(told.send, 'the client has left, or the ticket was used');
		assert.equal(server.reports('closed', { url: socket.url }).length, 1);
	});

for (const [command, code, reason] of [
	['close 4000 go now', 4000, 'go now'],
	['close 1000', 1000, ''],
	['close 3000', 3000, ''],
	['close', 1005, ''],
	[`close 4999 ${'é'.repeat(100)}`, 4999, 'é'.repeat(61)],
])
	test(`the server closes: ${command.slice(0, 20)}`, async (t) => {
		const socket = await lab(t);
		socket.send(command);
		socket.send('count /lab');

		assert.deepEqual(await socket.end(), { code, reason });
		const told = await closedOf(socket);
		assert.equal(told.code, code);
		assert.deepEqual(socket.inbox, []);
	});

test('after its close nothing can be sent and nothing is handed out', async (t) => {
	const socket = await lab(t);
	const gone = 'the client has left, or the ticket was used';
	socket.ws.pause(); // so that it does not answer yet
	socket.send('close 4000');
	await server.reported('late', { send: gone, close: gone });

	socket.send('too-late');
	const other = await lab(t);
	other.send('in-time');
	await server.reported('message', { word: 'in-time' });

	assert.deepEqual(server.reports('message', { word: 'too-late' }), []);
	assert.deepEqual(server.reports('closed', { url: socket.url }), []);
	socket.ws.resume();
	await closedOf(socket);
	await left(other);
});

test('a close comes behind all that was sent before', async (t) => {
	const socket = await lab(t);
	socket.send('flood 60 50000 4000 the end');

	for (let i = 0; i < 60; i++) {
		const message = await socket.next(`message ${i}`);
		assert.equal(message.length, 50_000);
		assert.equal(String(message)[49_999], String.fromCharCode(97 + (i % 26)));
		assert.equal(typeof message, i % 2 ? 'object' : 'string');
	}
	assert.deepEqual(await socket.end(), { code: 4000, reason: 'the end' });
});

test('one that is closed when it opens gets its greeting', async (t) => {
	const socket = at(t, '/lab', { query: 'greeting=bye' });

	assert.equal(await socket.next(), 'bye');
	assert.deepEqual(await socket.end(), { code: 4000, reason: 'at once' });
});

test('a client that never answers a close is cut off', async (t) => {
	const id = ++lastId;
	const wire = new Wire(t, server);
	wire.write(upgradeOf(`/lab?id=${id}`));
	await wire.head();
	wire.write(frameOf('close 4000'));

	assert.deepEqual(await wire.until(() => wire.take(4), 'a close frame'), closeFrame(4000));
	await wire.end();
	const { code } = await server.reported('closed', { url: `/lab?id=${id}` });
	assert.equal(code, 1006);
});

for (const [what, bytes, code] of [
	['text that is no UTF-8', () => frameOf(Buffer.from([0xff])), 1007],
	['a message over max_payload', () => frameOf('x'.repeat(LIMIT + 1)), 1009],
	['a frame that is not masked', () => Buffer.from([0x81, 1, 97]), 1002],
	['a reserved opcode', () => frameOf('x', { opcode: 3 }), 1002],
	['a reserved bit', () => frameOf('x', { rsv1: true }), 1002],
	['a continuation of nothing', () => frameOf('x', { opcode: 0 }), 1002],
	['a close code that may not be sent', () => frameOf(Buffer.from([3, 0xed]), { opcode: 8 }), 1002],
])
	test(`a client that breaks the rules is closed with ${code}: ${what}`, async (t) => {
		const bystander = await lab(t);
		const id = ++lastId;
		const wire = new Wire(t, server);
		wire.write(upgradeOf(`/lab?id=${id}`));
		await wire.head();
		wire.write(bytes());

		assert.deepEqual(await wire.until(() => wire.take(4), 'a close frame'), closeFrame(code));
		await wire.end();
		const told = await server.reported('closed', { url: `/lab?id=${id}` });
		assert.deepEqual([told.code, told.reason], [code, '']);
		assert.equal(await ask(bystander, 'count /lab'), '1');
		await left(bystander);
	});

test('a client for which more than max_queue waits is cut off, and no other', async (t) => {
	const [lazy, other] = [await lab(t), await lab(t)];
	lazy.ws.pause();
	lazy.send(`flood 2000 ${LIMIT}`);

	const { error, backlog } = await server.reported('flooded', { error: 'over a limit' });
	assert.equal(error, 'over a limit');
	assert.ok(backlog <= QUEUE + LIMIT, `${backlog} bytes waited`);
	assert.equal((await closedOf(lazy)).code, 1006);
	assert.equal(await ask(other, 'count /lab'), '1');
	await left(other);
});

// ---- Signs of life ----

const PINGS = { PING_INTERVAL: '150', PING_TIMEOUT: '600' };

test('who answers pings stays, and who does not is cut off', async (t) => {
	const pinged = await startPlain(PINGS);
	t.after(() => pinged.stop());
	const alive = await lab(t, '', { to: pinged });
	const pings = new Promise((done) => {
		let count = 0;
		alive.ws.on('ping', () => ++count === 12 && done());
	});
	const dead = await lab(t, '', { to: pinged, autoPong: false });

	assert.equal((await closedOf(dead, pinged)).code, 1006);
	assert.equal((await dead.end()).code, 1006);
	await within(8000, pings, 'twelve pings');
	assert.equal(await ask(alive, 'count /lab'), '1');
	alive.ws.close();
	await alive.end();
});

test('a long message that comes slowly is a sign of life', async (t) => {
	const pinged = await startPlain(PINGS);
	t.after(() => pinged.stop());
	const wire = new Wire(t, pinged);
	wire.write(upgradeOf('/echo'));
	await wire.head();
	const text = 'slow '.repeat(20);
	const bytes = frameOf(text);
	for (let i = 0; i < bytes.length; i += 8) {
		wire.write(bytes.subarray(i, i + 8));
		await new Promise((done) => setTimeout(done, 150)); // 2 s, more than twice the time
	}

	for (;;) {
		const [first, length] = await wire.until(() => wire.take(2), 'a frame');
		const content = String(await wire.until(() => wire.take(length), 'its content'));
		if (first === 0x89) continue;
		assert.deepEqual([first, content], [0x81, text]);
		return;
	}
});

// ---- Handshakes ----

const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
const version = 'Sec-WebSocket-Version: 13';
const asks = ['Connection: Upgrade', 'Upgrade: websocket'];

function upgradeOf(url, { method = 'GET', headers = [...asks, version, key] } = {}) {
	return requestOf(method, url, { headers });
}

function frameOf(data, options = {}) {
	const bytes = Buffer.from(data);
	const mask = { mask: true, maskBuffer: Buffer.alloc(4), readOnly: true };
	return Buffer.concat(Sender.frame(bytes, { fin: true, opcode: 1, ...mask, ...options }));
}

const closeFrame = (code) => Buffer.from([0x88, 2, code >> 8, code & 255]);

/** The next short text. */
async function frame(wire) {
	const [first, length] = await wire.until(() => wire.take(2), 'a frame');
	assert.equal(first, 0x81);
	return String(await wire.until(() => wire.take(length), 'the rest of a frame'));
}

test('a plain request is told to ask for a WebSocket', async (t) => {
	for (const method of ['GET', 'HEAD', 'POST']) {
		const { status, headers, lines } = await asked(t, server, method, '/echo');
		assert.deepEqual([status, headers.upgrade], [426, 'websocket'], method);
		assert.ok(lines.includes('Connection: Upgrade'));
	}
});

for (const [what, options, status, field] of [
	[
		'another version',
		{ headers: [...asks, key, 'Sec-WebSocket-Version: 8'] },
		426,
		['sec-websocket-version', '13'],
	],
	['no key', { headers: [...asks, version] }, 400],
	['another method', { method: 'POST' }, 405, ['allow', 'GET']],
])
	test(`a handshake with ${what} is answered with ${status}`, async (t) => {
		const wire = new Wire(t, server);
		wire.write(upgradeOf('/echo', options));

		const answer = await wire.response();
		assert.equal(answer.status, status);
		if (field) assert.equal(answer.headers[field[0]], field[1]);
		await wire.end(AT_ONCE);
	});

for (const url of ['/echo/', '/echo/x', '/Echo', '/ech%6f', '/', '/nowhere'])
	test(`there is no WebSocket at ${url}`, async (t) => {
		const wire = new Wire(t, server);
		wire.write(upgradeOf(url));

		assert.equal((await wire.response()).status, 404);
	});

test('a path that can be none is refused', () => {
	const refused = server.reports('refused', { error: 'invalid argument' });

	assert.deepEqual(
		refused.map(({ path }) => path),
		['echo', '/a?b', '/socket.io/ws', '/echo'],
	);
});

test('Socket.IO goes on beside it', async (t) => {
	await opened(t);
	const polling = await Polling.open(server);

	assert.match((await polling.join())[0], /^40\{"sid"/);
	assert.equal((await asked(t, server, 'GET', '/users/7')).status, 200);
});

// ---- Origins ----

async function statusFor(t, to, origin) {
	const wire = new Wire(t, to);
	const headers = [...asks, version, key];
	if (origin) headers.push(`Origin: ${origin}`);
	wire.write(upgradeOf('/echo', { headers }));
	const { status } = await wire.head();
	wire.socket.destroy();
	return status;
}

test('pages of other origins are refused as they are for Socket.IO', async (t) => {
	const strict = await startPlain({ CORS_ORIGIN: 'https://*.example.com' });
	t.after(() => strict.stop());

	assert.equal(await statusFor(t, strict, 'https://a.example.com'), 101);
	assert.equal(await statusFor(t, strict, 'http://localhost'), 101, 'which is its own host');
	assert.equal(await statusFor(t, strict, undefined), 101, 'which is no page');
	assert.equal(await statusFor(t, strict, 'https://evil.example'), 403);
	assert.equal(await statusFor(t, strict, 'null'), 403);
	assert.equal(await statusFor(t, server, 'https://evil.example'), 101, 'without the option');
});

// ---- Compression ----

test('messages are compressed where both sides want it', async (t) => {
	const small = await startPlain({ DEFLATE: '1' });
	t.after(() => small.stop());
	const socket = await lab(t, '', { to: small });
	const plain = await lab(t, '', { to: small, perMessageDeflate: false });
	assert.match(socket.ws.extensions, /permessage-deflate/);
	assert.equal(plain.ws.extensions, '');

	const text = 'over and over '.repeat(5000);
	const bytes = () => socket.ws._socket.bytesRead;
	const before = bytes();
	plain.send(`others ${text}`);

	assert.equal(await socket.next(), text);
	assert.ok(bytes() - before < text.length / 10, `${bytes() - before} bytes came`);
	for (const each of [socket, plain]) each.ws.close();
});

// ---- The server's end ----

test('a server that ends says goodbye', async (t) => {
	const brief = await startPlain();
	const socket = await lab(t, '', { to: brief });
	socket.send('flood 40 50000');
	await brief.reported('flooded');

	await brief.stop();

	assert.deepEqual(await socket.end(), { code: 1001, reason: 'server shutting down' });
	assert.equal(socket.inbox.length, 40);
	assert.equal((await closedOf(socket, brief)).code, 1001);
});

/** It ends by itself, with nothing to complain about. */
async function ended(brief) {
	await brief.waitForEnd();
	await brief.stop();
}

/** All ends are told before the server is done. */
function inOrder({ stdout }) {
	const done = stdout.indexOf('\ndone');
	assert.ok(done > 0 && stdout.lastIndexOf('\nclosed') < done, stdout);
}

test('a shutdown takes leave of all of them, in the middle of what they are sent', async (t) => {
	const brief = await startPlain();
	const sockets = await Promise.all([1, 2, 3].map(() => lab(t, '', { to: brief })));
	const polling = await Polling.open(brief);
	await polling.join();
	sockets[0].send('flood 60 50000');
	sockets[0].send('shutdown');

	for (const socket of sockets) {
		assert.deepEqual(await socket.end(), { code: 1001, reason: 'server shutting down' });
		assert.equal((await closedOf(socket, brief)).code, 1001);
	}
	assert.equal(sockets[0].inbox.length, 60);
	await polling.get();
	await brief.reported('done', { left: 0 });
	inOrder(brief);
	await ended(brief);
});

test('during a shutdown nobody is let in, and it keeps its pace', async (t) => {
	const brief = await startPlain();
	const sockets = await Promise.all([1, 2, 3, 4].map(() => lab(t, '', { to: brief })));
	const started = Date.now();
	sockets[0].send('shutdown 10000 5');
	await sockets[0].end();

	assert.equal(await statusFor(t, brief, undefined), 503);
	assert.equal(sockets[3].ws.readyState, 1);
	await brief.reported('done');
	assert.ok(Date.now() - started >= 550, 'four at five in a second');
	await ended(brief);
});

test('who does not take leave by the deadline is cut off', async (t) => {
	const brief = await startPlain();
	const [lazy, other] = [await lab(t, '', { to: brief }), await lab(t, '', { to: brief })];
	lazy.ws.pause();
	lazy.send('flood 150 100000');
	await brief.reported('flooded');
	other.send('shutdown 300');

	await other.end();
	assert.equal((await closedOf(lazy, brief)).code, 1006);
	await brief.reported('done', { left: 0 });
	inOrder(brief);
	await ended(brief);
});

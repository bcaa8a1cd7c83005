// SPDX-License-Identifier: MIT
//
// The engine's hooks: who may come in, the ids of sessions, fields of answers, and what is reported.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, begin, Polling, RawSocket } from './support/raw.mjs';
import { startServer } from './support/server.mjs';

let server;
before(async () => {
	server = await startServer({ REPORT: '1', ALLOW: '1', IDS: '1', HEADERS: '1', ALLOW_EIO3: '1' });
});
after(() => server.stop());

let lastId = 0;
const newId = () => `session-${++lastId}`;
const url = (query) => `/socket.io/?EIO=4&transport=polling&${query}`;
const handshake = (query) => ask(server, { url: url(query) });
const sidIn = ({ body }) => JSON.parse(body.slice(1)).sid;

function knock(t, query) {
	return new RawSocket(t, server, { query: `EIO=4&transport=websocket&${query}` });
}

/** The refusal of a WebSocket: its status and body. */
function refusal({ ws }) {
	return new Promise((done) => {
		ws.once('unexpected-response', (request, response) => {
			let body = '';
			response.setEncoding('utf8').on('data', (text) => (body += text));
			response.once('end', () => done([response.statusCode, body]));
		});
	});
}

test('a request that is turned down is told why, or the usual', async () => {
	const why = await handshake(`id=${newId()}&allow=no&because=%22go%22%0A<away>`);
	const usual = await handshake(`id=${newId()}&allow=no`);

	assert.deepEqual([why.status, why.body], [403, '{"code":4,"message":"\\"go\\"\\n<away>"}']);
	assert.deepEqual([usual.status, usual.body], [403, '{"code":4,"message":"Forbidden"}']);
});

test('a WebSocket that is turned down gets no 101', async (t) => {
	const socket = knock(t, `id=${newId()}&allow=no&because=not+you`);

	assert.deepEqual(await refusal(socket), [400, 'not you']);
});

for (const [word, status] of [['go', 200], ['stop', 403]])
	test(`a poll may be answered later: ${word}`, async () => {
		const id = newId();
		const late = begin(server, { url: url(`id=${id}&allow=wait`) });
		await new Promise((done) => late.request.once('finish', done));
		await handshake(`id=${newId()}`); /* which was read after the other */
		assert.equal(server.reports('open', { sid: id }).length, 0);

		await handshake(`id=${newId()}&allow=${word}`);

		assert.equal((await late.done).status, status);
		assert.equal(server.reports('open', { sid: id }).length, status === 200 ? 1 : 0);
	});

test('a WebSocket may be let in later', async (t) => {
	const id = newId();
	const socket = knock(t, `id=${id}&allow=wait`);
	const open = socket.next();
	while (!server.reports('open', { sid: id }).length) await handshake(`id=${newId()}&allow=go`);

	assert.equal(JSON.parse((await open).slice(1)).sid, id);
});

test('a request that goes away while it waits makes its entry void', async () => {
	const late = begin(server, { url: url(`id=${newId()}&allow=wait`) });
	await new Promise((done) => late.request.once('finish', done));
	await handshake(`id=${newId()}`);
	late.abort();
	await handshake(`id=${newId()}`);

	await handshake(`id=${newId()}&allow=go`);

	await server.reported('answered', { error: 'the client has left, or the ticket was used' });
});

test('a session has the id that the application gave it', async (t) => {
	const id = newId();
	assert.equal(sidIn(await handshake(`id=${id}`)), id);

	const other = knock(t, 'id=A-z.0_9~');
	assert.equal(JSON.parse((await other.next()).slice(1)).sid, 'A-z.0_9~');
});

test('an id of 64 characters is good, and the socket of version 3 bears it', async () => {
	const id = 'x'.repeat(64);
	const { body } = await ask(server, { url: `/socket.io/?EIO=3&transport=polling&id=${id}` });
	assert.match(body, /:0\{"sid":"x{64}",/);
	await server.reported('connect', { nsp: '/', id });
});

for (const [what, id] of [
	['too long', 'y'.repeat(65)],
	['with a slash', 'a%2Fb'],
	['with a space', 'a+b'],
	['empty', ''],
])
	test(`an id ${what} refuses the request`, async () => {
		const { status, body } = await handshake(`id=${id}`);

		assert.deepEqual([status, body], [400, '{"code":3,"message":"Bad request"}']);
		await server.reported('refused', { name: 'ID_GENERATION_ERROR' });
	});

test('an id that is in use refuses the request, and the session goes on', async () => {
	const id = newId();
	await handshake(`id=${id}`);

	assert.equal((await handshake(`id=${id}`)).status, 400);
	assert.equal((await ask(server, { method: 'POST', url: url(`sid=${id}`), body: '40' })).status, 200);
});

test('answers to polls and posts carry the added fields', async () => {
	const id = newId();
	const first = await handshake(`id=${id}&ask=one`);
	const post = await ask(server, { method: 'POST', url: url(`sid=${id}&ask=two`), body: '40' });
	const poll = await handshake(`sid=${id}`);

	const added = ({ headers }) => [headers['x-answer'], headers['x-asked']];
	assert.deepEqual(added(first), ['initial', 'one']);
	assert.deepEqual(added(post), ['later', 'two']);
	assert.deepEqual(added(poll), ['later', undefined]);
});

test('a 101 carries the added fields, and those of an upgrade say so', async (t) => {
	const id = newId();
	await handshake(`id=${id}`);
	const upgraded = (socket) =>
		new Promise((done) => socket.ws.once('upgrade', ({ headers }) => done(headers['x-answer'])));

	assert.equal(await upgraded(knock(t, `id=${newId()}`)), 'initial');
	assert.equal(await upgraded(knock(t, `sid=${id}`)), 'later');
});

test('a refusal carries none', async () => {
	assert.equal((await handshake('sid=nobody')).headers['x-answer'], undefined);
});

for (const [why, request, report] of [
	['a transport', '?EIO=4&transport=pigeon', [0, 'Transport unknown', null, 'pigeon']],
	['a sid', '?EIO=4&transport=polling&sid=nobody', [1, 'Session ID unknown', null, 'nobody']],
	['a websocket that is none', '?EIO=4&transport=websocket', [3, 'Bad request', 'TRANSPORT_HANDSHAKE_ERROR', 'websocket']],
	['the application', '?EIO=4&transport=polling&allow=no&because=me', [4, 'me', null, '']],
	['a version', '?EIO=2&transport=polling&id=v', [5, 'Unsupported protocol version', null, '2']],
])
	test(`a refusal for ${why} is reported with its context`, async () => {
		const [code, message, name, detail] = report;
		await ask(server, { url: `/socket.io/${request}` });

		const { address } = await server.reported('refused', { code, message, name, detail });
		assert.equal(address, '127.0.0.1');
	});

test('a refused method and a wrong transport or version of a session are reported', async (t) => {
	const id = newId();
	const socket = knock(t, `id=${id}`);
	await socket.next();
	await ask(server, { method: 'PATCH', url: url('') });
	await handshake(`sid=${id}`);
	const other = newId();
	await handshake(`id=${other}`);
	await ask(server, { url: `/socket.io/?EIO=3&transport=polling&sid=${other}` });

	await server.reported('refused', { code: 2, detail: 'PATCH' });
	await server.reported('refused', { code: 3, name: 'TRANSPORT_MISMATCH', detail: 'polling' });
	await server.reported('refused', { code: 3, name: 'PROTOCOL_MISMATCH', detail: '3' });
});

test('a session is reported when it opens, changes its transport and ends', async (t) => {
	const id = newId();
	const polling = await Polling.open(server, { headers: {} }).catch(() => undefined);
	assert.equal(polling, undefined, 'without an id it is refused');
	await handshake(`id=${id}`);
	const socket = knock(t, `sid=${id}`);
	await socket.open();
	await socket.probe();
	socket.send('5');
	await server.reported('upgrade', { sid: id, transport: 'websocket' });
	socket.ws.close(4321);

	await server.reported('open', { sid: id, transport: 'polling', version: 4, secure: false });
	const end = await server.reported('close', { sid: id });
	assert.deepEqual(end, {
		sid: id,
		transport: 'websocket',
		reason: 'transport close',
		code: 4321,
		error: 0,
		unsent: 0,
		limit: null,
	});
});

test('an end by a reset is told with its errno', async (t) => {
	const id = newId();
	const socket = knock(t, `id=${id}`);
	await socket.next();
	socket.ws._socket.resetAndDestroy();

	const { reason, error, code } = await server.reported('close', { sid: id });
	assert.deepEqual([reason, error, code], ['transport close', 104, 0]);
});

test('an end without a close frame is told without a code or an errno', async (t) => {
	const id = newId();
	const socket = knock(t, `id=${id}`);
	await socket.next();
	socket.ws.terminate();

	const { reason, error, code } = await server.reported('close', { sid: id });
	assert.deepEqual([reason, error, code], ['transport close', 0, 0]);
});

for (const [limit, code, send] of [
	['max_payload', 1009, (socket) => socket.send('x'.repeat(1_000_001))],
	['max_attachments', 0, (socket) => socket.send('4511-["a"]')],
	['max_depth', 0, (socket) => socket.send(`42["a",${'['.repeat(20_000)}${']'.repeat(20_000)}]`)],
])
	test(`an end over ${limit} names it`, async (t) => {
		const id = newId();
		const socket = knock(t, `id=${id}`);
		await socket.next();
		socket.send('40');
		await socket.message();
		send(socket);

		const end = await server.reported('close', { sid: id });
		assert.deepEqual([end.limit, end.code], [limit, code]);
	});

test('an end over connect_timeout_ms names it', async (t) => {
	const hasty = await startServer({ REPORT: '1', CONNECT_TIMEOUT: '50' });
	await RawSocket.connect(t, hasty);

	const { limit, reason } = await hasty.reported('close', {});
	assert.deepEqual([limit, reason], ['connect_timeout_ms', 'forced close']);
	await hasty.stop();
});

// SPDX-License-Identifier: MIT
//
// Engine.IO: GETs and POSTs of one session that meet, and those that are given up.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Dialogue } from '../support/dialogue.mjs';
import { BEYOND, startServer } from '../support/server.mjs';
import { caughtUp, isGone, joinByPolling, waitingGet, Witness } from '../support/sessions.mjs';
import { AT_ONCE, requestOf } from '../support/wire.mjs';

const ECHO = (n) => `42["echo",${n}]`;

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

/** A session, and what `act` does to it, which ends it with "transport error". */
async function endsByError(t, act) {
	const witness = await Witness.of(t, server);
	const polling = await joinByPolling(server);
	await act(polling);
	assert.equal(await witness.reasonOf(polling), 'transport error');
	await isGone(polling);
}

const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const KINDS = {
	'of known length': { headers: [], half: (body) => body.slice(0, -3) },
	'in chunks': { headers: ['Transfer-Encoding: chunked'], half: chunk },
};
const ends = { 'of known length': (body) => body.slice(-3), 'in chunks': () => '0\r\n\r\n' };

/** A POST whose body has arrived in part; `rest()` sends what is missing. */
async function halfPost(t, polling, body, kind = 'of known length') {
	const { headers, half } = KINDS[kind];
	const wire = new Dialogue(t, server);
	const [head] = requestOf('POST', polling.url, { headers, body }).split('\r\n\r\n');
	await wire.write(`${head}\r\n\r\n${half(body)}`);
	await caughtUp(server);
	wire.rest = () => wire.write(ends[kind](body));
	return wire;
}

test('engine.io 61: a second GET ends the session', (t) =>
	endsByError(t, async (polling) => {
		const first = await waitingGet(polling);

		const second = await polling.get();

		assert.deepEqual([second.status, second.body], [400, '']);
		const { status, body } = await first.done;
		assert.deepEqual([status, body], [200, '1']);
	}));

test('engine.io 61: a GET after one that was answered is no second one', async () => {
	const polling = await joinByPolling(server);
	for (let i = 0; i < 5; i++) {
		const waiting = await waitingGet(polling);
		await polling.post(ECHO(i));
		assert.equal((await waiting.done).body, ECHO(i));
	}
});

test('differences 59: a GET before the last answer was read is one that overlaps', async (t) => {
	const size = 30_000_000; // more than the buffers between the two take
	const env = { REPORT: '1', MAX_HTTP_BUFFER: String(size + 100), MAX_QUEUE: String(3 * size) };
	const own = await startServer(env);
	t.after(() => own.stop());
	const polling = await joinByPolling(own);
	await polling.post(`42["echo","${'x'.repeat(size)}"]`);
	const reader = new Dialogue(t, own);
	await reader.write(requestOf('GET', polling.url));
	await reader.head();
	reader.socket.pause();

	const { status, body } = await polling.get();

	assert.deepEqual([status, body], [400, '']);
	assert.equal((await own.reported('close', { sid: polling.sid })).reason, 'transport error');
	await isGone(polling);
});

for (const kind of Object.keys(KINDS)) {
	test(`engine.io 62: a second POST beside a half one ${kind} ends the session`, (t) =>
		endsByError(t, async (polling) => {
			const first = await halfPost(t, polling, ECHO(1), kind);

			const second = await polling.post(ECHO(2));

			assert.deepEqual([second.status, second.body], [400, '']);
			await first.cut(AT_ONCE);
		}));

	test(`engine.io 62: a GET that waits meanwhile gets a close packet (${kind})`, (t) =>
		endsByError(t, async (polling) => {
			const waiting = await waitingGet(polling);
			const first = await halfPost(t, polling, ECHO(1), kind);

			const second = await halfPost(t, polling, ECHO(2), kind);

			const { status, body } = await second.response();
			assert.deepEqual([status, body], [400, '']);
			await first.cut(AT_ONCE);
			assert.equal((await waiting.done).body, '1');
		}));

	test(`engine.io 64: a POST ${kind} that is cut ends the session`, (t) =>
		endsByError(t, async (polling) => {
			const wire = await halfPost(t, polling, ECHO(1), kind);

			wire.socket.destroy();
		}));

	test(`engine.io 64: a POST ${kind} that is reset ends the session`, (t) =>
		endsByError(t, async (polling) => {
			const wire = await halfPost(t, polling, ECHO(1), kind);

			wire.socket.resetAndDestroy();
		}));

	test(`engine.io 64: a POST ${kind} that says no more comes ends the session`, (t) =>
		endsByError(t, async (polling) => {
			const wire = await halfPost(t, polling, ECHO(1), kind);

			wire.socket.end();
		}));

	test(`engine.io 65: a GET does not wait for a POST ${kind}`, async (t) => {
		const polling = await joinByPolling(server);
		const other = await joinByPolling(server);
		const post = await halfPost(t, polling, ECHO(1), kind);
		const waiting = await waitingGet(polling);

		await other.post('42["bcast","meanwhile"]');
		assert.equal((await waiting.done).body, '42["bcast","meanwhile"]');

		await post.rest();
		assert.equal((await post.response()).body, 'ok');
		assert.equal((await polling.get()).body, ECHO(1));
	});
}

test('engine.io 62: a POST after one that was answered is no second one', async (t) => {
	const polling = await joinByPolling(server);
	for (let i = 0; i < 5; i++) {
		const post = await halfPost(t, polling, ECHO(i));
		await post.rest();
		assert.equal((await post.response()).body, 'ok');
	}
	assert.equal((await polling.packets(5)).length, 5);
});

test('engine.io 64: none of the packets that came is handled', async (t) => {
	const witness = await Witness.of(t, server);
	const polling = await joinByPolling(server);
	const wire = await halfPost(t, polling, '42["bcast",1]\x1e42["bcast",2]\x1e42["bcast",3]');

	wire.socket.destroy();

	await witness.reasonOf(polling);
	assert.deepEqual(await witness.heard(), []);
});

const LEAVING = {
	closed: (socket) => socket.destroy(),
	reset: (socket) => socket.resetAndDestroy(),
	'closed in one direction': (socket) => socket.end(),
};
for (const [how, leave] of Object.entries(LEAVING))
	test(`engine.io 63: a GET that waits and whose connection is ${how} ends the session`, (t) =>
		endsByError(t, async (polling) => {
			const wire = new Dialogue(t, server);
			await wire.write(requestOf('GET', polling.url));
			await caughtUp(server);

			leave(wire.socket);
		}));

test('engine.io 63: the connection of a GET that was answered may be closed', async (t) => {
	const polling = await joinByPolling(server);
	for (const leave of Object.values(LEAVING)) {
		const wire = new Dialogue(t, server);
		await wire.write(requestOf('GET', polling.url));
		await caughtUp(server);
		await polling.post(ECHO(1));
		assert.equal((await wire.response()).body, ECHO(1));
		leave(wire.socket);
	}

	await caughtUp(server);
	await polling.post(ECHO(2));
	assert.equal((await polling.get()).body, ECHO(2));
});

test('engine.io 65: a POST does not wait for a GET', async () => {
	const polling = await joinByPolling(server);
	const waiting = await waitingGet(polling);
	let answered = false;
	waiting.done.then(() => (answered = true));

	for (let i = 0; i < 5; i++) assert.equal((await polling.post('6')).body, 'ok');
	assert.equal(answered, false);

	await polling.post(ECHO(1));
	assert.equal((await waiting.done).body, ECHO(1));
});

// ---- On one connection ----

const bodies = async (wire, count) => (await wire.responses(count)).map(({ body }) => body);

test('engine.io 65: a request behind a GET that waits has its turn after it', BEYOND, async (t) => {
	const polling = await joinByPolling(server);
	const wire = new Dialogue(t, server);
	const get = requestOf('GET', polling.url);
	await wire.write(get + requestOf('POST', polling.url, { body: ECHO('"behind"') }) + get);
	await caughtUp(server);
	assert.equal(String(wire.got), '');

	await polling.post(ECHO('"first"'));

	assert.deepEqual(await bodies(wire, 3), [ECHO('"first"'), 'ok', ECHO('"behind"')]);
});

test('engine.io 26, 65: GETs and POSTs in one write are answered in order', BEYOND, async (t) => {
	const polling = await joinByPolling(server);
	const wire = new Dialogue(t, server);
	const post = (n) => requestOf('POST', polling.url, { body: ECHO(n) });
	const get = requestOf('GET', polling.url);

	wire.write(post(1) + get + post(2) + post(3) + get);

	const answers = ['ok', ECHO(1), 'ok', 'ok', `${ECHO(2)}\x1e${ECHO(3)}`];
	assert.deepEqual(await bodies(wire, 5), answers);
});

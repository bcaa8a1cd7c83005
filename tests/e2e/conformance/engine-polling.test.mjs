// SPDX-License-Identifier: MIT
//
// Engine.IO: GETs that wait and POSTs, their answers, and what breaks the rules.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Dialogue, postOf } from '../support/dialogue.mjs';
import { ask, Polling } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';
import {
	caughtUp,
	isGone,
	joinByPolling,
	UNKNOWN,
	waitingGet,
	Witness,
} from '../support/sessions.mjs';

const POLL = '/socket.io/?EIO=4&transport=polling';
const RS = '\x1e';
const ECHO = (n) => `42["echo",${n}]`;

let server, hasty;
before(async () => {
	server = await startServer();
	hasty = await startServer({ PING_INTERVAL: '700' });
});
after(() => Promise.all([server, hasty].map((each) => each.stop())));

/** What the case makes of a session has ended it with "transport error". */
async function endsByError(t, polling, act) {
	const witness = await Witness.of(t, server);
	await act();
	assert.equal(await witness.reasonOf(polling), 'transport error');
	await isGone(polling);
}

// ---- Polls ----

const filled = async () => {
	const polling = await joinByPolling(server);
	await polling.post(`${ECHO('"é😀"')}${RS}${ECHO(2)}`);
	return polling;
};

const answersOfPolls = {
	'a handshake': () => ask(server, { url: POLL }),
	'a poll that finds packets': async () => (await filled()).get(),
	'a poll that waited': async () => {
		const polling = await joinByPolling(server);
		const waiting = await waitingGet(polling);
		await polling.post(ECHO('"é"'));
		return waiting.done;
	},
	'a poll that is closed': async () => {
		const polling = await joinByPolling(server);
		const waiting = await waitingGet(polling);
		await polling.post('1');
		return waiting.done;
	},
};
for (const [name, answer] of Object.entries(answersOfPolls))
	test(`engine.io 54: the answer to ${name} has its headers`, async () => {
		const { status, headers, body } = await answer();

		assert.equal(status, 200);
		assert.equal(headers['content-type'], 'text/plain; charset=UTF-8');
		assert.equal(headers['cache-control'], 'no-store');
		assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
		assert.equal(headers['content-encoding'], undefined);
	});

test('engine.io 54: a compressed answer has them as well', async () => {
	const polling = await joinByPolling(server);
	await polling.post(ECHO(`"${'x'.repeat(5000)}"`));

	const { status, headers } = await polling.get({ headers: { 'Accept-Encoding': 'gzip' } });

	assert.equal(status, 200);
	assert.equal(headers['content-encoding'], 'gzip');
	assert.equal(headers['content-type'], 'text/plain; charset=UTF-8');
	assert.equal(headers['cache-control'], 'no-store');
});

test('engine.io 55: all packets that wait come at once, in order, in one payload', async () => {
	const polling = await joinByPolling(server);
	for (let i = 0; i < 5; i++) await polling.post(`${ECHO(2 * i)}${RS}${ECHO(2 * i + 1)}`);

	const { body } = await polling.get();

	assert.equal(body, Array.from({ length: 10 }, (_, i) => ECHO(i)).join(RS));
	const after = await waitingGet(polling);
	await polling.post(ECHO('"next"'));
	assert.equal((await after.done).body, ECHO('"next"'));
});

test('engine.io 55: so do packets that are many', async () => {
	const polling = await joinByPolling(server);
	await polling.post('421["burst",5000]');

	const packets = (await polling.get()).body.split(RS);

	const ticks = Array.from({ length: 5000 }, (_, i) => `42["tick",${i}]`);
	assert.deepEqual(packets.slice(0, 5000), ticks);
	assert.match(packets[5000], /^431\[/);
});

test('engine.io 56: a GET for which nothing waits stays unanswered', async () => {
	const polling = await joinByPolling(server);
	const waiting = await waitingGet(polling);
	let answered = false;
	waiting.done.then(() => (answered = true));

	for (let i = 0; i < 50; i++) await caughtUp(server);
	await polling.post('6');
	assert.equal(answered, false);

	await polling.post(ECHO('"now"'));
	assert.equal((await waiting.done).body, ECHO('"now"'));
});

test('engine.io 56: until the next ping, if nothing else comes', async () => {
	const began = performance.now();
	const polling = await joinByPolling(hasty);

	assert.equal((await polling.get()).body, '2');

	assert.ok(performance.now() - began > 650);
});

// ---- POSTs ----

const isOk = ({ status, headers, body }, what) => {
	assert.deepEqual([status, body], [200, 'ok'], what);
	assert.equal(headers['content-type'], 'text/html', what);
	assert.equal(headers['content-length'], '2', what);
	assert.equal(headers['cache-control'], 'no-store', what);
};

for (const [name, body] of Object.entries({
	'a packet': ECHO(1),
	'a packet to be ignored': '6',
	'several packets': `${ECHO(1)}${RS}bAQI=${RS}6`,
	'almost a megabyte': ECHO(`"${'x'.repeat(999_900)}"`),
}))
	test(`engine.io 57: a POST of ${name} is answered with ok`, async () => {
		const polling = await joinByPolling(server);

		isOk(await polling.post(body));
	});

for (const [name, body] of Object.entries({
	'a close packet': '1',
	'an unknown packet': 'x',
	nothing: '',
	'a ping': '2',
	'a kick': '42["kick"]',
	'a broken event': '42{',
}))
	test(`engine.io 58: a POST of ${name}, which ends the session, is answered with ok`, async () => {
		const polling = await joinByPolling(server);

		isOk(await polling.post(body));

		assert.equal((await polling.refusal()).body, UNKNOWN);
	});

for (const type of [
	undefined,
	'',
	'text/plain;charset=UTF-8',
	'text/plain; charset=iso-8859-1',
	'application/json',
	'application/x-www-form-urlencoded',
	'multipart/form-data; boundary=x',
	'application/octet-stream; charset=x',
	'Application/Octet-Stream',
	'application/octet-streams',
	'rubbish',
])
	test(`engine.io 59: the Content-Type ${type} does not matter`, async () => {
		const polling = await joinByPolling(server);
		const headers = type === undefined ? {} : { 'Content-Type': type };

		isOk(await polling.post(ECHO('"é"'), { headers }));

		assert.equal((await polling.get()).body, ECHO('"é"'));
	});

test('engine.io 60: a POST of bytes ends the session', async (t) => {
	const polling = await joinByPolling(server);
	const waiting = await waitingGet(polling);

	await endsByError(t, polling, async () => {
		const headers = { 'Content-Type': 'application/octet-stream' };
		const { status, body } = await polling.post(ECHO(1), { headers });
		assert.deepEqual([status, body], [400, '']);
		const { status: last, body: bye } = await waiting.done;
		assert.deepEqual([last, bye], [200, '1']);
	});
});

for (const [name, body] of Object.entries({ empty: '', large: 'x'.repeat(500_000) }))
	test(`engine.io 60: so does one without a GET that waits, its body ${name}`, async (t) => {
		const polling = await joinByPolling(server);
		const wire = new Dialogue(t, server);

		await endsByError(t, polling, async () => {
			wire.write(postOf(polling.url, 'application/octet-stream', body));
			const answer = await wire.response();
			assert.deepEqual([answer.status, answer.body], [400, '']);
		});
	});

// ---- Internet Explorer ----

const BROWSERS = {
	'Mozilla/4.0 (compatible;MSIE 8.0; Windows NT 6.1)': '0',
	'Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko': '0',
	'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0': undefined,
	'Mozilla/4.0 (compatible; msie 8.0)': undefined,
	Trident: undefined,
	MSIE: undefined,
};
for (const [agent, protection] of Object.entries(BROWSERS))
	test(`engine.io 66: X-XSS-Protection for ${agent} is ${protection}`, async () => {
		const headers = { 'User-Agent': agent };
		const polling = await Polling.open(server, { headers });
		const all = [
			await ask(server, { url: POLL, headers }),
			await polling.post('40', { headers }),
			await polling.get({ headers }),
		];

		for (const { status, headers: fields } of all)
			assert.deepEqual([status, fields['x-xss-protection']], [200, protection]);
	});

test('engine.io 66: without a User-Agent there is none', async () => {
	const { headers } = await ask(server, { url: POLL });

	assert.equal(headers['x-xss-protection'], undefined);
});

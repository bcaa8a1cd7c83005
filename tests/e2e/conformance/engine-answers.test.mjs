// SPDX-License-Identifier: MIT
//
// The cookie of a handshake, and answers to polls that are compressed.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { Poller, scriptOf, shake, startEcho } from '../support/engine.mjs';
import { ask } from '../support/raw.mjs';
import { BEYOND, startServer } from '../support/server.mjs';

const THRESHOLD = 1024;

let server, baker;
before(async () => {
	server = await startEcho({ ALLOW_EIO3: '1' });
	baker = await startServer({ COOKIE: 'io', ALLOW_EIO3: '1', MAX_HTTP_BUFFER: '500' });
});
after(async () => {
	await server.stop();
	await baker.stop();
});

// ---- The cookie ----

const PATH = '/socket.io/';
const cookies = ({ headers }) => headers['set-cookie'];

for (const version of [3, 4])
	test(`engine.io 122: a polling handshake of version ${version} sets the cookie`, async () => {
		const { opening, sid } = await Poller.open(baker, { version, path: PATH });

		assert.deepEqual(cookies(opening), [`io=${sid}; Path=/; HttpOnly; SameSite=Lax`]);
	});

test('engine.io 122: the cookie has the name that was configured', async (t) => {
	const other = await startServer({ COOKIE: 'other.name' });
	t.after(() => other.stop());
	const { opening, sid } = await Poller.open(other, { path: PATH });

	assert.deepEqual(cookies(opening), [`other.name=${sid}; Path=/; HttpOnly; SameSite=Lax`]);
});

test('engine.io 153: the cookie has the attributes that were configured', async (t) => {
	const wanted = 'Path=/x; SameSite=None; Secure';
	const other = await startServer({ COOKIE: 'io', COOKIE_ATTRIBUTES: wanted });
	t.after(() => other.stop());
	const { opening, sid } = await Poller.open(other, { path: PATH });

	assert.deepEqual(cookies(opening), [`io=${sid}; ${wanted}`]);
});

test('engine.io 122: no other answer sets it', async () => {
	const poller = await Poller.open(baker, { path: PATH });
	const websocket = `${PATH}?EIO=4&transport=websocket`;
	const refusal = { url: `${PATH}?EIO=4&transport=pigeon` };

	for (const answer of [
		await poller.post('40'),
		await poller.get(),
		await poller.post('x'.repeat(501)),
		await ask(baker, refusal),
		await ask(baker, { url: poller.url, method: 'PUT' }),
		await shake(baker, { url: websocket }),
		await shake(baker, { url: `${websocket}&sid=${poller.sid}` }),
	])
		assert.equal(cookies(answer), undefined);
});

test('engine.io 122: on one connection each handshake has its own, and nothing else', async (t) => {
	const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
	t.after(() => agent.destroy());
	const url = `${PATH}?EIO=4&transport=polling`;
	for (let i = 0; i < 2; i++) {
		const opening = await ask(baker, { url, agent });
		const { sid } = JSON.parse(opening.body.slice(1));
		const post = { method: 'POST', url: `${url}&sid=${sid}`, body: '40', agent };
		assert.match(cookies(opening)[0], new RegExp(`^io=${sid};`));
		assert.equal(cookies(await ask(baker, post)), undefined);
		assert.equal(cookies(await ask(baker, { url: post.url, agent })), undefined);
	}
});

test('engine.io 122: without a name there is no cookie', async () => {
	assert.equal(cookies((await Poller.open(server)).opening), undefined);
});

// ---- Compression ----

const decoders = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync };
const text = (size) => '4'.padEnd(size, 'again and ');

/** A poll for what was posted: its coding, its size on the wire, and the payload. */
async function fetched(payload, accepted, { headers, ...more } = {}) {
	const poller = await Poller.open(server, more);
	await poller.say(payload, { headers });
	const asking = accepted === undefined ? {} : { 'Accept-Encoding': accepted };
	const { headers: fields, bytes } = await poller.get({ headers: asking });
	const coding = fields['content-encoding'];
	const decoded = coding ? decoders[coding](bytes) : bytes;
	return { coding, size: bytes.length, decoded, type: fields['content-type'] };
}

const beyond = (coding) => (coding === 'br' ? BEYOND : {});

for (const coding of ['br', 'gzip', 'deflate']) {
	test(`engine.io 123: ${coding} compresses ${THRESHOLD} bytes`, beyond(coding), async () => {
		const got = await fetched(text(THRESHOLD), coding);

		assert.equal(got.coding, coding);
		assert.ok(got.size < THRESHOLD / 4);
	});

	test(`engine.io 123: ${coding} does not compress a shorter one`, async () => {
		const got = await fetched(text(THRESHOLD - 1), coding);

		assert.deepEqual([got.coding, got.size], [undefined, THRESHOLD - 1]);
	});
}

test('engine.io 123: bytes of the whole payload are counted', async () => {
	const euros = `4${'€'.repeat(341)}`;
	assert.equal(Buffer.byteLength(euros), THRESHOLD);
	assert.equal((await fetched(euros, 'gzip')).coding, 'gzip');
	assert.equal((await fetched(`4${'€'.repeat(340)}xx`, 'gzip')).coding, undefined);

	const two = (size) => `${text(511)}\x1e${text(size)}`;
	assert.equal((await fetched(two(512), 'gzip')).coding, 'gzip');
	assert.equal((await fetched(two(511), 'gzip')).coding, undefined);
});

for (const accepted of [undefined, '', 'identity', 'compress, zstd', 'gzip;q=0', '*;q=0'])
	test(`engine.io 123: nothing is compressed for "${accepted}"`, async () => {
		const got = await fetched(text(5000), accepted);

		assert.deepEqual([got.coding, got.size], [undefined, 5000]);
	});

for (const [accepted, coding] of Object.entries({
	'gzip;q=0, deflate': 'deflate',
	'deflate;q=0.0, gzip': 'gzip',
	'br;q=0.000, gzip;q=0.001': 'gzip',
	'*, br;q=0, gzip;q=0': 'deflate',
	'gzip, *;q=0': 'gzip',
	'gzip;q=0.5, deflate;q=0.6': 'deflate',
	'deflate;q=0.5, gzip;q=0.501': 'gzip',
	'br;q=0.1, gzip;q=0.2, deflate;q=0.3': 'deflate',
	'br;q=0.9, gzip': 'gzip',
	'identity;q=0.4, gzip;q=0.5': 'gzip',
	'gzip, deflate': 'gzip',
	'GZIP ; Q=0.5': 'gzip',
}))
	test(`engine.io 124: "${accepted}" chooses ${coding ?? 'no coding'}`, async () => {
		assert.equal((await fetched(text(5000), accepted)).coding, coding);
	});

for (const [accepted, coding] of Object.entries({
	'deflate, gzip': 'gzip',
	'gzip, deflate, br': 'br',
	'gzip;q=0.7, deflate;q=0.7, br;q=0.7': 'br',
	'*': 'br',
	'identity;q=0.5, gzip;q=0.4': undefined,
}))
	test(`engine.io 124: "${accepted}" chooses ${coding ?? 'no coding'}`, BEYOND, async () => {
		assert.equal((await fetched(text(5000), accepted)).coding, coding);
	});

for (const coding of ['br', 'gzip', 'deflate']) {
	test(`engine.io 125: ${coding} holds exactly the payload`, beyond(coding), async () => {
		const payload = `${text(4000)}\x1ebAQID\x1e4€😀\u0000\x1e4`;
		const got = await fetched(payload, coding);

		assert.equal(got.coding, coding);
		assert.equal(got.type, 'text/plain; charset=UTF-8');
		assert.equal(String(got.decoded), payload);
	});

	test(`engine.io 125: ${coding} holds exactly a payload of bytes`, beyond(coding), async () => {
		const packet = Buffer.concat([Buffer.from([4]), Buffer.alloc(2000, 'x')]);
		const payload = Buffer.concat([Buffer.from([1, 2, 0, 0, 1, 255]), packet]);
		const headers = { 'Content-Type': 'application/octet-stream' };
		const got = await fetched(payload, coding, { version: 3, headers });

		assert.equal(got.coding, coding);
		assert.equal(got.type, 'application/octet-stream');
		assert.deepEqual(got.decoded, payload);
	});

	test(`engine.io 125: ${coding} holds exactly a script`, beyond(coding), async () => {
		const form = `d=${encodeURIComponent(`2000:${text(2000)}`)}`;
		const got = await fetched(form, coding, { version: 3, query: '&j=7' });

		assert.equal(got.coding, coding);
		assert.deepEqual(scriptOf(String(got.decoded)), {
			index: '7',
			payload: `2000:${text(2000)}`,
		});
	});
}

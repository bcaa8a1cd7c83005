// SPDX-License-Identifier: MIT
//
// Clients that ask and do not read: what waits for them is limited, and takes no other memory.

import assert from 'node:assert/strict';
import { frame, text, TEXT } from '../support/frames.mjs';
import { ask, Polling, RawSocket } from '../support/raw.mjs';
import { besiege, enter, join, statsOf, untilStats } from '../support/siege.mjs';
import { startServer } from '../support/server.mjs';
import { requestOf, Wire } from '../support/wire.mjs';

const MEGABYTE = 1_000_000;
const HELD = 16 * MEGABYTE;
const { attack } = besiege({ ALLOW_EIO3: '1' });
const numbers = (count) => [...Array(count).keys()];
const echo = (size) => `42["echo","${'x'.repeat(size)}"]`;

/** The end of the session, and how much the server held until then at most. */
async function watched(server, sid, until) {
	let most = 0;
	for (;;) {
		most = Math.max(most, (await statsOf(server)).held);
		const [end] = server.reports('close', { sid });
		if (end || until?.()) return { most, ...end };
	}
}

attack('a WebSocket that asks for echoes and reads none is read no more', async (t, server) => {
	const enemy = await join(t, server);
	enemy.socket.pause();
	const packet = text(echo(100_000));
	let written = 0;
	for (const n of numbers(400)) enemy.socket.write(packet, () => (written = n + 1));
	let before = -1;
	const stalled = () => {
		const still = written === before;
		before = written;
		return still;
	};
	for (let quiet = 0; quiet < 10; quiet = stalled() ? quiet + 1 : 0)
		await new Promise((done) => setTimeout(done, 20));
	assert.ok(written < 400, `${written} were read`);
	assert.ok((await statsOf(server)).held < HELD);
	enemy.socket.resume();
	let echoes = 0;
	while (echoes < 400) if ((await enemy.frame()).payload.length > 100_000) echoes++;
});

attack(
	'a WebSocket that asks for small echoes and reads none is read no more',
	async (t, server) => {
		const enemy = await join(t, server);
		enemy.socket.pause();
		const packets = Buffer.concat(Array(20_000).fill(text('42["echo"]')));
		for (const _ of numbers(60)) enemy.socket.write(packets);
		const end = Date.now() + 700;
		const { most } = await watched(server, 'none', () => Date.now() > end);
		assert.ok(most < HELD, `${most} bytes were held`);
		enemy.socket.destroy();
		await untilStats(server, (s) => s.held < MEGABYTE, 'the end of what was held');
	},
	{ 'struck.max_held': 0 },
);

attack(
	'a poller that posts and never polls is cut off at 16 MB',
	async (t, server) => {
		const polling = await Polling.open(server);
		await polling.join();
		let posts = 0;
		while ((await polling.post(echo(900_000))).body === 'ok') assert.ok(++posts < 20);
		assert.ok(posts >= 15, `${posts} were taken`);
		const { reason, limit } = await server.reported('close', { sid: polling.sid });
		assert.deepEqual([reason, limit], ['transport error', 'max_held']);
	},
	{ closed: 1, 'struck.max_held': 1 },
);

attack(
	'a poller that has small echoes made and never polls is cut off at 16 MB',
	async (t, server) => {
		const polling = await Polling.open(server);
		await polling.join();
		const payload = Array(70_000).fill('42["echo"]').join('\x1e');
		const ended = watched(server, polling.sid);
		let posts = 0;
		while ((await polling.post(payload)).body === 'ok') assert.ok(++posts < 20);
		const { most, limit } = await ended;
		assert.equal(limit, 'max_held');
		assert.ok(most < HELD + MEGABYTE, `${most} bytes were held`);
	},
	{ closed: 1, 'struck.max_held': 1 },
);

attack(
	'a poller of version 3 that pings and never polls is cut off at 16 MB',
	async (t, server) => {
		const url = '/socket.io/?EIO=3&transport=polling&b64=1';
		const { body } = await ask(server, { url });
		const { sid } = JSON.parse(/\{"sid":[^}]*\}/.exec(body)[0]);
		const pings = '1:2'.repeat(300_000);
		await ask(server, { url: `${url}&sid=${sid}`, method: 'POST', body: pings });
		const { reason, limit } = await server.reported('close', { sid });
		assert.deepEqual([reason, limit], ['transport error', 'max_held']);
	},
	{ closed: 1, 'struck.max_held': 1 },
);

attack('a poller that does not read one answer is not given another', async (t) => {
	const size = 30 * MEGABYTE; // more than the buffers between the two take
	const env = { MAX_HTTP_BUFFER: String(size + 100), MAX_QUEUE: String(3 * size), REPORT: '1' };
	const server = await startServer(env);
	t.after(() => server.stop());
	const polling = await Polling.open(server);
	await polling.join();
	for (const _ of numbers(2)) await polling.post(echo(size));
	const reader = new Wire(t, server);
	reader.write(requestOf('GET', polling.url));
	await reader.head();
	reader.socket.pause();

	assert.equal((await polling.get()).status, 400);

	assert.equal((await server.reported('close', { sid: polling.sid })).reason, 'transport error');
	await untilStats(server, (s) => s.held < MEGABYTE, 'the end of what was held');
});

attack(
	'a poller that reads all gets all, a megabyte or so at a time',
	async (t, server) => {
		const polling = await Polling.open(server);
		await polling.join();
		for (const n of numbers(12)) await polling.post(`42["echo",${n},"${'x'.repeat(900_000)}"]`);
		const echoes = [];
		while (echoes.length < 12) {
			const { body } = await polling.get();
			assert.ok(body.length < 2 * MEGABYTE, `${body.length} bytes`);
			echoes.push(...body.split('\x1e').filter((packet) => packet.startsWith('42["echo"')));
		}
		assert.deepEqual(
			echoes.map((packet) => JSON.parse(packet.slice(2))[1]),
			numbers(12),
		);
		await polling.post('1');
	},
	{ closed: 1 },
);

attack(
	'half a message of each of twenty WebSockets is given back',
	async (t, server) => {
		const enemies = [];
		for (const _ of numbers(20)) {
			const enemy = await enter(t, server);
			enemy.send(frame(TEXT, 'x'.repeat(900_000), { length: 990_000, form: 8 }));
			enemies.push(enemy);
		}
		await untilStats(server, (s) => s.held > 18 * MEGABYTE, 'half of each');
		for (const enemy of enemies) enemy.socket.destroy();
		await untilStats(server, (s) => s.held < MEGABYTE, 'the end of it');
	},
	{ closed: 20 },
);

attack('half of a body of each of twenty requests is given back', async (t, server) => {
	const wires = numbers(20).map(() => new Wire(t, server));
	const head = requestOf('POST', '/echo', { headers: ['Content-Length: 900000'] });
	for (const wire of wires) wire.write(head + 'x'.repeat(800_000));
	await untilStats(server, (s) => s.held > 16 * MEGABYTE, 'half of each');
	for (const wire of wires) wire.socket.destroy();
	await untilStats(server, (s) => s.held < MEGABYTE, 'the end of it');
});

attack('one client has no more than 16 MB in all places together', async (t, server) => {
	const socket = await RawSocket.joined(t, server);
	const { sid } = socket.handshake;
	socket.send('425["whoami"]');
	let answer;
	while (!(answer = await socket.message()).startsWith('435'));
	const { id } = JSON.parse(answer.slice(3))[0];
	socket.ws.pause();
	const other = await RawSocket.joined(t, server);
	for (const _ of numbers(22)) other.send(`42["say","${id}","${'x'.repeat(900_000)}"]`);
	const part = Buffer.alloc(900_000);
	socket.send(`4510-["echo"${numbers(10).map((num) => `,{"_placeholder":true,"num":${num}}`)}]`);
	for (const _ of numbers(9)) socket.send(part);
	const { limit, most } = await watched(server, sid);
	assert.equal(limit, 'max_held');
	assert.ok(most < HELD + MEGABYTE, `${most} bytes were held`);
	other.ws.terminate();
});

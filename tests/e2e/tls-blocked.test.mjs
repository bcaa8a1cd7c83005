// SPDX-License-Identifier: MIT
//
// Clients that read slowly, late or never, over TLS: what they are owed waits, in order and up to
// the limit, and costs nobody anything.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import https from 'node:https';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { connect, WEBSOCKET } from './support/client.mjs';
import { startServer } from './support/server.mjs';
import { ca, request, startSecureServer } from './support/tls.mjs';
import { next, PATIENCE, record, within } from './support/wait.mjs';

const MEGABYTE = 1_000_000;
/** What may wait for one client. */
const MAX_QUEUE = 15 << 20;

let server;
before(async () => (server = await startSecureServer({ REPORT: '1' })));
after(() => server?.stop());

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const member = (t) => connect(t, server, WEBSOCKET, { ca });

// ---- Readers that can stop: each gives the texts of packets to `heard` ----

/** A WebSocket in that room. */
async function socketReader(t, room, heard) {
	const ws = new WebSocket(`wss://${server.host}/socket.io/?EIO=4&transport=websocket`, { ca });
	t.after(() => ws.terminate());
	await next(ws, 'message');
	ws.send('40');
	await next(ws, 'message');
	ws.send(`420["join",${JSON.stringify(room)}]`);
	await next(ws, 'message');
	ws.on('message', (data) => heard(String(data)));
	ws.send('42["echo","ready"]');
	await next(ws, 'message');
	ws.pause();
	return { stop: () => ws.pause(), go: () => ws.resume(), send: (text) => ws.send(text) };
}

/** The same over polling: a poll is asked, and its answer waits to be read. */
async function pollReader(t, room, heard) {
	const agent = new https.Agent({ keepAlive: true, ca });
	t.after(() => agent.destroy());
	const url = '/socket.io/?EIO=4&transport=polling';
	const opened = await request(server, agent, { path: url });
	const path = `${url}&sid=${JSON.parse(opened.body.slice(1)).sid}`;
	const send = (body) => request(server, agent, { method: 'POST', path, body });
	await send(`40\x1e420["join",${JSON.stringify(room)}]`);
	while (!(await request(server, agent, { path })).body.includes('430[]'));
	let response;
	let going = false;
	const poll = () => {
		const asked = https.get({ host: '127.0.0.1', port: server.port, path, agent, ca });
		asked.on('error', () => {});
		asked.once('response', (answer) => {
			response = answer;
			let body = '';
			answer.setEncoding('utf8').on('data', (piece) => (body += piece));
			answer.once('end', () => {
				for (const packet of body.split('\x1e')) heard(packet);
				if (answer.statusCode === 200) poll();
			});
			if (!going) answer.pause();
		});
	};
	poll();
	const stop = () => {
		going = false;
		response?.pause();
	};
	const go = () => {
		going = true;
		response?.resume();
	};
	return { stop, go, send };
}

const READERS = { websocket: socketReader, polling: pollReader };

/** Tells messages of that size to a room, numbered, with no more than `lead` bytes unheard. */
class Speaker {
	constructor(socket, room, size) {
		Object.assign(this, { socket, room, size, said: 0 });
	}

	text(i) {
		return `${i}:`.padEnd(this.size, String.fromCharCode(97 + (i % 26)));
	}

	packet(i) {
		return `42["said","${this.text(i)}"]`;
	}

	async say() {
		await this.socket.emitWithAck('say', this.room, this.text(this.said++));
	}

	async sayMegabytes(n) {
		for (let left = n * MEGABYTE; left > 0; left -= this.size) await this.say();
	}
}

// ---- Slow ----

for (const [name, reader] of Object.entries(READERS))
	test(`20 MB reach a slow reader by ${name}, whole and in order`, async (t) => {
		const speaker = new Speaker(await member(t), `slow ${name}`, 20_000);
		let heard = 0;
		let wrong = 0;
		const slow = await reader(t, speaker.room, (packet) => {
			if (packet.startsWith('42["said",') && packet !== speaker.packet(heard++)) wrong++;
		});

		await speaker.sayMegabytes(14);
		const [early, reading] = [heard, speaker.said];
		let steps = 0;
		while (heard < 1000) {
			if (speaker.said < 1000 && (speaker.said - heard) * speaker.size < 12 * MEGABYTE)
				await speaker.sayMegabytes(1);
			slow.go();
			await pause(5);
			slow.stop();
			await pause(5);
			assert.ok(++steps < 3000, `${heard} messages heard`);
		}

		assert.deepEqual([early, reading], [0, 700], 'it began to read late');
		assert.equal(wrong, 0);
		assert.equal(heard, speaker.said);
	});

// ---- Never ----

for (const [kind, reader] of Object.entries(READERS))
	test(`who never reads is cut when too much waits for him, by ${kind}`, async (t) => {
		const socket = await member(t);
		const left = record(socket, 'left');
		const speaker = new Speaker(socket, `never ${kind}`, 900_000);
		await reader(t, speaker.room, () => {});

		while (!left.length && speaker.said < 60) await speaker.say();

		const said = speaker.said * speaker.size;
		assert.equal(left.length, 1, `nobody was cut after ${said} bytes`);
		assert.equal(left[0][1], 'transport error');
		assert.ok(said > MAX_QUEUE, `cut after ${said} bytes`);
		const [, report] = await server.prints(new RegExp(`close (.*"${kind}".*"max_queue".*)\n`));
		assert.ok(JSON.parse(report).unsent > MAX_QUEUE - speaker.size - 100, report);
		assert.equal(await socket.emitWithAck('ack', 'still here'), 'still here');
	});

// ---- What it costs ----

/** CPU time of the server so far, in ms; a tick is 10 ms. */
async function cpuTime() {
	const stat = await readFile(`/proc/${server.child.pid}/stat`, 'utf8');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return 10 * (Number(fields[11]) + Number(fields[12]));
}

test('clients that do not read cost no time, and nobody waits for them', async (t) => {
	const socket = await member(t);
	const speaker = new Speaker(socket, 'sleepers', 500_000);
	const sleepers = [];
	for (const reader of [socketReader, socketReader, pollReader])
		sleepers.push(await reader(t, speaker.room, () => {}));
	await speaker.sayMegabytes(14);
	/* Input that comes meanwhile is the worst of it. */
	for (const sleeper of sleepers) sleeper.send('42["echo","meanwhile"]');
	await socket.emitWithAck('ack', 'all of it is there');

	const [cpu, begun] = [await cpuTime(), performance.now()];
	await pause(2000);
	const share = ((await cpuTime()) - cpu) / (performance.now() - begun);
	const delays = [];
	for (let i = 0; i < 200; i++) {
		const asked = performance.now();
		await socket.emitWithAck('ack', i);
		delays.push(performance.now() - asked);
	}

	assert.ok(share <= 0.02, `${(100 * share).toFixed(1)} % of a processor`);
	delays.sort((a, b) => a - b);
	assert.ok(delays[100] < 250, `half of the echoes took more than ${delays[100]} ms`);
});

// ---- Late ----

test('what a client says while it does not read is heard', async (t) => {
	const friend = await member(t);
	await friend.emitWithAck('join', 'friends');
	const speaker = new Speaker(friend, 'deaf', 900_000);
	const deaf = await socketReader(t, speaker.room, () => {});
	await speaker.sayMegabytes(14);
	const heard = next(friend, 'said');

	deaf.send('42["say","friends","I cannot hear you"]');

	assert.deepEqual(await heard, ['I cannot hear you']);
});

/** A WebSocket that writes and does not read the echoes, until it is resumed. */
class Writer {
	static async open(t, { url }) {
		const writer = new Writer();
		const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
		writer.ws = new WebSocket(address, { ca });
		t.after(() => writer.ws.terminate());
		await next(writer.ws, 'message');
		writer.ws.send('40');
		await next(writer.ws, 'message');
		writer.ws.pause();
		Object.assign(writer, { written: 0, heard: 0, wrong: 0 });
		writer.ws.on('message', (data) => {
			if (String(data) !== writer.packet(writer.heard++)) writer.wrong++;
		});
		return writer;
	}

	packet(i) {
		return `42["echo","${`${i}:`.padEnd(100_000, 'e')}"]`;
	}

	write(count) {
		while (count--) this.ws.send(this.packet(this.written++));
	}

	async answers() {
		this.ws.resume();
		const all = async () => {
			while (this.heard < this.written) await next(this.ws, 'message');
		};
		await within(2 * PATIENCE, all(), 'the answers');
		assert.equal(this.wrong, 0);
	}
}

/* Up to half of what may wait for one client nothing slows it down. */
test('a client may write 8 MB before it reads the answers', async (t) => {
	const friend = await member(t);
	await friend.emitWithAck('join', 'watchers');
	const writer = await Writer.open(t, server);
	const taken = next(friend, 'said');

	writer.write(80);
	writer.ws.send('42["say","watchers","all is written"]');
	await taken;
	assert.equal(writer.heard, 0);

	await writer.answers();
});

for (const [name, start] of Object.entries({ TLS: startSecureServer, TCP: startServer }))
	test(`who writes 60 MB before he reads is slowed down and not cut, over ${name}`, async (t) => {
		const own = await start();
		t.after(() => own.stop());
		const friend = await connect(t, own, WEBSOCKET, { ca });
		const left = record(friend, 'left');
		const writer = await Writer.open(t, own);

		writer.write(600);
		let [before, now] = [Infinity, writer.ws.bufferedAmount];
		while (now < before) {
			await pause(500);
			[before, now] = [now, writer.ws.bufferedAmount];
		}

		assert.ok(now > 0, 'the server takes no more');
		assert.equal(await friend.emitWithAck('ack', 'but here'), 'but here');
		assert.deepEqual(left, []);
		await writer.answers();
	});

// SPDX-License-Identifier: MIT
//
// Ten attackers in a thread of their own, each at something else, from "go" until they are ended.

import http from 'node:http';
import net from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { fragments, frame, more, ping, text, TEXT } from './frames.mjs';
import { openingHandshake } from './frame-client.mjs';
import { ask, Polling } from './raw.mjs';

const server = workerData;
const TARGET = 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1';
const POLL = '/socket.io/?EIO=4&transport=polling';
const turn = (ms = 0) => new Promise((done) => setTimeout(done, ms));

/** A connection that says these bytes as often as they are taken; what it hears it drops. */
function says(first, bytes, { reads = true } = {}) {
	const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
	const ended = new Promise((done) => socket.once('close', done));
	const write = () => {
		while (!socket.destroyed && socket.write(bytes));
	};
	socket.write(first);
	if (reads) socket.resume();
	else socket.pause();
	socket.on('drain', write);
	write();
	return ended;
}

const shake = Buffer.from(openingHandshake({}, TARGET));
const joined = Buffer.concat([shake, text('40')]);
const many = (bytes, count) => Buffer.concat(Array(count).fill(bytes));

const ATTACKERS = [
	() => says(shake, many(ping('x'.repeat(100)), 500)),
	() => says(joined, many(text('42["nothing",1,2,3]'), 500)),
	() => says(joined, many(text('42["echo","x"]'), 500), { reads: false }),
	() => says(joined, many(text('40/nowhere,'), 300)),
	() => says(joined, many(Buffer.concat(fragments(TEXT, [...'42["nothing"]'])), 100)),
	() =>
		says(joined, many(text(`42["nothing",${'[{},'.repeat(20_000)}0${']'.repeat(20_000)}]`), 1)),
	() =>
		says(
			shake,
			Buffer.concat([
				frame(TEXT, '4', { fin: false }),
				many(more('x', { fin: false }), 16_384),
			]),
		),
	() => says('', many(Buffer.from(`GET ${POLL}&sid=nobody HTTP/1.1\r\nHost: x\r\n\r\n`), 100)),
	async () => {
		const polling = await Polling.open(server);
		await polling.join();
		const body = Array(2000).fill('42["nothing"]').join('\x1e');
		for (let n = 0; n < 200; n++) await polling.post(body);
	},
	async () => {
		const agent = new http.Agent({ keepAlive: true });
		for (let n = 0; n < 100; n++) await ask(server, { url: POLL, agent });
		agent.destroy();
	},
];

async function again(attack) {
	for (;;) {
		await attack().catch(() => {});
		await turn(10);
	}
}

parentPort.once('message', () => ATTACKERS.forEach(again));

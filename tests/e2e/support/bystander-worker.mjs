// SPDX-License-Identifier: MIT
//
// Two honest clients in a thread of their own, so that what the attackers cost this process is not
// taken for what they cost the server: one asks for echoes, and hears what the other tells all.

import { parentPort, workerData } from 'node:worker_threads';
import { io } from 'socket.io-client';

const { url, transports, everyMs } = workerData;
const now = () => performance.now();
const open = () => io(url, { transports, forceNew: true, reconnection: false });

/** Numbers that go out and come back, each once and in order. */
class Series {
	sent = 0;
	heard = 0;
	times = new Map();
	took = [];
	faults = [];

	say() {
		this.times.set(this.sent, now());
		return this.sent++;
	}

	hear(n) {
		if (n !== this.heard) this.faults.push(`${n} came instead of ${this.heard}`);
		this.heard = n + 1;
		this.took.push(now() - this.times.get(n));
		this.times.delete(n);
	}

	/** How long those took that have come since the last time, and how long others wait. */
	report() {
		const waiting = [...this.times.values()].map((since) => now() - since);
		const { heard, faults } = this;
		return { heard, faults, took: this.took.splice(0), waiting };
	}
}

const ends = [];
const [listener, speaker] = [open(), open()];
for (const socket of [listener, speaker]) socket.on('disconnect', (reason) => ends.push(reason));
const echoes = new Series();
const broadcasts = new Series();
listener.on('echo', (n) => echoes.hear(n));
listener.on('bcast', (n) => broadcasts.hear(n));

await Promise.all(
	[listener, speaker].map((one) => new Promise((done) => one.once('connect', done))),
);
const timer = setInterval(() => {
	listener.emit('echo', echoes.say());
	speaker.emit('bcast', broadcasts.say());
}, everyMs);
parentPort.on('message', () => {
	const [told, asked] = [broadcasts.report(), echoes.report()];
	parentPort.postMessage({ ends, echoes: asked, broadcasts: told });
});
parentPort.once('close', () => clearInterval(timer));
parentPort.postMessage('ready');

// SPDX-License-Identifier: MIT
//
// Sessions by hand against the lab: joined to its main namespace, polls that wait, and somebody who
// hears why others left.

import assert from 'node:assert/strict';
import { ask, Polling, RawSocket } from './raw.mjs';

export const UNKNOWN = '{"code":1,"message":"Session ID unknown"}';

const idIn = (packet) => JSON.parse(packet.slice(2)).sid;

/** A session over polling that has joined; `id` is its socket's. */
export async function joinByPolling(server) {
	const polling = await Polling.open(server);
	const [joined] = await polling.join();
	polling.id = idIn(joined);
	return polling;
}

/** The same over WebSocket. */
export async function joinByWebSocket(t, server) {
	const socket = await RawSocket.connect(t, server);
	socket.send('40');
	socket.id = idIn(await socket.message());
	return socket;
}

/** All that was sent to the server before has been read by it. */
export const caughtUp = (server) => ask(server, { url: '/nowhere' });

/** A GET that waits at the server. */
export async function waitingGet(polling) {
	const waiting = polling.beginGet();
	const sent = new Promise((done) => waiting.request.once('finish', done));
	await Promise.race([sent, waiting.done]);
	await caughtUp(polling.server);
	return waiting;
}

/** The session does not exist any more. */
export async function isGone(polling) {
	const { status, body } = await polling.get();
	assert.deepEqual([status, body], [400, UNKNOWN]);
}

/** A session of its own, which the lab tells of broadcasts and of those who leave. */
export class Witness {
	static async of(t, server) {
		const witness = new Witness();
		witness.socket = await joinByWebSocket(t, server);
		witness.broadcasts = [];
		witness.reasons = new Map();
		return witness;
	}

	async hear() {
		const [name, ...args] = JSON.parse((await this.socket.message()).replace(/^42/, ''));
		if (name === 'left') this.reasons.set(args[0], args[1]);
		else if (name === 'bcast') this.broadcasts.push(args[0]);
		else return [name, ...args];
	}

	/** Why the socket left. */
	async reasonOf({ id }) {
		while (!this.reasons.has(id)) await this.hear();
		return this.reasons.get(id);
	}

	/** Everything that was broadcast up to now. */
	async heard() {
		this.socket.send('42["echo","up to here"]');
		while (!(await this.hear()));
		return this.broadcasts.splice(0);
	}
}

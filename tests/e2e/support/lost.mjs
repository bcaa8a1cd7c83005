// SPDX-License-Identifier: MIT
//
// Clients that lose their connection and come back: official ones whose network fails, and one by
// hand that keeps its pid and offset.

import { once } from 'node:events';
import { RawSocket } from './raw.mjs';
import { next, within, PATIENCE } from './wait.mjs';

/** Resolves when the server `program` has reported that the socket with this id left. */
export const gone = (server, id, nsp = '/') => server.reported('disconnect', { id, nsp });

/** The client's connection breaks without a word. It may say so by itself when `call` has run. */
export async function breakConnection(server, socket) {
	const { id } = socket;
	const left = server.reports('disconnect', { id }).length;
	const down = socket.connected ? next(socket, 'disconnect') : undefined;
	const { engine } = socket.io;
	if (engine.transport.name === 'websocket') engine.transport.ws.terminate?.();
	engine.close();
	await down;
	await within(
		PATIENCE,
		(async () => {
			while (server.reports('disconnect', { id }).length === left)
				await once(server.child.stdout, 'data');
		})(),
		`the end of ${id}`,
	);
}

/** It connects again. */
export async function comeBack(socket) {
	const back = next(socket, 'connect');
	socket.connect();
	await back;
}

/** A WebSocket by hand that has entered, and what it needs to come back. */
export class Guest {
	static async enter(t, server, auth, nsp = '') {
		const guest = new Guest();
		guest.nsp = nsp;
		guest.server = server;
		guest.socket = await RawSocket.connect(t, server);
		guest.socket.send(`40${nsp}${auth ? JSON.stringify(auth) : ''}`);
		return guest;
	}

	/** The next message as what it says: ['connect', {sid, pid}] or [name, ...args]. */
	async hear() {
		const text = await this.socket.message();
		if (Buffer.isBuffer(text)) return text;
		const packet = text.slice(1).replace(/^(\d)(\/[^,]*,)?/, '$1');
		const payload = JSON.parse(packet.replace(/^\d(\d+-)?/, ''));
		if (packet[0] === '4') return ['connect_error', payload];
		if (packet[0] === '0') {
			Object.assign(this, payload);
			return ['connect', payload];
		}
		const last = payload.at(-1);
		if (typeof last === 'string') this.offset = payload.pop();
		return payload;
	}

	/** All up to the answer to its CONNECT. */
	async welcome() {
		const all = [];
		for (;;) {
			const message = await this.hear();
			if (message[0] === 'connect') return all;
			all.push(message);
		}
	}

	async lose() {
		this.socket.ws.terminate();
		await gone(this.server, this.sid, this.nsp ? this.nsp.slice(0, -1) : '/');
	}

	get keys() {
		return { pid: this.pid, offset: this.offset };
	}
}


// SPDX-License-Identifier: MIT
//
// Clients that lose their connection to one server and come back to another.

import { connected } from './client.mjs';
import { eventually } from './cluster.mjs';
import { next } from './wait.mjs';

const SESSION = 'sio:session:';

/** Breaks the client's connection, and waits until its server has put away what it had. */
export async function lose(outside, socket) {
	const down = next(socket, 'disconnect');
	const { engine } = socket.io;
	engine.transport.ws.terminate?.();
	engine.close();
	await down;
	await kept(outside, socket);
}

export async function kept(outside, socket) {
	const key = SESSION + socket._pid;
	await eventually(() => outside.exists(key), 'what is kept of the client');
}

/** It connects again, to that server. */
export async function comeTo(server, socket) {
	socket.io.uri = server.url;
	socket.connect();
	await connected(socket);
}

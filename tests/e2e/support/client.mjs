// SPDX-License-Identifier: MIT
//
// The official client, in each of the ways in which it can reach a server.

import assert from 'node:assert/strict';
import { Manager, io } from 'socket.io-client';
import { next, PATIENCE, within } from './wait.mjs';

const both = ['polling', 'websocket'];

/** A connection that is being upgraded behaves like any other, so it is a mode of its own. */
export const MODES = [
	{ name: 'polling', transports: ['polling'] },
	{ name: 'websocket', transports: ['websocket'] },
	{ name: 'upgraded', transports: both, upgraded: true },
	{ name: 'upgrading', transports: both },
];
export const [POLLING, WEBSOCKET, UPGRADED, UPGRADING] = MODES;

function optionsOf(mode, more) {
	const { transports } = mode;
	return { transports, forceNew: true, reconnection: false, ...more };
}

/** Its questions do not wait for ever, as those of the client by itself do. */
function impatient(socket) {
	const emitWithAck = socket.emitWithAck.bind(socket);
	socket.emitWithAck = (event, ...args) =>
		within(PATIENCE, emitWithAck(event, ...args), `the answer to "${event}"`);
	return socket;
}

/** All arguments of the answer. */
export function answers(socket, event, ...args) {
	const answered = new Promise((done) => socket.emit(event, ...args, (...back) => done(back)));
	return within(PATIENCE, answered, `the answer to "${event}"`);
}

/** Arguments come back equal from the application's echo: as an event, and as an answer. */
export async function survives(socket, args) {
	const echo = next(socket, 'echo');
	const acked = answers(socket, 'echo', ...args);

	assert.deepEqual(await echo, args);
	assert.deepEqual(await acked, args);
}

/** A client that is closed when the test `t` ends. It has begun to connect. */
export function open(t, server, mode, { nsp = '/', ...more } = {}) {
	const socket = impatient(io(server.url + nsp, optionsOf(mode, more)));
	t.after(() => socket.disconnect());
	return socket;
}

/** A connection for several namespaces, closed when the test ends. */
export function openManager(t, server, mode, more = {}) {
	const manager = new Manager(server.url, { ...optionsOf(mode, more), autoConnect: true });
	const socketOf = manager.socket.bind(manager);
	manager.socket = (...args) => impatient(socketOf(...args));
	t.after(() => manager._close());
	return manager;
}

export async function upgraded(socket) {
	const { engine } = socket.io;
	if (engine.transport.name !== 'websocket') await next(engine, 'upgrade');
}

/** A client that is connected, and past its upgrade if the mode asks for that. */
export async function connect(t, server, mode, options) {
	const socket = open(t, server, mode, options);
	await connected(socket);
	if (mode.upgraded) await upgraded(socket);
	return socket;
}

/** Waits until the socket is connected; a refusal is an error. */
export async function connected(socket) {
	if (socket.connected) return;
	const outcome = new Promise((done, fail) => {
		socket.once('connect', done);
		socket.once('connect_error', fail);
	});
	await within(PATIENCE, outcome, 'the connection');
}

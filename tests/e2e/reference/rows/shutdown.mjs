// SPDX-License-Identifier: MIT
//
// The whole server closes: what each kind of client sees of it.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Shutdown');

let number = 0;
/** A pair of servers for each row, since it does not outlive it. */
const row = (name, play) =>
	table.row(name, play, { env: { PING_TIMEOUT: String(20_001 + number++) } });

const stop = (talk) => talk.server.child.kill('SIGTERM');

row('a GET that waits', async (talk) => {
	const session = await talk.polling();
	await session.join();
	const waiting = await session.beginPoll();
	stop(talk);
	await waiting.answer();
	await talk.left(talk.lastId);
});
row('a session without a GET', async (talk) => {
	const session = await talk.polling();
	await session.join();
	stop(talk);
	await talk.left(talk.lastId);
});
row('a WebSocket', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	stop(talk);
	await wire.frames();
	await talk.left(talk.lastId);
});
row('an upgrade under way', async (talk) => {
	const session = await talk.polling();
	const wire = await session.beside();
	await wire.exchange('2probe');
	stop(talk);
	await wire.frames();
});
row('a connection that says nothing', async (talk) => {
	const wire = talk.wire();
	await wire.ask('GET ?transport=foo');
	stop(talk);
	await wire.ended();
});

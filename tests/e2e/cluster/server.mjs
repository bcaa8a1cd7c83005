// SPDX-License-Identifier: MIT
//
// The same server as tests/e2e/server-cluster, in Node.js with the reference's adapter: what its
// namespace /control can do is written there. Configured by PORT, NAME, REDIS, MODE, TIMEOUT,
// RECOVERY (ms) and SPECIFIC=1.

import { createServer } from 'node:http';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';

const { PORT = '0', NAME = 'Node', REDIS, MODE = 'classic', TIMEOUT, SPECIFIC, KEY } = process.env;
const RECOVERY = Number(process.env.RECOVERY ?? 0);
const OK = 'success';

const pub = createClient({ url: REDIS });
const sub = pub.duplicate();
const tell = (error) => console.log(`REDIS ${error.message}`);
for (const client of [pub, sub]) client.on('error', tell);
await Promise.all([pub.connect(), sub.connect()]);

function adapter() {
	if (MODE === 'streams') return createStreamsAdapter(pub, { ...(KEY && { channelPrefix: KEY }) });
	if (MODE !== 'classic') {
		return createShardedAdapter(pub, sub, {
			subscriptionMode: MODE,
			...(KEY && { channelPrefix: KEY }),
		});
	}
	return createAdapter(pub, sub, {
		...(KEY && { key: KEY }),
		requestsTimeout: Number(TIMEOUT ?? 5000),
		publishOnSpecificResponseChannel: SPECIFIC === '1',
	});
}

const io = new Server({
	adapter: adapter(),
	...(RECOVERY && { connectionStateRecovery: { maxDisconnectionDuration: RECOVERY } }),
});

function operatorOf({ nsp = '/', to, except, volatile, local, timeout }) {
	let operator = io.of(nsp);
	if (to) operator = operator.to(to);
	if (except) operator = operator.except(except);
	if (volatile) operator = operator.volatile;
	if (local) operator = operator.local;
	if (timeout) operator = operator.timeout(timeout);
	return operator;
}

const described = ({ id, handshake, rooms, data }) => ({ id, handshake, rooms: [...rooms], data });

const orders = {
	emit: (o) => void operatorOf(o).emit(o.event, ...(o.args ?? [])),
	ask: (o) => operatorOf(o).emitWithAck(o.event, ...(o.args ?? [])),
	server_emit: (o) => void io.of(o.nsp ?? '/').serverSideEmit(o.event, ...(o.args ?? [])),
	server_ask: (o) => io.of(o.nsp ?? '/').serverSideEmitWithAck(o.event, ...(o.args ?? [])),
	join: (o) => void operatorOf(o).socketsJoin(o.room),
	leave: (o) => void operatorOf(o).socketsLeave(o.room),
	disconnect: (o) => void operatorOf(o).disconnectSockets(o.close),
	fetch: async (o) => (await operatorOf(o).fetchSockets()).map(described),
	rooms: async (o) => [...(await io.of(o.nsp ?? '/').adapter.allRooms())],
	stats: () => ({}),
};

const control = io.of('/control');
control.on('connection', (socket) => {
	socket.on('do', async (order, reply) => {
		try {
			reply({ err: OK, result: (await orders[order.op](order)) ?? null });
		} catch (error) {
			reply({ err: error.message, result: error.responses ?? null });
		}
	});
});

for (const name of ['/', '/chat', '/a[b]*']) {
	const nsp = io.of(name);
	nsp.on('connection', (socket) => {
		socket.on('join', (room, reply) => {
			socket.join(room);
			reply(OK);
		});
		socket.on('data', (data, reply) => {
			socket.data = data;
			reply();
		});
	});
	for (const event of ['tell', 'ask', 'silence']) {
		nsp.on(event, (...args) => {
			const reply = typeof args.at(-1) === 'function' ? args.pop() : () => {};
			control.local.emit('said', name, event, args);
			if (event !== 'silence') reply(NAME);
		});
	}
}

const http = createServer();
io.attach(http);
http.listen(Number(PORT), '127.0.0.1', () => console.log(`READY ${http.address().port}`));
process.once('SIGTERM', async () => {
	await io.close();
	await Promise.allSettled([pub.quit(), sub.quit()]);
	process.exit(0);
});

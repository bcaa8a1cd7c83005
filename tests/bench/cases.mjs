// SPDX-License-Identifier: MIT
//
// What is measured.  `aim` is how many times the ceiling's processor time a message may cost; `node`
// is what Node's cost was in those times on the machine where the aims were taken.  With `plain`
// the measure is another one: what that case costs, and what the ceiling's cost is more in this one
// than in that.  In a `cluster` one client says what all others hear, who are at another server.

const KB = 1024;

/**
 * `per` is how many requests or deliveries a message of the load generator stands for, and `warm`
 * how long a server that has to warm up does, where that takes it longer than usual.
 */
export const cases = [
	{ id: 'echo 100', work: 'echo', connections: 100, aim: 1.2, node: 3, short: true },
	{ id: 'echo 1000', work: 'echo', connections: 1000 },
	{ id: 'echo 5000', work: 'echo', connections: 5000 },
	{
		id: 'echo 100, 16 in flight', work: 'echo', connections: 100,
		depth: 16, aim: 3.5, node: 35, short: true,
	},
	{ id: 'echo 5000, 16 in flight', work: 'echo', connections: 5000, depth: 16 },
	{ id: 'echo unparsed 100', work: 'raw', connections: 100, aim: 1.2 },
	{ id: 'ack 100', work: 'ack', connections: 100 },
	{ id: 'ack 5000', work: 'ack', connections: 5000 },
	{
		id: 'echo 1 KB, 4 in flight', work: 'echo', connections: 100,
		depth: 4, body: KB, aim: 1.6, node: 12,
	},
	{ id: 'echo 64 KB', work: 'echo', connections: 100, body: 64 * KB },
	{ id: 'echo attachment 1 KB', work: 'binary', connections: 100, body: KB },
	{ id: 'echo attachment 64 KB', work: 'binary', connections: 100, body: 64 * KB },
	{ id: '50 busy of 5000', work: 'echo', connections: 5000, busy: 50, aim: 1.2, node: 3 },
	{ id: '1000 busy of 1000', work: 'echo', connections: 1000, busy: 1000 },
	{ id: '1000 busy of 15000', work: 'echo', connections: 15000, busy: 1000 },
	{ id: 'broadcast to 100', work: 'broadcast', connections: 100 },
	{
		id: 'broadcast to 1000', work: 'broadcast', connections: 1000,
		aim: 1.12, node: 1.9, short: true,
	},
	{
		id: 'broadcast to 1000, 8 in flight', work: 'broadcast', connections: 1000,
		depth: 8, aim: 0.25, node: 1.8,
	},
	{ id: 'broadcast to 5000', work: 'broadcast', connections: 5000, aim: 1.2, node: 2.5 },
	{ id: 'broadcast 1 KB to 1000', work: 'broadcast', connections: 1000, body: KB },
	{ id: 'broadcast 64 KB to 1000', work: 'broadcast', connections: 1000, body: 64 * KB },
	{ id: 'relay to a room of 1000', work: 'relay', connections: 1000 },
	{ id: 'chat of 1000 in rooms of 20', work: 'chat', connections: 1000 },
	{ id: 'poll 100', work: 'poll', connections: 100, per: 2, short: true },
	{ id: 'poll 1000', work: 'poll', connections: 1000, per: 2 },
	{ id: 'poll 5000', work: 'poll', connections: 5000, per: 2 },
	{
		id: 'connect', work: 'connect', connections: 32,
		aim: 2.5, node: 13.6, seconds: 1.5, short: true,
	},
	{
		id: 'echo 100 over TLS', work: 'echo', connections: 100, tls: true,
		aim: 1.2, plain: 'echo 100',
	},
	{ id: 'echo 100 over TLS, 16 in flight', work: 'echo', connections: 100, depth: 16, tls: true },
	{ id: 'echo 100, 5000 a second', work: 'echo', connections: 100, rate: 5000, seconds: 2 },
	{
		id: 'over Redis to 100, 8 in flight', work: 'broadcast', connections: 101,
		depth: 8, cluster: true, warm: 4, short: true,
	},
	{
		id: 'over Redis to 1, 8 in flight', work: 'broadcast', connections: 2,
		depth: 8, cluster: true, warm: 4,
	},
	{ id: 'idle 1000', work: 'idle', connections: 1000, ping: 1000, seconds: 2.5, short: true },
	{ id: 'idle 15000', work: 'idle', connections: 15000, ping: 5000, seconds: 6 },
	{ id: 'idle 50000', work: 'idle', connections: 50000, ping: 25000, seconds: 26 },
];

/** Those that servers in other languages are measured at as well. */
export const peerCases = [
	'echo 100', 'echo 5000', 'echo 100, 16 in flight', 'echo 1 KB, 4 in flight', 'ack 100',
	'broadcast to 100', 'broadcast to 1000', 'broadcast to 5000', 'broadcast to 1000, 8 in flight',
	'poll 100', 'connect', 'idle 1000',
];

/**
 * Who is measured, and what of; `warm` is for how long it is given work before, in seconds: what is
 * compiled while it runs needs it; `seconds` is for how long it is measured at least.  `in` is the
 * tables it stands in.  `load` is what its clients must know of it.
 */
export const servers = [
	{
		id: 'ceiling', title: 'raw epoll', in: 'bench peers',
		does: ({ work, cluster }) => work !== 'idle' && !cluster,
	},
	{ id: 'libsio', title: 'libsio', in: 'bench peers', does: () => true },
	{ id: 'node', title: 'socket.io 4.8.4, ws', in: 'bench peers', warm: 1, does: () => true },
	{
		id: 'bun', title: 'socket.io 4.8.4, Bun', in: 'bench', warm: 1,
		does: ({ cluster }) => !cluster,
	},
	{
		id: 'eiows', title: 'socket.io 4.8.4, eiows', in: 'bench', warm: 1,
		does: ({ work, cluster }) => work !== 'poll' && !cluster,
	},
	{
		id: 'http', title: "Node's bare http", in: 'bench', warm: 1,
		does: ({ work }) => work === 'poll',
	},
	{ id: 'socketioxide', title: 'socketioxide', in: 'peers', does: () => true },
	{
		id: 'zishang520', title: 'zishang520/socket.io', in: 'peers', load: { fragment: 1024 },
		does: () => true,
	},
	{ id: 'python-socketio', title: 'python-socketio', in: 'peers', seconds: 5, does: () => true },
	{ id: 'netty-socketio', title: 'netty-socketio', in: 'peers', warm: 8, does: () => true },
];

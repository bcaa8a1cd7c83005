// SPDX-License-Identifier: MIT
//
// Rooms and deliveries: who hears what, and who does not.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bytes, casesOf, hole } from '../support/cases.mjs';
import { NEW, News, Peer, title, WAYS } from '../support/peer.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer({ ALLOW_EIO3: '1' })));
after(() => server.stop());

const { play } = casesOf(() => server);

/** Three peers; the first two travel the given way. */
function three(numbers, what, dialogue, ways = WAYS) {
	for (const way of ways)
		test(title(numbers, what, way), async (t) => {
			const [a, b] = [await Peer.join(t, server, way), await Peer.join(t, server, way)];
			const c = await Peer.join(t, server);
			const room = (name) => `${name} ${a.id}`;
			await dialogue(a, b, c, room);
			for (const peer of [a, b, c]) await peer.goesOn();
		});
}

const join = (peer, ...rooms) => each(peer, 'join', rooms);
const leave = (peer, ...rooms) => each(peer, 'leave', rooms);
async function each(peer, verb, rooms) {
	for (const room of rooms) await peer.asks(`429${JSON.stringify([verb, room])}`, '439[]');
}

/** Everything that the event leads to has been sent. */
async function does(peer, ...event) {
	await peer.say(`42${JSON.stringify(event)}`);
	await peer.handled();
}

const said = (msg) => `42["said",${JSON.stringify(msg)}]`;
const bcast = (msg) => `42["bcast",${JSON.stringify(msg)}]`;

// ---- Membership ----

three('90', 'a socket is in the room of its own id', async (a, b, c) => {
	for (const peer of [a, b, c])
		await peer.asks('421["whoami"]', `431[{"id":"${peer.id}","rooms":["${peer.id}"]}]`);
	await does(c, 'say', a.id, 'for a');
	await does(c, 'say', b.id, 'for b');
	await a.hears(said('for a'));
	await b.hears(said('for b'));
});
play(
	'90',
	'from the connect on, and in each namespace under its id there',
	'40',
	async (peer, t) => {
		const chat = await peer.enter('40/chat');
		const other = await Peer.join(t, server, undefined, '40/chat');
		await other.say(`42/chat,["say","${chat}",1]`, `42/chat,["say","${peer.id}",2]`);
		await peer.hears('42/chat,["said",1]');
	},
);

three('91', 'joining twice is joining once', async (a, b, c, room) => {
	await join(a, room('r'), room('r'));
	await a.asks('421["whoami"]', `431[{"id":"${a.id}","rooms":["${a.id}","${room('r')}"]}]`);
	await does(c, 'say', room('r'), 1);
	await a.hears(said(1));
	await leave(a, room('r'));
	await does(c, 'say', room('r'), 2);
});
three('91', 'leaving a room that it is not in is no error', async (a, b, c, room) => {
	await leave(a, room('never'), room('never'), 'nobody is here');
	await a.asks('421["whoami"]', `431[{"id":"${a.id}","rooms":["${a.id}"]}]`);
	await join(b, room('r'));
	await leave(a, room('r'));
	await does(c, 'say', room('r'), 1);
	await b.hears(said(1));
});
three('91', 'the name of a room is any text', async (a, b, c, room) => {
	const names = [room(''), room('é😀'), room('\0'), room('__proto__'), room('x'.repeat(1000))];
	await join(a, ...names);
	for (const name of names) await does(c, 'say', name, name);
	await a.hears(...names.map(said));
});

// ---- Deliveries ----

three('92', 'every member of any of the rooms hears it once', async (a, b, c, room) => {
	const rooms = ['x', 'y', 'z'].map(room);
	await join(a, ...rooms);
	await join(b, rooms[1]);
	await does(c, 'say-many', [...rooms, rooms[0]], 'hello');
	await a.hears(said('hello'));
	await b.hears(said('hello'));
});
three('92', 'an id is a room like others', async (a, b, c, room) => {
	await join(a, room('x'));
	await does(c, 'say-many', [room('x'), a.id, b.id], 1);
	await a.hears(said(1));
	await b.hears(said(1));
});

three(
	'93',
	'who is in an excepted room hears nothing, whatever else it is in',
	async (a, b, c, room) => {
		await join(a, room('x'), room('y'), room('quiet'));
		await join(b, room('x'));
		await does(c, 'say-many', [room('x'), room('y'), a.id], 1, [room('quiet')]);
		await b.hears(said(1));
		await does(c, 'say-many', [room('x'), a.id], 2, [a.id]);
		await b.hears(said(2));
		await does(c, 'say-many', [room('x')], 3, [room('x')]);
		await does(c, 'say-many', [room('x')], 4, ['nobody is here']);
		await a.hears(said(4));
		await b.hears(said(4));
	},
);
three('93', 'several rooms may be excepted from everyone', async (a, b, c, room) => {
	await join(a, room('x'));
	await join(b, room('y'));
	await does(c, 'say-many', null, 1, [room('x'), room('y')]);
	await c.hears(said(1));
});

three('94', 'without rooms it reaches everyone', async (a, b, c, room) => {
	await join(a, room('x'));
	await does(c, 'bcast', 1);
	for (const peer of [a, b, c]) await peer.hears(bcast(1));
});
three('94', 'and nobody in another namespace', async (a, b, c, room) => {
	for (const peer of [a, c]) await peer.enter('40/chat');
	await b.asks('421["bcast",1]', bcast(1), '431[]');
	for (const peer of [a, c]) await peer.hears(bcast(1));
	await c.asks('42/chat,1["bcast",2]', '42/chat,["bcast",2]', '43/chat,1[]');
	await a.hears('42/chat,["bcast",2]');
	await a.asks(`42/chat,1["join","${room('r')}"]`, '43/chat,1[]');
	await does(c, 'say', room('r'), 3);
});

three('95', 'a room that nobody is in reaches nobody', async (a, b, c, room) => {
	await join(a, room('left'));
	await leave(a, room('left'));
	for (const name of [room('left'), 'never made', '', '*', '__proto__', a.id.toLowerCase()])
		await c.asks(`421${JSON.stringify(['say', name, 1])}`, '431[]');
});

three('96', 'an empty list of rooms reaches nobody', async (a, b, c) => {
	await c.asks('421["say-many",[],1]', '431[]');
	await c.asks('421["say-many",[],1,["x"]]', '431[]');
});

three('97', 'a broadcast leaves out the socket that it is made from', async (a, b, c) => {
	await does(a, 'others', 1);
	for (const peer of [b, c]) await peer.hears(bcast(1));
});
three('97', 'even if it is in the room', async (a, b, c, room) => {
	for (const peer of [a, b]) await join(peer, room('r'));
	await does(a, 'others', 1, room('r'));
	await b.hears(bcast(1));
	await does(c, 'others', 2, room('r'));
	for (const peer of [a, b]) await peer.hears(bcast(2));
});
three('97', 'but not the other sockets of its client', async (a, b, c) => {
	await a.enter('40/chat');
	await b.enter('40/chat');
	await does(a, 'others', 1);
	for (const peer of [b, c]) await peer.hears(bcast(1));
	await a.say('42/chat,["others",2]');
	await b.hears('42/chat,["bcast",2]');
});

// ---- Leaving ----

const leaving = {
	'left the namespace': (peer) => peer.say('41'),
	'was disconnected from it': (peer) => peer.asks('42["drop"]', '41'),
};
for (const [what, go] of Object.entries(leaving))
	three('99', `who ${what} hears nothing more`, async (a, b, c, room) => {
		for (const peer of [a, b]) await join(peer, room('r'));
		const { id } = a;
		await go(a);
		await a.handled();
		await does(c, 'say', room('r'), 1);
		await does(c, 'bcast', 2);
		await does(c, 'say', id, 3);
		await b.hears(said(1), bcast(2));
		await c.hears(bcast(2));
	});
three(
	'99',
	'nor who has entered again',
	async (a, b, c, room) => {
		await join(a, room('r'));
		const { id } = a;
		await a.say('41');
		await a.enter('40');
		await does(c, 'say', room('r'), 1);
		await does(c, 'say', id, 2);
		await does(c, 'bcast', 3);
		for (const peer of [a, b, c]) await peer.hears(bcast(3));
	},
	NEW,
);
three('99', 'what was sent before still arrives', async (a, b, c, room) => {
	await join(a, room('r'));
	await does(c, 'say', room('r'), 1);
	await a.asks('42["drop"]', said(1), '41');
});

// ---- Order ----

three('103', 'messages to a room keep their place among the others', async (a, b, c, room) => {
	for (const peer of [a, b]) await join(peer, room('r'));
	const list = [...Array(60).keys()];
	for (const i of list) {
		const event = [
			['say', room('r'), i],
			['bcast', i],
			['say', a.id, i],
		][i % 3];
		if (i % 7 === 0) await c.say(`451-["say","${room('r')}",${hole(0)}]`, bytes(i));
		await c.say(`42${JSON.stringify(event)}`);
	}
	await c.handled();
	const expected = (mine) =>
		list.flatMap((i) => [
			...(i % 7 === 0 ? [`451-["said",${hole(0)}]`, bytes(i)] : []),
			...[[said(i)], [bcast(i)], mine ? [said(i)] : []][i % 3],
		]);
	await a.hears(...expected(true));
	await b.hears(...expected(false));
	await c.hears(...list.filter((i) => i % 3 === 1).map(bcast));
});

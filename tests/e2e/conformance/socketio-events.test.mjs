// SPDX-License-Identifier: MIT
//
// Events, both ways.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { casesOf, RESERVED } from '../support/cases.mjs';
import { Peer, title, WAYS } from '../support/peer.mjs';
import { Polling, RawSocket } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';

let server, suite;
before(async () => {
	server = await startServer({ ALLOW_EIO3: '1' });
	suite = await startServer({ ALLOW_EIO3: '1', APP: 'socketio' });
});
after(async () => {
	await server.stop();
	await suite.stop();
});

const { play, answers } = casesOf(() => server);
const numbers = (count) => [...Array(count).keys()];

/** A table of packets that are followed by nothing. */
const unanswered = (what, list, statement) => {
	for (const packet of list) play(statement, `${packet} ${what}`, '40', (peer) => peer.say(packet));
};

// ---- To the handlers ----

answers('47', '40', {
	'42["echo","a","b"]': '42["echo","a","b"]',
	'42["echo",1,"2",{"3":[true]},null]': '42["echo",1,"2",{"3":[true]},null]',
	'42["echo"]': '42["echo"]',
	'42["\\u0065cho",1]': '42["echo",1]',
	'427["hex",1]': '437[1]',
	'427["hex"]': '437[]',
});
answers('47', '40/chat', { '42/chat,["echo","a","b"]': '42/chat,["echo","a","b"]' });

play(
	'48',
	'events reach their handlers in the order in which they were sent',
	'40',
	async (peer) => {
		const one = (i) => (i % 3 ? [`42["echo",${i}]`] : twoPackets(i));
		const twoPackets = (i) => [`451-["echo",${i},{"_placeholder":true,"num":0}]`, Buffer.from([i])];
		for (let slice = 0; slice < 240; slice += 40)
			await peer.say(...numbers(40).flatMap((i) => one(slice + i)));
		await peer.hears(...numbers(240).flatMap(one));
	},
);

unanswered(
	'is dropped',
	['42["nobody hears it"]', '427["nobody"]', '42["ECHO",1]', '42["echo "]'],
	'49',
);
unanswered(
	'is dropped',
	['42["",1]', '42["__proto__",1]', '42["error","x"]', '42["echo\\u0000"]'],
	'49',
);

unanswered('is no event', ['42', '427', '42/', '42/,', '42/,7'], '50');
play('50', '42/chat, is no event', '40/chat', (peer) =>
	peer.say('42/chat,', '42/chat', '42/chat,7'),
);

unanswered('does not close the connection', ['42[1,2]', '42[0]', '42[-1.5e3]', '427[1]'], '51');

for (const way of WAYS) {
	test(
		title('52', 'an event of one namespace does not reach the handlers of /', way),
		async (t) => {
			const peer = await Peer.join(t, suite, way);
			await peer.hears('42["auth",{}]');
			await peer.enter('40/custom');
			await peer.hears('42/custom,["auth",{}]');

			await peer.say('42/custom,["message",1]', '42/custom,7["message-with-ack",1]');
			await peer.asks('42["message",2]', '42["message-back",2]');
			await peer.goesOn();
		},
	);

	test(title('52', 'the handlers of a namespace speak for it alone', way), async (t) => {
		const peer = await Peer.join(t, server, way);
		await peer.enter('40/chat');
		await peer.asks('42/chat,["bcast",1]', '42/chat,["bcast",1]');
		await peer.asks('42["bcast",2]', '42["bcast",2]');
		await peer.goesOn();
	});
}

// ---- From the application ----

answers('53', '40', {
	'42["swap","x",1,[2],{"a":"3"}]': '42["x",1,[2],{"a":"3"}]',
	'42["swap","x"]': '42["x"]',
	'42["swap","x",null]': '42["x",null]',
	'42["swap",""]': '42[""]',
	'42["swap","\\"é\\u0000\\n"]': '42["\\"é\\u0000\\n"]',
	'42["swap","error"]': '42["error"]',
});
answers('53', '40/chat', { '42/chat,["swap","x",1]': '42/chat,["x",1]' });

for (const name of RESERVED)
	answers('54', '40', { [`427["swap","${name}",1]`]: '437["invalid argument"]' });

// ---- Order ----

const ticks = (count) => numbers(count).map((i) => `42["tick",${i}]`);

play('55', 'emits arrive in the order in which they were made', '40', async (peer) => {
	await peer.asks('427["burst",2000]', ...ticks(2000), '437[2000]');
	for (let i = 0; i < 20; i++) await peer.say('42["burst",20]', '42["echo","end"]');
	for (let i = 0; i < 20; i++) await peer.hears(...ticks(20), '42["echo","end"]');
});

test('socket.io 55: emits arrive in their order across an upgrade', async (t) => {
	const polling = await Polling.open(server);
	const [welcome] = await polling.join();
	const { sid } = JSON.parse(welcome.slice(2));
	const sender = await Peer.join(t, server);
	let said = 0;
	const say = async (count) => {
		await sender.say(...numbers(count).map(() => `42["say","${sid}",${said++}]`));
		await sender.handled();
	};
	const heard = [];
	const poll = async () => heard.push(...(await polling.packets(1)));

	await say(50);
	await poll();
	await say(50);
	const socket = await RawSocket.beside(t, polling);
	await say(50);
	await poll();
	await socket.probe();
	await say(50);
	await poll();
	await say(50);
	socket.send('5');
	await say(50);
	while (heard.length < said) heard.push(await socket.message());

	assert.deepEqual(
		heard,
		numbers(300).map((i) => `42["said",${i}]`),
	);
	assert.deepEqual(socket.inbox, []);
});

// ---- After the end ----

for (const way of WAYS)
	for (const [end, last] of Object.entries({ drop: ['41'], kick: ['41'] }))
		test(title('56', `an event behind a ${end} reaches no handler`, way), async (t) => {
			const other = await Peer.join(t, server);
			const peer = await Peer.join(t, server, way);
			await peer.asks([`42["${end}"]`, '42["bcast","late"]', '427["ack"]'], ...last);
			if (end === 'kick') await peer.isClosed();
			else await peer.goesOn();
			await other.goesOn();
		});

for (const way of WAYS)
	test(title('56', 'an event behind a DISCONNECT reaches no handler', way), async (t) => {
		const other = await Peer.join(t, server);
		const peer = await Peer.join(t, server, way);
		await peer.say('41', '42["bcast","late"]', '427["ack"]');
		await peer.goesOn();
		await other.goesOn();
	});

// SPDX-License-Identifier: MIT
//
// Answers, both ways.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bytes, casesOf, hole } from '../support/cases.mjs';
import { NEW, News, Peer, title, WAYS, WEBSOCKET } from '../support/peer.mjs';
import { startServer } from '../support/server.mjs';
import { GRAIN } from '../support/wait.mjs';

let server;
before(async () => (server = await startServer({ ALLOW_EIO3: '1' })));
after(() => server.stop());

const { play, answers } = casesOf(() => server);

const SUCCESS = 'success';
const GONE = 'the client has left, or the ticket was used';
const LATE = 'not answered in time';

// ---- What the client asks ----

answers('68', '40', {
	'427["ack","ok"]': '437["ok"]',
	'420["ack",1,[2],{"a":null}]': '430[1,[2],{"a":null}]',
	'42123456789["ack","ok"]': '43123456789["ok"]',
});
answers('68', '40/chat', { '42/chat,7["ack","ok"]': '43/chat,7["ok"]' });
answers('69', '40', { '427["ack"]': '437[]', '420["ack"]': '430[]' });
answers('69', '40/chat', { '42/chat,7["ack"]': '43/chat,7[]' });

for (const way of WAYS)
	test(title('70', 'the second answer is not sent', way), async (t) => {
		const peer = await Peer.join(t, server, way);
		const other = await Peer.join(t, server);
		await peer.say(`427["hold","${peer.id}"]`);
		await peer.handled();
		await other.asks(`421["release","${peer.id}","first"]`, '431[]');
		await peer.hears('437["first"]');

		await other.asks(`422["release","${peer.id}","second"]`, `432["${GONE}"]`);
		await peer.goesOn();
	});

play('71', 'nobody hears the event', '40', (peer) => peer.say('427["nobody"]', '420["nobody",1]'));
play('71', 'the handler answers nothing', '40', (peer) => peer.say('427["hold","for ever"]'));
play('71', 'an answer may be left out between others', '40', (peer) =>
	peer.asks(['421["ack",1]', '422["hold","x"]', '423["ack",3]'], '431[1]', '433[3]'),
);

play('72', 'an id may be 0', '40', (peer) => peer.asks('420["ack"]', '430[]'));
play('72', 'an id may be used again after its answer', '40', (peer) =>
	peer.asks(['427["ack",1]', '427["ack",2]', '420["ack"]'], '437[1]', '437[2]', '430[]'),
);
for (const way of WAYS)
	test(title('72', 'an id may be used again before its answer', way), async (t) => {
		const peer = await Peer.join(t, server, way);
		const [a, b] = ['a', 'b'].map((name) => `${name}${peer.id}`.slice(0, 30));
		await peer.say(`427["hold","${a}"]`, `427["hold","${b}"]`);
		await peer.asks(`421["release","${b}","b"]`, '437["b"]', '431[]');
		await peer.asks(`422["release","${a}","a"]`, '437["a"]', '432[]');
		await peer.goesOn();
	});

// ---- What the server asks ----

/** The id under which the server asks when it is told to. */
async function asked(peer, command, name = 'q', prefix = '') {
	await peer.say(command);
	const [[, id]] = await peer.hears(new RegExp(`^42${prefix}(\\d+)\\["${name}"\\]$`));
	return Number(id);
}

test('socket.io 73: the ids of a namespace count up from 0, over all its sockets', async (t) => {
	const fresh = await startServer({ ALLOW_EIO3: '1' });
	t.after(() => fresh.stop());
	const peers = [];
	for (const way of WAYS) peers.push(await Peer.join(t, fresh, way));
	for (const peer of peers) await peer.enter('40/chat');

	for (let id = 0; id < 12; id++) assert.equal(await asked(peers[id % 4], '42["ask","q"]'), id);
	for (let id = 0; id < 4; id++)
		assert.equal(await asked(peers[id], '42/chat,["ask","q"]', 'q', '/chat,'), id);
	assert.equal(await asked(peers[0], '42["ask","q"]'), 12);
});

/** A question under a name of its own, and the news of how it ends. */
function question(numbers, what, dialogue, ways = WAYS) {
	for (const way of ways)
		test(title(numbers, what, way), async (t) => {
			const news = await News.of(t, server);
			const peer = await Peer.join(t, server, way);
			const name = `q ${peer.id}`;
			await dialogue(peer, news, name, t);
		});
}

const ONCE = async (news, name, err, args) =>
	assert.deepEqual(await news.sofar('ask-ended', name), [['ask-ended', name, err, args]]);

for (const args of ['["a"]', '["a",1,[2],{"b":null}]', '[]', ''])
	question('74', `an ACK with "${args}" runs the callback with it`, async (peer, news, name) => {
		const id = await asked(peer, `42["ask","${name}"]`, name);
		const list = JSON.parse(args || '[]');
		await peer.asks(`43${id}${args}`, `42${JSON.stringify(['asked', ...list])}`);
		await peer.goesOn();
		await ONCE(news, name, SUCCESS, list);
	});
question('74', 'a BINARY_ACK runs the callback with its attachments', async (peer, news, name) => {
	const id = await asked(peer, `42["ask","${name}"]`, name);
	await peer.say(`461-${id}[${hole(0)}]`, bytes(9));
	await peer.hears(`451-["asked",${hole(0)}]`, bytes(9));
	assert.equal((await news.sofar('ask-ended', name, SUCCESS)).length, 1);
});

question('75', 'an ACK with an id that is not open is ignored', async (peer, news, name) => {
	await peer.say('43123456["a"]', '43999999[]', `461-123456[${hole(0)}]`, bytes(1));
	await peer.goesOn();
	const id = await asked(peer, `42["ask","${name}"]`, name);
	await peer.asks(`43${id}["a"]`, '42["asked","a"]');
});
question('75', 'an ACK with an id that was answered is ignored', async (peer, news, name) => {
	const id = await asked(peer, `42["ask","${name}"]`, name);
	await peer.asks([`43${id}["a"]`, `43${id}["b"]`, `43${id}`], '42["asked","a"]');
	await peer.goesOn();
	await ONCE(news, name, SUCCESS, ['a']);
});
question('75, 77', 'an ACK with an id that has timed out is ignored', async (peer, news, name) => {
	const id = await asked(peer, `42["ask-within",40,"${name}"]`, name);
	await peer.hears('42["ask-failed"]');
	await peer.say(`43${id}["late"]`);
	await peer.goesOn();
	await ONCE(news, name, LATE, null);
});
question('75', 'an ACK without an id is ignored', async (peer, news, name) => {
	const id = await asked(peer, `42["ask","${name}"]`, name);
	await peer.say('43["a"]', '43', '43[]');
	await peer.goesOn();
	await peer.asks(`43${id}["b"]`, '42["asked","b"]');
});

question('76', 'an ACK of another namespace does not count', async (peer, news, name) => {
	await peer.enter('40/chat');
	const id = await asked(peer, `42["ask","${name}"]`, name);
	await peer.say(`43/chat,${id}["wrong"]`);
	await peer.goesOn();
	await peer.asks(`43${id}["right"]`, '42["asked","right"]');
	await ONCE(news, name, SUCCESS, ['right']);
});
question('76', 'an ACK of another socket does not count', async (peer, news, name, t) => {
	const other = await Peer.join(t, server);
	const id = await asked(peer, `42["ask","${name}"]`, name);
	await other.say(`43${id}["wrong"]`);
	await other.goesOn();
	await peer.asks(`43${id}["right"]`, '42["asked","right"]');
	await ONCE(news, name, SUCCESS, ['right']);
});

question('77', 'the callback runs at the deadline, not before', async (peer, news, name) => {
	const begin = performance.now();
	await asked(peer, `42["ask-within",120,"${name}"]`, name);
	await news.heard('ask-ended', name, LATE, null);
	assert.ok(performance.now() - begin >= 120 - GRAIN);
	await ONCE(news, name, LATE, null);
});
question('77', 'an answer in time leaves no deadline behind', async (peer, news, name) => {
	const id = await asked(peer, `42["ask-within",5000,"${name}"]`, name);
	await peer.asks(`43${id}["a"]`, '42["asked","a"]');
	await asked(peer, `42["ask-within",40,"${name} 2"]`, `${name} 2`);
	await peer.hears('42["ask-failed"]');
	await ONCE(news, name, SUCCESS, ['a']);
});

// ---- Without one of the two ----

const leaving = {
	'by DISCONNECT': (peer) => peer.say('41'),
	'by the server': (peer) => peer.say('42["drop"]'),
	'with its connection': (peer) => peer.leave(),
	'by a parsing error': (peer) => peer.say('4x'),
};
for (const [how, leave] of Object.entries(leaving)) {
	question('78', `the callback learns that the socket left ${how}`, async (peer, news, name) => {
		await asked(peer, `42["ask","${name}"]`, name);
		await leave(peer);
		await news.heard('ask-ended', name, GONE, null);
		await ONCE(news, name, GONE, null);
	});

	question('79', `nothing is sent after the socket left ${how}`, async (peer, news, name) => {
		const key = peer.id.slice(0, 30);
		await peer.say(`427["hold","${key}"]`);
		await leave(peer);
		await news.heard('gone', '/', peer.id);
		await news.peer.say(`421["release","${key}","late"]`);
		await news.answer(1, GONE);
		if (how === 'by the server') await peer.hears('41');
		if (how.startsWith('by DIS') || how === 'by the server') await peer.goesOn();
		else await peer.isClosed();
	});
}
question(
	'79',
	'nor if the same client has entered again',
	async (peer, news, name) => {
		await peer.say(`427["hold","${peer.id}"]`, '41');
		await news.heard('gone', '/', peer.id);
		await peer.enter('40');
		await news.peer.say(`421["release","${peer.id}","late"]`);
		await news.answer(1, GONE);
		await peer.goesOn();
	},
	NEW,
);

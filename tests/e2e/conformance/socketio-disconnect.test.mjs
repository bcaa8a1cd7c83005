// SPDX-License-Identifier: MIT
//
// Who leaves, with which word, and what is told to the others.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { casesOf } from '../support/cases.mjs';
import {
	NEW,
	News,
	OLD,
	Peer,
	POLLING,
	POLLING3,
	title,
	WAYS,
	WEBSOCKET,
	WEBSOCKET3,
} from '../support/peer.mjs';
import { startServer } from '../support/server.mjs';

const HEARTBEAT = { PING_INTERVAL: '1000', PING_TIMEOUT: '1000' };

let server, lively;
before(async () => {
	server = await startServer({ ALLOW_EIO3: '1' });
	lively = await startServer({ ALLOW_EIO3: '1', ...HEARTBEAT });
});
after(async () => {
	await server.stop();
	await lively.stop();
});

const { play } = casesOf(() => server);

/** A case with a bystander, and a peer who is in / and in /chat, where its id is `peer.chat`. */
function farewell(numbers, what, dialogue, ways = WAYS, on = () => server) {
	for (const way of ways)
		test(title(numbers, what, way), async (t) => {
			const news = await News.of(t, on());
			const peer = await Peer.join(t, on(), way);
			peer.chat = await peer.enter('40/chat');
			await dialogue(peer, news, t);
		});
}

/** What the bystander heard of this socket's end: once, with this reason. */
async function goneOnce(news, nsp, id, reason) {
	await news.heard('gone', nsp, id);
	const all = await news.sofar('gone', nsp, id);
	assert.deepEqual(
		all.map(([, , , why]) => why),
		[reason],
	);
}

const stillThere = async (news, nsp, id) => assert.deepEqual(await news.sofar('gone', nsp, id), []);

// ---- From the client ----

for (const packet of ['41', '41/,', '41/'])
	farewell('80', `${packet} ends the socket in / alone`, async (peer, news) => {
		await peer.say(packet);
		await goneOnce(news, '/', peer.id, 'client namespace disconnect');
		await peer.goesOn();
		await peer.asks('42/chat,1["ack"]', '43/chat,1[]');
		await stillThere(news, '/chat', peer.chat);
	});
for (const packet of ['41/chat,', '41/chat'])
	farewell('80', `${packet} ends the socket in /chat alone`, async (peer, news) => {
		await peer.say(packet);
		await goneOnce(news, '/chat', peer.chat, 'client namespace disconnect');
		await peer.goesOn();
		await peer.asks('421["ack"]', '431[]');
		await stillThere(news, '/', peer.id);
	});
farewell('80', 'a client that has left everywhere stays connected', async (peer) => {
	await peer.say('41', '41/chat,');
	await peer.goesOn();
});

farewell(
	'81',
	'who left may enter again, under a new id',
	async (peer) => {
		const ids = [peer.id, peer.chat];
		for (let i = 0; i < 3; i++) {
			await peer.say('41', '41/chat,');
			ids.push(await peer.enter('40'), await peer.enter('40/chat,'));
		}
		assert.equal(new Set(ids).size, 8);
		const [[, id]] = await peer.asks('421["whoami"]', /^431\[\{"id":"(.*?)"/);
		assert.equal(id, ids.at(-2));
	},
	NEW,
);
farewell(
	'81',
	'who left may enter again',
	async (peer) => {
		await peer.say('41', '41/chat,');
		await peer.enter('40/chat,');
		await peer.asks('42/chat,1["ack"]', '43/chat,1[]');
		await peer.enter('40');
		await peer.asks('421["ack"]', '431[]');
	},
	OLD,
);

for (const packet of ['417', '41/,0', '41/,007'])
	farewell('89', `${packet} ends the socket, and its id is not answered`, async (peer, news) => {
		await peer.say(packet);
		await goneOnce(news, '/', peer.id, 'client namespace disconnect');
		await peer.goesOn();
	});

// ---- From the server ----

farewell('82', 'a socket in / is told 41', async (peer, news) => {
	await peer.asks('42["drop"]', '41');
	await goneOnce(news, '/', peer.id, 'server namespace disconnect');
	await stillThere(news, '/chat', peer.chat);
	await peer.asks('42/chat,1["ack"]', '43/chat,1[]');
});
farewell('82', 'a socket in /chat is told 41/chat,', async (peer, news) => {
	await peer.asks('42/chat,["drop"]', '41/chat,');
	await goneOnce(news, '/chat', peer.chat, 'server namespace disconnect');
	await stillThere(news, '/', peer.id);
	await peer.asks('421["ack"]', '431[]');
});
farewell('82', 'the connection stays open without any namespace', async (peer) => {
	await peer.asks('42["drop"]', '41');
	await peer.asks('42/chat,["drop"]', '41/chat,');
	await peer.goesOn();
	await peer.enter('40');
});

for (const [from, packet] of Object.entries({ '/': '42["kick"]', '/chat': '42/chat,["kick"]' }))
	farewell('83', `a kick in ${from} ends all sockets, with a word to each`, async (peer, news) => {
		await peer.say(packet);
		const last = [await peer.next(), await peer.next()];
		assert.deepEqual(last.sort(), ['41', '41/chat,']);
		await peer.isClosed();
		await goneOnce(news, '/', peer.id, 'server namespace disconnect');
		await goneOnce(news, '/chat', peer.chat, 'server namespace disconnect');
	});
farewell('83', 'what was emitted before it still arrives', async (peer) => {
	await peer.say('42["burst",100]', '42["kick"]');
	for (let i = 0; i < 100; i++) await peer.hears(`42["tick",${i}]`);
	await peer.hears(/^41/, /^41/);
	await peer.isClosed();
});

// ---- With the connection ----

/** How a session ends, and the reason of the Engine.IO session. */
const ends = {
	'transport close': {
		'the client ends it': [WAYS, (peer) => peer.leave()],
		'the connection is cut': [[WEBSOCKET, WEBSOCKET3], (peer) => peer.by.raw.ws.terminate()],
	},
	'transport error': {
		'two GETs overlap': [[POLLING], (peer) => peer.by.get()],
		'a frame is too large': [[WEBSOCKET, WEBSOCKET3], (peer) => peer.say(`42${' '.repeat(1e6)}`)],
		'a frame is broken': [[WEBSOCKET], (peer) => peer.by.raw.ws._socket.write('\xff\xff\xff\xff')],
	},
	'parse error': {
		'a packet has no known type': [WAYS, (peer) => peer.say('x')],
	},
};
for (const [reason, ways] of Object.entries(ends))
	for (const [what, [which, end]] of Object.entries(ways))
		farewell(
			'84',
			`"${reason}" when ${what}`,
			async (peer, news) => {
				await end(peer);
				await goneOnce(news, '/', peer.id, reason);
				await goneOnce(news, '/chat', peer.chat, reason);
			},
			which,
		);

describe('a client that falls silent', { concurrency: true }, () => {
	farewell(
		'84',
		'"ping timeout" when the client falls silent',
		async (peer, news) => {
			await goneOnce(news, '/', peer.id, 'ping timeout');
			await goneOnce(news, '/chat', peer.chat, 'ping timeout');
		},
		WAYS,
		() => lively,
	);
});

/** What is not allowed, and what becomes of the sockets of who says it. */
const misplaced = { 36: '40', 37: '42/admin,["ack"]', 39: '44{}' };
const judged = (reason, ways, before) => {
	for (const [statement, packet] of Object.entries(misplaced))
		farewell(
			`85, ${statement}`,
			`${packet} is not allowed, "${reason}"`,
			async (peer, news) => {
				await before(peer);
				await peer.say(packet);
				await goneOnce(news, '/', peer.id, reason);
				await goneOnce(news, '/chat', peer.chat, reason);
				if (before === stopsPolling) peer.polls();
				await peer.isClosed();
			},
			ways,
		);
};
const stopsPolling = (peer) => peer.stopsPolling();
judged('forced close', [WEBSOCKET, WEBSOCKET3], () => {});
judged('forced close', [POLLING, POLLING3], (peer) => peer.waits());
judged('forced server close', [POLLING, POLLING3], stopsPolling);

// ---- Once, and in no room ----

const ways = {
	'the client leaves': ['41', '41/chat,'],
	'the client leaves twice': ['41', '41', '41/chat,', '41/chat,'],
	'the server disconnects it': ['42["drop"]', '42/chat,["drop"]'],
	'both leave at once': ['42["drop"]', '41', '42/chat,["drop"]', '41/chat,'],
	'it is kicked': ['42["kick"]', '42/chat,["kick"]'],
	'it leaves and the connection breaks': ['41', '4x'],
	'it is dropped and the connection breaks': ['42["drop"]', '4x'],
	'the connection ends': ['4x'],
};
for (const [what, packets] of Object.entries(ways))
	farewell('87', `the handlers run once when ${what}`, async (peer, news) => {
		await peer.say(...packets);
		for (const [nsp, id] of [
			['/', peer.id],
			['/chat', peer.chat],
		]) {
			await news.heard('gone', nsp, id);
			assert.equal((await news.sofar('gone', nsp, id)).length, 1);
			assert.equal((await news.sofar('entered', nsp, id)).length, 1);
		}
	});
farewell('87', 'no handler runs for who was refused or still waits', async (peer, news) => {
	await peer.asks('40/admin', /^44\/admin,/);
	await peer.say(`40/gate,{"name":"${peer.id}"}`);
	await news.heard('knock', peer.id);
	await peer.leave();
	await goneOnce(news, '/', peer.id, 'transport close');
	assert.deepEqual(await news.sofar('gone', '/admin'), []);
	assert.deepEqual(await news.sofar('gone', '/gate'), []);
});

for (const [what, packets] of Object.entries(ways))
	farewell('88', `it is in no room any more when ${what}`, async (peer, news) => {
		await peer.asks(['421["join","a"]', '422["join","b"]'], '431[]', '432[]');
		await peer.asks('421["whoami"]', `431[{"id":"${peer.id}","rooms":["${peer.id}","a","b"]}]`);
		await peer.say(...packets);
		const [, , , , rooms] = await news.heard('gone', '/', peer.id);
		assert.deepEqual(rooms, []);
	});

// ---- The end of the server ----

for (const way of WAYS)
	test(title('86', 'a server that shuts down tells the session alone', way), async (t) => {
		const mortal = await startServer({ ALLOW_EIO3: '1', REPORT: '1' });
		const peer = await Peer.join(t, mortal, way);
		const chat = await peer.enter('40/chat');
		const reason = 'server shutting down';
		await peer.waits();
		await mortal.stop();

		await peer.isClosed();
		const facts = ({ nsp, id }) => [nsp, id];
		const gone = mortal.reports('disconnect', { reason }).map(facts);
		assert.deepEqual(
			gone.sort(),
			[
				['/', peer.id],
				['/chat', chat],
			].sort(),
		);
	});

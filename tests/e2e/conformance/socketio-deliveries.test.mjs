// SPDX-License-Identifier: MIT
//
// Deliveries that may be lost, and deliveries that many answer.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
	News,
	Peer,
	POLLING,
	POLLING3,
	title,
	WAYS,
	WEBSOCKET,
	WEBSOCKET3,
} from '../support/peer.mjs';
import { startServer } from '../support/server.mjs';
import { GRAIN } from '../support/wait.mjs';

let server;
before(async () => (server = await startServer({ ALLOW_EIO3: '1' })));
after(() => server.stop());

const numbers = (count) => [...Array(count).keys()];
const LATE = 'not answered in time';

// ---- Volatile ----

for (const way of WAYS)
	test(title('98', 'a volatile message reaches who can take it', way), async (t) => {
		const [peer, other] = [await Peer.join(t, server, way), await Peer.join(t, server)];
		await peer.waits();
		await other.asks('421["volatile",1]', '42["fleeting",1]', '431[]');
		await peer.hears('42["fleeting",1]');
		await peer.waits();
		await peer.asks('42["volatile-echo",2]', '42["fleeting",2]');
		await peer.goesOn();
	});

for (const way of [POLLING, POLLING3])
	test(title('98', 'it is dropped while no GET waits, and no other message is', way), async (t) => {
		const [peer, other] = [await Peer.join(t, server, way), await Peer.join(t, server)];
		await peer.stopsPolling();
		await other.asks('421["volatile",1]', '42["fleeting",1]', '431[]');
		await peer.say('42["volatile-echo",2]', '42["echo",3]', '42["volatile-echo",4]');
		await other.asks('422["bcast",5]', '42["bcast",5]', '432[]');
		peer.polls();

		await peer.hears('42["echo",3]', '42["bcast",5]');
		await peer.goesOn();
	});

// More than the buffers of a connection take, and less than the server keeps for one client.
const FLOOD = 28;
const BIG = 'x'.repeat(500_000);

for (const way of [WEBSOCKET, WEBSOCKET3])
	test(title('98', 'it is dropped while something is being written', way), async (t) => {
		const [peer, other] = [await Peer.join(t, server, way), await Peer.join(t, server)];
		peer.by.raw.ws.pause();
		for (const i of numbers(FLOOD)) await other.say(`42["say","${peer.id}","${i} ${BIG}"]`);
		await other.asks('421["volatile",1]', '42["fleeting",1]', '431[]');
		await other.asks('422["bcast",2]', '42["bcast",2]', '432[]');
		peer.by.raw.ws.resume();

		for (const i of numbers(FLOOD)) assert.ok((await peer.next()).startsWith(`42["said","${i} x`));
		await peer.hears('42["bcast",2]');
		await peer.goesOn();
		await other.asks('423["volatile",3]', '42["fleeting",3]', '433[]');
		await peer.hears('42["fleeting",3]');
	});

// ---- Many who answer ----

/**
 * Three in a room of their own, and a bystander.  `ask(ms)` asks them under a name of its own and
 * gives the id that each of them was asked with; `ended(...)` is the news of its end, which comes
 * once.
 */
function crowd(numbers_, what, dialogue) {
	for (const way of WAYS)
		test(title(numbers_, what, way), async (t) => {
			const news = await News.of(t, server);
			const peers = [];
			for (const one of [way, WEBSOCKET, way]) peers.push(await Peer.join(t, server, one));
			const name = `q ${peers[0].id}`;
			for (const peer of peers) await peer.asks(`429["join","${name}"]`, '439[]');

			const ask = async (ms, whom = peers) => {
				await news.peer.say(`42["ask-room",${ms},"${name}","${name}"]`);
				const question = new RegExp(`^42(\\d+)\\["${name}"\\]$`);
				const ids = [];
				for (const peer of whom) ids.push((await peer.hears(question))[0][1]);
				return ids;
			};
			const ended = async (err, answers) => {
				await news.heard('ask-ended', name);
				const all = await news.sofar('ask-ended', name);
				assert.deepEqual(all, [['ask-ended', name, err, answers]]);
			};
			await dialogue({ peers, name, news, ask, ended });
		});
}

/** Each of them has answered, one after the other. */
async function answer(peers, id, args) {
	for (const [i, peer] of peers.entries()) {
		await peer.say(`43${id}${args[i]}`);
		await peer.handled();
	}
}

for (const [statement, ms, when] of [
	['100', 60_000, 'with a deadline'],
	['101', 0, 'without one'],
]) {
	crowd(statement, `all answer, ${when}`, async ({ peers, news, name, ask, ended }) => {
		const [id] = await ask(ms);
		await answer(peers.slice(0, 2), id, ['["a","b"]', '[]']);
		assert.deepEqual(await news.sofar('ask-ended', name), [], 'one has not answered');
		await answer(peers.slice(2), id, ['[{"c":[1]}]']);
		await ended('success', ['a', null, { c: [1] }]);
	});

	crowd(statement, `nobody is reached, ${when}`, async ({ peers, name, ask, ended }) => {
		for (const peer of peers) await peer.asks(`429["leave","${name}"]`, '439[]');
		await ask(ms, []);
		await ended('success', []);
	});

	crowd(statement, `an answer counts once, ${when}`, async ({ peers, ask, ended }) => {
		const [id] = await ask(ms);
		await answer([peers[0], ...peers], id, ['["a"]', '["b"]', '["c"]', '["d"]']);
		await ended('success', ['a', 'c', 'd']);
	});
}

crowd('100', 'not all answer until the deadline', async ({ peers, ask, ended }) => {
	const begin = performance.now();
	const [id] = await ask(300);
	await answer(peers.slice(1), id, ['["b"]', '["c"]']);
	await ended(LATE, ['b', 'c']);
	assert.ok(performance.now() - begin >= 300 - GRAIN);
	await answer(peers, id, ['["late"]', '["b"]', '["c"]']);
	await ended(LATE, ['b', 'c']);
});
crowd('100', 'nobody answers until the deadline', async ({ ask, ended }) => {
	await ask(50);
	await ended(LATE, []);
});
crowd('100', 'somebody left without an answer', async ({ peers, ask, ended }) => {
	const [id] = await ask(60_000);
	await answer(peers.slice(1), id, ['["b"]', '["c"]']);
	await peers[0].say('41');
	await ended(LATE, ['b', 'c']);
});

crowd('101', 'who leaves is not waited for', async ({ peers, news, name, ask, ended }) => {
	const [id] = await ask(0);
	await answer(peers.slice(0, 1), id, ['["a"]']);
	await peers[1].say('41');
	await peers[1].handled();
	assert.deepEqual(await news.sofar('ask-ended', name), [], 'one is still there');
	await peers[2].leave();
	await ended('success', ['a']);
});
crowd('101', 'nobody is left to answer', async ({ peers, ask, ended }) => {
	await ask(0);
	for (const peer of peers) await peer.say('42["drop"]');
	await ended('success', []);
});

test('socket.io 102: all are asked with one id, and the next question has the next', async (t) => {
	const fresh = await startServer({ ALLOW_EIO3: '1' });
	t.after(() => fresh.stop());
	const peers = [];
	for (const way of WAYS) peers.push(await Peer.join(t, fresh, way));
	const hear = (packet, whom = peers) => Promise.all(whom.map((peer) => peer.hears(packet)));

	await peers[0].say('42["ask","alone"]');
	await hear('420["alone"]', [peers[0]]);
	await peers[1].say('42["ask-room",0,null,"all"]');
	await hear('421["all"]');
	await peers[2].say('42["ask-room",5000,null,"all"]');
	await hear('422["all"]');
	await peers[3].say('42["ask","alone"]');
	await hear('423["alone"]', [peers[3]]);
	for (const peer of peers) await peer.say('431[]', '432[]');
	await peers[0].say('42["ask-room",0,null,"all"]');
	await hear('424["all"]');
});

// SPDX-License-Identifier: MIT
//
// The time until a client must be in, the checks that it passes, and what comes after them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { casesOf } from '../support/cases.mjs';
import { NEW, News, Peer, title, WAYS } from '../support/peer.mjs';
import { startServer } from '../support/server.mjs';
import { GRAIN } from '../support/wait.mjs';

const LIMIT = 2000;

let server, hasty;
before(async () => {
	server = await startServer({ ALLOW_EIO3: '1' });
	hasty = await startServer({ CONNECT_TIMEOUT: String(LIMIT) });
});
after(async () => {
	await server.stop();
	await hasty.stop();
});

const { play, outside } = casesOf(() => server);

// ---- Time ----

const idle = {
	'asks for nothing': async () => {},
	'is refused': async (peer) => {
		await peer.asks('40/admin', /^44\/admin,/);
		await peer.asks('40/nope', /^44\/nope,/);
	},
	'waits for its admission': (peer) => peer.say('40/gate,{"name":"too late"}'),
};

const busy = {
	'has entered a namespace': async () => {},
	'has entered and left again': (peer) => peer.say('41/chat,'),
	'has entered and was disconnected by the server': (peer) =>
		peer.asks('42/chat,["drop"]', '41/chat,'),
};

describe('connectTimeout', { concurrency: true }, () => {
	for (const way of NEW) {
		for (const [what, dialogue] of Object.entries(idle))
			test(title('40', `who ${what} is closed when it has passed`, way), async (t) => {
				const begin = performance.now();
				const peer = await Peer.open(t, hasty, way);
				await dialogue(peer);

				await peer.isClosed();
				assert.ok(performance.now() - begin >= LIMIT - GRAIN, 'not before');
			});

		for (const [what, dialogue] of Object.entries(busy))
			test(title('40, 41', `who ${what} stays`, way), async (t) => {
				const peer = await Peer.join(t, hasty, way, '40/chat');
				await dialogue(peer);
				const late = await Peer.open(t, hasty, way);
				await late.isClosed();

				await peer.goesOn();
				await peer.enter('40');
			});
	}

	test(title('40', 'it is longer unless configured'), async (t) => {
		const patient = await Peer.open(t, server);
		const late = await Peer.open(t, hasty);
		await late.isClosed();

		await patient.goesOn();
	});
});

// ---- Checks ----

const numbers = (news) => news.map(([, , number]) => number);

play(
	'42',
	'all checks are asked in their order',
	'40',
	async (peer, t) => {
		const news = await News.of(t, server);
		const id = await peer.enter('40/checks');
		assert.deepEqual(numbers(await news.sofar('check', id)), [1, 2, 3]);
	},
	WAYS,
);
for (const at of [1, 2, 3])
	play(
		'42',
		`none is asked after check ${at} has refused`,
		'40',
		async (peer, t) => {
			const news = await News.of(t, server);
			const auth = JSON.stringify({ at, message: `no ${at}` });
			await peer.asks(`40/checks,${auth}`, `44/checks,{"message":"no ${at}"}`);
			assert.deepEqual(numbers(await news.sofar('check')), [1, 2, 3].slice(0, at));
			assert.deepEqual(await news.sofar('entered', '/checks'), []);
		},
		NEW,
	);

const departures = {
	'by a parsing error': (peer) => peer.say('4x'),
	'by closing its connection': (peer) => peer.leave(),
};
for (const [how, depart] of Object.entries(departures))
	outside('43', `who has left ${how} is let in nowhere`, async (peer, t) => {
		const news = await News.of(t, server);
		await peer.say(`40/gate,{"name":"${peer.sid}"}`);
		await news.heard('knock', peer.sid);
		await depart(peer);
		await peer.isClosed();

		await news.peer.say(`421["admit","${peer.sid}"]`);
		await news.answer(1, 'the client has left, or the ticket was used');
		assert.deepEqual(await news.sofar('entered', '/gate'), []);
		assert.deepEqual(await news.sofar('gone', '/gate'), []);
	});
outside('43', 'who has stayed is let in', async (peer, t) => {
	const news = await News.of(t, server);
	await peer.say(`40/gate,{"name":"${peer.sid}"}`);
	await news.heard('knock', peer.sid);

	await news.peer.say(`42["admit","${peer.sid}"]`);
	const [[, id]] = await peer.hears(/^40\/gate,\{"sid":"([\w-]{20})"\}$/);
	await news.heard('entered', '/gate', id);
});

// ---- What comes first, and what does not count ----

outside('44', 'what the connect handler emits comes after the answer', async (peer) => {
	await peer.say('40{"burst":3}');
	await peer.hears(/^40\{/, '42["tick",0]', '42["tick",1]', '42["tick",2]');
	await peer.say('40/chat,{"burst":1}');
	await peer.hears(/^40\/chat,/, '42/chat,["tick",0]');
});

outside('46', 'an ack id in a CONNECT is ignored', async (peer) => {
	await peer.asks('407', /^40\{"sid":"[\w-]{20}"\}$/);
	await peer.asks('40/chat,0{"a":1}', /^40\/chat,\{"sid":"[\w-]{20}"\}$/);
	await peer.asks('42/chat,1["auth"]', '43/chat,1[{"a":1}]');
	await peer.asks('40/nope,9007199254740991', '44/nope,{"message":"Invalid namespace"}');
	await peer.asks('40/admin,5', /^44\/admin,\{"message":/);
});

// SPDX-License-Identifier: MIT
//
// Getting into a namespace: what is answered, what is refused, and by whom.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { casesOf } from '../support/cases.mjs';
import { NEW, News, Peer, title } from '../support/peer.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer({ ALLOW_EIO3: '1' })));
after(() => server.stop());

const { play, outside, answers, ends } = casesOf(() => server);

const NO_SPACE = (name) => `44${name},{"message":"Invalid namespace"}`;

// ---- In and out of namespaces ----

outside('27', 'who has asked for no namespace is in none and hears nothing', async (peer, t) => {
	const other = await Peer.join(t, server);
	await other.asks('421["bcast",1]', '42["bcast",1]', '431[]');
	await peer.goesOn();
});
outside('27', 'who has asked for another one is not in /', async (peer, t) => {
	await peer.enter('40/chat');
	const other = await Peer.join(t, server);
	await other.asks('421["bcast",1]', '42["bcast",1]', '431[]');
	await peer.goesOn();
	await peer.say('42["ack"]');
	await peer.isClosed();
});

const ID = /^[\w-]{20}$/;
const welcomes = {
	40: /^40\{"sid":"([\w-]{20})"\}$/,
	'40/chat': /^40\/chat,\{"sid":"([\w-]{20})"\}$/,
	'40{"token":1}': /^40\{"sid":"([\w-]{20})"\}$/,
	'40/chat,{"token":1}': /^40\/chat,\{"sid":"([\w-]{20})"\}$/,
	'40/admin,{"token":"secret"}': /^40\/admin,\{"sid":"([\w-]{20})"\}$/,
};
for (const [packet, welcome] of Object.entries(welcomes))
	outside('28', `${packet} is answered with the id alone`, async (peer) => {
		const [[, id]] = await peer.asks(packet, welcome);
		const nsp = /^40(\/\w*)?/.exec(packet)[1] ?? '';
		const prefix = nsp && `${nsp},`;
		const [[, rooms]] = await peer.asks(`42${prefix}1["whoami"]`, new RegExp(`^43${prefix}1(.*)$`));
		assert.deepEqual(JSON.parse(rooms), [{ id, rooms: [id] }]);
		await peer.goesOn();
	});

outside('29', 'every id is new, and none is that of the session', async (peer) => {
	const ids = [];
	for (let i = 0; i < 3; i++) {
		ids.push(await peer.enter('40'), await peer.enter('40/chat'));
		await peer.say('41', '41/chat,');
	}
	for (const id of ids) assert.match(id, ID);
	assert.equal(new Set([...ids, peer.sid]).size, 7);
});
test(title('29', 'over many ids every character of the alphabet is used'), async (t) => {
	const peer = await Peer.open(t, server);
	const ids = new Set();
	for (let i = 0; i < 100; i++) {
		ids.add(await peer.enter('40'));
		await peer.say('41');
	}
	assert.equal(ids.size, 100);
	assert.equal(new Set([...ids].join('')).size, 64);
});

const auths = {
	'40{"token":"123"}': '{"token":"123"}',
	'40{"a":[1,null,{"b":true}],"":"\\u0000\\ud83d"}':
		'{"a":[1,null,{"b":true}],"":"\\u0000\\ud83d"}',
	'40{"__proto__":1}': '{"__proto__":1}',
	'40/,{"n":1.5}': '{"n":1.5}',
	'40{}': '{}',
	40: '{}',
};
for (const [packet, auth] of Object.entries(auths))
	outside('30', `${packet} gives the application ${auth}`, async (peer) => {
		await peer.enter(packet);
		await peer.asks('421["auth"]', `431[${auth}]`);
	});
outside('30', 'each namespace has its own auth', async (peer) => {
	await peer.enter('40{"n":1}');
	await peer.enter('40/chat,{"n":2}');
	await peer.asks('421["auth"]', '431[{"n":1}]');
	await peer.asks('42/chat,1["auth"]', '43/chat,1[{"n":2}]');
});

// ---- Refusals ----

const absent = (name) => (peer) => peer.asks(`40${name},`, NO_SPACE(name));
for (const name of ['/nope', '/adm', '/admin/', '/Admin', '/chat/x', '/adm%69n'])
	play('31', `${name} does not exist`, '40', absent(name));
for (const name of ['//', '/chat ', '/ chat'])
	play('31', `"${name}" does not exist`, '40', absent(name), NEW);
outside('31', 'it may be the first thing asked for', async (peer) => {
	await peer.asks('40/nope,{"a":1}', NO_SPACE('/nope'));
	await peer.enter('40');
});

const refusals = {
	'{"message":"no"}': '{"message":"no"}',
	'{"message":"q\\"\\\\é\\n"}': '{"message":"q\\"\\\\é\\n"}',
	'{"message":"no","data":{"code":401}}': '{"message":"no","data":{"code":401}}',
	'{"message":"no","data":[1,"x"]}': '{"message":"no","data":[1,"x"]}',
	'{"message":"no","data":"text"}': '{"message":"no","data":"text"}',
	'{"message":"no","data":0}': '{"message":"no","data":0}',
	'{"message":"no","data":false}': '{"message":"no","data":false}',
	'{"message":"no","data":null}': '{"message":"no","data":null}',
};
for (const [why, answer] of Object.entries(refusals))
	play(
		'32',
		`the application refuses with ${why}`,
		'40',
		(peer) => peer.asks(`40/checks,{"at":1,${why.slice(1)}`, `44/checks,${answer}`),
		NEW,
	);
answers(
	'32',
	'40',
	{
		'40/admin,{"token":"guess"}': '44/admin,{"message":"unauthorized","data":{"code":401}}',
		'40/admin': '44/admin,{"message":"unauthorized","data":{"code":401}}',
	},
	NEW,
);
for (const way of NEW)
	test(title('32', 'in / the packet has no namespace', way), async (t) => {
		const peer = await Peer.open(t, server, way, '&refuse=nope');
		await peer.asks('40', '44{"message":"nope"}');
		await peer.enter('40/chat');
	});

answers(
	'33',
	'40',
	{
		'40/x?a=b,': NO_SPACE('/x?a=b'),
		'40/chat?token=1': NO_SPACE('/chat?token=1'),
		'40/?a=b,': NO_SPACE('/?a=b'),
		'40/x?a=b,{"c":1}': NO_SPACE('/x?a=b'),
	},
	NEW,
);
play('33', 'a namespace of that name is found', '40', (peer) => peer.enter('40/x?y=1,'), NEW);

play(
	'34',
	'a refused client may ask again',
	'40',
	async (peer) => {
		for (let i = 0; i < 3; i++) await peer.asks('40/admin', /^44\/admin,/);
		await peer.enter('40/admin,{"token":"secret"}');
		await peer.asks('42/admin,1["ack"]', '43/admin,1[]');
	},
	NEW,
);
play('34', 'an unknown namespace may be asked for again', '40', async (peer) => {
	for (let i = 0; i < 3; i++) await peer.asks('40/nope', NO_SPACE('/nope'));
});

// ---- Several namespaces, in and out of order ----

play(
	'35',
	'a client is in three namespaces at once',
	'40',
	async (peer) => {
		await peer.enter('40/chat');
		await peer.enter('40/x?y=1');
		await peer.asks('421["ack"]', '431[]');
		await peer.asks('42/chat,1["ack"]', '43/chat,1[]');
		await peer.asks('42/x?y=1,1["ack"]', '43/x?y=1,1[]');
	},
	NEW,
);
outside('35', 'what was asked first may be answered last', async (peer, t) => {
	const news = await News.of(t, server);
	const name = `last ${peer.sid}`;
	await peer.say(`40/gate,{"name":"${name}"}`, '40/chat,', '40/nope,');
	await peer.hears(/^40\/chat,/, NO_SPACE('/nope'));
	await news.heard('knock', name);
	await news.peer.say(`42["admit","${name}"]`);
	await peer.hears(/^40\/gate,\{"sid":"[\w-]{20}"\}$/);
});

ends('36', '40', { 'a second 40': '40', '40/,': '40/,', 'a second 40 with auth': '40{"a":1}' });
ends('36', '40/chat', { 'a second 40/chat': '40/chat,' });
play('36', 'a CONNECT for another namespace does not', '40', (peer) => peer.enter('40/chat'));

const STRAY = {
	EVENT: (nsp) => [`42${nsp}["ack"]`],
	ACK: (nsp) => [`43${nsp}0[]`],
	DISCONNECT: (nsp) => [`41${nsp}`],
	BINARY_EVENT: (nsp) => [`451-${nsp}["ack",{"_placeholder":true,"num":0}]`, Buffer.from([1])],
	BINARY_ACK: (nsp) => [`461-${nsp}0[{"_placeholder":true,"num":0}]`, Buffer.from([1])],
};
for (const [type, packets] of Object.entries(STRAY)) {
	ends('37', '40', { [`${type} for a namespace never entered`]: packets('/chat,') });
	ends('37', '40', { [`${type} for a namespace that is not there`]: packets('/nope,') });
	outside('37', `${type} before any CONNECT closes the connection`, async (peer) => {
		await peer.say(...packets(''));
		await peer.isClosed();
	});
	outside('37', `${type} while admission is pending closes the connection`, async (peer) => {
		await peer.say('40/gate,{"name":"pending"}', ...packets('/gate,'));
		await peer.isClosed();
	});
	outside('37', `${type} after a refusal closes the connection`, async (peer) => {
		await peer.asks('40/admin', /^44\/admin,/);
		await peer.say(...packets('/admin,'));
		await peer.isClosed();
	});
}

for (const [type, packets] of Object.entries(STRAY)) {
	play('38', `${type} after the client left is ignored`, '40', async (peer) => {
		await peer.say('41', ...packets(''), ...packets('/,'));
		await peer.goesOn();
	});
	play('38', `${type} after the server disconnected the socket is ignored`, '40', async (peer) => {
		await peer.enter('40/chat');
		await peer.asks(['42/chat,["drop"]', ...packets('/chat,')], '41/chat,');
		await peer.asks('421["ack"]', '431[]');
	});
}
play('38', 'not even an ack comes of it', '40', (peer) => peer.say('41', '421["ack"]'));

ends('39', '40', { 44: '44', '44{}': '44{}', '44{"message":"x"}': '44{"message":"x"}' });
ends('39', '40/chat', { '44/chat,': '44/chat,{"message":"x"}', '44/nope,': '44/nope,' });

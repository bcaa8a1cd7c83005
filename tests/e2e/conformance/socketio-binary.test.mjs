// SPDX-License-Identifier: MIT
//
// Events and answers with attachments.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bytes, casesOf, hole } from '../support/cases.mjs';
import { NEW, Peer, POLLING, title, WAYS } from '../support/peer.mjs';
import { Polling, RawSocket } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer({ ALLOW_EIO3: '1' })));
after(() => server.stop());

const { play, ends } = casesOf(() => server);

const EVERY = Buffer.from([...Array(256).keys()]);
const NONE = Buffer.alloc(0);
const numbers = (count) => [...Array(count).keys()];

// ---- From the server ----

/** Arguments as JSON, and their attachments in the order in which they appear. */
const SENT = {
	'one alone': [hole(0), [EVERY]],
	'several between other values': [`"a",${hole(0)},null,${hole(1)},{"n":1}`, [bytes(1), bytes(2)]],
	'an empty one': [hole(0), [NONE]],
	'empty ones among others': [`${hole(0)},${hole(1)},${hole(2)}`, [NONE, bytes(1), NONE]],
	'ten of them': [numbers(10).map(hole).join(), numbers(10).map((n) => bytes(n, n))],
	'bytes that look like packets': [hole(0), [Buffer.from('42["x"]\x1e1')]],
	'a large one': [hole(0), [Buffer.alloc(100_000, 0xa5)]],
};
const NESTED = {
	'in an array': [`[${hole(0)},[${hole(1)},[${hole(2)}]]]`, [bytes(1), bytes(2), bytes(3)]],
	'in an object': [`{"a":${hole(0)},"b":{"c":${hole(1)},"d":"x"}}`, [bytes(1), bytes(2)]],
	'in arrays in objects in arrays': [
		`[{"list":[${hole(0)},{"deep":[${hole(1)}]}]},"x"],{"z":[${hole(2)}]}`,
		[bytes(1), bytes(2), EVERY],
	],
	'under keys out of order': [`{"z":${hole(0)},"a":${hole(1)}}`, [bytes(1), bytes(2)]],
	'a hundred levels deep': [`${'['.repeat(100)}${hole(0)}${']'.repeat(100)}`, [bytes(1)]],
};

for (const [what, [args, parts]] of Object.entries(SENT)) {
	const count = parts.length;
	play('57', `an event carries ${what}`, '40', (peer) =>
		peer.asks([`45${count}-["echo",${args}]`, ...parts], `45${count}-["echo",${args}]`, ...parts),
	);
	play('58', `an answer carries ${what}`, '40/chat', (peer) =>
		peer.asks(
			[`45${count}-/chat,7["ack",${args}]`, ...parts],
			`46${count}-/chat,7[${args}]`,
			...parts,
		),
	);
}
play('57', 'a broadcast carries them', '40', async (peer, t) => {
	const other = await Peer.join(t, server);
	await peer.say(`452-["others",[${hole(0)},${hole(1)}]]`, bytes(1), EVERY);
	await other.hears(`452-["bcast",[${hole(0)},${hole(1)}]]`, bytes(1), EVERY);
});
play('58', 'an answer without binary values is a 43', '40', (peer) =>
	peer.asks([`451-7["hex",${hole(0)}]`, bytes(1)], '437["01"]'),
);

for (const [what, [args, parts]] of Object.entries(NESTED)) {
	const count = parts.length;
	play('59', `they are found ${what}, both ways`, '40', (peer) =>
		peer.asks([`45${count}-["echo",${args}]`, ...parts], `45${count}-["echo",${args}]`, ...parts),
	);
	const hex = numbers(count).reduce(
		(text, n) => text.replace(hole(n), `"${parts[n].toString('hex')}"`),
		args,
	);
	play('59', `the application sees them ${what}`, '40', (peer) =>
		peer.asks([`45${count}-7["hex",${args}]`, ...parts], `437[${hex}]`),
	);
}

// ---- To the application ----

play('60', 'the handler runs with the last attachment, not before', '40', async (peer, t) => {
	const other = await Peer.join(t, server);
	for (const packet of [`452-["others",[${hole(0)},${hole(1)}]]`, bytes(1)]) {
		await peer.say(packet);
		await peer.handled();
		await other.goesOn();
	}
	await peer.say(bytes(2));
	await other.hears(`452-["bcast",[${hole(0)},${hole(1)}]]`, bytes(1), bytes(2));
});

/** What the application sees of packet and attachments 01, 02 and 03. */
function seen(numbers_, what, count, args, result) {
	const parts = [bytes(1), bytes(2), bytes(3)].slice(0, count);
	play(numbers_, what, '40', (peer) =>
		peer.asks([`45${count}-7["hex",${args}]`, ...parts], `437${result}`),
	);
}
seen('61', 'in another order', 3, `${hole(2)},${hole(0)},${hole(1)}`, '["03","01","02"]');
seen('61', 'one twice', 2, `${hole(1)},${hole(1)},${hole(0)}`, '["02","02","01"]');
seen('61', 'one not at all', 3, `${hole(2)},${hole(0)}`, '["03","01"]');
seen('61', 'none at all', 2, '"x"', '["x"]');
seen('61', 'one twice, deep inside', 1, `[${hole(0)},{"a":${hole(0)}}]`, '[["01",{"a":"01"}]]');

seen('62', 'more keys behind', 1, '{"_placeholder":true,"num":0,"x":[1]}', '["01"]');
seen('62', 'more keys before', 1, '{"x":{},"num":0,"_placeholder":true}', '["01"]');
seen('62', 'keys in another case', 1, '{"Num":5,"_placeholder":true,"num":0}', '["01"]');

const ORDINARY = [
	'{"_placeholder":false,"num":0}',
	'{"_placeholder":1,"num":0}',
	'{"_placeholder":"true","num":0}',
	'{"_placeholder":null,"num":9}',
	'{"num":0}',
	'{"_Placeholder":true,"num":0}',
];
for (const value of ORDINARY)
	seen('63', `${value} is data`, 1, `${value},${hole(0)}`, `[${value},"01"]`);
for (const value of [...ORDINARY, hole(0), hole(7), '{"_placeholder":true}']) {
	play('63', `${value} is data in an event without attachments`, '40', (peer) =>
		peer.asks(`427["hex",${value},[${value}]]`, `437[${value},[${value}]]`),
	);
	play('63', `${value} is data in an answer without attachments`, '40', async (peer) => {
		const [[, id]] = await peer.asks('42["ask","q"]', /^42(\d+)\["q"\]$/);
		await peer.asks(`43${id}[${value}]`, `42["asked",${value}]`);
	});
}

ends('64', '40', {
	'a placeholder for a name': [`451-[${hole(0)}]`, bytes(1)],
	'a placeholder for a name, before arguments': [`452-[${hole(0)},${hole(1)}]`, bytes(1), bytes(2)],
});

play('65', 'a noop between packet and attachments does no harm', '40', (peer) =>
	peer.asks(
		['6', `452-7["hex",${hole(0)},${hole(1)}]`, '6', bytes(1), '6', bytes(2), '6'],
		'437["01","02"]',
	),
);
play(
	'65',
	'a pong between packet and attachments does no harm',
	'40',
	(peer) =>
		peer.asks(
			[`452-7["hex",${hole(0)},${hole(1)}]`, '3', bytes(1), '3', bytes(2)],
			'437["01","02"]',
		),
	NEW,
);

const endings = {
	'by the client': (peer) => peer.leave(),
	'by a parsing error': (peer) => peer.say('42["bcast","error"]'),
};
for (const way of WAYS)
	for (const [how, end] of Object.entries(endings))
		test(title('66', `what has come in part is dropped when it ends ${how}`, way), async (t) => {
			const other = await Peer.join(t, server);
			const peer = await Peer.join(t, server, way);
			await peer.say(`452-["others",[${hole(0)},${hole(1)}]]`, bytes(1));
			await peer.handled();
			await end(peer);
			await peer.isClosed();
			await other.goesOn();
		});

// ---- In one piece ----

/** Every packet with attachments is followed by them, as bytes that say whose they are. */
function assertWhole(packets) {
	for (let i = 0; i < packets.length; i++) {
		const header = /^45(\d)-\S*\["\w+",\[(\d+),/.exec(packets[i]);
		assert.equal(Buffer.isBuffer(packets[i]), false, 'no attachment without a packet');
		if (!header) continue;
		const [, count, tag] = header;
		for (const n of numbers(Number(count)))
			assert.deepEqual(packets[++i], bytes(Number(tag), n), packets[i - n]);
	}
}

/** A message of two attachments, or of three, that carry `tag`. */
const tagged = (start, count, tag) => [
	`45${count}-${start}[${tag},${numbers(count).map(hole).join()}]]`,
	...numbers(count).map((n) => bytes(tag, n)),
];

for (const way of WAYS)
	test(title('67', 'messages to one client do not mix', way), async (t) => {
		const peer = await Peer.join(t, server, way);
		await peer.enter('40/chat');
		const [a, b, c] = [await Peer.join(t, server), await Peer.join(t, server, POLLING), peer];
		const d = await Peer.join(t, server, undefined, '40/chat');
		for (let i = 0; i < 40; i++)
			await Promise.all([
				a.say(...tagged('["others",', 3, i), `42["others",${i}]`),
				b.say(...tagged('["others",', 2, i), `42["others",${i}]`),
				d.say(...tagged('/chat,["others",', 2, i), `42/chat,["others",${i}]`),
				c.say(...tagged('["echo",', 2, i), `42["echo",${i}]`),
			]);
		const packets = [];
		while (packets.length < 40 * (4 + 4 + 3 + 3 + 3)) packets.push(await peer.next());
		assertWhole(packets);
		await peer.goesOn();
	});

test('socket.io 67: an upgrade does not come between them', async (t) => {
	const polling = await Polling.open(server);
	const [welcome] = await polling.join();
	const { sid } = JSON.parse(welcome.slice(2));
	const sender = await Peer.join(t, server);
	const say = async (from) => {
		for (const i of numbers(20)) await sender.say(...tagged(`["say","${sid}",`, 3, from + i));
		await sender.handled();
	};
	const heard = [];
	const plain = (packet) => (packet[0] === 'b' ? Buffer.from(packet.slice(1), 'base64') : packet);
	const poll = async () => heard.push(...(await polling.packets(1)).map(plain));

	const socket = await RawSocket.beside(t, polling);
	await say(0);
	await poll();
	await socket.probe();
	await say(20);
	await poll();
	await say(40);
	socket.send('5');
	await say(60);
	while (heard.length < 80 * 4) heard.push(await socket.message());

	assertWhole(heard);
	assert.deepEqual(
		heard.filter((packet) => !Buffer.isBuffer(packet)).map((packet) => /\[(\d+),/.exec(packet)[1]),
		numbers(80).map(String),
	);
});

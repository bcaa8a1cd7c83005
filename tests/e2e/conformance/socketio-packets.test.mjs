// SPDX-License-Identifier: MIT
//
// How packets are written and read.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { bytes, casesOf, hole } from '../support/cases.mjs';
import { NEW, OLD } from '../support/peer.mjs';
import { startServer } from '../support/server.mjs';
import { KINDS, NUMBERS, OBJECTS, TEXTS } from '../support/values.mjs';

let server;
before(async () => (server = await startServer({ ALLOW_EIO3: '1' })));
after(() => server.stop());

const { play, answers, ends } = casesOf(() => server);

// ---- What a packet consists of ----

play('1', 'all parts of a packet stand in their order', '40/chat', async (peer) => {
	await peer.say(`452-/chat,7["hex",${hole(0)},${hole(1)}]`, bytes(1), bytes(2));
	await peer.hears('43/chat,7["01","02"]');
	await peer.say(`452-/chat,7["ack",${hole(0)},${hole(1)}]`, bytes(1), bytes(2));
	await peer.hears(`462-/chat,7[${hole(0)},${hole(1)}]`, bytes(1), bytes(2));
});

play('1', 'parts that do not apply are left out', '40', async (peer) => {
	await peer.asks('42["echo"]', '42["echo"]');
	await peer.asks('427["ack"]', '437[]');
	await peer.asks([`451-["echo",${hole(0)}]`, bytes(1)], `451-["echo",${hole(0)}]`, bytes(1));
	await peer.say('41');
});

const types = {
	'0 is CONNECT': (peer) => peer.enter('40/chat,'),
	'1 is DISCONNECT, said by the client': async (peer) => {
		await peer.say('41', '421["ack"]');
	},
	'1 is DISCONNECT, said by the server': (peer) => peer.asks('42["drop"]', '41'),
	'2 is EVENT': (peer) => peer.asks('42["echo",1]', '42["echo",1]'),
	'3 is ACK': async (peer) => {
		const [[, id]] = await peer.asks('42["ask","q"]', /^42(\d+)\["q"\]$/);
		await peer.asks(`43${id}["a"]`, '42["asked","a"]');
		await peer.asks('429["ack","a"]', '439["a"]');
	},
	'4 is CONNECT_ERROR': (peer) => peer.asks('40/admin,', /^44\/admin,/),
	'5 is BINARY_EVENT': (peer) =>
		peer.asks([`451-["echo",${hole(0)}]`, bytes(5)], `451-["echo",${hole(0)}]`, bytes(5)),
	'6 is BINARY_ACK': async (peer) => {
		const [[, id]] = await peer.asks('42["ask","q"]', /^42(\d+)\["q"\]$/);
		await peer.say(`461-${id}[${hole(0)}]`, bytes(6));
		await peer.hears(`451-["asked",${hole(0)}]`, bytes(6));
		await peer.asks([`451-9["ack",${hole(0)}]`, bytes(6)], `461-9[${hole(0)}]`, bytes(6));
	},
};
for (const [what, dialogue] of Object.entries(types)) play('2', what, '40', dialogue);

// ---- Namespaces ----

for (const connect of ['40/chat', '40/chat,', '40/chat,{}'])
	play('3', `${connect} enters /chat`, connect, (peer) =>
		peer.asks('42/chat,1["ack","a,b",2]', '43/chat,1["a,b",2]'),
	);
play('3', '41/chat leaves /chat', '40/chat', async (peer) => {
	await peer.say('41/chat', '42/chat,1["ack"]');
	await peer.enter('40/chat');
});

answers('4', '40', {
	'42["echo",1]': '42["echo",1]',
	'42/,["echo",1]': '42["echo",1]',
	'427["ack"]': '437[]',
	'42/,7["ack"]': '437[]',
});
for (const connect of ['40', '40/', '40/,', '40/,{}'])
	play('4', `${connect} enters /`, connect, (peer) => peer.asks('421["ack"]', '431[]'), NEW);
play('4', '41/, leaves /', '40', async (peer) => {
	await peer.say('41/,');
	await peer.enter('40');
});

/** Every type that the server sends, in the namespace that `prefix` names in a packet. */
function everyType(prefix) {
	return async (peer) => {
		await peer.asks(`42${prefix}["echo"]`, `42${prefix}["echo"]`);
		await peer.asks(`42${prefix}1["ack"]`, `43${prefix}1[]`);
		await peer.say(`451-${prefix}["echo",${hole(0)}]`, bytes(1));
		await peer.hears(`451-${prefix}["echo",${hole(0)}]`, bytes(1));
		await peer.say(`451-${prefix}2["ack",${hole(0)}]`, bytes(1));
		await peer.hears(`461-${prefix}2[${hole(0)}]`, bytes(1));
		await peer.asks(`42${prefix}["drop"]`, `41${prefix}`);
	};
}
play('5', 'the namespace / is left out', '40', everyType(''));
play('5', 'a comma follows every other namespace', '40/chat', everyType('/chat,'));
answers('5', '40', { '40/none': '44/none,{"message":"Invalid namespace"}' });
for (const [first, answer] of [
	['40', /^40\{"sid":"[\w-]{20}"\}$/],
	['40/chat', /^40\/chat,\{"sid":"[\w-]{20}"\}$/],
])
	play(
		'5',
		`${first} is answered in the same way`,
		'40/a "b"/é',
		(peer) => peer.asks(first, answer),
		NEW,
	);
play(
	'5',
	'40/chat is answered in the same way',
	'40',
	(peer) => peer.asks('40/chat', '40/chat,'),
	OLD,
);

play(
	'6',
	'a namespace is any text',
	'40/a "b"/é',
	(peer) => peer.asks('42/a "b"/é,1["ack"]', '43/a "b"/é,1[]'),
	NEW,
);
play(
	'6',
	'the query is part of the name',
	'40/x?y=1',
	(peer) => peer.asks('42/x?y=1,1["ack"]', '43/x?y=1,1[]'),
	NEW,
);
for (const name of ['/1', '/{"a":1}', '/\\', '/\u0001', '/😀', '/ ', '/chat/', '/chat?y=1'])
	answers('6', '40', { [`40${name},`]: `44${name},{"message":"Invalid namespace"}` }, NEW);

// ---- Ids ----

answers('7', '40', {
	'42007["ack"]': '437[]',
	'420["ack"]': '430[]',
	'42000["ack"]': '430[]',
	'42010["ack"]': '4310[]',
	'429007199254740991["ack"]': '439007199254740991[]',
	'4200000000000000000000009007199254740991["ack"]': '439007199254740991[]',
});
play('7', 'leading zeros of an ACK do not count either', '40', async (peer) => {
	const [[, id]] = await peer.asks('42["ask","q"]', /^42(\d+)\["q"\]$/);
	await peer.asks(`43000${id}["a"]`, '42["asked","a"]');
});

// ---- JSON ----

for (const space of [' ', '\t', '\n', '\r', ' \r\n\t '])
	play('8', `${JSON.stringify(space)} around values and after the payload`, '40', async (peer) => {
		const spaced = (...parts) => parts.join(space);
		await peer.say('42' + spaced('[', '"echo"', ',', '[', '{', '"a"', ':', '1', '}', ']', ']', ''));
		await peer.hears('42["echo",[{"a":1}]]');
		await peer.asks(`421${spaced('["ack"]', '')}`, '431[]');
	});

answers('9', '40', {
	'42[ "echo" , 1 , [ ] , { } , { "a" : [ null , true ] } ]':
		'42["echo",1,[],{},{"a":[null,true]}]',
});

/** The text of JSON in which no character but those of ASCII stands as itself. */
const escaped = (value) =>
	JSON.stringify(value).replace(
		/[^ -~]/g,
		(c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);

/** The arguments are sent as they stand in `text`, a JSON array, and come back twice. */
async function comesBack(peer, text, args) {
	const rest = text === '[]' ? ']' : `,${text.slice(1)}`;
	await peer.say(`42["echo"${rest}`);
	const event = await peer.next();
	assert.deepEqual(JSON.parse(event.slice('42'.length)), ['echo', ...args]);
	await peer.say(`421["ack"${rest}`);
	const answer = await peer.next();
	assert.deepEqual(JSON.parse(answer.slice('431'.length)), args);
}

play('9', 'every string comes back', '40', async (peer) => {
	for (const text of Object.values(TEXTS)) {
		const args = [text, { [text]: text }];
		for (const write of [JSON.stringify, escaped]) await comesBack(peer, write(args), args);
	}
});
play('9', 'every number comes back', '40', async (peer) => {
	await comesBack(peer, JSON.stringify([NUMBERS, ...NUMBERS]), [NUMBERS, ...NUMBERS]);
	for (const text of ['1.0', '1E+2', '1e-2', '0.10', '100000000000000000000000', '-1.50E-1'])
		await comesBack(peer, `[${text}]`, [Number(text)]);
});
play('9', 'every key comes back', '40', async (peer) => {
	for (const object of Object.values(OBJECTS))
		await comesBack(peer, JSON.stringify([object]), [object]);
});
play('9', 'every kind of value comes back', '40', async (peer) => {
	for (const args of Object.values(KINDS)) await comesBack(peer, JSON.stringify(args), args);
});

// ---- Messages alone ----

play('10', 'a packet of Engine.IO other than a message says nothing', '40', (peer) =>
	peer.say('642["echo","noop"]', '542["echo","upgrade"]', '042["echo","open"]'),
);
play('10', 'a pong says nothing', '40', (peer) => peer.say('342["echo","pong"]'), NEW);
play('10', 'a text message is a packet, a binary one an attachment', '40', (peer) =>
	peer.asks(
		[`451-["echo",${hole(0)}]`, Buffer.from('42["echo",1]')],
		`451-["echo",${hole(0)}]`,
		Buffer.from('42["echo",1]'),
	),
);
ends('10', '40', { 'a binary message that holds the text of a packet': Buffer.from('42["echo"]') });

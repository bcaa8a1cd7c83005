// SPDX-License-Identifier: MIT
//
// Numbers, attachments and depth: what is too much, or in the wrong place, ends the connection.

import { after, before, test } from 'node:test';
import { bytes, casesOf, each, hole } from '../support/cases.mjs';
import { OLD, Peer, title, WAYS } from '../support/peer.mjs';
import { startServer } from '../support/server.mjs';

let server, strict;
before(async () => {
	server = await startServer({ ALLOW_EIO3: '1' });
	strict = await startServer({ ALLOW_EIO3: '1', MAX_ATTACHMENTS: '2', MAX_DEPTH: '5' });
});
after(async () => {
	await server.stop();
	await strict.stop();
});

const { play, answers, ends, outlives } = casesOf(() => server);
const configured = casesOf(() => strict);

// ---- Numbers ----

ends('19', '40', each('45-["echo"]', '45["echo"]', '45x-["echo"]', '451["echo"]', '451'));
ends('19', '40', each('451.0-["echo"]', '451e0-["echo"]', '45 1-["echo"]', '45+1-["echo"]'));
ends('19', '40', each('45--1-["echo"]', '451x-["echo"]', '46-0[]', '46x-0[]', '461[]', '46'));
play('19', 'one digit or more, and a -', '40', async (peer) => {
	await peer.asks([`451-7["hex",${hole(0)}]`, bytes(1)], '437["01"]');
	await peer.asks([`4501-7["hex",${hole(0)}]`, bytes(1)], '437["01"]');
});

const holes = (count) => [...Array(count).keys()].map(hole).join();
ends(
	'20',
	'40',
	each('450-["echo"]', '4500-["echo"]', '460-0[]', '4599999999999999999999-["echo"]'),
);
ends('20', '40', {
	'45 with 11 attachments': `4511-["echo",${holes(11)}]`,
	'46 with 11 attachments': `4611-0[${holes(11)}]`,
});
play('20', '10 attachments are allowed', '40', async (peer) => {
	const ten = [...Array(10).keys()];
	await peer.say(`4510-7["hex",${holes(10)}]`, ...ten.map((n) => bytes(n)));
	await peer.hears(`437${JSON.stringify(ten.map((n) => `0${n}`))}`);
});

configured.ends('20', '40', { '45 with 3, where 2 are allowed,': `453-["echo",${holes(3)}]` });
configured.play('20', '2 attachments are allowed where that is the limit', '40', (peer) =>
	peer.asks([`452-7["hex",${holes(2)}]`, bytes(1), bytes(2)], '437["01","02"]'),
);

// ---- What comes when ----

ends('21', '40', {
	'an event instead of an attachment': [`451-["echo",${hole(0)}]`, '42["echo"]'],
	'an event instead of the second': [`452-["echo",${holes(2)}]`, bytes(1), '42["echo"]'],
	'an answer instead of an attachment': [`451-["echo",${hole(0)}]`, '430[]'],
	'a CONNECT instead of an attachment': [`451-["echo",${hole(0)}]`, '40/chat,'],
	'one more announcement': [`451-["echo",${hole(0)}]`, `451-["echo",${hole(0)}]`],
});

ends('22', '40', {
	'a binary message': bytes(1),
	'an empty binary message': Buffer.alloc(0),
	'one attachment too many': [`451-["nothing",${hole(0)}]`, bytes(1), bytes(2)],
	'a binary message after an event': ['42["nothing"]', bytes(1)],
});
for (const way of WAYS)
	test(
		title('22', 'a binary message before any CONNECT closes the connection', way),
		async (t) => {
			const peer = await Peer.open(t, server, way);
			if (OLD.includes(way)) await peer.hears('40');
			await peer.say(bytes(1));
			await peer.isClosed();
		},
	);

const odd = (num) => `{"_placeholder":true,"num":${num}}`;
const NO_PLACES = ['1', '-1', '0.5', '"0"', 'null', 'true', '[0]', '{}', '1e300', '4294967296'];
for (const num of NO_PLACES) {
	ends('23', '40', {
		[`a placeholder with ${num} in an event`]: [`451-["echo",${odd(num)}]`, bytes(1)],
		[`a placeholder with ${num} in an answer`]: [`461-0[${odd(num)}]`, bytes(1)],
	});
}
ends('23', '40', {
	'a placeholder without num': ['451-["echo",{"_placeholder":true}]', bytes(1)],
	'a placeholder beyond two': [`452-["echo",${hole(2)}]`, bytes(1), bytes(2)],
	'a placeholder deep inside': [`451-["echo",[{"a":[0,${odd(1)}]}]]`, bytes(1)],
	'a placeholder beyond, of an event that nobody hears': [`451-["none",${odd(1)}]`, bytes(1)],
});
play('23', 'the last attachment is not beyond', '40', (peer) =>
	peer.asks([`452-7["hex",${hole(1)}]`, bytes(1), bytes(2)], '437["02"]'),
);
play('23', '0.0 and 1e0 are integers', '40', (peer) =>
	peer.asks([`452-7["hex",${odd('0.0')},${odd('1e0')}]`, bytes(1), bytes(2)], '437["01","02"]'),
);

ends('24', '40', {
	...each('429007199254740992["ack"]', '4218446744073709551616["ack"]', '439007199254740992[]'),
	...each('4299999999999999999999999999["ack"]', '419007199254740992'),
	...each('40/chat,9007199254740992{}'),
});
answers('24', '40', { '429007199254740991["ack"]': '439007199254740991[]' });
outlives('24', each('439007199254740991[]'));

ends('25', '40', {
	...each('421.5["a"]', '42-1["a"]', '42abc["a"]', '421x["a"]', '421,["a"]', '42,["a"]'),
	...each('42+1["a"]', '421e0["a"]', '421-["a"]', '43x[]', '431x[]', '42/chat;["a"]'),
});

// ---- Depth ----

const LIMIT = 10_000;
const WRAPS = { arrays: ['[', ']'], objects: ['{"a":', '}'] };

/** JSON of this depth. */
const deep = (depth, [open, close]) => `${open.repeat(depth)}0${close.repeat(depth)}`;

for (const [kind, wrap] of Object.entries(WRAPS)) {
	const places = (depth) => ({
		[`an event with ${depth} ${kind}`]: `42["whoami",${deep(depth - 1, wrap)}]`,
		[`an event that nobody hears, with ${depth} ${kind}`]: `42["none",${deep(depth - 1, wrap)}]`,
		[`an answer with ${depth} ${kind}`]: `430[${deep(depth - 1, wrap)}]`,
		[`a CONNECT with ${depth} ${kind}`]: `40/nowhere,{"a":${deep(depth - 1, wrap)}}`,
	});
	ends('26', '40', places(LIMIT + 1));
	const [event, unheard, answer, connect] = Object.entries(places(LIMIT));
	outlives('26', Object.fromEntries([event, unheard, answer]));
	play('26', `${connect[0]} does no harm`, '40', (peer) =>
		peer.asks(connect[1], '44/nowhere,{"message":"Invalid namespace"}'),
	);
}

configured.ends('26', '40', {
	'a depth of 6, where 5 is allowed,': '42["echo",[[[[[0]]]]]]',
	'a depth of 6 where nobody hears it': '42["none",[{"a":[[[0]]]}]]',
});
configured.answers('26', '40', { '42["echo",[[[[0]]]]]': '42["echo",[[[[0]]]]]' });

// ---- Namespaces ----

test('differences 61: one namespace too many is refused, until another was left', async (t) => {
	const narrow = await startServer({ MAX_SOCKETS: '2' });
	t.after(() => narrow.stop());
	const peer = await Peer.join(t, narrow, WAYS[1]);
	await peer.asks('40/chat,', /^40\/chat,\{"sid"/);
	await peer.asks('40/x?y=1,', '44/x?y=1,{"message":"Too many namespaces"}');
	await peer.asks(['41/chat,', '40/x?y=1,'], /^40\/x\?y=1,\{"sid"/);
});

test('differences 61: clients make no more namespaces than are allowed', async (t) => {
	const narrow = await startServer({ APP: 'features', MAX_NAMESPACES: '3' });
	t.after(() => narrow.stop());
	const peer = await Peer.open(t, narrow);
	const welcome = (n) => [new RegExp(`^40/room-${n},`), /^42.*"welcome"/];
	for (const n of [1, 2]) await peer.asks(`40/room-${n},`, ...welcome(n));
	await peer.asks('40/room-3,', '44/room-3,{"message":"Invalid namespace"}');
	await peer.asks(['41/room-1,', '40/room-1,'], ...welcome(1));
});

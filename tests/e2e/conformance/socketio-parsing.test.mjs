// SPDX-License-Identifier: MIT
//
// What cannot be read ends the connection, and what is close to it does not.

import { after, before, test } from 'node:test';
import { bytes, casesOf, each, hole, RESERVED } from '../support/cases.mjs';
import { NEW, News, Peer, title, WAYS } from '../support/peer.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer({ ALLOW_EIO3: '1' })));
after(() => server.stop());

const { play, ends, outlives } = casesOf(() => server);

// ---- What follows from it ----

for (const way of WAYS)
	test(title('11', 'it ends every socket of the client with "forced close"', way), async (t) => {
		const news = await News.of(t, server);
		const peer = await Peer.join(t, server, way);
		const chat = await peer.enter('40/chat');
		await peer.say('4x');

		await peer.isClosed();
		await news.heard('gone', '/', peer.id, 'forced close');
		await news.heard('gone', '/chat', chat, 'forced close');
	});

for (const way of WAYS)
	test(
		title('11', 'packets behind it count no more, and no other client suffers', way),
		async (t) => {
			const [peer, other] = [await Peer.join(t, server, way), await Peer.join(t, server, way)];
			await peer.say('4x', '42["bcast",1]');

			await peer.isClosed();
			await other.goesOn();
		},
	);

// ---- Types ----

ends('12', '40', {
	...each('47', '48', '49', '4x', '4-', '4a["echo"]', '4"', '4 ', '4[]', '4/chat,'),
	'an empty text message': '4',
});
for (const packet of ['4', '47', '4x'])
	for (const way of NEW)
		test(title('12', `${packet} as the first packet closes the connection`, way), async (t) => {
			const peer = await Peer.open(t, server, way);
			await peer.say(packet);
			await peer.isClosed();
		});

// ---- Payloads ----

ends('13', '40', {
	...each(
		'42x',
		'42["echo",1',
		'42["echo",1]]',
		'42["echo",1]x',
		'42["echo",1] 1',
		'42["echo",01]',
		'42["echo",1.]',
		'42["echo",+1]',
		'42["echo",NaN]',
		'42["echo",1,]',
		'42["echo" 1]',
		"42['echo']",
		'42["echo",{a:1}]',
		'42["echo","\\x"]',
		'42["echo",truE]',
		'42["nobody hears it",1',
		'430[1',
		'430[1]]',
		'41x',
	),
	'a raw control character': '42["echo","a\u0001"]',
});
outlives('13', { 'white space after the payload': '42["nothing"] \r\n\t ' });

ends('14', '40', each('40/chat,[]', '40/chat,"x"', '40/chat,null', '40/chat,true'));
ends('14', '40', each('40/nowhere,[]', '40/chat,{"a"', '40/chat,{}x'));
for (const packet of ['40[]', '40"x"', '40null', '40false', '40{"a"', '40{}}'])
	for (const way of NEW)
		test(title('14', `${packet} closes the connection`, way), async (t) => {
			const peer = await Peer.open(t, server, way);
			await peer.say(packet);
			await peer.isClosed();
		});
for (const packet of ['40', '40{}', '40{"a":[]}'])
	play('14', `${packet} is a CONNECT`, packet, (peer) => peer.asks('421["ack"]', '431[]'), NEW);

ends('15', '40', {
	...each('42{}', '42"x"', '42[]', '42[null]', '42[true]', '42[false]', '42[{}]', '42[[]]'),
	...each('42null', '42{"0":"echo"}', '427[]'),
});
outlives('15', each('42["x"]', '42[1]', '42[0,"x"]', '42[-1.5e3]', '42[""]'));

ends('16', '40', {
	...each(...RESERVED.map((name) => `42["${name}",1]`)),
	...each('42["\\u0063onnect"]', '427["connect"]'),
	'45 with the name "connect"': [`451-["connect",${hole(0)}]`, bytes(1)],
});
outlives('16', each('42["error",1]', '42["Connect"]', '42["connection"]', '42["__proto__"]'));
outlives('16', each('42["connect "]', '42["disconnect\\u0000"]', '42["toString",1]', '42["ping"]'));

ends('17', '40', each('431{}', '431"x"', '431null', '431true', '43/,1{}', '430{"a":1}', '43{}'));
outlives('17', each('431[]', '431', '431[{}]', '43/,1[null]'));

ends('18', '40', each('41{}', '41[]', '41null', '41"x"', '41/,{}', '417{}'));
play(
	'18',
	'a DISCONNECT without a payload is one',
	'40',
	async (peer) => {
		await peer.say('41');
		await peer.enter('40');
	},
	NEW,
);

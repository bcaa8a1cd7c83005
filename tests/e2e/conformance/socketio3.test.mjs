// SPDX-License-Identifier: MIT
//
// Clients of Socket.IO 1.x and 2.x, on Engine.IO 3: what is different for them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bytes, casesOf, hole } from '../support/cases.mjs';
import { News, OLD, Peer } from '../support/peer.mjs';
import { ask } from '../support/raw.mjs';
import { startServer } from '../support/server.mjs';
import { GRAIN } from '../support/wait.mjs';

const LIMIT = 2000;

let server, hasty;
before(async () => {
	server = await startServer({ ALLOW_EIO3: '1' });
	hasty = await startServer({ ALLOW_EIO3: '1', CONNECT_TIMEOUT: String(LIMIT) });
});
after(async () => {
	await server.stop();
	await hasty.stop();
});

const kinds = casesOf(() => server);
const play = (numbers, what, dialogue) => kinds.play(numbers, what, '40', dialogue, OLD);
const ends = (numbers, what, packets) => kinds.ends(numbers, '40', { [what]: packets }, OLD);
const answers = (numbers, table) => kinds.answers(numbers, '40', table, OLD);
const opened = (numbers, what, dialogue) => kinds.outside(numbers, what, dialogue, OLD);

opened('114', '40 is the first message, without being asked for', async (peer) => {
	await peer.hears('40');
	await peer.asks('421["whoami"]', `431[{"id":"${peer.sid}","rooms":["${peer.sid}"]}]`);
	await peer.goesOn();
});
opened('114', 'it comes before what the application sends', async (peer, t) => {
	const other = await Peer.join(t, server);
	await peer.hears('40');
	await other.asks('421["bcast",1]', '42["bcast",1]', '431[]');
	await peer.hears('42["bcast",1]');
});

for (const query of ['', '&b64=1'])
	test(`socket.io 115: the second poll brings 40${query && ', in base64 too'}`, async () => {
		const url = `/socket.io/?EIO=3&transport=polling${query}`;
		const first = await ask(server, { url });
		const [, length, open] = /^(\d+):0(\{[^}]*\})$/.exec(first.body);
		assert.equal(open.length + 1, Number(length), 'the open packet alone');
		const { sid } = JSON.parse(open);
		const second = await ask(server, { url: `${url}&sid=${sid}` });
		assert.equal(second.body, '2:40');
	});

play('116', 'a CONNECT is answered without a payload', async (peer) => {
	await peer.asks('40/chat,', '40/chat,');
	await peer.asks('41');
	await peer.asks('40', '40');
});
play('116', 'the comma may be missing in the question', (peer) => peer.asks('40/chat', '40/chat,'));

const queries = {
	'?token=1&x=2': '{"token":"1","x":"2"}',
	'?token=a%20b%26c+d&%C3%A9=%F0%9F%98%80': '{"token":"a b&c d","é":"😀"}',
	'?a=1&a=2': '{"a":"2"}',
	'?a=&b&=c': '{"a":"","b":"","":"c"}',
	'?a=b=c?d': '{"a":"b=c?d"}',
	'?__proto__=x': '{"__proto__":"x"}',
	'?': '{}',
	'': '{}',
};
for (const [query, auth] of Object.entries(queries))
	play('117', `/chat${query} enters /chat with ${auth}`, async (peer) => {
		await peer.asks(`40/chat${query},`, '40/chat,');
		await peer.asks('42/chat,1["auth"]', `43/chat,1[${auth}]`);
	});
play('117', 'a check of the application sees the pairs', async (peer) => {
	await peer.asks('40/admin?token=guess,', '44/admin,{"code":401}');
	await peer.asks('40/admin?token=secret,', '40/admin,');
	await peer.asks('42/admin,1["ack"]', '43/admin,1[]');
});
play('117', 'the answer to an unknown namespace leaves the query out', (peer) =>
	peer.asks('40/nope?token=1,', '44/nope,{"message":"Invalid namespace"}'),
);

for (const nsp of ['/chat', '/chat?token=1', '/chat?x=2&y', '/chat?'])
	play('118', `an event may name it ${nsp}`, async (peer) => {
		await peer.asks('40/chat?token=1,', '40/chat,');
		await peer.asks(`42${nsp},1["ack","a"]`, '43/chat,1["a"]');
		await peer.asks([`451-${nsp},2["hex",${hole(0)}]`, bytes(5)], '43/chat,2["05"]');
		const [[, id]] = await peer.asks(`42${nsp},["ask","q"]`, /^42\/chat,(\d+)\["q"\]$/);
		await peer.asks(`43${nsp},${id}["b"]`, '42/chat,["asked","b"]');
		await peer.say(`41${nsp},`);
		await peer.asks(`40${nsp},`, '40/chat,');
	});

const refusals = {
	'"nope"': '"nope"',
	'"q\\"\\\\é\\n"': '"q\\"\\\\é\\n"',
	'"nope",{"content":1}': '{"content":1}',
	'"nope","text"': '"text"',
	'"nope",[1,{}]': '[1,{}]',
	'"nope",null': '"nope"',
	'"nope",false': '"nope"',
	'"nope",0': '"nope"',
	'"nope",""': '"nope"',
};
const asNone = /,(null|false|0|"")$/;
for (const [why, answer] of Object.entries(refusals))
	play(asNone.test(why) ? '159' : '119', `the application refuses with ${why}`, async (peer, t) => {
		const news = await News.of(t, server);
		await peer.say(`40/gate?name=${peer.sid},`);
		await news.heard('knock', peer.sid);
		await news.peer.say(`42["refuse","${peer.sid}",${why}]`);
		await peer.hears(`44/gate,${answer}`);
	});

answers('160', {
	'40/x/../chat,': '44/x/../chat,{"message":"Invalid namespace"}',
	'40//chat,': '44//chat,{"message":"Invalid namespace"}',
	'40/chat#x?y=1,': '44/chat#x,{"message":"Invalid namespace"}',
});
answers('120', {
	'40/nope,': '44/nope,{"message":"Invalid namespace"}',
	'40/nope': '44/nope,{"message":"Invalid namespace"}',
	'40/chat/x,': '44/chat/x,{"message":"Invalid namespace"}',
});

describe('refused by /', { concurrency: true }, () => {
	for (const way of OLD)
		test(`socket.io 121: it is told so, and closed after a time, by ${way.name}`, async (t) => {
			const begin = performance.now();
			const peer = await Peer.open(t, hasty, way, '&refuse=nope');
			await peer.hears('44"nope"');
			await peer.goesOn();
			await peer.isClosed();
			assert.ok(performance.now() - begin >= LIMIT - GRAIN, 'not before');
		});

	for (const way of OLD)
		test(`socket.io 121: who enters another namespace stays, by ${way.name}`, async (t) => {
			const peer = await Peer.open(t, hasty, way, '&refuse=nope');
			await peer.hears('44"nope"');
			await peer.asks('40/chat', '40/chat,');
			const late = await Peer.open(t, hasty, way, '&refuse=nope');
			await late.isClosed('44"nope"');
			await peer.goesOn();
		});
});

play('122', 'in / the id is the sid', (peer) =>
	peer.asks('421["whoami"]', `431[{"id":"${peer.sid}","rooms":["${peer.sid}"]}]`),
);
for (const nsp of ['/chat', '/admin?token=secret', '/checks'])
	play('122', `in ${nsp} it has the namespace in front`, async (peer) => {
		const [name] = nsp.split('?');
		await peer.asks(`40${nsp},`, `40${name},`);
		const id = `${name}#${peer.sid}`;
		await peer.asks(`42${name},1["whoami"]`, `43${name},1[{"id":"${id}","rooms":["${id}"]}]`);
	});

ends('123', 'a CONNECT for / while in it', '40');
ends('123', 'a CONNECT for / with a comma', '40/,');
ends('123', 'a CONNECT for / with a query', '40/?token=1,');
play('123', 'who has left / enters it again', async (peer) => {
	for (let i = 0; i < 2; i++) {
		await peer.say('41');
		await peer.asks('40', '40');
		await peer.asks('421["ack"]', '431[]');
	}
});

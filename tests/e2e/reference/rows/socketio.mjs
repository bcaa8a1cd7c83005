// SPDX-License-Identifier: MIT
//
// Socket.IO: entering and leaving namespaces, packets that are let pass, acks.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Socket.IO');

/* ---- Entering ---- */

const entries = {
	'the main namespace': '40',
	'the main namespace by its name': '40/,',
	'with auth': '40{"a":1}',
	'with an empty object': '40{}',
	'with spaces in and behind it': '40 { "a" : 1 } ',
	'another namespace, which refuses': '40/admin,',
	'another namespace, with a wrong token': '40/admin,{"token":"x"}',
	'another namespace, which lets in': '40/admin,{"token":"secret"}',
	'another namespace without a comma': '40/admin',
	'an unknown namespace': '40/nope,',
	'an unknown namespace without a comma': '40/nope',
	'an unknown namespace with auth': '40/nope,{"a":1}',
	'a namespace with a query, which is part of its name': '40/x?a=b,',
	'the main namespace with a query': '40/?a=b,',
	'a namespace in capitals': '40/ADMIN,',
	'a namespace with a slash behind it': '40/admin/,',
	'a namespace beyond ASCII': '40/é€😀,',
	'a namespace with quotes': '40/"a",',
	'a namespace that every object has': '40/__proto__,',
};
for (const [name, text] of Object.entries(entries)) {
	table.row(`entering: ${name}, over WebSocket`, async (talk) => {
		const wire = await talk.websocket();
		await wire.exchange(text);
		await wire.exchange('40/end,');
	});
	table.row(`entering: ${name}, over polling`, async (talk) => {
		const session = await talk.polling();
		await session.post(text);
		await session.poll();
		await session.post('40/end,');
		await session.poll();
	});
}
table.row('entering: again after a refusal', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40/admin,');
	await wire.exchange('40/admin,{"token":"secret"}');
	await wire.exchange('421/admin,["ack","a"]');
});
table.row('entering: two namespaces', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	await wire.exchange('40/admin,{"token":"secret"}');
	await wire.exchange('42["echo",1]');
	await wire.exchange('42/admin,["echo",2]');
});
table.row(
	'entering: nobody within the time for it',
	async (talk) => {
		const wire = await talk.websocket();
		await wire.exchange('40/nope,');
		await wire.frames();
		await talk.reason(wire.sid);
	},
	{ env: { CONNECT_TIMEOUT: '600' } },
);
table.row(
	'entering: nobody within the time for it, over polling',
	async (talk) => {
		const session = await talk.polling();
		await session.poll();
		await session.reason();
	},
	{ env: { CONNECT_TIMEOUT: '600' } },
);

/* ---- Packets that are let pass ---- */

const harmless = {
	'an event without a payload': '42',
	'an event with a number for a name': '42[1,2]',
	'an event with id and no payload': '421',
	'an event that nobody handles': '42["nobody"]',
	'an event named error': '42["error"]',
	'an event with an empty name': '42[""]',
	'an ack that nobody waits for': '43["a"]',
	'an ack with an unknown id': '4399[1]',
	'an ack with an unknown id and no payload': '4399',
	'an ack with an empty list': '431[]',
	'a binary ack that nobody waits for': [
		'461-9[{"_placeholder":true,"num":0}]',
		Buffer.from('a'),
	],
	'attachments and no payload': ['451-', Buffer.from('a')],
	'an event in the main namespace by its name': '42/,["nobody"]',
	'spaces in the payload': '42 [ "nobody" , 1 ] ',
};
for (const [name, messages] of Object.entries(harmless)) {
	table.row(`let pass: ${name}`, async (talk) => {
		const wire = await talk.websocket();
		await wire.exchange('40');
		for (const message of [messages].flat()) wire.say(message);
		await wire.turn();
		await wire.exchange('421["ack","still here"]');
	});
}
const acked = {
	'id 0': '420["ack",1]',
	'leading zeros': '42007["ack",1]',
	'the largest id': '429007199254740991["ack",1]',
	'no arguments': '421["ack"]',
	'a binary argument': ['451-9["ack",{"_placeholder":true,"num":0}]', Buffer.from([1, 2])],
};
for (const [name, messages] of Object.entries(acked)) {
	table.row(`answered: ${name}`, async (talk) => {
		const wire = await talk.websocket();
		await wire.exchange('40');
		for (const message of [messages].flat()) wire.say(message);
		const { text } = await wire.frame();
		if (text.startsWith('46')) await wire.frame();
	});
}
const json = {
	'a NUL': '"a\\u0000b"',
	'half a surrogate pair': '"\\ud83d"',
	escapes: '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"',
	numbers: '[0,-0,1e21,1e-7,0.1,123456789012345680000,5e-324]',
	'the largest integer and more': '[9007199254740991,9007199254740993]',
	'a key of every object': '{"__proto__":{"a":1},"constructor":1}',
	'a key twice': '{"a":1,"a":2}',
	'nothing and null': '[null,[],{}]',
	'nested a hundred deep': `${'['.repeat(100)}${']'.repeat(100)}`,
};
for (const [name, text] of Object.entries(json)) {
	table.row(`echoed: ${name}`, async (talk) => {
		const wire = await talk.websocket();
		await wire.exchange('40');
		await wire.exchange(`42["echo",${text}]`);
	});
}

/* ---- Leaving ---- */

table.row('the client leaves one namespace', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	await wire.exchange('40/admin,{"token":"secret"}');
	wire.say('41/admin,');
	await wire.turn();
	await wire.exchange('42["echo",1]');
	await wire.exchange('40/admin,{"token":"secret"}');
});
table.row('the client leaves the last namespace', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	wire.say('41');
	await wire.turn();
	await wire.exchange('40');
});
table.row('an id in a CONNECT and in a DISCONNECT', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('407');
	wire.say('417');
	await wire.turn();
	await wire.exchange('40');
});
table.row('the server disconnects one socket, then the connection', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	await wire.exchange('40/admin,{"token":"secret"}');
	await wire.exchange('42/admin,["drop"]');
	wire.say('42["kick"]');
	await wire.frames();
	await talk.reason(wire.sid);
});
table.row('the server disconnects the connection: every namespace is told', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	await wire.exchange('40/admin,{"token":"secret"}');
	wire.say('42["kick"]');
	await wire.frames();
});

/* ---- Acks that the server asks for ---- */

table.row('asked, answered, and asked again', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40/admin,{"token":"secret"}');
	const { text } = await wire.exchange('42/admin,["ask","q",1]');
	const id = /^42\/admin,(\d+)/.exec(text)[1];
	talk.hide(`42/admin,${id}`, '42/admin,<ack>');
	wire.note('>', 'answers');
	wire.line.sendFrame(`43/admin,${id}["a",2]`);
	await wire.frame();
});
table.row('asked, and not answered in time', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	const { text } = await wire.exchange('42["ask-within",50,"q"]');
	talk.hide(text, 'q with an id');
	await wire.frame();
});

for (const data of ['null', 'false', '0', '""', '7', '{}']) {
	table.row(`a refusal with the data ${data}`, async (talk) => {
		const wire = await talk.websocket();
		await wire.exchange(`40/data,${JSON.stringify({ data })}`);
	});
}

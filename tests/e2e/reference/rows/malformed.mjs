// SPDX-License-Identifier: MIT
//
// Socket.IO: each kind of malformed packet, and what the connection sees then.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Socket.IO: malformed packets');

/* ---- Packets that close the connection ---- */

const A = Buffer.from('a');
const fatal = {
	'an empty packet': '4',
	'a type of 7': '47',
	'a type of 9': '49',
	'a letter for a type': '4x',
	'an event that is an object': '42{}',
	'an event that is a string': '42"x"',
	'an event that is a number': '42/,1.5',
	'an event that is empty': '42[]',
	'an event without a name: null': '42[null]',
	'an event without a name: true': '42[true]',
	'an event without a name: an object': '42[{}]',
	'an event without a name: a list': '42[[]]',
	'JSON that is cut': '42["a"',
	'JSON with something behind it': '42["a"]x',
	'JSON with a comma too many': '42["a",]',
	'JSON in single quotes': "42['a']",
	'JSON with a control character': '42["a\x01"]',
	'JSON with a broken escape': '42["\\x"]',
	'JSON with a leading zero': '42["a",01]',
	'JSON with NaN': '42["a",NaN]',
	'an id with a fraction': '421.5["a"]',
	'an id with a sign': '42-1["a"]',
	'letters in front of the payload': '42abc["a"]',
	'the reserved name connect': '42["connect"]',
	'the reserved name connect_error': '42["connect_error"]',
	'the reserved name disconnect': '42["disconnect"]',
	'the reserved name disconnecting': '42["disconnecting"]',
	'the reserved name newListener': '42["newListener"]',
	'the reserved name removeListener': '42["removeListener"]',
	'an ack that is an object': '431{}',
	'an ack that is a string': '431"a"',
	'a CONNECT with a list': '40/admin,[]',
	'a CONNECT with a string': '40/admin,"x"',
	'a CONNECT with null': '40/admin,null',
	'a CONNECT with a number': '40/admin,1.5',
	'a CONNECT for a namespace that it is in': '40',
	'a DISCONNECT with an object': '41{}',
	'a DISCONNECT with a string': '41"x"',
	'a CONNECT_ERROR': '44{"message":"x"}',
	'a CONNECT_ERROR with a string': '44"x"',
	'a CONNECT_ERROR for a namespace that it is not in': '44/nope,{"message":"x"}',
	'an event for a namespace that it is not in': '42/nope,["a"]',
	'an ack for a namespace that it is not in': '43/nope,1[]',
	'a DISCONNECT for a namespace that it is not in': '41/nope,',
	'no number of attachments': '45-["a"]',
	'no dash behind the number of attachments': '451["a"]',
	'a letter for the number of attachments': '45x-["a"]',
	'no attachments': '450-["a"]',
	'more attachments than the limit': '4511-["a"]',
	'a negative number of attachments': '45-1-["a"]',
	'a text where an attachment is due': ['451-["a",{"_placeholder":true,"num":0}]', '42["a"]'],
	'an attachment that nobody announced': A,
	'one attachment too many': ['451-["a",{"_placeholder":true,"num":0}]', A, A],
	'a placeholder out of range': ['451-["a",{"_placeholder":true,"num":1}]', A],
	'a placeholder with a negative number': ['451-["a",{"_placeholder":true,"num":-1}]', A],
	'a placeholder with text for a number': ['451-["a",{"_placeholder":true,"num":"0"}]', A],
	'a placeholder without a number': ['451-["a",{"_placeholder":true}]', A],
	'a placeholder for the name': ['451-[{"_placeholder":true,"num":0}]', A],
	'a binary event with a reserved name': ['451-["connect",{"_placeholder":true,"num":0}]', A],
	'a binary event that is an object': ['451-{"_placeholder":true,"num":0}', A],
	'a binary ack that is an object': ['461-1{"_placeholder":true,"num":0}', A],
};
for (const [name, messages] of Object.entries(fatal)) {
	table.row(`closed over WebSocket by ${name}`, async (talk) => {
		const wire = await talk.websocket();
		await wire.exchange('40');
		for (const message of [messages].flat()) wire.say(message);
		await wire.frames();
		await talk.reason(wire.sid);
		await talk.left(talk.lastId);
	});
	const all = [messages].flat();
	const payload = all.map((one) =>
		typeof one === 'string' ? one : `b${one.toString('base64')}`,
	);
	table.row(`closed over polling by ${name}`, async (talk) => {
		const session = await talk.polling();
		await session.join();
		await session.post(payload.join('\x1e'));
		await session.poll();
		await session.reason();
		await talk.left(talk.lastId);
		await session.poll();
	});
}
table.row('ten attachments are not too many', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	const list = Array.from({ length: 10 }, (_, num) => ({ _placeholder: true, num }));
	wire.say(`4510-["echo",${JSON.stringify(list)}]`);
	for (let i = 0; i < 10; i++) wire.say(Buffer.from([i]));
	for (let i = 0; i < 11; i++) await wire.frame();
});
for (const [name, text] of Object.entries({
	'an event': '42["a"]',
	'an ack': '431[]',
	'a DISCONNECT': '41',
	'a CONNECT_ERROR': '44{}',
	'an attachment': Buffer.from('a'),
	'a binary event': '451-["a",{"_placeholder":true,"num":0}]',
})) {
	table.row(`before entering: ${name}`, async (talk) => {
		const wire = await talk.websocket();
		wire.say(text);
		if (text.toString().startsWith('451')) wire.say(Buffer.from('a'));
		await wire.frames();
		await talk.reason(wire.sid);
	});
}
table.row('a packet for a namespace that refused', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40/admin,');
	wire.say('42/admin,["a"]');
	await wire.frames();
});
table.row('a bad packet ends every namespace', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	await wire.exchange('40/admin,{"token":"secret"}');
	wire.say('42/admin,{}');
	await wire.frames();
	await talk.reason(wire.sid);
});
table.row('what was answered before a bad packet goes out', async (talk) => {
	const wire = await talk.websocket();
	await wire.exchange('40');
	wire.sayAtOnce('40/nope,', '42{}', '40/nope2,');
	await wire.frames();
});
table.row('a bad packet while a GET waits', async (talk) => {
	const session = await talk.polling();
	await session.join();
	const waiting = await session.beginPoll();
	await session.post('42{}');
	await waiting.answer();
	await session.reason();
	await session.poll();
});

// SPDX-License-Identifier: MIT
//
// Socket.IO packets by hand: the exact text of what the server sends, and what it does not accept.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Polling, RawSocket } from './support/raw.mjs';
import { startServer } from './support/server.mjs';

let server, lab;
before(async () => {
	server = await startServer({ APP: 'socketio', CONNECT_TIMEOUT: '400' });
	lab = await startServer();
});
after(async () => {
	await server.stop();
	await lab.stop();
});

/** A WebSocket in the main namespace of the protocol suite's app, past its `auth` event. */
async function joined(t) {
	const socket = await RawSocket.connect(t, server);
	socket.send('40');
	await socket.messages(2);
	return socket;
}

const inLab = (t, packet) => RawSocket.joined(t, lab, packet);

describe('joining', () => {
	const accepted = {
		40: ['40{"sid":', '42["auth",{}]'],
		'40{"token":"123"}': ['40{"sid":', '42["auth",{"token":"123"}]'],
		'40{}': ['40{"sid":', '42["auth",{}]'],
		'40/,{"a":[1,null]}': ['40{"sid":', '42["auth",{"a":[1,null]}]'],
		'40/custom,': ['40/custom,{"sid":', '42/custom,["auth",{}]'],
		'40/custom': ['40/custom,{"sid":', '42/custom,["auth",{}]'],
		'40/custom,{"token":"abc"}': ['40/custom,{"sid":', '42/custom,["auth",{"token":"abc"}]'],
	};
	for (const [packet, [start, auth]] of Object.entries(accepted)) {
		test(`${packet} is answered with a sid alone, and the app runs after it`, async (t) => {
			const socket = await RawSocket.connect(t, server);
			socket.send(packet);

			const [answer, event] = await socket.messages(2);

			assert.ok(answer.startsWith(start), answer);
			assert.match(answer.slice(start.length), /^"[\w-]{20}"\}$/);
			assert.equal(event, auth);
		});
	}

	test('over polling it is the same', async () => {
		const polling = await Polling.open(server);

		const [answer, auth] = await polling.join('40/custom,{"n":1}', 2);

		assert.match(answer, /^40\/custom,\{"sid":"[\w-]{20}"\}$/);
		assert.equal(auth, '42/custom,["auth",{"n":1}]');
	});

	for (const [packet, answer] of Object.entries({
		'40/random': '44/random,{"message":"Invalid namespace"}',
		'40/random,{"a":1}': '44/random,{"message":"Invalid namespace"}',
		'40/custom/x,': '44/custom/x,{"message":"Invalid namespace"}',
		'40/custom?a=b,': '44/custom?a=b,{"message":"Invalid namespace"}',
	})) {
		test(`${packet} is refused, and the connection goes on`, async (t) => {
			const socket = await joined(t);
			socket.send(packet);
			assert.equal(await socket.message(), answer);

			socket.send('42["message",1]');

			assert.equal(await socket.message(), '42["message-back",1]');
		});
	}

	test('a refusal carries message and data in this order', async (t) => {
		const socket = await RawSocket.connect(t, lab);
		socket.send('40/admin,{"token":"guess"}');

		assert.equal(await socket.message(), '44/admin,{"message":"unauthorized","data":{"code":401}}');
	});

	test('every namespace gives its own sid, and none is that of the session', async (t) => {
		const socket = await RawSocket.connect(t, server);
		socket.send('40');
		socket.send('40/custom,');
		const packets = await socket.messages(4);

		const sids = packets.flatMap((packet) => /"sid":"([\w-]{20})"/.exec(packet)?.[1] ?? []);

		assert.equal(new Set([...sids, socket.handshake.sid]).size, 3);
	});

	test('a connection that joins nothing in time is closed', async (t) => {
		const socket = await RawSocket.connect(t, server);

		await socket.end();
	});

	test('a refused attempt is no joining', async (t) => {
		const socket = await RawSocket.connect(t, server);
		socket.send('40/random,');
		await socket.message();

		await socket.end();
	});

	test('a connection that joined something is not closed for its lateness', async (t) => {
		const late = await RawSocket.connect(t, server);
		const socket = await joined(t);
		await late.end();

		socket.send('42["message"]');

		assert.equal(await socket.message(), '42["message-back"]');
	});
});

describe('leaving', () => {
	test('a client that leaves the main namespace keeps its connection', async (t) => {
		const socket = await inLab(t);
		socket.send('41');
		socket.send('40/admin,{"token":"secret"}');

		assert.match(await socket.message(), /^40\/admin,\{"sid":/);
	});

	test('a client that leaves another namespace keeps the main one', async (t) => {
		const socket = await joined(t);
		socket.send('40/custom');
		await socket.messages(2);

		socket.send('41/custom');
		socket.send('42["message","to the main one"]');

		assert.equal(await socket.message(), '42["message-back","to the main one"]');
	});

	test('a namespace that was left can be joined again', async (t) => {
		const socket = await joined(t);
		socket.send('41');
		socket.send('40/custom,');
		await socket.messages(2);

		socket.send('40');

		assert.match((await socket.messages(2))[0], /^40\{"sid":/);
	});

	test('who is dropped from a namespace gets 41 with its name', async (t) => {
		const socket = await inLab(t, '40/admin,{"token":"secret"}');
		socket.send('42/admin,["drop"]');

		assert.equal(await socket.message(), '41/admin,');
	});
});

describe('events', () => {
	const echoes = {
		'42["message",1,"2",{"3":[true]}]': '42["message-back",1,"2",{"3":[true]}]',
		'42["message"]': '42["message-back"]',
		'42/,["message",1]': '42["message-back",1]',
		'42[ "message" , 1 , { "a" : null } ]': '42["message-back",1,{"a":null}]',
		'42456["message-with-ack",1,"2",{"3":[false]}]': '43456[1,"2",{"3":[false]}]',
		'420["message-with-ack"]': '430[]',
		'429007199254740991["message-with-ack",0]': '439007199254740991[0]',
	};
	for (const [packet, answer] of Object.entries(echoes)) {
		test(`${packet} is answered with ${answer}`, async (t) => {
			const socket = await joined(t);
			socket.send(packet);

			assert.equal(await socket.message(), answer);
		});
	}

	const two = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
	const bytes = [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])];

	test('an event with attachments is answered with an event with attachments', async (t) => {
		const socket = await joined(t);
		for (const part of [`452-["message",${two}]`, ...bytes]) socket.send(part);

		assert.deepEqual(await socket.messages(3), [`452-["message-back",${two}]`, ...bytes]);
	});

	test('an acknowledgement may carry attachments', async (t) => {
		const socket = await joined(t);
		for (const part of [`452-789["message-with-ack",${two}]`, ...bytes]) socket.send(part);

		assert.deepEqual(await socket.messages(3), [`462-789[${two}]`, ...bytes]);
	});

	test('attachments take the places of their numbers', async (t) => {
		const socket = await joined(t);
		const swapped = '{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}';
		for (const part of [`452-["message",${swapped}]`, ...bytes]) socket.send(part);

		const [event, ...sent] = await socket.messages(3);

		const [, ...places] = JSON.parse(event.slice('452-'.length));
		const values = places.map(({ num }) => sent[num]);
		assert.deepEqual(values, [bytes[1], bytes[0]]);
	});

	test('the server asks with an id, and the answer finds its question', async (t) => {
		const socket = await joined(t);
		socket.send('42["emit-with-ack",1,"2"]');
		const question = await socket.message();
		const [, id] = /^42(\d+)\["emit-with-ack",1,"2"\]$/.exec(question);

		socket.send(`43${id}[3,{"4":5}]`);

		assert.equal(await socket.message(), '42["emit-with-ack",3,{"4":5}]');
	});

	test('the server asks and is answered with attachments', async (t) => {
		const socket = await joined(t);
		for (const part of [`452-["emit-with-ack",${two}]`, ...bytes]) socket.send(part);
		const [question, ...sent] = await socket.messages(3);
		const [, id] = /^452-(\d+)\[/.exec(question);
		assert.deepEqual(sent, bytes);

		for (const part of [`462-${id}[${two}]`, ...bytes]) socket.send(part);

		assert.deepEqual(await socket.messages(3), [`452-["emit-with-ack",${two}]`, ...bytes]);
	});

	test('answers without a question are ignored', async (t) => {
		const socket = await joined(t);
		socket.send('42["emit-with-ack"]');
		const [, id] = /^42(\d+)/.exec(await socket.message());

		for (const answer of ['43123456["unknown"]', `43${id}["first"]`, `43${id}["second"]`])
			socket.send(answer);
		socket.send('42["message","end"]');

		assert.deepEqual(await socket.messages(2), [
			'42["emit-with-ack","first"]',
			'42["message-back","end"]',
		]);
	});

	test('an answer in another namespace than its question is ignored', async (t) => {
		const socket = await joined(t);
		socket.send('40/custom,');
		await socket.messages(2);
		socket.send('42["emit-with-ack"]');
		const [, id] = /^42(\d+)/.exec(await socket.message());

		for (const packet of [`43/custom,${id}["wrong"]`, `43${id}["right"]`]) socket.send(packet);

		assert.equal(await socket.message(), '42["emit-with-ack","right"]');
	});

	for (const packet of [
		'42',
		'42[1,2]',
		'423["unknown"]',
		'42["unknown"]',
		'42["error","x"]',
		'42["",1]',
	]) {
		test(`${packet} does no harm`, async (t) => {
			const socket = await joined(t);
			socket.send(packet);
			socket.send('42["message",1]');

			assert.equal(await socket.message(), '42["message-back",1]');
		});
	}
});

describe('what cannot be read ends the connection', () => {
	const first = {
		'no packet of Socket.IO': '4abc',
		'an event before joining': '42["message",1]',
		'credentials that are an array': '40[]',
		'credentials that are a text': '40"x"',
		'credentials that are null': '40null',
		'credentials that are no JSON': '40{"a"',
	};
	for (const [name, packet] of Object.entries(first)) {
		test(`as the first packet: ${name}`, async (t) => {
			const socket = await RawSocket.connect(t, lab);
			socket.send(packet);

			await socket.end();
			assert.deepEqual(socket.inbox, []);
		});
	}

	const eleven = [...Array(11).keys()].map((n) => `{"_placeholder":true,"num":${n}}`);
	const later = {
		'an unknown packet type': '4abc',
		'a packet type beyond the last': '47',
		'an empty packet': '4',
		'an event that is an object': '42{}',
		'an event that is a text': '42"echo"',
		'an event without a name': '42[]',
		'an event whose name is an object': '42[{}]',
		'an event whose name is null': '42[null]',
		'an event with a reserved name': '42["connect"]',
		'another event with a reserved name': '42["disconnecting",1]',
		'an id that is no number': '42abc["echo",1]',
		'text behind the JSON': '42["echo",1]]',
		'JSON that ends early': '42["echo",1',
		'numbers that JSON does not know': '42["echo",01]',
		'texts in single quotes': "42['echo']",
		'a comma too many': '42["echo",1,]',
		'a raw control character': '42["echo","a\u0001"]',
		'an answer that is an object': '430{}',
		'a namespace that was not joined': '42/admin,["echo",1]',
		'leaving with a payload': '41{"a":1}',
		'joining twice': '40',
		'a refusal by the client': '44{"message":"no"}',
		'eleven attachments': `4511-["echo",${eleven}]`,
		'attachments without a number': '45-["echo"]',
		'a number of attachments that is none': '45x-["echo"]',
		'no end of the number of attachments': '451["echo"]',
	};
	for (const [name, packet] of Object.entries(later)) {
		test(name, async (t) => {
			const socket = await inLab(t);
			socket.send(packet);

			await socket.end();
			assert.deepEqual(socket.inbox, []);
		});
	}

	const sequences = {
		'bytes that nobody announced': [Buffer.from([1])],
		'a text while attachments are due': [
			'451-["echo",{"_placeholder":true,"num":0}]',
			'42["echo",1]',
		],
		'a placeholder beyond the attachments': [
			'451-["echo",{"_placeholder":true,"num":1}]',
			Buffer.from([1]),
		],
		'a placeholder below zero': ['451-["echo",{"_placeholder":true,"num":-1}]', Buffer.from([1])],
		'a placeholder that is no number': [
			'451-["echo",{"_placeholder":true,"num":"0"}]',
			Buffer.from([1]),
		],
	};
	for (const [name, packets] of Object.entries(sequences)) {
		test(name, async (t) => {
			const socket = await inLab(t);
			for (const packet of packets) socket.send(packet);

			await socket.end();
			assert.deepEqual(socket.inbox, []);
		});
	}

	test('and no other connection', async (t) => {
		const bystander = await inLab(t);
		const socket = await inLab(t);
		socket.send('4abc');
		await socket.end();

		assert.match(await bystander.message(), /^42\["left","[\w-]{20}","[\w ]+"\]$/);
		bystander.send('42["echo",1]');
		assert.equal(await bystander.message(), '42["echo",1]');
	});

	test('over polling as well', async () => {
		const polling = await Polling.open(lab);
		await polling.join();
		await polling.post('4abc').catch(() => {});

		const { body } = await polling.refusal();

		assert.equal(body, '{"code":1,"message":"Session ID unknown"}');
	});
});

// SPDX-License-Identifier: MIT
//
// The application that the official protocol suite is pointed at says what that suite expects.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bytes, hole } from './support/cases.mjs';
import { Peer } from './support/peer.mjs';
import { startServer } from './support/server.mjs';

let server;
before(async () => (server = await startServer({ APP: 'socketio' })));
after(() => server.stop());

const two = `${hole(0)},${hole(1)}`;
const parts = [bytes(1, 2, 3), bytes(4, 5, 6)];

const greetings = {
	40: '42["auth",{}]',
	'40{"token":"123"}': '42["auth",{"token":"123"}]',
	'40/custom,': '42/custom,["auth",{}]',
	'40/custom,{"token":"abc"}': '42/custom,["auth",{"token":"abc"}]',
};
for (const [packet, greeting] of Object.entries(greetings)) {
	test(`${packet} is followed by ${greeting}`, async (t) => {
		const peer = await Peer.join(t, server, undefined, packet);

		await peer.hears(greeting);
	});
}

const answers = {
	'message comes back': [
		['42["message",1,"2",{"3":[true]}]'],
		['42["message-back",1,"2",{"3":[true]}]'],
	],
	'message comes back with its attachments': [
		[`452-["message",${two}]`, ...parts],
		[`452-["message-back",${two}]`, ...parts],
	],
	'message-with-ack is answered': [
		['42456["message-with-ack",1,"2",{"3":[false]}]'],
		['43456[1,"2",{"3":[false]}]'],
	],
	'message-with-ack is answered with its attachments': [
		[`452-789["message-with-ack",${two}]`, ...parts],
		[`462-789[${two}]`, ...parts],
	],
};
for (const [what, [sent, answer]] of Object.entries(answers)) {
	test(what, async (t) => {
		const peer = await Peer.join(t, server);
		await peer.hears('42["auth",{}]');

		await peer.asks(sent, ...answer);
	});
}

test('emit-with-ack is asked back, and its answer comes as an event', async (t) => {
	const peer = await Peer.join(t, server);
	await peer.hears('42["auth",{}]');
	const [[, id]] = await peer.asks(
		'42["emit-with-ack",1,"2"]',
		/^42(\d+)\["emit-with-ack",1,"2"\]$/,
	);

	await peer.asks(`43${id}[3,{"4":5}]`, '42["emit-with-ack",3,{"4":5}]');
});

test('emit-with-ack is asked back and answered with attachments', async (t) => {
	const peer = await Peer.join(t, server);
	await peer.hears('42["auth",{}]');
	await peer.say(`452-["emit-with-ack",${two}]`, ...parts);
	const [question, ...sent] = [await peer.next(), await peer.next(), await peer.next()];
	const [, id] = /^452-(\d+)\[/.exec(question);
	assert.deepEqual(sent, parts);

	await peer.asks([`462-${id}[${two}]`, ...parts], `452-["emit-with-ack",${two}]`, ...parts);
});

// SPDX-License-Identifier: MIT
//
// From polling to WebSocket: the probe, the switch, and everything that goes wrong between them.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Upgrades');

const WEBSOCKET = '?EIO=4&transport=websocket';

/** The session goes on by polling. */
async function goesOn(session) {
	await session.post('40/nope,');
	await session.poll();
}

async function upgraded(talk) {
	const session = await talk.polling();
	const wire = await session.beside({ quiet: true });
	await wire.exchange('2probe');
	wire.say('5');
	await wire.exchange('40/nope,');
	return { session, wire };
}

/* ---- As clients do it ---- */

table.row('probe, switch, and messages over the WebSocket', async (talk) => {
	const session = await talk.polling();
	await session.join();
	const wire = await session.beside();
	await wire.exchange('2probe');
	await session.poll();
	wire.say('5');
	await wire.exchange('42["echo",1]');
});
table.row('a GET that waits at the probe is released', async (talk) => {
	const session = await talk.polling();
	const waiting = await session.beginPoll();
	const wire = await session.beside();
	await wire.exchange('2probe');
	await waiting.answer();
	wire.say('5');
	await wire.exchange('40/nope,');
});
table.row('messages go by polling until the switch', async (talk) => {
	const session = await talk.polling();
	await session.join();
	const wire = await session.beside();
	await wire.exchange('2probe');
	await session.post('42["echo",1]');
	await session.poll();
	wire.say('5');
	await wire.exchange('42["echo",2]');
});
table.row('what waits at the switch is sent over the WebSocket', async (talk) => {
	const session = await talk.polling();
	await session.join();
	const wire = await session.beside();
	await wire.exchange('2probe');
	await session.post('42["echo",1]\x1e42["echo",2]');
	wire.say('5');
	await wire.frame();
	await wire.frame();
});
table.row('each probe is answered', async (talk) => {
	const session = await talk.polling();
	const wire = await session.beside();
	await wire.exchange('2probe');
	await wire.exchange('2probe');
	wire.say('5');
	await wire.exchange('40/nope,');
});
table.row('a switch without a probe', async (talk) => {
	const session = await talk.polling();
	const wire = await session.beside();
	wire.say('5');
	await wire.exchange('40/nope,');
});
table.row('a switch without a probe while a GET waits', async (talk) => {
	const session = await talk.polling();
	const waiting = await session.beginPoll();
	const wire = await session.beside();
	wire.say('5');
	await waiting.answer();
	await wire.exchange('40/nope,');
});
table.row('probe and switch in one piece with the handshake', async (talk) => {
	const session = await talk.polling();
	const wire = talk.wire();
	await wire.asksForWebSocket(`${WEBSOCKET}&sid=${session.sid}`);
	wire.say('2probe');
	wire.say('5');
	wire.say('40/nope,');
	await wire.answer();
	await wire.frame();
	await wire.frame();
});

/* ---- After it ---- */

for (const method of ['GET', 'POST', 'PUT', 'OPTIONS']) {
	table.row(`after the switch: ${method} is refused with code 3`, async (talk) => {
		const { session, wire } = await upgraded(talk);
		await session.once(`${method} ${session.url}`, method === 'POST' ? { body: '40' } : {});
		await wire.exchange('40/nope,');
	});
}
table.row('after the switch: another probe closes the session', async (talk) => {
	const { wire } = await upgraded(talk);
	wire.say('2probe');
	await wire.frames();
});
table.row('after the switch: another switch is ignored', async (talk) => {
	const { wire } = await upgraded(talk);
	wire.say('5');
	await wire.exchange('40/nope,');
});
table.row('after the switch: the end of the WebSocket is the end of the session', async (talk) => {
	const { session, wire } = await upgraded(talk);
	wire.hangUp();
	await session.reason();
	await session.poll();
});
table.row('after the switch: the server closes', async (talk) => {
	const session = await talk.polling();
	await session.join();
	const wire = await session.beside();
	await wire.exchange('2probe');
	wire.say('5');
	wire.say('42["kick"]');
	await wire.frames();
	await session.reason();
});

/* ---- Second, foreign and late ones ---- */

table.row('a second WebSocket while one is upgrading', async (talk) => {
	const session = await talk.polling();
	const first = await session.beside();
	await first.exchange('2probe');
	const second = await session.beside();
	await second.frames();
	await goesOn(session);
	first.say('5');
	await first.exchange('40/nope,');
});
table.row('a WebSocket for a session that was upgraded', async (talk) => {
	const { session, wire } = await upgraded(talk);
	const late = await session.beside();
	await late.frames();
	await wire.exchange('40/nope,');
});
table.row('a WebSocket for a session that has ended', async (talk) => {
	const session = await talk.polling();
	await session.post('1');
	const late = await session.beside();
	await late.ended();
});
table.row('a WebSocket for a session that the server closes', async (talk) => {
	const session = await talk.polling();
	await session.join();
	await session.post('42["drop"]');
	await session.poll();
	await goesOn(session);
	const late = await session.beside();
	await late.exchange('2probe');
});

/* ---- Wrong packets before the switch ---- */

const wrong = {
	'a ping without probe': '2',
	'a ping with other data': '2foo',
	'a message': '40/nope,',
	'an open packet': '0',
	'a close packet': '1',
	'a pong': '3',
	'a noop': '6',
	'a packet of unknown type': '9',
	'an empty message': '',
	'a binary message': Buffer.from('2probe'),
	'a message in base64': 'bAQID',
};
for (const [name, packet] of Object.entries(wrong)) {
	table.row(`before the switch: ${name} ends the WebSocket alone`, async (talk) => {
		const session = await talk.polling();
		const wire = await session.beside();
		wire.say(packet);
		await wire.frames();
		await goesOn(session);
	});
	table.row(`after the probe: ${name} ends the WebSocket alone`, async (talk) => {
		const session = await talk.polling();
		const wire = await session.beside();
		await wire.exchange('2probe');
		wire.say(packet);
		await wire.frames();
		await goesOn(session);
	});
}
table.row(
	'before the switch: a frame that breaks the rules ends the WebSocket alone',
	async (talk) => {
		const session = await talk.polling();
		const wire = await session.beside();
		wire.sayFrame(1, '2probe', { masked: false });
		await wire.frames();
		await goesOn(session);
	},
);
table.row('before the switch: the client says goodbye', async (talk) => {
	const session = await talk.polling();
	const wire = await session.beside();
	await wire.exchange('2probe');
	wire.sayClose();
	await wire.frames();
	await goesOn(session);
});
table.row('before the switch: the client hangs up, and tries again', async (talk) => {
	const session = await talk.polling();
	const wire = await session.beside();
	await wire.exchange('2probe');
	wire.hangUp();
	await goesOn(session);
	await talk.settle();
	const again = await session.beside();
	await again.exchange('2probe');
	again.say('5');
	await again.exchange('40/nope,');
});
table.row('a wrong packet, and a second try', async (talk) => {
	const session = await talk.polling();
	const wire = await session.beside();
	wire.say('4');
	await wire.frames();
	const again = await session.beside();
	await again.exchange('2probe');
	again.say('5');
	await again.exchange('40/nope,');
});

/* ---- Time, and ends meanwhile ---- */

const SHORT = { env: { UPGRADE_TIMEOUT: '600' } };
table.row(
	'no probe within the time for it',
	async (talk) => {
		const session = await talk.polling();
		const wire = await session.beside();
		await wire.frames();
		await goesOn(session);
	},
	SHORT,
);
table.row(
	'no switch within the time for it',
	async (talk) => {
		const session = await talk.polling();
		const wire = await session.beside();
		await wire.exchange('2probe');
		await wire.frames();
		await goesOn(session);
	},
	SHORT,
);
table.row('the session ends while it is upgrading', async (talk) => {
	const session = await talk.polling();
	const wire = await session.beside();
	await wire.exchange('2probe');
	await session.post('1');
	await wire.frames();
	await session.reason();
});
table.row('the session breaks a rule while it is upgrading', async (talk) => {
	const session = await talk.polling();
	const wire = await session.beside();
	await wire.exchange('2probe');
	await session.post('9');
	await wire.frames();
	await session.reason();
});
table.row('the server closes between the probe and the switch', async (talk) => {
	const session = await talk.polling();
	await session.join();
	const wire = await session.beside();
	await wire.exchange('2probe');
	await session.post('42["kick"]');
	wire.say('5');
	await wire.frames();
	await session.reason();
});

// SPDX-License-Identifier: MIT
//
// Version 3 of Engine.IO: refusals, WebSocket, heartbeat, and Socket.IO of that time.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Version 3', { ALLOW_EIO3: '1' });

const POLL = '?EIO=3&transport=polling';
const WEBSOCKET = '?EIO=3&transport=websocket';
const ENGINE = { env: { APP: 'engine' } };
const OCTETS = { headers: { 'Content-Type': 'application/octet-stream' } };
const bytes = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const packet = (text) => `${text.length}:${text}`;

/* ---- Handshakes and refusals ---- */

table.row('the handshake over polling, and the 40 that follows', async (talk) => {
	await talk.ask(`GET ${POLL}`);
	const session = await talk.polling(POLL);
	await session.poll();
});
table.row('the handshake over WebSocket, and the 40 that follows', async (talk) => {
	const wire = talk.wire();
	await wire.upgrade(WEBSOCKET);
	await wire.frame();
	await wire.frame();
});
table.row('version 4 on the same port', async (talk) => {
	await talk.ask('GET ?EIO=4&transport=polling');
});
const refused = {
	'code 0': 'GET ?EIO=3&transport=foo',
	'code 1': `GET ${POLL}&sid=x`,
	'code 2': `POST ${POLL}`,
	'code 3': `GET ${WEBSOCKET}`,
};
for (const [name, request] of Object.entries(refused)) {
	table.row(`refused with ${name}`, (talk) => talk.ask(request));
	table.row(`refused with ${name}, asked by JSONP`, (talk) => talk.ask(`${request}&j=0`));
}
table.row('the sid of version 4', async (talk) => {
	const { sid } = await talk.polling();
	await talk.ask(`GET ${POLL}&sid=${sid}`);
});
table.row('the sid of version 3 and EIO=4', async (talk) => {
	const session = await talk.polling(POLL);
	await talk.ask(`GET ?EIO=4&transport=polling&sid=${session.sid}`);
	await session.poll();
});
for (const method of ['PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
	table.row(`${method} with a sid`, async (talk) => {
		const session = await talk.polling(POLL);
		await session.once(`${method} ${session.url}`);
	});
}

/* ---- WebSocket ---- */

table.row(
	'websocket: text and binary',
	async (talk) => {
		const wire = await talk.websocket(WEBSOCKET);
		await wire.exchange('4hello');
		await wire.exchange(bytes('04 01 02'));
		await wire.exchange('b4AQI=');
	},
	ENGINE,
);
table.row(
	'websocket: with base64',
	async (talk) => {
		const wire = await talk.websocket(`${WEBSOCKET}&b64=1`);
		await wire.exchange('4hello');
		await wire.exchange(bytes('04 01 02'));
		await wire.exchange('b4AQI=');
	},
	ENGINE,
);
table.row(
	'websocket: a ping',
	async (talk) => {
		const wire = await talk.websocket(WEBSOCKET);
		await wire.exchange('2');
		await wire.exchange('2probe');
		await wire.exchange('2x');
	},
	ENGINE,
);
for (const packet of ['3', '9', '', bytes('05 01')]) {
	table.row(
		`websocket: after ${JSON.stringify(packet.toString())}`,
		async (talk) => {
			const wire = await talk.websocket(WEBSOCKET);
			wire.say(packet);
			wire.say('4a');
			const { opcode } = await wire.frame();
			if (opcode === 8) await wire.frames();
		},
		ENGINE,
	);
}

/* ---- The rest of a session ---- */

table.row('an upgrade', async (talk) => {
	const session = await talk.polling(POLL);
	await session.poll();
	const waiting = await session.beginPoll();
	const wire = await session.beside();
	await wire.exchange('2probe');
	await waiting.answer();
	wire.say('5');
	await wire.exchange('42["echo",1]');
});
for (const body of ['1:3', '1:0', '1:5', '1:6', '1:1', '2:4a1:1']) {
	table.row(
		`after ${body}`,
		async (talk) => {
			const session = await talk.polling(POLL);
			await session.post(body);
			await session.post('2:4b');
			await session.poll();
		},
		ENGINE,
	);
}
table.row(
	'a second GET while one waits',
	async (talk) => {
		const session = await talk.polling(POLL);
		const waiting = await session.beginPoll();
		await session.poll();
		await waiting.answer();
		await session.reason();
	},
	ENGINE,
);
table.row(
	'a second POST while one is being received',
	async (talk) => {
		const session = await talk.polling(POLL);
		const headers = { 'Content-Length': '9' };
		const slow = await session.begin(`POST ${session.url}`, { headers, body: '2:4a' });
		await session.post('2:4a');
		await slow.ended();
		await session.reason();
	},
	ENGINE,
);
table.row(
	'a POST that is too large',
	async (talk) => {
		const session = await talk.polling(POLL);
		await session.post(`1001:4${'x'.repeat(1000)}`);
		await session.post(bytes(`00 01 00 00 05 ff ${'34'.repeat(1005)}`), OCTETS);
		await session.post('2:4a');
		await session.poll();
	},
	{ env: { APP: 'engine', MAX_HTTP_BUFFER: '1000' } },
);
table.row(
	'no ping',
	async (talk) => {
		const session = await talk.polling(POLL);
		await session.poll();
		await session.poll();
		await session.reason();
	},
	{ env: { PING_INTERVAL: '400', PING_TIMEOUT: '200' } },
);
table.row(
	'pings put the end off',
	async (talk) => {
		const session = await talk.polling(POLL);
		await session.poll();
		await session.post('1:2');
		await session.poll();
		await session.poll();
		await session.reason();
	},
	{ env: { PING_INTERVAL: '400', PING_TIMEOUT: '200' } },
);

/* ---- Socket.IO of that time ---- */

const said = {
	'an event': '42["echo",1]',
	'an event with an ack': '421["ack",1]',
	'an unknown namespace': '40/nope,',
	'a namespace that refuses': '40/admin,',
	'a namespace that lets in': '40/admin?token=secret,',
	'a namespace with another query': '40/admin?token=wrong&a=b,',
	disconnect: '41',
};
for (const [name, text] of Object.entries(said)) {
	table.row(`Socket.IO: ${name}`, async (talk) => {
		const session = await talk.polling(POLL);
		await session.poll();
		await session.post(packet(text));
		await session.post(packet('40/end,'));
		await session.poll();
	});
}
for (const data of ['null', 'false', '0', '""', 'true', '7', '"x"', '{}', '[]', undefined]) {
	const query = data === undefined ? '' : `?data=${encodeURIComponent(data)}`;
	table.row(`Socket.IO: a refusal with the data ${data}`, async (talk) => {
		const wire = await talk.websocket(WEBSOCKET);
		await wire.frame();
		await wire.exchange(`40/data${query},`);
	});
}
table.row('Socket.IO: a later packet with the query and without', async (talk) => {
	const session = await talk.polling(POLL);
	await session.poll();
	await session.post(packet('40/admin?token=secret,'));
	await session.poll();
	await session.post(
		packet('421/admin?token=secret,["ack","a"]') + packet('422/admin,["ack","b"]'),
	);
	await session.poll();
});
table.row('Socket.IO: ids', async (talk) => {
	const wire = await talk.websocket(WEBSOCKET);
	await wire.frame();
	await wire.exchange('421["whoami"]');
	await wire.exchange('40/admin?token=secret,');
	await wire.exchange('421/admin,["whoami"]');
});
for (const text of ['40', '44', '4', '42/nope,["a"]', '47', '42{}']) {
	table.row(`Socket.IO: closed by ${text}`, async (talk) => {
		const wire = await talk.websocket(WEBSOCKET);
		await wire.frame();
		wire.say(text);
		await wire.frames();
		await talk.reason(wire.sid);
	});
}
table.row('Socket.IO: in again after leaving', async (talk) => {
	const wire = await talk.websocket(WEBSOCKET);
	await wire.frame();
	wire.say('41');
	await wire.turn();
	await wire.exchange('40');
	await wire.exchange('42["echo",1]');
});
table.row('Socket.IO: kicked', async (talk) => {
	const wire = await talk.websocket(WEBSOCKET);
	await wire.frame();
	wire.say('42["kick"]');
	await wire.frames();
});

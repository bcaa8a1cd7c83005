// SPDX-License-Identifier: MIT
//
// Where this server departs from the reference on purpose: requests and handshakes at their edges.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Differences: edges');

const POLL = '?EIO=4&transport=polling';
const WEBSOCKET = '?EIO=4&transport=websocket';
const gist = ({ status, text }) => [status, text].filter(Boolean).join(' ');

/* ---- 30: bodies that nobody waits for ---- */

const unwanted = {
	'a POST without a sid': { request: `POST ${POLL}` },
	'a POST with an unknown sid': { request: `POST ${POLL}&sid=x` },
	'a POST that is too large': { env: { MAX_HTTP_BUFFER: '10' } },
	'a POST of binary data': { headers: { 'Content-Type': 'application/octet-stream' } },
	'a preflight': { request: `OPTIONS ${POLL}`, env: { CORS_ORIGIN: '*' } },
};
for (const [name, { request, headers, env }] of Object.entries(unwanted)) {
	table.differs(
		30,
		`${name}, with a body`,
		{ reference: 'keep-alive', ours: 'close', env },
		async (talk) => {
			const body = 'x'.repeat(20);
			const target = request ?? `POST ${(await talk.polling()).url}`;
			const { status, headers: fields } = await talk.ask(target, { headers, body });
			return status === 200 ? status : fields.connection;
		},
	);
}

/* ---- 31: requests sent ahead ---- */

table.differs(
	31,
	'a second GET sent behind one that waits, on its connection',
	{
		reference: ['1', '400'],
		ours: ['44/nope,{"message":"Invalid namespace"}', '200'],
	},
	async (talk) => {
		const session = await talk.polling();
		const wire = talk.wire();
		await wire.send(`GET ${session.url}`);
		await wire.send(`GET ${session.url}`);
		await talk.settle();
		await session.post('40/nope,');
		const first = await wire.answer();
		await session.post('40/nope,');
		const second = await wire.answer();
		return [first.text, String(second.status)];
	},
);

/* ---- 32 to 37: upgrades of other kinds ---- */

for (const [name, query, upgrade, ours] of [
	['to h2c, of a poll', POLL, 'h2c', 200],
	[
		'to h2c, with transport=websocket',
		WEBSOCKET,
		'h2c',
		'400 {"code":3,"message":"Bad request"}',
	],
	['to h2c or websocket', WEBSOCKET, 'h2c, websocket', 101],
	['to websocket, said twice', WEBSOCKET, ['websocket', 'websocket'], 101],
]) {
	table.differs(
		32,
		`an upgrade ${name}`,
		{
			reference: '400 Invalid Upgrade header',
			ours,
		},
		async (talk) => {
			const answer = await talk.wire().upgrade(query, { headers: { Upgrade: upgrade } });
			return answer.status < 400 ? answer.status : gist(answer);
		},
	);
}
for (const path of ['/other/', '/socket.io']) {
	table.differs(
		33,
		`a WebSocket at ${path}, which nobody serves`,
		{
			reference: 'closed without a word',
			ours: '404 and closed',
		},
		async (talk) => {
			const wire = talk.wire();
			await wire.asksForWebSocket(`${path}${WEBSOCKET}`);
			const answer = await wire.answer().catch(() => undefined);
			if (!answer) return 'closed without a word';
			await wire.ended();
			return `${answer.status} and closed`;
		},
	);
}
table.differs(
	34,
	'a WebSocket where there is only polling',
	{
		reference: ['{"code":0,"message":"Transport unknown"}', 'keep-alive'],
		ours: ['Transport unknown', 'close'],
		env: { TRANSPORTS: 'polling' },
	},
	async (talk) => {
		const { text, headers } = await talk.wire().upgrade(WEBSOCKET);
		return [text, headers.connection];
	},
);
const bodies = {
	'of some length': { headers: { 'Content-Length': '3' }, body: 'abc' },
	'in chunks': { headers: { 'Transfer-Encoding': 'chunked' }, body: '0\r\n\r\n' },
};
for (const [name, options] of Object.entries(bodies)) {
	table.differs(
		35,
		`a WebSocket handshake with a body ${name}`,
		{
			reference: 101,
			ours: 400,
		},
		async (talk) => (await talk.wire().upgrade(WEBSOCKET, options)).status,
	);
}
table.differs(
	36,
	'a WebSocket handshake by HEAD',
	{
		reference: 'Bad handshake method',
		ours: '',
	},
	async (talk) => {
		const wire = talk.wire();
		await wire.upgrade(WEBSOCKET, { method: 'HEAD' });
		return (await wire.ended()).toString();
	},
);
const settled = {
	'that began on WebSocket': { open: (talk) => talk.websocket() },
	'where there are no upgrades': { open: (talk) => talk.polling(), env: { NO_UPGRADES: '1' } },
};
for (const [name, { open, env }] of Object.entries(settled)) {
	table.differs(
		37,
		`a WebSocket for a session ${name}`,
		{
			reference: '3probe',
			ours: 'CLOSE',
			env,
		},
		async (talk) => {
			const { sid } = await open(talk);
			const wire = talk.wire();
			await wire.upgrade(`${WEBSOCKET}&sid=${sid}`);
			const { opcode, text } = await wire.exchange('2probe');
			return opcode === 8 ? 'CLOSE' : text;
		},
	);
}

/* ---- 38: packets that come together ---- */

const together = {
	'an event and a CONNECT': [
		'42["echo",1]\x1e40/nope,',
		['44/nope', '42["echo",1]'],
		['42["echo",1]', '44/nope'],
	],
	'a CONNECT that has to wait for nobody, and another': [
		'40/admin,\x1e40/nope,',
		['44/nope', '44/admin'],
		['44/admin', '44/nope'],
	],
	'a DISCONNECT and a CONNECT': ['41\x1e40', ['6', '1'], ['40{"sid"']],
};
for (const [name, [payload, reference, ours]] of Object.entries(together)) {
	table.differs(38, name, { reference, ours }, async (talk) => {
		const session = await talk.polling();
		await session.join();
		await session.post(payload);
		const { text } = await session.poll();
		const packets = text.split('\x1e').filter((packet) => !packet.startsWith('42["left"'));
		return packets.map((packet) => packet.split(/,\{|:/)[0]);
	});
}

/* ---- 39: JSONP ---- */

table.differs(
	39,
	'binary for a session of JSONP that did not ask for base64',
	{
		reference: '___eio[3]({"type":"Buffer","data":[1,3,255,4,1,2]});',
		ours: '___eio[3]("6:b4AQI=");',
		env: { ALLOW_EIO3: '1', APP: 'engine' },
	},
	async (talk) => {
		const session = await talk.polling('?EIO=3&transport=polling&j=3');
		await session.post(`d=${encodeURIComponent('6:b4AQI=')}`);
		return (await session.poll()).text;
	},
);

/* ---- 40: what HTTP lets a server take ---- */

const READ = '400 {"code":0,"message":"Transport unknown"}';
table.differs(
	40,
	'a target with a scheme and a host',
	{ reference: '404', ours: READ },
	async (talk) => {
		const wire = talk.wire();
		await wire.raw(
			'GET http://localhost/socket.io/?transport=foo HTTP/1.1\r\nHost: localhost\r\n\r\n',
		);
		return gist(await wire.answer());
	},
);
table.differs(
	40,
	'an expectation that nobody knows',
	{ reference: '417', ours: READ },
	async (talk) => gist(await talk.ask('GET ?transport=foo', { headers: { Expect: 'foo' } })),
);

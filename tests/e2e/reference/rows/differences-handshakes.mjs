// SPDX-License-Identifier: MIT
//
// Where this server departs from the reference on purpose, in the handshakes of Engine.IO.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Differences: handshakes');

const POLL = '?EIO=4&transport=polling';
const WEBSOCKET = '?EIO=4&transport=websocket';
const OLD = { ALLOW_EIO3: '1' };
const SWITCHED = 101;

/** The status of an answer, and what it says. */
const gist = ({ status, text }) => [status, text].filter(Boolean).join(' ');
const code = (number, message) => `400 {"code":${number},"message":"${message}"}`;
const UNSUPPORTED = code(5, 'Unsupported protocol version');
const BAD = code(3, 'Bad request');

/* ---- 1: EIO is said ---- */

for (const [name, version] of Object.entries({
	none: '',
	'an empty one': 'EIO=&',
	5: 'EIO=5&',
	'04': 'EIO=04&',
})) {
	const sides = { reference: 200, ours: UNSUPPORTED, env: OLD };
	table.differs(1, `EIO: ${name}, though version 3 is switched on`, sides, async (talk) => {
		const answer = await talk.ask(`GET ?${version}transport=polling`);
		return answer.status === 200 ? 200 : gist(answer);
	});
	const upgrades = { reference: SWITCHED, ours: '400 Unsupported protocol version', env: OLD };
	table.differs(1, `EIO: ${name}, on a WebSocket`, upgrades, async (talk) => {
		const answer = await talk.wire().upgrade(`?${version}transport=websocket`);
		return answer.status === SWITCHED ? SWITCHED : gist(answer);
	});
}
for (const version of ['', 'EIO=5&']) {
	const sides = { reference: '200 ok', ours: BAD, env: OLD };
	table.differs(1, `a later request of version 3 with "${version}"`, sides, async (talk) => {
		const { sid } = await talk.polling('?EIO=3&transport=polling');
		return gist(
			await talk.ask(`POST ?${version}transport=polling&sid=${sid}`, { body: '1:2' }),
		);
	});
}

/* ---- 2 to 4: what a WebSocket handshake is told ---- */

for (const version of ['EIO=3&', 'EIO=5&', '']) {
	table.differs(
		2,
		`a WebSocket of an unsupported version, "${version}"`,
		{
			reference: ['101', 'HTTP/1.1 400 Bad Request', 'Unsupported protocol version'],
			ours: ['400 Unsupported protocol version'],
		},
		async (talk) => {
			const wire = talk.wire();
			const answer = await wire.upgrade(`?${version}transport=websocket`);
			const rest = (await wire.ended()).toString();
			return rest
				? [gist(answer), ...rest.split('\r\n').filter((line) => !/: /.test(line) && line)]
				: [gist(answer)];
		},
	);
}
table.differs(
	3,
	'withdrawn: a session that cannot be taken over is refused on the WebSocket',
	{
		reference: ['101', 'CLOSE'],
		ours: ['101', 'CLOSE'],
	},
	async (talk) => {
		const session = await talk.polling();
		const first = await session.beside();
		await first.exchange('2probe');
		const wire = talk.wire();
		const answer = await wire.upgrade(`${WEBSOCKET}&sid=${session.sid}`);
		const { opcode, payload } = await wire.frame();
		return [gist(answer), opcode === 8 && !payload.length ? 'CLOSE' : opcode];
	},
);
for (const name of ['without a sid', 'with the sid of a session on polling']) {
	table.differs(
		4,
		`a WebSocket with transport=polling, ${name}`,
		{
			reference: ['101', 'CLOSE'],
			ours: ['400 Bad request'],
		},
		async (talk) => {
			const query = name === 'without a sid' ? POLL : (await talk.polling()).url;
			const wire = talk.wire();
			const answer = await wire.upgrade(query);
			if (answer.status !== SWITCHED) return [gist(answer)];
			const { opcode, payload } = await wire.frame();
			return [gist(answer), opcode === 8 && !payload.length ? 'CLOSE' : opcode];
		},
	);
}

/* ---- 5: the noop of an upgrade ---- */

/** The shortest of some times, since a busy machine only adds to them. */
async function shortest(times, measure) {
	const all = [];
	for (let i = 0; i < times; i++) all.push(await measure());
	return Math.min(...all);
}
const soon = (ms) => (ms < 80 ? 'at once' : 'after about 100 ms');
table.differs(
	5,
	'a GET that waits when the probe comes',
	{
		reference: 'after about 100 ms',
		ours: 'at once',
	},
	async (talk) =>
		soon(
			await shortest(4, async () => {
				const session = await talk.polling();
				const waiting = await session.beginPoll();
				const wire = await session.beside();
				await wire.exchange('2probe');
				const begun = performance.now();
				const { text } = await waiting.answer();
				return text === '6' ? performance.now() - begun : NaN;
			}),
		),
);
table.differs(
	5,
	'a GET that comes while the probe is under way',
	{
		reference: 'after about 100 ms',
		ours: 'at once',
	},
	async (talk) =>
		soon(
			await shortest(4, async () => {
				const session = await talk.polling();
				const wire = await session.beside();
				await wire.exchange('2probe');
				await session.poll();
				const begun = performance.now();
				const { text } = await session.poll();
				return text === '6' ? performance.now() - begun : NaN;
			}),
		),
);

/* ---- 6: every request is answered ---- */

table.differs(
	6,
	'a plain request with transport=websocket and the sid of one on WebSocket',
	{
		reference: 'nothing',
		ours: BAD,
	},
	async (talk) => {
		const { sid } = await talk.websocket();
		const wire = talk.wire();
		await wire.send(`GET ${WEBSOCKET}&sid=${sid}`);
		const silence = new Promise((done) => setTimeout(done, 500, 'nothing'));
		return Promise.race([wire.answer().then(gist, () => 'closed'), silence]);
	},
);

/* ---- 7: WebSockets of foreign pages ---- */

const origins = {
	'one origin': 'http://a.example',
	'a list': 'http://a.example,http://b.example',
	'a pattern': 'http://*.example',
};
for (const [name, CORS_ORIGIN] of Object.entries(origins)) {
	for (const origin of ['http://evil.com', 'null']) {
		table.differs(
			7,
			`a WebSocket of ${origin}, with ${name}`,
			{
				reference: '101',
				ours: '400 Forbidden',
				env: { CORS_ORIGIN },
			},
			async (talk) =>
				gist(await talk.wire().upgrade(WEBSOCKET, { headers: { Origin: origin } })),
		);
	}
}
table.differs(
	7,
	'a WebSocket of a page that a function turns down',
	{
		reference: '101',
		ours: '400 Forbidden',
		env: { CORS_FUNCTION: '.example' },
	},
	async (talk) =>
		gist(await talk.wire().upgrade(WEBSOCKET, { headers: { Origin: 'http://evil.com' } })),
);

/* ---- 8: ids ---- */

async function sids(talk) {
	const wire = talk.wire();
	const all = [];
	while (all.length < 100) {
		const { text } = await wire.ask(`GET ${POLL}`, { quiet: true });
		all.push(Buffer.from(JSON.parse(text.slice(1)).sid, 'base64url'));
	}
	return all;
}
/* A server of its own, on which nobody else takes a number. */
const ALONE = { PING_INTERVAL: '24999' };
table.differs(
	8,
	'the last 24 bits of one sid after another',
	{
		reference: 'count',
		ours: 'do not',
		env: ALONE,
	},
	async (talk) => {
		const numbers = (await sids(talk)).map((id) => id.readUIntBE(12, 3));
		return numbers.every((number, i) => number === numbers[0] + i) ? 'count' : 'do not';
	},
);
table.differs(
	8,
	'bits that are the same in a hundred sids',
	{
		reference: 'some',
		ours: 'none',
		env: ALONE,
	},
	async (talk) => {
		const ids = await sids(talk);
		const bits = [...Array(120).keys()];
		const same = bits.filter((bit) => {
			const values = new Set(ids.map((id) => (id[bit >> 3] >> (bit & 7)) & 1));
			return values.size === 1;
		});
		return same.length ? 'some' : 'none';
	},
);

/* ---- 9: versions of WebSocket ---- */

const TAKEN = ['8', '013'];
for (const version of ['8', '12', '0', 'x', '013', undefined]) {
	table.differs(
		9,
		`Sec-WebSocket-Version: ${version ?? 'none'}`,
		{
			reference: TAKEN.includes(version) ? '101 undefined' : '400 13, 8',
			ours: '426 13',
		},
		async (talk) => {
			const headers = { 'Sec-WebSocket-Version': version };
			const answer = await talk.wire().upgrade(WEBSOCKET, { headers });
			return `${answer.status} ${answer.headers['sec-websocket-version']}`;
		},
	);
}

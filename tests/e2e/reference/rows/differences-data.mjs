// SPDX-License-Identifier: MIT
//
// Where this server departs from the reference on purpose: how much may wait, and data that is not
// what was sent.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Differences: data');

const OLD = { ALLOW_EIO3: '1', APP: 'engine' };
const ENGINE = { APP: 'engine' };
const UNKNOWN = '400 {"code":1,"message":"Session ID unknown"}';
const gist = ({ status, text }) => `${status} ${text}`;

/* ---- 11: what waits ---- */

table.differs(
	11,
	'a client that falls behind by more than the limit',
	{
		reference: 200,
		ours: UNKNOWN,
		env: { MAX_QUEUE: '100000' },
	},
	async (talk) => {
		const session = await talk.polling();
		await session.join();
		await session.post('42["burst",5000]', { quiet: true });
		await session.post(`42["burst",5000]`, { quiet: true });
		const answer = await session.poll({ quiet: true });
		return answer.status === 200 ? 200 : gist(answer);
	},
);
table.differs(
	11,
	'sixteen million bytes, unless configured',
	{
		reference: [200, 200],
		ours: [200, UNKNOWN],
	},
	async (talk) => {
		const seen = [];
		for (const count of [15, 17]) {
			const session = await talk.polling();
			await session.join();
			const big = `42["echo","${'x'.repeat(990_000)}"]`;
			for (let i = 0; i < count; i++) await session.post(big, { quiet: true });
			const answer = await session.poll({ quiet: true });
			seen.push(answer.status === 200 ? 200 : gist(answer));
		}
		return seen;
	},
);

/* ---- 12 and 13: data that is not what was sent ---- */

for (const text of ['b!!!!', 'bA', 'bAQ I', 'bAQID====', 'bAQ==ID', 'bÄ']) {
	table.differs(
		12,
		`${text} over polling`,
		{
			reference: 'delivered',
			ours: 'parse error',
			env: ENGINE,
		},
		async (talk) => {
			const session = await talk.polling();
			await session.post(text);
			const { status, text: got } = await session.poll();
			return status === 200 && got.startsWith('b') ? 'delivered' : session.reason();
		},
	);
	table.differs(
		12,
		`${text} over WebSocket`,
		{
			reference: 'delivered',
			ours: 'parse error',
			env: ENGINE,
		},
		async (talk) => {
			const wire = await talk.websocket();
			const { opcode } = await wire.exchange(text);
			return opcode === 2 ? 'delivered' : talk.reason(wire.sid);
		},
	);
}
const broken = {
	'a byte that begins nothing': 'ff',
	'half a character': 'e282',
	'a surrogate': 'eda080',
};
for (const [name, bytes] of Object.entries(broken)) {
	table.differs(
		13,
		`a POST with ${name}`,
		{
			reference: 'delivered',
			ours: 'parse error',
			env: ENGINE,
		},
		async (talk) => {
			const session = await talk.polling();
			await session.post(Buffer.from(`34${bytes}`, 'hex'));
			const { status, text } = await session.poll();
			return status === 200 && text.includes('\ufffd') ? 'delivered' : session.reason();
		},
	);
}

/* ---- 14 and 28: payloads of version 3 ---- */

const payloads = {
	'a length with a fraction': '2.0:4a',
	'a length with an exponent': '2e0:4a',
	'a hexadecimal length': '0x2:4a',
	'a length with a sign': '+2:4a',
	'a length with a space': ' 2:4a',
};
for (const [name, body] of Object.entries(payloads)) {
	table.differs(
		14,
		name,
		{
			reference: '2:4a',
			ours: 'parse error',
			env: OLD,
		},
		async (talk) => {
			const session = await talk.polling('?EIO=3&transport=polling');
			await session.post(body);
			const { status, text } = await session.poll();
			return status === 200 ? text : session.reason();
		},
	);
}
const binaries = {
	'a binary payload whose last packet is cut': ['01 05 ff 04 01 02', '0103ff040102'],
	'a kind of 2': ['02 03 ff 04 01 02', '0103ff040102'],
	'a kind of 255': ['ff 03 ff 04 01 02', '0103ff040102'],
};
for (const [name, [body, back]] of Object.entries(binaries)) {
	table.differs(
		14,
		name,
		{
			reference: back,
			ours: 'parse error',
			env: OLD,
		},
		async (talk) => {
			const session = await talk.polling('?EIO=3&transport=polling');
			const headers = { 'Content-Type': 'application/octet-stream' };
			await session.post(Buffer.from(body.replaceAll(' ', ''), 'hex'), { headers });
			const { status, text } = await session.poll();
			return status === 200 ? text : session.reason();
		},
	);
}
const POLL3 = '?EIO=3&transport=polling';
const OCTETS = { headers: { 'Content-Type': 'application/octet-stream' } };
const unknown = {
	'behind b': ['4:b9AA', {}],
	'in binary data': [Buffer.from('0102ff0900', 'hex'), OCTETS],
};
for (const [name, [body, options]] of Object.entries(unknown)) {
	table.differs(
		28,
		`an unknown packet type ${name}`,
		{
			reference: '2:4b',
			ours: 'parse error',
			env: OLD,
		},
		async (talk) => {
			const session = await talk.polling(POLL3);
			await session.post(body, options);
			await session.post('2:4b');
			const { status, text } = await session.poll();
			return status === 200 ? text : session.reason();
		},
	);
}

/* ---- 62: the numbers of attachments ---- */

const bytes = (hex) => Buffer.from(hex, 'hex');
const hole = (num) => `{"_placeholder":true,"num":${num}}`;
const attachments = {
	'in another order': [
		[hole(1), hole(0)],
		[`452-["echo",${hole(0)},${hole(1)}]`, '02', '01'],
		[`452-["echo",${hole(1)},${hole(0)}]`, '01', '02'],
	],
	'one of them twice': [
		[hole(0), hole(1), hole(0)],
		[`453-["echo",${hole(0)},${hole(1)},${hole(2)}]`, '01', '02', '01'],
		[`452-["echo",${hole(0)},${hole(1)},${hole(0)}]`, '01', '02'],
	],
	'one that stands nowhere': [
		[hole(1)],
		[`451-["echo",${hole(0)}]`, '02'],
		[`452-["echo",${hole(1)}]`, '01', '02'],
	],
};
for (const [name, [args, reference, ours]] of Object.entries(attachments)) {
	table.differs(62, `an echo of attachments, ${name}`, { reference, ours }, async (talk) => {
		const wire = await talk.websocket();
		await wire.exchange('40');
		wire.say(`452-["echo",${args}]`);
		wire.say(bytes('01'));
		const [, n] = /^45(\d)/.exec((await wire.exchange(bytes('02'))).text);
		const seen = [talk.said.at(-1).text.replace(/^TEXT /, '')];
		for (let i = 0; i < Number(n); i++) seen.push((await wire.frame()).payload.toString('hex'));
		return seen;
	});
}

/* ---- 63: names of namespaces in version 3 ---- */

const names = {
	'/x/../admin?token=secret': ['40/admin,', '44/x/../admin,{"message":"Invalid namespace"}'],
	'/admin#x?token=secret': ['44/admin,{"code":401}', '44/admin#x,{"message":"Invalid namespace"}'],
	'//x/admin?token=secret': ['40/admin,', '44//x/admin,{"message":"Invalid namespace"}'],
	'/é': ['44/%C3%A9,{"message":"Invalid namespace"}', '44/é,{"message":"Invalid namespace"}'],
};
for (const [name, [reference, ours]] of Object.entries(names)) {
	table.differs(
		63,
		`the name ${name} in version 3`,
		{ reference, ours, env: { ALLOW_EIO3: '1' } },
		async (talk) => {
			const wire = await talk.websocket('?EIO=3&transport=websocket');
			await wire.frame();
			return (await wire.exchange(`40${name},`)).text;
		},
	);
}

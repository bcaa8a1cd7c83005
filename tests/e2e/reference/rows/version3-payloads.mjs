// SPDX-License-Identifier: MIT
//
// Version 3 of Engine.IO: payloads as text, as binary data and by JSONP.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Version 3: payloads', { ALLOW_EIO3: '1' });

const POLL = '?EIO=3&transport=polling';
const ENGINE = { env: { APP: 'engine' } };
const OCTETS = { headers: { 'Content-Type': 'application/octet-stream' } };
const bytes = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const packet = (text) => `${text.length}:${text}`;

/* ---- Payloads ---- */

table.row(
	'packets that wait come in one payload',
	async (talk) => {
		const session = await talk.polling(POLL);
		await session.post('4:4one4:4two');
		await session.post('2:4€');
		await session.poll();
	},
	ENGINE,
);
table.row(
	'lengths are those of UTF-16',
	async (talk) => {
		const session = await talk.polling(POLL);
		await session.post('3:4😀3:4é€2:4\u2028');
		await session.poll();
	},
	ENGINE,
);
table.row(
	'a ping, and its answer without the data',
	async (talk) => {
		const session = await talk.polling(POLL);
		await session.post('1:2');
		await session.poll();
		await session.post('6:2hello');
		await session.poll();
	},
	ENGINE,
);
table.row(
	'an empty packet is skipped',
	async (talk) => {
		const session = await talk.polling(POLL);
		await session.post('0:');
		await session.post('2:4a0:2:4b');
		await session.poll();
	},
	ENGINE,
);
const broken = ['', 'a', ':', '4', '5:4a', '2:4', '4a', '2:4a3:', '1:9', '2:4ax', '3:40x:'];
for (const body of broken) {
	table.row(
		`closed by the payload "${body}"`,
		async (talk) => {
			const session = await talk.polling(POLL);
			await session.post(body);
			await session.reason();
			await session.poll();
		},
		ENGINE,
	);
	table.row(
		`closed by the payload "${body}" while a GET waits`,
		async (talk) => {
			const session = await talk.polling(POLL);
			const waiting = await session.beginPoll();
			await session.post(body);
			await waiting.answer();
			await session.reason();
		},
		ENGINE,
	);
}

/* ---- Binary ---- */

const binaries = {
	'one message': '01 04 ff 04 01 02 03',
	'a text and a message': '00 04 ff 34 e2 82 ac 01 05 ff 04 01 02 03 04',
	'two texts': '00 02 ff 34 61 00 02 ff 34 62',
	'an empty message': '01 01 ff 04',
	'a text of twelve bytes': '00 01 02 ff 34 61 61 61 61 61 61 61 61 61 61 61',
};
for (const [name, body] of Object.entries(binaries)) {
	table.row(
		`binary: ${name}`,
		async (talk) => {
			const session = await talk.polling(POLL);
			await session.post(bytes(body), OCTETS);
			await session.poll();
		},
		ENGINE,
	);
	table.row(
		`binary: ${name}, for one that asked for base64`,
		async (talk) => {
			const session = await talk.polling(`${POLL}&b64=1`);
			await session.post(bytes(body), OCTETS);
			await session.poll();
		},
		ENGINE,
	);
}
table.row(
	'base64 in a text payload',
	async (talk) => {
		const session = await talk.polling(POLL);
		await session.post('6:b4AQI=');
		await session.poll();
	},
	ENGINE,
);
for (const value of ['1', '0', 'true', '', 'x']) {
	table.row(
		`b64=${value} in the handshake`,
		async (talk) => {
			const session = await talk.polling(`${POLL}&b64=${value}`);
			await session.post('6:b4AQI=2:4a');
			await session.poll();
		},
		ENGINE,
	);
}
table.row(
	'b64 on a later request changes nothing',
	async (talk) => {
		const session = await talk.polling(POLL);
		await session.post('6:b4AQI=');
		await session.once(`GET ${session.url}&b64=1`);
	},
	ENGINE,
);
table.row('a binary event both ways', async (talk) => {
	const session = await talk.polling(POLL);
	await session.poll();
	await session.post('42:451-["echo",{"_placeholder":true,"num":0}]6:b4AQI=');
	await session.poll();
});

/* ---- JSONP ---- */

const jsonp = `${POLL}&j=3`;
const form = (payload) => `d=${encodeURIComponent(payload)}`;
table.row(
	'JSONP: the handshake, a poll and a post',
	async (talk) => {
		await talk.ask(`GET ${jsonp}`);
		const session = await talk.polling(jsonp);
		await session.post(form('6:4hello'));
		await session.poll();
	},
	ENGINE,
);
table.row(
	'JSONP: what has to be escaped',
	async (talk) => {
		const session = await talk.polling(jsonp);
		await session.post(form('11:4"\\/\u2028\u2029<é€😀'));
		await session.poll();
	},
	ENGINE,
);
table.row(
	'JSONP: line feeds and backslashes',
	async (talk) => {
		const session = await talk.polling(jsonp);
		await session.post(form('4:4a\\nb7:4a\\\\nb\\'));
		await session.poll();
	},
	ENGINE,
);
table.row(
	'JSONP: binary as base64, which its clients ask for',
	async (talk) => {
		const session = await talk.polling(`${jsonp}&b64=1`);
		await session.post(form('6:b4AQI='));
		await session.poll();
	},
	ENGINE,
);
for (const j of ['0', '12', 'a1b2', '', 'alert(1)', '-1']) {
	table.row(`JSONP: j=${j}`, (talk) => talk.ask(`GET ${POLL}&j=${j}`), ENGINE);
}
table.row(
	'JSONP: j on a later request changes nothing',
	async (talk) => {
		const session = await talk.polling(POLL);
		await session.post('2:4a');
		await session.once(`GET ${session.url}&j=1`);
	},
	ENGINE,
);
const forms = {
	'without d': 'a=b',
	'with an empty d': 'd=',
	'with d and others': `a=b&${form('2:4a')}&c=d`,
	'with d twice': `${form('2:4a')}&${form('2:4b')}`,
	'with plus signs for spaces': 'd=4%3A4a+b',
	'with a broken escape': 'd=2:4a%zz',
	'that is empty': '',
};
for (const [name, body] of Object.entries(forms)) {
	table.row(
		`JSONP: a form ${name}`,
		async (talk) => {
			const session = await talk.polling(jsonp);
			await session.post(body);
			await session.post(form('5:4last'));
			await session.poll();
		},
		ENGINE,
	);
}
table.row(
	'JSONP: noop and close',
	async (talk) => {
		const session = await talk.polling(jsonp);
		const waiting = await session.beginPoll();
		await session.post(form('1:1'));
		await waiting.answer();
		await session.reason();
	},
	ENGINE,
);
table.row(
	'JSONP in version 4',
	async (talk) => {
		const session = await talk.polling('?EIO=4&transport=polling&j=0');
		await session.post(form('4a\x1ebAQI='));
		await session.poll();
	},
	ENGINE,
);
table.row(
	'JSONP: a second GET while one waits',
	async (talk) => {
		const session = await talk.polling(jsonp);
		const waiting = await session.beginPoll();
		await session.poll();
		await waiting.answer();
	},
	ENGINE,
);
table.row('JSONP: a long poll in gzip', async (talk) => {
	const session = await talk.polling(jsonp);
	await session.poll();
	await session.post(form(packet(`40/${'x'.repeat(1500)},`)));
	await session.poll({ headers: { 'Accept-Encoding': 'gzip' } });
});

// SPDX-License-Identifier: MIT
//
// What the application may say to a request: whether it may come in, its id, its answer's fields,
// its origin.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Hooks');

const POLL = '?EIO=4&transport=polling';
const WEBSOCKET = '?EIO=4&transport=websocket';

const refused = (query, options) => async (talk) => {
	const wire = talk.wire();
	const { headers } = await wire.upgrade(query, options);
	if (headers.connection === 'close') await wire.ended();
};

/* ---- allowRequest ---- */

const ALLOW = { env: { ALLOW: '1' } };
const words = {
	'without a word': '&allow=no',
	'with an empty message': '&allow=no&because=',
	'with a message': '&allow=no&because=not%20you',
	'with a message to be escaped': '&allow=no&because=%22%5C%3C%C3%A9%0A',
};
for (const [name, more] of Object.entries(words)) {
	table.row(`code 4: ${name}`, (talk) => talk.ask(`GET ${POLL}${more}`), ALLOW);
	table.row(`code 4: a WebSocket, ${name}`, refused(`${WEBSOCKET}${more}`), ALLOW);
}
table.row(
	'code 4: only those without a sid are asked about',
	async (talk) => {
		const session = await talk.polling();
		await session.once(`POST ${session.url}&allow=no`, { body: '40/nope,' });
		await session.once(`GET ${session.url}&allow=no`);
	},
	ALLOW,
);
const order = {
	'an unknown transport comes first': 'GET ?EIO=4&transport=foo&allow=no',
	'an unknown sid comes first': `GET ${POLL}&sid=x&allow=no`,
	'the method comes first': `POST ${POLL}&allow=no`,
	'a missing upgrade comes first': `GET ${WEBSOCKET}&allow=no`,
	'the version comes last': 'GET ?EIO=5&transport=polling&allow=no',
};
for (const [name, request] of Object.entries(order)) {
	table.row(`code 4, order: ${name}`, (talk) => talk.ask(request), ALLOW);
}
table.row('allowed', (talk) => talk.ask(`GET ${POLL}&allow=yes`), ALLOW);
table.row(
	'code 4 with CORS',
	(talk) => talk.ask(`GET ${POLL}&allow=no`, { headers: { Origin: 'http://a.example' } }),
	{ env: { ALLOW: '1', CORS_ORIGIN: 'http://a.example' } },
);

/* ---- Ids and fields ---- */

const IDS = { env: { IDS: '1' } };
table.row(
	'an id of the application',
	async (talk) => {
		await talk.ask(`GET ${POLL}&id=my-own`);
		await talk.ask(`POST ${POLL}&sid=my-own`, { body: '40/nope,' });
		await talk.ask(`GET ${POLL}&sid=my-own`);
	},
	IDS,
);
table.row('code 3: no id', (talk) => talk.ask(`GET ${POLL}`), IDS);
const HEADERS = { env: { HEADERS: '1' } };
table.row(
	'fields of the application',
	async (talk) => {
		await talk.ask(`GET ${POLL}&ask=me`);
		const session = await talk.polling();
		await session.post('40/nope,');
		await session.poll();
		await talk.ask('GET ?transport=foo&ask=me');
	},
	HEADERS,
);
table.row(
	'fields of the application in a 101',
	async (talk) => {
		await talk.wire().upgrade(`${WEBSOCKET}&ask=me`);
		const session = await talk.polling();
		await session.beside();
	},
	HEADERS,
);

/* ---- Origins, and the rest of CORS's options ---- */

const FUNCTION = { env: { CORS_FUNCTION: '.example', CORS_CREDENTIALS: '1' } };
for (const origin of ['http://a.example', 'http://evil.com', undefined]) {
	const headers = origin ? { Origin: origin } : {};
	table.row(
		`a function is asked about ${origin}`,
		async (talk) => {
			await talk.ask(`GET ${POLL}`, { headers });
			await talk.ask(`OPTIONS ${POLL}`, { headers });
			await talk.ask('GET ?transport=foo', { headers });
		},
		FUNCTION,
	);
}
const all = {
	CORS_ORIGIN: 'http://a.example,http://b.example',
	CORS_METHODS: 'GET,POST',
	CORS_HEADERS: 'x-one,x-two',
	CORS_EXPOSED: 'x-three',
	CORS_MAX_AGE: '600',
};
for (const CORS_ORIGIN of ['http://a.example', 'http://a.example,http://b.example', '*']) {
	table.row(
		`methods, headers, exposed headers and age, with ${CORS_ORIGIN}`,
		async (talk) => {
			const headers = {
				Origin: 'http://a.example',
				'Access-Control-Request-Headers': 'x-foo',
			};
			await talk.ask(`OPTIONS ${POLL}`, { headers });
			await talk.ask(`GET ${POLL}`, { headers });
			await talk.wire().upgrade(WEBSOCKET, { headers });
		},
		{ env: { ...all, CORS_ORIGIN } },
	);
}

/* ---- No upgrades ---- */

const STAY = { env: { NO_UPGRADES: '1' } };
table.row('no upgrades: none is offered', (talk) => talk.ask(`GET ${POLL}`), STAY);
table.row(
	'no upgrades: a session may begin on WebSocket',
	async (talk) => {
		const wire = talk.wire();
		await wire.upgrade(WEBSOCKET);
		await wire.frame();
	},
	STAY,
);

// SPDX-License-Identifier: MIT
//
// What pages of other origins are told: each form of the option, on each kind of answer.

import { Table } from '../../support/reference.mjs';

export const table = new Table('CORS');

const POLL = '?EIO=4&transport=polling';
const WEBSOCKET = '?EIO=4&transport=websocket';
const A = 'http://a.example';
const B = 'https://b.example:8443';

const forms = {
	'no origin configured': {},
	'one origin': { CORS_ORIGIN: A },
	'a list': { CORS_ORIGIN: `${A},${B}` },
	'a pattern': { CORS_ORIGIN: 'http://*.example' },
	'any origin': { CORS_ORIGIN: '*' },
	'one origin with credentials': { CORS_ORIGIN: A, CORS_CREDENTIALS: '1' },
	'a list with credentials': { CORS_ORIGIN: `${A},${B}`, CORS_CREDENTIALS: '1' },
	'any origin with credentials': { CORS_ORIGIN: '*', CORS_CREDENTIALS: '1' },
};
const askers = {
	'one that is allowed': A,
	'one that is not': 'http://evil.com',
	null: 'null',
	'an empty one': '',
	'one in capitals': A.toUpperCase(),
	'one with a slash at its end': `${A}/`,
	none: undefined,
};

const from = (origin) => (origin === undefined ? {} : { Origin: origin });

for (const [form, env] of Object.entries(forms)) {
	const row = (name, play) => table.row(`${form}: ${name}`, play, { env });
	for (const [asker, origin] of Object.entries(askers)) {
		row(`the handshake for ${asker}`, (talk) =>
			talk.ask(`GET ${POLL}`, { headers: from(origin) }),
		);
	}

	/* ---- Each kind of answer ---- */

	const headers = { Origin: A };
	row('a poll and a post', async (talk) => {
		const session = await talk.polling();
		await session.post('40/nope,', { headers });
		await session.poll({ headers });
	});
	row('refusals', async (talk) => {
		const session = await talk.polling();
		await talk.ask('GET ?transport=foo', { headers });
		await talk.ask(`GET ${POLL}&sid=x`, { headers });
		await talk.ask(`POST ${POLL}`, { headers });
		await talk.ask(`GET ${WEBSOCKET}`, { headers });
		await session.once(`POST ${session.url}`, {
			headers: { ...headers, 'Content-Type': 'application/octet-stream' },
			body: '40',
		});
	});
	row('PUT with a sid', async (talk) => {
		const session = await talk.polling();
		await session.once(`PUT ${session.url}`, { headers });
	});
	row('overlapping polls', async (talk) => {
		const session = await talk.polling();
		const waiting = await session.beginPoll({ headers });
		await session.poll({ headers });
		await waiting.answer();
	});
	row('the 101', async (talk) => {
		const wire = talk.wire();
		await wire.upgrade(WEBSOCKET, { headers });
		await wire.frame();
	});
	row('the 101 for one without an Origin', async (talk) => {
		await talk.wire().upgrade(WEBSOCKET);
	});
	row('the 101 of an upgrade', async (talk) => {
		const session = await talk.polling();
		const wire = await session.beside({ headers });
		await wire.exchange('2probe');
	});
	row('a refused WebSocket', async (talk) => {
		const wire = talk.wire();
		await wire.upgrade(`${WEBSOCKET}&sid=x`, { headers });
		await wire.ended();
	});
	row('a path that is not its own', async (talk) => {
		const { headers: fields } = await talk.ask('GET /other', { headers, quiet: true });
		const told = Object.keys(fields).filter((name) => /^(access-control|vary)/.test(name));
		talk.said.push({ direction: '<', text: `told: ${told}` });
	});
	table.row(`${form}: a file`, (talk) => talk.ask('GET /socket.io/socket.io.js', { headers }), {
		env,
		aside: ['vary'],
	});

	/* ---- Preflights ---- */

	const preflights = {
		'without requested headers': {},
		'with requested headers': { 'Access-Control-Request-Headers': 'x-foo,X-Bar' },
		'with empty requested headers': { 'Access-Control-Request-Headers': '' },
		'with a requested method': { 'Access-Control-Request-Method': 'POST' },
	};
	for (const [name, more] of Object.entries(preflights)) {
		row(`a preflight ${name}`, (talk) =>
			talk.ask(`OPTIONS ${POLL}`, { headers: { ...headers, ...more } }),
		);
	}
	row('a preflight of a foreign page', (talk) =>
		talk.ask(`OPTIONS ${POLL}`, { headers: { Origin: 'http://evil.com' } }),
	);
	row('a preflight without an Origin', (talk) => talk.ask(`OPTIONS ${POLL}`));
	row('a preflight without a query', (talk) => talk.ask('OPTIONS ', { headers }));
	row('a preflight with a body', (talk) => talk.ask(`OPTIONS ${POLL}`, { headers, body: 'abc' }));
	row('a preflight with an unknown sid', (talk) =>
		talk.ask(`OPTIONS ${POLL}&sid=x`, { headers }),
	);
	row('a preflight of a session, which goes on', async (talk) => {
		const session = await talk.polling();
		await session.once(`OPTIONS ${session.url}`, { headers });
		await session.post('40/nope,');
		await session.poll();
	});
	table.row(
		`${form}: a preflight of a file`,
		(talk) => talk.ask('OPTIONS /socket.io/socket.io.js', { headers }),
		{ env, aside: env.CORS_ORIGIN ? [] : ['vary'] },
	);
}

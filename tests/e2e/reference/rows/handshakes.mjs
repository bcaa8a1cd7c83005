// SPDX-License-Identifier: MIT
//
// Handshakes, over polling and over WebSocket, and WebSockets that are refused.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Handshakes');

const POLL = '?EIO=4&transport=polling';
const WEBSOCKET = '?EIO=4&transport=websocket';
const NOBODY = 'sid=AAAAAAAAAAAAAAAAAAAA';

/** A WebSocket handshake that is refused: its answer, and the end of the connection. */
const refused = (query, options) => async (talk) => {
	const wire = talk.wire();
	const { headers } = await wire.upgrade(query, options);
	if (headers.connection === 'close') await wire.ended();
};

/** One that is let in: the 101, the open packet, and a message each way. */
const opened = (query, options) => async (talk) => {
	const wire = talk.wire();
	await wire.upgrade(query, options);
	await wire.frame();
	await wire.exchange('40/nope,');
};

/* ---- Opened ---- */

table.row('polling: the handshake', (talk) => talk.ask(`GET ${POLL}`));
table.row('websocket: the handshake', opened(WEBSOCKET));
const tuned = {
	env: {
		PING_INTERVAL: '1234',
		PING_TIMEOUT: '5678',
		MAX_HTTP_BUFFER: '4321',
		COOKIE: 'io',
	},
};
table.row('polling: numbers and a cookie by options', (talk) => talk.ask(`GET ${POLL}`), tuned);
table.row('websocket: numbers by options, and no cookie', opened(WEBSOCKET), tuned);
table.row(
	'the cookie is set by the first answer alone',
	async (talk) => {
		const session = await talk.polling();
		await session.post('40/nope,');
		await session.poll();
	},
	tuned,
);
table.row('a refusal sets no cookie', (talk) => talk.ask('GET ?transport=foo'), tuned);

const welcome = {
	'with an Origin': { headers: { Origin: 'http://a.example' } },
	'with tokens in other cases': { headers: { Connection: 'uPGRADE', Upgrade: 'WebSocket' } },
	'with a list in Connection': { headers: { Connection: 'keep-alive, Upgrade' } },
	'with extensions that nobody knows': { headers: { 'Sec-WebSocket-Extensions': 'x-foo; a=b' } },
	'with permessage-deflate, which is off': {
		headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' },
	},
	'with a subprotocol': { headers: { 'Sec-WebSocket-Protocol': 'chat' } },
	'with two subprotocols': { headers: { 'Sec-WebSocket-Protocol': 'chat, superchat' } },
	'with a cookie': { headers: { Cookie: 'io=abc' } },
};
for (const [name, options] of Object.entries(welcome)) {
	table.row(`websocket: opened ${name}`, opened(WEBSOCKET, options));
}
table.row('websocket: an empty sid is none', opened(`${WEBSOCKET}&sid=`));
table.row('websocket: more behind the path', opened(`/socket.io/foo${WEBSOCKET}`));

/* ---- permessage-deflate ---- */

const DEFLATE = { env: { DEFLATE: '1' } };
const offers = {
	'as Chromium asks': 'permessage-deflate; client_max_window_bits',
	'without parameters': 'permessage-deflate',
	'without context': 'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
	'with a window for the server': 'permessage-deflate; server_max_window_bits=10',
	'with a window for the client': 'permessage-deflate; client_max_window_bits=10',
	'beside one that nobody knows': 'x-foo, permessage-deflate',
};
for (const [name, offer] of Object.entries(offers)) {
	const options = { headers: { 'Sec-WebSocket-Extensions': offer } };
	table.row(
		`deflate: agreed ${name}`,
		async (talk) => {
			await talk.wire().upgrade(WEBSOCKET, options);
		},
		DEFLATE,
	);
}
table.row('deflate: not asked for', opened(WEBSOCKET), DEFLATE);

table.row(
	'deflate: refused for a list that cannot be read',
	refused(WEBSOCKET, { headers: { 'Sec-WebSocket-Extensions': 'a b' } }),
	DEFLATE,
);

/* ---- Refused by the engine ---- */

const refusals = {
	'code 0: no query at all': '',
	'code 0: no transport': '?EIO=4',
	'code 0: an unknown transport': '?EIO=4&transport=foo',
	'code 0: webtransport': '?EIO=4&transport=webtransport',
	'code 1: an unknown sid': `${WEBSOCKET}&${NOBODY}`,
	'code 1: a short sid': `${WEBSOCKET}&sid=x`,
	'order: an unknown transport before an unknown sid': `?EIO=4&transport=foo&${NOBODY}`,
	'order: an unknown transport before the version': '?EIO=9&transport=foo',
	'order: an unknown sid before the version': `?EIO=9&transport=websocket&${NOBODY}`,
	'order: an unknown sid and transport=polling': `${POLL}&${NOBODY}`,
};
for (const [name, query] of Object.entries(refusals)) {
	table.row(`websocket: refused with ${name}`, refused(query));
}
for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
	table.row(`websocket: refused with code 2: ${method}`, refused(WEBSOCKET, { method }));
	table.row(`websocket: ${method} with a sid`, async (talk) => {
		const { sid } = await talk.polling();
		await refused(`${WEBSOCKET}&sid=${sid}`, { method })(talk);
	});
}
for (const version of ['3', '5']) {
	table.row(
		`websocket: refused with code 3: the sid of another version, EIO=${version}`,
		async (talk) => {
			const session = await talk.polling();
			await refused(`?EIO=${version}&transport=websocket&sid=${session.sid}`)(talk);
			await session.post('40/nope,');
			await session.poll();
		},
	);
}
/* ---- Refused as a handshake ---- */

const broken = {
	'no key': { 'Sec-WebSocket-Key': undefined },
	'an empty key': { 'Sec-WebSocket-Key': '' },
	'a short key': { 'Sec-WebSocket-Key': 'YWJj' },
	'a key that is not base64': { 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!==' },
	'a key without padding': { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ' },
	'a key twice': {
		'Sec-WebSocket-Key': ['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ=='],
	},
	'an empty subprotocol': { 'Sec-WebSocket-Protocol': '' },
	'a subprotocol twice': { 'Sec-WebSocket-Protocol': 'chat, chat' },
	'a subprotocol that is no token': { 'Sec-WebSocket-Protocol': 'a b' },
};
for (const [name, headers] of Object.entries(broken)) {
	table.row(`websocket: refused for ${name}`, refused(WEBSOCKET, { headers }));
}

/* ---- No WebSocket at all ---- */

table.row('Connection that does not say upgrade: a plain request', async (talk) => {
	const wire = talk.wire();
	await wire.upgrade(WEBSOCKET, { headers: { Connection: 'keep-alive' } });
	await wire.ask(`GET ${POLL}`);
});
table.row('no Upgrade: a plain request', async (talk) => {
	await talk.wire().upgrade(WEBSOCKET, { headers: { Upgrade: undefined } });
});
table.row('a file of the client is none for a WebSocket', refused('/socket.io/socket.io.js'));

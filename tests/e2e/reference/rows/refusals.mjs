// SPDX-License-Identifier: MIT
//
// Plain requests that the engine refuses, in which order it looks at them, and what is not its own.

import { Table } from '../../support/reference.mjs';

export const table = new Table('Refused requests');

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const POLL = '?EIO=4&transport=polling';
const WEBSOCKET = '?EIO=4&transport=websocket';
const NOBODY = 'sid=AAAAAAAAAAAAAAAAAAAA';

const each = (cases, play) => {
	for (const [name, it] of Object.entries(cases)) table.row(name, (talk) => play(talk, it));
};

/* ---- Each code by each way to it ---- */

each(
	{
		'code 0: no query at all': 'GET ',
		'code 0: an empty query': 'GET ?',
		'code 0: no transport': 'GET ?EIO=4',
		'code 0: an empty transport': 'GET ?EIO=4&transport=',
		'code 0: a transport without a value': 'GET ?EIO=4&transport',
		'code 0: an unknown transport': 'GET ?EIO=4&transport=foo',
		'code 0: webtransport': 'GET ?EIO=4&transport=webtransport',
		'code 0: a transport in capitals': 'GET ?EIO=4&transport=POLLING',
		'code 0: a transport with a space behind it': 'GET ?EIO=4&transport=polling%20',
		'code 0: a plus sign is a space': 'GET ?EIO=4&transport=polling+',
		'code 0: a transport that every object has': 'GET ?EIO=4&transport=constructor',
		'code 0: the last of two transports counts': `GET ${POLL}&transport=foo`,
		'code 0: the name of the parameter in capitals': 'GET ?EIO=4&TRANSPORT=polling',
		'code 1: an unknown sid': `GET ${POLL}&${NOBODY}`,
		'code 1: a short sid': `GET ${POLL}&sid=abc`,
		'code 1: a very long sid': `GET ${POLL}&sid=${'a'.repeat(3000)}`,
		'code 1: a sid that every object has': `GET ${POLL}&sid=__proto__`,
		'code 1: a sid that is a space': `GET ${POLL}&sid=%20`,
		'code 1: the last of two sids counts': `GET ${POLL}&sid=&${NOBODY}`,
		'code 3: websocket without an upgrade': `GET ${WEBSOCKET}`,
		'code 5: EIO=3, which is not switched on': 'GET ?EIO=3&transport=polling',
		'code 5: EIO=04, since it is text': 'GET ?EIO=04&transport=polling',
		'code 5: EIO=4.0': 'GET ?EIO=4.0&transport=polling',
		'code 5: EIO=5': 'GET ?EIO=5&transport=polling',
		'code 5: no EIO': 'GET ?transport=polling',
		'code 5: the last of two versions counts': `GET ${POLL}&EIO=3`,
	},
	(talk, request) => talk.ask(request),
);

for (const method of METHODS.slice(1)) {
	table.row(`code 2: ${method} without a sid`, (talk) => talk.ask(`${method} ${POLL}`));
}
table.row('code 2: POST without a sid, with a body', (talk) =>
	talk.ask(`POST ${POLL}`, { body: '40' }),
);
table.row('code 2: a method that is in small letters', (talk) => talk.ask(`PROPFIND ${POLL}`));

/* ---- What the query may look like ---- */

each(
	{
		'names and values are percent-decoded': 'GET ?%45IO=%34&tran%73port=p%6flling',
		'parameters in another order': 'GET ?transport=polling&EIO=4',
		'empty parameters and others': 'GET ?&&a=b&=&EIO=4&transport=polling&t=NxYz&c',
		'an empty sid is none': `GET ${POLL}&sid=`,
		'a sid without a value is none': `GET ${POLL}&sid`,
		'the last of two empty sids is none': `GET ${POLL}&${NOBODY}&sid=`,
		'a second question mark belongs to the query': 'GET ?a=?&EIO=4&transport=polling',
		'an equals sign in a value': 'GET ?a=b=c&EIO=4&transport=polling',
		'a broken escape in another parameter': 'GET ?a=%zz&EIO=4&transport=polling',
		'a broken escape in the transport': 'GET ?EIO=4&transport=polling%',
		'a semicolon is no separator': 'GET ?EIO=4;transport=polling',
		'a NUL behind the transport': 'GET ?EIO=4&transport=polling%00',
		'a query of 8,000 characters': `GET ${POLL}&a=${'x'.repeat(8000)}`,
	},
	(talk, request) => talk.ask(request),
);

/* ---- Two faults at once: which wins ---- */

each(
	{
		'order: an unknown transport before an unknown sid': `GET ?transport=foo&${NOBODY}`,
		'order: an unknown transport before the method': 'DELETE ?EIO=4&transport=foo',
		'order: an unknown transport before the version': 'GET ?EIO=9&transport=foo',
		'order: an unknown sid before the method': `PUT ${POLL}&${NOBODY}`,
		'order: an unknown sid before the version': `GET ?EIO=9&transport=polling&${NOBODY}`,
		'order: an unknown sid before a missing upgrade': `GET ${WEBSOCKET}&${NOBODY}`,
		'order: the method before the version': 'POST ?EIO=9&transport=polling',
		'order: the method before a missing upgrade': `POST ${WEBSOCKET}`,
		'order: a missing upgrade before the version': 'GET ?EIO=9&transport=websocket',
	},
	(talk, request) => talk.ask(request),
);
table.row('order: another transport before another version', async (talk) => {
	const { sid } = await talk.polling();
	await talk.ask(`GET ?EIO=3&transport=websocket&sid=${sid}`);
});
table.row('order: another transport before the method', async (talk) => {
	const { sid } = await talk.polling();
	await talk.ask(`PUT ${WEBSOCKET}&sid=${sid}`);
});
table.row('order: another version before the method', async (talk) => {
	const { sid } = await talk.polling();
	await talk.ask(`PUT ?EIO=3&transport=polling&sid=${sid}`);
});

/* ---- Every method with a sid ---- */

for (const method of METHODS.slice(1)) {
	table.row(`with a sid: ${method}, and the session goes on`, async (talk) => {
		const session = await talk.polling();
		const body = method === 'POST' ? '40' : undefined;
		await session.once(`${method} ${session.url}`, { body });
		await session.post('40/nope,');
		if (method === 'POST') await session.poll();
		else await session.poll();
	});
	table.row(`with the sid of a session on WebSocket: ${method}`, async (talk) => {
		const { sid } = await talk.websocket();
		await talk.ask(`${method} ${POLL}&sid=${sid}`);
	});
	table.row(`with an unknown sid: ${method}`, (talk) => talk.ask(`${method} ${POLL}&${NOBODY}`));
}
table.row('with the sid of a session on WebSocket: GET', async (talk) => {
	const { sid } = await talk.websocket();
	await talk.ask(`GET ${POLL}&sid=${sid}`);
});
table.row('with a sid: transport=websocket without an upgrade', async (talk) => {
	const session = await talk.polling();
	await talk.ask(`GET ${WEBSOCKET}&sid=${session.sid}`);
	await session.post('40/nope,');
	await session.poll();
});
for (const version of ['3', '5', '']) {
	table.row(`with a sid: EIO=${version}, and the session goes on`, async (talk) => {
		const session = await talk.polling();
		await talk.ask(`GET ?EIO=${version}&transport=polling&sid=${session.sid}`);
		await session.post('40/nope,');
		await session.poll();
	});
}
table.row('with a sid: no EIO', async (talk) => {
	const { sid } = await talk.polling();
	await talk.ask(`POST ?transport=polling&sid=${sid}`, { body: '40' });
});

/* ---- Paths ---- */

each(
	{
		'path: without the slash at its end': `GET /socket.io${POLL}`,
		'path: a letter encoded': `GET /%73ocket.io/${POLL}`,
		'path: the slash encoded': `GET /socket.io%2F${POLL}`,
		'path: another one': `GET /other${POLL}`,
		'path: the root': `GET /${POLL}`,
		'path: in capitals': `GET /SOCKET.IO/${POLL}`,
		'path: something in front of it': `GET /a/socket.io/${POLL}`,
		'path: two slashes in front of it': `GET //socket.io/${POLL}`,
		'path: its name and more': `GET /socket.ioo/${POLL}`,
		'path: POST to another one': `POST /other${POLL}`,
	},
	async (talk, request) => {
		const { status } = await talk.ask(request, { quiet: true });
		talk.said.push({ direction: '<', text: `${request}: ${status}` });
	},
);
each(
	{
		'path: more behind its end': `GET /socket.io/foo${POLL}`,
		'path: folders behind its end': `GET /socket.io/a/b/c${POLL}`,
		'path: a second slash': `GET /socket.io//${POLL}`,
		'path: an unknown file': 'GET /socket.io/nothing.js',
		'path: an unknown file and POST': 'POST /socket.io/nothing.js',
		'path: dots behind its end': `GET /socket.io/../socket.io/${POLL}`,
		'path: no query and POST': 'POST /socket.io/',
	},
	(talk, request) => talk.ask(request),
);

/* ---- Fewer transports ---- */

const POLLING = { env: { TRANSPORTS: 'polling' } };
const SOCKETS = { env: { TRANSPORTS: 'websocket' } };
table.row('polling only: upgrades are not offered', (talk) => talk.ask(`GET ${POLL}`), POLLING);
table.row('polling only: websocket is unknown', (talk) => talk.ask(`GET ${WEBSOCKET}`), POLLING);
table.row('websocket only: polling is unknown', (talk) => talk.ask(`GET ${POLL}`), SOCKETS);
table.row(
	'websocket only: a sid does not help',
	(talk) => talk.ask(`GET ${POLL}&${NOBODY}`),
	SOCKETS,
);
table.row(
	'websocket only: the handshake',
	async (talk) => {
		const wire = talk.wire();
		await wire.upgrade(WEBSOCKET);
		await wire.frame();
	},
	SOCKETS,
);

/* ---- Several requests on one connection ---- */

table.row('a refused request leaves its connection open', async (talk) => {
	const wire = talk.wire();
	await wire.ask('GET ?transport=foo');
	await wire.ask(`GET ${POLL}&${NOBODY}`);
	await wire.ask(`GET ${POLL}`);
});
table.row('Connection: close is answered with it', async (talk) => {
	const wire = talk.wire();
	await wire.ask('GET ?transport=foo', { headers: { Connection: 'close' } });
	await wire.ended();
});
table.row('HTTP/1.0', async (talk) => {
	const wire = talk.wire();
	await wire.ask('GET ?transport=foo', { version: '1.0' });
	await wire.ended();
});
/* Node has no length for its answer, and so has to close. */
table.row(
	'HTTP/1.0 that asks to be kept',
	async (talk) => {
		const wire = talk.wire();
		const headers = { Connection: 'keep-alive' };
		await wire.ask('GET ?transport=foo', { version: '1.0', headers });
	},
	{ aside: ['connection'] },
);
table.row('two requests sent at once are answered in order', async (talk) => {
	const wire = talk.wire();
	await wire.send('GET ?transport=foo');
	await wire.send(`GET ${POLL}&${NOBODY}`);
	await wire.answer();
	await wire.answer();
});
table.row('an Origin with a byte that no header can hold', async (talk) => {
	const wire = talk.wire();
	await wire.send(`GET ${POLL}`, { headers: { Origin: 'http://a\x01b' } });
	const { status } = await wire.answer({ quiet: true });
	wire.note('<', String(status));
});
table.row('an Origin with bytes from 0x80', (talk) =>
	talk.ask('GET ?transport=foo', { headers: { Origin: 'http://\xe4\xff' } }),
);

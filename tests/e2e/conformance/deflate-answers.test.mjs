// SPDX-License-Identifier: MIT
//
// permessage-deflate: what the server answers, and that it and the client then do so.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DeflateClient } from '../support/deflate-client.mjs';
import { ECHO, FrameClient } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';

const PMD = 'permessage-deflate';

const OPTIONS = {
	none: {},
	serverForgets: { DEFLATE_SERVER_NO_CONTEXT: '1' },
	clientForgets: { DEFLATE_CLIENT_NO_CONTEXT: '1' },
	server11: { DEFLATE_SERVER_BITS: '11' },
	client11: { DEFLATE_CLIENT_BITS: '11' },
	all: {
		DEFLATE_SERVER_NO_CONTEXT: '1',
		DEFLATE_CLIENT_NO_CONTEXT: '1',
		DEFLATE_SERVER_BITS: '9',
		DEFLATE_CLIENT_BITS: '10',
	},
};

const servers = {};
before(async () => {
	for (const [name, env] of Object.entries(OPTIONS))
		servers[name] = await startServer({ ...ECHO, DEFLATE: '1', ...env });
});
after(async () => {
	for (const server of Object.values(servers)) await server.stop();
});

// Repeats itself over a long way, so that a large window is of use.
const part = Array.from({ length: 1500 }, (_, i) => ((i * 2654435761) >>> 0).toString(36)).join('');
const message = Buffer.from(`4${part}${part}`);

/** How far back the server's references reach: within the second echo, and before it. */
async function assertReach(client, params) {
	await client.echoes(ws.TEXT, message);
	const first = client.inflater.before;
	await client.echoes(ws.TEXT, message);
	if (params.server_no_context_takeover) assert.equal(client.inflater.before, 0);
	else assert.ok(client.inflater.before > first, 'the second echo refers to the first');
	const window = 1 << (params.server_max_window_bits ?? 15);
	assert.ok(client.inflater.farthest <= window);
	if (!params.server_max_window_bits || params.server_max_window_bits === 15)
		assert.ok(client.inflater.farthest > 8192, 'the window is used');
}

/** One case: the offer is answered so, and both sides keep to it. */
function answers(name, offer, answer, options = 'none') {
	test(`deflate ${name}`, async (t) => {
		const client = await DeflateClient.open(t, servers[options], offer);

		assert.deepEqual(client.head.fields['sec-websocket-extensions'], [answer]);
		await assertReach(client, client.agreed);
	});
}

function declined(name, offer, options) {
	test(`deflate ${name}`, async (t) => {
		const client = await FrameClient.open(t, servers[options], { extensions: offer });

		assert.equal(client.head.fields['sec-websocket-extensions'], undefined);
		client.send(ws.text(message));
		assert.equal(await client.text(), String(message));
	});
}

// ---- Context ----

answers('13: what Chromium offers', `${PMD}; client_max_window_bits`, PMD);
answers('13: nothing asked, nothing answered', PMD, PMD);

const S = 'server_no_context_takeover';
const C = 'client_no_context_takeover';

answers('14: the client asks the server to forget', `${PMD}; ${S}`, `${PMD}; ${S}`);
answers(
	'14: it asks and the options say so as well',
	`${PMD}; ${S}`,
	`${PMD}; ${S}`,
	'serverForgets',
);
answers('15: the options say that the server forgets', PMD, `${PMD}; ${S}`, 'serverForgets');
answers(
	'15: so they do with another parameter',
	`${PMD}; ${C}`,
	`${PMD}; ${S}; ${C}`,
	'serverForgets',
);
answers('15: without the option and unasked it does not', `${PMD}; ${C}`, `${PMD}; ${C}`);
answers('16: the client says that it forgets', `${PMD}; ${C}`, `${PMD}; ${C}`);
answers('14, 16: both forget', `${PMD}; ${C}; ${S}`, `${PMD}; ${S}; ${C}`);
answers('17: the options say that the client is to forget', PMD, `${PMD}; ${C}`, 'clientForgets');
answers('17: so they do when it says so as well', `${PMD}; ${C}`, `${PMD}; ${C}`, 'clientForgets');
answers('17: without the option and unasked it need not', `${PMD}; ${S}`, `${PMD}; ${S}`);

for (const [options, by] of Object.entries({ none: 16, clientForgets: 17 }))
	test(`deflate ${by}: a client that was to forget, and refers to its past, fails`, async (t) => {
		const offer = by === 16 ? `${PMD}; ${C}` : PMD;
		const client = await DeflateClient.open(t, servers[options], offer);
		const hello = client.compress(ws.TEXT, Buffer.from('4Hello'));
		client.send(...hello);
		assert.equal(String((await client.message()).content), '4Hello');

		client.agreed = {};
		client.compress(ws.TEXT, Buffer.from('4Hello'));
		client.send(...client.compress(ws.TEXT, Buffer.from('4Hello4Hello')));

		await client.fails(1007);
	});

// ---- Windows ----

const bits = (side, n) => `${PMD}; ${side}_max_window_bits=${n}`;

for (let n = 8; n <= 15; n++) {
	answers(
		`18: the server's window is asked to be of ${n} bits`,
		bits('server', n),
		bits('server', n),
	);
	answers(
		`21: the client says that its window is of ${n} bits`,
		bits('client', n),
		bits('client', n),
	);
	const least = Math.min(n, 11);
	answers(
		`18: ${n} bits are asked, the options say 11`,
		bits('server', n),
		bits('server', least),
		'server11',
	);
	answers(
		`21: the client says ${n} bits, the options say 11`,
		bits('client', n),
		bits('client', least),
		'client11',
	);
}
answers('19: the options limit the server, unasked', PMD, bits('server', 11), 'server11');
answers('19: without options and unasked they are not named', `${PMD}; ${S}`, `${PMD}; ${S}`);

const ANY = `${PMD}; client_max_window_bits`;
answers('20: a client that can be limited, and need not be', ANY, PMD);
answers('20: a client that can be limited, and is', ANY, bits('client', 11), 'client11');

declined('22: a client that cannot be limited, and would have to be', PMD, 'client11');
declined(
	'22: the same with other parameters',
	`${PMD}; ${S}; server_max_window_bits=9`,
	'client11',
);
answers('22: its second offer can', `${PMD}, ${ANY}`, bits('client', 11), 'client11');
answers(
	'22: a client that need not be limited hears nothing of it',
	`${PMD}; ${S}`,
	`${PMD}; ${S}`,
);

answers(
	'15, 17, 19, 20: all options at once',
	ANY,
	`${PMD}; ${S}; ${C}; server_max_window_bits=9; client_max_window_bits=10`,
	'all',
);
answers(
	'14, 16, 18, 21: all parameters at once',
	`${PMD}; client_max_window_bits=12; ${C}; server_max_window_bits=13; ${S}`,
	`${PMD}; ${S}; ${C}; server_max_window_bits=13; client_max_window_bits=12`,
);

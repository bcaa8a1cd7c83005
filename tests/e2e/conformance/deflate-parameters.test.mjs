// SPDX-License-Identifier: MIT
//
// permessage-deflate: what a client may ask for, with messages and fragments of every size.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DeflateClient } from '../support/deflate-client.mjs';
import { ECHO } from '../support/frame-client.mjs';
import { exchange } from '../support/samples.mjs';
import { startServer } from '../support/server.mjs';
import { SIZES, timesOf } from '../support/sizes.mjs';

let server;
before(async () => (server = await startServer({ ...ECHO, DEFLATE: '1' })));
after(() => server.stop());

const PMD = 'permessage-deflate';
const FORGET = 'server_no_context_takeover; client_no_context_takeover';
const both = (bits) => `server_max_window_bits=${bits}; client_max_window_bits=${bits}`;

/** [statements, offer, the answer without the name] */
const PARAMETERS = [
	['13', PMD, ''],
	['14, 16', `${PMD}; ${FORGET}`, FORGET],
	['14', `${PMD}; server_no_context_takeover`, 'server_no_context_takeover'],
	['16', `${PMD}; client_no_context_takeover`, 'client_no_context_takeover'],
	['18, 21', `${PMD}; ${both(9)}`, both(9)],
	['18, 21', `${PMD}; ${both(15)}`, both(15)],
	['14, 16, 18, 21', `${PMD}; ${FORGET}; ${both(8)}`, `${FORGET}; ${both(8)}`],
	['14, 16, 18, 21', `${PMD}; ${FORGET}; ${both(15)}`, `${FORGET}; ${both(15)}`],
	['7', `${PMD}; ${FORGET}; ${both(9)}, ${PMD}; ${FORGET}, ${PMD}`, `${FORGET}; ${both(9)}`],
];

for (const [statements, offer, answer] of PARAMETERS)
	for (const [size, fragment] of SIZES) {
		const how = fragment ? `in fragments of ${fragment}` : 'whole';

		test(`deflate ${statements}: ${size} bytes, ${how}: ${offer}`, async (t) => {
			const client = await DeflateClient.open(t, server, offer);
			const [said] = client.head.fields['sec-websocket-extensions'];
			assert.equal(said, [PMD, answer].filter(Boolean).join('; '));

			await exchange(client, size, fragment, Math.ceil(timesOf(size) / 3));
		});
	}

// SPDX-License-Identifier: MIT
//
// permessage-deflate: windows of every size.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DeflateClient } from '../support/deflate-client.mjs';
import { ECHO } from '../support/frame-client.mjs';
import { exchange } from '../support/samples.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer({ ...ECHO, DEFLATE: '1' })));
after(() => server.stop());

for (const [statement, side] of [
	[18, 'server'],
	[21, 'client'],
])
	for (let bits = 8; bits <= 15; bits++)
		for (const forget of ['', '; server_no_context_takeover', '; client_no_context_takeover'])
			test(`deflate ${statement}: ${side} ${bits} bits${forget}`, async (t) => {
				const window = `${side}_max_window_bits`;
				const offer = `permessage-deflate${forget}; ${window}=${bits}`;
				const client = await DeflateClient.open(t, server, offer);
				assert.equal(client.agreed[window], bits);

				for (const size of [16, 256, 4096]) await exchange(client, size, 1000, 5);
				await exchange(client, 40_000, 1000, 3);
			});

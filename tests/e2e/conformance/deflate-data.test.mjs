// SPDX-License-Identifier: MIT
//
// permessage-deflate: data of every kind, in messages and fragments of every size.

import { after, before, test } from 'node:test';
import { DeflateClient } from '../support/deflate-client.mjs';
import { ECHO } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { SAMPLES, slice } from '../support/samples.mjs';
import { startServer } from '../support/server.mjs';
import { SIZES, timesOf } from '../support/sizes.mjs';

let server;
before(async () => (server = await startServer({ ...ECHO, DEFLATE: '1' })));
after(() => server.stop());

for (const [name, sample] of Object.entries(SAMPLES))
	for (const [size, fragment] of SIZES) {
		const times = timesOf(size);
		const how = fragment ? `in fragments of ${fragment}` : 'whole';

		test(`deflate 23, 35: ${name}, ${times} messages of ${size} bytes, ${how}`, async (t) => {
			const client = await DeflateClient.open(t, server);
			const packet = sample.binary ? Buffer.alloc(0) : Buffer.from('4');
			const opcode = sample.binary ? ws.BINARY : ws.TEXT;

			for (let i = 0; i < times; i++) {
				const content = slice(sample, i * size, size - packet.length);
				await client.echoes(opcode, Buffer.concat([packet, content]), fragment);
			}
		});
	}

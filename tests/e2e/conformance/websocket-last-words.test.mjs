// SPDX-License-Identifier: MIT
//
// WebSocket: what was said in one breath with the end is answered before it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DeflateClient } from '../support/deflate-client.mjs';
import { ECHO, FrameClient } from '../support/frame-client.mjs';
import * as ws from '../support/frames.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => (server = await startServer({ ...ECHO, DEFLATE: '1' })));
after(() => server.stop());

const ENDS = {
	'a close frame': [ws.close(1000), 1000],
	'an empty close frame': [ws.frame(ws.CLOSE), undefined],
	'a reserved bit': [ws.text('4x', { rsv: 2 }), 1002],
	'a reserved opcode': [ws.frame(5, 'x'), 1002],
	'a frame without a mask': [ws.text('4x', { mask: null }), 1002],
	'a text that is none': [ws.text(Buffer.from('34ff', 'hex')), 1007],
	'too large a message': [ws.text('', { length: 2 ** 40 }), 1009],
};

for (const [name, [frame, code]] of Object.entries(ENDS)) {
	test(`websocket 55: a text and ${name} in one piece`, async (t) => {
		const client = await FrameClient.open(t, server);

		client.send(ws.text('4one'), ws.binary('two'), frame);

		const { messages, code: got } = await client.everything();
		assert.deepEqual(messages, ['4one', Buffer.from('two')]);
		assert.equal(got, code);
	});

	test(`websocket 55: a compressed text and ${name} in one piece`, async (t) => {
		const client = await DeflateClient.open(t, server);
		const words = Buffer.from(`4${'again and '.repeat(100)}`);

		client.send(...client.compress(ws.TEXT, words), frame);

		const { content, compressed } = await client.message();
		assert.ok(compressed && content.equals(words));
		await client.fails(code);
	});
}

test('websocket 55: a message of 256 KB, a text and a close frame in one piece', async (t) => {
	const client = await FrameClient.open(t, server);
	const large = Buffer.alloc(256 << 10, '4');

	client.send(ws.binary(large), ws.text('4behind'), ws.close(1000), ws.ping('too late'));

	const { messages, pongs, code } = await client.everything();
	assert.deepEqual(messages, [large, '4behind']);
	assert.deepEqual(pongs, []);
	assert.equal(code, 1000);
});

// SPDX-License-Identifier: MIT
//
// A peer that is closed and then says nothing more does not keep its connection.

import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { startServer } from './support/server.mjs';
import { within } from './support/wait.mjs';

let server;
before(async () => (server = await startServer({ ALLOW_EIO3: '1' })));
after(() => server.stop());

const frame = (text) =>
	Buffer.concat([Buffer.from([0x81, 0x80 + text.length, 0, 0, 0, 0]), Buffer.from(text)]);

for (const version of [3, 4]) {
	test(`after a bad packet in one piece with the handshake, by version ${version}`, async (t) => {
		const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
		t.after(() => socket.destroy());
		const ended = new Promise((done) => socket.once('end', done));
		const head = [
			`GET /socket.io/?EIO=${version}&transport=websocket HTTP/1.1`,
			'Host: x',
			'Connection: Upgrade',
			'Upgrade: websocket',
			'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
			'Sec-WebSocket-Version: 13',
		];
		socket.resume().write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), frame('9')]));

		await within(6_000, ended, 'the end of the connection');
	});
}

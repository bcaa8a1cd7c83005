// SPDX-License-Identifier: MIT
//
// Engine.IO: packets, over polling and over WebSocket.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Polling, RawSocket } from '../support/raw.mjs';
import { BEYOND, startServer } from '../support/server.mjs';
import { isGone, joinByPolling, joinByWebSocket, Witness } from '../support/sessions.mjs';

const path = '/engine.io/';
let echo, lab, hasty;
before(async () => {
	echo = await startServer({ APP: 'engine' });
	lab = await startServer();
	hasty = await startServer({ APP: 'engine', PING_INTERVAL: '300', PING_TIMEOUT: '8000' });
});
after(() => Promise.all([echo, lab, hasty].map((server) => server.stop())));

/** One transport as the cases see it; bytes come back in the form that it has for them. */
const TRANSPORTS = {
	polling: {
		open: (t, server = echo) => Polling.open(server, { path }),
		join: (t) => joinByPolling(lab),
		send: (polling, packet) => polling.post(packet),
		messages: (polling, count) => polling.packets(count),
		bytesOf: (packet) => Buffer.from(/^b(.*)$/.exec(packet)[1], 'base64'),
		isGone,
	},
	WebSocket: {
		open: (t, server = echo) => RawSocket.connect(t, server, { path }),
		join: (t) => joinByWebSocket(t, lab),
		send: (socket, packet) => socket.send(packet),
		messages: (socket, count) => socket.messages(count),
		bytesOf: (message) => message,
		isGone: (socket) => socket.end(),
	},
};

for (const [name, { open, join, send, messages, bytesOf, isGone: gone }] of Object.entries(
	TRANSPORTS,
))
	describe(name, () => {
		test(`engine.io 38: a packet is one character and its data, over ${name}`, async (t) => {
			const session = await open(t);
			for (const packet of ['4', '44', '4\u0000', '4 x', '4é😀', `4${'x'.repeat(70_000)}`]) {
				await send(session, packet);

				assert.deepEqual(await messages(session, 1), [packet]);
			}
		});

		const goesOn = async (session) => {
			await send(session, '4still here');
			assert.deepEqual(await messages(session, 1), ['4still here']);
		};

		test(`engine.io 39: 0 is open, over ${name}`, async (t) =>
			assert.equal((await open(t)).handshake.sid.length, 20));

		test(`engine.io 39: 2 is ping and 3 is pong, over ${name}`, async (t) => {
			const session = await open(t, hasty);
			for (let i = 0; i < 2; i++) {
				const ping = session.next ? await session.next() : (await session.get()).body;
				assert.equal(ping, '2');
				await send(session, '3');
			}
			await goesOn(session);
		});

		test(`engine.io 39: 4 is message, over ${name}`, async (t) => goesOn(await open(t)));

		test(`engine.io 40: any other first character ends the session, over ${name}`, async (t) => {
			const witness = await Witness.of(t, lab);
			const others = Array.from({ length: 128 }, (_, i) => String.fromCharCode(i));
			const bad = [...others.filter((char) => !/[0-6b\x1e]/.test(char)), 'é', '４', '😀'];
			for (const char of bad) {
				const session = await join(t);

				await send(session, `${char}2["echo",1]`);

				assert.equal(await witness.reasonOf(session), 'parse error', JSON.stringify(char));
				await gone(session);
			}
		});

		test(`engine.io 40: an empty packet ends the session, over ${name}`, async (t) => {
			const witness = await Witness.of(t, lab);
			const session = await join(t);

			await send(session, '');

			assert.equal(await witness.reasonOf(session), 'parse error');
			await gone(session);
		});

		test(`engine.io 41: b and base64 is a binary message, over ${name}`, async (t) => {
			const session = await open(t);
			for (const hex of ['01020304', '00', 'fffefd', '', '1e', '62']) {
				const bytes = Buffer.from(hex, 'hex');
				await send(session, `b${bytes.toString('base64')}`);

				assert.deepEqual((await messages(session, 1)).map(bytesOf), [bytes]);
			}
		});

		for (const text of ['+/8=', '+/8', '-_8=', '-_8', '+w==', '+w', '-w==', '-w', '+/-_', 'AAAA'])
			test(`engine.io 42: the base64 ${text} is taken, over ${name}`, async (t) => {
				const session = await open(t);

				await send(session, `b${text}`);

				const bytes = Buffer.from(text, 'base64');
				assert.deepEqual((await messages(session, 1)).map(bytesOf), [bytes]);
			});

		const noBase64 = ['!', 'A', 'AAAAA', '=', '==', '====', 'AQ=', 'AQI==', 'AAAA=', 'AAAA===='];
		const nearly = ['AQ I', 'AQ\nI', 'AQID\n', 'A=QI', 'AQ==AQ==', 'AQI,', 'ÄQID', 'AQI\u0000'];
		for (const text of [...noBase64, ...nearly])
			test(
				`engine.io 43: ${JSON.stringify(text)} is no base64, over ${name}`,
				BEYOND,
				async (t) => {
					const witness = await Witness.of(t, lab);
					const session = await join(t);

					await send(session, `b${text}`);

					assert.equal(await witness.reasonOf(session), 'parse error');
					await gone(session);
				},
			);

		for (const packet of ['0', '5', '6', '0{"sid":"x"}', '5probe', '6x'])
			test(`engine.io 45: ${packet} is ignored, over ${name}`, async (t) => {
				const session = await open(t);

				await send(session, packet);

				await goesOn(session);
			});
	});

test('engine.io 39: 1 is close', async () => {
	const polling = await joinByPolling(lab);

	await polling.post('1');

	await isGone(polling);
});

test('engine.io 39: 2 with "probe" and 5 are the upgrade, 6 is noop', async (t) => {
	const polling = await joinByPolling(lab);
	const socket = await RawSocket.beside(t, polling);

	assert.equal(await socket.probe(), '3probe');
	assert.equal((await polling.get()).body, '6');
	socket.send('5');
	socket.send('42["echo","upgraded"]');

	assert.equal(await socket.message(), '42["echo","upgraded"]');
});

for (const [hex, text] of [
	['', 'b'],
	['00', 'bAA=='],
	['0001', 'bAAE='],
	['000102', 'bAAEC'],
	['fbff', 'b+/8='],
	['fbffbf', 'b+/+/'],
])
	test(`engine.io 44: the bytes <${hex}> are sent as ${text}`, async () => {
		const polling = await Polling.open(echo, { path });

		await polling.post(`b${Buffer.from(hex, 'hex').toString('base64url')}`);

		assert.equal((await polling.get()).body, text);
	});

test('engine.io 46: packets are handled in order, over polling', async () => {
	const polling = await Polling.open(echo, { path });
	const sent = Array.from({ length: 400 }, (_, i) => (i % 7 ? `4${i}` : `b${btoa(`${i}`)}`));
	for (let at = 0, size = 1; at < sent.length; at += size, size = (size % 13) + 1)
		await polling.post(sent.slice(at, at + size).join('\x1e'));

	assert.deepEqual(await polling.packets(sent.length), sent);
});

test('engine.io 46: packets are handled in order, over WebSocket', async (t) => {
	const socket = await RawSocket.connect(t, echo, { path });
	const sent = Array.from({ length: 400 }, (_, i) => (i % 7 ? `4${i}` : Buffer.from([i & 255])));
	for (const packet of sent) socket.send(packet);

	assert.deepEqual(await socket.messages(sent.length), sent);
});

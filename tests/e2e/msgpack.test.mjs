// SPDX-License-Identifier: MIT
//
// Packets in MessagePack: the official client and its parser against a server with libsio-msgpack.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import parser from 'socket.io-msgpack-parser';
import { launchBrowser } from './support/browser.mjs';
import { answers, MODES, survives, WEBSOCKET } from './support/client.mjs';
import { connect as connectWith, connected, open, openManager } from './support/client.mjs';
import { Polling, RawSocket } from './support/raw.mjs';
import { BEYOND, startServer } from './support/server.mjs';
import { collect, next, PATIENCE, record, within } from './support/wait.mjs';

const PARSER = 'msgpack';
const secret = { auth: { token: 'secret' } };
const bytes = (...values) => Buffer.from(values);
const encode = (packet) => new parser.Encoder().encode(packet)[0];
const connect = (t, to, mode, more) => connectWith(t, to, mode, { parser, ...more });

let server, protocol;
before(async () => {
	server = await startServer({ PARSER, REPORT: '1' });
	protocol = await startServer({ PARSER, APP: 'socketio' });
});
after(async () => {
	await server?.stop();
	await protocol?.stop();
});

const VALUES = {
	nothing: [],
	constants: [null, true, false],
	'small integers': [0, 1, 127, 128, 255, 256, 65535, 65536, -1, -32, -33, -128, -129, -32769],
	'large integers': [2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 31) - 1, -(2 ** 53), 2 ** 53 - 1],
	fractions: [0.5, -1.25, 0.1 + 0.2, 5e-324, 1.5e-10, -1e-300],
	texts: ['', 'a', 'é€😀', 'a\u0000b', '\u2028', '"\\/', 'x'.repeat(31), 'x'.repeat(32)],
	'long texts': ['é'.repeat(127), 'é'.repeat(128), 'x'.repeat(70_000)],
	arrays: [[], [[]], [1, [2, [3]]], [...Array(16).keys()], [...Array(70_000).keys()]],
	objects: [{}, { a: { b: { c: [{}] } } }, { '': 0, 'a\u0000': 1, é: 2, length: 3 }],
	'many keys': [Object.fromEntries([...Array(300).keys()].map((i) => [`k${i}`, i]))],
	'deep nesting': [JSON.parse('['.repeat(500) + ']'.repeat(500))],
	'one Buffer': [bytes(1, 2, 3)],
	'an empty Buffer': [Buffer.alloc(0)],
	'nested Buffers': [{ a: [bytes(1), { b: bytes(2) }], c: bytes(3) }, [[bytes(4)]]],
	'twenty Buffers': [...Array(20).keys()].map((i) => bytes(i, i)),
	'long Buffers': [Buffer.alloc(255, 1), Buffer.alloc(256, 2), Buffer.alloc(100_000, 3)],
	'what looks like a placeholder': [{ _placeholder: true, num: 0 }],
};

for (const mode of MODES) {
	describe(mode.name, () => {
		test('a client is connected and known by its id', async (t) => {
			const socket = await connect(t, server, mode);

			assert.match(socket.id, /^[\w-]{20}$/);
			assert.equal((await socket.emitWithAck('whoami')).id, socket.id);
		});

		test('values come back equal, in events and in answers', async (t) => {
			const socket = await connect(t, server, mode);
			for (const [name, args] of Object.entries(VALUES)) {
				await t.test(name, () => survives(socket, args));
			}
		});

		test('the server asks and is answered', async (t) => {
			const socket = await connect(t, server, mode);
			socket.once('question', (arg, answer) => answer({ back: [arg] }, bytes(9), 'x'));
			const asked = next(socket, 'asked');
			socket.emit('ask', 'question', bytes(1, 2));

			assert.deepEqual(await asked, [{ back: [bytes(1, 2)] }, bytes(9), 'x']);
		});

		test('credentials reach the server as they are', async (t) => {
			const auth = { token: 'ab"c\u2028d', n: [1.5, null, { deep: true }], '': 'é😀' };
			const socket = open(t, protocol, mode, { parser, auth });

			assert.deepEqual(await next(socket, 'auth'), [auth]);
		});

		test('the right token opens /admin', async (t) => {
			const socket = await connect(t, server, mode, { nsp: '/admin', ...secret });

			assert.equal((await socket.emitWithAck('whoami')).id, socket.id);
		});

		test('a wrong token is refused with a message and data', async (t) => {
			const socket = open(t, server, mode, { parser, nsp: '/admin', auth: { token: 'x' } });

			const [error] = await next(socket, 'connect_error');

			assert.equal(error.message, 'unauthorized');
			assert.deepEqual(error.data, { code: 401 });
		});

		test('an unknown namespace is refused', async (t) => {
			const socket = open(t, server, mode, { parser, nsp: '/nowhere' });

			const [error] = await next(socket, 'connect_error');

			assert.equal(error.message, 'Invalid namespace');
			assert.equal(error.data, undefined);
		});

		test('two namespaces share one connection and keep apart', async (t) => {
			const manager = openManager(t, server, mode, { parser });
			const main = manager.socket('/');
			const admin = manager.socket('/admin', secret);
			await Promise.all([connected(main), connected(admin)]);
			const sockets = [main, admin];
			const echoes = sockets.map((socket) => collect(socket, 'echo', 20));
			for (let i = 0; i < 20; i++)
				sockets.forEach((socket, who) => socket.emit('echo', bytes(who, i), i));

			const seen = await Promise.all(echoes);

			for (const who of [0, 1])
				assert.deepEqual(
					seen[who],
					[...Array(20).keys()].map((i) => [bytes(who, i), i]),
				);
		});

		test('a message to a room reaches its members alone', async (t) => {
			const sockets = await Promise.all([0, 1, 2].map(() => connect(t, server, mode)));
			const heard = sockets.map((socket) => record(socket, 'said'));
			await sockets[0].emitWithAck('join', 'red');
			await sockets[1].emitWithAck('join', 'red');

			await sockets[2].emitWithAck('say', 'red', { a: [bytes(1)] });
			await Promise.all(sockets.map((socket) => socket.emitWithAck('ack')));

			assert.deepEqual(heard, [[[{ a: [bytes(1)] }]], [[{ a: [bytes(1)] }]], []]);
		});

		test('many events keep their order', async (t) => {
			const socket = await connect(t, server, mode);
			const ticks = collect(socket, 'tick', 1000);
			socket.emit('burst', 1000);

			assert.deepEqual(
				await ticks,
				[...Array(1000).keys()].map((i) => [i]),
			);
		});

		test('both sides say goodbye', async (t) => {
			const [a, b] = await Promise.all([0, 1].map(() => connect(t, server, mode)));
			const { id } = a;
			const left = next(b, 'left');
			a.disconnect();
			assert.deepEqual(await left, [id, 'client namespace disconnect']);

			const ended = next(b, 'disconnect');
			b.emit('drop');
			assert.equal((await ended)[0], 'io server disconnect');
		});

		test('the server closes the connection', async (t) => {
			const socket = await connect(t, server, mode);
			const ended = next(socket, 'disconnect');
			socket.emit('kick');

			assert.equal((await ended)[0], 'io server disconnect');
		});

		test('what JSON cannot say arrives as JSON.stringify has it', BEYOND, async (t) => {
			const socket = await connect(t, server, mode);
			const date = new Date('2026-11-21T12:34:56.789Z');
			const args = [date, [new Date(-1)], undefined, { a: undefined, b: 1 }, NaN, [-Infinity]];

			assert.deepEqual(
				await answers(socket, 'ack', ...args),
				JSON.parse(JSON.stringify(args)),
			);
		});

		test('an ArrayBuffer arrives as bytes, whatever its length', BEYOND, async (t) => {
			const socket = await connect(t, server, mode);
			const buffers = [0, 1, 2, 4, 8, 16, 300].map((n) => Buffer.alloc(n, n));
			const args = buffers.map((b) => Uint8Array.from(b).buffer);

			assert.deepEqual(await answers(socket, 'ack', ...args), buffers);
		});
	});
}

describe('what is no packet', () => {
	const hello = encode({ type: 0, nsp: '/' });
	const CASES = {
		text: '40',
		'text of an event': '42["echo"]',
		'an empty message': Buffer.alloc(0),
		'half a packet': hello.subarray(0, -1),
		'more than a packet': Buffer.concat([hello, bytes(0)]),
		'an array': encode([0, '/']),
		'an unknown type': encode({ type: 5, nsp: '/', data: [] }),
		'an event without data': encode({ type: 2, nsp: '/' }),
		'a length that is not there': bytes(0xdf, 0xff, 0xff, 0xff, 0xff),
	};

	for (const [name, message] of Object.entries(CASES)) {
		test(`${name} closes a WebSocket`, async (t) => {
			const socket = new RawSocket(t, server);
			await socket.open();
			const { sid } = JSON.parse((await socket.message()).slice(1));
			socket.send(message);

			await within(PATIENCE, socket.closed, 'the close');
			if (BEYOND.skip) return;
			const report = await server.reported('close', { sid });
			assert.equal(report.reason, 'forced close');
		});

		test(`${name} closes a session by polling`, async () => {
			const polling = await Polling.open(server);
			const text = typeof message === 'string';
			await polling.post(text ? message : `b${message.toString('base64')}`);

			assert.equal(JSON.parse((await polling.refusal()).body).code, 1);
		});
	}

	test('a client without the parser is not let in', async (t) => {
		const socket = open(t, server, WEBSOCKET);
		const entered = record(socket, 'connect');

		await next(socket.io, 'close');

		assert.deepEqual(entered, []);
	});
});

test('who comes back is given what it has missed', async (t) => {
	const keeper = await startServer({ PARSER, RECOVERY: '60000' });
	t.after(() => keeper.stop());
	for (const mode of MODES) {
		await t.test(mode.name, async (t) => {
			const lost = await connect(t, keeper, mode);
			const other = await connect(t, keeper, mode);
			await lost.emitWithAck('join', 'red');
			const first = next(lost, 'said');
			await other.emitWithAck('say', 'red', 'one');
			assert.equal((await first)[0], 'one');
			const { id } = lost;
			const gone = next(other, 'left');
			lost.io.engine.close();
			await gone;

			await other.emitWithAck('say', 'red', { two: [bytes(2)] });
			await other.emitWithAck('say', 'blue', 'not for it');
			const heard = record(lost, 'said');
			lost.connect();
			await connected(lost);
			await lost.emitWithAck('ack');

			assert.equal(lost.recovered, true);
			assert.equal(lost.id, id);
			assert.deepEqual(
				heard.map(([said]) => said),
				[{ two: [bytes(2)] }],
			);
		});
	}
});

/** In the page: what goes there as an ArrayBuffer, and comes back as an array of its bytes. */
function askInPage(transports) {
	const socket = globalThis.io({ transports });
	const plain = (value) =>
		value instanceof ArrayBuffer ? [...new Uint8Array(value)] : JSON.parse(JSON.stringify(value));
	const args = [Uint8Array.from([1, 2, 255]).buffer, 'é\u0000😀', { n: [-1, 2 ** 40, 0.5] }];
	return new Promise((done) =>
		socket.emit('ack', ...args, (...back) => {
			socket.disconnect();
			done(back.map(plain));
		}),
	);
}

test("a browser talks with the client's own build for MessagePack", async (t) => {
	const CLIENT_DIR = 'client-demo/node_modules/socket.io-client/dist';
	const host = await startServer({ PARSER, CLIENT_DIR });
	t.after(() => host.stop());
	const browser = await launchBrowser();
	t.after(() => browser.close());
	const page = await browser.newPage();
	const script = `${host.url}/socket.io/socket.io.msgpack.min.js`;
	await page.goto(script);
	await page.addScriptTag({ url: script });
	for (const { transports } of MODES) {
		const back = within(PATIENCE, page.evaluate(askInPage, transports), 'the answer');

		assert.deepEqual(await back, [[1, 2, 255], 'é\u0000😀', { n: [-1, 2 ** 40, 0.5] }]);
	}
});

// SPDX-License-Identifier: MIT
//
// A server in another's loop: the two examples, and what is asked of it between two turns.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, open, POLLING, UPGRADED, WEBSOCKET } from './support/client.mjs';
import { startProgram } from './support/plain.mjs';
import { Polling, RawSocket } from './support/raw.mjs';
import { buildDir } from './support/server.mjs';
import { collect, next, within } from './support/wait.mjs';

const modes = [POLLING, WEBSOCKET, UPGRADED];

// ---- The examples ----

const examples = ['embed_uv', 'embed_ev'];
const missing = examples.filter((name) => !existsSync(`${buildDir}/${name}`));

test('each example that can be built was built', () => {
	assert.deepEqual(missing, existsSync('/usr/include/ev.h') ? [] : ['embed_ev']);
});

for (const name of examples.filter((each) => !missing.includes(each)))
	describe(name, () => {
		let server;
		before(async () => {
			server = await startProgram(name, { env: { TICK_MS: '50' } });
		});
		after(() => server.stop());

		for (const mode of modes)
			test(`${mode.name}: an event comes back, and the program's timer is heard`, async (t) => {
				const socket = await connect(t, server, mode);
				const echo = next(socket, 'echo');
				socket.emit('echo', 'hello', { n: 1 });
				assert.deepEqual(await echo, ['hello', { n: 1 }]);

				const ticks = (await collect(socket, 'tick', 5)).map(([n]) => n);

				assert.deepEqual(
					ticks,
					ticks.map((_, i) => ticks[0] + i),
				);
			});

		test('it ends at SIGTERM while clients are there', async (t) => {
			const brief = await startProgram(name, { env: { TICK_MS: '10' } });
			const sockets = [await connect(t, brief, POLLING), await connect(t, brief, WEBSOCKET)];
			const ends = sockets.map((socket) => next(socket, 'disconnect'));

			await brief.stop();
			await Promise.all(ends);
		});
	});

// ---- Between two turns ----

for (const wait of ['fd', 'timeout'])
	describe(`waiting by ${wait}`, () => {
		let server;
		before(async () => {
			server = await startProgram('embed-server', { env: { WAIT: wait } });
		});
		after(() => server.stop());

		/** Has the command carried out between two turns, and gives what was said of it. */
		async function tell(command, to = server) {
			const [word] = command.split(' ');
			const before = to.reports('did', { word }).length;
			to.child.stdin.write(`${command}\n`);
			for (;;) {
				const said = to.reports('did', { word });
				if (said.length > before) return said.at(-1);
				await within(5000, new Promise((done) => to.child.stdout.once('data', done)), word);
			}
		}

		for (const mode of modes)
			test(`${mode.name}: what is sent arrives at once`, async (t) => {
				const socket = await connect(t, server, mode);
				assert.deepEqual(await socket.emitWithAck('echo', 1), 1);
				for (let i = 0; i < 5; i++) {
					const said = next(socket, 'said', 1000);

					const { timeout } = await tell(`emit ${i}`);

					if (mode !== POLLING) assert.equal(timeout, 0);
					assert.deepEqual(await said, [String(i)]);
				}
				const gone = next(server.child.stdout, 'data');
				socket.disconnect();
				await gone;
			});

		test('who is admitted is connected at once', async (t) => {
			const socket = open(t, server, WEBSOCKET, { query: { wait: '1' } });
			await server.reported('waits');
			const connected = next(socket, 'connect', 1000);

			assert.equal((await tell('admit')).timeout, 0);

			await connected;
			await server.reported('connect', { id: socket.id });
		});

		test('a request that is allowed is answered at once', async () => {
			const polling = Polling.open(server, { path: '/socket.io/' });
			await polling;
			const asking = new Promise((done) => {
				const url = `${server.url}/socket.io/?EIO=4&transport=polling&ask=1`;
				http.get(url, { agent: false }, (response) => {
					response.resume();
					done(response.statusCode);
				});
			});
			await server.reported('asks');

			assert.equal((await tell('admit')).timeout, 0);

			assert.equal(await within(1000, asking, 'the answer'), 200);
		});

		for (const mode of modes)
			for (const word of ['leave', 'close'])
				test(`${mode.name}: who is made to ${word} is told, and so is the program`, async (t) => {
					const socket = await connect(t, server, mode);
					const { id } = socket;
					const told = next(socket, 'disconnect', 1000);

					assert.equal((await tell(word)).timeout, 0);

					const { reason } = await server.reported('disconnect', { id });
					assert.equal(reason, 'server namespace disconnect');
					await told;
				});

		test('a polling client that is not asking is made to leave all the same', async () => {
			const polling = await Polling.open(server);
			await polling.join();
			const { id } = server.reports('connect').at(-1);

			assert.equal((await tell('leave')).timeout, 0);

			await within(1000, server.reported('disconnect', { id }), 'its end');
		});

		test('a question that nobody answers ends in time', async (t) => {
			const socket = await connect(t, server, WEBSOCKET);
			const asked = next(socket, 'question', 1000);
			const started = Date.now();

			const { timeout } = await tell('ask 300');

			assert.equal(timeout, 0);
			await asked;
			await server.reported('answered', { error: 'not answered in time', answers: 0 });
			assert.ok(Date.now() - started >= 295);
			socket.disconnect();
			await server.reported('disconnect', { id: server.reports('connect').at(-1).id });
		});

		test('a question to nobody is over at once', async () => {
			assert.equal((await tell('ask 60000')).timeout, 0);

			await within(1000, server.reported('answered', { error: null }), 'the answer');
		});

		test('a plain WebSocket is sent to and closed', async (t) => {
			const socket = new RawSocket(t, server, { path: '/ws', query: '' });
			await socket.open();
			await server.reported('ws', { open: true });

			assert.equal((await tell('ws hello')).timeout, 0);
			assert.equal(await within(1000, socket.next(), 'the text'), 'hello');
			await new Promise((done) => setTimeout(done, 2500)); // longer than it has to answer
			await tell('wsclose');

			assert.equal((await within(1000, socket.end(), 'the end')).code, 4000);
			await server.reported('ws', { code: 4000 });
		});

		test('an address that is added is listened on at once', async (t) => {
			const folder = await mkdtemp(join(tmpdir(), 'sio-embed-'));
			t.after(() => rm(folder, { recursive: true }));
			const socketPath = join(folder, 'socket');

			assert.equal((await tell(`listen unix:${socketPath}`)).error, null);

			const path = '/socket.io/?EIO=4&transport=polling';
			const status = new Promise((done, fail) => {
				const asking = http.get({ socketPath, path, agent: false }, (response) => {
					response.resume();
					done(response.statusCode);
				});
				asking.once('error', fail);
			});
			assert.equal(await within(1000, status, 'the answer'), 200);
		});

		test('what is posted is run', async () => {
			await tell('post');

			await within(1000, server.reported('posted'), 'the post');
		});

		test('a shutdown is carried out', async (t) => {
			const brief = await startProgram('embed-server', { env: { WAIT: wait } });
			t.after(() => brief.stop());
			const socket = await connect(t, brief, WEBSOCKET);
			const told = next(socket, 'disconnect', 1000);

			await tell('shutdown', brief);

			await told;
			await within(1000, brief.reported('done'), 'its end');
			assert.equal((await brief.closed).code, 0);
		});

		test('it keeps the heartbeat', async (t) => {
			const env = { WAIT: wait, PING_INTERVAL: '100', PING_TIMEOUT: '300' };
			const pinging = await startProgram('embed-server', { env });
			t.after(() => pinging.stop());
			const alive = await RawSocket.connect(t, pinging);
			const dead = await RawSocket.connect(t, pinging);

			for (let pings = 0; pings < 10; pings++) {
				assert.equal(await alive.next('a ping'), '2');
				alive.send('3');
			}

			assert.equal((await dead.end()).code, 1005);
		});

		test('with nothing to do it sleeps', async (t) => {
			const idle = await startProgram('embed-server', { env: { WAIT: wait } });
			t.after(() => idle.stop());
			await RawSocket.joined(t, idle);
			const { services } = await tell('nothing', idle);
			await new Promise((done) => setTimeout(done, 500));

			const { services: later } = await tell('nothing', idle);

			assert.ok(later - services < 10, `${later - services} turns in half a second`);
		});
	});

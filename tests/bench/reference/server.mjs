// SPDX-License-Identifier: MIT
//
// The application of tests/bench/server on the reference.  ENGINE is what carries it: ws, which is
// the usual; eiows, where it is installed; bun, to be run by Bun; or http, which is no Socket.IO at
// all but what Node's own HTTP takes for the same requests.  PORT, PING_INTERVAL, TLS_CERT, TLS_KEY
// and REDIS as there; BODY is how many bytes http answers a poll with.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

const { env } = process;
const engine = env.ENGINE ?? 'ws';

const options = {
	serveClient: false,
	...(env.PING_INTERVAL && { pingInterval: Number(env.PING_INTERVAL) }),
};

function setUp(io) {
	io.on('connection', (socket) => {
		socket.join('all');
		socket.on('echo', (text) => socket.emit('echo', text));
		socket.on('raw', (text) => socket.emit('raw', text));
		socket.on('ack', (text, callback) => callback(text));
		socket.on('binary', (bytes) => socket.emit('binary', bytes));
		socket.on('broadcast', (text) => io.emit('broadcast', text));
		socket.on('relay', (text) => io.to('all').emit('relay', text));
		socket.on('join', (number, callback) => {
			socket.data.room = `room ${number}`;
			socket.join(socket.data.room);
			callback();
		});
		socket.on('say', (text, callback) => {
			socket.to(socket.data.room).emit('say', text);
			callback();
		});
	});
}

const ready = (port) => console.log(`READY ${port}`);

function listen(server) {
	server.listen(Number(env.PORT ?? 0), '127.0.0.1', 4096, () => ready(server.address().port));
}

async function adapterOn(url) {
	const { createAdapter } = await import('@socket.io/redis-adapter');
	const { createClient } = await import('redis');
	const pub = createClient({ url });
	const sub = pub.duplicate();
	await Promise.all([pub.connect(), sub.connect()]);
	return createAdapter(pub, sub);
}

async function startNode() {
	const { Server } = await import('socket.io');
	if (engine === 'eiows') options.wsEngine = (await import('eiows')).default.Server;
	const server = env.TLS_CERT
		? createSecureServer({ cert: readFileSync(env.TLS_CERT), key: readFileSync(env.TLS_KEY) })
		: createServer();
	if (env.REDIS) options.adapter = await adapterOn(env.REDIS);
	setUp(new Server(server, options));
	listen(server);
}

/** Bun's own HTTP and WebSocket, which the engine of that name brings to Socket.IO. */
async function startBun() {
	const { Server } = await import('socket.io');
	const { Server: Engine } = await import('@socket.io/bun-engine');
	const io = new Server(options);
	const under = new Engine({
		path: '/socket.io/',
		...(options.pingInterval && { pingInterval: options.pingInterval }),
	});
	io.bind(under);
	setUp(io);
	const tls = env.TLS_CERT && {
		cert: readFileSync(env.TLS_CERT),
		key: readFileSync(env.TLS_KEY),
	};
	const { Bun } = globalThis;
	const server = Bun.serve({
		port: Number(env.PORT ?? 0),
		hostname: '127.0.0.1',
		...under.handler(),
		...(tls && { tls }),
	});
	ready(server.port);
}

/** Answers as a server of long-polling would, and knows nothing. */
function startHttp() {
	const payload = `42["echo","${'the quick brown fox jumps over the lazy dog, '
		.repeat(1000)
		.slice(0, Number(env.BODY ?? 32))}"]`;
	const steps = new WeakMap();
	const answers = ['0{"sid":"01234567890123456789","upgrades":[]}', '40{"sid":"0"}'];
	const answer = (response, type, text) => {
		const length = Buffer.byteLength(text);
		response.writeHead(200, { 'Content-Type': type, 'Content-Length': length });
		response.end(text);
	};
	const server = createServer((request, response) => {
		if (request.method === 'GET') {
			const step = steps.get(request.socket) ?? 0;
			steps.set(request.socket, step + 1);
			answer(response, 'text/plain; charset=UTF-8', answers[step] ?? payload);
			return;
		}
		let body = '';
		request.setEncoding('utf8');
		request.on('data', (text) => (body += text));
		request.on('end', () => answer(response, 'text/html', body ? 'ok' : ''));
	});
	server.keepAliveTimeout = 60_000;
	listen(server);
}

if (engine === 'http') startHttp();
else if (engine === 'bun') await startBun();
else await startNode();

// SPDX-License-Identifier: MIT
//
// The reference server, behind the environment variables of tests/e2e/server: HOST, PORT,
// PING_INTERVAL, PING_TIMEOUT, CONNECT_TIMEOUT, UPGRADE_TIMEOUT, MAX_HTTP_BUFFER, CORS_*,
// TRANSPORTS, NO_UPGRADES, ALLOW_EIO3, CLIENT_DIR (any: it serves the files that it brings),
// DEFLATE, COOKIE, ENGINE_PATH, NO_TRAILING_SLASH, INITIAL_PACKET, PARSER=msgpack, those of hooks.mjs,
// and APP (lab or engine).

import { createServer } from 'node:http';
import { Server as Engine } from 'engine.io';
import { Server } from 'socket.io';
import parser from 'socket.io-msgpack-parser';
import { setUpEcho, setUpLab } from './apps.mjs';
import { allowRequest, originFunction, setUpHooks } from './hooks.mjs';
import { flag, number, words } from './environment.mjs';

const { env } = process;

/** A star in one of several origins, or in the only one, stands for any characters. */
function pattern(origin) {
	if (!origin.includes('*')) return origin;
	const parts = origin.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
	return new RegExp(`^${parts.join('.*')}$`);
}

function origins() {
	if (env.CORS_FUNCTION) return originFunction;
	const text = env.CORS_ORIGIN;
	const list = words(text);
	if (text === '*' || (list?.length === 1 && !text.includes('*'))) return text;
	return list?.map(pattern);
}

/** What is not set is left out, so that the reference's own values hold. */
const chosen = (all) =>
	Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));

const cors = () =>
	chosen({
		origin: origins(),
		credentials: flag('CORS_CREDENTIALS'),
		methods: env.CORS_METHODS,
		allowedHeaders: env.CORS_HEADERS,
		exposedHeaders: env.CORS_EXPOSED,
		maxAge: number('CORS_MAX_AGE'),
	});

const options = () =>
	chosen({
		pingInterval: number('PING_INTERVAL'),
		pingTimeout: number('PING_TIMEOUT'),
		connectTimeout: number('CONNECT_TIMEOUT'),
		upgradeTimeout: number('UPGRADE_TIMEOUT'),
		maxHttpBufferSize: number('MAX_HTTP_BUFFER'),
		transports: words(env.TRANSPORTS),
		allowUpgrades: !flag('NO_UPGRADES'),
		allowEIO3: flag('ALLOW_EIO3'),
		perMessageDeflate: flag('DEFLATE'),
		cookie: env.COOKIE ? { name: env.COOKIE } : undefined,
		path: env.ENGINE_PATH,
		addTrailingSlash: !flag('NO_TRAILING_SLASH'),
		initialPacket: env.INITIAL_PACKET,
		parser: env.PARSER === 'msgpack' ? parser : undefined,
		serveClient: Boolean(env.CLIENT_DIR),
		cors: origins() ? cors() : undefined,
		allowRequest: flag('ALLOW') ? allowRequest : undefined,
	});

const http = createServer((request, response) => response.writeHead(404).end());

function attachEngine() {
	const engine = new Engine(options());
	engine.attach(http, { path: '/engine.io' });
	setUpEcho(engine);
	setUpHooks(engine);
	return engine;
}

function attachLab() {
	const io = new Server(http, options());
	setUpLab(io);
	setUpHooks(io.engine, io);
	return io;
}

const served = env.APP === 'engine' ? attachEngine() : attachLab();

http.listen(number('PORT') ?? 0, env.HOST ?? '127.0.0.1', () => {
	console.log(`READY ${http.address().port}`);
});

/** What is being answered has a moment to go out. */
const GOODBYE_MS = 200;

let stopping = false;
process.on('SIGTERM', () => {
	if (stopping) return;
	stopping = true;
	http.once('close', () => process.exit(0));
	served.close();
	http.close();
	setTimeout(() => http.closeAllConnections(), GOODBYE_MS);
});

// SPDX-License-Identifier: MIT
//
// The reference server beside ours: the same bytes for both, and what each answers, written down so
// that the two can be compared as text.

import { fileURLToPath } from 'node:url';
import { Talk } from '../reference/talk.mjs';
import { Program, startServer } from './server.mjs';

const SCRIPT = fileURLToPath(new URL('../reference/server.mjs', import.meta.url));
const CLIENT_DIR = 'client-demo/node_modules/socket.io-client/dist';

/** Rows that are played at the same time. */
export const AT_ONCE = 6;

/* ---- Two servers ---- */

async function startReference(env) {
	const server = new Program(process.execPath, [SCRIPT], { PORT: '0', APP: 'lab', ...env });
	const ready = await server.prints(/READY (\d+)\n/);
	if (!ready) throw new Error(`the reference ended\n${server.stderr}`);
	server.port = Number(ready[1]);
	return server;
}

/** Both, or neither. */
async function startPair(env) {
	const both = [startReference(env), startServer(env)];
	const [reference, ours] = await Promise.allSettled(both);
	const failed = [reference, ours].find(({ status }) => status === 'rejected');
	if (!failed) return { reference: reference.value, ours: ours.value, free: undefined };
	await Promise.all([reference.value?.crash(), ours.value?.crash()]);
	throw failed.reason;
}

const pairs = new Map();

/** One pair for each environment, started when it is first asked for; null takes a value away. */
function pairFor(env) {
	const key = JSON.stringify(env);
	if (!pairs.has(key)) {
		const wanted = Object.entries({ CLIENT_DIR, REPORT: '1', ...env });
		pairs.set(key, startPair(Object.fromEntries(wanted.filter(([, value]) => value !== null))));
	}
	return pairs.get(key);
}

export async function stopPairs() {
	const all = await Promise.allSettled(pairs.values());
	pairs.clear();
	const started = all.flatMap(({ value }) => (value ? [value.reference, value.ours] : []));
	await Promise.all(started.map((server) => server.stop()));
}

/* ---- Rows ---- */

/** Plays a row against one server: { text, value }. */
async function play(row, server) {
	const talk = new Talk(server, row);
	try {
		const value = await row.play(talk);
		return { text: talk.text, value };
	} catch (error) {
		return { text: `${error.message}\n--- so far:\n${talk.text}`, error };
	} finally {
		await talk.end();
	}
}

/** Plays a row against both: { reference, ours }. Sockets on one server hear of each other, so rows
 * wait until it is free. */
export async function capture(row) {
	const pair = await pairFor(row.env);
	const before = pair.free;
	const played = (async () => {
		await before;
		return Promise.all([play(row, pair.reference), play(row, pair.ours)]);
	})();
	pair.free = played;
	const [reference, ours] = await played;
	return { reference, ours };
}

/** Rows of one subject; each is one dialogue. */
export class Table {
	constructor(title, env = {}) {
		this.title = title;
		this.env = env;
		this.rows = [];
	}

	/** One on which the two agree. `aside` names fields that are told in a row of their own. */
	row(name, play, { env, aside } = {}) {
		this.rows.push({ name, play, aside, env: { ...this.env, ...env } });
	}

	/** One on which they differ, as an entry of differences.md says; `play` gives what counts. */
	differs(number, name, { reference, ours, env }, play) {
		this.rows.push({ number, name, play, reference, ours, env: { ...this.env, ...env } });
	}
}

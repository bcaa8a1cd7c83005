// SPDX-License-Identifier: MIT
//
// What tests/e2e/server/hooks.c does, for the reference: REPORT, ALLOW, IDS, HEADERS and
// CORS_FUNCTION.

import { flag } from './environment.mjs';

const report = (what, facts) => console.log(`${what} ${JSON.stringify(facts)}`);

function reportEngine(engine) {
	engine.on('connection', (session) => {
		const { id: sid } = session;
		report('open', { sid, transport: session.transport.name, version: session.protocol });
		session.on('close', (reason) => {
			report('close', { sid, transport: session.transport.name, reason });
		});
	});
	engine.on('connection_error', ({ code, message, context }) => {
		report('refused', { code, message, name: context?.name ?? null });
	});
}

function reportSockets(io) {
	for (const nsp of ['/', '/admin']) {
		io.of(nsp).on('connection', (socket) => {
			const { id } = socket;
			report('connect', { nsp, id });
			socket.on('disconnect', (reason) => report('disconnect', { nsp, id, reason }));
		});
	}
}

const waiting = [];

/** "no" with the message in `because`; "wait", until another says "go" or "stop"; else yes. */
export function allowRequest({ _query: { allow, because } }, answer) {
	if (allow === 'wait') return waiting.push(answer);
	if (allow === 'go') waiting.splice(0).forEach((other) => other(null, true));
	if (allow === 'stop') waiting.splice(0).forEach((other) => other('stopped', false));
	return allow === 'no' ? answer(because, false) : answer(null, true);
}

export function originFunction(origin, answer) {
	const allowed = origin?.endsWith(process.env.CORS_FUNCTION);
	answer(null, allowed ? origin : false);
}

function generateId({ _query: { id } }) {
	if (!id) throw new Error('no id');
	return id;
}

function addHeaders(headers, { _query: { sid, ask } }) {
	headers['X-Answer'] = sid ? 'later' : 'initial';
	if (ask) headers['X-Asked'] = ask;
}

export function setUpHooks(engine, io) {
	if (flag('REPORT')) reportEngine(engine);
	if (flag('REPORT') && io) reportSockets(io);
	if (flag('IDS')) engine.generateId = generateId;
	if (flag('HEADERS')) engine.on('headers', addHeaders);
}

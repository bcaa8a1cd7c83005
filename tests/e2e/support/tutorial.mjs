// SPDX-License-Identifier: MIT
//
// The tutorials' programs, each with its page.

import { createServer } from 'node:net';
import { once } from 'node:events';
import { buildDir, Program } from './server.mjs';

async function isFree(port) {
	const server = createServer().listen(port, '127.0.0.1');
	const free = await Promise.race([
		once(server, 'listening').then(() => true),
		once(server, 'error').then(() => false),
	]);
	server.close();
	if (free) await once(server, 'close');
	return free;
}

/** A port that is free, as is the next one. */
export async function freePorts() {
	for (let tries = 0; tries < 100; tries++) {
		const port = 20000 + Math.floor(Math.random() * 10000);
		if ((await isFree(port)) && (await isFree(port + 1))) return port;
	}
	throw new Error('no two free ports in a row');
}

/** The program, which the test stops when it ends. */
export async function startTutorial(t, name, port = 0) {
	const tutorial = new Program(`${buildDir}/tutorials/${name}`, [
		'--port',
		String(port),
		'--public',
		`client-demo/tutorials/${name}`,
	]);
	const ready = await tutorial.prints(/listening on (http:\/\/127\.0\.0\.1:\d+)\//);
	if (!ready) throw new Error(`${name} ended: ${tutorial.stderr}`);
	tutorial.url = ready[1];
	t.after(() => tutorial.stop());
	return tutorial;
}

// SPDX-License-Identifier: MIT
//
// Starts programs other than the conformance server; each says READY and its port.

import { buildDir, Program } from './server.mjs';

/** A running program of the build folder; whoever asked stops it. */
export async function startProgram(name, { args = [], env = {} } = {}) {
	const server = new Program(`${buildDir}/${name}`, args, { PORT: '0', ...env });
	const ready = await server.prints(/READY (\d+)\n/);
	if (!ready) throw new Error(`${name} ended: ${server.stderr}`);
	server.port = Number(ready[1]);
	server.host = `127.0.0.1:${server.port}`;
	server.url = `http://${server.host}`;
	return server;
}

export const startPlain = (env) => startProgram('plain-server', { env });

// SPDX-License-Identifier: MIT
//
// The first program of README, compiled exactly as printed against an installed library.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';

const dir = resolve(process.env.SIO_BUILD_DIR ?? 'build/release', 'readme');
const prefix = `${dir}/usr`;
const source = /```c\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';

// What the make that runs this test handed down is not for the make that it runs.
const { MAKEFLAGS, MAKELEVEL, MAKEOVERRIDES, MFLAGS, ...env } = process.env;
env.PKG_CONFIG_PATH = `${prefix}/lib/pkgconfig`;

const run = (program, ...args) => execFileSync(program, args, { env, encoding: 'utf8' });
const words = (text) => text.trim().split(/\s+/);
const flags = (...args) => words(run('pkg-config', ...args, 'libsio'));

const freePort = () =>
	new Promise((done) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => done(port));
		});
	});

// The port is the one printed in the program, unless the program asks the environment.
async function portOf(program) {
	if (program.includes('getenv("PORT")')) return freePort();
	return Number(/\.port\s*=\s*(\d+)/.exec(program)?.[1] ?? 3000);
}

async function handshake(port, server) {
	for (let tries = 0; tries < 100 && server.exitCode === null; tries++) {
		try {
			const url = `http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`;
			return await (await fetch(url)).text();
		} catch {
			await new Promise((done) => setTimeout(done, 50));
		}
	}
	return `no answer on port ${port}, exit code ${server.exitCode}`;
}

async function answersHandshake(program) {
	const port = await portOf(source);
	const server = spawn(program, {
		env: { ...env, PORT: String(port), LD_LIBRARY_PATH: `${prefix}/lib` },
		stdio: 'ignore',
	});
	try {
		assert.match(await handshake(port, server), /^0\{"sid":"/);
	} finally {
		server.kill();
		if (server.exitCode === null && server.signalCode === null)
			await new Promise((done) => server.once('exit', done));
	}
}

before(() => {
	rmSync(dir, { recursive: true, force: true });
	mkdirSync(dir, { recursive: true });
	run('make', '-s', 'install', 'VARIANT=release', `PREFIX=${prefix}`);
	writeFileSync(`${dir}/program.c`, source);
});

after(() => rmSync(prefix, { recursive: true, force: true }));

test('the first program of README has at most 40 lines', () => {
	assert.ok(source.length > 0, 'README has a block of C');
	assert.ok(source.trimEnd().split('\n').length <= 40);
});

test('the first program of README compiles as printed and answers a handshake', async () => {
	const warnings = ['-std=c11', '-Wall', '-Wextra', '-Werror'];
	const libsio = flags('--cflags', '--libs');
	run('gcc', ...warnings, `${dir}/program.c`, ...libsio, '-o', `${dir}/program`);
	await answersHandshake(`${dir}/program`);
});

test('the first program of README links the static library alone as well', async () => {
	const archive = `${prefix}/lib/libsio.a`;
	const others = flags('--static', '--cflags', '--libs').filter((flag) => flag !== '-lsio');
	run('gcc', `${dir}/program.c`, archive, ...others, '-o', `${dir}/program-static`);
	await answersHandshake(`${dir}/program-static`);
});

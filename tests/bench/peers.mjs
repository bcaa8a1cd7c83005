// SPDX-License-Identifier: MIT
//
// Servers of Socket.IO in other languages: how each is built, out of peers/<name> into
// build/peers/<name>, and run.  One thread is given to each.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const source = (id, path = '') => here(`peers/${id}/${path}`);
const built = (id, path = '') => here(`../../build/peers/${id}/${path}`);
const PATIENCE_MS = 15 * 60_000;

/** `pinned`: where its version stands; `speaks`: what asks its language for one. */
const recipes = {
	socketioxide: {
		pinned: ['Cargo.toml', /^socketioxide = .*"=([\d.]+)"/m],
		speaks: ['Rust', 'rustc', '--version'],
		build: [['cargo', 'build', '--release', '--quiet']],
		command: (at) => [at('target/release/bench-socketioxide')],
	},
	zishang520: {
		pinned: ['go.mod', /servers\/socket\/v3 v([\d.]+)/],
		speaks: ['Go', 'go', 'version'],
		build: [['go', 'build', '-trimpath', '-o', 'server', '.']],
		command: (at) => [at('server')],
		env: { GOMAXPROCS: '1' },
	},
	'python-socketio': {
		pinned: ['requirements.txt', /^python-socketio==([\d.]+)/m],
		speaks: ['Python', 'python3', '--version'],
		build: [
			['python3', '-m', 'venv', 'venv'],
			['venv/bin/python', '-m', 'pip', 'install', '--quiet', '-r', 'requirements.txt'],
		],
		command: (at) => [at('venv/bin/python'), at('server.py')],
	},
	'netty-socketio': {
		pinned: ['pom.xml', /<artifactId>netty-socketio<\/artifactId>\s*<version>([\d.]+)/],
		speaks: ['Java', 'java', '--version'],
		build: [
			[
				'mvn', '--quiet', '--batch-mode', 'compile', 'dependency:copy-dependencies',
				'-DincludeScope=runtime',
			],
		],
		command: (at) => [
			'java', '-XX:+UseSerialGC', '-cp', `${at('target/classes')}:${at('target/dependency')}/*`,
			'Server',
		],
	},
};

export const isPeer = (id) => id in recipes;
export const peerCommand = (id) => recipes[id].command((path) => built(id, path));
export const peerEnvironment = (id) => recipes[id]?.env ?? {};

/** The version that is pinned, and that of its language. */
export function peerVersions(id) {
	const { pinned: [file, pattern], speaks: [language, command, ...args] } = recipes[id];
	const version = pattern.exec(readFileSync(source(id, file), 'utf8'))[1];
	const said = execFileSync(command, args, { encoding: 'utf8' });
	return `${id} ${version}, ${language} ${/\d+(\.\d+)+/.exec(said)[0]}`;
}

/** What a tool that failed gave as the cause, in a line. */
function reason(error, command) {
	if (error.code === 'ENOENT') return `${command} is not installed`;
	if (error.code === 'ETIMEDOUT') return `${command} took too long`;
	const said = `${error.stderr}\n${error.stdout}`.split('\n').filter((line) => line.trim());
	const cause = /error|missing|forbidden|cannot|could not/i;
	const line = said.find((one) => cause.test(one)) ?? said.at(-1);
	return `${command} failed: ${(line ?? error.message).trim().slice(0, 200)}`;
}

/** Builds it.  Why it cannot be; undefined: it is built. */
export function buildPeer(id) {
	const { build, speaks, env } = recipes[id];
	mkdirSync(built(id), { recursive: true });
	cpSync(source(id), built(id), { recursive: true, preserveTimestamps: true });
	for (const [command, ...args] of [...build, speaks.slice(1)]) {
		try {
			execFileSync(command, args, {
				cwd: built(id),
				env: { ...process.env, ...env, CARGO_TARGET_DIR: 'target' },
				stdio: 'pipe',
				timeout: PATIENCE_MS,
			});
		} catch (error) {
			return reason(error, command);
		}
	}
	return undefined;
}

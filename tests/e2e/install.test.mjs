// SPDX-License-Identifier: MIT
//
// The libraries as they are installed: what is where, and programs of somebody else's that use
// libsio-msgpack and libsio-redis.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import parser from 'socket.io-msgpack-parser';
import { answers, connect, WEBSOCKET } from './support/client.mjs';
import { buildDir, Program } from './support/server.mjs';

const dir = `${buildDir}/installed`;
const prefix = `${dir}/usr`;

// What the make that runs this test handed down is not for the make that it runs.
const { MAKEFLAGS, MAKELEVEL, MAKEOVERRIDES, MFLAGS, ...env } = process.env;
env.PKG_CONFIG_PATH = `${prefix}/lib/pkgconfig`;

const run = (program, ...args) => execFileSync(program, args, { env, encoding: 'utf8' });
const flags = (...args) => run('pkg-config', ...args).trim().split(/\s+/);
const install = (...to) => run('make', '-s', 'install', 'VARIANT=release', ...to);

const SOURCE = `
#include <sio_msgpack.h>
#include <stdio.h>

static void on_echo(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	sio_reply_with(ev->ack, ev->binary, ev->nbinary, cJSON_Duplicate(ev->args, 1));
}

int main(void)
{
	sio_options options = { .host = "127.0.0.1", .parser = sio_msgpack_parser() };
	sio_server *io;
	if (sio_create(&io, &options) != SIO_OK)
		return 1;
	sio_on(sio_of(io, "/"), "echo", on_echo, NULL);
	if (sio_listen(io) != SIO_OK)
		return 1;
	printf("READY %d\\n", sio_port(io));
	fflush(stdout);
	return sio_run(io) == SIO_OK ? 0 : 1;
}
`;

before(() => {
	rmSync(dir, { recursive: true, force: true });
	mkdirSync(dir, { recursive: true });
	install(`PREFIX=${prefix}`);
	writeFileSync(`${dir}/program.c`, SOURCE);
});

after(() => rmSync(dir, { recursive: true, force: true }));

async function echoes(t, program) {
	const server = new Program(program, [], { LD_LIBRARY_PATH: `${prefix}/lib` });
	t.after(() => server.crash());
	const ready = await server.prints(/READY (\d+)\n/);
	assert.ok(ready, server.stderr);
	server.url = `http://127.0.0.1:${ready[1]}`;
	const socket = await connect(t, server, WEBSOCKET, { parser });
	const args = ['é', { a: [Buffer.from([1, 2])] }, 2 ** 40];

	assert.deepEqual(await answers(socket, 'echo', ...args), args);
}

test('a program that asks pkg-config for libsio-msgpack talks MessagePack', async (t) => {
	const warnings = ['-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror'];
	const libraries = flags('--cflags', '--libs', 'libsio-msgpack');
	run('gcc', ...warnings, `${dir}/program.c`, ...libraries, '-o', `${dir}/program`);

	await echoes(t, `${dir}/program`);
	assert.match(run('ldd', `${dir}/program`), /libsio-msgpack\.so\.0/);
});

test('the same program links the static libraries alone', async (t) => {
	const own = (flag) => ['-lsio', '-lsio-msgpack'].includes(flag);
	const all = flags('--static', '--cflags', '--libs', 'libsio-msgpack');
	const libraries = all.map((flag) => (own(flag) ? `-l:lib${flag.slice(2)}.a` : flag));
	run('gcc', `${dir}/program.c`, ...libraries, '-o', `${dir}/program-static`);

	await echoes(t, `${dir}/program-static`);
	assert.doesNotMatch(run('ldd', `${dir}/program-static`), /libsio/);
});

const CLUSTER_SOURCE = `
#include <sio_redis.h>
#include <stdio.h>

int main(void)
{
	sio_options options = { .host = "127.0.0.1" };
	sio_server *io;
	if (sio_create(&io, &options) != SIO_OK)
		return 1;
	sio_err err = sio_redis_adapter(
		io, &(sio_redis_options){ .url = "redis://127.0.0.1:1", .wait_at_start_ms = 100 });
	printf("%s\\n", sio_strerror(err));
	sio_close(io);
	return 0;
}
`;

test('a program that asks pkg-config for libsio-redis may join a cluster, linked either way', () => {
	writeFileSync(`${dir}/cluster.c`, CLUSTER_SOURCE);
	const own = (flag) => ['-lsio', '-lsio-redis'].includes(flag);
	const all = flags('--static', '--cflags', '--libs', 'libsio-redis');
	const ways = {
		cluster: flags('--cflags', '--libs', 'libsio-redis'),
		'cluster-static': all.map((flag) => (own(flag) ? `-l:lib${flag.slice(2)}.a` : flag)),
	};
	for (const [name, libraries] of Object.entries(ways)) {
		run('gcc', '-Wall', '-Werror', `${dir}/cluster.c`, ...libraries, '-o', `${dir}/${name}`);
		const result = spawnSync(`${dir}/${name}`, [], {
			env: { ...env, LD_LIBRARY_PATH: `${prefix}/lib` },
			encoding: 'utf8',
		});
		assert.equal(result.stdout, 'input or output failed\n');
		assert.equal(result.stderr, 'libsio: redis: 127.0.0.1 is not there: connection refused\n');
	}
	assert.doesNotMatch(run('ldd', `${dir}/cluster-static`), /libsio/);
});

test('a program without them needs neither msgpack-c nor hiredis', () => {
	assert.doesNotMatch(flags('--static', '--libs', 'libsio').join(' '), /msgpack|hiredis/);
	assert.doesNotMatch(run('ldd', `${prefix}/lib/libsio.so`), /msgpack|hiredis/);
});

test('DESTDIR is where things go, and nothing tells of it', () => {
	const root = `${dir}/root`;
	install(`DESTDIR=${root}`, 'PREFIX=/usr', 'LIBDIR=/usr/lib64');
	const installed = [
		'include/sio.h',
		'include/sio_adapter.h',
		'include/sio_msgpack.h',
		'include/sio_redis.h',
		...['libsio', 'libsio-msgpack', 'libsio-redis'].flatMap((name) => [
			`lib64/${name}.a`,
			`lib64/${name}.so`,
			`lib64/${name}.so.0`,
			`lib64/pkgconfig/${name}.pc`,
		]),
	];

	for (const file of installed) assert.ok(existsSync(`${root}/usr/${file}`), file);
	for (const file of installed.filter((name) => name.endsWith('.pc'))) {
		const text = readFileSync(`${root}/usr/${file}`, 'utf8');
		assert.doesNotMatch(text, /root|@/);
		assert.match(text, /^prefix=\/usr$/m);
		assert.match(text, /^libdir=\/usr\/lib64$/m);
	}
});

// SPDX-License-Identifier: MIT
//
// How much memory a server takes, seen from outside, and how to give it no more.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const inAsan = [process.env.ASAN_OPTIONS, 'allocator_may_return_null=1', 'quarantine_size_mb=0'];

/** For a server whose heap grows by what is asked for, and that gives back what is free. */
export const EXACT_HEAP = {
	MALLOC_TOP_PAD_: '0',
	MALLOC_MMAP_THRESHOLD_: '131072',
	MALLOC_TRIM_THRESHOLD_: '131072',
	ASAN_OPTIONS: [...inAsan, 'thread_local_quarantine_size_kb=0'].filter(Boolean).join(':'),
};

/** What the server has asked the system for, in bytes. */
export function memoryOf(server, name = 'VmData') {
	const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
	return 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)[1]);
}

/** What it has asked for since then. */
export const grownSince = (server, before) => memoryOf(server) - before;

/** What is written while the server is stopped lies there in one piece when it goes on. */
export async function whileStopped(server, fn) {
	server.child.kill('SIGSTOP');
	try {
		await fn();
	} finally {
		server.child.kill('SIGCONT');
	}
}

function setLimits(server, as, data) {
	const pid = String(server.child.pid);
	execFileSync('prlimit', ['--pid', pid, `--as=${as}:unlimited`, `--data=${data}:unlimited`]);
}

/** Meanwhile the server gets so many bytes more, and no byte beyond. */
export async function withLittleMemory(server, more, fn) {
	setLimits(server, memoryOf(server, 'VmSize') + more, memoryOf(server) + more);
	try {
		await fn();
	} finally {
		setLimits(server, 'unlimited', 'unlimited');
	}
}

/** AddressSanitizer's allocator sets aside more than it is asked for. */
export function isSanitized(server) {
	return readFileSync(`/proc/${server.child.pid}/exe`).includes('__asan_init');
}

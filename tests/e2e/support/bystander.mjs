// SPDX-License-Identifier: MIT
//
// An honest client beside the hostile ones: whatever they do, its echoes and broadcasts come all,
// in order and in time.

import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import { next, PATIENCE } from './wait.mjs';

/** Generous: it is a stall that this is to find, on a busy machine and under sanitizers. */
const P99_MS = 1500;

export function percentile(values, share) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export class Bystander {
	static async of(server, { transports = ['websocket'], everyMs = 2 } = {}) {
		const bystander = new Bystander();
		const file = new URL('bystander-worker.mjs', import.meta.url);
		bystander.worker = new Worker(file, {
			workerData: { url: server.url, transports, everyMs },
		});
		await next(bystander.worker, 'message');
		return bystander;
	}

	/** What has come since the last time. */
	async report() {
		const answer = next(this.worker, 'message');
		this.worker.postMessage('report');
		return (await answer)[0];
	}

	/** It has lost nothing and has not had to wait, since the last time and until now. */
	async isUndisturbed({ p99 = P99_MS, least = 20 } = {}) {
		const took = [];
		for (const end = Date.now() + PATIENCE; took.length < least;) {
			const { ends, echoes, broadcasts } = await this.report();
			assert.deepEqual(ends, [], 'the bystander stays connected');
			assert.deepEqual([...echoes.faults, ...broadcasts.faults], [], 'and loses nothing');
			const late = [...echoes.waiting, ...broadcasts.waiting].filter((ms) => ms > PATIENCE);
			assert.deepEqual(late, [], 'and gets an answer');
			took.push(...echoes.took, ...broadcasts.took);
			assert.ok(Date.now() < end, `${took.length} answers to the bystander`);
		}
		const got = percentile(took, 0.99);
		assert.ok(got < p99, `99 of 100 answers within ${got.toFixed(1)} ms`);
		return { answers: took.length, p99: got };
	}

	async leave() {
		await this.worker.terminate();
	}
}

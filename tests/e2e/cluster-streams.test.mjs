// SPDX-License-Identifier: MIT
//
// A cluster over a stream, as @socket.io/redis-streams-adapter has it, without recovery and with.

import { describe } from 'node:test';
import { testCluster } from './support/cluster-operations.mjs';

const KINDS = { c1: 'c', n1: 'node', c2: 'c' };
/** The reference cannot ask for the rooms of others there. */
const except = ['all rooms'];

for (const RECOVERY of ['', '60000']) {
	describe(`a stream, ${RECOVERY ? 'with' : 'without'} recovery`, () => {
		testCluster(KINDS, { env: { MODE: 'streams', RECOVERY }, outsiders: ['c emitter'], except });
	});
}

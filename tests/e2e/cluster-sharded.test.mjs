// SPDX-License-Identifier: MIT
//
// A cluster over the sharded channels of Redis 7, as createShardedAdapter() has them, in each of
// its modes; the reference has no emitter for it.

import { describe } from 'node:test';
import { testCluster } from './support/cluster-operations.mjs';

const KINDS = { c1: 'c', n1: 'node', c2: 'c' };
/** The reference cannot ask for the rooms of others there. */
const except = ['all rooms'];

const isId = (room) => room.length === 20;
const modes = {
	dynamic: (room) => !isId(room),
	static: undefined,
	'dynamic-private': () => true,
};

for (const [MODE, channels] of Object.entries(modes)) {
	describe(`sharded channels, ${MODE}`, () => {
		const outsiders = MODE === 'dynamic' ? ['c emitter'] : [];
		testCluster(KINDS, { env: { MODE }, outsiders, except, channels });
	});
}

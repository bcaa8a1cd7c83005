// SPDX-License-Identifier: MIT
//
// A cluster over a stream, as @socket.io/redis-streams-adapter has it.

import { testCluster } from './support/cluster-operations.mjs';

const KINDS = { c1: 'c', n1: 'node', c2: 'c' };

/** The reference cannot ask for the rooms of others there. */
testCluster(KINDS, { env: { MODE: 'streams' }, outsiders: ['c emitter'], except: ['all rooms'] });

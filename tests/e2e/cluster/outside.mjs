// SPDX-License-Identifier: MIT
//
// Who talks to the cluster without being a server: the reference's emitter, and plain Redis.

import { Emitter } from '@socket.io/redis-emitter';
import { createClient } from 'redis';
import msgpack from 'notepack.io';

/** A client of Redis that ends with the test. */
export async function redisClient(t, redis, options = {}) {
	const client = createClient({ url: redis.url, ...options });
	client.on('error', () => {});
	await client.connect();
	t.after(() => client.disconnect().catch(() => {}));
	return client;
}

export const emitterOn = (client, options) => new Emitter(client, options);
export const { encode, decode } = msgpack;

// SPDX-License-Identifier: MIT
//
// Cases of the conformance suite for Socket.IO, each played by every way in which a packet can
// travel.

import { test } from 'node:test';
import { NEW, Peer, title, WAYS } from './peer.mjs';

export const bytes = (...values) => Buffer.from(values);
/** Stands in a payload for the attachment with this number. */
export const hole = (num) => `{"_placeholder":true,"num":${num}}`;

/** The packets by themselves, as a table. */
export const each = (...packets) => Object.fromEntries(packets.map((packet) => [packet, packet]));

export const RESERVED = [
	'connect',
	'connect_error',
	'disconnect',
	'disconnecting',
	'newListener',
	'removeListener',
];

/** The kinds of cases, against the server that `server()` gives when they run. */
export function casesOf(server) {
	/** A dialogue of a peer who has entered by the CONNECT `first`; the connection outlives it. */
	function play(numbers, what, first, dialogue, ways = WAYS) {
		for (const way of ways)
			test(title(numbers, what, way), async (t) => {
				const peer = await Peer.join(t, server(), way, first);
				await dialogue(peer, t);
				await peer.goesOn();
			});
	}

	/** As test(), with a peer who is in no namespace; in version 3 that would be in none but /. */
	function outside(numbers, what, dialogue, ways = NEW) {
		for (const way of ways)
			test(title(numbers, what, way), async (t) => {
				await dialogue(await Peer.open(t, server(), way), t);
			});
	}

	/** A table of packets and what answers each of them. */
	function answers(numbers, first, table, ways) {
		for (const [packet, answer] of Object.entries(table))
			play(
				numbers,
				`${packet} is answered with ${answer}`,
				first,
				(peer) => peer.asks(packet, answer),
				ways,
			);
	}

	/** A table of packets, or lists of them, that the connection outlives without a word. */
	function outlives(numbers, table, ways) {
		for (const [what, packets] of Object.entries(table))
			play(numbers, `${what} does no harm`, '40', (peer) => peer.say(...[packets].flat()), ways);
	}

	/** A table of packets, or lists of them, each of which ends the connection without a word. */
	function ends(numbers, first, table, ways = WAYS) {
		for (const [what, packets] of Object.entries(table))
			for (const way of ways)
				test(title(numbers, `${what} closes the connection`, way), async (t) => {
					const peer = await Peer.join(t, server(), way, first);
					await peer.say(...[packets].flat());
					await peer.isClosed();
				});
	}

	return { play, outside, answers, ends, outlives };
}

/* SPDX-License-Identifier: MIT */
/*
 * transport - what a session needs of the thing that carries its packets.
 *
 * A transport owns no packets: it is woken when there are some, and pulls them with session_peek()
 * and session_pop() when it can write.  Long-polling is built here (polling.h); the WebSocket
 * transport is the network's; tests have one of their own.
 */
#ifndef ENGINE_TRANSPORT_H
#define ENGINE_TRANSPORT_H

#include "../base/span.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct transport transport;

typedef struct transport_ops {
	const char *name;       /* as in the query: "polling", "websocket" */
	bool close_packet_ends; /* whether a close packet from the peer ends the session */

	/* The session has output: pull it by the end of this turn, or as soon as the peer takes it.
	 * May be called many times a turn, and never calls back into the session. */
	void (*wake)(transport *t);
	/* Whether a packet queued now would leave with this turn.  For volatile emits. */
	bool (*writable)(const transport *t);
	/* Bytes that were pulled and that the peer's kernel has not taken. */
	size_t (*pending)(const transport *t);
	/* A control packet that goes ahead of what is queued; only for a transport that is being
	 * probed. */
	void (*control)(transport *t, span packet);
	/* Lets go of a peer that waits for output (a long poll), with a noop if there is nothing
	 * else. */
	void (*release)(transport *t);
	/* Says goodbye in the transport's own way and forgets the session.  false, with wait only:
	 * the peer cannot be told before it asks again; the transport then calls
	 * session_closed_by_poll() when it does. */
	bool (*close)(transport *t, bool wait);
	/* Takes no more of the peer's input, or goes on with what it has set aside. */
	void (*hold)(transport *t, bool held);
} transport_ops;

struct transport {
	const transport_ops *ops;
};

#endif

/* SPDX-License-Identifier: MIT */
/* counters - what a server counts of what it does, for whoever watches it.  An increment each, and
 * no more. */
#ifndef ENGINE_COUNTERS_H
#define ENGINE_COUNTERS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The limits, by the names of their options. */
#define COUNTERS_LIMITS(X)                                                                         \
	X(max_payload)                                                                             \
	X(max_queue)                                                                               \
	X(high_water)                                                                              \
	X(max_held)                                                                                \
	X(max_memory)                                                                              \
	X(max_attachments)                                                                         \
	X(max_depth)                                                                               \
	X(max_unanswered)                                                                          \
	X(max_pending)                                                                             \
	X(max_sockets)                                                                             \
	X(max_namespace)                                                                           \
	X(max_namespaces)                                                                          \
	X(connect_timeout_ms)                                                                      \
	X(recovery_bytes)                                                                          \
	X(recovery_sockets)                                                                        \
	X(max_connections)                                                                         \
	X(max_connections_per_address)                                                             \
	X(max_sessions)                                                                            \
	X(max_sessions_per_address)                                                                \
	X(max_handshakes_per_second)                                                               \
	X(max_events_per_second)                                                                   \
	X(max_bytes_per_second)

typedef enum counters_limit {
#define COUNTERS_LIMIT(name) LIMIT_##name,
	COUNTERS_LIMITS(COUNTERS_LIMIT)
#undef COUNTERS_LIMIT
		LIMITS
} counters_limit;

enum { REFUSALS = 6 }; /* the codes of Engine.IO */

typedef struct counters {
	uint64_t opened, closed; /* sessions */
	uint64_t upgraded;
	uint64_t accepted; /* connections */
	uint64_t refused[REFUSALS];
	uint64_t bad_requests; /* that cannot be read as HTTP */
	uint64_t bad_frames;   /* WebSockets that broke their rules */
	uint64_t bad_packets;  /* sessions that sent what is no packet, or may not come */
	uint64_t packets_in, packets_out;
	uint64_t bytes_in, bytes_out;
	uint64_t struck[LIMITS];
} counters;

/* A limit was struck, by its name; one that is not among them is not counted. */
static inline void counters_strike(counters *c, const char *limit)
{
	static const char *const names[] = {
#define COUNTERS_NAME(name) #name,
		COUNTERS_LIMITS(COUNTERS_NAME)
#undef COUNTERS_NAME
	};
	for (size_t i = 0; i < LIMITS; i++)
		if (!strcmp(names[i], limit))
			c->struck[i]++;
}

#endif

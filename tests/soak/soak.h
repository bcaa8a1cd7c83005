/* SPDX-License-Identifier: MIT */
/* soak - what the server's process and its clients' agree on. */
#ifndef TESTS_SOAK_H
#define TESTS_SOAK_H

#include <stdint.h>
#include <sys/types.h>

/*
 * The server of the soak test, which runs in a process of its own until it gets a SIGTERM, and
 * writes its port to ready.  Its events:
 *
 *   echo(n, ...)     the same again to who sent it; each client's n count up from 0
 *   say(...)         said(n) to the room of who sent it; each room's n count up from 0
 *   room(name)       goes into that room; answered
 *   stream(count)    at(n) with n from 0 to count - 1, as fast as the client takes them
 *   hose()           puts the client under water: far more than it takes
 *
 * GET /state answers with what it holds: "sessions timers connections heard wrong".
 */
int soak_server(int ready);

typedef struct soak_state {
	unsigned sessions, timers, connections;
	uint64_t heard; /* events of clients that came once and in order */
	uint64_t wrong; /* that did not */
	long rss_kb;
	int descriptors;
} soak_state;

/* Asks it. */
soak_state soak_look(pid_t server, uint16_t port);

#endif

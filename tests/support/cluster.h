/* SPDX-License-Identifier: MIT */
/*
 * cluster - an adapter that joins the labs of one process.
 *
 * What is sent waits until cluster_turn(), which hands it over, and what that brings about, until
 * nothing is left.
 */
#ifndef TESTS_CLUSTER_H
#define TESTS_CLUSTER_H

#include "../../include/sio_adapter.h"
#include <stddef.h>

enum { CLUSTER_MAX = 4 };

typedef struct cluster cluster;

typedef struct cluster_member {
	cluster *all;
	sio_server *server;
	unsigned places; /* that are open */
	unsigned sent;   /* messages */
	/* "+name " for each room that has begun, "-name " for each that has ended, as far as they
	 * fit in. */
	char rooms[256];
	bool ended;
	bool mute; /* what it is sent gets lost */
	bool away; /* it can neither send nor count */
	bool full; /* it opens no more places */
} cluster_member;

struct cluster {
	cluster_member members[CLUSTER_MAX];
	size_t n;
	unsigned extra; /* servers that are counted and do not exist */
	struct letter *letters;
};

void cluster_init(cluster *c);
/* One more server, whose requests wait for this long; what sio_use_adapter() says of it. */
sio_err cluster_join(cluster *c, sio_server *s, unsigned timeout_ms);
/* Hands over what was sent; ends the turns of the labs. */
void cluster_turn(cluster *c);
/* What nobody has taken. */
void cluster_fini(cluster *c);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cluster - an adapter that joins the labs of one process.
 *
 * What is sent waits until cluster_turn(), which hands it over, and what that brings about, until
 * nothing is left.  One that keeps what it carries gives each event an offset then, "1-0", "2-0",
 * and remembers events and the clients that were lost last.
 */
#ifndef TESTS_CLUSTER_H
#define TESTS_CLUSTER_H

#include "../../include/sio_adapter.h"
#include <stddef.h>

enum { CLUSTER_MAX = 4, CLUSTER_TEXT = 512, CLUSTER_LOST = 8 };

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
	bool mute;   /* what it is sent gets lost */
	bool away;   /* it can neither send nor count */
	bool full;   /* it opens no more places */
	char at[32]; /* the offset of what it was handed last */
} cluster_member;

/* What is kept of a client: its rooms with a space behind each, its data as text. */
typedef struct cluster_lost {
	char id[64], pid[64], rooms[CLUSTER_TEXT], data[CLUSTER_TEXT];
	unsigned ms;
	bool unsure;
} cluster_lost;

struct cluster {
	cluster_member members[CLUSTER_MAX];
	size_t n;
	unsigned extra; /* servers that are counted and do not exist */
	struct letter *letters;
	/* Before anybody joins: it keeps what it carries. */
	bool keeps;
	bool slow; /* who comes back is not answered yet */
	bool torn; /* what was missed is not whole */
	unsigned events;
	struct letter *history;
	cluster_lost lost[CLUSTER_LOST];
	size_t nlost;
};

void cluster_init(cluster *c);
/* One more server, whose requests wait for this long; what sio_use_adapter() says of it. */
sio_err cluster_join(cluster *c, sio_server *s, unsigned timeout_ms);
/* Hands over what was sent; ends the turns of the labs. */
void cluster_turn(cluster *c);
/* What nobody has taken is freed. */
void cluster_fini(cluster *c);
/* Closes these labs, which leave no place open, and does the same. */
void cluster_close_labs(cluster *c, sio_server *const *labs, size_t n);

#endif

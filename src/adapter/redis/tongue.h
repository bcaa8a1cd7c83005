/* SPDX-License-Identifier: MIT */
/* tongue - the two languages that clusters speak on Redis: classic and sharded. */
#ifndef REDIS_TONGUE_H
#define REDIS_TONGUE_H

#include "letter.h"

/* Where something was heard. */
typedef enum heard_on {
	ON_BROADCAST, /* of everyone, or of one room */
	ON_REQUEST,
	ON_RESPONSE
} heard_on;

/* Who speaks, and of which namespace. */
typedef struct speaker {
	const char *uid, *nsp;
} speaker;

typedef struct tongue {
	/* Fills l, which is then freed whatever it returns. */
	letter_sense (*read)(letter *l, heard_on where, span text, const speaker *me);
	/* false: out of memory; p is then freed in any case. */
	bool (*write)(payload *p, const sio_cluster_message *m, const speaker *me);
} tongue;

extern const tongue classic_tongue, sharded_tongue;

#endif

/* SPDX-License-Identifier: MIT */
/* tongue - the languages that clusters speak on Redis: classic, sharded and streams. */
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

/* Of the last what goes over channels. */
extern const tongue classic_tongue, sharded_tongue, streams_tongue;

/* ---- sharded.c: messages of the reference's ClusterAdapter ---- */

/* Whose message came, and to whom. */
typedef struct said_by {
	const char *uid, *nsp;
	const speaker *me;
} said_by;

/* data is a part of l->content. */
letter_sense cluster_message_read(letter *l, unsigned type, cJSON *data, const said_by *by);
letter_sense cluster_read(letter *l, heard_on where, span text, const speaker *me);
/* NULL: out of memory, or there is no such message; first lasts as long. */
cJSON *cluster_message_data(const sio_cluster_message *m, int *type, cJSON *first);
cJSON *cluster_message(const sio_cluster_message *m, const speaker *me, cJSON *first);

/* ---- streams.c: entries of a stream ---- */

/* What an entry says; uid, nsp and type end with a NUL. */
typedef struct entry {
	span uid, nsp, type, data;
} entry;

/* Whether it is said in the stream, not on a channel. */
bool entry_carries(const sio_cluster_message *m);
/* Both as those of a tongue; type is that of the entry that is written, its data the payload. */
letter_sense entry_read(letter *l, const entry *e, const speaker *me);
bool entry_write(payload *p, char type[4], const sio_cluster_message *m);
/* Whether it is an event to clients, which is looked at again for those who come back. */
bool entry_may_be_missed(const entry *e);

/* ---- kept.c: clients that were lost ---- */

/* With the namespace, which the reference does not look at, nor at since, or NULL.  false: out of
 * memory. */
bool kept_write(payload *p, const sio_cluster_session *s, const char *nsp);
/* Fills l, which is then freed whatever it returns; what it says points into that.  nsp NULL: it
 * does not say.  false: it makes no sense. */
bool kept_read(letter *l, span text, sio_cluster_session *out, const char **nsp);

#endif

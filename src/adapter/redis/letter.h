/* SPDX-License-Identifier: MIT */
/*
 * letter - what is said on a channel: a value in JSON or MessagePack, and what it means.
 *
 * Whoever may publish to Redis can write anything, so that reading takes nothing on trust.
 */
#ifndef REDIS_LETTER_H
#define REDIS_LETTER_H

#include "../../../include/sio_adapter.h"
#include "../../base/buf.h"
#include "../../base/span.h"

/* Forms of older servers, which the library's own messages do not have. */
typedef enum letter_old {
	LETTER_NOT_OLD,
	LETTER_IDS,       /* the ids of those in rooms, `who` */
	LETTER_JOIN,      /* one socket, and a room */
	LETTER_LEAVE,     /* the same */
	LETTER_DISCONNECT /* one socket */
} letter_old;

/* How letters were understood. */
typedef enum letter_sense {
	LETTER_GOOD,
	LETTER_BAD,
	LETTER_OTHER /* of this server itself, or not for it, and no fault */
} letter_sense;

/* A message that came, taken apart; m points into the rest. */
typedef struct letter {
	sio_cluster_message m;
	sio_delivery who;
	sio_event event;
	letter_old old;
	const char *sid, *room;
	bool asks; /* the event has an id: who has sent it waits for an ack */
	/* What is owned. */
	sio_packet content; /* data, binary, nbinary */
	cJSON *name, *args;
	const char **lists[3];
	size_t nlists;
} letter;

/* Reads a value; false: it is neither JSON nor MessagePack, or out of memory. */
bool letter_open(letter *l, span text);
/* MessagePack in base64, or JSON. */
bool letter_open_encoded(letter *l, span text);
/* Accepts one that could not be opened. */
void letter_free(letter *l);

/* A field of an object; NULL: there is none, or it is null. */
cJSON *letter_field(const cJSON *object, const char *key);
const char *letter_text(const cJSON *object, const char *key);
/* One of no more than SIO_REQUEST_MAX bytes, and at least one. */
const char *letter_id(const cJSON *object, const char *key);
/* A field that is an integer from 0 to max; false: it is none. */
bool letter_number(const cJSON *object, const char *key, unsigned max, unsigned *out);

/* { rooms, except, flags } becomes l->who, and l->m.who. */
bool letter_who(letter *l, cJSON *opts);
/* An array of texts; NULL is not one.  Numbers become texts. */
const char **letter_texts(letter *l, cJSON *array);
/* An array of a name and arguments becomes l->event, and l->m.event. */
bool letter_event(letter *l, cJSON *array);
/* A field that is the one argument of an ack, if it is there. */
bool letter_ack(letter *l, cJSON *object, const char *key);

/* ---- Out ---- */

/* What is to be published. */
typedef struct payload {
	buf json;
	sio_bytes packed;
} payload;

span payload_span(const payload *p);
void payload_free(payload *p);
/* Each takes the tree; false: it is NULL, or out of memory. */
bool payload_json(payload *p, cJSON *tree);
bool payload_packed(payload *p, cJSON *tree, const sio_event *ev);
/* What is packed becomes text in base64; false: out of memory. */
bool payload_encode(payload *p);

/* { rooms, except }, and with flags what concerns how it is delivered. */
cJSON *letter_opts(const sio_delivery *who, bool flags);
cJSON *letter_names(const char *const *names);
/* An array of the name and the arguments, in which both are borrowed; first lasts as long. */
cJSON *letter_data(const sio_event *ev, cJSON *first);
/* The item, borrowed; NULL gives NULL. */
cJSON *letter_borrow(const cJSON *item);

#endif

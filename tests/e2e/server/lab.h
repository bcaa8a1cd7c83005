/* SPDX-License-Identifier: MIT */
/* lab - what the files of the lab share. */
#ifndef CONFORMANCE_LAB_H
#define CONFORMANCE_LAB_H

#include "apps.h"

typedef struct lab_event {
	const char *name; /* NULL ends a list */
	sio_event_fn *fn;
} lab_event;

extern const lab_event lab_plain_events[]; /* events and bytes, back to who sent them */
extern const lab_event lab_ack_events[];   /* questions, and answers that wait */
extern const lab_event lab_room_events[];  /* rooms, and who hears what */
extern const lab_event lab_door_events[];  /* who may enter, and who must go */

/* Who enters and who leaves a namespace is news. */
void lab_watch(sio_ns *ns);
/* The namespaces that not everyone may enter. */
void lab_set_up_doors(sio_server *io);

/* Tells those in the room "news" of the main namespace, who may be in it for what happens to
 * others.  Takes args. */
void lab_news(sio_server *io, const char *name, cJSON *args);
/* Answers with nothing, or with what went wrong. */
void lab_answer(const sio_event *ev, sio_err err);
/* The n-th argument, if it is a text, or NULL. */
const char *lab_text(const sio_event *ev, int n);

#endif

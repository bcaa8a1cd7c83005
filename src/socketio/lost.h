/* SPDX-License-Identifier: MIT */
/* lost - a socket that was lost, and what it is given back: kept by the namespace (recovery.c), or
 * by the adapter (homecoming.c). */
#ifndef SOCKETIO_LOST_H
#define SOCKETIO_LOST_H

#include "io.h"

struct lost {
	map_node by_pid;
	list in_album;
	uint64_t deadline;
	uint64_t since; /* what it has seen at least */
	uint64_t sent;  /* who has seen this one has seen all until `left` */
	uint64_t left;
	void *data;
	void (*free_data)(void *);
	cJSON *shared_data;
	buf rooms; /* their names, one after the other */
	char id[ID_LEN + 1];
	char pid[ID_LEN + 1];
};

/* ---- recovery.c ---- */

/* The socket takes what it had. */
void lost_unpack(sio_socket *k, lost *l);
/* false: out of memory. */
bool lost_rejoin(sio_socket *k, const buf *rooms);
/* One that is in no album, without data. */
void lost_forget(membership *m);
/* A text in what the client sends with CONNECT; NULL: there is none. */
const char *lost_text(const cJSON *auth, const char *key);
/* Whether so much can be queued for a client that is let in. */
bool lost_fits(const sio_socket *k, size_t size, size_t held);

/* ---- homecoming.c ---- */

/* The adapter is asked; false: there is nothing to ask. */
bool homecoming_begin(sio_socket *k);
bool homecoming_ready(sio_socket *k);
/* Its rooms, and what it has missed. */
bool homecoming_enter(sio_socket *k);
/* It enters, and is none that was lost. */
void homecoming_note(sio_socket *k);
/* The adapter is asked no more. */
void homecoming_end(sio_socket *k);
/* The adapter keeps it, with the socket's data. */
void homecoming_save(sio_socket *k, const lost *l);

#endif

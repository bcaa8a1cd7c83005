/* SPDX-License-Identifier: MIT */
/*
 * revision - the few places where revisions of the Socket.IO protocol differ, as one table each.
 *
 * Which one a client speaks follows from its Engine.IO; it is chosen once, when the session opens.
 */
#ifndef SOCKETIO_REVISION_H
#define SOCKETIO_REVISION_H

#include "../base/buf.h"
#include "json.h"
#include <cjson/cJSON.h>
#include <stdbool.h>

struct client;

typedef struct revision {
	bool enters_unasked;     /* the server lets the client into "/" by itself */
	bool query_in_namespace; /* "/chat?token=1": what the application sees as auth */
	/* The most bytes that the id of a socket takes, with its NUL. */
	size_t (*id_size)(const struct client *c, span ns);
	/* Writes it, and returns its length. */
	size_t (*make_id)(char *out, const struct client *c, span ns);
	/* The payloads of the two answers to a CONNECT. */
	void (*write_welcome)(buf *out, span id, const char *pid); /* NULL: none */
	void (*write_refusal)(buf *out, const char *message, const cJSON *data);
} revision;

/* For a client with this version of Engine.IO. */
const revision *revision_for(int engine_version);

/* The pairs of a query as an object of strings; of equal keys the last value counts.  NULL: out of
 * memory, or of room. */
cJSON *revision_auth(span query, json_bounds *b);
/* In every revision a namespace that does not exist is refused like this. */
void revision_write_error(buf *out, const char *message, const cJSON *data);

#endif

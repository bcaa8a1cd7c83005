/* SPDX-License-Identifier: MIT */
/*
 * polling - long-polling as a transport: at most one GET that waits for output and one POST that
 * brings input.
 *
 * HTTP itself is elsewhere: a request is an exchange, which the network embeds in its own object
 * and answers when told.
 */
#ifndef ENGINE_POLLING_H
#define ENGINE_POLLING_H

#include "../base/buf.h"
#include "../base/bytes.h"
#include "../base/span.h"
#include "session.h"
#include "transport.h"
#include <stdbool.h>

typedef struct exchange exchange;

typedef enum answer_type { ANSWER_EMPTY, ANSWER_TEXT, ANSWER_HTML, ANSWER_BINARY } answer_type;

typedef struct exchange_ops {
	/* The waiting GET has output: polling_flush() by the end of this turn. */
	void (*ready)(exchange *x);
	/* The one answer of this exchange.  Takes the reference to body, which is NULL for
	 * ANSWER_EMPTY. */
	void (*answer)(exchange *x, int status, answer_type type, bytes *body);
	/* Instead of an answer: the connection is to be cut. */
	void (*drop)(exchange *x);
	/* Bytes of its answer that the peer's kernel has not taken; NULL: there are never any. */
	size_t (*unsent)(const exchange *x);
} exchange_ops;

struct exchange {
	const exchange_ops *ops;
	struct polling *polling; /* NULL: not waiting any more */
	struct polling *leaving; /* whose answer is on its way; NULL: nobody's */
};

typedef struct polling {
	transport base;
	session *session;
	exchange *get, *post;
	const char *jsonp; /* what the client calls its callback; NULL: it takes payloads as they
			      are */
	bool ready;        /* the GET was told that there is output */
	bool taken;        /* the body of the POST has arrived */
	bool binary;       /* it is a binary payload */
	size_t greeting;   /* blocks of the first answer, while it is to come */
	exchange *leaving; /* with an answer that the peer has not read; NULL: there is none */
	size_t unread;     /* bytes of it */
	bool held;         /* packets come too fast: the POST is answered later */
	buf rest;          /* of its body, if it could not be taken yet */
} polling;

polling *polling_new(session *s); /* NULL: out of memory */
void polling_free(polling *p);

/* A GET has arrived.  It is answered now, later, or dropped.  The first one, of the handshake, is
 * given what was queued by the end of session_open() and nothing else. */
void polling_get(polling *p, exchange *x);
/* A POST has arrived, its body has not.  It may be answered or dropped before the body is there. */
void polling_post(polling *p, exchange *x);
/* The POST is said to bring binary data: it is answered with an error where that is not spoken. */
void polling_post_binary(polling *p, exchange *x);
/* Its body.  data may be modified. */
void polling_post_body(polling *p, exchange *x, unsigned char *data, size_t len);
/* Answers a POST with an error, and ends the session when fatal. */
void polling_post_refuse(polling *p, exchange *x, int status, bool fatal);
/* Answers the waiting GET with what is queued; of very much, with the first of it. */
void polling_flush(polling *p);
/* The answer of an exchange has left. */
void polling_sent(exchange *x);
/* The connection of an exchange that was not answered is gone; error is its errno, or 0. */
void polling_lost(exchange *x, int error);

#endif

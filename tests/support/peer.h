/* SPDX-License-Identifier: MIT */
/*
 * peer - one engine with a scripted client at one end, an application that takes notes at the
 * other, and a clock that the test turns.
 *
 * An ask is one HTTP exchange with the real long-polling; a line is a transport in the manner of
 * WebSocket.  Nothing here allocates but the blocks that are sent, so every allocation that fails
 * is the engine's or the application's.  Each verb ends a turn of the loop, as the network would:
 * what was put off is settled, transports pull, what died is freed.
 */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include "../../src/engine/engine.h"
#include "../../src/engine/polling.h"

enum { PEER_ASKS = 128, PEER_LINES = 32, NOTES_MAX = 2000 };

typedef struct peer peer;

/* Text that is written down with a space between entries; what does not fit is left out. */
typedef struct notes {
	size_t len;
	char text[NOTES_MAX + 1];
} notes;

void notes_add(notes *n, span text);
void notes_add_bytes(notes *n, span data);
/* The text, which is good until the next call, and empties the notes. */
const char *notes_take(peer *p, notes *n);

typedef struct ask {
	exchange base;
	peer *peer;
	session *session; /* whose it is; not looked at */
	bool ready;
	int status; /* 0: not answered */
	answer_type type;
	bytes *body;
	unsigned answers, drops;
} ask;

typedef struct line {
	transport base;
	peer *peer;
	session *session; /* NULL: the session has said goodbye, or the line is lost */
	bool woken, blocked;
	size_t pending;
	unsigned closes;
	notes got;
} line;

/* How a client that follows all rules talks. */
typedef enum way { BY_POLLING, BY_LINE, BY_UPGRADE } way;

struct peer {
	engine engine;
	wheel wheel;
	session *session; /* the one opened last; NULL: it was closed */
	unsigned opened, closed;
	const char *reason; /* of the last close */
	ending ending;      /* all of it */
	bool refuse_open;   /* the application is out of memory at the next open */
	const char *query;  /* of the handshakes to come */
	const char *sid;    /* that the application gives to those; "": none */
	void *user;
	/* What the application does besides taking notes; NULL: nothing. */
	void (*at_open)(peer *p, session *s);
	void (*at_message)(peer *p, session *s, span data, bool binary);
	void (*at_close)(peer *p, session *s);
	/* Each packet that reaches the client, binary ones as their content. */
	void (*at_packet)(peer *p, session *s, span packet, bool binary);
	notes app, client, taken; /* taken: what was asked for last */
	ask *poll;                /* the GET of client_connect() */
	line *line;
	size_t nasks, nlines;
	ask asks[PEER_ASKS];
	line lines[PEER_LINES];
};

/* A peer that has begun; aborts without memory. */
peer *peer_new(void);
void peer_free(peer *p);
/* Intervals of 25000, timeouts of 20000 and 10000, a million bytes, both transports; to be changed
 * in p->engine.options.  false: out of memory; peer_end() is to be called all the same. */
bool peer_begin(peer *p);
/* Ends every session and gives all memory back. */
void peer_end(peer *p);
/* What the end of each turn of the loop does. */
void peer_turn(peer *p);
/* Time passes; whatever is due on the way happens at its time. */
void peer_pass(peer *p, uint64_t ms);

/* All that is checked of a request; known may be NULL. */
refusal peer_check(const peer *p, engine_request r, session **known);

/* ---- The application ---- */

/* Sends a message to p->session; the result is session_send()'s. */
bool app_send(peer *p, const char *text);
bool app_send_bytes(peer *p, const void *data, size_t len);
/* What it has heard since the last call: "one two b(0102)". */
const char *app_got(peer *p);

/* ---- Long-polling, exchange by exchange ---- */

/* A handshake; its GET waits for poll_get() or a body.  NULL: out of memory. */
session *poll_open(peer *p);
ask *poll_get(peer *p, session *s);
ask *poll_post(peer *p, session *s, const char *body);
/* The head of a POST, and later its body. */
ask *poll_post_begin(peer *p, session *s);
void poll_post_body(ask *x, const char *body);
void poll_post_bytes(ask *x, const void *body, size_t len);
/* The client closes the connection. */
void poll_abort(ask *x);
bool waits(const ask *x);
/* The body with '|' for a separator, "" if there is none; good until the next question. */
const char *body_of(const ask *x);

/* ---- Lines ---- */

/* A new session; NULL: it could not be opened. */
line *line_open(peer *p);
/* Another line for a session on polling; NULL: it may not upgrade. */
line *line_beside(peer *p, session *s);
void line_send(line *l, const char *text);
void line_send_bytes(line *l, const void *data, size_t len);
/* The connection is gone, by its own. */
void line_lost(line *l, const char *reason);
/* The peer's kernel takes no more; or it takes all that waits. */
void line_block(line *l, bool blocked);
/* What has come since the last call: "2 4hello b(0102)"; "close" is the transport's goodbye. */
const char *line_got(line *l);

/* ---- A client that keeps to the rules, whatever carries its packets ---- */

/* Opens p->session and takes the open packet. */
void client_connect(peer *p, way by);
void client_send(peer *p, const char *text);
void client_send_bytes(peer *p, const void *data, size_t len);
/* What has come since the last call, in the notation of line_got(); noops are left out. */
const char *client_got(peer *p);

/* One behaviour, proved over every transport: behaviour(way) becomes three tests of Check. */
#define ON_EVERY_TRANSPORT(behaviour)                                                              \
	START_TEST(behaviour##_by_polling)                                                         \
	{                                                                                          \
		behaviour(BY_POLLING);                                                             \
	}                                                                                          \
	END_TEST                                                                                   \
	START_TEST(behaviour##_by_line)                                                            \
	{                                                                                          \
		behaviour(BY_LINE);                                                                \
	}                                                                                          \
	END_TEST                                                                                   \
	START_TEST(behaviour##_after_an_upgrade)                                                   \
	{                                                                                          \
		behaviour(BY_UPGRADE);                                                             \
	}                                                                                          \
	END_TEST
#define EVERY_TRANSPORT(behaviour)                                                                 \
	behaviour##_by_polling, behaviour##_by_line, behaviour##_after_an_upgrade

#endif

/* SPDX-License-Identifier: MIT */
/*
 * session - one client of Engine.IO: its state, heartbeat, upgrade and outgoing queue.
 *
 * Bytes and time go in, packets come out; nothing here does I/O or reads a clock.  session.c has
 * its beginning and its end, session_input.c what the client sends, session_output.c what is sent
 * to it, session_upgrade.c the change of its transport, session_limits.c what it may have.
 */
#ifndef ENGINE_SESSION_H
#define ENGINE_SESSION_H

#include "../base/bytes.h"
#include "../base/census.h"
#include "../base/list.h"
#include "../base/map.h"
#include "../base/pace.h"
#include "../base/text.h"
#include "../base/timer.h"
#include "dialect.h"
#include "handshake.h"
#include "queue.h"
#include "transport.h"
#include <stdbool.h>
#include <stddef.h>

typedef enum session_state {
	SESSION_OPEN,
	SESSION_CLOSING, /* output is being drained, or the goodbye waits for a poll */
	SESSION_CLOSED,  /* waits to be freed at the end of the turn */
	SESSION_STATES
} session_state;

/* Why a session ended, in the reference's words. */
#define CLOSED_BY_TRANSPORT "transport close"
#define CLOSED_BY_ERROR     "transport error"
#define CLOSED_BY_PARSER    "parse error"
#define CLOSED_BY_TIMEOUT   "ping timeout"
#define CLOSED_BY_SERVER    "forced close"
#define CLOSED_BY_SHUTDOWN  "server shutting down"

struct engine;

typedef struct session {
	map_node by_sid;
	uint8_t state; /* session_state */
	bool awaits_pong : 1;
	bool put_off : 1;   /* that pong's last moment, by another packet */
	bool probed : 1;    /* the candidate's probe was answered */
	bool doomed : 1;    /* ends at the next engine_settle() */
	bool behind : 1;    /* more waits for it than it should */
	bool blamed : 1;    /* for what is no packet, or came when it may not */
	const char *reason; /* of a close under way */
	const char *limit;  /* the option that it went over; NULL: none */
	struct engine *engine;
	const dialect *dialect;
	transport *transport;
	transport *candidate;    /* being probed; NULL: none */
	struct polling *polling; /* owned, while the transport is long-polling */
	handshake *handshake;    /* owned */
	void *user;              /* the layer above's */
	queue out;
	size_t held;           /* bytes that are held for it elsewhere: session_hold() */
	census_entry *network; /* where it is counted; NULL: nowhere */
	const char *throttled; /* the pace that it has to wait for; NULL: none */
	pace events, bytes;    /* that it sends */
	timer pause;           /* the end of that wait */
	timer heartbeat;       /* the next ping, the last moment for its pong, or for a goodbye */
	timer upgrade;         /* the last moment for an upgrade */
	list doomed_link;
	list dead_link;
	list drained_link;
	char sid[]; /* its length is by_sid.key_len */
} session;

/* How a session ended. */
typedef struct ending {
	const char *reason; /* CLOSED_BY_* */
	const char *limit;  /* the option that it went over; NULL: none */
	unsigned code;      /* of the WebSocket's close frame; 0: there was none */
	int error;          /* errno of the connection; 0: none */
	size_t unsent;      /* bytes that were waiting for the client */
} ending;

static inline span session_sid(const session *s)
{
	return (span){ s->sid, s->by_sid.key_len };
}

/* ---- For the layer above ---- */

/* Queues a message packet.  Takes the reference.  false: it was not queued, because the session is
 * closing or doomed, or because of the block's manner.  A queue over the limit dooms the session,
 * and so does a lack of memory: a hole in what the client gets would be worse.  It ends at the next
 * engine_settle(), not here. */
bool session_send(session *s, bytes *b);
/* Whether a block of this manner would be queued now. */
bool session_takes(const session *s, manner how);
/* Whether something sent now would leave with this turn. */
bool session_writable(const session *s);
/* Bytes waiting for the client, here and in the transport. */
size_t session_backlog(const session *s);
/* So many bytes more are held for the client beside its queue.  false: too many, and none of them
 * counts. */
bool session_hold(session *s, size_t size);
void session_let_go(session *s, size_t size);
/* How many bytes more may be held for it; SIZE_MAX: any number. */
size_t session_spare(const session *s);
/* Bytes that are held for it in all, with what it takes to keep them. */
size_t session_held(const session *s);
/* The peer has sent what is no packet, or may not come now. */
void session_blame(session *s);
/* Ends the session when what is queued has been delivered; the reason is reported then. */
void session_close(session *s, const char *reason);
/* Ends it now, undelivered output is dropped. */
void session_fail(session *s, const char *reason);
/* The same, with more to tell: of how, reason, limit and error count. */
void session_fail_as(session *s, const ending *how);
/* The same at the next engine_settle(): from where the application must not be called.  What the
 * peer sends until then is ignored. */
void session_doom(session *s, const char *reason);

/* ---- For transports ---- */

/* One packet in its own frame.  data may be modified. */
void session_receive(session *s, transport *t, unsigned char *data, size_t len, bool binary);
/* A payload of packets.  data may be modified.  Returns how much of it is left: what comes too fast
 * is to be given again when the transport is told to go on. */
size_t session_receive_payload(session *s, transport *t, unsigned char *data, size_t len);
/* The same in binary form; only for a dialect that has one. */
size_t session_receive_binary_payload(session *s, transport *t, unsigned char *data, size_t len);
/* The i-th block waiting, borrowed; NULL: there are fewer, or t is not the session's transport. */
bytes *session_peek(const session *s, const transport *t, size_t i);
/* The first one was taken over, or delivered. */
void session_pop(session *s);
/* The transport ended by itself; it is not told again.  Of how, reason, code and error count, and
 * a limit if there is one. */
void session_transport_gone(session *s, transport *t, const ending *how);
/* A peer that fetches the goodbye has got it. */
void session_closed_by_poll(session *s);

/* ---- For the engine ---- */

/* Its id is sid, or a random one if that is empty. */
session *session_new(struct engine *e, const dialect *d, handshake *h, span sid);
void session_open(session *s, transport *t); /* queues the open packet, starts the heartbeat */
void session_free(session *s);
/* It tries; false: not in this state, the candidate is to be closed. */
bool session_probe(session *s, transport *candidate);

#endif

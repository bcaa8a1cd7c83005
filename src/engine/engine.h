/* SPDX-License-Identifier: MIT */
/*
 * engine - all sessions of one server: the handshake, its refusals, and the limits (Engine.IO
 * protocol, "Handshake").
 *
 * The engine's owner turns the timer wheel and calls engine_settle() after each input and
 * engine_reap() at the end of each turn.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "../base/census.h"
#include "../base/list.h"
#include "../base/map.h"
#include "../base/pace.h"
#include "../base/span.h"
#include "../base/timer.h"
#include "counters.h"
#include "session.h"

typedef struct engine_options {
	unsigned ping_interval_ms;
	unsigned ping_timeout_ms;
	unsigned upgrade_timeout_ms;
	size_t max_payload; /* bytes of one message, or of one POST */
	size_t max_queue;   /* bytes waiting for one client */
	size_t high_water;  /* one for which more wait is behind ... */
	size_t low_water;   /* ... until no more than this wait */
	/* From here to max_bytes_per_second 0 means no limit. */
	size_t max_held;   /* bytes held for one client in all */
	size_t max_memory; /* bytes held for all together */
	unsigned max_sessions, max_sessions_per_address, max_handshakes_per_second;
	unsigned max_events_per_second; /* messages of one client */
	size_t max_bytes_per_second;    /* in its messages */
	bool polling, websocket;        /* which transports are offered */
	bool allow_upgrades;
	bool allow_eio3;            /* clients of Socket.IO 1 and 2 too */
	const char *initial_packet; /* a text that follows the open packet; NULL: none.  Copied */
} engine_options;

/* What the layer above is told.  All may call any session function but free nothing. */
typedef struct engine_events {
	bool (*open)(void *user, session *s); /* false: out of memory, the session ends */
	void (*message)(session *s, unsigned char *data, size_t len, bool binary);
	/* Once for each session, also for one whose open failed. */
	void (*closed)(session *s, const ending *how);
	/* It has changed from long-polling to WebSocket; may be NULL. */
	void (*upgraded)(session *s);
	/* It was behind and is not any more; may be NULL. */
	void (*drained)(session *s);
	/* Something has been put off until engine_settle(); may be NULL. */
	void (*put_off)(void *user);
} engine_events;

typedef struct engine {
	engine_options options;
	const engine_events *events;
	void *user;
	wheel *wheel;
	map sessions; /* by sid */
	list doomed, dead;
	list drained;    /* those that are to be told of */
	timer drain;     /* when */
	census networks; /* of sessions, if they are limited */
	pace handshakes;
	size_t held; /* bytes for all clients; those in queues only where max_memory limits them */
	counters counters;
	bytes *ping, *pong, *ok; /* what is sent often, made once */
	bytes *initial;          /* NULL: none */
} engine;

/* false: out of memory; engine_fini() accepts what was made. */
bool engine_init(engine *e, const engine_options *options, const engine_events *events, void *user,
	wheel *w);
void engine_fini(engine *e);
/* Ends every session for this reason. */
void engine_close_all(engine *e, const char *reason);

/* The refusals of a request, with the codes that clients know. */
typedef enum refusal {
	REFUSED_TRANSPORT = 0, /* "Transport unknown" */
	REFUSED_SID = 1,
	REFUSED_METHOD = 2,
	REFUSED_REQUEST = 3,
	REFUSED_FORBIDDEN = 4,
	REFUSED_VERSION = 5,
	NOT_REFUSED = 6
} refusal;
const char *refusal_message(refusal r);
int refusal_status(refusal r); /* HTTP */

typedef struct engine_request {
	span transport, sid, eio; /* of the query, decoded; empty: not there */
	span method;
	bool get;     /* the method is GET */
	bool upgrade; /* asks to become a WebSocket */
} engine_request;

/* Why a request was refused, for whoever watches: a name where the code says too little, and what
 * of the request it was. */
typedef struct refusal_context {
	const char *name; /* "TRANSPORT_MISMATCH", ...; NULL: the code says it all */
	span detail;      /* the transport, the sid, the version, ...; may be empty */
} refusal_context;

/* The reference's checks in its order, up to the application's.  With a sid *known is that session.
 */
refusal engine_check(
	const engine *e, const engine_request *r, session **known, refusal_context *context);
/* What is checked of a handshake after the application was asked. */
refusal engine_check_version(const engine *e, span eio);

/* Whether there is room for one more session, of that network.  NULL: there is; else the option
 * that stands against it, which has been counted. */
const char *engine_full(engine *e, span network);
/* The same for somebody who has just come: it is counted as a handshake. */
const char *engine_admit(engine *e, span network);

/* Bytes that are held for all. */
size_t engine_held(const engine *e);
/* The session for which most is held; NULL: there is none. */
session *engine_heaviest(const engine *e);

/* The longest id that the application may give a session. */
enum { SID_MAX = 64 };
/* Whether it is one to be used: not empty, not too long, of letters, digits and -._~, and not in
 * use. */
bool engine_sid_usable(const engine *e, span sid);

/* A new session for a request that passed, by WebSocket.  Its id is sid, or a random one if that is
 * empty.  Takes the handshake, in any case.  NULL: out of memory, or ended by the application at
 * once; the transport was told to close then. */
session *engine_open(engine *e, span eio, handshake *h, span sid, transport *t);
/* The same by long-polling; its transport is made here. */
session *engine_open_polling(engine *e, span eio, handshake *h, span sid);

/* The first packet of a session; NULL: out of memory.  One reference, the caller's. */
bytes *engine_open_packet(const session *s);

/* Carries out what was put off while the application was running. */
void engine_settle(engine *e);
bool engine_unsettled(const engine *e);
/* Frees what ended in this turn. */
void engine_reap(engine *e);

#endif

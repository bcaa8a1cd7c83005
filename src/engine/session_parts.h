/* SPDX-License-Identifier: MIT */
/* session_parts - what the files of a session share. */
#ifndef ENGINE_SESSION_PARTS_H
#define ENGINE_SESSION_PARTS_H

#include "engine.h"
#include "session.h"

static inline uint64_t session_now(const session *s)
{
	return s->engine->wheel->time;
}

static inline void session_arm(session *s, timer *t, uint64_t after_ms)
{
	timer_start(s->engine->wheel, t, session_now(s) + after_ms);
}

/* ---- session.c ---- */

/* All output has been delivered: the goodbye is next. */
void session_say_goodbye(session *s);

/* ---- session_input.c ---- */

void session_heartbeat_start(session *s);
void session_heartbeat_due(timer *t);

/* ---- session_output.c ---- */

/* Queues a packet of ours, whatever waits.  Takes the reference.  false: out of memory. */
bool session_push(session *s, bytes *b);

/* ---- session_upgrade.c ---- */

void session_upgrade_due(timer *t);
/* What comes by the transport that is being probed; NULL: it is not a packet. */
void session_candidate_step(session *s, const packet *p);
/* The candidate, if there is one, is a candidate no more; NULL: there was none. */
transport *session_take_candidate(session *s);
/* The same, and it is closed. */
void session_drop_candidate(session *s);

/* ---- session_limits.c ---- */

/* Whether a block of so many bytes can be queued; if not, the limit is noted. */
bool session_has_room(session *s, size_t len);
/* A message of so many bytes has come, and passes; those after it may have to wait. */
void session_keep_pace(session *s, size_t len);
void session_pause_due(timer *t);

#endif

/* SPDX-License-Identifier: MIT */
/* session_limits - how much is held for one client, and how fast it may send. */
#include "polling.h"
#include "session_parts.h"

/* ---- What is held for it ---- */

size_t session_held(const session *s)
{
	return queue_cost(&s->out) + s->held + (s->polling ? s->polling->unread : 0);
}

static bool over(session *s, const char *limit)
{
	s->limit = limit;
	return false;
}

size_t session_spare(const session *s)
{
	size_t most = s->engine->options.max_held, held = session_held(s);
	if (!most)
		return SIZE_MAX;
	return held < most ? most - held : 0;
}

/* Sizes are those of memory that there is, or is to be asked for: no sum of them overflows. */
static bool can_hold(session *s, size_t size)
{
	size_t most = s->engine->options.max_held;
	return !most || session_held(s) + size <= most || over(s, "max_held");
}

bool session_has_room(session *s, size_t len)
{
	if (s->out.bytes + len > s->engine->options.max_queue)
		return over(s, "max_queue");
	return can_hold(s, len + QUEUE_BLOCK);
}

bool session_hold(session *s, size_t size)
{
	if (s->state != SESSION_CLOSED && !can_hold(s, size))
		return false;
	s->held += size;
	s->engine->held += size;
	return true;
}

void session_let_go(session *s, size_t size)
{
	s->held -= size;
	s->engine->held -= size;
}

/* ---- Paces ---- */

void session_pause_due(timer *t)
{
	session *s = LIST_OWNER(t, session, pause);
	s->throttled = NULL;
	s->transport->ops->hold(s->transport, false);
}

static void throttle(session *s, uint64_t wait_ms, const char *limit)
{
	s->throttled = limit;
	counters_strike(&s->engine->counters, limit);
	session_arm(s, &s->pause, wait_ms);
	s->transport->ops->hold(s->transport, true);
}

/* This message may pass, but the next one may have to wait. */
void session_keep_pace(session *s, size_t len)
{
	const engine_options *o = &s->engine->options;
	uint64_t by_events = 0, by_bytes = 0;
	if (o->max_events_per_second) {
		pace_take(&s->events, session_now(s), o->max_events_per_second, 1);
		by_events = pace_wait(&s->events, session_now(s), o->max_events_per_second);
	}
	if (o->max_bytes_per_second) {
		pace_take(&s->bytes, session_now(s), o->max_bytes_per_second, len);
		by_bytes = pace_wait(&s->bytes, session_now(s), o->max_bytes_per_second);
	}
	if (by_events > by_bytes)
		throttle(s, by_events, "max_events_per_second");
	else if (by_bytes)
		throttle(s, by_bytes, "max_bytes_per_second");
}

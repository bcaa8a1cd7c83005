/* SPDX-License-Identifier: MIT */
/* server_end - how a server ends: at once, or when everybody has taken leave. */
#include "server.h"
#include <stdlib.h>

/* A pace is kept by closing a few clients each time; what they are to be told comes first, if it
 * does not take too long. */
enum { PACE_MS = 20, PATIENCE_MS = 1000 };

static bool unfinished(const sio_server *s)
{
	return engine_unsettled(&s->engine) || !list_empty(&s->ends) || io_unsettled(&s->io);
}

void server_put_off(sio_server *s)
{
	s->waiting = true;
	if (s->net)
		net_wake(s->net);
}

static void settle_once(sio_server *s)
{
	s->waiting = false;
	do {
		engine_settle(&s->engine);
		io_settle(&s->io);
		hooks_settle(s);
	} while (unfinished(s));
}

bool server_unsettled(const sio_server *s)
{
	return s->closing || s->gone || unfinished(s);
}

/* ---- At once ---- */

static void close_inside(sio_server *s)
{
	s->closing = false;
	s->closed = true;
	engine_close_all(&s->engine, CLOSED_BY_SHUTDOWN);
	net_refuse_newcomers(s->net);
	net_stop(s->net);
	settle_once(s);
}

/* The handlers of the last ones have run. */
static void tell_gone(sio_server *s)
{
	s->gone = false;
	if (s->farewell.done)
		s->farewell.done(s, s->farewell.user);
	else
		sio_stop(s);
	settle_once(s);
}

/* Called after each message, when mostly there is nothing to do. */
void server_settle(sio_server *s)
{
	if (!s->waiting)
		return;
	settle_once(s);
	if (s->gone)
		tell_gone(s);
	if (s->closing)
		close_inside(s);
}

/* Handlers that it runs may call it again: it is under way. */
void sio_close(sio_server *s)
{
	if (!s || s->ending)
		return;
	if (net_inside(s->net)) {
		s->closing = !s->closed;
		s->waiting = true;
		return;
	}
	s->ending = true;
	timer_stop(&s->wheel, &s->pace);
	timer_stop(&s->wheel, &s->deadline);
	engine_close_all(&s->engine, CLOSED_BY_SHUTDOWN);
	settle_once(s);
	cluster_end(&s->io);
	settle_once(s);
	net_free(s->net);
	s->net = NULL;
	settle_once(s);
	io_reap(&s->io);
	engine_fini(&s->engine);
	io_fini(&s->io);
	free(s);
}

/* ---- When everybody has taken leave ---- */

static void all_gone(sio_server *s)
{
	timer_stop(&s->wheel, &s->pace);
	timer_stop(&s->wheel, &s->deadline);
	s->gone = true;
	s->waiting = true;
}

/* Between two rounds: a rate of a few in a second is kept by waiting longer for each. */
static uint64_t pause_ms(const sio_server *s)
{
	unsigned rate = s->farewell.per_second;
	return rate && rate < 1000 / PACE_MS ? (1000 + rate - 1) / rate : PACE_MS;
}

/* How many are to be closed in this round.  What is left of one is for the next. */
static size_t share(sio_server *s)
{
	if (!s->farewell.per_second)
		return SIZE_MAX;
	s->credit += s->farewell.per_second * pause_ms(s);
	size_t n = s->credit / 1000;
	s->credit %= 1000;
	return n;
}

static void close_some(sio_server *s)
{
	size_t left = share(s);
	map_node *next = map_next(&s->engine.sessions, NULL);
	while (next && left) {
		session *one = MAP_OWNER(next, session, by_sid);
		next = map_next(&s->engine.sessions, next);
		if (one->state == SESSION_OPEN && client_shut(one, s->wheel.now < s->patience))
			left--;
	}
	net_ws_goodbye(s->net, left);
}

static void pace_due(timer *t)
{
	sio_server *s = LIST_OWNER(t, sio_server, pace);
	close_some(s);
	if (s->engine.sessions.count || net_ws_any(s->net))
		timer_start(&s->wheel, t, s->wheel.now + pause_ms(s));
	else
		all_gone(s);
}

static void deadline_due(timer *t)
{
	sio_server *s = LIST_OWNER(t, sio_server, deadline);
	engine_close_all(&s->engine, CLOSED_BY_SHUTDOWN);
	net_ws_cut_all(s->net);
	all_gone(s);
}

void server_end_init(sio_server *s)
{
	list_init(&s->ends);
	timer_init(&s->pace, pace_due);
	timer_init(&s->deadline, deadline_due);
}

/* The loop does the rest: handlers must not run inside this call. */
sio_err sio_shutdown(sio_server *s, const sio_farewell *how)
{
	if (s->ending)
		return SIO_EGONE;
	if (s->leaving)
		return SIO_EINVAL;
	s->leaving = true;
	if (how)
		s->farewell = *how;
	if (!s->farewell.deadline_ms)
		s->farewell.deadline_ms = 10000;
	net_refuse_newcomers(s->net);
	uint64_t now = io_time(&s->io), half = s->farewell.deadline_ms / 2;
	s->patience = now + (half < PATIENCE_MS ? half : PATIENCE_MS);
	timer_start(&s->wheel, &s->pace, now);
	timer_start(&s->wheel, &s->deadline, now + s->farewell.deadline_ms);
	return SIO_OK;
}

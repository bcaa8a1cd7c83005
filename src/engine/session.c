/* SPDX-License-Identifier: MIT */
/* session - how one client of Engine.IO begins and ends (protocol-notes/engine.io.md). */
#include "session.h"
#include "polling.h"
#include "session_parts.h"
#include <stdlib.h>
#include <string.h>

/* ---- Beginning ---- */

/* Where its number is limited it must be counted; false: out of memory. */
static bool enter_network(session *s)
{
	span network = handshake_network(s->handshake);
	if (!s->engine->options.max_sessions_per_address || !network.len)
		return true;
	s->network = census_add(&s->engine->networks, network);
	return s->network != NULL;
}

static void leave_network(session *s)
{
	census_drop(&s->engine->networks, s->network);
	s->network = NULL;
}

session *session_new(struct engine *e, const dialect *d, handshake *h, span sid)
{
	char own[ID_LEN + 1];
	if (!sid.len) {
		random_id(own);
		sid = (span){ own, ID_LEN };
	}
	session *s = calloc(1, sizeof *s + sid.len + 1);
	if (!s) {
		free(h);
		return NULL;
	}
	const char *base64 = handshake_query(h, "b64");
	timer_init(&s->heartbeat, session_heartbeat_due);
	timer_init(&s->upgrade, session_upgrade_due);
	timer_init(&s->pause, session_pause_due);
	list_init(&s->doomed_link);
	list_init(&s->dead_link);
	list_init(&s->drained_link);
	s->engine = e;
	s->dialect = handshake_query(h, "j") || (base64 && *base64) ? d->base64 : d;
	s->handshake = h;
	memcpy(s->sid, sid.at, sid.len);
	s->by_sid.key_len = (uint32_t)sid.len;
	s->out.total = e->options.max_memory ? &e->held : NULL;
	if (!enter_network(s)) {
		session_free(s);
		return NULL;
	}
	return s;
}

/* What every session begins with. */
static bool greet(session *s)
{
	bytes *open = engine_open_packet(s), *initial = s->engine->initial;
	return open && session_push(s, open) && (!initial || session_send(s, bytes_ref(initial)));
}

void session_open(session *s, transport *t)
{
	s->transport = t;
	s->engine->counters.opened++;
	map_add(&s->engine->sessions, &s->by_sid, session_sid(s));
	session_heartbeat_start(s);
	if (!greet(s))
		session_doom(s, CLOSED_BY_ERROR);
	else if (!s->engine->events->open(s->engine->user, s))
		session_doom(s, CLOSED_BY_ERROR);
	if (s->polling)
		s->polling->greeting = s->out.len;
}

/* ---- End ---- */

/* How long a peer has to fetch what is queued at a close, and then the goodbye; protects the table
 * of sessions. */
enum { GOODBYE_MS = 30000 };

/* The one way out: whatever happened, this runs once. */
static void end(session *s, ending how)
{
	s->state = SESSION_CLOSED;
	session_drop_candidate(s);
	timer_stop(s->engine->wheel, &s->heartbeat);
	list_remove(&s->doomed_link);
	timer_stop(s->engine->wheel, &s->pause);
	list_remove(&s->drained_link);
	map_remove(&s->engine->sessions, &s->by_sid);
	leave_network(s);
	list_append(&s->engine->dead, &s->dead_link);
	s->transport = NULL;
	if (!how.limit)
		how.limit = s->limit;
	s->engine->counters.closed++;
	if (how.limit)
		counters_strike(&s->engine->counters, how.limit);
	s->engine->events->closed(s, &how);
	queue_clear(&s->out);
}

void session_fail_as(session *s, const ending *how)
{
	if (s->state == SESSION_CLOSED)
		return;
	ending full = *how;
	full.unsent = session_backlog(s);
	if (s->transport)
		s->transport->ops->close(s->transport, false);
	end(s, full);
}

void session_fail(session *s, const char *reason)
{
	session_fail_as(s, &(ending){ .reason = reason });
}

void session_doom(session *s, const char *reason)
{
	if (s->state == SESSION_CLOSED || s->doomed)
		return;
	s->doomed = true;
	s->reason = reason;
	list_append(&s->engine->doomed, &s->doomed_link);
	if (s->engine->events->put_off)
		s->engine->events->put_off(s->engine->user);
}

void session_say_goodbye(session *s)
{
	if (s->transport->ops->close(s->transport, true))
		session_closed_by_poll(s);
	else
		session_arm(s, &s->heartbeat, GOODBYE_MS);
}

void session_close(session *s, const char *reason)
{
	if (s->state != SESSION_OPEN || s->doomed)
		return;
	s->state = SESSION_CLOSING;
	s->reason = reason;
	session_arm(s, &s->heartbeat, GOODBYE_MS);
	if (s->out.len == 0)
		session_say_goodbye(s);
}

void session_closed_by_poll(session *s)
{
	end(s, (ending){ .reason = s->reason });
}

void session_transport_gone(session *s, transport *t, const ending *how)
{
	if (s->state == SESSION_CLOSED)
		return;
	if (t == s->candidate) {
		session_take_candidate(s);
		return;
	}
	if (t != s->transport)
		return;
	ending full = *how;
	full.unsent = session_backlog(s);
	s->transport = NULL;
	end(s, full);
}

void session_free(session *s)
{
	list_remove(&s->dead_link);
	leave_network(s);
	polling_free(s->polling);
	session_let_go(s, s->held);
	queue_clear(&s->out);
	free(s->handshake);
	free(s);
}

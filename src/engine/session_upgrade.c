/* SPDX-License-Identifier: MIT */
/* session_upgrade - from long-polling to a WebSocket, which is probed first
 * (protocol-notes/engine.io.md, "Upgrade"). */
#include "polling.h"
#include "session_parts.h"

transport *session_take_candidate(session *s)
{
	transport *t = s->candidate;
	s->candidate = NULL;
	s->probed = false;
	timer_stop(s->engine->wheel, &s->upgrade);
	return t;
}

void session_drop_candidate(session *s)
{
	transport *t = session_take_candidate(s);
	if (t)
		t->ops->close(t, false);
}

void session_upgrade_due(timer *t)
{
	session_drop_candidate(LIST_OWNER(t, session, upgrade));
}

static bool upgradable(const session *s)
{
	return s->state == SESSION_OPEN && s->polling && !s->candidate &&
	       s->engine->options.allow_upgrades;
}

bool session_probe(session *s, transport *candidate)
{
	if (!upgradable(s))
		return false;
	s->candidate = candidate;
	session_arm(s, &s->upgrade, s->engine->options.upgrade_timeout_ms);
	return true;
}

static void answer_probe(session *s)
{
	s->probed = true;
	s->candidate->ops->control(s->candidate, SPAN("3probe"));
	s->transport->ops->release(s->transport);
}

/* From here on the websocket carries everything; what is queued moves with the session, in its
 * order, and so does a goodbye: a client that upgrades does not poll any more. */
static void switch_transport(session *s)
{
	transport *old = s->transport;
	s->transport = session_take_candidate(s);
	old->ops->close(old, false);
	polling_free(s->polling);
	s->polling = NULL;
	s->engine->counters.upgraded++;
	if (s->throttled)
		s->transport->ops->hold(s->transport, true);
	if (s->engine->events->upgraded)
		s->engine->events->upgraded(s);
	if (s->out.len)
		s->transport->ops->wake(s->transport);
	else if (s->state == SESSION_CLOSING)
		session_say_goodbye(s);
}

void session_candidate_step(session *s, const packet *p)
{
	if (p && p->type == PACKET_PING && span_is(p->data, SPAN("probe")))
		answer_probe(s);
	else if (p && p->type == PACKET_UPGRADE)
		switch_transport(s);
	else
		session_drop_candidate(s);
}

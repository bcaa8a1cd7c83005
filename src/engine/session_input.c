/* SPDX-License-Identifier: MIT */
/* session_input - what one client sends: a table of state and packet type, and the heartbeat that
 * it keeps going. */
#include "session_parts.h"

/* ---- Heartbeat ---- */

void session_heartbeat_start(session *s)
{
	const engine_options *o = &s->engine->options;
	s->awaits_pong = false;
	s->put_off = false;
	session_arm(s, &s->heartbeat,
		s->dialect->server_pings ? o->ping_interval_ms
					 : o->ping_interval_ms + o->ping_timeout_ms);
}

void session_heartbeat_due(timer *t)
{
	session *s = LIST_OWNER(t, session, heartbeat);
	if (s->state == SESSION_CLOSING || s->awaits_pong || !s->dialect->server_pings) {
		/* Its pong may stand behind what it has sent too fast. */
		if (s->throttled)
			s->limit = s->throttled;
		session_fail(s, s->state == SESSION_CLOSING ? s->reason : CLOSED_BY_TIMEOUT);
		return;
	}
	s->awaits_pong = true;
	session_arm(s, &s->heartbeat, s->engine->options.ping_timeout_ms);
	if (!session_push(s, bytes_ref(s->engine->ping)))
		session_fail(s, CLOSED_BY_ERROR);
}

/* Whatever comes shows that the peer lives, and a pong starts anew; but a ping that it never
 * answers is found out. */
static void put_off_timeout(session *s)
{
	if (s->state != SESSION_OPEN || !s->awaits_pong || s->put_off)
		return;
	s->put_off = true;
	session_arm(s, &s->heartbeat, s->engine->options.ping_timeout_ms);
}

/* ---- Packets: one table ---- */

typedef void step_fn(session *s, const packet *p);

static void ignore(session *s, const packet *p)
{
	(void)s;
	(void)p;
}

static void on_close(session *s, const packet *p)
{
	(void)p;
	transport *t = s->transport;
	if (!t->ops->close_packet_ends)
		return;
	t->ops->release(t);
	session_fail(s, CLOSED_BY_TRANSPORT);
}

/* Who pings is agreed, so the other way round is an error. */
static void on_ping(session *s, const packet *p)
{
	(void)p;
	if (!s->dialect->server_pings) {
		session_heartbeat_start(s);
		if (session_has_room(s, s->engine->pong->len) &&
			session_push(s, bytes_ref(s->engine->pong)))
			return;
	}
	session_fail(s, CLOSED_BY_ERROR);
}

static void on_pong(session *s, const packet *p)
{
	(void)p;
	if (s->dialect->server_pings)
		session_heartbeat_start(s);
	else
		session_fail(s, CLOSED_BY_ERROR);
}

static void on_message(session *s, const packet *p)
{
	const engine_options *o = &s->engine->options;
	if (o->max_events_per_second || o->max_bytes_per_second)
		session_keep_pace(s, p->data.len);
	s->engine->events->message(
		s, (unsigned char *)(uintptr_t)p->data.at, p->data.len, p->binary);
}

/* Open, close, ping, pong, message, upgrade, noop. */
static step_fn *const steps[SESSION_STATES][PACKET_TYPES] = {
	[SESSION_OPEN] = { ignore, on_close, on_ping, on_pong, on_message, ignore, ignore },
	[SESSION_CLOSING] = { ignore, on_close, ignore, ignore, ignore, ignore, ignore },
	[SESSION_CLOSED] = { ignore, ignore, ignore, ignore, ignore, ignore, ignore },
};

/* One that is closing may still send it. */
void session_blame(session *s)
{
	if (!s->blamed)
		s->engine->counters.bad_packets++;
	s->blamed = true;
}

/* NULL: what came is not a packet. */
static void step(session *s, const packet *p)
{
	if (p) {
		s->engine->counters.packets_in++;
		put_off_timeout(s);
		steps[s->state][p->type](s, p);
	} else if (s->state == SESSION_OPEN) {
		session_blame(s);
		session_fail(s, CLOSED_BY_PARSER);
	}
}

/* ---- Input ---- */

void session_receive(session *s, transport *t, unsigned char *data, size_t len, bool binary)
{
	packet p;
	bool good = s->dialect->frame_read(&p, data, len, binary);

	if (s->doomed)
		return;
	if (t == s->candidate)
		session_candidate_step(s, good ? &p : NULL);
	else if (t == s->transport)
		step(s, good ? &p : NULL);
}

static size_t receive_all(
	session *s, transport *t, const payload_form *form, unsigned char *data, size_t len)
{
	packet p;
	bool good = true;
	for (bool first = true; good && (first || len); first = false) {
		if (t != s->transport || s->doomed)
			return 0;
		if (s->throttled)
			return len;
		good = form->read(&p, &data, &len);
		step(s, good ? &p : NULL);
	}
	return 0;
}

size_t session_receive_payload(session *s, transport *t, unsigned char *data, size_t len)
{
	return receive_all(s, t, s->dialect->text, data, len);
}

size_t session_receive_binary_payload(session *s, transport *t, unsigned char *data, size_t len)
{
	return receive_all(s, t, s->dialect->binary, data, len);
}

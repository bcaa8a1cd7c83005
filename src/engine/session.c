/* SPDX-License-Identifier: MIT */
/* session - one client of Engine.IO (protocol-notes/engine.io.md). */
#include "session.h"
#include "engine.h"
#include "polling.h"
#include <stdlib.h>
#include <string.h>

/* How long a peer has to fetch what is queued at a close, and then the goodbye; protects the table
 * of sessions. */
enum { GOODBYE_MS = 30000 };

static uint64_t now(const session *s)
{
	return s->engine->wheel->time;
}

static void start(session *s, timer *t, uint64_t after_ms)
{
	timer_start(s->engine->wheel, t, now(s) + after_ms);
}

/* ---- Ends ---- */

static void drop_candidate(session *s)
{
	transport *t = s->candidate;
	if (!t)
		return;
	s->candidate = NULL;
	s->probed = false;
	timer_stop(s->engine->wheel, &s->upgrade);
	t->ops->close(t, false);
}

static void leave_network(session *s)
{
	census_drop(&s->engine->networks, s->network);
	s->network = NULL;
}

/* The one way out: whatever happened, this runs once. */
static void end(session *s, ending how)
{
	s->state = SESSION_CLOSED;
	drop_candidate(s);
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

/* All output has been delivered: the goodbye is next. */
static void say_goodbye(session *s)
{
	if (s->transport->ops->close(s->transport, true))
		session_closed_by_poll(s);
	else
		start(s, &s->heartbeat, GOODBYE_MS);
}

void session_close(session *s, const char *reason)
{
	if (s->state != SESSION_OPEN || s->doomed)
		return;
	s->state = SESSION_CLOSING;
	s->reason = reason;
	start(s, &s->heartbeat, GOODBYE_MS);
	if (s->out.len == 0)
		say_goodbye(s);
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
		s->candidate = NULL;
		s->probed = false;
		timer_stop(s->engine->wheel, &s->upgrade);
		return;
	}
	if (t != s->transport)
		return;
	ending full = *how;
	full.unsent = session_backlog(s);
	s->transport = NULL;
	end(s, full);
}

/* ---- Heartbeat ---- */

static bool push(session *s, bytes *b)
{
	if (!queue_push(&s->out, b)) {
		bytes_unref(b);
		return false;
	}
	s->transport->ops->wake(s->transport);
	return true;
}

static void heartbeat_start(session *s)
{
	const engine_options *o = &s->engine->options;
	s->awaits_pong = false;
	s->put_off = false;
	start(s, &s->heartbeat,
		s->dialect->server_pings ? o->ping_interval_ms
					 : o->ping_interval_ms + o->ping_timeout_ms);
}

static void heartbeat_due(timer *t)
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
	start(s, &s->heartbeat, s->engine->options.ping_timeout_ms);
	if (!push(s, bytes_ref(s->engine->ping)))
		session_fail(s, CLOSED_BY_ERROR);
}

/* Whatever comes shows that the peer lives, and a pong starts anew; but a ping that it never
 * answers is found out. */
static void put_off_timeout(session *s)
{
	if (s->state != SESSION_OPEN || !s->awaits_pong || s->put_off)
		return;
	s->put_off = true;
	start(s, &s->heartbeat, s->engine->options.ping_timeout_ms);
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
		heartbeat_start(s);
		if (session_has_room(s, s->engine->pong->len) &&
			push(s, bytes_ref(s->engine->pong)))
			return;
	}
	session_fail(s, CLOSED_BY_ERROR);
}

static void on_pong(session *s, const packet *p)
{
	(void)p;
	if (s->dialect->server_pings)
		heartbeat_start(s);
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

/* ---- Upgrade ---- */

static void upgrade_due(timer *t)
{
	drop_candidate(LIST_OWNER(t, session, upgrade));
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
	start(s, &s->upgrade, s->engine->options.upgrade_timeout_ms);
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
	s->transport = s->candidate;
	s->candidate = NULL;
	s->probed = false;
	timer_stop(s->engine->wheel, &s->upgrade);
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
		say_goodbye(s);
}

static void candidate_step(session *s, const packet *p)
{
	if (p && p->type == PACKET_PING && span_is(p->data, SPAN("probe")))
		answer_probe(s);
	else if (p && p->type == PACKET_UPGRADE)
		switch_transport(s);
	else
		drop_candidate(s);
}

/* ---- Input ---- */

void session_receive(session *s, transport *t, unsigned char *data, size_t len, bool binary)
{
	packet p;
	bool good = s->dialect->frame_read(&p, data, len, binary);

	if (s->doomed)
		return;
	if (t == s->candidate)
		candidate_step(s, good ? &p : NULL);
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

/* ---- Output ---- */

bool session_takes(const session *s, manner how)
{
	if (s->state != SESSION_OPEN || s->doomed)
		return false;
	return !s->behind || (how != MANNER_SKIP && how != MANNER_DISCONNECT);
}

/* After which a drain is told: not in the same turn, which would never end with a peer that reads
 * as fast as the application sends whenever it is told. */
enum { DRAIN_MS = 1 };

/* It may be behind no longer. */

static void catch_up(session *s)
{
	engine *e = s->engine;
	if (!s->behind || s->out.bytes > e->options.low_water)
		return;
	s->behind = false;
	if (!e->events->drained)
		return;
	list_append(&e->drained, &s->drained_link);
	if (!timer_running(&e->drain))
		start(s, &e->drain, DRAIN_MS);
}

static void fall_behind(session *s)
{
	if (s->out.bytes <= s->engine->options.high_water)
		return;
	s->behind = true;
	list_remove(&s->drained_link);
}

/* false: a client that is behind has no room for it, whatever else goes. */
static bool push_out(session *s, size_t size)
{
	size_t high = s->engine->options.high_water;
	if (s->behind && s->out.bytes - queue_droppable(&s->out) + size > high)
		return false;
	while (s->out.bytes + size > high && queue_drop_oldest(&s->out))
		;
	return true;
}

/* Makes room where the block's manner asks for it; false: the block is not to be queued. */
static bool make_way(session *s, const bytes *b)
{
	bool good = session_takes(s, (manner)b->manner);
	if (!good && s->behind && b->manner == MANNER_DISCONNECT && s->state == SESSION_OPEN &&
		!s->doomed) {
		s->limit = "high_water";
		session_doom(s, CLOSED_BY_ERROR);
	} else if (good && b->manner == MANNER_CONFLATE) {
		queue_drop_key(&s->out, b->key);
	} else if (good && b->manner == MANNER_PUSH_OUT) {
		good = push_out(s, b->len + b->key);
	}
	catch_up(s);
	return good;
}

/* What stands for it in the queue is dropped as it would be. */
static bytes *dress(const session *s, bytes *b)
{
	const bytes as = { .manner = b->manner, .key = b->key, .parts = b->parts };
	b = s->dialect->dress(b);
	if (b) {
		b->manner = as.manner;
		b->key = as.key;
		b->parts = as.parts;
	}
	return b;
}

/* What is refused must not be delivered with the rest when the session ends. */
bool session_send(session *s, bytes *b)
{
	if (!make_way(s, b)) {
		bytes_unref(b);
		return false;
	}
	b = dress(s, b);
	if (b && !session_has_room(s, b->len)) {
		bytes_unref(b);
		b = NULL;
	}
	if (b && push(s, b)) {
		fall_behind(s);
		return true;
	}
	session_doom(s, CLOSED_BY_ERROR);
	return false;
}

bool session_writable(const session *s)
{
	return s->state == SESSION_OPEN && !s->doomed && s->transport->ops->writable(s->transport);
}

size_t session_backlog(const session *s)
{
	return s->out.bytes + (s->transport ? s->transport->ops->pending(s->transport) : 0);
}

bytes *session_peek(const session *s, const transport *t, size_t i)
{
	return t == s->transport ? queue_peek(&s->out, i) : NULL;
}

void session_pop(session *s)
{
	queue_pop(&s->out);
	s->engine->counters.packets_out++;
	catch_up(s);
	if (s->out.len == 0 && s->state == SESSION_CLOSING)
		say_goodbye(s);
}

/* ---- Life ---- */

/* Where its number is limited it must be counted; false: out of memory. */
static bool enter_network(session *s)
{
	span network = handshake_network(s->handshake);
	if (!s->engine->options.max_sessions_per_address || !network.len)
		return true;
	s->network = census_add(&s->engine->networks, network);
	return s->network != NULL;
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
	timer_init(&s->heartbeat, heartbeat_due);
	timer_init(&s->upgrade, upgrade_due);
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
	return open && push(s, open) && (!initial || session_send(s, bytes_ref(initial)));
}

void session_open(session *s, transport *t)
{
	s->transport = t;
	s->engine->counters.opened++;
	map_add(&s->engine->sessions, &s->by_sid, session_sid(s));
	heartbeat_start(s);
	if (!greet(s))
		session_doom(s, CLOSED_BY_ERROR);
	else if (!s->engine->events->open(s->engine->user, s))
		session_doom(s, CLOSED_BY_ERROR);
	if (s->polling)
		s->polling->greeting = s->out.len;
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

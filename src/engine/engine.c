/* SPDX-License-Identifier: MIT */
/* engine - all sessions of one server: handshake, refusals, life (protocol-notes/engine.io.md). */
#include "engine.h"
#include "../base/buf.h"
#include "polling.h"
#include <stdlib.h>
#include <string.h>

static void drain_due(timer *t)
{
	engine *e = LIST_OWNER(t, engine, drain);
	list drained;
	list_init(&drained);
	list_move(&drained, &e->drained);
	while (!list_empty(&drained)) {
		session *s = LIST_OWNER(drained.next, session, drained_link);
		list_remove(&s->drained_link);
		e->events->drained(s);
	}
}

/* The message as it goes out; NULL: out of memory. */
static bytes *message_of(const char *text)
{
	buf out = { 0 };
	buf_add_char(&out, '4');
	buf_add_text(&out, text);
	bytes *b = out.failed ? NULL : bytes_copy(buf_data(&out), buf_len(&out));
	buf_free(&out);
	return b;
}

bool engine_init(
	engine *e, const engine_options *options, const engine_events *events, void *user, wheel *w)
{
	*e = (engine){ .options = *options, .events = events, .user = user, .wheel = w };
	if (e->options.high_water > options->max_queue)
		e->options.high_water = options->max_queue;
	if (e->options.low_water > e->options.high_water)
		e->options.low_water = e->options.high_water;
	map_init(&e->sessions);
	census_init(&e->networks);
	list_init(&e->doomed);
	list_init(&e->dead);
	list_init(&e->drained);
	timer_init(&e->drain, drain_due);
	e->ping = bytes_copy("2", 1);
	e->pong = bytes_copy("3", 1);
	e->ok = bytes_copy("ok", 2);
	e->initial = options->initial_packet ? message_of(options->initial_packet) : NULL;
	return e->ping && e->pong && e->ok && (e->initial || !options->initial_packet);
}

void engine_fini(engine *e)
{
	engine_close_all(e, CLOSED_BY_SHUTDOWN);
	engine_reap(e);
	timer_stop(e->wheel, &e->drain);
	map_fini(&e->sessions);
	census_fini(&e->networks);
	bytes_unref(e->ping);
	bytes_unref(e->pong);
	bytes_unref(e->ok);
	bytes_unref(e->initial);
}

void engine_close_all(engine *e, const char *reason)
{
	map_node *node;
	while ((node = map_next(&e->sessions, NULL)) != NULL)
		session_fail(MAP_OWNER(node, session, by_sid), reason);
}

/* ---- Requests ---- */

static const struct {
	int status;
	const char *message;
} refusals[] = {
	[REFUSED_TRANSPORT] = { 400, "Transport unknown" },
	[REFUSED_SID] = { 400, "Session ID unknown" },
	[REFUSED_METHOD] = { 400, "Bad handshake method" },
	[REFUSED_REQUEST] = { 400, "Bad request" },
	[REFUSED_FORBIDDEN] = { 403, "Forbidden" },
	[REFUSED_VERSION] = { 400, "Unsupported protocol version" },
};

const char *refusal_message(refusal r)
{
	return refusals[r].message;
}

int refusal_status(refusal r)
{
	return refusals[r].status;
}

static session *find(const engine *e, span sid)
{
	map_node *node = map_find(&e->sessions, sid);
	return node ? MAP_OWNER(node, session, by_sid) : NULL;
}

static refusal refuse(refusal why, refusal_context *context, const char *name, span detail)
{
	*context = (refusal_context){ name, detail };
	return why;
}

static refusal check_known(
	const engine *e, const engine_request *r, session **known, refusal_context *context)
{
	session *s = find(e, r->sid);
	if (!s)
		return refuse(REFUSED_SID, context, NULL, r->sid);
	bool websocket = span_is(r->transport, SPAN("websocket"));
	/* A session that cannot be taken over is told so on the WebSocket: clients look for it
	 * there. */
	if (websocket != r->upgrade || (!websocket && !s->polling))
		return refuse(REFUSED_REQUEST, context, "TRANSPORT_MISMATCH", r->transport);
	const dialect *d = dialect_for(r->eio);
	if (!d || d->version != s->dialect->version)
		return refuse(REFUSED_REQUEST, context, "PROTOCOL_MISMATCH", r->eio);
	*known = s;
	return NOT_REFUSED;
}

refusal engine_check(
	const engine *e, const engine_request *r, session **known, refusal_context *context)
{
	bool websocket = span_is(r->transport, SPAN("websocket"));

	*known = NULL;
	if (websocket ? !e->options.websocket
		      : !e->options.polling || !span_is(r->transport, SPAN("polling")))
		return refuse(REFUSED_TRANSPORT, context, NULL, r->transport);
	if (r->sid.len)
		return check_known(e, r, known, context);
	if (!r->get)
		return refuse(REFUSED_METHOD, context, NULL, r->method);
	if (websocket != r->upgrade)
		return refuse(REFUSED_REQUEST, context, "TRANSPORT_HANDSHAKE_ERROR", r->transport);
	return NOT_REFUSED;
}

refusal engine_check_version(const engine *e, span eio)
{
	const dialect *d = dialect_for(eio);
	return d && (!d->old || e->options.allow_eio3) ? NOT_REFUSED : REFUSED_VERSION;
}

bool engine_sid_usable(const engine *e, span sid)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~";
	if (!sid.len || sid.len > SID_MAX)
		return false;
	for (size_t i = 0; i < sid.len; i++)
		if (!sid.at[i] || !strchr(allowed, sid.at[i]))
			return false;
	return !find(e, sid);
}

/* ---- Admission ---- */

static const char *struck(engine *e, const char *limit)
{
	counters_strike(&e->counters, limit);
	return limit;
}

const char *engine_full(engine *e, span network)
{
	const engine_options *o = &e->options;
	if (o->max_sessions && e->sessions.count >= o->max_sessions)
		return struck(e, "max_sessions");
	if (o->max_sessions_per_address && network.len &&
		census_count(&e->networks, network) >= o->max_sessions_per_address)
		return struck(e, "max_sessions_per_address");
	return NULL;
}

/* Who is turned away for want of room does not use up the others' share of handshakes. */
const char *engine_admit(engine *e, span network)
{
	unsigned rate = e->options.max_handshakes_per_second;
	const char *limit = engine_full(e, network);
	if (limit || !rate)
		return limit;
	if (pace_wait(&e->handshakes, e->wheel->time, rate))
		return struck(e, "max_handshakes_per_second");
	pace_take(&e->handshakes, e->wheel->time, rate, 1);
	return NULL;
}

/* Each packet pays for the sum only where that is wanted all the time. */
size_t engine_held(const engine *e)
{
	size_t sum = e->held;
	if (e->options.max_memory)
		return sum;
	for (map_node *it = map_next(&e->sessions, NULL); it; it = map_next(&e->sessions, it))
		sum += queue_cost(&MAP_OWNER(it, session, by_sid)->out);
	return sum;
}

session *engine_heaviest(const engine *e)
{
	session *most = NULL;
	for (map_node *it = map_next(&e->sessions, NULL); it; it = map_next(&e->sessions, it)) {
		session *s = MAP_OWNER(it, session, by_sid);
		if (!most || session_held(s) > session_held(most))
			most = s;
	}
	return most;
}

/* ---- Opening ---- */

/* The keys stand in the reference's order: some clients look for them with patterns. */
bytes *engine_open_packet(const session *s)
{
	const engine_options *o = &s->engine->options;
	bool upgrades = s->polling && o->allow_upgrades && o->websocket;
	buf text = { 0 };

	buf_add_text(&text, "0{\"sid\":\"");
	buf_add_span(&text, session_sid(s));
	buf_add_text(&text, upgrades ? "\",\"upgrades\":[\"websocket\"]" : "\",\"upgrades\":[]");
	buf_add_text(&text, ",\"pingInterval\":");
	buf_add_uint(&text, o->ping_interval_ms);
	buf_add_text(&text, ",\"pingTimeout\":");
	buf_add_uint(&text, o->ping_timeout_ms);
	buf_add_text(&text, ",\"maxPayload\":");
	buf_add_uint(&text, o->max_payload);
	buf_add_char(&text, '}');
	bytes *b = text.failed ? NULL : bytes_copy(buf_data(&text), buf_len(&text));
	buf_free(&text);
	return b;
}

static session *begin(session *s, transport *t)
{
	session_open(s, t);
	return s->state == SESSION_CLOSED ? NULL : s;
}

session *engine_open(engine *e, span eio, handshake *h, span sid, transport *t)
{
	session *s = session_new(e, dialect_for(eio), h, sid);
	return s ? begin(s, t) : NULL;
}

session *engine_open_polling(engine *e, span eio, handshake *h, span sid)
{
	session *s = session_new(e, dialect_for(eio), h, sid);
	if (!s)
		return NULL;
	s->polling = polling_new(s);
	if (!s->polling) {
		session_free(s);
		return NULL;
	}
	return begin(s, &s->polling->base);
}

/* ---- Turns ---- */

void engine_settle(engine *e)
{
	while (!list_empty(&e->doomed)) {
		session *s = LIST_OWNER(e->doomed.next, session, doomed_link);
		list_remove(&s->doomed_link);
		session_fail(s, s->reason);
	}
}

bool engine_unsettled(const engine *e)
{
	return !list_empty(&e->doomed);
}

void engine_reap(engine *e)
{
	list dead;
	list_init(&dead);
	list_move(&dead, &e->dead);
	while (!list_empty(&dead))
		session_free(LIST_OWNER(dead.next, session, dead_link));
}

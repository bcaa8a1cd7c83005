/* SPDX-License-Identifier: MIT */
/* websocket_session - a WebSocket as the transport of a session (protocol-notes/engine.io.md,
 * "WebSocket"). */
#include "internal.h"

typedef struct carrier {
	websocket base; /* the first member: carrier_of() */
	transport transport;
	session *session; /* NULL: it has ended, or never began */
	bool closing;     /* by the session, which knows that it ends */
	size_t kept;      /* bytes that the session counts as held */
} carrier;

static carrier *carrier_of(const websocket *w)
{
	return (carrier *)(uintptr_t)w;
}

static carrier *carrier_for(const transport *t)
{
	return LIST_OWNER((uintptr_t)t, carrier, transport);
}

/* ---- What the session asks of it ---- */

static void carrier_wake(transport *t)
{
	websocket_wake(&carrier_for(t)->base);
}

static bool carrier_writable(const transport *t)
{
	const connection *c = carrier_for(t)->base.connection;
	return !c->blocked && !c->doomed;
}

static size_t carrier_pending(const transport *t)
{
	return connection_backlog(carrier_for(t)->base.connection);
}

static void carrier_control(transport *t, span text)
{
	websocket_add_frame(&carrier_for(t)->base, WS_OP_TEXT, text.at, text.len);
}

static void carrier_release(transport *t)
{
	(void)t;
}

/* What was queued in this turn comes before the end. */
static void take_queue(carrier *x)
{
	if (x->session && x->session->state == SESSION_OPEN)
		websocket_take_queue(&x->base);
}

static bool carrier_close(transport *t, bool wait)
{
	carrier *x = carrier_for(t);
	/* Without memory for what was queued the connection is lost meanwhile. */
	x->closing = true;
	if (!wait)
		take_queue(x);
	x->session = NULL;
	if (!x->base.connection->doomed)
		websocket_close(&x->base, WS_CLOSE_NONE, NULL);
	return true;
}

static void carrier_hold(transport *t, bool held)
{
	websocket_hold(&carrier_for(t)->base, held);
}

static const transport_ops ops = {
	.name = "websocket",
	.wake = carrier_wake,
	.writable = carrier_writable,
	.pending = carrier_pending,
	.control = carrier_control,
	.release = carrier_release,
	.close = carrier_close,
	.hold = carrier_hold,
};

/* ---- What the connection asks of it ---- */

static void on_message(websocket *w, unsigned char *data, size_t len, bool binary)
{
	carrier *x = carrier_of(w);
	if (x->session)
		session_receive(x->session, &x->transport, data, len, binary);
}

static bytes *peek(const websocket *w, size_t i)
{
	const carrier *x = carrier_of(w);
	return x->session ? session_peek(x->session, &x->transport, i) : NULL;
}

static void pop(websocket *w)
{
	session_pop(carrier_of(w)->session);
}

static size_t waiting(const websocket *w)
{
	const carrier *x = carrier_of(w);
	return x->session ? queue_cost(&x->session->out) : 0;
}

static void on_end(websocket *w, const ending *how, span said)
{
	carrier *x = carrier_of(w);
	(void)said;
	take_queue(x);
	session *s = x->session;
	x->session = NULL;
	if (s && !x->closing)
		session_transport_gone(s, &x->transport, how);
}

static void keeps(websocket *w, size_t size)
{
	carrier *x = carrier_of(w);
	size_t kept = x->kept;
	if (size == kept)
		return;
	x->kept = size;
	if (!x->session)
		return;
	session_let_go(x->session, kept);
	if (!session_hold(x->session, size)) {
		x->kept = 0;
		session_fail(x->session, CLOSED_BY_ERROR);
	}
}

static const websocket_owner owner = {
	.greets = true,
	.keeps = keeps,
	.message = on_message,
	.peek = peek,
	.pop = pop,
	.waiting = waiting,
	.ended = on_end,
};

/* ---- Opening ---- */

static session *open_session(carrier *x, const http_head *head, span eio, span sid)
{
	connection *c = x->base.connection;
	handshake *h = request_take_handshake(c, head);
	return h ? engine_open(c->net->engine, eio, h, sid, &x->transport) : NULL;
}

void websocket_begin(connection *c, const http_head *head, span eio, span sid, session *known)
{
	carrier *x = carrier_of(websocket_accept(c, head, &owner, sizeof *x));
	if (!x)
		return;
	x->transport.ops = &ops;
	if (!known)
		x->session = open_session(x, head, eio, sid);
	else if (session_probe(known, &x->transport))
		x->session = known;
	if (!x->session)
		websocket_close(&x->base, WS_CLOSE_NONE, NULL);
	/* Scripts for version 3 begin to listen for messages when they have seen the socket open:
	 * what comes in one piece with the 101 is lost on them. */
	else if (!known && x->session->dialect->old)
		websocket_hush(&x->base);
	request_free(c);
}

/* SPDX-License-Identifier: MIT */
/* websocket_plain - one WebSocket that is the application's own. */
#include "plain.h"
#include <errno.h>

static net_ws *plain_of(const websocket *w)
{
	return (net_ws *)(uintptr_t)w;
}

static net *net_of(const net_ws *w)
{
	return w->base.connection->net;
}

/* ---- Signs of life ---- */

static void start_heartbeat(net_ws *w, unsigned after_ms)
{
	net *n = net_of(w);
	timer_start(n->wheel, &w->heartbeat, n->wheel->now + after_ms);
}

static void await_ping(net_ws *w)
{
	w->awaits_pong = false;
	start_heartbeat(w, net_of(w)->engine->options.ping_interval_ms);
}

/* A pong cannot come in the middle of a long message, so that what of it comes counts too. */
static void heartbeat_due(timer *t)
{
	net_ws *w = LIST_OWNER(t, net_ws, heartbeat);
	if (!w->awaits_pong) {
		w->awaits_pong = true;
		w->heard = w->base.heard;
		start_heartbeat(w, net_of(w)->engine->options.ping_timeout_ms);
		websocket_add_frame(&w->base, WS_OP_PING, NULL, 0);
	} else if (w->heard != w->base.heard) {
		await_ping(w);
	} else {
		connection_doom(w->base.connection);
	}
}

/* Nothing is sent behind a close frame. */
static void say_close(net_ws *w)
{
	timer_stop(net_of(w)->wheel, &w->heartbeat);
	websocket_close(&w->base, w->code, w->reason);
}

/* ---- What the connection asks of it ---- */

static void on_message(websocket *base, unsigned char *data, size_t len, bool binary)
{
	net_ws *w = plain_of(base);
	if (w->state == PLAIN_OPEN)
		w->endpoint->events.message(
			w, (span){ (const char *)data, len }, binary, w->endpoint->user);
}

static void on_pong(websocket *base)
{
	net_ws *w = plain_of(base);
	if (w->awaits_pong)
		await_ping(w);
}

static bytes *peek(const websocket *base, size_t i)
{
	return queue_peek(&plain_of(base)->out, i);
}

static void pop(websocket *base)
{
	net_ws *w = plain_of(base);
	queue_pop(&w->out);
	if (w->state == PLAIN_CLOSING && !w->out.len)
		say_close(w);
}

static size_t waiting(const websocket *base)
{
	return queue_cost(&plain_of(base)->out);
}

static void keep_reason(net_ws *w, unsigned code, span reason)
{
	free(w->reason);
	w->code = (uint16_t)code;
	w->reason = reason.len ? strndup(reason.at, reason.len) : NULL;
}

static void on_end(websocket *base, const ending *how, span said)
{
	net_ws *w = plain_of(base);
	if (w->state == PLAIN_NEW)
		return;
	websocket_take_queue(base);
	w->state = PLAIN_ENDED;
	keep_reason(w, how->code ? how->code : WS_CLOSE_ABNORMAL, said);
	timer_stop(net_of(w)->wheel, &w->heartbeat);
	queue_clear(&w->out);
	list_append(&net_of(w)->departed, &w->in_net);
}

static void fini(websocket *base)
{
	net_ws *w = plain_of(base);
	free(w->handshake);
	free(w->reason);
}

static const websocket_owner owner = {
	.message = on_message,
	.pong = on_pong,
	.peek = peek,
	.pop = pop,
	.waiting = waiting,
	.ended = on_end,
	.fini = fini,
};

/* ---- Opening ---- */

net_ws *plain_open(endpoint *e, connection *c, const http_head *head)
{
	handshake *h = request_take_handshake(c, head);
	if (!h) {
		respond_status(c, 500);
		return NULL;
	}
	net_ws *w = plain_of(websocket_accept(c, head, &owner, sizeof *w));
	if (!w) {
		free(h);
		return NULL;
	}
	w->endpoint = e;
	w->handshake = h;
	w->state = PLAIN_OPEN;
	list_init(&w->in_net);
	list_append(&e->members, &w->in_endpoint);
	timer_init(&w->heartbeat, heartbeat_due);
	await_ping(w);
	return w;
}

/* ---- What the application does with it ---- */

int net_ws_send(net_ws *w, bytes *b)
{
	if (w->state != PLAIN_OPEN || !queue_push(&w->out, b)) {
		bytes_unref(b);
		return w->state == PLAIN_OPEN ? ENOMEM : ESHUTDOWN;
	}
	/* A peer that does not take what it is sent must not take all memory instead. */
	if (w->out.bytes > net_of(w)->engine->options.max_queue) {
		connection_doom(w->base.connection);
		return ENOBUFS;
	}
	connection_weigh(w->base.connection);
	websocket_wake(&w->base);
	return 0;
}

int net_ws_close(net_ws *w, unsigned code, const char *reason)
{
	if (w->state != PLAIN_OPEN)
		return ESHUTDOWN;
	w->state = PLAIN_CLOSING;
	keep_reason(w, code, reason ? span_of(reason) : SPAN(""));
	if (w->out.len)
		connection_deadline(w->base.connection, WRITE_MS);
	else
		say_close(w);
	return 0;
}

size_t net_ws_backlog(const net_ws *w)
{
	return w->out.bytes + connection_backlog(w->base.connection);
}

const handshake *net_ws_handshake(const net_ws *w)
{
	return w->handshake;
}

void net_ws_set_data(net_ws *w, void *data, void (*free_data)(void *))
{
	void *old = w->data;
	void (*free_old)(void *) = w->free_data;
	w->data = data;
	w->free_data = free_data;
	if (free_old)
		free_old(old);
}

void *net_ws_data(const net_ws *w)
{
	return w->data;
}

/* SPDX-License-Identifier: MIT */
/* request - reads HTTP requests off a connection, one after the other (protocol-notes/http.md). */
#include "internal.h"
#include <stdlib.h>

static request *request_get(connection *c)
{
	request *r = c->request;
	if (r)
		return r;
	r = calloc(1, sizeof *r);
	if (!r) {
		connection_doom(c);
		return NULL;
	}
	r->connection = c;
	r->file = -1;
	c->request = r;
	return r;
}

void request_free(connection *c)
{
	request *r = c->request;
	if (!r)
		return;
	c->request = NULL;
	if (r->file >= 0)
		close(r->file);
	buf_free(&r->data);
	free(r->target);
	buf_free(&r->parameters);
	engine_request_fini(r);
	free(r);
}

/* ---- Bodies ---- */

/* A body that is too large or broken is answered by whoever waits for it; if the answer has been
 * given, it is not read on. */
static void refuse_body(connection *c, int status)
{
	request *r = c->request;
	if (status == 413)
		counters_strike(&c->net->engine->counters, "max_payload");
	else
		c->net->engine->counters.bad_requests++;
	net_log_peer(c, "bad body: %s", http_reason(status));
	if (r->sink == SINK_POST)
		exchange_refused(c, status);
	else if (r->sink == SINK_ROUTE)
		respond_status(c, status);
	else if (r->exchange.polling)
		connection_doom(c);
	else
		c->closing = true;
}

static void body_done(connection *c, unsigned char *data, size_t len)
{
	request *r = c->request;
	sink to = (sink)r->sink;
	r->in_body = false;
	r->sink = SINK_NONE;
	/* From here on it is the answer that takes its time, not the peer. */
	if (to != SINK_NONE || r->exchange.polling)
		timer_stop(c->net->wheel, &c->deadline);
	if (to == SINK_POST)
		exchange_body(c, data, len);
	else if (to == SINK_ROUTE)
		routes_finish(c, (span){ (const char *)data, len });
	buf_free(&r->data);
}

static bool keep_piece(connection *c, span piece)
{
	request *r = c->request;
	r->data.limit = c->net->options.max_payload;
	if (r->sink == SINK_NONE || buf_add_span(&r->data, piece))
		return true;
	refuse_body(c, 413);
	return false;
}

/* A body that lies whole in the input is handed on where it lies. */
static long read_body(connection *c, unsigned char *data, size_t len)
{
	request *r = c->request;
	span piece;
	long n = http_body_read(&r->body, (span){ (const char *)data, len }, &piece);

	if (n < 0) {
		refuse_body(c, (int)-n);
		return -1;
	}
	bool done = http_body_done(&r->body);
	if (done && !buf_len(&r->data) && piece.len <= c->net->options.max_payload)
		body_done(c, (unsigned char *)(uintptr_t)piece.at, piece.len);
	else if (keep_piece(c, piece) && done)
		body_done(c, buf_data(&r->data), buf_len(&r->data));
	return n;
}

/* ---- Heads ---- */

bool request_for_engine(const net *n, span path)
{
	span prefix = span_of(n->options.path);
	return path.len >= prefix.len && !memcmp(path.at, prefix.at, prefix.len);
}

static void write_continue(connection *c)
{
	buf_add_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	connection_dirty(c);
}

/* What a request before it on the same connection has left. */
static void forget_last(request *r)
{
	free(r->handshake);
	r->handshake = NULL;
	buf_clear(&r->fields);
}

static void begin(connection *c, const http_head *head)
{
	request *r = request_get(c);
	if (!r)
		return;
	forget_last(r);
	r->busy = true;
	r->sink = SINK_NONE;
	r->head_only = head->method == HTTP_HEAD;
	r->keep_alive = head->keep_alive;
	http_body_init(&r->body, head);
	r->in_body = !http_body_done(&r->body);
	if (r->in_body)
		connection_deadline(c, BODY_MS);
	else
		timer_stop(c->net->wheel, &c->deadline);
	if (request_for_engine(c->net, head->path))
		engine_request_begin(c, head);
	else
		routes_begin(c, head);
	if (c->doomed || c->role != ROLE_HTTP)
		return;
	if (!r->in_body)
		body_done(c, NULL, 0);
	else if (r->sink != SINK_NONE && head->expect_continue)
		write_continue(c);
}

static long read_head(connection *c, unsigned char *data, size_t len)
{
	http_head *head = &c->net->head;
	bool first = c->scanned == 0;
	long n = http_head_read(head, (span){ (const char *)data, len }, &c->scanned);
	if (n == 0) {
		/* The time for a head runs from its first bytes on; those that follow do not renew
		 * it. */
		if (first)
			connection_deadline(c, HEAD_MS);
		return 0;
	}
	c->scanned = 0;
	if (n > 0) {
		begin(c, head);
		return n;
	}
	request *r = request_get(c);
	c->net->engine->counters.bad_requests++;
	net_log_peer(c, "bad request: %s", http_reason((int)-n));
	if (r) {
		r->busy = true;
		r->keep_alive = false;
		respond_status(c, (int)-n);
	}
	return -1;
}

/* ---- Input ---- */

/* A body goes on while its request waits for it; a new head waits until the last request was
 * answered. */
static bool readable(const connection *c)
{
	const request *r = c->request;
	if (c->doomed || c->closing || c->role != ROLE_HTTP)
		return false;
	return !r || !r->busy || r->in_body;
}

/* Returns how much was used. */
static size_t consume(connection *c, unsigned char *data, size_t len)
{
	size_t at = 0;
	while (at < len && readable(c)) {
		bool in_body = c->request && c->request->in_body;
		long n = in_body ? read_body(c, data + at, len - at)
				 : read_head(c, data + at, len - at);
		if (n <= 0)
			break;
		at += (size_t)n;
		net_settle(c->net);
	}
	/* Frames may come in one piece with the request that asks for them. */
	if (c->role == ROLE_WEBSOCKET && !c->doomed) {
		websocket_input(c, data + at, len - at);
		return len;
	}
	return at;
}

void request_next(connection *c)
{
	if (!buf_len(&c->in) || c->doomed)
		return;
	/* The bytes are taken away first: what they bring about may set others aside. */
	buf taken = c->in;
	c->in = (buf){ 0 };
	size_t used = consume(c, buf_data(&taken), buf_len(&taken));
	buf_consume(&taken, used);
	if (buf_len(&taken) && !c->doomed)
		c->in = taken;
	else
		buf_free(&taken);
	if (buf_len(&c->in) < INPUT_MAX)
		net_resume(c, PAUSE_FULL);
}

/* Requests that were sent ahead, and are answered before the others have their turn. */
enum { SERVED_IN_A_TURN = 16 };

static void more_due(timer *t)
{
	list later;
	list_init(&later);
	list_move(&later, &LIST_OWNER(t, net, more)->later);
	while (!list_empty(&later)) {
		connection *c = LIST_OWNER(later.next, connection, in_later);
		list_remove(&c->in_later);
		c->served = 0;
		if (c->role == ROLE_HTTP)
			request_next(c);
		tls_go_on(c);
	}
}

void requests_init(net *n)
{
	list_init(&n->later);
	timer_init(&n->more, more_due);
}

void requests_fini(net *n)
{
	timer_stop(n->wheel, &n->more);
}

void request_put_off(connection *c)
{
	net *n = c->net;
	list_remove(&c->in_later);
	list_append(&n->later, &c->in_later);
	timer_start(n->wheel, &n->more, n->wheel->time);
}

void request_next_in_turn(connection *c)
{
	if (!buf_len(&c->in))
		c->served = 0;
	else if (++c->served < SERVED_IN_A_TURN)
		request_next(c);
	else
		request_put_off(c);
}

void request_last(connection *c)
{
	request *r = c->request;
	if (c->role != ROLE_HTTP)
		return;
	if (r && r->busy)
		r->keep_alive = false;
	else
		connection_doom(c);
}

bool request_set_aside(connection *c, const unsigned char *data, size_t len)
{
	if (!buf_add(&c->in, data, len)) {
		connection_doom(c);
		return false;
	}
	/* What is sent ahead of an answer waits at the peer from here on. */
	if (buf_len(&c->in) >= INPUT_MAX)
		net_pause(c, PAUSE_FULL);
	return true;
}

void request_input(connection *c, unsigned char *data, size_t len)
{
	if (buf_len(&c->in)) {
		if (request_set_aside(c, data, len))
			request_next(c);
		return;
	}
	size_t used = consume(c, data, len);
	if (used < len && !c->doomed && !c->closing)
		request_set_aside(c, data + used, len - used);
}

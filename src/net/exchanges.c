/* SPDX-License-Identifier: MIT */
/* exchanges - polls and posts: how they reach a session, and how it answers them. */
#include "internal.h"

static connection *connection_of(exchange *x)
{
	return LIST_OWNER(x, request, exchange)->connection;
}

static void exchange_ready(exchange *x)
{
	connection_dirty(connection_of(x));
}

static const char *const types[] = {
	[ANSWER_EMPTY] = NULL,
	[ANSWER_TEXT] = "text/plain; charset=UTF-8",
	[ANSWER_HTML] = "text/html",
	[ANSWER_BINARY] = "application/octet-stream",
};

/* Without memory to compress with it goes as it is. */
static void compress(const connection *c, response *r)
{
	const net_options *o = &c->net->options;
	coding how = (coding)c->request->coding;
	if (!r->body || r->body->plain || !o->http_compression ||
		r->body->len < o->compression_threshold || !coding_name(how))
		return;
	bytes *packed = coding_compress(how, bytes_data(r->body), r->body->len, 0);
	if (!packed)
		return;
	bytes_unref(r->body);
	r->body = packed;
	http_write_field(&r->fields, SPAN("Content-Encoding"), span_of(coding_name(how)));
}

static void exchange_answer(exchange *x, int status, answer_type type, bytes *body)
{
	connection *c = connection_of(x);
	response r = RESPONSE(status);
	r.type = types[type];
	r.body = body;
	cors_fields(c, &r.fields);
	if (type != ANSWER_EMPTY)
		http_write_field(&r.fields, SPAN("Cache-Control"), SPAN("no-store"));
	buf_add_span(&r.fields, buf_span(&c->request->fields));
	compress(c, &r);
	respond(c, &r);
}

static void exchange_drop(exchange *x)
{
	connection_doom(connection_of(x));
}

static size_t exchange_unsent(const exchange *x)
{
	return connection_backlog(connection_of((exchange *)(uintptr_t)x));
}

static const exchange_ops exchange_ops_http = {
	.ready = exchange_ready,
	.answer = exchange_answer,
	.drop = exchange_drop,
	.unsent = exchange_unsent,
};

static exchange *exchange_for(connection *c)
{
	exchange *x = &c->request->exchange;
	x->ops = &exchange_ops_http;
	x->polling = NULL;
	return x;
}

void exchange_poll(connection *c, session *s)
{
	polling_get(s->polling, exchange_for(c));
}

static bool is_binary(const http_head *head)
{
	return span_is(
		http_field_find(head, SPAN("Content-Type")), SPAN("application/octet-stream"));
}

void exchange_post(connection *c, const http_head *head, session *s)
{
	exchange *x = exchange_for(c);
	polling_post(s->polling, x);
	if (!x->polling)
		return;
	c->request->sink = SINK_POST;
	if (is_binary(head))
		polling_post_binary(s->polling, x);
	if (x->polling && head->content_length > c->net->options.max_payload) {
		counters_strike(&c->net->engine->counters, "max_payload");
		exchange_refused(c, 413);
	}
}

void exchange_body(connection *c, unsigned char *data, size_t len)
{
	exchange *x = &c->request->exchange;
	if (x->polling)
		polling_post_body(x->polling, x, data, len);
}

/* A POST that is too large does not end its session, a broken one does. */
void exchange_refused(connection *c, int status)
{
	exchange *x = &c->request->exchange;
	if (x->polling)
		polling_post_refuse(x->polling, x, status, status != 413);
}

void exchange_lost(connection *c)
{
	if (!c->request)
		return;
	asking_end(c->request);
	exchange *x = &c->request->exchange;
	if (x->polling || x->leaving)
		polling_lost(x, connection_error(c));
}

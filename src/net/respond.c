/* SPDX-License-Identifier: MIT */
/* respond - writes HTTP responses to a connection (protocol-notes/http.md). */
#include "internal.h"
#include <stdlib.h>
#include <time.h>

enum { FILE_PIECE = 65536 };
/* Of a head without the fields that are added to it: mostly enough. */
enum { HEAD_ROOM = 256 };

static void write_connection(request *r, buf *out)
{
	/* A body that nobody reads would be taken for the next request. */
	if (r->in_body)
		r->keep_alive = false;
	if (!r->keep_alive) {
		http_write_field(out, SPAN("Connection"), SPAN("close"));
		return;
	}
	http_write_field(out, SPAN("Connection"), SPAN("keep-alive"));
	buf_add_text(out, "Keep-Alive: timeout=");
	buf_add_uint(out, IDLE_MS / 1000);
	buf_add_text(out, "\r\n");
}

/* The field is the same for all answers of a second. */
static void write_date(net *n, buf *out)
{
	int64_t now = (int64_t)time(NULL);
	if (now != n->date_at) {
		buf_clear(&n->date);
		http_write_date(&n->date, now);
		n->date_at = now;
	}
	if (n->date.failed)
		out->failed = true;
	buf_add_span(out, buf_span(&n->date));
}

static bool has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

static void write_head(request *q, const response *r, buf *out)
{
	uint64_t length = r->file >= 0 ? r->file_len : r->body ? r->body->len : 0;
	buf_reserve(out, HEAD_ROOM + buf_len(&r->fields));
	http_write_status(out, r->status);
	if (buf_len(&r->fields))
		buf_add(out, buf_data(&r->fields), buf_len(&r->fields));
	if (r->type)
		http_write_field(out, SPAN("Content-Type"), span_of(r->type));
	if (has_body(r->status))
		http_write_length(out, length);
	write_date(q->connection->net, out);
	write_connection(q, out);
	http_write_end(out);
}

/* The content alone goes out, whatever a frame header may stand in front of it. */
static void take_body(connection *c, response *r)
{
	if (!r->body || !r->body->len)
		return;
	c->rest = r->body;
	c->rest_at = r->body->front;
	r->body = NULL;
}

static void take_file(request *q, response *r)
{
	q->file = r->file;
	q->file_left = r->file_len;
	r->file = -1;
}

void respond(connection *c, response *r)
{
	request *q = c->request;
	q->sink = SINK_NONE;
	if (r->fields.failed)
		c->out.failed = true;
	write_head(q, r, &c->out);
	if (c->out.failed)
		connection_doom(c);
	else if (!q->head_only && has_body(r->status) && r->file >= 0)
		take_file(q, r);
	else if (!q->head_only && has_body(r->status))
		take_body(c, r);
	response_fini(r);
	connection_deadline(c, WRITE_MS);
	connection_dirty(c);
}

void respond_status_with(connection *c, int status, span name, span value)
{
	response r = RESPONSE(status);
	const char *reason = http_reason(status);
	r.type = "text/plain; charset=utf-8";
	r.body = bytes_copy(reason, strlen(reason));
	if (status == 426) { /* RFC 9110, 15.5.22 */
		http_write_field(&r.fields, SPAN("Connection"), SPAN("Upgrade"));
		http_write_field(&r.fields, SPAN("Upgrade"), SPAN("websocket"));
		http_write_field(&r.fields, SPAN("Sec-WebSocket-Version"), SPAN("13"));
	}
	if (name.len)
		http_write_field(&r.fields, name, value);
	respond(c, &r);
}

void respond_status(connection *c, int status)
{
	respond_status_with(c, status, SPAN(""), SPAN(""));
}

static void read_file(connection *c)
{
	request *q = c->request;
	size_t want = q->file_left < FILE_PIECE ? (size_t)q->file_left : FILE_PIECE;
	bytes *b = bytes_new(want);
	ssize_t got = b ? read(q->file, bytes_data(b), want) : -1;
	/* A file that has become shorter cannot be what its head promised. */
	if (got <= 0) {
		bytes_unref(b);
		connection_doom(c);
		return;
	}
	b->len = (size_t)got;
	c->rest = b;
	c->rest_at = 0;
	q->file_left -= (uint64_t)got;
	connection_deadline(c, WRITE_MS);
}

void respond_more(connection *c)
{
	request *q = c->request;
	if (!q || c->rest)
		return;
	if (q->exchange.polling && q->exchange.polling->ready)
		polling_flush(q->exchange.polling);
	if (q->file_left && !buf_len(&c->out))
		read_file(c);
}

void respond_sent(connection *c)
{
	request *q = c->request;
	/* Nothing was written: it waits for an answer still, or for the application's word, or only
	 * a "100 Continue" has gone out. */
	if (!q->busy || q->exchange.polling || q->asking || q->sink != SINK_NONE || q->file_left)
		return;
	q->busy = false;
	polling_sent(&q->exchange);
	if (q->file >= 0)
		close(q->file);
	q->file = -1;
	if (!q->keep_alive) {
		c->closing = true;
		return;
	}
	/* A little longer than promised, for a request that is on its way. */
	connection_deadline(c, buf_len(&c->in) ? HEAD_MS : IDLE_MS + GRACE_MS);
	request_next_in_turn(c);
}

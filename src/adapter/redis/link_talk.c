/* SPDX-License-Identifier: MIT */
/* link_talk - what is written to Redis, and what is read from it. */
#include "link_parts.h"
#include <stdlib.h>

enum { CHUNK = 256 << 10 }; /* written at once */

/* ---- Writing ---- */

static void on_written(uv_write_t *req, int status)
{
	wire *w = req->data;
	redis_link *l = w->link;
	w->writing = false;
	buf_clear(&w->flight);
	if (!l)
		return;
	if (status < 0)
		link_fault(l, uv_strerror(status));
	else
		link_flush(l);
}

static bool put(wire *w, const command *c)
{
	return w->tls ? tls_write(w->tls, c->bytes, c->len) : buf_add(&w->flight, c->bytes, c->len);
}

static bool take_from(redis_link *l, list *queue)
{
	wire *w = l->wire;
	size_t taken = 0;
	for (command *c; taken < CHUNK && (c = command_first(queue)) != NULL;) {
		if (!put(w, c))
			return false;
		taken += c->len;
		list_remove(&c->in_link);
		list_append(&l->written, &c->in_link);
		/* A subscriber hears of it, or not, in other ways. */
		if (l->o.subscriber && l->up)
			command_free(l, c);
	}
	return true;
}

/* Fills the flight with what may go now; false: out of memory. */
bool link_load(redis_link *l)
{
	wire *w = l->wire;
	bool ready = !w->tls || tls_ready(w->tls);
	bool good = !ready || take_from(l, &l->urgent);
	if (good && ready && l->up && !l->hold)
		good = take_from(l, &l->waiting);
	if (w->tls)
		tls_output(w->tls, &w->flight);
	return good && !w->flight.failed;
}

void link_flush(redis_link *l)
{
	wire *w = l->wire;
	if (!w || !w->reader || w->writing)
		return;
	if (!link_load(l)) {
		link_break_later(l, "out of memory");
		return;
	}
	if (!buf_len(&w->flight))
		return;
	uv_buf_t data = uv_buf_init((char *)buf_data(&w->flight), (unsigned)buf_len(&w->flight));
	w->write.data = w;
	int status = uv_write(&w->write, &w->socket.stream, &data, 1, on_written);
	w->writing = true;
	if (status)
		link_break_later(l, uv_strerror(status));
}

/* ---- Reading ---- */

/* The wire may be dropped on the way, and lives until the loop has turned. */
static void take_replies(wire *w)
{
	void *reply = NULL;
	while (w->link && redisReaderGetReply(w->reader, &reply) == REDIS_OK && reply) {
		link_take(w->link, reply);
		freeReplyObject(reply);
		reply = NULL;
	}
	if (w->link && w->reader->err)
		link_fault(w->link, w->reader->errstr);
	else if (w->link && w->reader->len - w->reader->pos > w->link->o.max_message + LINK_READ)
		link_fault(w->link, link_too_large);
}

static void take_plain(wire *w, const char *data, size_t len)
{
	if (redisReaderFeed(w->reader, data, len) == REDIS_OK)
		take_replies(w);
	else
		link_fault(w->link, w->reader->errstr);
}

static void take_tls(wire *w, const char *data, size_t len)
{
	char plain[16 << 10];
	int n = tls_receive(w->tls, data, len) ? 1 : -1;
	while (w->link && n > 0) {
		n = tls_read(w->tls, plain, sizeof plain);
		if (n > 0)
			take_plain(w, plain, (size_t)n);
	}
	if (w->link && n < 0)
		link_fault(w->link, tls_error(w->tls));
	else if (w->link)
		link_flush(w->link);
}

static void on_room(uv_handle_t *h, size_t wanted, uv_buf_t *out)
{
	wire *w = h->data;
	(void)wanted;
	*out = w->link ? uv_buf_init(w->link->incoming, LINK_READ) : uv_buf_init(NULL, 0);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *data)
{
	wire *w = s->data;
	if (!w->link || n == 0)
		return;
	w->link->heard = true;
	if (n < 0)
		link_fault(w->link,
			n == UV_EOF ? "Redis has closed the connection" : uv_strerror((int)n));
	else if (w->tls)
		take_tls(w, data->base, (size_t)n);
	else
		take_plain(w, data->base, (size_t)n);
}

bool link_listen(wire *w)
{
	return uv_read_start(&w->socket.stream, on_room, on_read) == 0;
}

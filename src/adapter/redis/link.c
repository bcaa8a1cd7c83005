/* SPDX-License-Identifier: MIT */
/* link - one connection to Redis: its life. */
#include "link_parts.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	RETRY_MS = 50,       /* at first, twice as long each time ... */
	RETRY_MAX_MS = 2000, /* ... until here */
	PINGS = 3,           /* unanswered */
	LAST_WORDS_MS = 500  /* for what is to be written at the end */
};

/* ---- The end of a connection, and the next ---- */

static void on_retry(uv_timer_t *t)
{
	wire_begin(t->data);
}

const char *const link_too_large = "a message over max_message";

/* The owner may be told what it does not survive.  What was too large does not come again, and
 * Redis is there. */
void link_fault(redis_link *l, const char *why)
{
	l->up = false;
	if (why == link_too_large)
		l->retry_ms = RETRY_MS;
	if (l->wire)
		wire_drop(l->wire);
	l->wire = NULL;
	queue_lose(l, &l->urgent);
	queue_lose(l, &l->written);
	uv_timer_start(&l->timer, on_retry, l->retry_ms, 0);
	l->retry_ms = l->retry_ms * 2 < RETRY_MAX_MS ? l->retry_ms * 2 : RETRY_MAX_MS;
	l->o.owner.down(why, l->o.owner.user);
}

static void on_broken(uv_timer_t *t)
{
	redis_link *l = t->data;
	link_fault(l, l->broken);
}

void link_break_later(redis_link *l, const char *why)
{
	l->broken = why;
	l->wire->writing = true;
	uv_timer_start(&l->timer, on_broken, 0, 0);
}

void link_too_late(uv_timer_t *t)
{
	link_fault(t->data, "no answer in time");
}

static void on_pong(const redisReply *r, void *user)
{
	(void)r;
	(void)user;
}

static void on_heartbeat(uv_timer_t *t)
{
	redis_link *l = t->data;
	if (l->heard) {
		l->heard = false;
		l->pings = 0;
		l->retry_ms = RETRY_MS;
	} else if (l->pings == PINGS) {
		link_fault(l, "it does not answer any more");
	} else {
		l->pings++;
		if (!queue_add(l, &l->urgent, 1, (span[]){ SPAN("PING") }, on_pong, NULL))
			link_flush(l);
	}
}

/* ---- The greeting ---- */

static void now_up(redis_link *l)
{
	l->up = true;
	l->heard = false;
	l->pings = 0;
	uv_timer_start(&l->timer, on_heartbeat, l->o.ping_ms, l->o.ping_ms);
	l->o.owner.up(l->o.owner.user);
	link_flush(l);
}

static void on_greeted(const redisReply *r, void *user)
{
	redis_link *l = user;
	if (r && r->type == REDIS_REPLY_ERROR)
		link_fault(l, r->str);
}

static bool mentions(const redisReply *r, const char *line)
{
	return r->type == REDIS_REPLY_STRING && strstr(r->str, line) != NULL;
}

/* Who may not ask for INFO may be let in all the same. */
static bool unasked(const redisReply *r)
{
	return !strncmp(r->str, "NOPERM", 6) || !strncmp(r->str, "ERR unknown command", 19);
}

static void on_info(const redisReply *r, void *user)
{
	redis_link *l = user;
	if (!r)
		return;
	if (r->type == REDIS_REPLY_ERROR && !unasked(r))
		link_fault(l, r->str);
	else if (mentions(r, "redis_mode:sentinel"))
		link_fault(l, "this is a Sentinel; give the address of the Redis itself");
	else if (mentions(r, "redis_mode:cluster"))
		link_fault(l,
			"this is a node of a Redis Cluster, which is not spoken; give one Redis");
	else
		now_up(l);
}

bool link_greet(redis_link *l)
{
	const redis_target *t = l->o.target;
	char db[16];
	sio_err err = SIO_OK;
	snprintf(db, sizeof db, "%u", t->db);
	if (t->password) {
		const span words[] = { SPAN("AUTH"), span_of(t->user ? t->user : t->password),
			span_of(t->password) };
		err = queue_add(l, &l->urgent, t->user ? 3 : 2, words, on_greeted, l);
	}
	if (!err && t->db)
		err = queue_add(
			l, &l->urgent, 2, (span[]){ SPAN("SELECT"), span_of(db) }, on_greeted, l);
	if (!err)
		err = queue_add(
			l, &l->urgent, 2, (span[]){ SPAN("INFO"), SPAN("server") }, on_info, l);
	return !err;
}

/* ---- Replies ---- */

void link_take(redis_link *l, const redisReply *r)
{
	command *c = command_first(&l->written);
	if (l->o.subscriber && l->up) {
		/* Nobody waits for it: what was written has been heard of, or will be. */
		if (r->type == REDIS_REPLY_ERROR)
			link_fault(l, r->str);
		else
			l->o.owner.pushed(r, l->o.owner.user);
		return;
	}
	if (!c) {
		link_fault(l, "a reply that nobody has asked for");
		return;
	}
	link_reply_fn *fn = c->fn;
	void *user = c->user;
	command_free(l, c);
	l->o.owner.answered(l->o.owner.user);
	if (fn)
		fn(r, user);
	else if (r->type == REDIS_REPLY_ERROR)
		l->o.owner.refused(r->str, l->o.owner.user);
}

/* ---- For the owner ---- */

redis_link *link_new(uv_loop_t *loop, const link_options *o)
{
	redis_link *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->loop = loop;
	l->o = *o;
	l->retry_ms = RETRY_MS;
	list_init(&l->urgent);
	list_init(&l->waiting);
	list_init(&l->written);
	uv_timer_init(loop, &l->timer);
	l->timer.data = l;
	uv_timer_start(&l->timer, on_retry, 0, 0);
	return l;
}

static void on_ended(uv_handle_t *h)
{
	free(h->data);
}

/* false: it takes too long. */
static bool await(int fd, short what, uint64_t deadline)
{
	uint64_t now = uv_hrtime() / 1000000;
	struct pollfd p = { .fd = fd, .events = what };
	return now < deadline && poll(&p, 1, (int)(deadline - now)) > 0;
}

static bool write_all(redis_link *l, int fd, uint64_t deadline)
{
	wire *w = l->wire;
	while (link_load(l) && buf_len(&w->flight)) {
		ssize_t n = send(fd, buf_data(&w->flight), buf_len(&w->flight), MSG_NOSIGNAL);
		if (n > 0)
			buf_consume(&w->flight, (size_t)n);
		else if (n == 0 || errno != EAGAIN || !await(fd, POLLOUT, deadline))
			return false;
	}
	return true;
}

/* The loop does not turn any more.  What it has not written of the flight is its end.  Redis drops
 * what it has not read yet if there is something that is not read here, so all is. */
static void last_words(redis_link *l)
{
	wire *w = l->wire;
	uint64_t deadline = uv_hrtime() / 1000000 + LAST_WORDS_MS;
	uv_os_fd_t fd;
	ssize_t n = 1;
	if (!l->up || l->hold || l->o.subscriber || uv_fileno(&w->socket.handle, &fd))
		return;
	if (w->writing)
		buf_consume(&w->flight,
			buf_len(&w->flight) - uv_stream_get_write_queue_size(&w->socket.stream));
	bool all = write_all(l, fd, deadline);
	if (!all || list_empty(&l->written) || shutdown(fd, SHUT_WR))
		return;
	while ((n > 0 || (n < 0 && errno == EAGAIN)) && await(fd, POLLIN, deadline))
		n = recv(fd, l->incoming, LINK_READ, 0);
}

void link_free(redis_link *l)
{
	if (!l)
		return;
	last_words(l);
	l->ended = true;
	if (l->wire)
		wire_drop(l->wire);
	queue_lose(l, &l->urgent);
	queue_lose(l, &l->waiting);
	queue_lose(l, &l->written);
	uv_close((uv_handle_t *)&l->timer, on_ended);
}

bool link_is_up(const redis_link *l)
{
	return l->up;
}

void link_hold(redis_link *l, bool hold)
{
	l->hold = hold;
	if (!hold)
		link_flush(l);
}

sio_err link_command(redis_link *l, size_t n, const span *words, link_reply_fn *fn, void *user)
{
	bool now = l->o.subscriber;
	if (now && !l->up)
		return SIO_EGONE;
	sio_err err = queue_add(l, now ? &l->urgent : &l->waiting, n, words, fn, user);
	if (!err)
		link_flush(l);
	return err;
}

size_t link_queued(const redis_link *l)
{
	return l->queued;
}

uint64_t link_dropped(const redis_link *l)
{
	return l->dropped;
}

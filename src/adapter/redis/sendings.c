/* SPDX-License-Identifier: MIT */
/*
 * sendings - entries of this server that it waits to read in the stream: only then is it known
 * where they stand among those of others.
 *
 * Redis tells their ids on one connection, and shows them on another.  The one that comes first
 * counts: an entry is known by its id, or by what it says until Redis has told that.
 */
#include "redis.h"
#include <stdio.h>
#include <stdlib.h>

/* For how long clients of this server wait for an event. */
enum { PATIENCE_MS = 1000 };

typedef struct sending {
	list in_redis;
	redis *r;
	place *p; /* NULL: it waits no more */
	uint64_t number, hash, since;
	bool answered;
	char id[ENTRY_ID];
} sending;

/* Clients choose what an entry says, but cannot foresee this. */
static uint64_t hash_of(const redis *r, const entry *e)
{
	const map *m = &r->channels;
	return (map_hash(m, e->nsp) * 31 + map_hash(m, e->type)) * 31 + map_hash(m, e->data);
}

static void free_if_over(sending *s)
{
	if (s->p || !s->answered)
		return;
	list_remove(&s->in_redis);
	free(s);
}

static void tell(sending *s, const char *id)
{
	place *p = s->p;
	s->p = NULL;
	if (p)
		sio_cluster_sent(p->ns, s->number, id);
	free_if_over(s);
}

/* ---- Those that take too long ---- */

static void watch(redis *r);

static sending *first_waiting(const redis *r)
{
	LIST_EACH (it, &r->sendings) {
		sending *s = LIST_OWNER(it, sending, in_redis);
		if (s->p)
			return s;
	}
	return NULL;
}

static void give_up(redis *r)
{
	sending *s;
	r->behind = true;
	while ((s = first_waiting(r)) != NULL)
		tell(s, NULL);
}

static void on_late(uv_timer_t *t)
{
	redis *r = t->data;
	const sending *s = first_waiting(r);
	if (s && uv_now(t->loop) - s->since >= PATIENCE_MS)
		give_up(r);
	watch(r);
}

static void watch(redis *r)
{
	const sending *s = first_waiting(r);
	uint64_t waited = s ? uv_now(r->patience->loop) - s->since : 0;
	if (s && !uv_is_active((uv_handle_t *)r->patience))
		uv_timer_start(
			r->patience, on_late, waited < PATIENCE_MS ? PATIENCE_MS - waited : 0, 0);
}

/* ---- Redis tells, and shows ---- */

static void on_added(const redisReply *reply, void *user)
{
	sending *s = user;
	redis *r = s->r;
	s->answered = true;
	r->unanswered--;
	if (reply && reply->type == REDIS_REPLY_STRING && reply->len < ENTRY_ID) {
		memcpy(s->id, reply->str, reply->len + 1);
		free_if_over(s);
		return;
	}
	r->lost++;
	if (reply)
		redis_refused(r, reply->type == REDIS_REPLY_ERROR ? reply->str : "no id");
	tell(s, NULL);
}

/* What stood before it, and was not read, has been trimmed away or passed over. */
static void tell_missing(const redis *r, const char *id)
{
	sending *s;
	while ((s = first_waiting(r)) != NULL && s->id[0] && entry_order(s->id, id) < 0)
		tell(s, NULL);
}

void sending_read(redis *r, const entry *e, const char *id)
{
	tell_missing(r, id);
	uint64_t hash = list_empty(&r->sendings) ? 0 : hash_of(r, e);
	if (!r->unanswered)
		r->behind = false;
	LIST_EACH (it, &r->sendings) {
		sending *s = LIST_OWNER(it, sending, in_redis);
		if (s->p && (s->id[0] ? !strcmp(s->id, id) : s->hash == hash)) {
			tell(s, id);
			return;
		}
	}
}

/* ---- Life ---- */

sio_err sending_add(place *p, uint64_t number, size_t n, const span *words, const entry *e)
{
	redis *r = p->r;
	sending *s = redis_is_there(r) && !r->behind ? calloc(1, sizeof *s) : NULL;
	if (!s) {
		sio_err err = link_command(r->out, n, words, NULL, NULL);
		sio_cluster_sent(p->ns, number, NULL);
		return err;
	}
	*s = (sending){ .r = r, .p = p, .number = number, .hash = hash_of(r, e) };
	s->since = uv_now(r->patience->loop);
	list_append(&r->sendings, &s->in_redis);
	r->unanswered++;
	sio_err err = link_command(r->out, n, words, on_added, s);
	if (err) {
		r->lost += err == SIO_ELIMIT;
		r->unanswered--;
		list_remove(&s->in_redis);
		free(s);
	} else {
		watch(r);
	}
	return err;
}

void sendings_forget(place *p)
{
	for (list *it = p->r->sendings.next, *next; it != &p->r->sendings; it = next) {
		sending *s = LIST_OWNER(it, sending, in_redis);
		next = it->next;
		if (s->p == p) {
			s->p = NULL;
			free_if_over(s);
		}
	}
}

void sendings_end(redis *r)
{
	while (!list_empty(&r->sendings)) {
		sending *s = LIST_OWNER(r->sendings.next, sending, in_redis);
		list_remove(&s->in_redis);
		free(s);
	}
}

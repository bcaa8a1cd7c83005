/* SPDX-License-Identifier: MIT */
/*
 * comebacks - clients that come back: what was saved of them, and the entries of the stream that
 * they have missed.
 *
 * They are let in between two entries: behind the last one that they have been told of, and before
 * the next one that this server reads.
 */
#include "redis.h"
#include <stdio.h>
#include <stdlib.h>

/* Each entry may be as long as a message: few at a time, of which one is known. */
enum { PAGE = 17 };

typedef struct comeback {
	list in_redis;
	redis *r;
	place *p; /* NULL: closed meanwhile */
	uint64_t number;
	bool known;        /* there is such an offset */
	bool near;         /* and it is one of this namespace */
	bool parked;       /* until the reader is there */
	bool doomed;       /* the second question could not be asked */
	char *key;         /* of what was saved; NULL: not asked for it */
	unsigned ms;       /* for how long it is saved again, if nobody waits any more */
	char at[ENTRY_ID]; /* the entry that it knows, and all before it */
} comeback;

static comeback *comeback_new(place *p, uint64_t number, const char *offset)
{
	comeback *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	*c = (comeback){ .r = p->r, .p = p, .number = number };
	snprintf(c->at, sizeof c->at, "%s", offset);
	list_append(&p->r->comebacks, &c->in_redis);
	return c;
}

static void comeback_free(comeback *c)
{
	list_remove(&c->in_redis);
	free(c->key);
	free(c);
}

void comebacks_forget(place *p)
{
	LIST_EACH (it, &p->r->comebacks)
		if (LIST_OWNER(it, comeback, in_redis)->p == p)
			LIST_OWNER(it, comeback, in_redis)->p = NULL;
}

void comebacks_end(redis *r)
{
	while (!list_empty(&r->comebacks))
		comeback_free(LIST_OWNER(r->comebacks.next, comeback, in_redis));
}

/* ---- What was saved ---- */

/* NULL: out of memory. */
static char *key_of(const redis *r, const char *pid)
{
	return channel_join(r->o.given.session_key, pid, "");
}

static void set(redis *r, const char *key, span text, unsigned ms)
{
	char px[16];
	snprintf(px, sizeof px, "%u", ms);
	const span words[] = { SPAN("SET"), span_of(key), text, SPAN("PX"), span_of(px) };
	link_command(r->out, sizeof words / sizeof *words, words, NULL, NULL);
}

void place_save(void *at, const sio_cluster_session *lost, unsigned ms)
{
	const place *p = at;
	redis *r = p->r;
	payload text = { .json = { 0 } };
	char *key = key_of(r, lost->pid);
	if (key && kept_write(&text, lost, lost->unsure ? NULL : p->me.nsp))
		set(r, key, payload_span(&text), ms);
	payload_free(&text);
	free(key);
	redis_refresh_stats(r);
}

static bool is_offset(const char *offset)
{
	size_t digits = strspn(offset, "0123456789");
	const char *rest = offset + digits + 1;
	return digits && offset[digits] == '-' && strlen(offset) < ENTRY_ID &&
	       strspn(rest, "0123456789") == strlen(rest) && *rest;
}

static void on_offset(const redisReply *reply, void *user)
{
	comeback *c = user;
	stream_entry one;
	c->known = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements;
	c->near = c->known && c->p && stream_entry_of(reply->element[0], &one) &&
		  span_is(one.e.nsp, span_of(c->p->me.nsp));
	if (c->doomed)
		comeback_free(c);
}

/* A client may show the pid that it has in another namespace.  The reference does not say where it
 * kept it, but its clients have offsets of their own namespace alone. */
static bool is_here(const comeback *c, const char *nsp)
{
	return c->p && c->known && (nsp ? !strcmp(nsp, c->p->me.nsp) : c->near);
}

static void on_kept(const redisReply *reply, void *user)
{
	comeback *c = user;
	const char *nsp = NULL;
	letter l = { .old = LETTER_NOT_OLD };
	sio_cluster_session session;
	bool found = reply && reply->type == REDIS_REPLY_STRING;
	span text = found ? (span){ reply->str, reply->len } : SPAN("");
	if (reply && reply->type == REDIS_REPLY_ERROR)
		redis_refused(c->r, reply->str);
	bool good = found && kept_read(&l, text, &session, &nsp);
	c->r->stats.bad += found && !good;
	session.unsure = !nsp;
	if (good && (!session.since || entry_order(session.since, c->at) < 0))
		session.since = c->at;
	const sio_cluster_session *here = good && is_here(c, nsp) ? &session : NULL;
	if (!c->p || sio_cluster_restored(c->p->ns, c->number, here) == SIO_EGONE)
		if (good)
			set(c->r, c->key, text, c->ms);
	letter_free(&l);
	comeback_free(c);
}

/* What is too large for this server is not asked for in vain. */
static bool is_readable(const redis *r, const char *offset)
{
	return redis_is_there(r) && is_offset(offset) && reader_at(r->reader) &&
	       !reader_passed_over(r->reader, offset);
}

sio_err place_restore(void *at, uint64_t number, const char *pid, const char *offset, unsigned ms)
{
	place *p = at;
	redis *r = p->r;
	comeback *c = is_readable(r, offset) ? comeback_new(p, number, offset) : NULL;
	if (!c)
		return SIO_EGONE;
	c->ms = ms;
	c->key = key_of(r, pid);
	const span first[] = { SPAN("XRANGE"), span_of(r->o.given.stream), span_of(offset),
		span_of(offset), SPAN("COUNT"), SPAN("1") };
	sio_err err = c->key ? link_command(r->out, 6, first, on_offset, c) : SIO_ENOMEM;
	if (err) {
		comeback_free(c);
		return err;
	}
	const span second[] = { SPAN("GETDEL"), span_of(c->key) };
	err = link_command(r->out, 2, second, on_kept, c);
	c->doomed = err != SIO_OK;
	return err;
}

/* ---- What was missed ---- */

static void over(comeback *c, bool whole)
{
	place *p = c->p;
	uint64_t number = c->number;
	comeback_free(c);
	if (p)
		sio_cluster_replayed(p->ns, number, whole);
}

static void read_page(comeback *c);

/* The reader may be ahead of it by now, or behind, or where it is. */
static void meet(comeback *c)
{
	const char *here = reader_at(c->r->reader);
	int order = here ? entry_order(c->at, here) : 0;
	c->parked = false;
	if (!here || !c->p)
		over(c, false);
	else if (order < 0)
		read_page(c);
	else if (order > 0)
		c->parked = true;
	else
		over(c, true);
}

static void take_entry(comeback *c, const redisReply *one)
{
	stream_entry e;
	letter l = { .old = LETTER_NOT_OLD };
	if (!stream_entry_of(one, &e))
		return;
	snprintf(c->at, sizeof c->at, "%s", e.id);
	if (!c->p || !span_is(e.e.nsp, span_of(c->p->me.nsp)) || !entry_may_be_missed(&e.e))
		return;
	/* Its own count too. */
	const speaker nobody = { "", c->p->me.nsp };
	bool good = e.e.data.len <= c->r->o.given.max_message &&
		    entry_read(&l, &e.e, &nobody) == LETTER_GOOD;
	l.m.offset = e.id;
	if (good && !l.asks)
		sio_cluster_missed(c->p->ns, c->number, &l.m);
	letter_free(&l);
}

/* Who leaves meanwhile, or has missed too much, must not have all the stream read. */
static bool awaited(const comeback *c)
{
	return c->p && !sio_cluster_missed(c->p->ns, c->number, NULL);
}

static bool begins_at(const redisReply *page, const char *id)
{
	stream_entry first;
	return page->elements && stream_entry_of(page->element[0], &first) &&
	       !entry_order(first.id, id);
}

static void on_page(const redisReply *reply, void *user)
{
	comeback *c = user;
	if (!reply || reply->type != REDIS_REPLY_ARRAY) {
		if (reply && reply->type == REDIS_REPLY_ERROR)
			redis_refused(c->r, reply->str);
		over(c, false);
		return;
	}
	bool whole = begins_at(reply, c->at);
	for (size_t i = 1; whole && i < reply->elements; i++)
		take_entry(c, reply->element[i]);
	if (!whole || !awaited(c))
		over(c, false);
	else if (reply->elements == PAGE)
		read_page(c);
	else
		meet(c);
}

/* From the one on that it knows: while that is there nothing behind it has been trimmed away. */
static sio_err ask_page(comeback *c)
{
	redis *r = c->r;
	char count[16];
	snprintf(count, sizeof count, "%d", PAGE);
	const span words[] = { SPAN("XRANGE"), span_of(r->o.given.stream), span_of(c->at),
		SPAN("+"), SPAN("COUNT"), span_of(count) };
	return link_command(r->out, sizeof words / sizeof *words, words, on_page, c);
}

static void read_page(comeback *c)
{
	if (reader_passed_over(c->r->reader, c->at) || ask_page(c))
		over(c, false);
}

sio_err place_replay(void *at, uint64_t number, const char *offset)
{
	place *p = at;
	redis *r = p->r;
	comeback *c = is_readable(r, offset) ? comeback_new(p, number, offset) : NULL;
	if (!c)
		return SIO_EGONE;
	sio_err err = ask_page(c);
	if (err)
		comeback_free(c);
	return err;
}

/* Whoever is let in may make others come back. */
static comeback *met_at(const redis *r, const char *here)
{
	LIST_EACH (it, &r->comebacks) {
		comeback *c = LIST_OWNER(it, comeback, in_redis);
		if (c->parked && entry_order(c->at, here) <= 0)
			return c;
	}
	return NULL;
}

void comebacks_met(redis *r)
{
	const char *here = reader_at(r->reader);
	comeback *c;
	while (here && !list_empty(&r->comebacks) && (c = met_at(r, here)) != NULL)
		meet(c);
}

const char *place_position(void *at)
{
	return reader_at(((place *)at)->r->reader);
}

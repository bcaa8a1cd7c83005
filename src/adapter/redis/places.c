/* SPDX-License-Identifier: MIT */
/* places - namespaces: their channels, what is said on them, and what is heard. */
#include "redis.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- Life ---- */

static void forget_counts(place *p);

static void place_free(place *p)
{
	unsubscribe_all(p);
	forget_counts(p);
	sendings_forget(p);
	comebacks_forget(p);
	place_unname(p);
	free(p);
}

/* A namespace's name may hold what means something in a pattern of Redis. */
static bool add_pattern(buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*?[]^-", *text))
			buf_add_char(out, '\\');
		buf_add_char(out, *text);
	}
	return buf_add_char(out, '*');
}

static bool listen_classic(place *p)
{
	char *own = channel_join(p->response, p->r->uid, "#");
	buf pattern = { 0 };
	bool good = own && add_pattern(&pattern, p->broadcast) &&
		    subscribe(p, ON_BROADCAST, 'p', false, buf_span(&pattern)) &&
		    subscribe(p, ON_REQUEST, 'm', false, span_of(p->request)) &&
		    subscribe(p, ON_RESPONSE, 'm', false, span_of(p->response)) &&
		    subscribe(p, ON_RESPONSE, 'm', false, span_of(own));
	free(own);
	buf_free(&pattern);
	return good;
}

/* Whether a room has a channel of its own, here. */
static bool has_channel(const place *p, const char *room)
{
	sio_redis_mode mode = p->r->o.given.mode;
	return mode == SIO_REDIS_DYNAMIC_PRIVATE ||
	       (mode == SIO_REDIS_DYNAMIC && !sio_find(p->ns, room));
}

void place_room(void *at, const char *name, bool begins)
{
	place *p = at;
	char *channel = channel_join(p->broadcast, name, "#");
	if (channel && !begins)
		unsubscribe(p, span_of(channel));
	else if (channel && has_channel(p, name))
		subscribe(p, ON_BROADCAST, 's', true, span_of(channel));
	free(channel);
}

/* One channel for all, one for answers. */
static bool listen_cluster(place *p)
{
	char kind = p->r->sharded ? 's' : 'm';
	char *own = channel_join(p->broadcast, p->r->uid, "#");
	bool good = own && subscribe(p, ON_BROADCAST, kind, false, span_of(p->broadcast)) &&
		    subscribe(p, ON_RESPONSE, kind, false, span_of(own));
	free(own);
	return good;
}

void *place_open(sio_ns *ns, void *user)
{
	redis *r = user;
	place *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->ns = ns;
	if (place_name(p, r, sio_ns_name(ns)) &&
		(r->cluster ? listen_cluster(p) : listen_classic(p)))
		return p;
	place_free(p);
	return NULL;
}

void place_close(void *at)
{
	place_free(at);
}

/* ---- Out ---- */

/* e: the entry that it adds, with a number that the library wants to hear of; or NULL. */
static sio_err say(place *p, size_t n, const span *words, uint64_t number, const entry *e)
{
	redis *r = p->r;
	uint64_t dropped = link_dropped(r->out) + r->lost;
	sio_err err = number ? sending_add(p, number, n, words, e)
			     : link_command(r->out, n, words, NULL, NULL);
	r->stats.sent += !err;
	if (link_dropped(r->out) + r->lost != dropped)
		redis_note_full(r);
	redis_refresh_stats(r);
	return err;
}

static sio_err publish(place *p, span channel, span text)
{
	redis *r = p->r;
	span verb = r->sharded ? SPAN("SPUBLISH") : SPAN("PUBLISH");
	return say(p, 3, (span[]){ verb, channel, text }, 0, NULL);
}

static sio_err add_entry(place *p, const entry *e, uint64_t number)
{
	const sio_redis_options *g = &p->r->o.given;
	char most[16];
	snprintf(most, sizeof most, "%u", g->stream_max);
	const span words[] = { SPAN("XADD"), span_of(g->stream), SPAN("MAXLEN"), SPAN("~"),
		span_of(most), SPAN("*"), SPAN("uid"), e->uid, SPAN("nsp"), e->nsp, SPAN("type"),
		e->type, SPAN("data"), e->data };
	return say(p, sizeof words / sizeof *words, words, number, e);
}

static sio_err write_entry(place *p, const sio_cluster_message *m)
{
	payload text = { .json = { 0 } };
	char type[4];
	sio_err err = SIO_ENOMEM;
	if (entry_write(&text, type, m)) {
		const entry e = { span_of(p->me.uid), span_of(p->me.nsp), span_of(type),
			payload_span(&text) };
		err = add_entry(p, &e, m->number);
	}
	payload_free(&text);
	return err;
}

static sio_err write_and_publish(place *p, const sio_cluster_message *m, const char *channel)
{
	payload text = { .json = { 0 } };
	sio_err err = SIO_ENOMEM;
	if (p->r->tongue->write(&text, m, &p->me))
		err = publish(p, span_of(channel), payload_span(&text));
	payload_free(&text);
	return err;
}

sio_err place_send(void *at, const sio_cluster_message *m)
{
	place *p = at;
	bool cluster = p->r->cluster;
	/* The reference's servers cannot be asked for it there. */
	if (cluster && (m->type == SIO_CLUSTER_ROOMS || m->type == SIO_CLUSTER_ROOM_NAMES))
		return SIO_EINVAL;
	if (cluster && m->type >= SIO_CLUSTER_RECEIVERS && !m->peer)
		return SIO_EINVAL;
	if (p->r->o.given.mode == SIO_REDIS_STREAMS && entry_carries(m))
		return write_entry(p, m);
	char *channel = channel_for(p, m);
	sio_err err = channel ? write_and_publish(p, m, channel) : SIO_ENOMEM;
	free(channel);
	return err;
}

/* ---- How many servers there are ---- */

typedef struct count {
	list in_redis;
	place *p; /* NULL: closed meanwhile */
	char request[SIO_REQUEST_MAX + 1];
} count;

static void forget_counts(place *p)
{
	LIST_EACH (it, &p->r->counts)
		if (LIST_OWNER(it, count, in_redis)->p == p)
			LIST_OWNER(it, count, in_redis)->p = NULL;
}

static void count_free(count *c)
{
	list_remove(&c->in_redis);
	free(c);
}

/* Without an answer the request ends at its deadline. */
static void on_count(const redisReply *r, void *user)
{
	count *c = user;
	place *p = c->p;
	if (r && p && r->type == REDIS_REPLY_ARRAY && r->elements == 2 &&
		r->element[1]->type == REDIS_REPLY_INTEGER)
		sio_cluster_count(p->ns, c->request, (unsigned)r->element[1]->integer);
	else if (r && p && r->type == REDIS_REPLY_ERROR)
		redis_say(p->r, SIO_LOG_ERROR, "servers cannot be counted: %s", r->str);
	count_free(c);
}

void place_count(void *at, const char *request)
{
	place *p = at;
	redis *r = p->r;
	count *c = calloc(1, sizeof *c);
	if (!c)
		return;
	c->p = p;
	snprintf(c->request, sizeof c->request, "%s", request);
	list_append(&r->counts, &c->in_redis);
	const span words[] = { SPAN("PUBSUB"), r->sharded ? SPAN("SHARDNUMSUB") : SPAN("NUMSUB"),
		span_of(r->cluster ? p->broadcast : p->request) };
	if (link_command(r->out, 3, words, on_count, c))
		count_free(c);
}

void counts_end(redis *r)
{
	while (!list_empty(&r->counts))
		count_free(LIST_OWNER(r->counts.next, count, in_redis));
}

/* ---- In ---- */

/* A response to one of the earlier forms. */
static void respond(place *p, const letter *l, cJSON *tree)
{
	payload text;
	char *channel = channel_for(
		p, &(sio_cluster_message){ .type = SIO_CLUSTER_SOCKETS, .peer = l->m.peer });
	if (payload_json(&text, tree) && channel)
		publish(p, span_of(channel), payload_span(&text));
	payload_free(&text);
	free(channel);
}

static void add_id(sio_socket *k, void *user)
{
	cJSON *id = cJSON_CreateStringReference(sio_id(k));
	if (id && !cJSON_AddItemToArray(user, id))
		cJSON_Delete(id);
}

static void do_old(place *p, const letter *l)
{
	if (l->old == LETTER_IDS) {
		cJSON *ids = cJSON_CreateArray();
		sio_delivery who = l->who;
		who.flags |= SIO_LOCAL;
		sio_each(p->ns, &who, add_id, ids);
		respond(p, l, sio_json("{requestId: %s, sockets: %p}", l->m.request, (void *)ids));
		return;
	}
	sio_socket *k = sio_find(p->ns, l->sid);
	if (!k)
		return;
	if (l->old == LETTER_JOIN)
		sio_join(k, l->room);
	else if (l->old == LETTER_LEAVE)
		sio_leave(k, l->room);
	else
		sio_disconnect(k, l->m.close);
	if (l->m.request)
		respond(p, l, sio_json("{requestId: %s}", l->m.request));
}

static void take(place *p, letter *l, letter_sense sense)
{
	redis *r = p->r;
	if (sense == LETTER_GOOD && l->old)
		do_old(p, l);
	else if (sense == LETTER_GOOD && sio_cluster_receive(p->ns, &l->m) == SIO_EINVAL)
		sense = LETTER_BAD;
	r->stats.bad += sense == LETTER_BAD;
	letter_free(l);
}

void place_hear(place *p, heard_on where, span text)
{
	letter l = { .old = LETTER_NOT_OLD };
	take(p, &l, p->r->tongue->read(&l, where, text, &p->me));
}

void place_read(place *p, const entry *e, const char *id)
{
	letter l = { .old = LETTER_NOT_OLD };
	letter_sense sense = entry_read(&l, e, &p->me);
	l.m.offset = id;
	take(p, &l, sense);
}

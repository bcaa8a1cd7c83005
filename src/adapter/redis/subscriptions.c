/* SPDX-License-Identifier: MIT */
/* subscriptions - the channels that namespaces listen on: one of each for a namespace and process,
 * since subscribers are how servers count each other. */
#include "redis.h"
#include <stdlib.h>

/* ---- Commands ---- */

static span channel_of(const subscription *s)
{
	return span_of(s->key + 1);
}

static void tell(const subscription *s, const char *verb, const char *pattern, const char *shard)
{
	const char *words[] = { ['m'] = verb, ['p'] = pattern, ['s'] = shard };
	redis_link *in = s->p->r->in;
	const span command[] = { span_of(words[(int)s->kind]), channel_of(s) };
	/* Where the link is not up it is told when it is, and what cannot be told on a new one. */
	if (link_command(in, 2, command, NULL, NULL) == SIO_ENOMEM)
		link_fault(in, "out of memory");
}

static void tell_subscribe(const subscription *s)
{
	tell(s, "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE");
}

/* ---- Life ---- */

static subscription *find(redis *r, char kind, span name)
{
	buf_clear(&r->key);
	buf_add_char(&r->key, kind);
	if (!buf_add_span(&r->key, name))
		return NULL;
	map_node *node = map_find(&r->channels, buf_span(&r->key));
	return node ? MAP_OWNER(node, subscription, by_channel) : NULL;
}

static subscription *next_of(const subscription *s)
{
	return LIST_OWNER(s->same.next, subscription, same);
}

/* That of the place among those with the same channel; NULL: there is none. */
static subscription *own_of(subscription *first, const place *p)
{
	subscription *s = first;
	while (s && s->p != p)
		s = next_of(s) == first ? NULL : next_of(s);
	return s;
}

place *place_named(redis *r, span nsp)
{
	buf_clear(&r->key);
	buf_add_char(&r->key, r->sharded ? 's' : 'm');
	buf_add_text(&r->key, r->o.given.key);
	buf_add_char(&r->key, '#');
	buf_add_span(&r->key, nsp);
	if (!buf_add_char(&r->key, '#'))
		return NULL;
	map_node *node = map_find(&r->channels, buf_span(&r->key));
	return node ? MAP_OWNER(node, subscription, by_channel)->p : NULL;
}

bool subscribe(place *p, heard_on where, char kind, bool room, span name)
{
	redis *r = p->r;
	if (memchr(name.at, '\0', name.len))
		return false;
	subscription *first = find(r, kind, name);
	if (own_of(first, p))
		return true;
	subscription *s = calloc(1, sizeof *s + name.len + 2);
	if (!s)
		return false;
	s->p = p;
	s->where = where;
	s->kind = s->key[0] = kind;
	s->room = room;
	memcpy(s->key + 1, name.at, name.len);
	list_init(&s->same);
	list_append(&r->all, &s->in_all);
	list_append(&p->subscriptions, &s->in_place);
	if (first) {
		list_append(&first->same, &s->same);
		s->heard = first->heard;
	} else {
		map_add(&r->channels, &s->by_channel, (span){ s->key, name.len + 1 });
		tell_subscribe(s);
	}
	r->unheard += !room && !s->heard;
	redis_check_ready(r);
	return true;
}

static void end(subscription *s)
{
	redis *r = s->p->r;
	subscription *other = next_of(s);
	if (other == s)
		tell(s, "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE");
	r->unheard -= !s->room && !s->heard;
	if (s->by_channel.key) {
		map_remove(&r->channels, &s->by_channel);
		if (other != s)
			map_add(&r->channels, &other->by_channel, span_of(other->key));
	}
	list_remove(&s->same);
	list_remove(&s->in_all);
	list_remove(&s->in_place);
	free(s);
	redis_check_ready(r);
}

void unsubscribe(place *p, span name)
{
	subscription *s = own_of(find(p->r, 's', name), p);
	if (s && s->room)
		end(s);
}

void unsubscribe_all(place *p)
{
	while (!list_empty(&p->subscriptions))
		end(LIST_OWNER(p->subscriptions.next, subscription, in_place));
}

void resubscribe(redis *r)
{
	r->unheard = 0;
	LIST_EACH (it, &r->all) {
		subscription *s = LIST_OWNER(it, subscription, in_all);
		s->heard = false;
		r->unheard += !s->room;
		if (s->by_channel.key)
			tell_subscribe(s);
	}
}

/* ---- What comes ---- */

static span text_of(const redisReply *r, size_t i)
{
	const redisReply *text = r->element[i];
	return text->type == REDIS_REPLY_STRING ? (span){ text->str, text->len } : SPAN("");
}

static void confirm(redis *r, char kind, span name)
{
	subscription *first = find(r, kind, name), *s = first;
	while (s && !s->heard) {
		s->heard = true;
		r->unheard -= !s->room;
		s = next_of(s);
	}
	if (first)
		redis_check_ready(r);
}

static void deliver(redis *r, char kind, span name, span text)
{
	subscription *first = find(r, kind, name), *s = first;
	if (!s)
		return;
	r->stats.received++;
	if (text.len > r->o.given.max_message) {
		r->stats.bad++;
	} else {
		do
			place_hear(s->p, s->where, text);
		while ((s = next_of(s)) != first);
	}
	redis_refresh_stats(r);
}

static const struct {
	const char *word;
	size_t size; /* of the array */
	char kind;
	bool message;
} pushes[] = {
	{ "message", 3, 'm', true },
	{ "pmessage", 4, 'p', true },
	{ "smessage", 3, 's', true },
	{ "subscribe", 3, 'm', false },
	{ "psubscribe", 3, 'p', false },
	{ "ssubscribe", 3, 's', false },
};

void take_push(redis *r, const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ARRAY || !reply->elements)
		return;
	span word = text_of(reply, 0);
	for (size_t i = 0; i < sizeof pushes / sizeof *pushes; i++) {
		if (!span_is(word, span_of(pushes[i].word)) || reply->elements != pushes[i].size)
			continue;
		if (pushes[i].message)
			deliver(r, pushes[i].kind, text_of(reply, 1),
				text_of(reply, reply->elements - 1));
		else
			confirm(r, pushes[i].kind, text_of(reply, 1));
		return;
	}
}

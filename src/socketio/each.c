/* SPDX-License-Identifier: MIT */
/* each - what the application does to all sockets that match a description. */
#include "io.h"
#include <stdlib.h>

static void gather(sio_ns *ns, const sio_delivery *who, gathering *c)
{
	room_match(ns, who, gathering_add, c);
	LIST_EACH (it, &ns->children)
		gather(LIST_OWNER(it, sio_ns, in_parent), who, c);
}

void gathering_add(sio_socket *k, void *user)
{
	gathering *c = user;
	if (c->len == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 64;
		sio_socket **at = realloc(c->at, cap * sizeof(sio_socket *));
		if (!at) {
			c->failed = true;
			return;
		}
		c->at = at;
		c->cap = cap;
	}
	c->at[c->len++] = k;
}

/* They are gathered first: fn may do anything to any of them. */
static size_t each(sio_ns *ns, const sio_delivery *who, sio_socket_fn *fn, void *user, sio_err *err)
{
	gathering c = { 0 };
	size_t called = 0;
	gather(ns, who, &c);
	for (size_t i = 0; i < c.len; i++) {
		if (c.at[i]->state != SOCKET_CONNECTED)
			continue;
		fn(c.at[i], user);
		called++;
	}
	if (c.failed)
		*err = SIO_ENOMEM;
	free(c.at);
	return called;
}

size_t sio_each(sio_ns *ns, const sio_delivery *who, sio_socket_fn *fn, void *user)
{
	sio_err ignored;
	return each(ns, who, fn, user, &ignored);
}

static void count_one(sio_socket *k, void *user)
{
	(void)k;
	++*(size_t *)user;
}

size_t sio_count(sio_ns *ns, const sio_delivery *who)
{
	size_t n = 0;
	if (who && (who->to || who->except))
		room_match(ns, who, count_one, &n);
	else
		n = ns->sockets.count;
	LIST_EACH (it, &ns->children)
		n += sio_count(LIST_OWNER(it, sio_ns, in_parent), who);
	return n;
}

typedef struct change {
	sio_err (*fn)(sio_socket *k, const char *room);
	const char *room;
	sio_err err;
} change;

static void change_one(sio_socket *k, void *user)
{
	change *c = user;
	sio_err err = c->fn(k, c->room);
	if (err)
		c->err = err;
}

/* To the other servers, of a namespace or of a parent's children. */
static void tell_others(sio_ns *ns, const sio_delivery *who, sio_cluster_message m)
{
	static const sio_delivery everyone;
	m.who = who ? who : &everyone;
	if (cluster_shared(ns, who))
		cluster_send(ns, &m);
	LIST_EACH (it, &ns->children)
		tell_others(LIST_OWNER(it, sio_ns, in_parent), who, m);
}

static sio_err change_all(sio_ns *ns, const sio_delivery *who, sio_cluster_type what, change *c)
{
	const char *const rooms[] = { c->room, NULL };
	if (!c->room)
		return SIO_EINVAL;
	each(ns, who, change_one, c, &c->err);
	tell_others(ns, who, (sio_cluster_message){ .type = what, .rooms = rooms });
	return c->err;
}

sio_err sio_join_all(sio_ns *ns, const sio_delivery *who, const char *name)
{
	change c = { .fn = sio_join, .room = name };
	return change_all(ns, who, SIO_CLUSTER_JOIN, &c);
}

sio_err sio_leave_all(sio_ns *ns, const sio_delivery *who, const char *name)
{
	change c = { .fn = sio_leave, .room = name };
	return change_all(ns, who, SIO_CLUSTER_LEAVE, &c);
}

static void disconnect_one(sio_socket *k, void *user)
{
	sio_disconnect(k, *(bool *)user);
}

void sio_disconnect_all(sio_ns *ns, const sio_delivery *who, bool whole_connection)
{
	sio_each(ns, who, disconnect_one, &whole_connection);
	tell_others(ns, who,
		(sio_cluster_message){ .type = SIO_CLUSTER_DISCONNECT, .close = whole_connection });
}

/* SPDX-License-Identifier: MIT */
/* room - who is in which room, and who matches a delivery (protocol-notes/socket.io.md, "Rooms and
 * delivery"). */
#include "io.h"
#include <stdlib.h>

/* A socket's place in a room.  The pair of pointers is the key under which the namespace finds it.
 */
typedef struct place {
	map_node by_both;
	struct {
		struct room *room;
		sio_socket *socket;
	} key;
	list in_socket;
	uint32_t index; /* in the room's array */
} place;

/* A room is made by the first that joins, and ends with the last that leaves. */
struct room {
	map_node by_name;
	place **places; /* dense: a broadcast runs along it */
	uint32_t len, cap;
	char name[];
};

static room *room_find(const sio_ns *ns, span name)
{
	map_node *node = map_find(&ns->rooms, name);
	return node ? MAP_OWNER(node, room, by_name) : NULL;
}

static span room_name(const room *r)
{
	return (span){ r->name, r->by_name.key_len };
}

/* Whether the name is the id of a socket that is in its own room, of which nothing else is known
 * here.  Only who listens to changes wants to know. */
static bool owner_inside(const sio_ns *ns, span name)
{
	map_node *node = rumour_heard(ns) ? map_find(&ns->sockets, name) : NULL;
	return node && MAP_OWNER(node, sio_socket, by_id)->in_own_room;
}

static room *room_new(sio_ns *ns, span name)
{
	room *r = calloc(1, sizeof *r + name.len + 1);
	if (!r)
		return NULL;
	memcpy(r->name, name.at, name.len);
	map_add(&ns->rooms, &r->by_name, (span){ r->name, name.len });
	if (!owner_inside(ns, name))
		rumour_add(ns, SIO_ROOM_CREATED, room_name(r), SPAN(""));
	return r;
}

static void room_end_if_empty(sio_ns *ns, room *r)
{
	if (r->len)
		return;
	map_remove(&ns->rooms, &r->by_name);
	if (!owner_inside(ns, room_name(r)))
		rumour_add(ns, SIO_ROOM_DELETED, room_name(r), SPAN(""));
	free(r->places);
	free(r);
}

static bool room_reserve(room *r)
{
	if (r->len < r->cap)
		return true;
	uint32_t cap = r->cap ? r->cap * 2 : 2;
	place **places = cap > r->cap ? realloc(r->places, cap * sizeof(place *)) : NULL;
	if (!places)
		return false;
	r->places = places;
	r->cap = cap;
	return true;
}

static place *place_find(const sio_socket *k, room *r)
{
	place wanted = { .key = { r, (sio_socket *)(uintptr_t)k } };
	map_node *node =
		map_find(&k->ns->places, (span){ (const char *)&wanted.key, sizeof wanted.key });
	return node ? MAP_OWNER(node, place, by_both) : NULL;
}

static bool place_add(sio_socket *k, room *r)
{
	place *p = room_reserve(r) ? malloc(sizeof *p) : NULL;
	if (!p)
		return false;
	p->key.room = r;
	p->key.socket = k;
	p->index = r->len;
	r->places[r->len++] = p;
	list_append(&k->places, &p->in_socket);
	map_add(&k->ns->places, &p->by_both, (span){ (const char *)&p->key, sizeof p->key });
	rumour_add(k->ns, SIO_ROOM_JOINED, room_name(r), k->id);
	return true;
}

/* The last one takes the freed index. */
static void place_remove(place *p)
{
	room *r = p->key.room;
	sio_ns *ns = p->key.socket->ns;
	place *last = r->places[--r->len];
	r->places[p->index] = last;
	last->index = p->index;
	list_remove(&p->in_socket);
	map_remove(&ns->places, &p->by_both);
	rumour_add(ns, SIO_ROOM_LEFT, room_name(r), p->key.socket->id);
	free(p);
	room_end_if_empty(ns, r);
}

void room_names(const sio_ns *ns, void (*fn)(const char *name, void *user), void *user)
{
	for (map_node *it = map_next(&ns->rooms, NULL); it; it = map_next(&ns->rooms, it))
		fn(MAP_OWNER(it, room, by_name)->name, user);
}

void room_own(sio_socket *k, bool in)
{
	if (k->in_own_room == in)
		return;
	k->in_own_room = in;
	bool alone = rumour_heard(k->ns) && !room_find(k->ns, k->id);
	if (alone && in)
		rumour_add(k->ns, SIO_ROOM_CREATED, k->id, SPAN(""));
	rumour_add(k->ns, in ? SIO_ROOM_JOINED : SIO_ROOM_LEFT, k->id, k->id);
	if (alone && !in)
		rumour_add(k->ns, SIO_ROOM_DELETED, k->id, SPAN(""));
}

void room_leave_all(sio_socket *k)
{
	room_own(k, false);
	while (!list_empty(&k->places))
		place_remove(LIST_OWNER(k->places.next, place, in_socket));
}

/* Every socket has a room of its own, named by its id; it needs no place for that. */
static bool is_own(const sio_socket *k, span name)
{
	return span_is(name, k->id);
}

sio_err sio_join(sio_socket *k, const char *name)
{
	if (!name)
		return SIO_EINVAL;
	span key = span_of(name);
	if (k->state == SOCKET_LEFT)
		return SIO_EGONE;
	if (is_own(k, key)) {
		room_own(k, true);
		return SIO_OK;
	}
	room *r = room_find(k->ns, key);
	if (!r)
		r = room_new(k->ns, key);
	if (!r)
		return SIO_ENOMEM;
	if (place_find(k, r) || place_add(k, r))
		return SIO_OK;
	room_end_if_empty(k->ns, r);
	return SIO_ENOMEM;
}

sio_err sio_leave(sio_socket *k, const char *name)
{
	if (!name)
		return SIO_EINVAL;
	span key = span_of(name);
	if (k->state == SOCKET_LEFT)
		return SIO_EGONE;
	if (is_own(k, key)) {
		room_own(k, false);
		return SIO_OK;
	}
	room *r = room_find(k->ns, key);
	place *p = r ? place_find(k, r) : NULL;
	if (p)
		place_remove(p);
	return SIO_OK;
}

bool sio_in_room(const sio_socket *k, const char *name)
{
	if (!name)
		return false;
	span key = span_of(name);
	if (is_own(k, key))
		return k->in_own_room;
	room *r = room_find(k->ns, key);
	return r && place_find(k, r);
}

/* The names are copied first: fn may join and leave. */
sio_err sio_rooms(const sio_socket *k, void (*fn)(const char *room, void *user), void *user)
{
	buf names = { 0 };
	if (k->in_own_room)
		buf_add(&names, k->text, k->id.len + 1);
	LIST_EACH (it, &k->places) {
		const char *name = LIST_OWNER(it, place, in_socket)->key.room->name;
		buf_add(&names, name, strlen(name) + 1);
	}
	sio_err err = names.failed ? SIO_ENOMEM : SIO_OK;
	while (err == SIO_OK && buf_len(&names)) {
		const char *name = (const char *)buf_data(&names);
		fn(name, user);
		buf_consume(&names, strlen(name) + 1);
	}
	buf_free(&names);
	return err;
}

/* ---- Who matches ---- */

typedef struct matching {
	uint64_t mark; /* sockets that carry it were seen, or are excepted */
	void (*fn)(sio_socket *k, void *user); /* NULL: only mark */
	void *user;
} matching;

static void match_one(sio_socket *k, const matching *m)
{
	if (k->mark == m->mark || k->state != SOCKET_CONNECTED)
		return;
	k->mark = m->mark;
	if (m->fn)
		m->fn(k, m->user);
}

static void match_room(sio_ns *ns, const char *name, const matching *m)
{
	sio_socket *owner = sio_find(ns, name);
	room *r = room_find(ns, span_of(name));
	if (owner && owner->in_own_room)
		match_one(owner, m);
	for (uint32_t i = 0; r && i < r->len; i++)
		match_one(r->places[i]->key.socket, m);
}

void room_match(
	sio_ns *ns, const sio_delivery *who, void (*fn)(sio_socket *k, void *user), void *user)
{
	matching m = { ++ns->delivery, NULL, user };
	const char *const *name;

	for (name = who ? who->except : NULL; name && *name; name++)
		match_room(ns, *name, &m);
	m.fn = fn;
	if (!who || !who->to) {
		LIST_EACH (it, &ns->members)
			match_one(LIST_OWNER(it, sio_socket, in_ns), &m);
		return;
	}
	for (name = who->to; *name; name++)
		match_room(ns, *name, &m);
}

/* SPDX-License-Identifier: MIT */
/* rumour - changes of rooms, told to who listens when the application has returned. */
#include "io.h"
#include <stdlib.h>

struct rumour {
	list in_io;
	sio_ns *ns;
	sio_room_change what;
	size_t id_at;
	char text[]; /* the room's name, then the socket's id */
};

static bool wanted(const sio_ns *ns)
{
	return ns && !list_empty(&ns->handlers.room);
}

static bool by_application(const sio_ns *ns)
{
	return wanted(ns) || wanted(ns->parent);
}

static bool by_adapter(const sio_ns *ns)
{
	return ns->place && ns->io->adapter->room;
}

bool rumour_heard(const sio_ns *ns)
{
	return by_application(ns) || by_adapter(ns);
}

/* Adapters are told of rooms, not of members.  Without memory for it nobody hears of it. */
void rumour_add(sio_ns *ns, sio_room_change what, span name, span id)
{
	bool of_room = what == SIO_ROOM_CREATED || what == SIO_ROOM_DELETED;
	bool heard = by_application(ns) || (of_room && by_adapter(ns));
	rumour *r = heard ? calloc(1, sizeof *r + name.len + 1 + id.len + 1) : NULL;
	if (!r)
		return;
	r->ns = ns;
	r->what = what;
	r->id_at = name.len + 1;
	memcpy(r->text, name.at, name.len);
	if (id.len)
		memcpy(r->text + r->id_at, id.at, id.len);
	io_put_off(ns->io, &ns->io->rumours, &r->in_io);
}

rumour *rumour_in(list *in_io)
{
	return LIST_OWNER(in_io, rumour, in_io);
}

void rumour_free(rumour *r)
{
	list_remove(&r->in_io);
	free(r);
}

static void tell_adapter(const rumour *r)
{
	if (r->what == SIO_ROOM_CREATED || r->what == SIO_ROOM_DELETED)
		r->ns->io->adapter->room(r->ns->place, r->text, r->what == SIO_ROOM_CREATED);
}

void rumour_tell(rumour *r)
{
	if (by_adapter(r->ns))
		tell_adapter(r);
	handler_walk w = handler_walk_begin(&r->ns->io->handlers);
	handler *h;
	if (r->ns->parent)
		handler_walk_add(&w, &r->ns->parent->handlers.room);
	handler_walk_add(&w, &r->ns->handlers.room);
	while ((h = handler_next(&w)) != NULL)
		((sio_room_fn *)h->fn)(r->ns, r->what, r->text, r->text + r->id_at, h->user);
	rumour_free(r);
}

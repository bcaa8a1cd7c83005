/* SPDX-License-Identifier: MIT */
/* on - what the application hangs on namespaces and sockets. */
#include "io.h"
#include <stdlib.h>

typedef sio_err hang_fn(io *o, list *head, handler_fn *fn, void *user);

static sio_err hang(io *o, list *head, handler_fn *fn, void *user)
{
	if (!fn)
		return SIO_EINVAL;
	return handler_add(&o->handlers, head, fn, user, false) ? SIO_OK : SIO_ENOMEM;
}

static sio_err hang_first(io *o, list *head, handler_fn *fn, void *user)
{
	if (!fn)
		return SIO_EINVAL;
	return handler_prepend(&o->handlers, head, fn, user) ? SIO_OK : SIO_ENOMEM;
}

static sio_err hang_on_event(
	io *o, handler_set *set, const char *event, handler_fn *fn, void *user, bool once)
{
	if (!fn || !event || sp_reserved(event))
		return SIO_EINVAL;
	event_list *l = event_list_get(&set->events, event);
	return l && handler_add(&o->handlers, &l->handlers, fn, user, once) ? SIO_OK : SIO_ENOMEM;
}

/* event NULL: of all events. */
static void take_off_event(io *o, handler_set *set, const char *event, handler_fn *fn)
{
	map_node *node = NULL;
	if (!set)
		return;
	event_list *l = event ? event_list_find(&set->events, span_of(event)) : NULL;
	if (l)
		handler_remove_matching(&o->handlers, &l->handlers, fn);
	while (!event && (node = map_next(&set->events, node)) != NULL)
		handler_remove_matching(
			&o->handlers, &MAP_OWNER(node, event_list, by_name)->handlers, fn);
}

/* ---- Namespaces ---- */

sio_err sio_on_connect(sio_ns *ns, sio_socket_fn *fn, void *user)
{
	return hang(ns->io, &ns->handlers.connect, (handler_fn *)fn, user);
}

sio_err sio_on_disconnecting(sio_ns *ns, sio_left_fn *fn, void *user)
{
	return hang(ns->io, &ns->handlers.disconnecting, (handler_fn *)fn, user);
}

sio_err sio_on_disconnect(sio_ns *ns, sio_left_fn *fn, void *user)
{
	return hang(ns->io, &ns->handlers.disconnect, (handler_fn *)fn, user);
}

sio_err sio_use(sio_ns *ns, sio_use_fn *fn, void *user)
{
	return hang(ns->io, &ns->handlers.use, (handler_fn *)fn, user);
}

sio_err sio_use_event(sio_ns *ns, sio_use_event_fn *fn, void *user)
{
	ns->io->watchers++;
	return hang(ns->io, &ns->handlers.use_event, (handler_fn *)fn, user);
}

sio_err sio_on_error(sio_ns *ns, sio_error_fn *fn, void *user)
{
	return hang(ns->io, &ns->handlers.error, (handler_fn *)fn, user);
}

sio_err sio_on_drain(sio_ns *ns, sio_socket_fn *fn, void *user)
{
	return hang(ns->io, &ns->handlers.drain, (handler_fn *)fn, user);
}

sio_err sio_on_room(sio_ns *ns, sio_room_fn *fn, void *user)
{
	return hang(ns->io, &ns->handlers.room, (handler_fn *)fn, user);
}

sio_err sio_on(sio_ns *ns, const char *event, sio_event_fn *fn, void *user)
{
	return hang_on_event(ns->io, &ns->handlers, event, (handler_fn *)fn, user, false);
}

sio_err sio_on_raw(sio_ns *ns, const char *event, sio_event_fn *fn, void *user)
{
	if (!fn || !event || sp_reserved(event))
		return SIO_EINVAL;
	event_list *l = event_list_get(&ns->handlers.events, event);
	handler *h = l ? handler_add(&ns->io->handlers, &l->handlers, (handler_fn *)fn, user, false)
		       : NULL;
	if (h) {
		h->raw = true;
		ns->io->raw_handlers++;
	}
	return h ? SIO_OK : SIO_ENOMEM;
}

void sio_off(sio_ns *ns, const char *event, sio_event_fn *fn)
{
	take_off_event(ns->io, &ns->handlers, event, (handler_fn *)fn);
}

sio_err sio_on_any(sio_ns *ns, sio_event_fn *fn, void *user)
{
	ns->io->watchers++;
	return hang(ns->io, &ns->handlers.any, (handler_fn *)fn, user);
}

sio_err sio_prepend_any(sio_ns *ns, sio_event_fn *fn, void *user)
{
	ns->io->watchers++;
	return hang_first(ns->io, &ns->handlers.any, (handler_fn *)fn, user);
}

void sio_off_any(sio_ns *ns, sio_event_fn *fn)
{
	handler_remove_matching(&ns->io->handlers, &ns->handlers.any, (handler_fn *)fn);
}

sio_err sio_on_any_outgoing(sio_ns *ns, sio_event_fn *fn, void *user)
{
	ns->io->taps++;
	return hang(ns->io, &ns->handlers.any_outgoing, (handler_fn *)fn, user);
}

sio_err sio_prepend_any_outgoing(sio_ns *ns, sio_event_fn *fn, void *user)
{
	ns->io->taps++;
	return hang_first(ns->io, &ns->handlers.any_outgoing, (handler_fn *)fn, user);
}

void sio_off_any_outgoing(sio_ns *ns, sio_event_fn *fn)
{
	handler_remove_matching(&ns->io->handlers, &ns->handlers.any_outgoing, (handler_fn *)fn);
}

sio_err sio_on_namespace(sio_server *s, sio_ns_fn *fn, void *user)
{
	io *o = io_of(s);
	return hang(o, &o->on_namespace, (handler_fn *)fn, user);
}

/* ---- One socket ---- */

/* The set of this socket, made at the first need. */
static sio_err own_set(sio_socket *k, handler_set **set)
{
	if (k->state == SOCKET_LEFT)
		return SIO_EGONE;
	if (!k->own) {
		k->own = malloc(sizeof *k->own);
		if (!k->own)
			return SIO_ENOMEM;
		handler_set_init(k->own);
	}
	*set = k->own;
	return SIO_OK;
}

static sio_err hang_own(sio_socket *k, size_t which, hang_fn *how, handler_fn *fn, void *user)
{
	handler_set *set;
	sio_err err = own_set(k, &set);
	return err ? err : how(k->ns->io, handler_set_at(set, which), fn, user);
}

static sio_err on_event(sio_socket *k, const char *event, sio_event_fn *fn, void *user, bool once)
{
	handler_set *set;
	sio_err err = own_set(k, &set);
	return err ? err : hang_on_event(k->ns->io, set, event, (handler_fn *)fn, user, once);
}

sio_err sio_socket_on(sio_socket *k, const char *event, sio_event_fn *fn, void *user)
{
	return on_event(k, event, fn, user, false);
}

sio_err sio_socket_once(sio_socket *k, const char *event, sio_event_fn *fn, void *user)
{
	return on_event(k, event, fn, user, true);
}

void sio_socket_off(sio_socket *k, const char *event, sio_event_fn *fn)
{
	take_off_event(k->ns->io, k->own, event, (handler_fn *)fn);
}

sio_err sio_socket_on_any(sio_socket *k, sio_event_fn *fn, void *user)
{
	k->ns->io->watchers++;
	return hang_own(k, offsetof(handler_set, any), hang, (handler_fn *)fn, user);
}

sio_err sio_socket_prepend_any(sio_socket *k, sio_event_fn *fn, void *user)
{
	k->ns->io->watchers++;
	return hang_own(k, offsetof(handler_set, any), hang_first, (handler_fn *)fn, user);
}

void sio_socket_off_any(sio_socket *k, sio_event_fn *fn)
{
	if (k->own)
		handler_remove_matching(&k->ns->io->handlers, &k->own->any, (handler_fn *)fn);
}

sio_err sio_socket_on_any_outgoing(sio_socket *k, sio_event_fn *fn, void *user)
{
	k->ns->io->taps++;
	return hang_own(k, offsetof(handler_set, any_outgoing), hang, (handler_fn *)fn, user);
}

sio_err sio_socket_prepend_any_outgoing(sio_socket *k, sio_event_fn *fn, void *user)
{
	k->ns->io->taps++;
	return hang_own(k, offsetof(handler_set, any_outgoing), hang_first, (handler_fn *)fn, user);
}

void sio_socket_off_any_outgoing(sio_socket *k, sio_event_fn *fn)
{
	if (k->own)
		handler_remove_matching(
			&k->ns->io->handlers, &k->own->any_outgoing, (handler_fn *)fn);
}

sio_err sio_socket_use_event(sio_socket *k, sio_use_event_fn *fn, void *user)
{
	k->ns->io->watchers++;
	return hang_own(k, offsetof(handler_set, use_event), hang, (handler_fn *)fn, user);
}

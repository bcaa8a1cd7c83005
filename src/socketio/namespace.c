/* SPDX-License-Identifier: MIT */
/* namespace - who may enter, and the handlers that all its sockets share
 * (protocol-notes/socket.io.md). */
#include "../base/text.h"
#include "io.h"
#include "json.h"
#include <stdlib.h>

sio_ns *ns_find(const io *o, span name)
{
	map_node *node = map_find(&o->namespaces, name);
	return node ? MAP_OWNER(node, sio_ns, by_name) : NULL;
}

sio_ns *ns_new(io *o, span name)
{
	sio_ns *ns = calloc(1, sizeof *ns + name.len + 1);
	if (!ns)
		return NULL;
	ns->io = o;
	memcpy(ns->text, name.at, name.len);
	ns->name = (span){ ns->text, name.len };
	map_init(&ns->sockets);
	map_init(&ns->rooms);
	map_init(&ns->places);
	map_init(&ns->asks);
	recovery_init(&ns->recovery);
	list_init(&ns->outbox.emissions);
	list_init(&ns->members);
	list_init(&ns->in_parent);
	list_init(&ns->in_io);
	list_init(&ns->children);
	handler_set_init(&ns->handlers);
	map_init(&ns->server_events);
	return ns;
}

bool ns_begin(sio_ns *ns)
{
	if (!cluster_open(ns)) {
		ns_free(ns);
		return false;
	}
	map_add(&ns->io->namespaces, &ns->by_name, ns->name);
	return true;
}

void ns_free(sio_ns *ns)
{
	list_remove(&ns->in_parent);
	list_remove(&ns->in_io);
	cluster_close(ns);
	handler_set_fini(&ns->handlers);
	event_list_free_all(&ns->server_events);
	rule_free(ns->rule);
	recovery_fini(&ns->recovery);
	map_fini(&ns->sockets);
	map_fini(&ns->rooms);
	map_fini(&ns->places);
	map_fini(&ns->asks);
	free(ns);
}

void ns_end_if_empty(sio_ns *ns)
{
	io *o = ns->io;
	if (ns->population || ns->errands || !ns->parent || ns->pinned ||
		!o->options.cleanup_empty_children)
		return;
	map_remove(&o->namespaces, &ns->by_name);
	ns_free(ns);
}

void ns_announce(sio_ns *ns)
{
	handler_walk w = handler_walk_begin(&ns->io->handlers);
	handler *h;
	handler_walk_add(&w, &ns->io->on_namespace);
	while ((h = handler_next(&w)) != NULL)
		((sio_ns_fn *)h->fn)(ns, h->user);
}

void ns_end_later(sio_ns *ns)
{
	/* One that is to be told of is the application's, and stays. */
	if (list_empty(&ns->in_io))
		list_append(&ns->io->idle, &ns->in_io);
}

void ns_errand_done(sio_ns *ns)
{
	if (!--ns->errands && !ns->population)
		ns_end_later(ns);
}

sio_ns *sio_of(sio_server *s, const char *name)
{
	io *o = io_of(s);
	span key = name ? span_of(name) : SPAN("");
	/* A comma ends the name in a packet, so none could be in it. */
	if (!key.len || key.at[0] != '/' || memchr(key.at, ',', key.len))
		return NULL;
	sio_ns *ns = ns_find(o, key);
	if (!ns) {
		ns = ns_new(o, key);
		if (!ns || !ns_begin(ns))
			return NULL;
		parent_adopt(ns);
		if (!list_empty(&o->on_namespace))
			io_put_off(o, &o->announced, &ns->in_io);
	}
	ns->pinned = true;
	return ns;
}

const char *sio_ns_name(const sio_ns *ns)
{
	return ns->text;
}

sio_server *sio_ns_server(const sio_ns *ns)
{
	return ns->io->server;
}

/* ---- Admission ---- */

static void send_connect(sio_socket *k)
{
	io *o = k->ns->io;
	sp_write(&o->scratch, SP_CONNECT, 0, k->ns->name, NULL);
	k->client->revision->write_welcome(&o->scratch, k->id, recovery_pid(k));
	emit_text(k->client, io_take_packet(o));
}

void ns_send_unknown(client *c, span nsp)
{
	io *o = c->io;
	sp_write(&o->scratch, SP_CONNECT_ERROR, 0, nsp, NULL);
	revision_write_error(&o->scratch, "Invalid namespace", NULL);
	emit_text(c, io_take_packet(o));
}

static void send_refusal(sio_socket *k, const char *message, const cJSON *data)
{
	io *o = k->ns->io;
	sp_write(&o->scratch, SP_CONNECT_ERROR, 0, k->ns->name, NULL);
	k->client->revision->write_refusal(&o->scratch, message, data);
	emit_text(k->client, io_take_packet(o));
}

static void enter(sio_socket *k)
{
	sio_ns *ns = k->ns;
	handler_walk w = socket_walk(k, offsetof(handler_set, connect));
	handler *h;

	k->state = SOCKET_CONNECTED;
	map_add(&ns->sockets, &k->by_id, k->id);
	list_append(&ns->members, &k->in_ns);
	client_entered(k->client);
	room_own(k, true);
	if (!recovery_enter(k)) {
		client_reject(k->client, CLOSED_BY_SERVER);
		k->reason = NULL; /* nobody has heard of it */
		return;
	}
	send_connect(k);
	while ((h = handler_next(&w)) != NULL)
		((sio_socket_fn *)h->fn)(k, h->user);
}

static void begin_middleware(sio_socket *k)
{
	k->walk = recovery_skips(k) ? handler_walk_begin(&k->ns->io->handlers)
				    : socket_walk(k, offsetof(handler_set, use));
}

void ns_connect(sio_ns *ns, client *c, held_tree auth)
{
	sio_socket *k = socket_new(ns, c, auth);
	if (!k) {
		client_reject(c, CLOSED_BY_SERVER);
		return;
	}
	if (!recovery_begin(k))
		return;
	begin_middleware(k);
	ns_advance(k);
}

void ns_admit_later(sio_socket *k)
{
	begin_middleware(k);
	list_remove(&k->in_io);
	io_put_off(k->ns->io, &k->ns->io->admitted, &k->in_io);
}

/* Each round of the loop is one middleware; it goes on when that one has admitted, at once or
 * later. */
void ns_advance(sio_socket *k)
{
	io *o = k->ns->io;
	while (k->state == SOCKET_ADMITTING) {
		handler *h = handler_next(&k->walk);
		if (!h) {
			if (recovery_ready(k))
				enter(k);
			return;
		}
		uint64_t entry = ticket_issue(&o->tickets, TICKET_ENTRY, &k->tickets, k, 0);
		if (!entry) {
			client_reject(k->client, CLOSED_BY_SERVER);
			return;
		}
		k->admitted = false;
		k->running = true;
		((sio_use_fn *)h->fn)(k, (sio_entry){ o->server, entry }, h->user);
		k->running = false;
		if (!k->admitted)
			return;
	}
}

static void entry_answer(sio_socket *k, bool admitted, const char *message, const cJSON *data)
{
	k->admitted = admitted;
	if (!admitted) {
		send_refusal(k, message ? message : "", data);
		socket_leave(k, "server namespace disconnect");
	} else if (!k->running) {
		io_put_off(k->ns->io, &k->ns->io->admitted, &k->in_io);
	}
}

/* An entry stands for a client in middleware, a name that a parent is asked for, an event in
 * middleware, or a request, which is elsewhere. */
static sio_err answer(sio_entry entry, bool admitted, const char *message, const cJSON *data)
{
	if (!entry.server)
		return SIO_EGONE;
	io *o = io_of(entry.server);
	ticket *t = ticket_any(&o->tickets, entry.ticket);
	if (!t)
		return SIO_EGONE;
	ticket_kind kind = (ticket_kind)t->kind;
	if (kind == TICKET_REQUEST)
		return o->options.answer(entry, admitted, message);
	if (kind == TICKET_ENTRY) {
		sio_socket *k = t->owner;
		ticket_use(&o->tickets, t, &k->tickets);
		entry_answer(k, admitted, message, data);
	} else if (kind == TICKET_CANDIDATE) {
		candidate_answer(t->owner, admitted);
	} else if (kind == TICKET_ARRIVAL) {
		arrival_answer(t->owner, admitted, message, data);
	} else {
		return SIO_EGONE;
	}
	return SIO_OK;
}

sio_err sio_admit(sio_entry entry)
{
	return answer(entry, true, NULL, NULL);
}

sio_err sio_refuse(sio_entry entry, const char *message, cJSON *data)
{
	sio_err err = answer(entry, false, message, data);
	json_free(data);
	return err;
}

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

static sio_ns *ns_new(io *o, span name)
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
	map_init(&ns->events);
	map_init(&ns->asks);
	list_init(&ns->members);
	list_init(&ns->any);
	list_init(&ns->connect);
	list_init(&ns->disconnect);
	list_init(&ns->use);
	map_add(&o->namespaces, &ns->by_name, ns->name);
	return ns;
}

void ns_free(sio_ns *ns)
{
	handler_free_all(&ns->any);
	handler_free_all(&ns->connect);
	handler_free_all(&ns->disconnect);
	handler_free_all(&ns->use);
	event_list_free_all(&ns->events);
	map_fini(&ns->sockets);
	map_fini(&ns->rooms);
	map_fini(&ns->places);
	map_fini(&ns->asks);
	free(ns);
}

sio_ns *sio_of(sio_server *s, const char *name)
{
	io *o = io_of(s);
	span key = name ? span_of(name) : SPAN("");
	/* A comma ends the name in a packet, so none could be in it. */
	if (!key.len || key.at[0] != '/' || memchr(key.at, ',', key.len))
		return NULL;
	sio_ns *found = ns_find(o, key);
	return found ? found : ns_new(o, key);
}

const char *sio_ns_name(const sio_ns *ns)
{
	return ns->text;
}

sio_server *sio_ns_server(const sio_ns *ns)
{
	return ns->io->server;
}

/* ---- Handlers ---- */

static sio_err add(sio_ns *ns, list *head, handler_fn *fn, void *user)
{
	if (!fn)
		return SIO_EINVAL;
	return handler_add(&ns->io->handlers, head, fn, user, false) ? SIO_OK : SIO_ENOMEM;
}

sio_err sio_on_connect(sio_ns *ns, sio_socket_fn *fn, void *user)
{
	return add(ns, &ns->connect, (handler_fn *)fn, user);
}

sio_err sio_on_disconnect(sio_ns *ns, sio_left_fn *fn, void *user)
{
	return add(ns, &ns->disconnect, (handler_fn *)fn, user);
}

sio_err sio_on_any(sio_ns *ns, sio_event_fn *fn, void *user)
{
	return add(ns, &ns->any, (handler_fn *)fn, user);
}

sio_err sio_use(sio_ns *ns, sio_use_fn *fn, void *user)
{
	return add(ns, &ns->use, (handler_fn *)fn, user);
}

sio_err sio_on(sio_ns *ns, const char *event, sio_event_fn *fn, void *user)
{
	if (!fn || !event || sp_reserved(event))
		return SIO_EINVAL;
	event_list *l = event_list_get(&ns->events, event);
	return l ? add(ns, &l->handlers, (handler_fn *)fn, user) : SIO_ENOMEM;
}

/* ---- Admission ---- */

static void send_connect(sio_socket *k)
{
	io *o = k->ns->io;
	sp_write(&o->scratch, SP_CONNECT, 0, k->ns->name, NULL);
	k->client->revision->write_welcome(&o->scratch, k->id);
	emit_text(k->client, io_take_scratch(o));
}

void ns_send_unknown(client *c, span nsp)
{
	io *o = c->io;
	sp_write(&o->scratch, SP_CONNECT_ERROR, 0, nsp, NULL);
	revision_write_error(&o->scratch, "Invalid namespace", NULL);
	emit_text(c, io_take_scratch(o));
}

static void send_refusal(sio_socket *k, const char *message, const cJSON *data)
{
	io *o = k->ns->io;
	sp_write(&o->scratch, SP_CONNECT_ERROR, 0, k->ns->name, NULL);
	k->client->revision->write_refusal(&o->scratch, message, data);
	emit_text(k->client, io_take_scratch(o));
}

static void enter(sio_socket *k)
{
	sio_ns *ns = k->ns;
	uint64_t latest = ns->io->handlers.born;

	k->state = SOCKET_CONNECTED;
	k->in_own_room = true;
	map_add(&ns->sockets, &k->by_id, k->id);
	list_append(&ns->members, &k->in_ns);
	client_entered(k->client);
	send_connect(k);
	LIST_EACH (it, &ns->connect) {
		handler *h = LIST_OWNER(it, handler, link);
		if (h->born <= latest)
			((sio_socket_fn *)h->fn)(k, h->user);
	}
}

void ns_connect(sio_ns *ns, client *c, cJSON *auth)
{
	sio_socket *k = socket_new(ns, c, auth);
	if (!k) {
		client_reject(c, CLOSED_BY_SERVER);
		return;
	}
	k->next_use = ns->use.next;
	k->last_use = ns->io->handlers.born;
	ns_advance(k);
}

/* NULL: it has passed them all. */
static handler *next_use(const sio_socket *k)
{
	handler *h = LIST_OWNER(k->next_use, handler, link);
	return k->next_use == &k->ns->use || h->born > k->last_use ? NULL : h;
}

/* Each round of the loop is one middleware; it goes on when that one has admitted, at once or
 * later. */
void ns_advance(sio_socket *k)
{
	io *o = k->ns->io;
	while (k->state == SOCKET_ADMITTING) {
		handler *h = next_use(k);
		if (!h) {
			enter(k);
			return;
		}
		uint64_t entry = ticket_issue(&o->tickets, TICKET_ENTRY, &k->tickets, k, 0);
		if (!entry) {
			client_reject(k->client, CLOSED_BY_SERVER);
			return;
		}
		k->next_use = k->next_use->next;
		k->admitted = false;
		k->running = true;
		((sio_use_fn *)h->fn)(k, (sio_entry){ o->server, entry }, h->user);
		k->running = false;
		if (!k->admitted)
			return;
	}
}

/* An entry of no client may be one of a request, which is elsewhere. */
static sio_err answer(sio_entry entry, bool admitted, const char *message, const cJSON *data)
{
	if (!entry.server)
		return SIO_EGONE;
	io *o = io_of(entry.server);
	ticket *t = ticket_find(&o->tickets, entry.ticket, TICKET_ENTRY);
	if (!t)
		return o->options.answer ? o->options.answer(entry, admitted, message) : SIO_EGONE;
	sio_socket *k = t->owner;
	ticket_use(&o->tickets, t, &k->tickets);
	k->admitted = admitted;
	if (!admitted) {
		send_refusal(k, message ? message : "", data);
		socket_leave(k, "server namespace disconnect");
	} else if (!k->running) {
		list_append(&o->admitted, &k->in_io);
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

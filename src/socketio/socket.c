/* SPDX-License-Identifier: MIT */
/* socket - one client in one namespace: its life, its handlers, and what is known of it. */
#include "../base/text.h"
#include "io.h"
#include "json.h"
#include <stdlib.h>

/* ---- Life ---- */

static size_t size_of(const client *c, const sio_ns *ns)
{
	return sizeof(sio_socket) + c->revision->id_size(c, ns->name);
}

sio_socket *socket_new(sio_ns *ns, client *c, held_tree auth)
{
	size_t size = size_of(c, ns);
	bool fits = session_hold(c->session, size);
	sio_socket *k = fits ? calloc(1, size) : NULL;
	if (!k) {
		session_let_go(c->session, fits ? size : 0);
		held_free(c, &auth);
		return NULL;
	}
	k->ns = ns;
	k->client = c;
	k->auth = auth;
	k->id = (span){ k->text, c->revision->make_id(k->text, c, ns->name) };
	list_init(&k->in_ns);
	list_init(&k->in_io);
	list_init(&k->places);
	list_init(&k->asks);
	list_init(&k->arrivals);
	ns->population++;
	list_append(&c->sockets, &k->in_client);
	c->nsockets++;
	return k;
}

static void free_data(sio_socket *k)
{
	void *data = k->data;
	k->data = NULL;
	if (data && k->free_data)
		k->free_data(data);
}

/* All but itself, as its client is not there any longer. */
static void dissolve(sio_socket *k)
{
	if (k->own)
		handler_set_fini(k->own);
	free(k->own);
	held_free(k->client, &k->auth);
	session_let_go(k->client->session, size_of(k->client, k->ns));
	json_free(k->shared_data);
	recovery_end(k);
	k->reaped = true;
}

void socket_begin_anew(sio_socket *k)
{
	if (k->own)
		handler_set_clear(&k->ns->io->handlers, k->own);
	room_leave_all(k);
	free_data(k);
	json_free(k->shared_data);
	k->shared_data = NULL;
}

void socket_free(sio_socket *k)
{
	sio_ns *ns = k->ns;
	if (!k->reaped)
		dissolve(k);
	if (k->held)
		return;
	free(k);
	ns->population--;
	ns_end_if_empty(ns);
}

void socket_leave(sio_socket *k, const char *reason)
{
	if (k->state == SOCKET_LEFT)
		return;
	bool connected = k->state == SOCKET_CONNECTED;
	k->state = SOCKET_LEFT;
	k->reason = connected ? reason : NULL;
	if (!connected)
		recovery_give_back(k, reason);
	ack_forget(k);
	event_forget_all(k);
	ticket_void_all(&k->ns->io->tickets, &k->tickets);
	k->client->unanswered -= k->unanswered;
	list_remove(&k->in_client);
	k->client->nsockets--;
	list_remove(&k->in_ns);
	if (connected) {
		map_remove(&k->ns->sockets, &k->by_id);
		client_left(k->client, k->ns);
		recovery_leave(k);
	}
	list_remove(&k->in_io);
	io_put_off(k->ns->io, &k->ns->io->departed, &k->in_io);
}

static void tell_left(sio_socket *k, size_t which)
{
	handler_walk w = socket_walk(k, which);
	handler *h;
	while ((h = handler_next(&w)) != NULL)
		((sio_left_fn *)h->fn)(k, k->reason, h->user);
}

/* In its rooms it is not met any more, but it can look where it was. */
void socket_departed(sio_socket *k)
{
	if (k->reason)
		tell_left(k, offsetof(handler_set, disconnecting));
	recovery_note_rooms(k);
	room_leave_all(k);
	if (k->reason)
		tell_left(k, offsetof(handler_set, disconnect));
	recovery_save(k);
	free_data(k);
	list_append(&k->ns->io->dead_sockets, &k->in_io);
}

void sio_disconnect(sio_socket *k, bool whole_connection)
{
	io_time(k->ns->io);
	if (whole_connection) {
		client_disconnect(k->client);
		return;
	}
	if (k->state == SOCKET_CONNECTED) {
		outbox_hurry(k);
		sp_write(&k->ns->io->scratch, SP_DISCONNECT, 0, k->ns->name, NULL);
		emit_text(k->client, io_take_packet(k->ns->io));
	}
	socket_leave(k, "server namespace disconnect");
}

/* ---- Its handlers ---- */

handler_sets socket_handlers(const sio_socket *k)
{
	handler_sets sets = { 0 };
	if (k->ns->parent)
		sets.at[sets.n++] = &k->ns->parent->handlers;
	sets.at[sets.n++] = &k->ns->handlers;
	if (k->own)
		sets.at[sets.n++] = k->own;
	return sets;
}

handler_walk socket_walk(const sio_socket *k, size_t offset)
{
	handler_sets sets = socket_handlers(k);
	handler_walk w = handler_walk_begin(&k->ns->io->handlers);
	for (size_t i = 0; i < sets.n; i++)
		handler_walk_add(&w, handler_set_at(sets.at[i], offset));
	return w;
}

/* ---- What is known of it ---- */

sio_bytes sio_binary_of(const sio_event *ev, const cJSON *item)
{
	long n = sp_placeholder(item);
	if (n < 0 || (size_t)n >= ev->nbinary)
		return (sio_bytes){ NULL, 0 };
	return ev->binary[n];
}

const char *sio_id(const sio_socket *k)
{
	return k->text;
}

sio_ns *sio_namespace(const sio_socket *k)
{
	return k->ns;
}

sio_socket *sio_find(sio_ns *ns, const char *id)
{
	map_node *node = id ? map_find(&ns->sockets, span_of(id)) : NULL;
	if (node)
		return MAP_OWNER(node, sio_socket, by_id);
	LIST_EACH (it, &ns->children) {
		sio_socket *k = sio_find(LIST_OWNER(it, sio_ns, in_parent), id);
		if (k)
			return k;
	}
	return NULL;
}

bool sio_connected(const sio_socket *k)
{
	return k->state == SOCKET_CONNECTED;
}

const cJSON *sio_auth(const sio_socket *k)
{
	static const cJSON nothing = { .type = cJSON_Object };
	return k->auth.tree ? k->auth.tree : &nothing;
}

const sio_handshake *sio_handshake_of(const sio_socket *k)
{
	return (const sio_handshake *)k->client->session->handshake;
}

const char *sio_header(const sio_socket *k, const char *name)
{
	return handshake_header(k->client->session->handshake, name);
}

const char *sio_query(const sio_socket *k, const char *key)
{
	return handshake_query(k->client->session->handshake, key);
}

const char *sio_url(const sio_socket *k)
{
	return handshake_url(k->client->session->handshake);
}

const char *sio_address(const sio_socket *k)
{
	return handshake_address(k->client->session->handshake);
}

const char *sio_transport(const sio_socket *k)
{
	const transport *t = k->client->session->transport;
	return t ? t->ops->name : "";
}

size_t sio_backlog(const sio_socket *k)
{
	return session_backlog(k->client->session);
}

bool sio_behind(const sio_socket *k)
{
	return k->client->session->behind;
}

void sio_set_data(sio_socket *k, void *data, void (*free_fn)(void *))
{
	if (data != k->data)
		free_data(k);
	k->data = data;
	k->free_data = free_fn;
}

void sio_set_shared_data(sio_socket *k, cJSON *data)
{
	json_free(k->shared_data);
	k->shared_data = data;
}

const cJSON *sio_shared_data(const sio_socket *k)
{
	static const cJSON nothing = { .type = cJSON_Object };
	return k->shared_data ? k->shared_data : &nothing;
}

void *sio_data(const sio_socket *k)
{
	return k->data;
}

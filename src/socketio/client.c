/* SPDX-License-Identifier: MIT */
/* client - one engine session: how it comes, what is held for it, and how it ends
 * (protocol-notes/socket.io.md). */
#include "io.h"
#include <stdlib.h>

static void connect_due(timer *t)
{
	client *c = LIST_OWNER(t, client, connect_timeout);
	c->session->limit = "connect_timeout_ms";
	client_reject(c, CLOSED_BY_SERVER);
}

bool client_open(io *o, session *s)
{
	client *c = calloc(1, sizeof *c);
	if (!c)
		return false;
	c->session = s;
	c->io = o;
	c->revision = revision_for(s->dialect->version);
	s->user = c;
	list_init(&c->sockets);
	list_init(&c->candidates);
	list_init(&c->answers);
	list_init(&c->in_io);
	timer_init(&c->connect_timeout, connect_due);
	timer_start(o->wheel, &c->connect_timeout, o->wheel->now + o->options.connect_timeout_ms);
	if (c->revision->enters_unasked)
		io_put_off(o, &o->newcomers, &c->in_io);
	return true;
}

void client_arrived(client *c)
{
	if (c->session->state == SESSION_OPEN)
		ns_connect(ns_find(c->io, SPAN("/")), c, (held_tree){ 0 });
}

void client_entered(client *c)
{
	timer_stop(c->io->wheel, &c->connect_timeout);
}

void client_free(client *c)
{
	client_drop_partial(c);
	ack_let_go_all(c);
	free(c->left);
	free(c);
}

bool client_hold(client *c, size_t size, const held_tree *tree)
{
	if (size + tree->cost > c->io->options.max_pending - c->pending) {
		c->session->limit = "max_pending";
		return false;
	}
	if (!session_hold(c->session, size))
		return false;
	c->pending += size + tree->cost;
	return true;
}

void client_let_go(client *c, size_t size, held_tree *tree)
{
	c->pending -= size + tree->cost;
	session_let_go(c->session, size);
	held_free(c, tree);
}

/* It is in no namespace any more, and enters none. */
static void leave_all(client *c, const char *reason)
{
	parent_forget_all(c);
	while (!list_empty(&c->sockets))
		socket_leave(LIST_OWNER(c->sockets.next, sio_socket, in_client), reason);
}

void client_closed(session *s, const ending *how)
{
	client *c = s->user;
	if (!c)
		return;
	s->user = NULL;
	timer_stop(c->io->wheel, &c->connect_timeout);
	client_drop_partial(c);
	leave_all(c, how->reason);
	list_remove(&c->in_io);
	list_append(&c->io->dead_clients, &c->in_io);
}

void client_drained(session *s)
{
	client *c = s->user;
	gathering all = { 0 };
	if (!c)
		return;
	LIST_EACH (it, &c->sockets)
		gathering_add(LIST_OWNER(it, sio_socket, in_client), &all);
	for (size_t i = 0; i < all.len; i++) {
		sio_socket *k = all.at[i];
		handler_walk w = socket_walk(k, offsetof(handler_set, drain));
		handler *h;
		while (k->state == SOCKET_CONNECTED && (h = handler_next(&w)) != NULL)
			((sio_socket_fn *)h->fn)(k, h->user);
	}
	free(all.at);
}

void client_reject(client *c, const char *reason)
{
	leave_all(c, reason);
	session_close(c->session, CLOSED_BY_SERVER);
}

/* Some of what it is to be told waits for the adapter. */
static bool is_waiting(const client *c)
{
	LIST_EACH (it, &c->sockets)
		if (LIST_OWNER(it, sio_socket, in_client)->held)
			return true;
	return false;
}

bool client_shut(session *s, bool patient)
{
	client *c = s->user;
	if (c && patient && is_waiting(c))
		return false;
	if (c) {
		LIST_EACH (it, &c->sockets)
			outbox_hurry(LIST_OWNER(it, sio_socket, in_client));
		leave_all(c, CLOSED_BY_SHUTDOWN);
	}
	session_close(s, CLOSED_BY_SHUTDOWN);
	return true;
}

void client_disconnect(client *c)
{
	parent_forget_all(c);
	while (!list_empty(&c->sockets))
		sio_disconnect(LIST_OWNER(c->sockets.next, sio_socket, in_client), false);
	session_close(c->session, CLOSED_BY_SERVER);
}

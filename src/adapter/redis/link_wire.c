/* SPDX-License-Identifier: MIT */
/* link_wire - tries to connect, address by address. */
#include "link_parts.h"
#include <stdlib.h>

enum { CONNECT_MS = 5000 }; /* for one try, from the name to the greeting */

/* ---- Wires ---- */

static void wire_free(wire *w)
{
	if (!w->closed || w->looking)
		return;
	if (w->addresses)
		uv_freeaddrinfo(w->addresses);
	if (w->reader)
		redisReaderFree(w->reader);
	tls_free(w->tls);
	buf_free(&w->flight);
	free(w);
}

static void on_closed(uv_handle_t *h)
{
	wire *w = h->data;
	w->closed = true;
	wire_free(w);
}

void wire_drop(wire *w)
{
	w->link = NULL;
	if (w->looking)
		uv_cancel((uv_req_t *)&w->lookup);
	if (!uv_is_closing(&w->socket.handle))
		uv_close(&w->socket.handle, on_closed);
}

/* ---- Connecting ---- */

static void connected(redis_link *l)
{
	wire *w = l->wire;
	const char *why = "out of memory";
	w->reader = redisReaderCreate();
	bool good = w->reader && (!l->o.target->tls || (w->tls = tls_new(l->o.target, &why)));
	if (!good || !link_greet(l) || !link_listen(w))
		link_fault(l, why);
	else
		link_flush(l);
}

static void try_next(redis_link *l, int status);

static void on_connect(uv_connect_t *req, int status)
{
	wire *w = req->data;
	if (!w->link)
		return;
	if (status < 0)
		try_next(w->link, status);
	else
		connected(w->link);
}

/* A handle that has failed to connect is of no use for another address. */
static bool renew(redis_link *l)
{
	wire *old = l->wire, *w = calloc(1, sizeof *w);
	if (!w)
		return false;
	w->link = l;
	if (l->o.target->local)
		uv_pipe_init(l->loop, &w->socket.pipe, 0);
	else
		uv_tcp_init(l->loop, &w->socket.tcp);
	w->socket.handle.data = w;
	w->connect.data = w;
	if (old) {
		w->addresses = old->addresses;
		w->next = old->next;
		old->addresses = NULL;
		wire_drop(old);
	}
	l->wire = w;
	return true;
}

/* The next address, after one that could not be reached. */
static void try_next(redis_link *l, int status)
{
	while (l->wire->next) {
		if (!renew(l)) {
			link_fault(l, "out of memory");
			return;
		}
		wire *w = l->wire;
		const struct sockaddr *to = w->next->ai_addr;
		w->next = w->next->ai_next;
		uv_tcp_nodelay(&w->socket.tcp, 1);
		status = uv_tcp_connect(&w->connect, &w->socket.tcp, to, on_connect);
		if (!status)
			return;
	}
	link_fault(l, uv_strerror(status));
}

static void on_looked_up(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
	wire *w = req->data;
	w->looking = false;
	if (!w->link) {
		if (found)
			uv_freeaddrinfo(found);
		wire_free(w);
		return;
	}
	w->addresses = w->next = found;
	try_next(w->link, status ? status : UV_EAI_NONAME);
}

void wire_begin(redis_link *l)
{
	const redis_target *t = l->o.target;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
	if (!renew(l)) {
		link_fault(l, "out of memory");
		return;
	}
	wire *w = l->wire;
	uv_timer_start(&l->timer, link_too_late, CONNECT_MS, 0);
	if (t->local) {
		uv_pipe_connect(&w->connect, &w->socket.pipe, t->host, on_connect);
		return;
	}
	/* An address needs no other thread. */
	if (!uv_getaddrinfo(l->loop, &w->lookup, NULL, t->host, t->port, &hints)) {
		w->addresses = w->next = w->lookup.addrinfo;
		try_next(l, UV_EAI_NONAME);
		return;
	}
	hints.ai_flags = 0;
	w->lookup.data = w;
	int status = uv_getaddrinfo(l->loop, &w->lookup, on_looked_up, t->host, t->port, &hints);
	w->looking = status == 0;
	if (status)
		link_fault(l, uv_strerror(status));
}

/* SPDX-License-Identifier: MIT */
/* connection - one TCP connection: how it comes and goes, what it holds, and its input on the way
 * to HTTP or the websocket. */
#include "address.h"
#include "internal.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

/* ---- Life ---- */

static void on_deadline(timer *t)
{
	connection *c = LIST_OWNER(t, connection, deadline);
	if (!websocket_speaks(c))
		connection_doom(c);
}

void connection_deadline(connection *c, uint64_t after_ms)
{
	net *n = c->net;
	if (!n->inside)
		net_refresh(n);
	timer_start(n->wheel, &c->deadline, n->wheel->time + after_ms);
}

/* The option that stands against one more of that network; NULL: there is none. */
static const char *full(const net *n, span network)
{
	const net_options *o = &n->options;
	if (o->max_connections && n->nconnections >= o->max_connections)
		return "max_connections";
	if (o->max_connections_per_address && network.len &&
		census_count(&n->networks, network) >= o->max_connections_per_address)
		return "max_connections_per_address";
	return NULL;
}

/* Where it is to be counted it is, or there is none; NULL: turned away, or out of memory. */
static connection *connection_new(net *n, span network)
{
	const char *limit = full(n, network);
	if (limit) {
		counters_strike(&n->engine->counters, limit);
		return NULL;
	}
	connection *c = calloc(1, sizeof *c);
	if (c && n->options.max_connections_per_address && network.len &&
		!(c->network = census_add(&n->networks, network))) {
		free(c);
		return NULL;
	}
	return c;
}

void connection_open(net *n, int fd, bool tls, const struct sockaddr_storage *from)
{
	char network[8];
	size_t len = address_network_of(from, network);
	connection *c = connection_new(n, (span){ network, len });
	if (!c) {
		close(fd);
		return;
	}
	n->nconnections++;
	n->engine->counters.accepted++;
	c->net = n;
	c->fd = fd;
	c->tls = tls;
	list_init(&c->in_dirty);
	list_init(&c->in_doomed);
	list_init(&c->in_later);
	list_append(&n->connections, &c->in_net);
	timer_init(&c->deadline, on_deadline);
	connection_deadline(c, HEAD_MS);
	c->wsi = net_adopt(c);
	if (!c->wsi)
		connection_doom(c);
}

/* Whoever is above learns of it now, while the connection is still whole. */
void connection_doom(connection *c)
{
	if (c->doomed)
		return;
	c->doomed = true;
	list_append(&c->net->doomed, &c->in_doomed);
	net_wake(c->net);
	timer_stop(c->net->wheel, &c->deadline);
	exchange_lost(c);
	websocket_lost(c);
}

void connection_free(connection *c)
{
	c->net->nconnections--;
	c->net->held -= c->held;
	census_drop(&c->net->networks, c->network);
	list_remove(&c->in_net);
	list_remove(&c->in_dirty);
	list_remove(&c->in_doomed);
	list_remove(&c->in_later);
	timer_stop(c->net->wheel, &c->deadline);
	request_free(c);
	websocket_free(c);
	bytes_unref(c->rest);
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

/* libwebsockets reads for us and keeps what it is told to itself; what is left of the connection
 * tells whether the peer has reset it. */
int connection_error(const connection *c)
{
	struct tcp_info info;
	socklen_t len = sizeof info;
	if (c->error)
		return c->error;
	if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) ||
		len <= offsetof(struct tcp_info, tcpi_state))
		return 0;
	return info.tcpi_state == TCP_CLOSE ? ECONNRESET : 0;
}

/* ---- Input ---- */

/* It holds something, or did.  Most messages lie whole in one read, and leave nothing behind. */
static bool is_worth_weighing(const connection *c)
{
	const websocket *w = c->websocket;
	return c->held || c->in.cap || c->out.cap || c->rest || c->request ||
	       (w && (w->keeps || w->decoder.message.cap || !w->owner->keeps));
}

void connection_input(connection *c, unsigned char *data, size_t len)
{
	c->net->engine->counters.bytes_in += len;
	if (c->doomed || c->closing)
		return;
	if (c->role == ROLE_WEBSOCKET)
		websocket_input(c, data, len);
	else if (c->role == ROLE_HTTP)
		request_input(c, data, len);
	if (is_worth_weighing(c))
		connection_weigh(c);
}

/* ---- What it holds ---- */

void connection_weigh(connection *c)
{
	const request *r = c->request;
	size_t held = c->in.cap + c->out.cap + (r ? r->data.cap : 0) + websocket_held(c);
	/* A block that waits still, here in part, is counted there. */
	if (c->rest && c->role == ROLE_HTTP)
		held += c->rest->len;
	c->net->held += held - c->held;
	c->held = held;
}

size_t net_connections(const net *n)
{
	return n->nconnections;
}

size_t net_held(const net *n)
{
	return n->held;
}

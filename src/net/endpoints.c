/* SPDX-License-Identifier: MIT */
/* endpoints - the paths of the application's own WebSockets. */
#include "plain.h"
#include <errno.h>

static endpoint *find(const net *n, span path)
{
	LIST_EACH (it, &n->endpoints) {
		endpoint *e = LIST_OWNER(it, endpoint, in_net);
		if (span_is(span_of(e->path), path))
			return e;
	}
	return NULL;
}

int net_websocket(net *n, const char *path, const net_ws_events *events, void *user)
{
	span at = span_of(path);
	if (!route_can_be_asked_for(at) || request_for_engine(n, at))
		return EINVAL;
	if (find(n, at))
		return EEXIST;
	endpoint *e = malloc(sizeof *e + at.len + 1);
	if (!e)
		return ENOMEM;
	*e = (endpoint){ .events = *events, .user = user };
	memcpy(e->path, at.at, at.len + 1);
	list_init(&e->members);
	list_append(&n->endpoints, &e->in_net);
	return 0;
}

void endpoints_fini(net *n)
{
	while (!list_empty(&n->endpoints)) {
		endpoint *e = LIST_OWNER(n->endpoints.next, endpoint, in_net);
		list_remove(&e->in_net);
		free(e->user);
		free(e);
	}
}

/* ---- Opening ---- */

bool endpoint_is_at(const net *n, span path)
{
	return find(n, path) != NULL;
}

static void open_at(endpoint *e, connection *c, const http_head *head)
{
	net_ws *w = plain_open(e, c, head);
	if (!w)
		return;
	request_free(c);
	e->events.opened(w, e->user);
}

bool endpoint_begin(connection *c, const http_head *head)
{
	endpoint *e = ws_wanted(head) ? find(c->net, head->path) : NULL;
	if (!e)
		return false;
	c->request->keep_alive = false;
	cors_begin(c, head);
	if (c->net->refusing)
		respond_status(c, 503);
	else if (cors_refuses(c, head))
		respond_status(c, 403);
	else if (head->method != HTTP_GET)
		respond_status_with(c, 405, SPAN("Allow"), SPAN("GET"));
	else
		open_at(e, c, head);
	return true;
}

/* ---- The end ---- */

static void tell_end(net_ws *w)
{
	endpoint *e = w->endpoint;
	list_remove(&w->in_endpoint);
	e->events.closed(w, w->code, w->reason ? w->reason : "", e->user);
	net_ws_set_data(w, NULL, NULL);
}

void endpoints_settle(net *n)
{
	while (!list_empty(&n->departed)) {
		net_ws *w = LIST_OWNER(n->departed.next, net_ws, in_net);
		list_remove(&w->in_net);
		tell_end(w);
	}
}

static size_t say_goodbye(endpoint *e, size_t most)
{
	size_t n = 0;
	LIST_EACH (it, &e->members)
		if (n < most && !net_ws_close(LIST_OWNER(it, net_ws, in_endpoint),
					WS_CLOSE_GOING_AWAY, "server shutting down"))
			n++;
	return n;
}

size_t net_ws_goodbye(net *n, size_t most)
{
	size_t left = most;
	LIST_EACH (it, &n->endpoints)
		left -= say_goodbye(LIST_OWNER(it, endpoint, in_net), left);
	return most - left;
}

bool net_ws_any(const net *n)
{
	LIST_EACH (it, &n->endpoints)
		if (!list_empty(&LIST_OWNER(it, endpoint, in_net)->members))
			return true;
	return false;
}

static void cut(net_ws *w)
{
	connection_doom(w->base.connection);
}

void net_ws_cut_all(net *n)
{
	LIST_EACH (it, &n->endpoints)
		LIST_EACH (member, &LIST_OWNER(it, endpoint, in_net)->members)
			cut(LIST_OWNER(member, net_ws, in_endpoint));
}

/* ---- Many ---- */

size_t net_ws_each(net *n, const char *path, void (*fn)(net_ws *w, void *user), void *user)
{
	endpoint *e = find(n, span_of(path));
	size_t called = 0;
	if (!e)
		return 0;
	LIST_EACH (it, &e->members) {
		net_ws *w = LIST_OWNER(it, net_ws, in_endpoint);
		if (w->state != PLAIN_OPEN)
			continue;
		fn(w, user);
		called++;
	}
	return called;
}

typedef struct broadcast {
	const net_ws *except;
	bytes *what;
} broadcast;

/* A hole in what a peer gets would be worse than its end. */
static void send_one(net_ws *w, void *user)
{
	const broadcast *b = user;
	if (w != b->except && net_ws_send(w, bytes_ref(b->what)) == ENOMEM)
		connection_doom(w->base.connection);
}

void net_ws_broadcast(net *n, const char *path, const net_ws *except, bytes *b)
{
	net_ws_each(n, path, send_one, &(broadcast){ except, b });
	bytes_unref(b);
}

/* SPDX-License-Identifier: MIT */
/* routes - plain HTTP beside the sockets: the application's routes, and its folders. */
#include "internal.h"
#include <errno.h>
#include <stdlib.h>

static span keep(char **at, const char *text)
{
	size_t len = strlen(text);
	span kept = { *at, len };
	memcpy(*at, text, len);
	*at += len;
	return kept;
}

int net_route(net *n, const char *method, const char *path, net_route_fn *fn, void (*wrapped)(void),
	void *user)
{
	route *r = malloc(sizeof *r + strlen(method) + strlen(path));
	if (!r)
		return ENOMEM;
	char *at = r->text;
	r->fn = fn;
	r->wrapped = wrapped;
	r->user = user;
	r->method = keep(&at, method);
	r->path = keep(&at, path);
	list_append(&n->routes, &r->link);
	return 0;
}

int net_mount(net *n, const char *url, const char *directory)
{
	return files_mount(n->files, url, directory);
}

/* A HEAD is a GET whose body stays here. */
static span method_of(const http_head *head)
{
	return head->method == HTTP_HEAD ? SPAN("GET") : head->method_text;
}

static route *find(const net *n, const http_head *head, bool *known_path)
{
	*known_path = false;
	LIST_EACH (it, &n->routes) {
		route *r = LIST_OWNER(it, route, link);
		if (!span_is(r->path, head->path))
			continue;
		*known_path = true;
		if (span_is(r->method, method_of(head)))
			return r;
	}
	return NULL;
}

/* The head's texts are gone when the body has come. */
static bool keep_target(request *q, const http_head *head)
{
	free(q->target);
	q->path_len = head->path.len;
	q->target = malloc(head->path.len + head->query.len + 2);
	if (!q->target)
		return false;
	memcpy(q->target, head->path.at, head->path.len);
	q->target[head->path.len] = '\0';
	if (head->query.len)
		memcpy(q->target + head->path.len + 1, head->query.at, head->query.len);
	q->target[head->path.len + 1 + head->query.len] = '\0';
	return true;
}

void routes_begin(connection *c, const http_head *head)
{
	response r = RESPONSE(200);
	bool known_path;
	route *found = find(c->net, head, &known_path);

	if (found && head->content_length > c->net->options.max_payload) {
		respond_status(c, 413);
	} else if (found && !keep_target(c->request, head)) {
		respond_status(c, 500);
	} else if (found) {
		c->request->route = found;
		c->request->sink = SINK_ROUTE;
	} else if (known_path) {
		respond_status(c, 405);
	} else if (files_answer(c->net->files, head, &r)) {
		respond(c, &r);
	} else {
		/* Who asks for a WebSocket where there is none has nothing else to ask. */
		if (head->upgrade)
			c->request->keep_alive = false;
		respond_status(c, 404);
	}
}

void routes_finish(connection *c, span body)
{
	request *q = c->request;
	net_request req = {
		.method = q->route->method,
		.path = { q->target, q->path_len },
		.query = span_of(q->target + q->path_len + 1),
		.body = body,
	};
	net_reply reply = { .status = 200, .type = "text/plain; charset=utf-8" };
	q->route->fn(&req, &reply, q->route->wrapped, q->route->user);
	response r = RESPONSE(reply.status);
	r.type = reply.type;
	r.body = bytes_copy(reply.body.at, reply.body.len);
	if (r.body)
		respond(c, &r);
	else
		respond_status(c, 500);
}

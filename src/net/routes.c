/* SPDX-License-Identifier: MIT */
/* routes - what is beside the engine: the application's own WebSockets, its routes, its folders. */
#include "internal.h"
#include <errno.h>
#include <stdlib.h>

int net_route(net *n, const char *method, const char *path, net_route_fn *fn, void (*wrapped)(void),
	void *user)
{
	if (request_for_engine(n, span_of(path)))
		return EINVAL;
	return router_add(&n->router, method, path, fn, wrapped, user);
}

int net_mount(net *n, const char *url, const char *directory)
{
	return files_mount(n->files, url, directory);
}

/* ---- The head ---- */

/* Its texts are gone when the body has come. */
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

static void take(connection *c, const http_head *head, const route *r)
{
	request *q = c->request;
	buf_clear(&q->parameters);
	bool good = route_parameters(r, head->path, &q->parameters);
	if (!good && !q->parameters.failed) {
		respond_status(c, 400);
	} else if (head->content_length > c->net->options.max_payload) {
		counters_strike(&c->net->engine->counters, "max_payload");
		respond_status(c, 413);
	} else if (!good || !keep_target(q, head) || !request_handshake(c, head)) {
		respond_status(c, 500);
	} else {
		q->route = r;
		q->sink = SINK_ROUTE;
	}
}

static bool is_read(const http_head *head)
{
	return head->method == HTTP_GET || head->method == HTTP_HEAD;
}

/* Where a WebSocket is there, or a route under other methods, a file may be there too, to be read.
 */
static bool send_file(connection *c, const http_head *head, bool known_path)
{
	response r = RESPONSE(200);
	if ((known_path && !is_read(head)) || !files_answer(c->net->files, head, &r))
		return false;
	if (known_path && r.status == 404) {
		response_fini(&r);
		return false;
	}
	respond(c, &r);
	return true;
}

static void refuse(connection *c, const http_head *head, span allow)
{
	if (allow.len) {
		respond_status_with(c, 405, SPAN("Allow"), allow);
		return;
	}
	if (endpoint_is_at(c->net, head->path)) {
		respond_status(c, 426);
		return;
	}
	/* Who asks for a WebSocket where there is none has nothing else to ask. */
	if (head->upgrade)
		c->request->keep_alive = false;
	respond_status(c, 404);
}

static void without_route(connection *c, const http_head *head)
{
	buf allow = { 0 };
	router_allow(&c->net->router, head->path, &allow);
	bool known = buf_len(&allow) > 0 || endpoint_is_at(c->net, head->path);
	if (!send_file(c, head, known))
		refuse(c, head, buf_span(&allow));
	buf_free(&allow);
}

void routes_begin(connection *c, const http_head *head)
{
	if (endpoint_begin(c, head))
		return;
	const route *found = router_find(&c->net->router, head->method_text, head->path);
	if (found)
		take(c, head, found);
	else
		without_route(c, head);
}

/* ---- The body ---- */

static void answer(connection *c, const net_reply *reply, response *r)
{
	r->status = reply->status;
	r->type = reply->type;
	r->body = bytes_copy(reply->body.at, reply->body.len);
	if (r->body && r->status >= 200 && r->status <= 999) {
		respond(c, r);
		return;
	}
	response_fini(r);
	respond_status(c, 500);
}

void routes_finish(connection *c, span body)
{
	request *q = c->request;
	response r = RESPONSE(200);
	net_request req = {
		.method = q->head_only ? "HEAD" : q->route->method.at,
		.path = q->target,
		.query = q->target + q->path_len + 1,
		.parameters = (const char *)buf_data(&q->parameters),
		.body = body,
		.handshake = q->handshake,
	};
	net_reply reply = {
		.status = 200, .type = "text/plain; charset=utf-8", .fields = &r.fields
	};
	q->route->fn(&req, &reply, q->route->wrapped, q->route->user);
	answer(c, &reply, &r);
}

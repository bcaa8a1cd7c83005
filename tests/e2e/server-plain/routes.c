/* SPDX-License-Identifier: MIT */
/* routes - routes that show what came to them, and add fields to their answers as they are told. */
#include "plain.h"
#include <stdlib.h>
#include <string.h>

/* The tree as the body of the answer, until the next call; takes it. */
static void answer_json(sio_response *res, cJSON *tree)
{
	static char *text;
	cJSON_free(text);
	text = cJSON_PrintUnformatted(tree);
	cJSON_Delete(tree);
	res->type = "application/json";
	if (text)
		res->body = (sio_bytes){ text, strlen(text) };
}

/* What came, and which route (user) took it. */
static void on_show(const sio_request *req, sio_response *res, void *user)
{
	answer_json(res,
		sio_json("{route: %s, method: %s, path: %s, query: %s, id: %s, other: %s, rest: %s,"
			 " key: %s, agent: %s, address: %s, secure: %hhd, body: %.*s}",
			(const char *)user, req->method, req->path, req->query,
			sio_param(req, "id"), sio_param(req, "other"), sio_param(req, "*"),
			sio_request_query(req, "key"), sio_request_header(req, "USER-agent"),
			sio_request_address(req), sio_handshake_secure(req->handshake),
			(int)req->body.len, (const char *)req->body.data));
}

/* Adds the field that the query names, with its value, as often as it says. */
static void on_field(const sio_request *req, sio_response *res, void *user)
{
	const char *times = sio_request_query(req, "times");
	sio_err err = SIO_OK;
	(void)user;
	for (int i = times ? atoi(times) : 1; i > 0 && !err; i--)
		err = sio_set_header(res->headers, sio_request_query(req, "name"),
			sio_request_query(req, "value"));
	answer_json(res, sio_json("{error: %s}", err ? sio_strerror(err) : NULL));
}

static void on_status(const sio_request *req, sio_response *res, void *user)
{
	(void)user;
	res->status = atoi(sio_param(req, "id"));
	res->type = NULL;
	res->body = (sio_bytes){ "body", 4 };
}

/* What becomes of a route that is asked for. */
static void on_add(const sio_request *req, sio_response *res, void *user)
{
	const char *path = sio_request_query(req, "path");
	sio_err err = sio_http(user, sio_request_query(req, "method"), path, on_show, "added");
	answer_json(res, sio_json("{error: %s}", err ? sio_strerror(err) : NULL));
}

void set_up_routes(sio_server *io)
{
	static const struct {
		const char *method, *path;
		sio_http_fn *fn;
	} routes[] = {
		{ "GET", "/users/:id", on_show },
		{ "GET", "/users/me", on_show },
		{ "DELETE", "/users/:id", on_show },
		{ "POST", "/users/me", on_show },
		{ "GET", "/users/:id/friends/:other", on_show },
		{ "GET", "/users/:id/*", on_show },
		{ "POST", "/upload", on_show },
		{ "PUT", "/index.html", on_show },
		{ "GET", "/field", on_field },
		{ "GET", "/status/:id", on_status },
		{ "GET", "/add", on_add },
	};
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		sio_http(io, routes[i].method, routes[i].path, routes[i].fn,
			routes[i].fn == on_add ? (void *)io : (void *)(uintptr_t)routes[i].path);
}

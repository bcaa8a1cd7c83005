/* SPDX-License-Identifier: MIT */
/* server_http - plain HTTP beside the sockets. */
#include "server.h"
#include "wire/http.h"
#include <string.h>

/* ---- Fields of an answer ---- */

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasecmp(name, names[i]))
			return true;
	return false;
}

/* What the server writes itself, and must not be there twice. */
static bool is_ours(const sio_headers *headers, const char *name)
{
	static const char *const always[] = { "Connection", "Content-Length", "Content-Type",
		"Date", "Keep-Alive", "Trailer", "Transfer-Encoding", "Upgrade" };
	static const char *const websocket = "Sec-WebSocket-";
	if (!headers->own_body && !strcasecmp(name, "Content-Encoding"))
		return true;
	return is_one_of(name, always, sizeof always / sizeof *always) ||
	       !strncasecmp(name, websocket, strlen(websocket));
}

sio_err sio_set_header(sio_headers *headers, const char *name, const char *value)
{
	if (!name || !value || is_ours(headers, name) ||
		!http_field_ok(span_of(name), span_of(value)))
		return SIO_EINVAL;
	http_write_field(headers->fields, span_of(name), span_of(value));
	return headers->fields->failed ? SIO_ENOMEM : SIO_OK;
}

/* ---- Requests ---- */

const char *sio_param(const sio_request *req, const char *name)
{
	return net_parameter(req->params, name);
}

const char *sio_request_query(const sio_request *req, const char *key)
{
	return sio_handshake_query(req->handshake, key);
}

const char *sio_request_header(const sio_request *req, const char *name)
{
	return sio_handshake_header(req->handshake, name);
}

const char *sio_request_address(const sio_request *req)
{
	return sio_handshake_address(req->handshake);
}

/* ---- Routes ---- */

static void call_http(const net_request *req, net_reply *reply, void (*wrapped)(void), void *user)
{
	sio_headers headers = { .fields = reply->fields, .own_body = true };
	sio_request q = {
		.method = req->method,
		.path = req->path,
		.query = req->query,
		.body = { req->body.at, req->body.len },
		.handshake = (const sio_handshake *)req->handshake,
		.params = req->parameters,
	};
	sio_response r = { .status = reply->status, .type = reply->type, .headers = &headers };
	((sio_http_fn *)wrapped)(&q, &r, user);
	reply->status = r.status;
	reply->type = r.type;
	reply->body = (span){ r.body.data, r.body.len };
}

sio_err sio_http(sio_server *s, const char *method, const char *path, sio_http_fn *fn, void *user)
{
	if (!method || !path || !fn)
		return SIO_EINVAL;
	if (!s->net)
		return SIO_EGONE;
	return server_error(net_route(s->net, method, path, call_http, (void (*)(void))fn, user));
}

sio_err sio_static(sio_server *s, const char *url, const char *directory)
{
	if (!url || *url != '/' || !directory)
		return SIO_EINVAL;
	return s->net ? server_error(net_mount(s->net, url, directory)) : SIO_EGONE;
}

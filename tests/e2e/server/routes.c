/* SPDX-License-Identifier: MIT */
/* routes - plain HTTP beside the sockets: what came is shown, what is asked for is answered, and
 * folders are mounted while the server runs. */
#include "apps.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_MAX = 4096 };

static sio_bytes bytes_of(const char *text)
{
	return (sio_bytes){ text, strlen(text) };
}

/* The body as C text, until the next call; what is too long is cut. */
static const char *text_of(sio_bytes body)
{
	static char text[TEXT_MAX];
	size_t len = body.len < sizeof text ? body.len : sizeof text - 1;
	if (len)
		memcpy(text, body.data, len);
	text[len] = '\0';
	return text;
}

static void on_hello(const sio_request *req, sio_response *res, void *user)
{
	(void)req;
	(void)user;
	res->body = bytes_of("hello");
}

static void on_echo(const sio_request *req, sio_response *res, void *user)
{
	(void)user;
	res->body = req->body;
}

/* The query as it came. */
static void on_query(const sio_request *req, sio_response *res, void *user)
{
	(void)user;
	res->body = bytes_of(req->query);
}

/* With the status that the query names, and the body as Content-Type. */
static void on_answer(const sio_request *req, sio_response *res, void *user)
{
	(void)user;
	if (*req->query)
		res->status = atoi(req->query);
	if (req->body.len)
		res->type = text_of(req->body);
}

/* The body is a prefix, a NUL and a folder; the answer says what became of it. */
static void on_mount(const sio_request *req, sio_response *res, void *user)
{
	const char *prefix = text_of(req->body);
	size_t len = strlen(prefix) + 1;
	const char *folder = len < TEXT_MAX ? prefix + len : "";
	res->body = bytes_of(sio_strerror(sio_static(user, prefix, folder)));
}

/* What the locale makes of a number and of a day: "1.5 Thu" in that of C. */
static void on_locale(const sio_request *req, sio_response *res, void *user)
{
	static char text[64];
	time_t start = 0;
	(void)req;
	(void)user;
	int len = snprintf(text, sizeof text, "%.1f ", 1.5);
	strftime(text + len, sizeof text - (size_t)len, "%a", gmtime(&start));
	res->body = bytes_of(text);
}

static void on_cwd(const sio_request *req, sio_response *res, void *user)
{
	(void)user;
	if (chdir(text_of(req->body)))
		res->status = 500;
}

/* What the server has counted. */
static void on_stats(const sio_request *req, sio_response *res, void *user)
{
	static char text[4096];
	const sio_counters c = sio_stats(user);
	size_t len = 0;
	(void)req;
#define SAY(name)                                                                                  \
	len += (size_t)snprintf(text + len, sizeof text - len, "%c\"" #name "\":%llu",             \
		len ? ',' : '{', (unsigned long long)c.name);
#define STRUCK(name) SAY(struck.name)
	SAY(sessions)
	SAY(connections)
	SAY(held)
	SAY(opened)
	SAY(upgraded)
	SAY(closed)
	SAY(accepted)
	SAY(packets_in)
	SAY(packets_out)
	SAY(bytes_in)
	SAY(bytes_out)
	SAY(refused[0])
	SAY(refused[1])
	SAY(refused[2])
	SAY(refused[3])
	SAY(refused[4])
	SAY(refused[5])
	SAY(bad_requests)
	SAY(bad_frames)
	SAY(bad_packets)
	STRUCK(max_payload)
	STRUCK(max_queue)
	STRUCK(high_water)
	STRUCK(max_held)
	STRUCK(max_memory)
	STRUCK(max_attachments)
	STRUCK(max_depth)
	STRUCK(max_unanswered)
	STRUCK(max_pending)
	STRUCK(max_sockets)
	STRUCK(max_namespace)
	STRUCK(max_namespaces)
	STRUCK(connect_timeout_ms)
	STRUCK(recovery_bytes)
	STRUCK(recovery_sockets)
	STRUCK(max_connections)
	STRUCK(max_connections_per_address)
	STRUCK(max_sessions)
	STRUCK(max_sessions_per_address)
	STRUCK(max_handshakes_per_second)
	STRUCK(max_events_per_second)
	STRUCK(max_bytes_per_second)
	snprintf(text + len, sizeof text - len, "}");
	res->body = bytes_of(text);
}

void set_up_routes(sio_server *io)
{
	static const struct {
		const char *method, *path;
		sio_http_fn *fn;
	} routes[] = {
		{ "GET", "/hello", on_hello },
		{ "POST", "/echo", on_echo },
		{ "GET", "/query", on_query },
		{ "GET", "/the%20query", on_query },
		{ "POST", "/answer", on_answer },
		{ "POST", "/mount", on_mount },
		{ "POST", "/cwd", on_cwd },
		{ "GET", "/locale", on_locale },
		{ "GET", "/stats", on_stats },
	};
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		sio_http(io, routes[i].method, routes[i].path, routes[i].fn, io);
}

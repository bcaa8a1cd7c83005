/* SPDX-License-Identifier: MIT */
/*
 * endings - a server that its clients bring to an end.
 *
 * shutdown(per_second, deadline, then): done is reported, and then the loop is stopped or, with
 * "close", the server closed.  close(): sio_close() from a handler.  Disconnect handlers report;
 * with CLOSE_AGAIN=1 they close the server, too.  nested(): what a handler is told that turns the
 * loop which calls it.  With LATE=1 a disconnect handler posts a function, which asks all of
 * nobody: the answer comes when there is no network any more, and tries everything.
 */
#include "apps.h"
#include <stdlib.h>
#include <string.h>

static sio_server *server;
static unsigned clients;

static unsigned number_at(const sio_event *ev, int n)
{
	const cJSON *item = cJSON_GetArrayItem(ev->args, n);
	return cJSON_IsNumber(item) ? (unsigned)item->valuedouble : 0;
}

static void on_done(sio_server *s, void *user)
{
	report("done", sio_json("{clients: %u}", clients));
	if (user)
		sio_close(s);
	else
		sio_stop(s);
}

static void on_shutdown(sio_socket *k, const sio_event *ev, void *user)
{
	const char *then = cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, 2));
	sio_farewell how = { .per_second = number_at(ev, 0),
		.deadline_ms = number_at(ev, 1),
		.done = on_done,
		.user = then && !strcmp(then, "close") ? server : NULL };
	(void)k;
	(void)user;
	sio_err err = sio_shutdown(server, ev->args->child ? &how : NULL);
	report("shutdown", sio_json("{error: %s, again: %s}", err ? sio_strerror(err) : NULL,
				   sio_strerror(sio_shutdown(server, NULL))));
}

/* flood(n): n events, and then the end of the server. */
static void on_flood(sio_socket *k, const sio_event *ev, void *user)
{
	static char text[1000];
	(void)user;
	memset(text, 'x', sizeof text - 1);
	for (unsigned i = 0; i < number_at(ev, 0); i++)
		sio_emit(k, "flood", sio_json("[%u, %s]", i, text));
	sio_shutdown(server, &(sio_farewell){ .done = on_done });
}

static void on_close(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_emit(k, "last", sio_json("[]"));
	sio_close(server);
	report("closing", sio_json("{clients: %u, connected: %hhd}", clients, sio_connected(k)));
	sio_reply(ev->ack, sio_json("[]"));
}

/* Each of them says that the loop is running, or is not any more. */
static cJSON *turn_the_loop(void)
{
	sio_err run = sio_run(server), service = sio_service(server);
	return sio_json("{run: %s, service: %s}", sio_strerror(run), sio_strerror(service));
}

static void on_nested(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	sio_reply(ev->ack, sio_json("[%p]", (void *)turn_the_loop()));
}

static void on_posted(void *user)
{
	report("posted", turn_the_loop());
	(void)user;
}

static void on_last_words(sio_err err, const cJSON *args, void *user)
{
	(void)args;
	(void)user;
	sio_stop(server);
	sio_close(server);
	report("last", sio_json("{error: %s, loop: %p, shutdown: %s, post: %s}", sio_strerror(err),
			       (void *)turn_the_loop(), sio_strerror(sio_shutdown(server, NULL)),
			       sio_strerror(sio_post(server, on_posted, NULL))));
}

static void on_late(void *user)
{
	(void)user;
	report("late", turn_the_loop());
	sio_broadcast(sio_of(server, "/"), &(sio_delivery){ .on_ack = on_last_words }, "a",
		sio_json("[]"));
}

static void on_connect(sio_socket *k, void *user)
{
	(void)k;
	(void)user;
	clients++;
}

static void on_left(sio_socket *k, const char *reason, void *user)
{
	(void)user;
	clients--;
	report("left", sio_json("{id: %s, reason: %s}", sio_id(k), reason));
	if (getenv("LATE"))
		sio_post(server, on_late, NULL);
	if (!getenv("CLOSE_AGAIN"))
		return;
	sio_shutdown(server, NULL);
	sio_stop(server);
	sio_close(server);
}

void set_up_endings(sio_server *io)
{
	sio_ns *root = sio_of(io, "/");
	server = io;
	sio_on_connect(root, on_connect, NULL);
	sio_on_disconnect(root, on_left, NULL);
	sio_on(root, "shutdown", on_shutdown, NULL);
	sio_on(root, "flood", on_flood, NULL);
	sio_on(root, "close", on_close, NULL);
	sio_on(root, "nested", on_nested, NULL);
}

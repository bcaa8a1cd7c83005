/* SPDX-License-Identifier: MIT */
/*
 * endings - a server that its clients bring to an end.
 *
 * shutdown(per_second, deadline, then): done is reported, and then the loop is stopped or, with
 * "close", the server closed.  close(): sio_close() from a handler.  Disconnect handlers report;
 * with CLOSE_AGAIN=1 they close the server, too.
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
}

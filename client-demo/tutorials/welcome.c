/* SPDX-License-Identifier: MIT */
/*
 * welcome - events both ways: to one client, to all but the sender, to everyone.
 *
 *     make tutorial NAME=welcome
 */
#include "tutorial.h"

/* io.on("connection", (socket) => { ... }) */
static void on_connect(sio_socket *k, void *user)
{
	const sio_delivery others = { .except = SIO_ROOMS(sio_id(k)) };
	(void)user;
	/* socket.emit("welcome", "Welcome, " + socket.id) */
	sio_emit(k, "welcome", sio_json("['Welcome, %s']", sio_id(k)));
	/* socket.broadcast.emit("news", socket.id + " has come") */
	sio_broadcast(sio_namespace(k), &others, "news", sio_json("['%s has come']", sio_id(k)));
}

/* socket.on("disconnect", () => { ... }) */
static void on_disconnect(sio_socket *k, const char *reason, void *user)
{
	(void)user;
	sio_broadcast(
		sio_namespace(k), NULL, "news", sio_json("['%s has left: %s']", sio_id(k), reason));
}

/* socket.on("form", (text) => io.emit("said", socket.id, text)) */
static void on_form(sio_socket *k, const sio_event *ev, void *user)
{
	const char *text = cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, 0));
	(void)user;
	if (text && *text)
		sio_broadcast(
			sio_namespace(k), NULL, "said", sio_json("[%s, %s]", sio_id(k), text));
}

static sio_err set_up(sio_server *io, chat_options *o)
{
	(void)o;
	sio_ns *ns = sio_of(io, "/");
	sio_on_connect(ns, on_connect, NULL);
	sio_on_disconnect(ns, on_disconnect, NULL);
	return sio_on(ns, "form", on_form, NULL);
}

int main(int argc, char **argv)
{
	return tutorial(argc, argv, (sio_options){ 0 }, set_up);
}

/* SPDX-License-Identifier: MIT */
/*
 * hello - a page of another origin: it stands on the next port, loads the client from this server
 * and talks to it, which CORS allows it.
 *
 *     make tutorial NAME=hello
 *
 * Then open the second address that is printed.
 */
#include "tutorial.h"

/* socket.on("hello", (name, callback) => callback("world, " + name)) */
static void on_hello(sio_socket *k, const sio_event *ev, void *user)
{
	const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, 0));
	(void)k, (void)user;
	sio_reply(ev->ack, sio_json("['world, %s']", name ? name : "whoever you are"));
}

/* The page's own origin: the same host, one port up. */
static char origin[160];

static sio_err set_up(sio_server *io, chat_options *o)
{
	sio_err err = sio_on(sio_of(io, "/"), "hello", on_hello, NULL);
	if (!err)
		err = sio_listen_on(io, strstr(origin, "//") + 2);
	if (!err)
		printf("hello: the page is at %s/\n", origin);
	(void)o;
	return err;
}

int main(int argc, char **argv)
{
	chat_options o;
	if (!read_options(argc, argv, &o))
		return 2;
	write_address(&o, o.port + 1u);
	snprintf(origin, sizeof origin, "http://%s", o.address);
	/* new Server(3000, { cors: { origin: "http://localhost:3001" } }) */
	return tutorial(argc, argv, (sio_options){ .cors_origin = origin }, set_up);
}

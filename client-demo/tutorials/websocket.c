/* SPDX-License-Identifier: MIT */
/*
 * websocket - the browser's own WebSocket beside Socket.IO: an echo and a small chat, on paths of
 * their own.
 *
 *     make tutorial NAME=websocket
 */
#include "tutorial.h"

/* ws.on("message", (data, isBinary) => ws.send(data, { binary: isBinary })) */
static void on_echo(sio_ws *ws, sio_bytes data, bool binary, void *user)
{
	(void)user;
	sio_ws_send(ws, data.data, data.len, binary);
}

static void say(sio_server *io, const char *text)
{
	/* wss.clients.forEach((client) => client.send(text)) */
	sio_ws_broadcast(io, "/chat", NULL, text, strlen(text), false);
}

static void on_opened(sio_ws *ws, void *user)
{
	(void)ws;
	puts("somebody has connected");
	fflush(stdout);
	say(user, "somebody has come");
}

static void on_message(sio_ws *ws, sio_bytes data, bool binary, void *user)
{
	(void)ws, (void)binary;
	sio_ws_broadcast(user, "/chat", NULL, data.data, data.len, false);
}

static void on_closed(sio_ws *ws, unsigned code, const char *reason, void *user)
{
	(void)ws, (void)reason;
	printf("somebody has left: %u\n", code);
	fflush(stdout);
	say(user, "somebody has left");
}

static sio_err set_up(sio_server *io, chat_options *o)
{
	const sio_ws_hooks echo = { .message = on_echo };
	const sio_ws_hooks chat = {
		.opened = on_opened, .message = on_message, .closed = on_closed, .user = io
	};
	(void)o;
	sio_err err = sio_websocket(io, "/echo", &echo);
	return err ? err : sio_websocket(io, "/chat", &chat);
}

int main(int argc, char **argv)
{
	return tutorial(argc, argv, (sio_options){ 0 }, set_up);
}

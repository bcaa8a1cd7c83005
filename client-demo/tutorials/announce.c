/* SPDX-License-Identifier: MIT */
/*
 * announce - an HTTP request that reaches every client, one of Socket.IO 1.4.8 as well as the
 * newest:
 *
 *     make tutorial NAME=announce
 *     curl http://127.0.0.1:3000/broadcast/tea%20is%20ready
 */
#include "tutorial.h"

/* app.get("/broadcast/:message", (req, res) => { io.emit("message", req.params.message);
 * res.send(...) }) */
static void on_broadcast(const sio_request *req, sio_response *res, void *user)
{
	const char *message = sio_param(req, "message");
	sio_err err = sio_broadcast(sio_of(user, "/"), NULL, "message", sio_json("[%s]", message));
	const char *answer = err ? sio_strerror(err) : "sent";
	res->status = err ? 500 : 200;
	res->body = (sio_bytes){ answer, strlen(answer) };
}

static sio_err set_up(sio_server *io, chat_options *o)
{
	(void)o;
	return sio_http(io, "GET", "/broadcast/:message", on_broadcast, io);
}

int main(int argc, char **argv)
{
	/* const io = new Server(http, { allowEIO3: true }) */
	return tutorial(argc, argv, (sio_options){ .allow_eio3 = true }, set_up);
}

/* SPDX-License-Identifier: MIT */
/* server_websocket - WebSockets beside Socket.IO. */
#include "base/text.h"
#include "server.h"
#include "wire/websocket.h"
#include <stdlib.h>
#include <string.h>

static sio_ws *shown(net_ws *w)
{
	return (sio_ws *)w;
}

static net_ws *ws_in(const sio_ws *ws)
{
	return (net_ws *)(uintptr_t)ws;
}

/* ---- What the network tells ---- */

static void on_opened(net_ws *w, void *user)
{
	const sio_ws_hooks *hooks = user;
	if (hooks->opened)
		hooks->opened(shown(w), hooks->user);
}

static void on_message(net_ws *w, span data, bool binary, void *user)
{
	const sio_ws_hooks *hooks = user;
	if (hooks->message)
		hooks->message(shown(w), (sio_bytes){ data.at, data.len }, binary, hooks->user);
}

static void on_closed(net_ws *w, unsigned code, const char *reason, void *user)
{
	const sio_ws_hooks *hooks = user;
	if (hooks->closed)
		hooks->closed(shown(w), code, reason, hooks->user);
}

sio_err sio_websocket(sio_server *s, const char *path, const sio_ws_hooks *hooks)
{
	static const net_ws_events events = {
		.opened = on_opened, .message = on_message, .closed = on_closed
	};
	if (!path || !hooks)
		return SIO_EINVAL;
	if (!s->net)
		return SIO_EGONE;
	sio_ws_hooks *copy = malloc(sizeof *copy);
	if (!copy)
		return SIO_ENOMEM;
	*copy = *hooks;
	int error = net_websocket(s->net, path, &events, copy);
	if (error)
		free(copy);
	return server_error(error);
}

/* ---- Messages ---- */

/* NULL with *err set. */
static bytes *message_of(const void *data, size_t len, bool binary, sio_err *err)
{
	*err = SIO_EINVAL;
	if ((len && !data) || (!binary && !utf8_valid(data, len)))
		return NULL;
	bytes *b = bytes_copy(data, len);
	*err = b ? SIO_OK : SIO_ENOMEM;
	if (b)
		b->binary = binary;
	return b;
}

sio_err sio_ws_send(sio_ws *ws, const void *data, size_t len, bool binary)
{
	sio_err err;
	bytes *b = message_of(data, len, binary, &err);
	return b ? server_error(net_ws_send(ws_in(ws), b)) : err;
}

sio_err sio_ws_broadcast(sio_server *s, const char *path, const sio_ws *except, const void *data,
	size_t len, bool binary)
{
	sio_err err;
	if (!path)
		return SIO_EINVAL;
	if (!s->net)
		return SIO_EGONE;
	bytes *b = message_of(data, len, binary, &err);
	if (b)
		net_ws_broadcast(s->net, path, ws_in(except), b);
	return err;
}

sio_err sio_ws_close(sio_ws *ws, unsigned code, const char *reason)
{
	if ((code && !ws_close_code_valid(code)) || (reason && !utf8_valid(reason, strlen(reason))))
		return SIO_EINVAL;
	return server_error(net_ws_close(ws_in(ws), code, reason));
}

/* ---- Looking at them ---- */

typedef struct visit {
	sio_ws_fn *fn;
	void *user;
} visit;

static void call(net_ws *w, void *user)
{
	const visit *v = user;
	v->fn(shown(w), v->user);
}

size_t sio_ws_each(sio_server *s, const char *path, sio_ws_fn *fn, void *user)
{
	return path && fn && s->net ? net_ws_each(s->net, path, call, &(visit){ fn, user }) : 0;
}

const sio_handshake *sio_ws_handshake(const sio_ws *ws)
{
	return (const sio_handshake *)net_ws_handshake(ws_in(ws));
}

size_t sio_ws_backlog(const sio_ws *ws)
{
	return net_ws_backlog(ws_in(ws));
}

void sio_ws_set_data(sio_ws *ws, void *data, void (*free_fn)(void *))
{
	net_ws_set_data(ws_in(ws), data, free_fn);
}

void *sio_ws_data(const sio_ws *ws)
{
	return net_ws_data(ws_in(ws));
}

/* SPDX-License-Identifier: MIT */
/* websocket - a WebSocket connection as the transport of a session. */
#ifndef NET_WEBSOCKET_H
#define NET_WEBSOCKET_H

#include "../engine/session.h"
#include "../wire/websocket.h"

struct connection;

typedef struct websocket {
	transport base;
	session *session; /* NULL: it has ended, or never began */
	struct connection *connection;
	ws_decoder decoder;
	bool said_close;
} websocket;

#endif

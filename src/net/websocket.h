/* SPDX-License-Identifier: MIT */
/* websocket - a WebSocket connection as the transport of a session. */
#ifndef NET_WEBSOCKET_H
#define NET_WEBSOCKET_H

#include "../engine/session.h"
#include "../wire/deflate.h"
#include "../wire/websocket.h"

struct connection;

typedef struct websocket {
	transport base;
	session *session; /* NULL: it has ended, or never began */
	struct connection *connection;
	ws_decoder decoder;
	pmd pmd;           /* all zero: messages are not compressed */
	size_t compressed; /* bytes of messages among the connection's output; 0: none were yet */
	bool said_close;
	bool hushed; /* what the session has queued waits a moment */
} websocket;

struct net;

/* ---- compressed.c: permessage-deflate on a connection (protocol-notes/deflate.md) ---- */

/* Agrees with the peer if both want; writes the field of the answer to out. */
void compressed_begin(struct websocket *w, const http_head *head, buf *out);
/* Puts the content of a compressed message into out.  Returns the code to close with; 0: it is
 * good. */
unsigned compressed_read(struct websocket *w, const ws_event *ev, buf *out);
/* Moves what the session has queued to the connection's output, compressed where that is worth it.
 */
void compressed_write(struct websocket *w);

#endif

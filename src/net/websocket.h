/* SPDX-License-Identifier: MIT */
/*
 * websocket - one WebSocket connection, whomever it is for: a session of the engine
 * (websocket_session.c) or the application itself (websocket_plain.c).
 *
 * Frames and their order, compression and the closing handshake are here; what to send and what to
 * do with what comes is the owner's.
 */
#ifndef NET_WEBSOCKET_H
#define NET_WEBSOCKET_H

#include "../base/timer.h"
#include "../engine/session.h"
#include "../wire/deflate.h"
#include "../wire/websocket.h"

struct connection;
typedef struct websocket websocket;

/* Output is pulled, as a transport's is (engine/transport.h). */
typedef struct websocket_owner {
	bool greets; /* the first block is a greeting, which is not worth compressing */
	/* A whole message; data may be modified. */
	void (*message)(websocket *w, unsigned char *data, size_t len, bool binary);
	void (*pong)(websocket *w); /* NULL: is of no interest */
	/* The i-th block that waits, borrowed; NULL: there are fewer. */
	bytes *(*peek)(const websocket *w, size_t i);
	/* The first one was taken over. */
	void (*pop)(websocket *w);
	/* Bytes that wait, with what it takes to keep them. */
	size_t (*waiting)(const websocket *w);
	/* So many bytes of a message that is not whole are kept; NULL: they and those that wait are
	 * nobody else's to count. */
	void (*keeps)(websocket *w, size_t size);
	/* Nothing comes any more: the peer has said goodbye, with that reason, or broke the rules,
	 * or the connection is lost.  Of how, reason, limit, code and error count.  Told once, also
	 * of one whose beginning failed. */
	void (*ended)(websocket *w, const ending *how, span said);
	/* Its memory is about to go. */
	void (*fini)(websocket *w);
} websocket_owner;

/* The owner's struct begins with it. */
struct websocket {
	const websocket_owner *owner;
	struct connection *connection;
	ws_decoder decoder;
	pmd pmd;           /* all zero: messages are not compressed */
	size_t compressed; /* bytes of messages among the connection's output; 0: none were yet */
	uint64_t heard;    /* reads in which something came */
	bool ended;        /* the owner was told */
	bool said_close;
	bool hushed;  /* what waits waits a moment longer */
	uint8_t held; /* HELD_*: why what comes is set aside */
	timer again;  /* the end of HELD_TURN */
};

/* ---- websocket.c ---- */

/* Answers the handshake: with a 101, and the connection is a WebSocket with an owner's struct of
 * that size, all zero behind the websocket; or with a refusal, NULL. */
websocket *websocket_accept(
	struct connection *c, const http_head *head, const websocket_owner *owner, size_t size);
/* There is something to be sent. */
void websocket_wake(websocket *w);
/* A frame that goes ahead of what waits. */
void websocket_add_frame(websocket *w, ws_opcode opcode, const void *data, size_t len);
/* One close frame, whoever begins, ahead of what waits; what the peer sends after it is let go. */
void websocket_close(websocket *w, unsigned code, const char *reason);
/* What waits goes out before what ends the WebSocket.  Of a peer that takes nothing it is not made
 * more. */
void websocket_take_queue(websocket *w);
/* What the peer sends is set aside, and not read any more; or it goes on. */
void websocket_hold(websocket *w, bool held);
/* What waits does so for a moment. */
void websocket_hush(websocket *w);

/* ---- compressed.c: permessage-deflate on a connection (protocol-notes/deflate.md) ---- */

/* Agrees with the peer if both want; writes the field of the answer to out. */
void compressed_begin(websocket *w, const http_head *head, buf *out);
/* Puts the content of a compressed message into out.  Returns the code to close with; 0: it is
 * good. */
unsigned compressed_read(websocket *w, const ws_event *ev, buf *out);
/* Moves what waits to the connection's output, compressed where that is worth it. */
void compressed_write(websocket *w);

#endif

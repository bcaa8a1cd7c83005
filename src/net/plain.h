/* SPDX-License-Identifier: MIT */
/* plain - WebSockets that are the application's own, on paths of their own: what the two files that
 * know their insides share. */
#ifndef NET_PLAIN_H
#define NET_PLAIN_H

#include "../engine/queue.h"
#include "internal.h"

/*
 * A path.  A WebSocket stays among its members until the application is told of its end, and that
 * is never while the application runs; so they can be walked whatever is done to them.
 */
struct endpoint {
	list in_net;
	list members;
	net_ws_events events;
	void *user;
	char path[];
};

typedef enum plain_state {
	PLAIN_NEW, /* not wholly begun */
	PLAIN_OPEN,
	PLAIN_CLOSING, /* what waits goes out, then the close frame */
	PLAIN_ENDED    /* the application is to be told, or was */
} plain_state;

struct net_ws {
	websocket base; /* the first member */
	endpoint *endpoint;
	list in_endpoint;
	list in_net; /* among the departed */
	handshake *handshake;
	queue out;
	timer heartbeat; /* the next ping, or the last moment for a sign of life */
	uint64_t heard;  /* when the ping was sent */
	bool awaits_pong;
	uint8_t state; /* plain_state */
	uint16_t code; /* of the close frame: ours while closing, in the end the last one's */
	char *reason;  /* in it; NULL: "" */
	void *data;
	void (*free_data)(void *);
};

/* NULL: the request was answered otherwise, or the connection is lost. */
net_ws *plain_open(endpoint *e, connection *c, const http_head *head);

#endif

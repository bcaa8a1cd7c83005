/* SPDX-License-Identifier: MIT */
/*
 * messages - what is said in each kind of work, as bytes that are made once.
 *
 * The load generator and the raw server share it: the one sends `request` and compares what comes
 * with `delivery` and `ack`, byte for byte; the other answers with them.
 */
#ifndef BENCH_MESSAGES_H
#define BENCH_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

typedef enum work {
	WORK_ECHO,      /* each client is sent what it sends */
	WORK_RAW,       /* the same, for a server that need not parse it */
	WORK_ACK,       /* each event is answered */
	WORK_BINARY,    /* an event with an attachment, sent back */
	WORK_BROADCAST, /* one client's event goes to all */
	WORK_RELAY,     /* the same, for a server that need not parse it */
	WORK_CHAT,      /* each client's event goes to the others of its room, and is answered */
	WORK_POLL,      /* an echo by long-polling: a POST and a GET */
	WORK_CONNECT,   /* clients come, enter a namespace and leave */
	WORK_IDLE,      /* clients stay and answer pings */
	WORKS
} work;

/* Whether the answers to a client's own events go to others as well. */
bool work_is_shared(work w);
/* WORKS: there is none of that name. */
work work_named(const char *name);
const char *work_name(work w);

enum { ROOM_SIZE = 20 }; /* of the chat */

typedef struct message {
	unsigned char *bytes;
	size_t len;
} message;

typedef struct messages {
	message request;  /* masked; of WORK_POLL a body */
	message delivery; /* what comes back, and goes to the others */
	message ack;      /* of WORK_CHAT to the sender alone, and of a mark */
} messages;

/* body: how many bytes of text, or of the attachment.  Ends the program when memory runs out. */
messages messages_make(work w, size_t body);

/* A frame behind *to, which grows. */
void message_add_frame(message *to, unsigned opcode, const void *payload, size_t len, bool masked);
/* The same message, which is one frame and not masked, in frames of at most so many bytes each. */
message message_in_fragments(const message *frame, size_t most);
/* As many times that message as make a good send. */
message message_repeat(const message *m);

#endif

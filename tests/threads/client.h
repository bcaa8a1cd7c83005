/* SPDX-License-Identifier: MIT */
/* client - a client of Socket.IO that blocks, for a thread of its own; what it cannot have ends the
 * program. */
#ifndef THREADS_CLIENT_H
#define THREADS_CLIENT_H

#include <stddef.h>
#include <stdint.h>

typedef struct client {
	int fd;
	unsigned char in[65536];
	size_t have; /* bytes in it */
	size_t used; /* of them, by the last packet */
} client;

/* Prints why, and ends the program with 1. */
_Noreturn void give_up(const char *why);

/* Connects by WebSocket, and to the main namespace. */
void client_open(client *c, uint16_t port);
/* Sends a packet, at most 125 bytes. */
void client_send(client *c, const char *packet);
/* The next packet that is no ping, without a NUL behind it, until the next call. */
const char *client_next(client *c, size_t *len);
void client_close(client *c);

#endif

/* SPDX-License-Identifier: MIT */
/* pump - sends the same message again and again over one connection that may be full. */
#ifndef BENCH_PUMP_H
#define BENCH_PUMP_H

#include "messages.h"
#include <openssl/ssl.h>

typedef struct pump {
	size_t at;   /* how much of a message has been sent */
	size_t todo; /* bytes that are to be sent */
} pump;

/* Sends what it can of what is to be sent, `many` being the message repeated.  false: the
 * connection is broken. */
bool pump_send(pump *p, int fd, SSL *ssl, const message *one, const message *many);
/* One read; 0: nothing is there, -1: the connection is at its end or broken. */
long pump_read(int fd, SSL *ssl, void *to, size_t len);

#endif

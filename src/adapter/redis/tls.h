/* SPDX-License-Identifier: MIT */
/* tls - TLS on bytes, for a client: what comes goes in, what is to be sent comes out. */
#ifndef REDIS_TLS_H
#define REDIS_TLS_H

#include "../../base/buf.h"
#include "target.h"

typedef struct tls tls;

/* NULL: *why says what is missing; a text that lasts. */
tls *tls_new(const redis_target *t, const char **why);
void tls_free(tls *t);

/* What has come from the other end; then tls_read() until it gives 0.  false: out of memory. */
bool tls_receive(tls *t, const void *data, size_t len);
/* How many bytes were read; 0: more must come; -1: it is over, tls_error() says why. */
int tls_read(tls *t, void *out, size_t len);
/* Only when tls_ready(). */
bool tls_write(tls *t, const void *data, size_t len);
bool tls_ready(const tls *t);
/* Moves to out what is to be sent. */
void tls_output(tls *t, buf *out);
const char *tls_error(const tls *t);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * handshake - what is remembered of the request that opened a session: address, URL, query,
 * headers.
 *
 * One block of memory for each client, with NUL-terminated texts, so that the application gets
 * plain C strings.
 */
#ifndef ENGINE_HANDSHAKE_H
#define ENGINE_HANDSHAKE_H

#include "../base/buf.h"
#include "../base/span.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct handshake {
	int64_t issued_ms; /* since 1970 */
	bool secure;       /* over TLS */
	uint8_t network_len;
	char network[8]; /* whom to count the client with: an IPv4 address, or 64 bits of an IPv6
			    one; nobody, where there is no address */
	uint32_t query_at, headers_at, end;
	char text[]; /* address, url, then key and value of the query, then name and value of the
			headers */
} handshake;

/* Gathers the texts in a scratch buffer, one call after the other, then handshake_finish(). */
void handshake_begin(buf *scratch, span address, span url);
/* The raw query of the URL; keys and values are decoded. */
void handshake_add_query(buf *scratch, span query);
void handshake_add_header(buf *scratch, span name, span value);
static inline span handshake_network(const handshake *h)
{
	return (span){ h->network, h->network_len };
}
/* handshake_mark() between the groups tells where the next one starts. */
static inline uint32_t handshake_mark(const buf *scratch)
{
	return (uint32_t)buf_len(scratch);
}
/* The finished block, to be freed with free(); NULL: out of memory. */
handshake *handshake_finish(const buf *scratch, uint32_t query_at, uint32_t headers_at);

const char *handshake_address(const handshake *h);
const char *handshake_url(const handshake *h);
/* The value; NULL: not there.  Of a key that is there twice the last value counts; names of headers
 * are compared without regard to case. */
const char *handshake_query(const handshake *h, const char *key);
const char *handshake_header(const handshake *h, const char *name);

/* Walks the query (headers: false) or the headers (true): *at is 0 at first; false at the end. */
bool handshake_next(
	const handshake *h, bool headers, size_t *at, const char **name, const char **value);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * buf - a growable byte queue with two cursors and a hard limit.
 *
 * Written at the end, consumed from the start.  A failed write (limit, memory)
 * changes nothing but sets `failed`, and every later write fails too, so a
 * writer may write a whole document and look once at the end.  An all-zero buf
 * is empty and valid, with no limit; it owns no memory until the first write.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "span.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct buf {
	unsigned char *data;
	size_t start, end; /* content is data[start .. end) */
	size_t cap;
	size_t limit; /* the most content it may hold; 0: no limit */
	bool failed;
} buf;

static inline size_t buf_len(const buf *b)
{
	return b->end - b->start;
}

/* NULL while no memory is owned. */
static inline unsigned char *buf_data(const buf *b)
{
	return b->data ? b->data + b->start : NULL;
}

static inline span buf_span(const buf *b)
{
	return (span){ (const char *)buf_data(b), buf_len(b) };
}

/* The same as buf_reserve(), where there is no room yet. */
unsigned char *buf_make_room(buf *b, size_t n);

/* Room for n more bytes at the end, to be written and then claimed with buf_added();
 * NULL: over the limit, out of memory, or failed before. */
static inline unsigned char *buf_reserve(buf *b, size_t n)
{
	bool fits = b->data && n <= b->cap - b->end && !b->failed &&
		    (b->limit == 0 || buf_len(b) + n <= b->limit);
	return fits ? b->data + b->end : buf_make_room(b, n);
}

void buf_added(buf *b, size_t n);

bool buf_add(buf *b, const void *data, size_t len);
bool buf_add_span(buf *b, span s);
bool buf_add_text(buf *b, const char *text); /* NUL-terminated */
static inline bool buf_add_char(buf *b, char c)
{
	unsigned char *to = buf_reserve(b, 1);
	if (!to)
		return false;
	*to = (unsigned char)c;
	b->end++;
	return true;
}
bool buf_add_uint(buf *b, uint64_t n); /* decimal */

/* Drops n bytes from the start; n is at most buf_len(). */
void buf_consume(buf *b, size_t n);
/* Empty, not failed, memory kept. */
void buf_clear(buf *b);
/* Empty, not failed, memory given back; the limit stays. */
void buf_free(buf *b);

#endif

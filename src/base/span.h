/* SPDX-License-Identifier: MIT */
/* span - a borrowed run of bytes: a pointer and a length, never NUL-terminated by promise. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct span {
	const char *at;
	size_t len;
} span;

#define SPAN(literal) ((span){ (literal), sizeof(literal) - 1 })

static inline span span_of(const char *text)
{
	return (span){ text, strlen(text) };
}

/* Equal in length and in every byte; a NUL inside is a byte like any other. */
static inline bool span_is(span a, span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* The same number of bytes; ASCII letters are equal in either case. */
bool span_same_nocase(const char *a, const char *b, size_t len);

/* For HTTP's field names and tokens. */
static inline bool span_is_nocase(span a, span b)
{
	return a.len == b.len && span_same_nocase(a.at, b.at, a.len);
}

#endif

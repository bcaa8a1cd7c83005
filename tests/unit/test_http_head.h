/* SPDX-License-Identifier: MIT */
/* test_http_head - feeds request heads, whole and cut everywhere, to those who judge them. */
#ifndef TESTS_TEST_HTTP_HEAD_H
#define TESTS_TEST_HTTP_HEAD_H

#include "../../src/wire/http.h"
#include "../support/unit.h"
#include <stdio.h>

static http_head head;
/* A block of exactly the input's size, so that the sanitizers see a read past it. */
static char *block;
static size_t block_len;

static inline void hold(span text)
{
	free(block);
	block = malloc(text.len ? text.len : 1);
	block_len = text.len;
	memcpy(block, text.at, text.len);
}

/* The first verdict when the input arrives in these steps: `first` bytes, then `step` at a time. */
static inline long feed(size_t first, size_t step)
{
	size_t scanned = 0;
	long result = 0;
	for (size_t n = first; result == 0; n += step) {
		n = n < block_len ? n : block_len;
		result = http_head_read(&head, (span){ block, n }, &scanned);
		if (n == block_len)
			break;
	}
	return result;
}

/* The verdict of the whole, which every cut must share.  *head is that of the whole afterwards. */
static inline long verdict(span text)
{
	hold(text);
	long whole = feed(block_len, 1);
	ck_assert_int_eq(feed(0, 1), whole);
	for (size_t cut = 0; text.len < 2000 && cut < text.len; cut++)
		ck_assert_int_eq(feed(cut, text.len), whole);
	return feed(block_len, 1);
}

static inline long verdict_of_line(const char *line)
{
	char text[1000];
	snprintf(text, sizeof text, "%s\r\nHost: h\r\n\r\n", line);
	return verdict(span_of(text));
}

static inline long verdict_of_fields(const char *fields)
{
	char text[1100];
	snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s\r\n", fields);
	return verdict(span_of(text));
}

static inline long verdict_with(const char *fields)
{
	char text[1000];
	snprintf(text, sizeof text, "Host: h\r\n%s", fields);
	return verdict_of_fields(text);
}

static inline long verdict_of_old(const char *fields)
{
	char text[1000];
	snprintf(text, sizeof text, "GET / HTTP/1.0\r\n%s\r\n", fields);
	return verdict(span_of(text));
}

#define ASSERT_TEXT(is, text) ck_assert(span_is((is), span_of(text)))
#define ASSERT_READ(result)   ck_assert_int_eq((result), (long)block_len)

#endif

/* SPDX-License-Identifier: MIT */
/* buf - how the queue makes room: it slides its content down when that pays, and grows otherwise.
 */
#include "buf.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST = 64 }; /* the smallest block worth asking for */

static void slide(buf *b)
{
	if (b->start == 0)
		return;
	memmove(b->data, b->data + b->start, buf_len(b));
	b->end -= b->start;
	b->start = 0;
}

/* Each move of len bytes leaves room for at least len / 2 more than was asked for, so a byte is
 * moved a bounded number of times however the queue is used. */
static bool make_room(buf *b, size_t n)
{
	size_t want = buf_len(b) + n + buf_len(b) / 2;
	slide(b);
	if (want < BUF_FIRST)
		want = BUF_FIRST;
	if (want <= b->cap)
		return true;
	unsigned char *data = realloc(b->data, want);
	if (!data)
		return false;
	b->data = data;
	b->cap = want;
	return true;
}

static bool may_hold(const buf *b, size_t n)
{
	size_t most = b->limit > 0 && b->limit < SIZE_MAX / 4 ? b->limit : SIZE_MAX / 4;
	return buf_len(b) <= most && n <= most - buf_len(b);
}

unsigned char *buf_make_room(buf *b, size_t n)
{
	if (b->failed)
		return NULL;
	if (!may_hold(b, n)) {
		b->failed = true;
		return NULL;
	}
	if ((!b->data || n > b->cap - b->end) && !make_room(b, n)) {
		b->failed = true;
		return NULL;
	}
	return b->data + b->end;
}

void buf_added(buf *b, size_t n)
{
	assert(n <= b->cap - b->end);
	b->end += n;
}

bool buf_add(buf *b, const void *data, size_t len)
{
	if (len == 0)
		return !b->failed;
	unsigned char *to = buf_reserve(b, len);
	if (!to)
		return false;
	memcpy(to, data, len);
	b->end += len;
	return true;
}

bool buf_add_span(buf *b, span s)
{
	return buf_add(b, s.at, s.len);
}

bool buf_add_text(buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

bool buf_add_uint(buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return buf_add(b, digits + at, sizeof digits - at);
}

void buf_consume(buf *b, size_t n)
{
	assert(n <= buf_len(b));
	b->start += n;
	if (b->start == b->end)
		b->start = b->end = 0;
}

void buf_clear(buf *b)
{
	b->start = b->end = 0;
	b->failed = false;
}

void buf_free(buf *b)
{
	free(b->data);
	*b = (buf){ .limit = b->limit };
}

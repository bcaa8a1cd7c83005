/* SPDX-License-Identifier: MIT */
/* test_http_body - request bodies: none, by length, chunked; whole and cut everywhere. */
#include "../../src/wire/http.h"
#include "../support/unit.h"
#include <stdio.h>

/* What a body gave: its content, how many bytes it took, and how it stands. */
typedef struct outcome {
	char content[20000];
	size_t len;
	size_t used;
	enum { WAITING, FINISHED, REFUSED } end;
} outcome;

static void collect(http_body *b, span in, outcome *to)
{
	while (in.len > 0 && to->end == WAITING) {
		span piece;
		long used = http_body_read(b, in, &piece);
		ck_assert_int_ne(used, 0);
		if (used < 0) {
			ck_assert_int_eq(used, -400);
			to->end = REFUSED;
			return;
		}
		memcpy(to->content + to->len, piece.at, piece.len);
		to->len += piece.len;
		to->used += (size_t)used;
		in = (span){ in.at + used, in.len - (size_t)used };
		if (http_body_done(b))
			to->end = FINISHED;
	}
}

/* Reads text in blocks of exactly their own size: `first` bytes, then `step` at a time. */
static void read_cut(const http_head *head, span text, size_t first, size_t step, outcome *to)
{
	http_body b;
	http_body_init(&b, head);
	to->len = to->used = 0;
	to->end = http_body_done(&b) ? FINISHED : WAITING;
	for (size_t at = 0, n = first; at < text.len && to->end == WAITING; at += n, n = step) {
		n = n < text.len - at ? n : text.len - at;
		char *block = malloc(n ? n : 1);
		memcpy(block, text.at + at, n);
		collect(&b, (span){ block, n }, to);
		free(block);
	}
}

static void assert_same(const outcome *a, const outcome *b)
{
	ck_assert_int_eq(a->end, b->end);
	ck_assert_uint_eq(a->len, b->len);
	ck_assert(memcmp(a->content, b->content, a->len) == 0);
	ck_assert(a->end == REFUSED || a->used == b->used);
}

static outcome read_body(const http_head *head, span text)
{
	static outcome whole, cut;
	read_cut(head, text, text.len, 1, &whole);
	read_cut(head, text, 1, 1, &cut);
	assert_same(&cut, &whole);
	for (size_t first = 0; text.len < 1000 && first < text.len; first++) {
		read_cut(head, text, first, text.len, &cut);
		assert_same(&cut, &whole);
	}
	return whole;
}

static outcome read_chunked(span text)
{
	static const http_head head = { .chunked = true };
	return read_body(&head, text);
}

#define ASSERT_CONTENT(o, text) ck_assert(span_is((span){ (o).content, (o).len }, span_of(text)))

/* http.md 22: no length, no body. */
START_TEST(a_request_without_a_length_has_no_body)
{
	static const http_head head = { .content_length = 0 };
	outcome o = read_body(&head, SPAN("next"));
	ck_assert_int_eq(o.end, FINISHED);
	ck_assert_uint_eq(o.used, 0);
}
END_TEST

/* http.md 23, 32: a body ends after so many bytes. */
START_TEST(a_length_ends_the_body)
{
	static const http_head head = { .content_length = 5 };
	outcome o = read_body(&head, SPAN("he\0loNEXT"));
	ck_assert_int_eq(o.end, FINISHED);
	ck_assert_uint_eq(o.used, 5);
	ck_assert(memcmp(o.content, "he\0lo", 5) == 0);
	ck_assert_int_eq(read_body(&head, SPAN("hell")).end, WAITING);
}
END_TEST

START_TEST(a_body_that_is_done_takes_nothing_more)
{
	static const http_head head = { .content_length = 1 };
	http_body b;
	span piece;
	http_body_init(&b, &head);
	ck_assert_int_eq(http_body_read(&b, SPAN("ab"), &piece), 1);
	ck_assert_int_eq(http_body_read(&b, SPAN("b"), &piece), 0);
	ck_assert_uint_eq(piece.len, 0);
}
END_TEST

/* http.md 27, 32: chunks are put together. */
START_TEST(chunks_are_put_together)
{
	outcome o = read_chunked(SPAN("5\r\nhello\r\n00a\r\n,\r\nworld!!\r\n0\r\n\r\nNEXT"));
	ck_assert_int_eq(o.end, FINISHED);
	ASSERT_CONTENT(o, "hello,\r\nworld!!");
	ck_assert_uint_eq(o.used, 32);
}
END_TEST

/* http.md 27: digits in either case, in hexadecimal. */
START_TEST(a_chunk_size_is_hexadecimal)
{
	char text[700];
	for (unsigned size = 1; size < 600; size += 13) {
		int at = snprintf(text, sizeof text, size % 2 ? "%x\r\n" : "%X\r\n", size);
		memset(text + at, 'x', size);
		memcpy(text + at + size, "\r\n0\r\n\r\n", 7);
		outcome o = read_chunked((span){ text, (size_t)at + size + 7 });
		ck_assert_int_eq(o.end, FINISHED);
		ck_assert_uint_eq(o.len, size);
	}
}
END_TEST

/* http.md 27: a size that cannot be meant, or counted, is * refused. */
START_TEST(a_chunk_size_is_limited)
{
	ck_assert_int_eq(read_chunked(SPAN("1fffffffffffff\r\na")).end, WAITING);
	ck_assert_int_eq(read_chunked(SPAN("20000000000000\r\na")).end, REFUSED);
	ck_assert_int_eq(read_chunked(SPAN("0000000000000001\r\na")).end, WAITING);
	ck_assert_int_eq(read_chunked(SPAN("00000000000000001\r\na")).end, REFUSED);
	ck_assert_int_eq(read_chunked(SPAN("10000000000000001\r\na")).end, REFUSED);
}
END_TEST

/* http.md 27, 28, 30: nothing but the exact form is * a chunk. */
START_TEST(a_malformed_chunk_is_refused)
{
	static const char *const bodies[] = { "\r\n", ";a\r\n", " 1\r\na", "g\r\n", "-1\r\n",
		"+1\r\na", "0x1\r\na", "1\na\r\n", "1\ra", "1 \r\na", "1\t\r\na", "1 1\r\n",
		"1 a;b\r\n", "1\r\nab", "1\r\na\n", "1\r\na\rb", "1\r\na\r\n\r\n", "1,2\r\n",
		"1;a\nb", "1;\x01", "1;a\rb", "1;\x7f", "0\r\n\n", "0\r\n\rX", "0\n\r\n",
		"1\r\r\na", "0\r\n\r\r\n", "1\r\na\r\n \r\n", "1\r\n\r\n0" };
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		ck_assert_msg(read_chunked(span_of(bodies[i])).end == REFUSED, "%zu", i);
}
END_TEST

/* http.md 32: what was broken once stays * broken. */
START_TEST(a_refused_body_stays_refused)
{
	static const http_head head = { .chunked = true };
	http_body b;
	span piece;
	http_body_init(&b, &head);
	ck_assert_int_eq(http_body_read(&b, SPAN("x"), &piece), -400);
	ck_assert_int_eq(http_body_read(&b, SPAN("0\r\n\r\n"), &piece), -400);
	ck_assert(!http_body_done(&b));
}
END_TEST

/* http.md 28: extensions are read * over. */
START_TEST(chunk_extensions_are_ignored)
{
	outcome o = read_chunked(SPAN("1;a=\"b:\t(c)\xff\";d\r\nx\r\n2 \t;a\r\nyz\r\n0;\r\n\r\n"));
	ck_assert_int_eq(o.end, FINISHED);
	ASSERT_CONTENT(o, "xyz");
}
END_TEST

/* http.md 29: a size line * of so many bytes with an * extension. */
static outcome read_size_line(int len)
{
	char text[400];
	int n = snprintf(text, sizeof text, "1;%0*d\r\nx\r\n0\r\n\r\n", len - 2, 0);
	return read_chunked((span){ text, (size_t)n });
}

/* http.md 29: each line is * limited by itself. */
START_TEST(a_size_line_is_limited)
{
	ck_assert_int_eq(read_size_line(255).end, FINISHED);
	ck_assert_int_eq(read_size_line(256).end, REFUSED);
	char text[800];
	int n = snprintf(text, sizeof text, "1;%0*d\r\nx\r\n0;%0*d\r\n\r\n", 253, 0, 253, 0);
	ck_assert_int_eq(read_chunked((span){ text, (size_t)n }).end, FINISHED);
}
END_TEST

/* http.md 31: * trailers are no * content. */
START_TEST(trailers_are_dropped)
{
	outcome o = read_chunked(SPAN("1\r\nx\r\n0\r\nA: b\r\nExpires;:\r\n\r\n"));
	ck_assert_int_eq(o.end, REFUSED);
	o = read_chunked(SPAN("1\r\nx\r\n0\r\nA: b;:\t\"\xff\r\ne-x:\r\n\r\nNEXT"));
	ck_assert_int_eq(o.end, FINISHED);
	ASSERT_CONTENT(o, "x");
	ck_assert_uint_eq(o.used, 28);
}
END_TEST

/* http.md * 31: * trailers * have the * form of * fields. */
START_TEST(a_malformed_trailer_is_refused)
{
	static const char *const trailers[] = { "A\r\n", ": b\r\n", "A : b\r\n", " A: b\r\n",
		"A: b\n", "A: b\r\r\n", "A: \x01\r\n", "A: b\r\n c\r\n", "A\x80: b\r\n" };
	for (size_t i = 0; i < sizeof trailers / sizeof *trailers; i++) {
		char text[60];
		snprintf(text, sizeof text, "0\r\n%s\r\n", trailers[i]);
		ck_assert_msg(read_chunked(span_of(text)).end == REFUSED, "%zu", i);
	}
}
END_TEST

static outcome read_trailers(int bytes)
{
	char text[5000];
	int n = snprintf(text, sizeof text, "0\r\nA:\r\nB:%0*d\r\n\r\n", bytes - 8, 0);
	return read_chunked((span){ text, (size_t)n });
}

/* http.md * 31: all trailers together are limited. */
START_TEST(trailers_are_limited)
{
	ck_assert_int_eq(read_trailers(4096).end, FINISHED);
	ck_assert_int_eq(read_trailers(4097).end, REFUSED);
}
END_TEST

UNIT_MAIN("http_body", a_request_without_a_length_has_no_body, a_length_ends_the_body,
	a_body_that_is_done_takes_nothing_more, chunks_are_put_together,
	a_chunk_size_is_hexadecimal, a_chunk_size_is_limited, a_malformed_chunk_is_refused,
	a_refused_body_stays_refused, chunk_extensions_are_ignored, a_size_line_is_limited,
	trailers_are_dropped, a_malformed_trailer_is_refused, trailers_are_limited)

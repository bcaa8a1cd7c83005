/* SPDX-License-Identifier: MIT */
/*
 * fuzz_http - requests on one connection, as they come.
 *
 * However the bytes are cut, heads and bodies are the same; what is read can be written and is
 * then read as the same again.
 */
#include "../../src/wire/compress.h"
#include "../../src/wire/http.h"
#include <stdint.h>
#include <stdlib.h>

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

/* The verdict when `step` bytes come at a time, with what was scanned kept between. */
static long read_head(http_head *head, span in, size_t step)
{
	size_t scanned = 0;
	for (size_t n = step; n < in.len; n += step) {
		long result = http_head_read(head, (span){ in.at, n }, &scanned);
		REQUIRE(scanned <= n);
		if (result != 0)
			return result;
	}
	return http_head_read(head, in, &scanned);
}

/* The verdict on a block of exactly these bytes, so that the sanitizers see a read beyond. */
static long read_head_anew(http_head *head, span in)
{
	size_t scanned = 0;
	char *copy = malloc(in.len ? in.len : 1);
	REQUIRE(copy);
	if (in.len > 0)
		memcpy(copy, in.at, in.len);
	long result = http_head_read(head, (span){ copy, in.len }, &scanned);
	free(copy);
	return result;
}

static void require_inside(span part, span whole)
{
	if (part.len == 0)
		return;
	REQUIRE(part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static void require_sound(const http_head *head, span in)
{
	require_inside(head->method_text, in);
	require_inside(head->target, in);
	require_inside(head->query, in);
	REQUIRE(head->method_text.len > 0 && head->target.len > 0 && head->path.len > 0);
	REQUIRE(head->nfields <= HTTP_MAX_FIELDS && head->minor <= 1);
	REQUIRE(head->content_length <= HTTP_MAX_LENGTH);
	REQUIRE(!head->chunked || head->content_length == 0);
	for (size_t i = 0; i < head->nfields; i++) {
		require_inside(head->fields[i].name, in);
		require_inside(head->fields[i].value, in);
	}
}

static void require_same(const http_head *a, const http_head *b)
{
	REQUIRE(span_is(a->method_text, b->method_text) && a->method == b->method);
	REQUIRE(span_is(a->target, b->target) && span_is(a->path, b->path));
	REQUIRE(span_is(a->query, b->query) && a->minor == b->minor);
	REQUIRE(a->keep_alive == b->keep_alive && a->upgrade == b->upgrade);
	REQUIRE(a->expect_continue == b->expect_continue && a->chunked == b->chunked);
	REQUIRE(a->content_length == b->content_length && a->nfields == b->nfields);
	for (size_t i = 0; i < a->nfields; i++) {
		REQUIRE(span_is(a->fields[i].name, b->fields[i].name));
		REQUIRE(span_is(a->fields[i].value, b->fields[i].value));
	}
}

static void print_head(buf *out, const http_head *head)
{
	buf_add_span(out, head->method_text);
	buf_add_char(out, ' ');
	buf_add_span(out, head->target);
	buf_add_text(out, head->minor ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
	for (size_t i = 0; i < head->nfields; i++)
		http_write_field(out, head->fields[i].name, head->fields[i].value);
	http_write_end(out);
	REQUIRE(!out->failed);
}

/* Printing adds a space after a colon that had none, so a head at the limit may have become too
 * long. */
static void require_reprintable(const http_head *head)
{
	buf out = { 0 };
	http_head again;
	size_t scanned = 0;
	print_head(&out, head);
	long result = http_head_read(&again, buf_span(&out), &scanned);
	REQUIRE(result == (long)buf_len(&out) || buf_len(&out) > HTTP_MAX_HEAD);
	if (result > 0)
		require_same(head, &again);
	buf_free(&out);
}

/* The values that are lists, weights and dates, whatever their fields are called. */
static void try_values(const http_head *head)
{
	char date[HTTP_DATE_LEN + 1];
	for (size_t i = 0; i < head->nfields; i++) {
		span value = head->fields[i].value;
		coding c = coding_choose(value);
		REQUIRE(c == CODING_NONE || http_accepts(value, span_of(coding_name(c))) > 0);
		REQUIRE(http_accepts(value, SPAN("gzip")) <= 1000);
		int64_t seconds = http_parse_date(value);
		if (seconds < 0)
			continue;
		REQUIRE(http_format_date(date, seconds));
		REQUIRE(span_is(span_of(date), value));
	}
}

/* How a body ends when `step` bytes come at a time: what it took, or -400; content is appended. */
static long read_body(const http_head *head, span in, size_t step, buf *content)
{
	http_body b;
	http_body_init(&b, head);
	size_t at = 0;
	while (at < in.len && !http_body_done(&b)) {
		size_t n = step < in.len - at ? step : in.len - at;
		span piece;
		long used = http_body_read(&b, (span){ in.at + at, n }, &piece);
		if (used < 0)
			return used;
		REQUIRE(used > 0 && (size_t)used <= n);
		require_inside(piece, (span){ in.at + at, n });
		buf_add_span(content, piece);
		at += (size_t)used;
	}
	return http_body_done(&b) ? (long)at : 0;
}

/* The bytes that the body took; 0: there is none, it is not whole, or it is broken. */
static size_t try_body(const http_head *head, span in)
{
	buf whole = { 0 }, cut = { 0 };
	long result = read_body(head, in, in.len, &whole);
	for (size_t step = 1; step < 8; step += 3) {
		buf_clear(&cut);
		REQUIRE(read_body(head, in, step, &cut) == result);
		REQUIRE(buf_len(&whole) == buf_len(&cut));
		REQUIRE(buf_len(&cut) == 0 || span_is(buf_span(&whole), buf_span(&cut)));
	}
	REQUIRE(head->chunked || buf_len(&whole) <= head->content_length);
	buf_free(&whole);
	buf_free(&cut);
	return result > 0 ? (size_t)result : 0;
}

/* The bytes of one request; 0: the connection ends here. */
static size_t try_request(span in)
{
	static http_head head, cut;
	long result = read_head(&head, in, in.len ? in.len : 1);
	REQUIRE(read_head_anew(&cut, in) == result);
	REQUIRE(read_head(&cut, in, 3) == result);
	REQUIRE(read_head(&cut, in, 1) == result);
	REQUIRE(result <= (long)in.len);
	if (result <= 0)
		return 0;
	require_sound(&head, in);
	require_same(&head, &cut);
	require_reprintable(&head);
	try_values(&head);
	span rest = { in.at + result, in.len - (size_t)result };
	size_t body = try_body(&head, rest);
	if (body == 0 && (head.chunked || head.content_length > 0))
		return 0;
	return (size_t)result + body;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	span in = { (const char *)data, size };
	size_t used = 0;
	do {
		in = (span){ in.at + used, in.len - used };
		used = in.len > 0 ? try_request(in) : 0;
	} while (used > 0);
	return 0;
}

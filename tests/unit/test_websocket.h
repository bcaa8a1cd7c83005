/* SPDX-License-Identifier: MIT */
/*
 * test_websocket - a scripted WebSocket client: frames are written to a stream, the stream is fed
 * to a decoder in every way it can be cut, and the events are compared as a line of text such as
 * "text[hello] ping[] close 1000[bye]" or "error 1002".
 */
#ifndef TESTS_TEST_WEBSOCKET_H
#define TESTS_TEST_WEBSOCKET_H

#include "../../src/wire/websocket.h"
#include "../support/unit.h"
#include <stdio.h>

enum { FIN = 0x80, RSV1 = 0x40, RSV2 = 0x20, RSV3 = 0x10 };
enum { CONTINUATION = WS_OP_CONTINUATION, TEXT = WS_OP_TEXT, BINARY = WS_OP_BINARY };
enum { CLOSE = WS_OP_CLOSE, PING = WS_OP_PING, PONG = WS_OP_PONG };
enum { LIMIT = 1 << 20 };

static const unsigned char test_mask[4] = { 0x9d, 0x01, 0x7f, 0xe2 };

static inline void add_length(buf *out, uint64_t len, size_t form)
{
	while (form-- > 0)
		buf_add_char(out, (char)(len >> (8 * form) & 0xff));
}

/* The header of a masked frame whose length is written in `form` bytes: 0, 2 or 8. */
static inline void add_head(buf *out, unsigned first, uint64_t len, size_t form)
{
	uint64_t seven = form == 0 ? len : form == 2 ? 126 : 127;
	buf_add_char(out, (char)first);
	buf_add_char(out, (char)(0x80 | seven));
	add_length(out, len, form);
	buf_add(out, test_mask, sizeof test_mask);
}

static inline void add_masked(buf *out, const void *data, size_t len)
{
	const unsigned char *at = data;
	for (size_t i = 0; i < len; i++)
		buf_add_char(out, (char)(at[i] ^ test_mask[i % 4]));
}

static inline void add_frame(buf *out, unsigned first, const void *data, size_t len)
{
	add_head(out, first, len, len < 126 ? 0 : len < 65536 ? 2 : 8);
	add_masked(out, data, len);
}

static inline void add_text(buf *out, unsigned first, const char *text)
{
	add_frame(out, first, text, strlen(text));
}

/* A frame of len bytes that repeat the alphabet. */
static inline void add_long(buf *out, unsigned first, size_t len)
{
	char *data = malloc(len + 1);
	for (size_t i = 0; i < len; i++)
		data[i] = (char)('a' + i % 26);
	add_frame(out, first, data, len);
	free(data);
}

/* ---- Events as text ---- */

static inline void log_payload(buf *log, const unsigned char *data, size_t len)
{
	buf_add_char(log, '[');
	if (len > 200) {
		uint64_t sum = 14695981039346656037u;
		for (size_t i = 0; i < len; i++)
			sum = (sum ^ data[i]) * 1099511628211u;
		buf_add_uint(log, len);
		buf_add_char(log, ':');
		buf_add_uint(log, sum);
	} else {
		buf_add(log, data, len);
	}
	buf_add_char(log, ']');
}

static inline void log_event(buf *log, const ws_event *ev)
{
	static const char *const names[] = { "", "text", "binary", "ping", "pong", "close",
		"error" };
	if (buf_len(log) > 0)
		buf_add_char(log, ' ');
	if (ev->compressed)
		buf_add_text(log, "compressed ");
	buf_add_text(log, names[ev->kind]);
	if (ev->kind == WS_CLOSE || ev->kind == WS_ERROR) {
		buf_add_char(log, ' ');
		buf_add_uint(log, ev->code);
	}
	if (ev->kind != WS_ERROR)
		log_payload(log, ev->data, ev->len);
	else
		ck_assert_ptr_nonnull(ev->why);
}

/* Feeds one piece from memory of its exact size, so that a sanitizer sees each byte too many. */
static inline void feed_piece(ws_decoder *d, const unsigned char *data, size_t len, buf *log)
{
	unsigned char *piece = malloc(len ? len : 1);
	ws_event ev;
	size_t at = 0;
	memcpy(piece, data, len);
	do {
		size_t used = ws_decode(d, piece + at, len - at, &ev);
		ck_assert_uint_le(used, len - at);
		at += used;
		if (ev.kind != WS_NEED_MORE)
			log_event(log, &ev);
	} while (ev.kind != WS_NEED_MORE);
	ck_assert_uint_eq(at, len);
	free(piece);
}

/* ---- Ways to cut a stream ---- */

static inline size_t cut_nowhere(uint32_t *seed, size_t left)
{
	(void)seed;
	return left;
}

static inline size_t cut_everywhere(uint32_t *seed, size_t left)
{
	(void)seed;
	return left ? 1 : 0;
}

static inline size_t cut_at_random(uint32_t *seed, size_t left)
{
	*seed = *seed * 1664525 + 1013904223;
	size_t n = (*seed >> 16) % (left > 400 ? left / 7 : 9) + 1;
	return n < left ? n : left;
}

/* Behind as many bytes as seed says. */
static inline size_t cut_once(uint32_t *seed, size_t left)
{
	size_t n = *seed && *seed < left ? *seed : left;
	*seed = 0;
	return n;
}

typedef size_t cut_fn(uint32_t *seed, size_t left);

static inline void feed_cut(ws_decoder *d, span in, cut_fn *cut, uint32_t seed, buf *log)
{
	const unsigned char *at = (const unsigned char *)in.at;
	while (in.len > 0) {
		size_t n = cut(&seed, in.len);
		feed_piece(d, at, n, log);
		at += n;
		in.len -= n;
	}
}

static inline void expect_cut(
	const ws_decoder *fresh, span in, cut_fn *cut, uint32_t seed, const char *expected)
{
	ws_decoder d = *fresh;
	buf log = { 0 };
	feed_cut(&d, in, cut, seed, &log);
	buf_add(&log, "", 1);
	ck_assert_str_eq((const char *)buf_data(&log), expected);
	buf_free(&log);
	ws_decoder_fini(&d);
}

enum { CUT_ONCE_UP_TO = 24 };

/* Feeds the stream whole, byte by byte, cut at each place and at random to decoders like fresh,
 * which was only initialised; then frees it. */
static inline void expect_from(const ws_decoder *fresh, buf *stream, const char *expected)
{
	ck_assert(!stream->failed);
	expect_cut(fresh, buf_span(stream), cut_nowhere, 0, expected);
	expect_cut(fresh, buf_span(stream), cut_everywhere, 0, expected);
	for (uint32_t at = 1; at < buf_len(stream) && at <= CUT_ONCE_UP_TO; at++)
		expect_cut(fresh, buf_span(stream), cut_once, at, expected);
	for (uint32_t seed = 1; seed <= 8; seed++)
		expect_cut(fresh, buf_span(stream), cut_at_random, seed, expected);
	buf_free(stream);
}

static inline void expect_limited(size_t max_message, buf *stream, const char *expected)
{
	ws_decoder fresh;
	ws_decoder_init(&fresh, max_message);
	expect_from(&fresh, stream, expected);
}

static inline void expect(buf *stream, const char *expected)
{
	expect_limited(LIMIT, stream, expected);
}

#endif

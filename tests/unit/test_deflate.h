/* SPDX-License-Identifier: MIT */
/* test_deflate - one connection with permessage-deflate, and zlib itself as its client. */
#ifndef TESTS_TEST_DEFLATE_H
#define TESTS_TEST_DEFLATE_H

#include "../../src/wire/deflate.h"
#include "../support/unit.h"
#include <zlib.h>

enum { MOST = 3 << 20 };
static unsigned char plain[MOST];
static const pmd_options defaults;

/* A message as it stands in a frame. */
#define RAW(literal) (const unsigned char *)(literal), sizeof(literal) - 1
#define HELLO        "\xf2\x48\xcd\xc9\xc9\x07\x00"

static pmd_shared shared;
static pmd server;
static buf out;

/* Both directions keep their context or neither does. */
static inline void open_pmd(bool context, int bits, const pmd_options *o)
{
	pmd_params p = { !context, !context, (uint8_t)bits, (uint8_t)bits };
	pmd_shared_init(&shared, o);
	pmd_init(&server, &shared, &p);
}

static inline void close_pmd(void)
{
	pmd_fini(&server);
	pmd_shared_fini(&shared);
	buf_free(&out);
}

static inline pmd_result inflate_of(pmd *x, const unsigned char *in, size_t len, size_t max)
{
	buf_free(&out);
	pmd_result result = pmd_inflate(x, in, len, &out, max);
	ck_assert(result == PMD_OK || (buf_len(&out) == 0 && !out.data));
	return result;
}

static inline void assert_inflates(const unsigned char *in, size_t len, const char *expected)
{
	ck_assert_int_eq(inflate_of(&server, in, len, strlen(expected)), PMD_OK);
	ck_assert(span_is(buf_span(&out), span_of(expected)));
}

static inline void assert_deflates(const char *text, const unsigned char *expected, size_t len)
{
	buf_free(&out);
	ck_assert(pmd_deflate(&server, text, strlen(text), &out));
	ck_assert(span_is(buf_span(&out), (span){ (const char *)expected, len }));
}

/* Noise and repetition, far and near, from the whole window. */
static inline void fill_plain(uint32_t x)
{
	for (size_t i = 0; i < MOST; i++) {
		x = x * 1664525 + 1013904223;
		bool copy = i >= 40000 && (i >> 6) % 3 != 0;
		plain[i] = copy ? plain[i - 1 - (i >> 6) * 7919 % 40000] : (unsigned char)(x >> 24);
	}
}

/* A client's side of a connection: zlib, whose window is exactly as large as agreed. */
static z_stream client_in, client_out;

static inline void open_client(int bits)
{
	client_in = client_out = (z_stream){ 0 };
	ck_assert_int_eq(inflateInit2(&client_in, -bits), Z_OK);
	ck_assert_int_eq(
		deflateInit2(&client_out, 6, Z_DEFLATED, bits == 8 ? -9 : -bits, 8, 0), Z_OK);
}

static inline void close_client(void)
{
	inflateEnd(&client_in);
	deflateEnd(&client_out);
}

/* One byte of room at a time: zlib then finds everything in its window, and nothing beyond. */
static inline void client_reads(const unsigned char *text, size_t len)
{
	static const unsigned char tail[] = { 0, 0, 0xff, 0xff };
	size_t at = 0;
	unsigned char c;
	ck_assert(buf_add(&out, tail, sizeof tail));
	client_in.next_in = buf_data(&out);
	client_in.avail_in = (uInt)buf_len(&out);
	for (;;) {
		client_in.next_out = &c;
		client_in.avail_out = 1;
		int result = inflate(&client_in, Z_SYNC_FLUSH);
		if (client_in.avail_out == 1)
			break;
		if (result != Z_OK || at == len || text[at++] != c)
			ck_abort_msg("byte %zu: %s", at, client_in.msg);
	}
	ck_assert_uint_eq(at, len);
	ck_assert_uint_eq(client_in.avail_in, 0);
}

#endif

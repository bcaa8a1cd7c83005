/* SPDX-License-Identifier: MIT */
/* test_compress - content codings, undone by the decoders of the libraries that others use. */
#include "../../src/wire/compress.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include <zlib.h>
#ifdef HAVE_BROTLI
#include <brotli/decode.h>
#endif

enum { MOST = 300000 };
static unsigned char plain[MOST], back[MOST + 1];

/* Half noise, half text: nothing that a coding could hide a mistake behind. */
static void fill_plain(void)
{
	uint32_t x = 1;
	for (size_t i = 0; i < MOST; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] =
			(i >> 9) & 1 ? (unsigned char)(x >> 24) : (unsigned char)("socket"[i % 6]);
	}
}

static size_t undo_zlib(bytes *b, int window_bits)
{
	z_stream z = { .next_in = bytes_data(b), .avail_in = (uInt)b->len };
	z.next_out = back;
	z.avail_out = sizeof back;
	ck_assert_int_eq(inflateInit2(&z, window_bits), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.avail_in, 0);
	size_t len = z.total_out;
	inflateEnd(&z);
	return len;
}

static size_t undo(coding c, bytes *b)
{
#ifdef HAVE_BROTLI
	size_t len = sizeof back;
	if (c == CODING_BROTLI) {
		ck_assert_int_eq(BrotliDecoderDecompress(b->len, bytes_data(b), &len, back),
			BROTLI_DECODER_RESULT_SUCCESS);
		return len;
	}
#endif
	if (c != CODING_NONE)
		return undo_zlib(b, c == CODING_GZIP ? 15 + 16 : 15);
	memcpy(back, bytes_data(b), b->len);
	return b->len;
}

static void assert_survives(coding c, size_t len, int level)
{
	bytes *b = coding_compress(c, plain, len, level);
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->refs, 1);
	ck_assert_uint_eq(undo(c, b), len);
	ck_assert(memcmp(plain, back, len) == 0);
	bytes_unref(b);
}

static coding last_coding(void)
{
#ifdef HAVE_BROTLI
	return CODING_BROTLI;
#else
	return CODING_GZIP;
#endif
}

/* http.md 38: what is coded comes back; the lengths lie around every size of window. */
START_TEST(content_of_any_length_comes_back)
{
	static const size_t lengths[] = { 0, 1, 2, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025,
		4096, 32767, 32768, 32769, 65537, MOST };
	fill_plain();
	for (coding c = CODING_NONE; c <= last_coding(); c++)
		for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
			assert_survives(c, lengths[i], 0);
}
END_TEST

/* http.md 38: and at any level, those that do not exist included. */
START_TEST(content_comes_back_at_any_level)
{
	fill_plain();
	for (coding c = CODING_NONE; c <= last_coding(); c++)
		for (int level = 0; level <= 13; level++)
			assert_survives(c, 5000, level);
}
END_TEST

START_TEST(text_gets_shorter)
{
	memset(plain, 'a', 10000);
	for (coding c = CODING_DEFLATE; c <= last_coding(); c++) {
		bytes *b = coding_compress(c, plain, 10000, 0);
		ck_assert_ptr_nonnull(b);
		ck_assert_uint_lt(b->len, 100);
		bytes_unref(b);
	}
}
END_TEST

/* The window reaches as far as the data. */
START_TEST(a_repetition_far_back_is_found)
{
	uint32_t x = 1;
	for (size_t i = 0; i < 16000; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = plain[i + 16000] = (unsigned char)(x >> 24);
	}
	for (coding c = CODING_DEFLATE; c <= last_coding(); c++) {
		bytes *b = coding_compress(c, plain, 32000, 0);
		ck_assert_ptr_nonnull(b);
		ck_assert_uint_lt(b->len, 17000);
		bytes_unref(b);
	}
}
END_TEST

START_TEST(no_data_may_be_null)
{
	for (coding c = CODING_NONE; c <= last_coding(); c++) {
		bytes *b = coding_compress(c, NULL, 0, 0);
		ck_assert_ptr_nonnull(b);
		ck_assert_uint_eq(undo(c, b), 0);
		bytes_unref(b);
	}
}
END_TEST

/* Whether a block came although the n-th allocation failed; failed: whether it was reached. */
static bool survives_failure(coding c, size_t n, bool *failed)
{
	failing_malloc_after(n);
	bytes *b = coding_compress(c, plain, 1000, 0);
	*failed = failing_malloc_off();
	bytes_unref(b);
	return b != NULL;
}

START_TEST(a_failed_allocation_gives_no_block)
{
	for (coding c = CODING_NONE; c <= last_coding(); c++) {
		bool failed = true;
		size_t n = 0;
		for (; failed; n++)
			ck_assert(survives_failure(c, n, &failed) != failed);
		ck_assert_uint_gt(n, c == CODING_NONE ? 1 : 2);
	}
}
END_TEST

static coding chosen(const char *accept_encoding)
{
	return coding_choose(span_of(accept_encoding));
}

/* http.md 39: the highest weight wins, then our own taste. */
START_TEST(the_best_coding_is_chosen)
{
	ck_assert_int_eq(chosen("deflate, gzip"), CODING_GZIP);
	ck_assert_int_eq(chosen("gzip, deflate, br, zstd"), last_coding());
	ck_assert_int_eq(chosen("*"), last_coding());
	ck_assert_int_eq(chosen("gzip;q=0.4, deflate;q=0.5"), CODING_DEFLATE);
	ck_assert_int_eq(chosen("gzip;q=0.5, deflate;q=0.4"), CODING_GZIP);
	ck_assert_int_eq(chosen("gzip;q=0.001"), CODING_GZIP);
}
END_TEST

/* http.md 40, 41: no coding is a choice as well. */
START_TEST(no_coding_is_chosen_when_none_is_wanted)
{
	static const char *const values[] = { "", "zstd", "gzip;q=0", "*;q=0", "identity",
		"gzip;q=0, deflate;q=x", "gzip;q=0.5, identity", "identity;q=0.6, deflate;q=0.5" };
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		ck_assert_msg(chosen(values[i]) == CODING_NONE, "%s", values[i]);
	ck_assert_int_eq(chosen("identity, gzip"), CODING_GZIP);
	ck_assert_int_eq(coding_choose((span){ NULL, 0 }), CODING_NONE);
}
END_TEST

/* http.md 38: the names on the wire. */
START_TEST(codings_have_names)
{
	ck_assert_ptr_null(coding_name(CODING_NONE));
	ck_assert_str_eq(coding_name(CODING_DEFLATE), "deflate");
	ck_assert_str_eq(coding_name(CODING_GZIP), "gzip");
	ck_assert_str_eq(coding_name(CODING_BROTLI), "br");
}
END_TEST

UNIT_MAIN("compress", content_of_any_length_comes_back, content_comes_back_at_any_level,
	text_gets_shorter, a_repetition_far_back_is_found, no_data_may_be_null,
	a_failed_allocation_gives_no_block, the_best_coding_is_chosen,
	no_coding_is_chosen_when_none_is_wanted, codings_have_names)

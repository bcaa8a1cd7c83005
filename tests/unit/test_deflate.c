/* SPDX-License-Identifier: MIT */
/* test_deflate - permessage-deflate: what is agreed, and messages both ways, with zlib itself as
 * the client. */
#include "../../src/wire/deflate.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include "../support/vectors.h"
#include <stdio.h>
#include <zlib.h>

enum { MOST = 3 << 20 };
static unsigned char plain[MOST];
static char answer[PMD_ANSWER_MAX];
static pmd_params agreed;
static const pmd_options defaults;

/* A message as it stands in a frame. */
#define RAW(literal) (const unsigned char *)(literal), sizeof(literal) - 1
#define HELLO        "\xf2\x48\xcd\xc9\xc9\x07\x00"

/* ---- Negotiation ---- */

static bool negotiate(const char *offers, const pmd_options *o)
{
	return pmd_negotiate(span_of(offers), o, &agreed, answer);
}

static void assert_answer(const char *offers, const pmd_options *o, const char *expected)
{
	ck_assert_msg(negotiate(offers, o), "%s", offers);
	ck_assert_str_eq(answer, expected);
}

/* A list that is well formed, and agrees on nothing. */
static void assert_declined(const char *offers, const pmd_options *o)
{
	ck_assert_msg(pmd_offers_valid(span_of(offers)), "%s", offers);
	ck_assert_msg(!negotiate(offers, o), "%s", offers);
}

/* deflate.md 13: what Chromium sends is answered as the reference answers it. */
START_TEST(the_offer_of_chromium_is_answered_with_the_bare_name)
{
	assert_answer(
		"permessage-deflate; client_max_window_bits", &defaults, "permessage-deflate");
	ck_assert(!agreed.server_no_context_takeover && !agreed.client_no_context_takeover);
	ck_assert_uint_eq(agreed.server_window_bits, 15);
	ck_assert_uint_eq(agreed.client_window_bits, 15);
}
END_TEST

/* deflate.md 2, 3, 14, 16, 18, 21: what the client asks for is granted. */
START_TEST(what_is_asked_for_is_granted)
{
	static const char *const asked[] = { "server_no_context_takeover",
		"client_no_context_takeover", "server_max_window_bits=8",
		"server_max_window_bits=15", "client_max_window_bits=9",
		"client_max_window_bits=15" };
	char offer[100];
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		snprintf(offer, sizeof offer, "permessage-deflate; %s", asked[i]);
		assert_answer(offer, &defaults, offer);
	}
	assert_answer("permessage-deflate ;\tserver_max_window_bits=\"1\\0\" ", &defaults,
		"permessage-deflate; server_max_window_bits=10");
	ck_assert_uint_eq(agreed.server_window_bits, 10);
}
END_TEST

/* deflate.md 14, 16, 18, 21: all four at once; the longest answer has room. */
START_TEST(all_parameters_may_be_asked_for_at_once)
{
	assert_answer("permessage-deflate; client_max_window_bits=11; server_max_window_bits=12; "
		      "client_no_context_takeover; server_no_context_takeover",
		&defaults,
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
		"server_max_window_bits=12; client_max_window_bits=11");
	ck_assert(agreed.server_no_context_takeover && agreed.client_no_context_takeover);
	ck_assert_uint_eq(agreed.server_window_bits, 12);
	ck_assert_uint_eq(agreed.client_window_bits, 11);
	ck_assert_uint_lt(strlen(answer) + 1, PMD_ANSWER_MAX);
}
END_TEST

/* deflate.md 15, 17, 19: the server's options are answered unasked. */
START_TEST(options_are_answered_unasked)
{
	assert_answer("permessage-deflate", &(pmd_options){ .server_no_context_takeover = true },
		"permessage-deflate; server_no_context_takeover");
	assert_answer("permessage-deflate", &(pmd_options){ .client_no_context_takeover = true },
		"permessage-deflate; client_no_context_takeover");
	assert_answer("permessage-deflate", &(pmd_options){ .server_max_window_bits = 10 },
		"permessage-deflate; server_max_window_bits=10");
	assert_answer("permessage-deflate", &(pmd_options){ .server_max_window_bits = 99 },
		"permessage-deflate; server_max_window_bits=15");
	assert_answer("permessage-deflate", &(pmd_options){ .server_max_window_bits = 3 },
		"permessage-deflate; server_max_window_bits=8");
}
END_TEST

/* deflate.md 18, 20, 21: of two limits the smaller counts. */
START_TEST(the_smaller_window_is_answered)
{
	const pmd_options o = { .server_max_window_bits = 11, .client_max_window_bits = 11 };
	assert_answer("permessage-deflate; client_max_window_bits; server_max_window_bits=9", &o,
		"permessage-deflate; server_max_window_bits=9; client_max_window_bits=11");
	assert_answer("permessage-deflate; client_max_window_bits=9; server_max_window_bits=14", &o,
		"permessage-deflate; server_max_window_bits=11; client_max_window_bits=9");
}
END_TEST

/* deflate.md 22: a client that cannot be limited is declined if it has to be. */
START_TEST(a_client_that_cannot_be_limited_is_declined)
{
	const pmd_options o = { .client_max_window_bits = 11 };
	assert_declined("permessage-deflate", &o);
	assert_answer("permessage-deflate, permessage-deflate; client_max_window_bits", &o,
		"permessage-deflate; client_max_window_bits=11");
}
END_TEST

/* deflate.md 6, 8 to 12: an offer with a bad parameter is declined, and the next one taken. */
START_TEST(bad_offers_are_declined_one_by_one)
{
	static const char *const bad[] = { "foo", "foo=1", "Client_max_window_bits",
		"server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
		"server_max_window_bits=08", "server_max_window_bits=0x0a",
		"server_max_window_bits=100", "server_max_window_bits=1",
		"server_max_window_bits=-9", "client_max_window_bits=7",
		"client_max_window_bits=16", "client_max_window_bits=010",
		"client_max_window_bits=1a", "server_no_context_takeover=true",
		"client_no_context_takeover=10",
		"server_no_context_takeover; server_no_context_takeover",
		"client_max_window_bits; client_max_window_bits=9",
		"server_max_window_bits=9; server_max_window_bits=9" };
	char offers[300];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(offers, sizeof offers, "permessage-deflate; %s", bad[i]);
		assert_declined(offers, &defaults);
		strcat(offers, ", permessage-deflate; server_max_window_bits=9");
		assert_answer(offers, &defaults, "permessage-deflate; server_max_window_bits=9");
	}
	assert_declined("x-webkit-deflate-frame, PERMESSAGE-DEFLATE, permessage-deflat", &defaults);
}
END_TEST

/* deflate.md 2, 3, 5: a good offer does not help a list that is none. */
START_TEST(a_malformed_list_agrees_on_nothing)
{
	static const char *const bad[] = { ";", "a b", "a;", "a; ;b", "a; b =1", "a; b= 1",
		"a; b=", "a; b=\"\"", "a; b=\"c", "a; b=\"", "a; b=c\"", "a; b=\"c d\"",
		"a; b=\"c,d\"", "a; b=\"c;d\"", "a; b=\"\\\"", "a; =1", "a=1", "a; b=c=d", "\x80",
		"a; b c", "permessage-deflate; foo; b=\"" };
	char offers[100];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(offers, sizeof offers, "permessage-deflate, %s", bad[i]);
		ck_assert_msg(!pmd_offers_valid(span_of(offers)), "%s", offers);
		ck_assert_msg(!negotiate(offers, &defaults), "%s", offers);
	}
}
END_TEST

/* deflate.md 1, 4, 6, 7: the first good offer counts, whatever stands around it. */
START_TEST(the_first_good_offer_is_taken)
{
	assert_answer(", foo; a=\"b\\c\"; d,,permessage-deflate; client_no_context_takeover, "
		      "permessage-deflate",
		&defaults, "permessage-deflate; client_no_context_takeover");
	assert_declined("", &defaults);
	assert_declined(" , ", &defaults);
	ck_assert(pmd_offers_valid((span){ NULL, 0 }));
	ck_assert(!pmd_negotiate((span){ NULL, 0 }, &defaults, &agreed, answer));
}
END_TEST

/* ---- Messages ---- */

static pmd_shared shared;
static pmd server;
static buf out;

/* Both directions keep their context or neither does. */
static void open_pmd(bool context, int bits, const pmd_options *o)
{
	pmd_params p = { !context, !context, (uint8_t)bits, (uint8_t)bits };
	pmd_shared_init(&shared, o);
	pmd_init(&server, &shared, &p);
}

static void close_pmd(void)
{
	pmd_fini(&server);
	pmd_shared_fini(&shared);
	buf_free(&out);
}

static pmd_result inflate_of(pmd *x, const unsigned char *in, size_t len, size_t max)
{
	buf_free(&out);
	pmd_result result = pmd_inflate(x, in, len, &out, max);
	ck_assert(result == PMD_OK || (buf_len(&out) == 0 && !out.data));
	return result;
}

static void assert_inflates(const unsigned char *in, size_t len, const char *expected)
{
	ck_assert_int_eq(inflate_of(&server, in, len, strlen(expected)), PMD_OK);
	ck_assert(span_is(buf_span(&out), span_of(expected)));
}

static void assert_deflates(const char *text, const unsigned char *expected, size_t len)
{
	buf_free(&out);
	ck_assert(pmd_deflate(&server, text, strlen(text), &out));
	ck_assert(span_is(buf_span(&out), (span){ (const char *)expected, len }));
}

/* Noise and repetition, far and near, from the whole window. */
static void fill_plain(uint32_t x)
{
	for (size_t i = 0; i < MOST; i++) {
		x = x * 1664525 + 1013904223;
		bool copy = i >= 40000 && (i >> 6) % 3 != 0;
		plain[i] = copy ? plain[i - 1 - (i >> 6) * 7919 % 40000] : (unsigned char)(x >> 24);
	}
}

/* deflate.md 23, 24, 27: the examples of RFC 7692, 7.2.3.1 to 7.2.3.3, 7.2.3.5. */
START_TEST(the_examples_of_the_standard_inflate)
{
	open_pmd(true, 15, &defaults);
	assert_inflates(RAW(HELLO), "Hello");
	assert_inflates(RAW("\xf2\x00\x11\x00\x00"), "Hello");
	assert_inflates(RAW("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "Hello");
	assert_inflates(RAW("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), "Hello");
	assert_inflates(RAW("\x00"), "");
	assert_inflates(RAW("\xf2\x00\x11\x00\x00"), "Hello");
	close_pmd();
}
END_TEST

/* deflate.md 25, 26, 27: RFC 7692, 7.2.3.4, alone, with more behind it, and with nothing. */
START_TEST(a_last_block_is_not_the_end)
{
	open_pmd(true, 15, &defaults);
	assert_inflates(RAW("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "Hello");
	assert_inflates(RAW("\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00"), "HelloHello");
	assert_inflates(RAW("\xf3\x48\xcd\xc9\xc9\x07\x00"), "Hello");
	assert_inflates(RAW("\xf2\x00\x11\x00\x00"), "Hello");
	close_pmd();
}
END_TEST

/* A client that ends its stream with each message, and adds nothing. */
static size_t finish(const unsigned char *text, size_t len, unsigned char *packed, size_t room)
{
	z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)text, .avail_in = (uInt)len };
	z.next_out = packed;
	z.avail_out = (uInt)room;
	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_FIXED), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

/* deflate.md 26: wherever the room for the output runs out. */
START_TEST(a_last_block_may_be_all)
{
	unsigned char packed[100];
	memset(plain, 0, MOST);
	open_pmd(true, 15, &defaults);
	for (size_t len = 1; len < 1200; len++) {
		size_t packed_len = finish(plain, len, packed, sizeof packed);
		ck_assert_int_eq(inflate_of(&server, packed, packed_len, len), PMD_OK);
		ck_assert_uint_eq(buf_len(&out), len);
	}
	close_pmd();
}
END_TEST

/* deflate.md 35, 36, 37: the same examples the other way round. */
START_TEST(the_examples_of_the_standard_come_out)
{
	open_pmd(true, 15, &defaults);
	assert_deflates("", RAW("\x00"));
	assert_deflates("Hello", RAW(HELLO));
	assert_deflates("", RAW("\x00"));
	assert_deflates("Hello", RAW("\xf2\x00\x11\x00\x00"));
	close_pmd();
}
END_TEST

/* deflate.md 38: without context each message stands alone, whoever it is for. */
START_TEST(without_context_equal_messages_are_equal)
{
	pmd other;
	open_pmd(false, 15, &defaults);
	pmd_init(&other, &shared, &server.params);
	assert_deflates("Hello", RAW(HELLO));
	assert_deflates("Hello", RAW(HELLO));
	buf_free(&out);
	ck_assert(pmd_deflate(&other, "Hello", 5, &out));
	ck_assert(span_is(buf_span(&out), SPAN(HELLO)));
	close_pmd();
}
END_TEST

/* deflate.md 28: not the message before, and least of all that of somebody else. */
START_TEST(without_context_nothing_earlier_can_be_read)
{
	pmd other;
	open_pmd(false, 15, &defaults);
	pmd_init(&other, &shared, &server.params);
	assert_inflates(RAW(HELLO), "Hello");
	ck_assert_int_eq(inflate_of(&other, RAW("\xf2\x00\x11\x00\x00"), 99), PMD_BAD_DATA);
	ck_assert_int_eq(inflate_of(&server, RAW("\xf2\x00\x11\x00\x00"), 99), PMD_BAD_DATA);
	assert_inflates(RAW(HELLO), "Hello");
	close_pmd();
}
END_TEST

/* deflate.md 32: nothing at all is an empty message, and does no harm. */
START_TEST(an_empty_payload_is_an_empty_message)
{
	open_pmd(true, 15, &defaults);
	assert_inflates(RAW(HELLO), "Hello");
	assert_inflates(NULL, 0, "");
	assert_inflates(RAW("\xf2\x00\x11\x00\x00"), "Hello");
	close_pmd();
}
END_TEST

/* A client's side of a connection: zlib, whose window is exactly as large as agreed. */
static z_stream client_in, client_out;

static void open_client(int bits)
{
	client_in = client_out = (z_stream){ 0 };
	ck_assert_int_eq(inflateInit2(&client_in, -bits), Z_OK);
	ck_assert_int_eq(
		deflateInit2(&client_out, 6, Z_DEFLATED, bits == 8 ? -9 : -bits, 8, 0), Z_OK);
}

static void close_client(void)
{
	inflateEnd(&client_in);
	deflateEnd(&client_out);
}

/* One byte of room at a time: zlib then finds everything in its window, and nothing beyond. */
static void client_reads(const unsigned char *text, size_t len)
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

static void server_reads(const unsigned char *text, size_t len)
{
	static unsigned char packed[MOST + (1 << 16)];
	client_out.next_in = (z_const Bytef *)(uintptr_t)text;
	client_out.avail_in = (uInt)len;
	client_out.next_out = packed;
	client_out.avail_out = sizeof packed;
	ck_assert_int_eq(deflate(&client_out, Z_SYNC_FLUSH), Z_OK);
	size_t packed_len = sizeof packed - client_out.avail_out - 4;
	ck_assert_int_eq(inflate_of(&server, packed, packed_len, len), PMD_OK);
	ck_assert(span_is(buf_span(&out), (span){ (const char *)text, len }));
}

static void both_ways(const unsigned char *text, size_t len, bool context)
{
	buf_free(&out);
	ck_assert(pmd_deflate(&server, text, len, &out));
	client_reads(text, len);
	server_reads(text, len);
	if (context)
		return;
	inflateReset(&client_in);
	deflateReset(&client_out);
}

static void many_both_ways(int bits, bool context, const pmd_options *o)
{
	open_pmd(context, bits, o);
	open_client(bits);
	for (size_t len = 1; len < 60000; len += 1 + len / 3)
		both_ways(plain + len, len, context);
	for (size_t len = 1; len < 300; len++)
		both_ways(plain + len, len, context);
	close_client();
	close_pmd();
}

/* deflate.md 27, 37, 38, 39: at each window size, with context and without. */
START_TEST(messages_survive_in_windows_of_every_size)
{
	fill_plain(1);
	for (int bits = 8; bits <= 15; bits++) {
		many_both_ways(bits, true, &defaults);
		many_both_ways(bits, false, &defaults);
	}
}
END_TEST

/* deflate.md 39, 44: whichever window came first. */
START_TEST(shared_states_serve_windows_of_every_size)
{
	static const uint8_t sizes[] = { 15, 8, 12, 9, 15, 8 };
	fill_plain(6);
	for (size_t from = 0; from < 2; from++) {
		open_pmd(false, sizes[from], &defaults);
		for (size_t i = from; i < sizeof sizes; i++) {
			pmd_params p = { true, true, sizes[i], sizes[i] };
			pmd_init(&server, &shared, &p);
			open_client(sizes[i]);
			both_ways(plain, 100000, false);
			close_client();
		}
		close_pmd();
	}
}
END_TEST

/* deflate.md 39: options that zlib does not know are moved to ones that it does. */
START_TEST(messages_survive_at_any_level)
{
	fill_plain(2);
	for (int level = -3; level <= 12; level += 3)
		many_both_ways(8, true, &(pmd_options){ .level = level, .mem_level = level });
}
END_TEST

/* deflate.md 23, 35: longer than what zlib is given at a time. */
START_TEST(long_messages_survive)
{
	fill_plain(3);
	for (size_t len = (1 << 20) - 1; len <= (1 << 20) + 1; len++) {
		open_pmd(true, 15, &defaults);
		open_client(15);
		both_ways(plain, len, true);
		both_ways(plain, MOST, true);
		close_client();
		close_pmd();
	}
}
END_TEST

/* deflate.md 31: out may not hold a byte more than max, so asking it for more would fail. */
START_TEST(a_bomb_is_noticed_at_the_first_byte_too_many)
{
	static const size_t lens[] = { 1, 63, 64, 16383, 16384, 16385, 100000, MOST };
	memset(plain, 0, MOST);
	open_pmd(false, 15, &defaults);
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		buf bomb = { 0 };
		ck_assert(pmd_deflate(&server, plain, lens[i], &bomb));
		const unsigned char *in = buf_data(&bomb);
		ck_assert_int_eq(inflate_of(&server, in, buf_len(&bomb), lens[i]), PMD_OK);
		ck_assert_uint_eq(buf_len(&out), lens[i]);
		out.limit = lens[i] - 1;
		ck_assert_int_eq(inflate_of(&server, in, buf_len(&bomb), lens[i] - 1), PMD_TOO_BIG);
		out.limit = 0;
		buf_free(&bomb);
	}
	close_pmd();
}
END_TEST

/* deflate.md 30: cut anywhere, an only block is not whole; of sixteen letters, it is not stored. */
START_TEST(truncated_data_is_bad)
{
	fill_plain(4);
	for (size_t i = 0; i < 1000; i++)
		plain[i] &= 15;
	open_pmd(false, 15, &defaults);
	buf whole = { 0 };
	ck_assert(pmd_deflate(&server, plain, 1000, &whole));
	for (size_t len = 1; len < buf_len(&whole); len++)
		ck_assert_msg(inflate_of(&server, buf_data(&whole), len, MOST) == PMD_BAD_DATA,
			"%zu of %zu", len, buf_len(&whole));
	ck_assert_int_eq(inflate_of(&server, buf_data(&whole), buf_len(&whole), 1000), PMD_OK);
	buf_free(&whole);
	close_pmd();
}
END_TEST

/* deflate.md 29, 31, 34: the code that each failure closes with. */
START_TEST(failures_have_close_codes)
{
	ck_assert_uint_eq(pmd_close_code(PMD_OK), 1000);
	ck_assert_uint_eq(pmd_close_code(PMD_TOO_BIG), 1009);
	ck_assert_uint_eq(pmd_close_code(PMD_BAD_DATA), 1007);
	ck_assert_uint_eq(pmd_close_code(PMD_NO_MEMORY), 1011);
}
END_TEST

/* deflate.md 40: the threshold is for a server that does not keep its context. */
START_TEST(short_messages_are_worth_it_only_with_context)
{
	open_pmd(false, 15, &defaults);
	ck_assert(!pmd_worth(&server, 1023) && pmd_worth(&server, 1024));
	close_pmd();
	open_pmd(false, 15, &(pmd_options){ .threshold = 1 });
	ck_assert(!pmd_worth(&server, 0) && pmd_worth(&server, 1));
	close_pmd();
	open_pmd(true, 15, &defaults);
	ck_assert(pmd_worth(&server, 1));
	close_pmd();
}
END_TEST

/* ---- Memory ---- */

static size_t allocations_of(pmd *x)
{
	size_t before = failing_malloc_count();
	buf packed = { 0 }, back = { 0 };
	bool ok = pmd_deflate(x, "Hello", 5, &packed) &&
		  pmd_inflate(x, RAW(HELLO), &back, 5) == PMD_OK;
	buf_free(&packed);
	buf_free(&back);
	size_t n = failing_malloc_count() - before;
	ck_assert(ok);
	return n;
}

/* deflate.md 43, 44: the second connection finds what the first one made; two are for the
 * messages themselves. */
START_TEST(connections_without_context_share_their_states)
{
	pmd other;
	size_t before = failing_malloc_count();
	open_pmd(false, 15, &defaults);
	pmd_init(&other, &shared, &server.params);
	ck_assert_uint_eq(failing_malloc_count() - before, 0);
	ck_assert_uint_gt(allocations_of(&server), 6);
	ck_assert_uint_eq(allocations_of(&other), 2);
	ck_assert(!server.inflate && !server.deflate && !other.inflate && !other.deflate);
	close_pmd();
}
END_TEST

/* deflate.md 42: the client goes on reading. */
START_TEST(a_rested_connection_starts_its_context_again)
{
	open_pmd(true, 15, &defaults);
	assert_deflates("Hello", RAW(HELLO));
	ck_assert_ptr_nonnull(server.deflate);
	pmd_rest(&server);
	ck_assert_ptr_null(server.deflate);
	assert_deflates("Hello", RAW(HELLO));
	close_pmd();
}
END_TEST

/* deflate.md 34: whichever allocation fails, it is said, and the loop's state stays good. */
START_TEST(inflating_survives_each_failed_allocation)
{
	for (int context = 0; context <= 1; context++) {
		bool failed = true;
		for (size_t n = 0; failed; n++) {
			open_pmd(context, 15, &defaults);
			failing_malloc_after(n);
			pmd_result result = pmd_inflate(&server, RAW(HELLO), &out, 5);
			failed = failing_malloc_off();
			ck_assert_int_eq(result, failed ? PMD_NO_MEMORY : PMD_OK);
			ck_assert(!failed || (!out.data && !out.failed && !server.inflate));
			assert_inflates(RAW(HELLO), "Hello");
			ck_assert(failed || n > 3);
			close_pmd();
		}
	}
}
END_TEST

/* deflate.md 41: the next message can be read by a client that never saw the one that failed. */
START_TEST(deflating_survives_each_failed_allocation)
{
	fill_plain(5);
	for (int context = 0; context <= 1; context++) {
		bool failed = true;
		for (size_t n = 0; failed; n++) {
			open_pmd(context, 15, &defaults);
			failing_malloc_after(n);
			bool ok = pmd_deflate(&server, plain, 60000, &out);
			failed = failing_malloc_off();
			ck_assert(ok != failed);
			ck_assert(!failed || (!out.data && !out.failed && !server.deflate));
			ck_assert(failed || n > 6);
			buf_free(&out);
			ck_assert(pmd_deflate(&server, plain, 60000, &out));
			open_client(15);
			if (failed || !context)
				client_reads(plain, 60000);
			close_client();
			close_pmd();
		}
	}
}
END_TEST

/* ---- Vectors ---- */

/* Bytes as in the fuzzer: the first says what was agreed, the second how long the first of two
 * messages is. */
static void judge_messages(const char *name, const unsigned char *at, size_t len)
{
	static const size_t limits[] = { 1 << 20, 0, 5, 100, 1000, 65536, 1 << 18, 16383 };
	pmd_result expected = strncmp(name, "good-", 5) == 0  ? PMD_OK
			      : strncmp(name, "big-", 4) == 0 ? PMD_TOO_BIG
							      : PMD_BAD_DATA;
	size_t max = limits[at[0] & 7], first = at[1];
	open_pmd(!(at[0] & 8), 15 - (at[0] >> 5), &defaults);
	ck_assert_msg(inflate_of(&server, at + 2, first, max) == PMD_OK, "%s", name);
	pmd_result result = inflate_of(&server, at + 2 + first, len - 2 - first, max);
	ck_assert_msg(result == expected, "%s: %d", name, result);
	close_pmd();
}

static void judge(const char *name, char *content, size_t len)
{
	const unsigned char *at = (const unsigned char *)content;
	span offers = { content, len };
	bool valid = pmd_offers_valid(offers);
	bool taken = pmd_negotiate(offers, &defaults, &agreed, answer);
	if (strncmp(name, "offer-", 6) == 0)
		ck_assert_msg(valid && taken, "%s", name);
	else if (strncmp(name, "declined-", 9) == 0)
		ck_assert_msg(valid && !taken, "%s", name);
	else if (strncmp(name, "malformed-", 10) == 0)
		ck_assert_msg(!valid && !taken, "%s", name);
	else
		judge_messages(name, at, len);
}

START_TEST(named_cases_are_judged_by_their_names)
{
	vectors_judge("deflate", 40, judge);
}
END_TEST

UNIT_MAIN("deflate", the_offer_of_chromium_is_answered_with_the_bare_name,
	what_is_asked_for_is_granted, all_parameters_may_be_asked_for_at_once,
	options_are_answered_unasked, the_smaller_window_is_answered,
	a_client_that_cannot_be_limited_is_declined, bad_offers_are_declined_one_by_one,
	a_malformed_list_agrees_on_nothing, the_first_good_offer_is_taken,
	the_examples_of_the_standard_inflate, a_last_block_is_not_the_end, a_last_block_may_be_all,
	the_examples_of_the_standard_come_out, without_context_equal_messages_are_equal,
	without_context_nothing_earlier_can_be_read, an_empty_payload_is_an_empty_message,
	messages_survive_in_windows_of_every_size, shared_states_serve_windows_of_every_size,
	messages_survive_at_any_level, long_messages_survive,
	a_bomb_is_noticed_at_the_first_byte_too_many, truncated_data_is_bad,
	failures_have_close_codes, short_messages_are_worth_it_only_with_context,
	connections_without_context_share_their_states,
	a_rested_connection_starts_its_context_again, inflating_survives_each_failed_allocation,
	deflating_survives_each_failed_allocation, named_cases_are_judged_by_their_names)

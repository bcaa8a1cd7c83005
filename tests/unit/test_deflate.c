/* SPDX-License-Identifier: MIT */
/* test_deflate - permessage-deflate: messages both ways. */
#include "test_deflate.h"
#include "../support/vectors.h"

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

/* deflate.md 35, 37: the same examples the other way round. */
START_TEST(the_examples_of_the_standard_come_out)
{
	open_pmd(true, 15, &defaults);
	assert_deflates("Hello", RAW(HELLO));
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

/* deflate.md 36, 40: the threshold is for a server that does not keep its context. */
START_TEST(short_messages_are_worth_it_only_with_context)
{
	open_pmd(false, 15, &defaults);
	ck_assert(!pmd_worth(&server, 1023) && pmd_worth(&server, 1024));
	close_pmd();
	open_pmd(false, 15, &(pmd_options){ .threshold = 1 });
	ck_assert(!pmd_worth(&server, 1) && pmd_worth(&server, 2));
	close_pmd();
	open_pmd(true, 15, &defaults);
	ck_assert(!pmd_worth(&server, 0) && !pmd_worth(&server, 1) && pmd_worth(&server, 2));
	close_pmd();
}
END_TEST

/* Those are for test_deflate_offer.c. */
static bool speaks_of_offers(const char *name)
{
	return strncmp(name, "offer-", 6) == 0 || strncmp(name, "declined-", 9) == 0 ||
	       strncmp(name, "malformed-", 10) == 0;
}

/* Bytes as in the fuzzer: the first says what was agreed, the second how long the first of two
 * messages is. */
static void judge(const char *name, char *content, size_t len)
{
	static const size_t limits[] = { 1 << 20, 0, 5, 100, 1000, 65536, 1 << 18, 16383 };
	const unsigned char *at = (const unsigned char *)content;
	pmd_result expected = strncmp(name, "good-", 5) == 0  ? PMD_OK
			      : strncmp(name, "big-", 4) == 0 ? PMD_TOO_BIG
							      : PMD_BAD_DATA;
	if (speaks_of_offers(name))
		return;
	size_t max = limits[at[0] & 7], first = at[1];
	open_pmd(!(at[0] & 8), 15 - (at[0] >> 5), &defaults);
	ck_assert_msg(inflate_of(&server, at + 2, first, max) == PMD_OK, "%s", name);
	pmd_result result = inflate_of(&server, at + 2 + first, len - 2 - first, max);
	ck_assert_msg(result == expected, "%s: %d", name, result);
	close_pmd();
}

START_TEST(named_cases_are_judged_by_their_names)
{
	vectors_judge("deflate", 40, judge);
}
END_TEST

UNIT_MAIN("deflate", the_examples_of_the_standard_inflate, a_last_block_is_not_the_end,
	a_last_block_may_be_all, the_examples_of_the_standard_come_out,
	without_context_equal_messages_are_equal, without_context_nothing_earlier_can_be_read,
	an_empty_payload_is_an_empty_message, messages_survive_in_windows_of_every_size,
	shared_states_serve_windows_of_every_size, messages_survive_at_any_level,
	long_messages_survive, a_bomb_is_noticed_at_the_first_byte_too_many, truncated_data_is_bad,
	failures_have_close_codes, short_messages_are_worth_it_only_with_context,
	named_cases_are_judged_by_their_names)

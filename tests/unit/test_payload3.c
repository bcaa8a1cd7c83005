/* SPDX-License-Identifier: MIT */
/* test_payload3 - packets and payloads of version 3, read and written. */
#include "../../src/base/text.h"
#include "../../src/engine/packet3.h"
#include "../support/unit.h"
#include <stdio.h>

typedef bool read_fn(packet *out, unsigned char **at, size_t *left);

static void add(char *to, size_t size, const char *text)
{
	size_t len = strlen(to);
	snprintf(to + len, size - len, "%s%s", len ? " " : "", text);
}

/* The packets of a payload: type and data, "b" before the hex of binary data; "!" for what is none.
 * It lies in a block of its own size, so that a sanitizer sees who reads on. */
static const char *read_all(read_fn *read, const void *data, size_t len)
{
	static char out[400];
	char one[200];
	unsigned char *copy = malloc(len ? len : 1), *at = copy;
	packet p;
	bool good = true;
	out[0] = '\0';
	memcpy(copy, data, len);
	for (bool first = true; good && (first || len); first = false) {
		good = read(&p, &at, &len);
		int n = snprintf(one, sizeof one, "%s%d", good && p.binary ? "b" : "", (int)p.type);
		for (size_t i = 0; good && p.binary && i < p.data.len; i++)
			n += snprintf(one + n, sizeof one - (size_t)n, "%02x",
				(unsigned char)p.data.at[i]);
		if (good && !p.binary)
			snprintf(one + n, sizeof one - (size_t)n, "%.*s", (int)p.data.len,
				p.data.at);
		add(out, sizeof out, good ? one : "!");
	}
	free(copy);
	return out;
}

#define TEXT(data)   read_all(payload3_read, data, sizeof(data) - 1)
#define BINARY(data) read_all(payload3_binary_read, data, sizeof(data) - 1)

/* engine.io.md 128 */
START_TEST(a_payload_is_a_row_of_lengths_and_packets)
{
	ck_assert_str_eq(TEXT("6:4hello"), "4hello");
	ck_assert_str_eq(TEXT("6:4test16:4test21:2"), "4test1 4test2 2");
	ck_assert_str_eq(TEXT("3:4:,4:43:4"), "4:, 43:4");
}
END_TEST

/* engine.io.md 128 */
START_TEST(a_length_counts_utf_16_code_units)
{
	ck_assert_str_eq(TEXT("2:4\xe2\x82\xac"), "4\xe2\x82\xac");
	ck_assert_str_eq(TEXT("3:4\xf0\x9f\x98\x80"
			      "1:2"),
		"4\xf0\x9f\x98\x80 2");
	ck_assert_str_eq(TEXT("3:4\xc3\xa9x"), "4\xc3\xa9x");
}
END_TEST

/* engine.io.md 130 */
START_TEST(a_length_ends_between_two_characters)
{
	ck_assert_str_eq(TEXT("2:4\xf0\x9f\x98\x80"), "!");
	ck_assert_str_eq(TEXT("1:4\xe2\x82\xac"), "4 !");
}
END_TEST

/* engine.io.md 129 */
START_TEST(a_packet_of_length_0_says_nothing)
{
	ck_assert_str_eq(TEXT("0:"), "6");
	ck_assert_str_eq(TEXT("0:2:4a0:"), "6 4a 6");
	ck_assert_str_eq(BINARY(""), "6");
	ck_assert_str_eq(BINARY("\x00\x00\xff\x01\x00\xff"), "6 6");
}
END_TEST

/* engine.io.md 130, differences.md 14 */
START_TEST(what_does_not_add_up_is_no_payload)
{
	const char *bad[] = { "", "abc", ":4a", "5:4a", "+2:4a", "2.0:4a", " 2:4a", "-1:4", "2",
		"0x2:4a", "99999999999999999999999:4", "000000000000000000000X", "1:" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_str_eq(read_all(payload3_read, bad[i], strlen(bad[i])), "!");
	ck_assert_str_eq(TEXT("2:4a3"), "4a !");
	ck_assert_str_eq(TEXT("2:4abc"), "4a !");
}
END_TEST

START_TEST(what_is_counted_must_be_a_packet)
{
	ck_assert_str_eq(TEXT("1:7"), "!");
	ck_assert_str_eq(TEXT("1:x"), "!");
	ck_assert_str_eq(TEXT("2:4\xff"), "!");
	ck_assert_str_eq(TEXT("2:4\xe2\x82"), "!");
	ck_assert_str_eq(TEXT("2:4\x80\x80"), "!");
	ck_assert_str_eq(TEXT("2:4\xc0\x80"), "!");
}
END_TEST

/* engine.io.md 137 */
START_TEST(base64_stands_behind_b_and_a_type)
{
	ck_assert_str_eq(TEXT("6:b4AQI=2:4x"), "b40102 4x");
	ck_assert_str_eq(TEXT("10:b4AQIDBA=="), "b401020304");
	ck_assert_str_eq(TEXT("2:b4"), "b4");
	ck_assert_str_eq(TEXT("1:b"), "!");
	ck_assert_str_eq(TEXT("2:bA"), "!");
	ck_assert_str_eq(TEXT("4:b9AQ"), "!");
	ck_assert_str_eq(TEXT("4:b4%!"), "!");
}
END_TEST

/* engine.io.md 131, 132 */
START_TEST(a_binary_payload_says_kind_length_and_packet)
{
	ck_assert_str_eq(BINARY("\x00\x04\xff"
				"4\xe2\x82\xac\x01\x05\xff\x04\x01\x02\x03\x04"),
		"4\xe2\x82\xac b401020304");
	ck_assert_str_eq(BINARY("\x00\x01\x01\xff"
				"40123456789"),
		"40123456789");
	ck_assert_str_eq(BINARY("\x01\x01\xff\x04\x01\x01\xff\x02"), "b4 b2");
}
END_TEST

/* engine.io.md 134, differences.md 14 */
START_TEST(a_binary_payload_that_does_not_add_up_is_none)
{
	ck_assert_str_eq(BINARY("\x01\x03\xff\x04\x01"), "!");
	ck_assert_str_eq(BINARY("\x02\x02\xff\x04\x01"), "!");
	ck_assert_str_eq(BINARY("\x00\x0a\xff"
				"4"),
		"!");
	ck_assert_str_eq(BINARY("\x00\xff"
				"4"),
		"!");
	ck_assert_str_eq(BINARY("\x00\x01"), "!");
	ck_assert_str_eq(BINARY("\x00"), "!");
	ck_assert_str_eq(BINARY("\x00\x02\xff"
				"4a\x01"),
		"4a !");
	ck_assert_str_eq(BINARY("\x02\x02\xff"
				"4a"),
		"!");
	ck_assert_str_eq(BINARY("\x00\x00\x0a\xff"
				"4123456789"),
		"!");
	/* One more than 2 to the power of 64. */
	ck_assert_str_eq(BINARY("\x00\x01\x08\x04\x04\x06\x07\x04\x04\x00\x07\x03\x07\x00\x09\x05"
				"\x05\x01\x06\x01\x07\xff"
				"4"),
		"!");
	ck_assert_str_eq(BINARY("\x01\x02\xff\x09\x01"), "!");
	ck_assert_str_eq(BINARY("\x00\x02\xff"
				"4\xff"),
		"!");
	ck_assert_str_eq(BINARY("\x00\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09"
				"\x09\x09\x09\x09\x09\x09\x09\x09\xff"
				"4"),
		"!");
}
END_TEST

static bytes *block(const void *data, size_t len, uint8_t binary)
{
	bytes *b = bytes_copy(data, len);
	b->binary = binary;
	return b;
}

/* engine.io.md 128, 135 */
START_TEST(text_is_written_with_its_length_in_utf_16)
{
	bytes *b[] = { block("4\xe2\x82\xac", 4, 0), block("4\xf0\x9f\x98\x80", 5, 0),
		dress3_base64(block("\x01\x02", 2, 1)) };
	buf out = { 0 };
	for (size_t i = 0; i < 3; i++)
		payload3_write(&out, b[i]);
	ck_assert(span_is(buf_span(&out), SPAN("2:4\xe2\x82\xac"
					       "3:4\xf0\x9f\x98\x80"
					       "6:b4AQI=")));
	buf_free(&out);
	for (size_t i = 0; i < 3; i++)
		bytes_unref(b[i]);
}
END_TEST

/* engine.io.md 132 */
START_TEST(a_binary_payload_is_written_with_lengths_in_bytes)
{
	bytes *b[] = { block("4\xe2\x82\xac", 4, 0), dress3(block("\x01\x02\x03\x04", 4, 1)) };
	buf out = { 0 };
	for (size_t i = 0; i < 2; i++)
		payload3_binary_write(&out, b[i]);
	ck_assert(span_is(buf_span(&out), SPAN("\x00\x04\xff"
					       "4\xe2\x82\xac\x01\x05\xff\x04\x01\x02\x03\x04")));
	ck_assert_uint_le(buf_len(&out), payload3_size(b[0]) + payload3_size(b[1]));
	buf_free(&out);
	for (size_t i = 0; i < 2; i++)
		bytes_unref(b[i]);
}
END_TEST

START_TEST(long_lengths_have_all_their_digits)
{
	static char text[1234] = "4";
	memset(text + 1, 'x', sizeof text - 1);
	bytes *b = block(text, sizeof text, 0);
	buf out = { 0 };
	payload3_binary_write(&out, b);
	ck_assert_mem_eq(buf_data(&out), "\x00\x01\x02\x03\x04\xff", 6);
	ck_assert_uint_eq(buf_len(&out), 6 + sizeof text);
	buf_clear(&out);
	payload3_write(&out, b);
	ck_assert_mem_eq(buf_data(&out), "1234:4xxx", 9);
	buf_free(&out);
	bytes_unref(b);
}
END_TEST

/* What others hold a reference to is left alone. */
START_TEST(dressing_a_shared_block_makes_another)
{
	bytes *text = block("4a", 2, 0), *binary = block("\x01", 1, 1);
	ck_assert_ptr_eq(dress3(text), text);
	ck_assert_ptr_eq(dress3_base64(text), text);
	bytes *typed = dress3(bytes_ref(binary)), *base64 = dress3_base64(bytes_ref(binary));
	ck_assert_uint_eq(binary->refs, 1);
	ck_assert_uint_eq(binary->len, 1);
	ck_assert(typed->binary && typed->len == 2 && !memcmp(bytes_data(typed), "\x04\x01", 2));
	ck_assert(!base64->binary && base64->len == 6);
	ck_assert_mem_eq(bytes_data(base64), "b4AQ==", 6);
	bytes_unref(text);
	bytes_unref(binary);
	bytes_unref(typed);
	bytes_unref(base64);
}
END_TEST

/* engine.io.md 138 */
START_TEST(a_binary_frame_begins_with_its_type)
{
	packet p;
	unsigned char message[] = { 4, 1 }, ping[] = { 2 }, unknown[] = { 7, 1 };
	unsigned char base64[] = "b4AQ==", text[] = "4a";
	ck_assert(frame3_read(&p, message, 2, true));
	ck_assert(p.type == PACKET_MESSAGE && p.binary && span_is(p.data, SPAN("\x01")));
	ck_assert(frame3_read(&p, ping, 1, true) && p.type == PACKET_PING);
	ck_assert(frame3_read(&p, base64, 6, false));
	ck_assert(p.type == PACKET_MESSAGE && p.binary && span_is(p.data, SPAN("\x01")));
	ck_assert(frame3_read(&p, text, 2, false) && !p.binary && span_is(p.data, SPAN("a")));
	ck_assert(!frame3_read(&p, unknown, 2, true));
	ck_assert(!frame3_read(&p, unknown, 0, true));
	ck_assert(!frame3_read(&p, unknown, 0, false));
}
END_TEST

UNIT_MAIN("payload3", a_payload_is_a_row_of_lengths_and_packets, a_length_counts_utf_16_code_units,
	a_length_ends_between_two_characters, a_packet_of_length_0_says_nothing,
	what_does_not_add_up_is_no_payload, what_is_counted_must_be_a_packet,
	base64_stands_behind_b_and_a_type, a_binary_payload_says_kind_length_and_packet,
	a_binary_payload_that_does_not_add_up_is_none, text_is_written_with_its_length_in_utf_16,
	a_binary_payload_is_written_with_lengths_in_bytes, long_lengths_have_all_their_digits,
	dressing_a_shared_block_makes_another, a_binary_frame_begins_with_its_type)

/* SPDX-License-Identifier: MIT */
/* test_engine_packet - packets of Engine.IO and payloads of long-polling, both ways. */
#include "../../src/engine/dialect.h"
#include "../../src/engine/packet.h"
#include "../support/unit.h"
#include <stdio.h>

/* The packet as text: "4 hello", "4 b(0102)", or "error". */
static const char *reading_n(const char *text, size_t len)
{
	static char out[256];
	unsigned char *copy = malloc(len ? len : 1);
	packet p;
	memcpy(copy, text, len);
	if (!packet_read(&p, copy, len)) {
		free(copy);
		return "error";
	}
	int n = snprintf(out, sizeof out, "%d %s", p.type, p.binary ? "b(" : "");
	for (size_t i = 0; p.binary && i < p.data.len; i++)
		n += snprintf(out + n, sizeof out - (size_t)n, "%02x", (unsigned char)p.data.at[i]);
	snprintf(out + n, sizeof out - (size_t)n, "%.*s%s", p.binary ? 0 : (int)p.data.len,
		p.data.at, p.binary ? ")" : "");
	free(copy);
	return out;
}

static const char *reading(const char *text)
{
	return reading_n(text, strlen(text));
}

/* engine.io.md 38 and 39 */
START_TEST(a_packet_is_one_character_of_type_and_its_data)
{
	ck_assert_str_eq(reading("0{}"), "0 {}");
	ck_assert_str_eq(reading("1"), "1 ");
	ck_assert_str_eq(reading("2probe"), "2 probe");
	ck_assert_str_eq(reading("3"), "3 ");
	ck_assert_str_eq(reading("4hello"), "4 hello");
	ck_assert_str_eq(reading("5"), "5 ");
	ck_assert_str_eq(reading("6"), "6 ");
}
END_TEST

/* engine.io.md 38: the data may be empty, and may begin like a packet. */
START_TEST(data_of_a_packet_is_not_looked_at)
{
	ck_assert_str_eq(reading("4"), "4 ");
	ck_assert_str_eq(reading("44"), "4 4");
	ck_assert_str_eq(reading("4b!"), "4 b!");
}
END_TEST

/* engine.io.md 40 */
START_TEST(any_other_first_character_is_no_packet)
{
	for (int c = 0; c < 256; c++) {
		char text[2] = { (char)c, 'x' };
		if ((c >= '0' && c <= '6') || c == 'b')
			continue;
		ck_assert_str_eq(reading_n(text, 2), "error");
	}
	ck_assert_str_eq(reading(""), "error");
}
END_TEST

/* engine.io.md 41 */
START_TEST(b_begins_a_binary_message)
{
	ck_assert_str_eq(reading("bAQIDBA=="), "4 b(01020304)");
	ck_assert_str_eq(reading("b"), "4 b()");
}
END_TEST

/* engine.io.md 42 */
START_TEST(base64_is_read_in_both_alphabets_with_or_without_padding)
{
	ck_assert_str_eq(reading("b+/+/"), "4 b(fbffbf)");
	ck_assert_str_eq(reading("b-_-_"), "4 b(fbffbf)");
	ck_assert_str_eq(reading("bAQI="), "4 b(0102)");
	ck_assert_str_eq(reading("bAQI"), "4 b(0102)");
	ck_assert_str_eq(reading("bAQ"), "4 b(01)");
}
END_TEST

/* engine.io.md 43, differences.md 12 */
START_TEST(a_binary_packet_that_is_not_base64_is_no_packet)
{
	ck_assert_str_eq(reading("b!"), "error");
	ck_assert_str_eq(reading("bA"), "error");
	ck_assert_str_eq(reading("bAQID B"), "error");
	ck_assert_str_eq(reading("bAQ==AQ=="), "error");
}
END_TEST

/* engine.io.md 38 */
START_TEST(a_packet_is_written_as_its_type_and_data)
{
	bytes *b = packet_write(PACKET_MESSAGE, SPAN("hello"));
	bytes *empty = packet_write(PACKET_NOOP, (span){ NULL, 0 });

	ck_assert(span_is((span){ (char *)bytes_data(b), b->len }, SPAN("4hello")));
	ck_assert(span_is((span){ (char *)bytes_data(empty), empty->len }, SPAN("6")));
	ck_assert_int_eq(b->binary, 0);
	bytes_unref(b);
	bytes_unref(empty);
}
END_TEST

/* The packets of a payload up to the first that is none, as "4a|4b(01)|error". */
static const char *payload_n(const char *text, size_t len)
{
	static char out[512];
	unsigned char *copy = len ? malloc(len) : NULL, *at = copy;
	size_t left = len, n = 0;
	packet p;
	bool good = true;

	out[0] = '\0';
	if (len)
		memcpy(copy, text, len);
	for (bool first = true; good && (first || left); first = false) {
		good = payload4_read(&p, &at, &left);
		n += (size_t)snprintf(out + n, sizeof out - n, first ? "" : "|");
		if (good)
			n += (size_t)snprintf(out + n, sizeof out - n, "%d%s%.*s", p.type,
				p.binary ? "b:" : "", (int)p.data.len, p.data.at);
		else
			snprintf(out + n, sizeof out - n, "error");
	}
	free(copy);
	return out;
}

static const char *payload(const char *text)
{
	return payload_n(text, strlen(text));
}

/* engine.io.md 47 */
START_TEST(a_separator_stands_between_the_packets_of_a_payload)
{
	ck_assert_str_eq(payload("4a"), "4a");
	ck_assert_str_eq(payload("4a\x1e"
				 "4b\x1e"
				 "2"),
		"4a|4b|2");
}
END_TEST

/* engine.io.md 48 */
START_TEST(a_binary_message_in_a_payload_is_base64)
{
	ck_assert_str_eq(payload("4a\x1e"
				 "bSGk=\x1e"
				 "bSGk"),
		"4a|4b:Hi|4b:Hi");
}
END_TEST

/* engine.io.md 49 */
START_TEST(a_payload_is_read_up_to_the_first_packet_that_is_none)
{
	ck_assert_str_eq(payload("4a\x1ex\x1e"
				 "4b"),
		"4a|error");
	ck_assert_str_eq(payload("4a\x1e"
				 "b!\x1e"
				 "4b"),
		"4a|error");
}
END_TEST

/* engine.io.md 50 */
START_TEST(a_separator_with_nothing_beside_it_makes_an_empty_packet)
{
	ck_assert_str_eq(payload("4a\x1e"), "4a|error");
	ck_assert_str_eq(payload("4a\x1e\x1e"
				 "4b"),
		"4a|error");
	ck_assert_str_eq(payload("\x1e"
				 "4a"),
		"error");
	ck_assert_str_eq(payload("\x1e"), "error");
}
END_TEST

/* engine.io.md 51 */
START_TEST(an_empty_payload_has_no_packet)
{
	ck_assert_str_eq(payload(""), "error");
}
END_TEST

/* engine.io.md 52, differences.md 13: for every kind of packet. */
START_TEST(a_payload_must_be_utf_8)
{
	ck_assert_str_eq(payload("4\xe2\x82\xac"), "4\xe2\x82\xac");
	ck_assert_str_eq(payload("4a\x1e"
				 "4\xff"),
		"4a|error");
	ck_assert_str_eq(payload("4\xe2\x82\x1e"
				 "4a"),
		"error");
	ck_assert_str_eq(payload("6\xc0\x80"), "error");
	ck_assert_str_eq(payload_n("4a\0b", 4), "4a");
}
END_TEST

static buf written(bytes *const *blocks, size_t n)
{
	buf out = { 0 };
	for (size_t i = 0; i < n; i++)
		payload4_write(&out, blocks[i]);
	return out;
}

/* engine.io.md 44, 47 and 48 */
START_TEST(a_payload_is_written_with_separators_and_padded_base64)
{
	bytes *blocks[] = { bytes_copy("4a", 2), bytes_copy("\xfb\xff\xbf\xfb", 4),
		bytes_copy("", 0), bytes_copy("2", 1) };
	blocks[1]->binary = blocks[2]->binary = 1;
	buf out = written(blocks, 4);

	ck_assert(span_is(buf_span(&out), SPAN("4a\x1e"
					       "b+/+/+w==\x1e"
					       "b\x1e"
					       "2")));
	buf_free(&out);
	for (size_t i = 0; i < 4; i++)
		bytes_unref(blocks[i]);
}
END_TEST

START_TEST(the_size_of_a_packet_in_a_payload_is_never_too_small)
{
	for (size_t len = 0; len < 10; len++)
		for (uint8_t binary = 0; binary < 2; binary++) {
			bytes *b = bytes_copy("4123456789", len + 1 - binary);
			b->binary = binary;
			bytes *two[] = { b, b };
			buf out = written(two, 2);
			ck_assert_uint_le(buf_len(&out), 2 * payload4_size(b));
			buf_free(&out);
			bytes_unref(b);
		}
}
END_TEST

/* engine.io.md 20 and 22: a version is compared as text. */
START_TEST(versions_4_and_3_are_spoken)
{
	const char *others[] = { "", "5", "03", "04", "4 ", "44", "4.0" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ck_assert_ptr_null(dialect_for(span_of(others[i])));
	ck_assert_ptr_null(dialect_for((span){ NULL, 0 }));
	ck_assert_int_eq(dialect_for(SPAN("4"))->version, 4);
	ck_assert_int_eq(dialect_for(SPAN("3"))->version, 3);
}
END_TEST

UNIT_MAIN("engine_packet", a_packet_is_one_character_of_type_and_its_data,
	data_of_a_packet_is_not_looked_at, any_other_first_character_is_no_packet,
	b_begins_a_binary_message, base64_is_read_in_both_alphabets_with_or_without_padding,
	a_binary_packet_that_is_not_base64_is_no_packet, a_packet_is_written_as_its_type_and_data,
	a_separator_stands_between_the_packets_of_a_payload,
	a_binary_message_in_a_payload_is_base64,
	a_payload_is_read_up_to_the_first_packet_that_is_none,
	a_separator_with_nothing_beside_it_makes_an_empty_packet, an_empty_payload_has_no_packet,
	a_payload_must_be_utf_8, a_payload_is_written_with_separators_and_padded_base64,
	the_size_of_a_packet_in_a_payload_is_never_too_small, versions_4_and_3_are_spoken)

/* SPDX-License-Identifier: MIT */
/* UTF-8 whole and cut, base64 both ways, ids, numbers, URLs. */
#include "../../src/base/text.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include "../support/vectors.h"
#include <stdio.h>

/* ---- UTF-8 ---- */

static utf8_state fed_in_two(const char *at, size_t len, size_t cut)
{
	return utf8_feed(utf8_feed(UTF8_START, at, cut), at + cut, len - cut);
}

static utf8_state fed_byte_by_byte(const char *at, size_t len)
{
	utf8_state state = UTF8_START;
	for (size_t i = 0; i < len; i++)
		state = utf8_feed(state, at + i, 1);
	return state;
}

static void assert_utf8(const char *at, size_t len, bool good)
{
	ck_assert_msg(utf8_valid(at, len) == good, "%.*s", (int)len, at);
	utf8_state whole = utf8_feed(UTF8_START, at, len);
	ck_assert_uint_eq(fed_byte_by_byte(at, len), whole);
	for (size_t cut = 0; cut <= len; cut++)
		ck_assert_uint_eq(fed_in_two(at, len, cut), whole);
}

/* Behind each of several runs of ASCII, so that it meets every place of four words of eight bytes.
 */
static void assert_utf8_anywhere(const char *at, size_t len, bool good)
{
	char text[64];
	for (size_t before = 0; before < 34; before++) {
		memset(text, before % 2 ? 'a' : '1', sizeof text);
		memcpy(text + before, at, len);
		assert_utf8(text, before + len, good);
		assert_utf8(text, before + len + 20, good);
	}
}

START_TEST(text_of_every_length_of_character_is_valid)
{
	static const char *const good[] = { "", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
		"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf", "\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_utf8_anywhere(good[i], strlen(good[i]), true);
	assert_utf8_anywhere("\0", 1, true);
}
END_TEST

START_TEST(what_no_character_is_written_as_is_bad)
{
	static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80",
		"\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe",
		"\xc2\xc2", "\xe2\x82\x28", "\xe2\x28\xac", "\xf0\x9f\x98\xc0", "\xf0\x9f\x28\x80",
		"\xc3\xa9\xa9" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_utf8_anywhere(bad[i], strlen(bad[i]), false);
}
END_TEST

START_TEST(a_text_that_ends_inside_a_character_is_unfinished_not_bad)
{
	static const char *const cut[] = { "\xc3", "\xe2", "\xe2\x82", "\xf0", "\xf0\x9f",
		"\xf0\x9f\x98" };
	for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
		utf8_state state = utf8_feed(UTF8_START, cut[i], strlen(cut[i]));
		ck_assert_uint_ne(state, UTF8_BAD);
		ck_assert_uint_ne(state, UTF8_START);
		ck_assert(!utf8_valid(cut[i], strlen(cut[i])));
	}
}
END_TEST

START_TEST(a_bad_byte_is_told_at_once_and_for_ever)
{
	ck_assert_uint_eq(utf8_feed(UTF8_START, "\xed\xa0", 2), UTF8_BAD);
	ck_assert_uint_eq(utf8_feed(UTF8_START, "\xf4\x90", 2), UTF8_BAD);
	ck_assert_uint_eq(utf8_feed(UTF8_BAD, "plain", 5), UTF8_BAD);
	ck_assert_uint_eq(utf8_feed(UTF8_BAD, NULL, 0), UTF8_BAD);
}
END_TEST

/* A second, slow decoder that follows the definition: decode, then judge the number. */
static bool defined_valid(const unsigned char *p, size_t len)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	for (size_t i = 0, n; i < len; i += n) {
		n = p[i] < 0x80       ? 1
		    : p[i] >> 5 == 6  ? 2
		    : p[i] >> 4 == 14 ? 3
		    : p[i] >> 3 == 30 ? 4
				      : 0;
		if (n == 0 || len - i < n)
			return false;
		uint32_t c = n == 1 ? p[i] : p[i] & (0x7fu >> n);
		for (size_t k = 1; k < n; k++) {
			if (p[i + k] >> 6 != 2)
				return false;
			c = c << 6 | (p[i + k] & 63);
		}
		if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
	}
	return true;
}

START_TEST(every_start_of_three_bytes_is_judged_as_defined)
{
	size_t wrong = 0;
	for (uint32_t n = 0; n < 1u << 24; n++) {
		unsigned char text[4] = { (unsigned char)(n >> 16), (unsigned char)(n >> 8),
			(unsigned char)n, 0x80 };
		wrong += utf8_valid(text, 4) != defined_valid(text, 4);
		wrong += utf8_valid(text, 3) != defined_valid(text, 3);
	}
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(utf16_counts_as_javascript_does)
{
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
	ck_assert_uint_eq(utf16_length(text, 11), 6);
	ck_assert_uint_eq(utf16_length("", 0), 0);
	ck_assert_uint_eq(utf16_length(NULL, 0), 0);
	char many[15 * 20];
	for (size_t i = 0; i < sizeof many; i++)
		many[i] = text[1 + i % 9];
	for (size_t n = 0; n < sizeof many / 9; n++)
		ck_assert_uint_eq(utf16_length(many, n * 9), n * 4);
}
END_TEST

/* ---- Files of tests/vectors/text: good-* is valid UTF-8, bad-* is not ---- */

static void judge(const char *name, char *content, size_t len)
{
	bool good = vector_is_good(name);
	ck_assert_msg(utf8_valid(content, len) == good, "%s", name);
	assert_utf8(content, len, good);
}

START_TEST(named_texts_are_judged_by_their_names)
{
	vectors_judge("text", 20, judge);
}
END_TEST

/* ---- base64 ---- */

static void assert_encodes(const char *plain, const char *encoded)
{
	char out[32];
	size_t len = base64_encoded_len(strlen(plain));
	base64_encode(out, plain, strlen(plain));
	ck_assert_uint_eq(len, strlen(encoded));
	ck_assert_mem_eq(out, encoded, len);
}

/* The examples of RFC 4648 section 10. */
START_TEST(the_standards_examples_encode)
{
	assert_encodes("", "");
	assert_encodes("f", "Zg==");
	assert_encodes("fo", "Zm8=");
	assert_encodes("foo", "Zm9v");
	assert_encodes("foob", "Zm9vYg==");
	assert_encodes("fooba", "Zm9vYmE=");
	assert_encodes("foobar", "Zm9vYmFy");
}
END_TEST

static void fill(unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (unsigned char)rand();
}

static void assert_decodes(span text, const unsigned char *data, size_t len)
{
	unsigned char out[80];
	ck_assert_int_eq(base64_decode(out, text), (long)len);
	ck_assert_mem_eq(out, data, len);
}

START_TEST(every_length_survives_with_and_without_padding)
{
	srand(1);
	for (size_t len = 0; len <= 64; len++) {
		unsigned char data[64];
		char text[88];
		fill(data, len);
		size_t n = base64_encoded_len(len);
		base64_encode(text, data, len);
		assert_decodes((span){ text, n }, data, len);
		assert_decodes((span){ text, (len * 8 + 5) / 6 }, data, len);
		ck_assert_int_eq(
			base64_decode((unsigned char *)text, (span){ text, n }), (long)len);
		ck_assert_mem_eq(text, data, len);
	}
}
END_TEST

START_TEST(encoding_writes_exactly_what_it_says)
{
	for (size_t len = 0; len <= 64; len++) {
		unsigned char data[64] = { 0 };
		char text[90];
		memset(text, '#', sizeof text);
		base64_encode(text, data, len);
		ck_assert_ptr_eq(memchr(text, '#', sizeof text), text + base64_encoded_len(len));
	}
}
END_TEST

START_TEST(both_alphabets_are_read)
{
	assert_decodes(SPAN("-_-_"), (const unsigned char *)"\xfb\xff\xbf", 3);
	assert_decodes(SPAN("+/+/"), (const unsigned char *)"\xfb\xff\xbf", 3);
}
END_TEST

START_TEST(what_is_not_base64_is_refused)
{
	static const char *const bad[] = { "A", "AAAAA", "=",
		"==", "====", "A=", "A==", "A===", "AA=", "AAA==", "AAAA=", "AAAA==", "AA=A",
		"A=AA", "AA AA", "AAA\n", "AA*A", "AAA.", "Zm9v Yg==", "\303\251AA" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		unsigned char out[16];
		ck_assert_msg(base64_decode(out, span_of(bad[i])) == -1, "%s", bad[i]);
	}
}
END_TEST

START_TEST(each_character_is_in_the_alphabet_or_refused)
{
	static const char known[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
	for (int c = 0; c < 256; c++) {
		char text[4] = { 'A', 'A', (char)c, 'A' };
		unsigned char out[6];
		bool good = c != 0 && strchr(known, c);
		ck_assert_int_eq(base64_decode(out, (span){ text, 4 }), good ? 3 : -1);
	}
}
END_TEST

/* ---- Ids ---- */

START_TEST(ids_are_twenty_safe_characters_and_differ)
{
	char ids[100][ID_LEN + 1];
	for (size_t i = 0; i < 100; i++) {
		random_id(ids[i]);
		ck_assert_uint_eq(strlen(ids[i]), ID_LEN);
		ck_assert_uint_eq(
			strspn(ids[i],
				"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
			ID_LEN);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(ids[i], ids[k]);
	}
}
END_TEST

START_TEST(every_place_of_an_id_varies)
{
	char first[ID_LEN + 1], id[ID_LEN + 1];
	bool varied[ID_LEN] = { false };
	random_id(first);
	for (int i = 0; i < 200; i++) {
		random_id(id);
		for (size_t k = 0; k < ID_LEN; k++)
			varied[k] |= id[k] != first[k];
	}
	for (size_t k = 0; k < ID_LEN; k++)
		ck_assert(varied[k]);
}
END_TEST

START_TEST(many_random_bytes_are_filled_to_the_last)
{
	size_t len = 70000, zeros = 0;
	unsigned char *data = calloc(len, 1);
	random_bytes(data, len);
	for (size_t i = len - 4096; i < len; i++)
		zeros += data[i] == 0;
	free(data);
	ck_assert_uint_lt(zeros, 100);
}
END_TEST

/* ---- Numbers ---- */

static void assert_no_uint(const char *text, uint64_t max)
{
	uint64_t n = 77;
	ck_assert_msg(!parse_uint(span_of(text), max, &n), "%s", text);
	ck_assert_uint_eq(n, 77);
}

START_TEST(digits_up_to_the_maximum_are_a_number)
{
	uint64_t n;
	ck_assert(parse_uint(SPAN("0"), 0, &n) && n == 0);
	ck_assert(parse_uint(SPAN("007"), 7, &n) && n == 7);
	ck_assert(parse_uint(SPAN("65535"), 65535, &n) && n == 65535);
	ck_assert(parse_uint(SPAN("18446744073709551615"), UINT64_MAX, &n) && n == UINT64_MAX);
}
END_TEST

START_TEST(anything_else_is_no_number)
{
	assert_no_uint("", 10);
	assert_no_uint("-1", 10);
	assert_no_uint("+1", 10);
	assert_no_uint(" 1", 10);
	assert_no_uint("1 ", 10);
	assert_no_uint("1/", 100);
	assert_no_uint("1:", 100);
	assert_no_uint("1", 0);
	assert_no_uint("9", 5);
	assert_no_uint("65536", 65535);
	assert_no_uint("18446744073709551616", UINT64_MAX);
	assert_no_uint("99999999999999999999999", UINT64_MAX);
}
END_TEST

/* ---- URLs ---- */

static void assert_url(const char *text, bool plus, span expected)
{
	buf b = { 0 };
	ck_assert(url_decode(&b, span_of(text), plus));
	ck_assert(span_is(buf_span(&b), expected));
	buf_free(&b);
}

START_TEST(escapes_become_bytes)
{
	assert_url("", false, SPAN(""));
	assert_url("plain", false, SPAN("plain"));
	assert_url("%41%c3%A9%2f%00x", false, SPAN("A\xc3\xa9/\0x"));
	assert_url("a+b%2B", false, SPAN("a+b+"));
	assert_url("a+b%2B", true, SPAN("a b+"));
	assert_url("%25%34%31", false, SPAN("%41"));
}
END_TEST

START_TEST(a_broken_escape_appends_nothing)
{
	static const char *const bad[] = { "%", "a%", "a%4", "%4g", "%g4", "%%41", "ok%41%", "% 4",
		"%-1", "%+1" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		buf b = { 0 };
		buf_add_text(&b, "kept");
		char text[16] = { 0 };
		size_t len = strlen(bad[i]);
		memcpy(text, bad[i], len);
		text[len] = '1'; /* a digit behind the end must not complete the escape */
		ck_assert_msg(!url_decode(&b, (span){ text, len }, false), "%s", bad[i]);
		ck_assert(span_is(buf_span(&b), SPAN("kept")));
		ck_assert(!b.failed);
		buf_free(&b);
	}
}
END_TEST

START_TEST(a_limit_counts_what_is_decoded)
{
	buf b = { .limit = 2 };
	ck_assert(url_decode(&b, SPAN("%41%42"), false));
	ck_assert(!url_decode(&b, SPAN("c"), false));
	ck_assert(span_is(buf_span(&b), SPAN("AB")));
	buf_free(&b);
}
END_TEST

START_TEST(decoding_without_memory_fails)
{
	buf b = { 0 };
	failing_malloc_after(0);
	bool decoded = url_decode(&b, SPAN("a"), false);
	ck_assert(failing_malloc_off());
	ck_assert(!decoded);
	buf_free(&b);
}
END_TEST

static void assert_query(const char *query, const char *key, const char *expected)
{
	span value;
	bool found = query_find(span_of(query), span_of(key), &value);
	ck_assert_msg(found == (expected != NULL), "%s in %s", key, query);
	if (expected)
		ck_assert_msg(span_is(value, span_of(expected)), "%s in %s", key, query);
}

START_TEST(a_query_gives_the_last_value_of_a_key)
{
	assert_query("EIO=4&transport=polling&sid=abc", "EIO", "4");
	assert_query("EIO=4&transport=polling&sid=abc", "transport", "polling");
	assert_query("EIO=4&transport=polling&sid=abc", "sid", "abc");
	assert_query("a=1&a=2", "a", "2");
	assert_query("a=b=c&d", "a", "b=c");
	assert_query("x&b64&y", "b64", "");
	assert_query("a=&b=1", "a", "");
	assert_query("a=%41+", "a", "%41+");
	assert_query("&&a=1&", "a", "1");
	assert_query("%61=1", "a", "1");
	assert_query("s%69d=1&%73id=2", "sid", "2");
}
END_TEST

START_TEST(a_key_that_is_not_there_is_not_found)
{
	assert_query("", "a", NULL);
	assert_query("ab=1&ba=2", "a", NULL);
	assert_query("ab=1&ba=2", "b", NULL);
	assert_query("x=a&y=a=1", "a", NULL);
	assert_query("A=1", "a", NULL);
	assert_query("%6=1", "a", NULL);
	assert_query("%61b=1", "a", NULL);
	assert_query("a=1", "a=", NULL);
}
END_TEST

START_TEST(letters_are_equal_in_either_case_and_nothing_else)
{
	ck_assert(span_is_nocase(SPAN("Content-Length"), SPAN("content-LENGTH")));
	ck_assert(span_is_nocase(SPAN(""), (span){ NULL, 0 }));
	ck_assert(!span_is_nocase(SPAN("ab"), SPAN("abc")));
	for (int c = 0; c < 128; c++) {
		char a = (char)c, flipped = (char)(c ^ 0x20);
		bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
		ck_assert_int_eq(span_is_nocase((span){ &a, 1 }, (span){ &flipped, 1 }), letter);
	}
}
END_TEST

UNIT_MAIN("text", text_of_every_length_of_character_is_valid,
	what_no_character_is_written_as_is_bad,
	a_text_that_ends_inside_a_character_is_unfinished_not_bad,
	a_bad_byte_is_told_at_once_and_for_ever, every_start_of_three_bytes_is_judged_as_defined,
	utf16_counts_as_javascript_does, named_texts_are_judged_by_their_names,
	the_standards_examples_encode, every_length_survives_with_and_without_padding,
	encoding_writes_exactly_what_it_says, both_alphabets_are_read,
	what_is_not_base64_is_refused, each_character_is_in_the_alphabet_or_refused,
	ids_are_twenty_safe_characters_and_differ, every_place_of_an_id_varies,
	many_random_bytes_are_filled_to_the_last, digits_up_to_the_maximum_are_a_number,
	anything_else_is_no_number, escapes_become_bytes, a_broken_escape_appends_nothing,
	a_limit_counts_what_is_decoded, decoding_without_memory_fails,
	a_query_gives_the_last_value_of_a_key, a_key_that_is_not_there_is_not_found,
	letters_are_equal_in_either_case_and_nothing_else)

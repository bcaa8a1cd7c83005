/* SPDX-License-Identifier: MIT */
/*
 * Where JSON ends and whether it is JSON: named files, a list of tricky texts whose verdicts were
 * checked against JSON.parse, nesting, and the walk over an array.
 */
#include "../../src/base/json_scan.h"
#include "../support/unit.h"
#include "../support/vectors.h"
#include <stdio.h>

enum { DEPTH = 1000 };

/* Copies to a block of exactly the length, so that the sanitizer sees a read beyond the end. */
static size_t scan_exactly(span text, unsigned max_depth)
{
	char *copy = malloc(text.len ? text.len : 1);
	memcpy(copy, text.at ? text.at : "", text.len);
	size_t len = json_scan_value((span){ copy, text.len }, max_depth);
	free(copy);
	return len;
}

/* What JSON.parse judges: one value, white space around it, and nothing else. */
static bool is_json(span text)
{
	size_t before = json_scan_space(text);
	span rest = { text.at + before, text.len - before };
	size_t len = scan_exactly(rest, DEPTH);
	if (len == 0)
		return false;
	span after = { rest.at + len, rest.len - len };
	return json_scan_space(after) == after.len;
}

/* ---- Files of tests/vectors/json_scan ---- */

static void judge(const char *name, char *content, size_t len)
{
	ck_assert_msg(is_json((span){ content, len }) == vector_is_good(name), "%s", name);
}

START_TEST(named_texts_are_judged_by_their_names)
{
	vectors_judge("json_scan", 100, judge);
}
END_TEST

/* ---- Tricky texts ---- */

static const char *const accepted[] = { "0", "-0", "0.0", "-0.0", "0e0", "0E-0", "-0e+00", "1e0010",
	"10", "100.001", "1.5E+10", "9007199254740993", "1e-999", "\"\"", "\" \"", "\"'\"",
	"\"\\/\"", "\"/\"", "\"\\u0000\\uFFFF\\uffff\"", "\"\\ud800\"", "\"\\udc00\\ud800\"",
	"\"\\\\\"", "\"\\\\\\\"\"", "\"\\\\\\\\\"", "\"\\u005c\"", "\"\\u0022\"", "\"//\"",
	"\"/* */\"", "\"\x7f\"", "\"\xe2\x80\xa8\xe2\x80\xa9\"", "\"\xef\xbb\xbf\"", "[[]]", "[{}]",
	"{\"\":{}}", "{\"a\":[]}", "[0]", "[-1]", "[\"]\"]", "[\"[\"]", "{\"}\":\"{\"}",
	"[null,true,false]", "[\"\",\"\",\"\"]", "[ ]", "{ }", "[\t]", "{\r\n}", "[1\n]", "[\n1]",
	"[1 ,2]", "[1, 2]", "{\"a\" :1}", "{\"a\": 1}", "{ \"a\":1}", "{\"a\":1 }",
	"{\"a\":1 ,\"b\":2}", "{\"a\":1, \"b\":2}", "{\"a\\\"\":1}", "{\"a:\":\":\"}", " 1", "1 ",
	"\n1\n", "\t\"a\"\t", " [] ", "\r{}\r", "{\"a\":1,\"a\":1}", "[[],[[]],[[[]]]]",
	"{\"a\":{\"b\":{\"c\":{}}}}", "[{\"a\":[{\"b\":[]}]}]", "[1e1,1E1]", "[0,0]", "[0.1,0]",
	"[0e1,0]", "{\"a\":0,\"b\":-0}", "true ", "[true ]", "[ null]" };

static const char *const refused[] = { "", " ", "00", "-", "-a", "- 1", "-00", "-01", "0.", "0.e1",
	"0e", "0e+", "0e-", "0ee1", "0e1.0", "0e+-1", "1..2", "1.2.3", "1.-1", "1,2", "1_000", "1n",
	"0x", "0b1", "0o7", "+0", ".1", "e1", "1 e1", "1e 1", "\"", "\"\\", "\"\\\"", "\"\\u",
	"\"\\u\"", "\"\\u1\"", "\"\\u12\"", "\"\\u123\"", "\"\\u 123\"", "\"\\u+123\"",
	"\"\\u12g4\"", "\"\\u123:\"", "\"\\u123@\"", "\"\\u123`\"", "\"\\u123/\"", "\"\\a\"",
	"\"\\v\"", "\"\\0\"", "\"\\'\"", "\"\\ \"", "\"\\\n\"", "\"\\B\"", "\"\\N\"", "\"\\\x7f\"",
	"\"\\\xc3\xa9\"", "\"\n\"", "\"\x01\"", "\"\x1f\"", "\"1234567\n\"", "\"12345678\n\"",
	"\"a\"b", "\"a\"\"b\"", "'", "''", "[", "]", "{", "}", "[}", "{]", "[]]", "[[]", "{}}",
	"{{}", "{{}}", "[,", "[,]", "[1,", "[1,]", "[1,,1]", "[1;1]", "[1\"\"]", "[\"\"1]",
	"[\"\"\"\"]", "[[][]]", "[{}{}]", "[] []", "[],[]", "[1:1]", "{,}", "{:}", "{1}", "{1:1}",
	"{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
	"{\"a\":1,,\"b\":1}", "{\"a\":1 \"b\":1}", "{\"a\":1;\"b\":1}", "{\"a\",\"b\"}",
	"{\"a\":\"b\":\"c\"}", "{\"a\" \"b\"}", "{\"a\"=1}", "{\"a\":1]", "[\"a\":1]", "{a:1}",
	"{'a':1}", "{null:1}", "{[]:1}", "{\"a\":[}", "{\"a\":{]}", "[{\"a\":1]}", "t", "tr", "tru",
	"truE", "TRUE", "true1", "truetrue", "true false", "f", "fals", "falsy", "n", "nul", "nulL",
	"none", "nil", "nan", "NaN", "-NaN", "inf", "-Infinity", "undefined", "void", "[true",
	"[nul]", "[tru,1]", "//", "/**/", "1//", "1/**/", "[1/*,*/]", "#", "1#", "\\u0031", "\\",
	"\x0b"
	"1",
	"1\x0c",
	"\xc2\xa0"
	"1",
	"1\xe2\x80\xa8", "\xef\xbb\xbf[]", "\x7f", "\x80", "\xff", "!0", "(1)", "[(1)]", "~1", "$",
	"_", "@", "%", "&", "=", "?", "<", ">", "|", ";", ":", ",", ".", "*" };

START_TEST(what_json_parse_accepts_is_accepted)
{
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
		ck_assert_msg(is_json(span_of(accepted[i])), "%s", accepted[i]);
}
END_TEST

START_TEST(what_json_parse_refuses_is_refused)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		ck_assert_msg(!is_json(span_of(refused[i])), "%s", refused[i]);
	ck_assert(!is_json(SPAN("1\0")));
	ck_assert(!is_json(SPAN("\0")));
	ck_assert(!is_json(SPAN("\"\0\"")));
	ck_assert(!is_json(SPAN("[1\0]")));
}
END_TEST

/* Only numbers, words and spaces may be whole before their text is. */
START_TEST(no_bracket_or_string_is_whole_before_its_end)
{
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
		span text = span_of(accepted[i]);
		if (text.at[0] != '[' && text.at[0] != '{' && text.at[0] != '"')
			continue;
		size_t whole = scan_exactly(text, DEPTH);
		for (size_t cut = 0; cut < whole; cut++)
			ck_assert_uint_eq(scan_exactly((span){ text.at, cut }, DEPTH), 0);
	}
}
END_TEST

START_TEST(a_value_ends_where_it_ends)
{
	ck_assert_uint_eq(json_scan_value(SPAN("[1] ,2"), 9), 3);
	ck_assert_uint_eq(json_scan_value(SPAN("\"a\\\"b\"c"), 9), 6);
	ck_assert_uint_eq(json_scan_value(SPAN("12,3"), 9), 2);
	ck_assert_uint_eq(json_scan_value(SPAN("-1.5e3]"), 9), 6);
	ck_assert_uint_eq(json_scan_value(SPAN("true}"), 9), 4);
	ck_assert_uint_eq(json_scan_value(SPAN("{}{}"), 9), 2);
}
END_TEST

START_TEST(a_number_that_runs_on_into_another_is_no_value)
{
	ck_assert_uint_eq(json_scan_value(SPAN("01"), 9), 0);
	ck_assert_uint_eq(json_scan_value(SPAN("-00"), 9), 0);
	ck_assert_uint_eq(json_scan_value(SPAN("1."), 9), 0);
	ck_assert_uint_eq(json_scan_value(SPAN("1.,"), 9), 0);
	ck_assert_uint_eq(json_scan_value(SPAN("1e]"), 9), 0);
}
END_TEST

START_TEST(a_value_does_not_begin_with_space_and_nothing_is_none)
{
	ck_assert_uint_eq(json_scan_value(SPAN(" 1"), 9), 0);
	ck_assert_uint_eq(json_scan_value((span){ NULL, 0 }, 9), 0);
	ck_assert_uint_eq(json_scan_space((span){ NULL, 0 }), 0);
	ck_assert_uint_eq(json_scan_space(SPAN(" \t\r\n\x0b ")), 4);
	ck_assert_uint_eq(json_scan_space(SPAN("  ")), 2);
}
END_TEST

/* A quote, an escape or a control character at each place of two words of eight bytes. */
START_TEST(strings_of_every_length_are_read_to_their_quote)
{
	for (size_t n = 0; n < 40; n++) {
		char text[64];
		memset(text, '\xc3', sizeof text);
		text[0] = text[n + 1] = '"';
		ck_assert_uint_eq(scan_exactly((span){ text, n + 2 }, 1), n + 2);
		ck_assert_uint_eq(scan_exactly((span){ text, sizeof text }, 1), n + 2);
		ck_assert_uint_eq(scan_exactly((span){ text, n + 1 }, 1), 0);
		memcpy(text + n + 1, "\\n\"", 3);
		ck_assert_uint_eq(scan_exactly((span){ text, sizeof text }, 1), n + 4);
		text[n + 1] = '\x1f';
		ck_assert_uint_eq(scan_exactly((span){ text, sizeof text }, 1), 0);
	}
}
END_TEST

START_TEST(each_byte_in_a_string_is_plain_or_not)
{
	for (int c = 0; c < 256; c++) {
		for (size_t at = 1; at < 18; at++) {
			char text[20];
			memset(text, 'x', sizeof text);
			text[0] = text[19] = '"';
			text[at] = (char)c;
			size_t expected = c == '"' ? at + 1 : c < ' ' || c == '\\' ? 0 : 20;
			ck_assert_uint_eq(scan_exactly((span){ text, 20 }, 1), expected);
		}
	}
}
END_TEST

/* ---- Nesting ---- */

/* Opens `depth` brackets, objects where a bit of the pattern says so, and closes them again. */
static span nested(char *text, unsigned depth, unsigned pattern)
{
	char *p = text;
	for (unsigned i = 0; i < depth; i++) {
		if (pattern >> i % 7 & 1)
			p = memcpy(p, "{\"\":", 4), p += 4;
		else
			*p++ = '[';
	}
	*p++ = '1';
	for (unsigned i = depth; i-- > 0;)
		*p++ = pattern >> i % 7 & 1 ? '}' : ']';
	return (span){ text, (size_t)(p - text) };
}

START_TEST(nesting_is_followed_through_every_block_of_bits)
{
	static char text[5 * 300 + 1];
	for (unsigned depth = 1; depth < 300; depth++) {
		span s = nested(text, depth, 0x35 + depth);
		ck_assert_uint_eq(json_scan_value(s, depth), s.len);
		ck_assert_uint_eq(json_scan_value(s, depth - 1), 0);
		char *last = &text[s.len - 1 - depth / 2];
		*last ^= ']' ^ '}';
		ck_assert_uint_eq(json_scan_value(s, depth), 0);
	}
}
END_TEST

START_TEST(depth_counts_open_brackets_not_all_brackets)
{
	ck_assert_uint_eq(json_scan_value(SPAN("1"), 0), 1);
	ck_assert_uint_eq(json_scan_value(SPAN("[]"), 0), 0);
	ck_assert_uint_eq(json_scan_value(SPAN("[]"), 1), 2);
	ck_assert_uint_eq(json_scan_value(SPAN("[[]]"), 1), 0);
	ck_assert_uint_eq(json_scan_value(SPAN("[[],{},[],{}]"), 2), 13);
	ck_assert_uint_eq(json_scan_value(SPAN("{\"a\":{}}"), 1), 0);
}
END_TEST

START_TEST(the_depth_limit_itself_can_be_reached_and_not_passed)
{
	unsigned depth = JSON_DEPTH_LIMIT;
	char *text = malloc(5 * (size_t)depth + 10);
	span s = nested(text, depth, 0x2d);
	ck_assert_uint_eq(json_scan_value(s, depth), s.len);
	ck_assert_uint_eq(json_scan_value(s, depth - 1), 0);
	s = nested(text, depth + 1, 0x2d);
	ck_assert_uint_eq(json_scan_value(s, UINT32_MAX), 0);
	free(text);
}
END_TEST

/* ---- Walking ---- */

/* The items joined by '|', then '.' for the end or '!' for bad. */
static const char *walked(span text, unsigned max_depth)
{
	static char out[128];
	json_walk w;
	span item;
	json_step step;
	size_t n = 0;
	if (!json_walk_begin(&w, text, max_depth))
		return "no array";
	while ((step = json_walk_next(&w, &item)) == JSON_ITEM) {
		memcpy(out + n, item.at, item.len);
		n += item.len;
		out[n++] = '|';
	}
	out[n++] = step == JSON_END ? '.' : '!';
	out[n] = '\0';
	ck_assert_int_eq(json_walk_next(&w, &item), JSON_BAD);
	return out;
}

START_TEST(a_walk_gives_each_element_without_the_space_around_it)
{
	ck_assert_str_eq(walked(SPAN("[]"), 9), ".");
	ck_assert_str_eq(walked(SPAN("[ ] "), 9), ".");
	ck_assert_str_eq(walked(SPAN("[1]"), 9), "1|.");
	ck_assert_str_eq(walked(SPAN("[\"chat\",{\"a\":[1,2]},[],null]"), 9),
		"\"chat\"|{\"a\":[1,2]}|[]|null|.");
	ck_assert_str_eq(walked(SPAN("[ 1 ,\t\"],\"\n,\r{ } ] \n"), 9), "1|\"],\"|{ }|.");
}
END_TEST

START_TEST(a_walk_says_bad_where_the_array_is)
{
	ck_assert_str_eq(walked(SPAN("["), 9), "!");
	ck_assert_str_eq(walked(SPAN("[,]"), 9), "!");
	ck_assert_str_eq(walked(SPAN("[,1]"), 9), "!");
	ck_assert_str_eq(walked(SPAN("[1"), 9), "1|!");
	ck_assert_str_eq(walked(SPAN("[1,"), 9), "1|!");
	ck_assert_str_eq(walked(SPAN("[1,]"), 9), "1|!");
	ck_assert_str_eq(walked(SPAN("[1,,2]"), 9), "1|!");
	ck_assert_str_eq(walked(SPAN("[1 2]"), 9), "1|!");
	ck_assert_str_eq(walked(SPAN("[1}"), 9), "1|!");
	ck_assert_str_eq(walked(SPAN("[1,tru]"), 9), "1|!");
	ck_assert_str_eq(walked(SPAN("[1]x"), 9), "1|!");
	ck_assert_str_eq(walked(SPAN("[1]]"), 9), "1|!");
	ck_assert_str_eq(walked(SPAN("[1] []"), 9), "1|!");
}
END_TEST

START_TEST(only_an_array_can_be_walked)
{
	ck_assert_str_eq(walked(SPAN(""), 9), "no array");
	ck_assert_str_eq(walked((span){ NULL, 0 }, 9), "no array");
	ck_assert_str_eq(walked(SPAN("{}"), 9), "no array");
	ck_assert_str_eq(walked(SPAN(" []"), 9), "no array");
	ck_assert_str_eq(walked(SPAN("[]"), 0), "no array");
}
END_TEST

START_TEST(a_walk_counts_its_array_as_one_level)
{
	ck_assert_str_eq(walked(SPAN("[1]"), 1), "1|.");
	ck_assert_str_eq(walked(SPAN("[[]]"), 1), "!");
	ck_assert_str_eq(walked(SPAN("[[]]"), 2), "[]|.");
}
END_TEST

/* A walk accepts what the scan of the whole accepts. */
START_TEST(walk_and_scan_agree_on_every_array)
{
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
		if (accepted[i][0] == '[')
			ck_assert_int_eq(walked(span_of(accepted[i]), 9)[0] == '!', 0);
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		if (refused[i][0] == '[')
			ck_assert_ptr_nonnull(strchr(walked(span_of(refused[i]), 9), '!'));
	}
}
END_TEST

UNIT_MAIN("json_scan", named_texts_are_judged_by_their_names, what_json_parse_accepts_is_accepted,
	what_json_parse_refuses_is_refused, no_bracket_or_string_is_whole_before_its_end,
	a_value_ends_where_it_ends, a_number_that_runs_on_into_another_is_no_value,
	a_value_does_not_begin_with_space_and_nothing_is_none,
	strings_of_every_length_are_read_to_their_quote, each_byte_in_a_string_is_plain_or_not,
	nesting_is_followed_through_every_block_of_bits,
	depth_counts_open_brackets_not_all_brackets,
	the_depth_limit_itself_can_be_reached_and_not_passed,
	a_walk_gives_each_element_without_the_space_around_it, a_walk_says_bad_where_the_array_is,
	only_an_array_can_be_walked, a_walk_counts_its_array_as_one_level,
	walk_and_scan_agree_on_every_array)

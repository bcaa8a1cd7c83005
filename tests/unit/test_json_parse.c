/* SPDX-License-Identifier: MIT */
/* Reading JSON: what is accepted, what the tree holds of it, and that nothing is lost or leaked. */
#include "../../src/socketio/json.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

static cJSON *parse(const char *text)
{
	return json_parse(span_of(text), 100);
}

static void assert_refused(const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cJSON *tree = parse(texts[i]);
		ck_assert_msg(!tree, "accepted: %s", texts[i]);
	}
}
#define ASSERT_REFUSED(...)                                                                        \
	assert_refused((const char *const[]){ __VA_ARGS__ },                                       \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* The whole tree, written by cJSON itself, which is right about plain values. */
static void assert_reads(const char *text, const char *expected)
{
	cJSON *tree = parse(text);
	ck_assert_msg(tree != NULL, "refused: %s", text);
	char *printed = cJSON_PrintUnformatted(tree);
	ck_assert_str_eq(printed, expected);
	cJSON_free(printed);
	json_free(tree);
}

static void assert_string(const char *text, const char *expected)
{
	cJSON *tree = parse(text);
	ck_assert_str_eq(cJSON_GetStringValue(tree), expected);
	json_free(tree);
}

static double number(const char *text)
{
	cJSON *tree = parse(text);
	double value = cJSON_GetNumberValue(tree);
	json_free(tree);
	return value;
}

/* json.md 1: white space around the value, and nothing else. */
START_TEST(a_text_is_one_value_with_white_space_around_it)
{
	assert_reads(" \t\r\n[ 1 , { \"a\" : [ ] } ]\n", "[1,{\"a\":[]}]");
	ASSERT_REFUSED("", " ", "1 2", "[]]", "[] x", "\f1", "\v1",
		"\xC2\xA0"
		"1",
		"\xEF\xBB\xBF"
		"1");
}
END_TEST

START_TEST(bytes_behind_the_length_are_not_read)
{
	cJSON *tree = json_parse((span){ "12345", 2 }, 0);
	ck_assert_double_eq(cJSON_GetNumberValue(tree), 12);
	json_free(tree);
	ck_assert_ptr_null(json_parse((span){ "\"ab\"", 3 }, 0));
	ck_assert_ptr_null(json_parse((span){ "true", 3 }, 0));
	ck_assert_ptr_null(json_parse((span){ "1\0", 2 }, 0));
}
END_TEST

/* json.md 2: three words in lower case. */
START_TEST(words_are_exactly_true_false_and_null)
{
	assert_reads("[true,false,null]", "[true,false,null]");
	ASSERT_REFUSED("True", "tru", "nul", "falsy", "undefined", "NaN", "Infinity", "truee");
}
END_TEST

/* json.md 3, 4: commas between values only, keys in double quotes and with
 * a colon. */
START_TEST(arrays_and_objects_are_strict)
{
	assert_reads("{\"a\":{\"b\":[1,[2],{}]},\"c\":[]}", "{\"a\":{\"b\":[1,[2],{}]},\"c\":[]}");
	ASSERT_REFUSED("[1,]", "[,1]", "[,]", "[1 2]", "[", "]", "[1", "[1}", "{]", "[{]}");
	ASSERT_REFUSED("{a:1}", "{'a':1}", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{\"a\":1,}", "{,}",
		"{1:1}", "{\"a\":1", "{\"a\":1 \"b\":2}", "{\"a\"", "{\"a\":", "{null:1}",
		"[\"a\":1]");
}
END_TEST

/* json.md 5: the grammar of numbers. */
START_TEST(numbers_are_strict)
{
	assert_reads("[0,-1,10,1.5,1e2,1E+2,1e-2,-0.5]", "[0,-1,10,1.5,100,100,0.01,-0.5]");
	ASSERT_REFUSED("01", "-01", "00", "-", "+1", ".5", "1.", "1.e1", "1e", "1e+", "0x10", "1_0",
		"--1", "1a", "-a", "- 1", "1.2.3", "1e2e3");
}
END_TEST

/* json.md 6: the nearest double. */
START_TEST(numbers_are_rounded_to_the_nearest_double)
{
	ck_assert(number("9007199254740991") == 9007199254740991.0);
	ck_assert(number("9007199254740993") == 9007199254740992.0);
	ck_assert(number("9007199254740993."
			 "00000000000000000000001") == 9007199254740994.0);
	ck_assert(number("0.30000000000000004") == 0x1.3333333333334p-2);
	ck_assert(number("0.1") == 0.1);
	ck_assert(number("123456.789e-3") == 123.456789);
	ck_assert(number("1e23") == 1e23);
	ck_assert(number("8.5e-22") == 8.5e-22);
	ck_assert(number("9007199254740993e-22") == 9.007199254740993e-7);
	ck_assert(number("1.7976931348623157e308") == 0x1.fffffffffffffp1023);
	ck_assert(number("2.2250738585072011e-308") == 0x0.fffffffffffffp-1022);
	ck_assert(signbit(number("-0")) != 0);
}
END_TEST

static double long_number(const char *head, size_t digits, char digit, const char *tail)
{
	char text[3000];
	int n = snprintf(text, sizeof text, "%s", head);
	memset(text + n, digit, digits);
	snprintf(text + (size_t)n + digits, sizeof text - (size_t)n - digits, "%s", tail);
	return number(text);
}

/* json.md 6: however many digits it has. */
START_TEST(digits_far_behind_the_first_still_decide)
{
	ck_assert(long_number("9007199254740993.", 2000, '0', "") == 9007199254740992.0);
	ck_assert(long_number("9007199254740993.", 2000, '0', "1") == 9007199254740994.0);
	ck_assert(long_number("9007199254740992.", 2000, '9', "") == 9007199254740992.0);
	ck_assert(long_number("0.", 2000, '0', "1e2001") == 1);
	ck_assert(long_number("1", 2000, '0', "e-2000") == 1);
	ck_assert(long_number("1e", 40, '9', "") == (double)INFINITY);
	ck_assert(long_number("1e-", 40, '9', "") == 0);
	ck_assert(long_number("0e", 40, '9', "") == 0);
	ck_assert(long_number("1e-", 400, '0', "7") == 1e-7);
}
END_TEST

/* json.md 7: infinite above the range, zero
 * below. */
START_TEST(numbers_out_of_range_are_infinite_or_zero)
{
	ck_assert(number("1e309") == (double)INFINITY);
	ck_assert(number("-1e400") == -(double)INFINITY);
	ck_assert(number("1e-400") == 0);
	ck_assert(number("5e-324") == 0x1p-1074);
	ck_assert(number("2e-324") == 0);
}
END_TEST

START_TEST(valueint_is_saturated_as_cjson_does)
{
	cJSON *tree = parse("[1.9,-1.9,"
			    "1e10,-"
			    "1e10,"
			    "1e999]");
	ck_assert_int_eq(cJSON_GetArrayItem(tree, 0)->valueint, 1);
	ck_assert_int_eq(cJSON_GetArrayItem(tree, 1)->valueint, -1);
	ck_assert_int_eq(cJSON_GetArrayItem(tree, 2)->valueint, INT_MAX);
	ck_assert_int_eq(cJSON_GetArrayItem(tree, 3)->valueint, INT_MIN);
	ck_assert_int_eq(cJSON_GetArrayItem(tree, 4)->valueint, INT_MAX);
	json_free(tree);
}
END_TEST

/* json.md 8: the locale
 * does not matter. */
START_TEST(a_decimal_comma_in_the_locale_changes_nothing)
{
	if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
		return;
	ck_assert(number("1.5") == 1.5);
	ck_assert(number("0.30000000000000004") == 0x1.3333333333334p-2);
	ASSERT_REFUSED("1,"
		       "5");
}
END_TEST

/* json.md 9:
 * quotes,
 * backslashes and
 * control
 * characters only
 * as escapes. */
START_TEST(strings_are_strict)
{
	assert_string("\"\"", "");
	assert_string("\"plain \x7F \xC3\xA9\"", "plain \x7F \xC3\xA9");
	ASSERT_REFUSED("\"", "\"a", "'a'", "\"a\n\"", "\"\t\"", "\"\x1F\"", "\"12345678\x01\"",
		"\"a\\\"", "\"\\", "\"a\"b\"", "\"\\n\x01\"");
}
END_TEST

/* json.md
 * 9: a
 * special
 * byte is
 * found
 * wherever
 * it stands
 * in a long
 * string.
 */
START_TEST(a_quote_ends_a_string_at_every_length)
{
	char text[64];
	for (size_t len = 0; len < 40; len++) {
		memset(text, 'a', sizeof text);
		text[0] = text[len + 1] = '"';
		cJSON *tree = json_parse((span){ text, len + 2 }, 0);
		ck_assert_uint_eq(strlen(cJSON_GetStringValue(tree)), len);
		json_free(tree);
		text[len + 1] = '\x1F';
		text[len + 2] = '"';
		ck_assert_ptr_null(json_parse((span){ text, len + 3 }, 0));
	}
}
END_TEST

/* json.md
 * 10: the nine escapes. */
START_TEST(escapes_are_decoded)
{
	assert_string("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
	assert_string("\"\\u0041\\u00e9\\u20AC\\uFFFF\"", "A\xC3\xA9\xE2\x82\xAC\xEF\xBF\xBF");
	ASSERT_REFUSED("\"\\a\"", "\"\\'\"", "\"\\U0041\"", "\"\\u004\"", "\"\\u004g\"", "\"\\u\"",
		"\"\\u00", "\"\\0\"", "\"\\x41\"", "\"\\u 041\"", "\"\\u-041\"");
}
END_TEST

/* json.md 11: two halves are one character. */
START_TEST(a_surrogate_pair_is_one_character)
{
	assert_string("\"\\ud83d\\ude00\"", "\xF0\x9F\x98\x80");
	assert_string("\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}
END_TEST

/* json.md 12: half a character is kept. */
START_TEST(a_lone_surrogate_is_kept_as_three_bytes)
{
	assert_string("\"\\ud83d\"", "\xED\xA0\xBD");
	assert_string("\"\\ud83dx\\ude00\"", "\xED\xA0\xBDx\xED\xB8\x80");
	assert_string("\"\\ude00\\ud83d\"", "\xED\xB8\x80\xED\xA0\xBD");
	assert_string("\"\\ud83d\\ud83d\\ude00\"", "\xED\xA0\xBD\xF0\x9F\x98\x80");
	assert_string("\"\\ud83d\\n\"", "\xED\xA0\xBD\n");
	assert_string("\"\\ud83d\\ue000\"", "\xED\xA0\xBD\xEE\x80\x80");
}
END_TEST

/* json.md 13: U+0000 is kept. */
START_TEST(a_nul_is_kept_as_two_bytes)
{
	assert_string("\"a\\u0000b\"", "a\xC0\x80"
				       "b");
	cJSON *tree = parse("{\"x\\u0000y\":1,\"x\":2}");
	ck_assert_str_eq(tree->child->string, "x\xC0\x80y");
	ck_assert_int_eq(cJSON_GetArraySize(tree), 2);
	json_free(tree);
}
END_TEST

/* json.md 14: the last value at the first place. */
START_TEST(of_equal_keys_the_last_value_stands_at_the_first_place)
{
	assert_reads("{\"a\":1,\"b\":2,\"a\":[3]}", "{\"a\":[3],\"b\":2}");
	assert_reads("{\"a\":{\"x\":1},\"a\":\"s\",\"a\":7}", "{\"a\":7}");
	assert_reads("[{\"a\":1,\"a\":2},{\"b\":{\"a\":1,\"a\":3},\"b\":{\"a\":4,\"a\":5}}]",
		"[{\"a\":2},{\"b\":{\"a\":5}}]");
	assert_reads(
		"{\"k\":0,\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"k\":5,\"e\":6,\"f\":7,\"g\":8,\"e\":"
		"{},\"k\":10}",
		"{\"k\":10,\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":{},\"f\":7,\"g\":8}");
}
END_TEST

/* The links are as cJSON makes them: the first one's prev is the last, and the last has no next. */
static void assert_linked(const cJSON *parent, int size)
{
	const cJSON *last = parent->child->prev;
	ck_assert_ptr_null(last->next);
	int n = 0;
	for (const cJSON *c = parent->child; c; c = c->next, n++)
		ck_assert_ptr_eq(c->next ? c->next->prev : last, c);
	ck_assert_int_eq(n, size);
}

/* json.md 14 */
START_TEST(cjson_can_change_what_was_read)
{
	const char *texts[] = {
		"{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":1,\"b\":2}",
		"{\"a\":1,\"b\":2,\"a\":3,\"b\":4,\"a\":5,\"b\":6,\"a\":7,\"a\":8,\"b\":9,\"a\":0}"
	};
	for (size_t i = 0; i < 3; i++) {
		cJSON *tree = parse(texts[i]);
		assert_linked(tree, 2);
		cJSON_AddNumberToObject(tree, "c", 3);
		assert_linked(tree, 3);
		cJSON_DeleteItemFromObjectCaseSensitive(tree, "a");
		assert_linked(tree, 2);
		cJSON_Delete(tree);
	}
}
END_TEST

/* json.md 15: no key is special. */
START_TEST(keys_are_equal_only_byte_by_byte)
{
	assert_reads("{\"__proto__\":1,\"\":2,\"A\":3,\"a\":4,\"\":5}",
		"{\"__proto__\":1,\"\":5,\"A\":3,\"a\":4}");
	assert_reads("{\"\\u0061\":1,\"a\":2}", "{\"a\":2}");
}
END_TEST

enum { MANY = 100000 };

static cJSON *parse_many_keys(unsigned step, unsigned distinct)
{
	buf text = { 0 };
	for (unsigned i = 0; i < MANY; i++) {
		buf_add_text(&text, i ? ",\"a long beginning that all share "
				      : "{\"a long beginning that all share ");
		buf_add_uint(&text, i * step % distinct);
		buf_add_text(&text, "\":");
		buf_add_uint(&text, i);
	}
	buf_add_char(&text, '}');
	cJSON *tree = json_parse(buf_span(&text), 1);
	buf_free(&text);
	return tree;
}

/* json.md 16: with quadratic time this would run for minutes. */
START_TEST(a_hundred_thousand_keys_take_no_quadratic_time)
{
	cJSON *tree = parse_many_keys(1, MANY);
	assert_linked(tree, MANY);
	json_free(tree);
	tree = parse_many_keys(7919, 50000);
	assert_linked(tree, 50000);
	ck_assert_int_eq(tree->child->valueint, 50000);
	ck_assert_int_eq(tree->child->prev->valueint, MANY - 1);
	json_free(tree);
	tree = parse_many_keys(1, 1);
	assert_linked(tree, 1);
	ck_assert_int_eq(tree->child->valueint, MANY - 1);
	json_free(tree);
}
END_TEST

/* json.md 17: depth is the number of open brackets. */
START_TEST(nesting_is_refused_beyond_the_limit)
{
	ck_assert_ptr_null(json_parse(SPAN("[]"), 0));
	ck_assert_ptr_null(json_parse(SPAN("[[{}]]"), 2));
	cJSON *tree = json_parse(SPAN("[[{}],[{}],{\"a\":[]}]"), 3);
	ck_assert_int_eq(cJSON_GetArraySize(tree), 3);
	json_free(tree);
	tree = json_parse(SPAN("1"), 0);
	ck_assert_ptr_nonnull(tree);
	json_free(tree);
}
END_TEST

/* json.md 18: deep trees are read, written and freed without recursion. */
START_TEST(the_deepest_nesting_needs_no_stack)
{
	enum { DEPTH = 65536 };
	static char text[2 * DEPTH + 1];
	memset(text, '[', DEPTH);
	memset(text + DEPTH, ']', DEPTH);
	cJSON *tree = json_parse((span){ text, 2 * DEPTH }, DEPTH);
	ck_assert_ptr_nonnull(tree);
	json_free(tree);
	ck_assert_ptr_null(json_parse((span){ text, 2 * DEPTH }, DEPTH - 1));
	ck_assert_ptr_null(json_parse((span){ text, 2 * DEPTH - 1 }, DEPTH));
	text[DEPTH] = '1';
	ck_assert_ptr_null(json_parse((span){ text, 2 * DEPTH + 1 }, DEPTH));
}
END_TEST

/* Hooks that go through failing_malloc and count what is still allocated. */
static long live;

static void *counted_malloc(size_t size)
{
	void *p = malloc(size);
	live += p != NULL;
	return p;
}

static void counted_free(void *p)
{
	live -= p != NULL;
	free(p);
}

/* json.md 19: each allocation fails once; nothing stays behind. */
START_TEST(a_failed_allocation_refuses_and_leaks_nothing)
{
	cJSON_InitHooks(&(cJSON_Hooks){ counted_malloc, counted_free });
	size_t n = 0;
	cJSON *tree = NULL;
	long left = 0;
	bool failed;
	do {
		failing_malloc_after(n++);
		tree = json_parse(
			SPAN("[1,\"a\\n\",{\"k\":[{}],\"k\":{\"x\":null},\"l\":\"\"}]"), 9);
		failed = failing_malloc_off();
		left += tree ? 0 : live;
	} while (failed && !tree);
	ck_assert(!failed);
	ck_assert_uint_eq(n, 16);
	ck_assert_int_eq(left, 0);
	json_free(tree);
	ck_assert_int_eq(live, 0);
}
END_TEST

static const char many_keys[] = "[{\"a\":0,\"b\":1,\"c\":2,\"d\":3,\"e\":4,\"f\":5,\"g\":6,\"h\":7,"
				"\"i\":8,\"j\":9,\"k\":10,\"l\":11,\"m\":12,\"n\":13,\"o\":14,"
				"\"p\":15,\"q\":16,\"a\":17,\"c\":18},1]";

/* json.md 14, 19: nor is a key then left twice in an object of many. */
START_TEST(a_failed_allocation_leaves_no_equal_keys)
{
	cJSON_InitHooks(&(cJSON_Hooks){ counted_malloc, counted_free });
	size_t n = 0, wrong = 0;
	bool failed = true;
	while (failed) {
		failing_malloc_after(n++);
		cJSON *tree = json_parse(SPAN(many_keys), 9);
		failed = failing_malloc_off();
		wrong += tree && cJSON_GetArraySize(tree->child) != 17;
		wrong += tree && tree->child->child->valueint != 17;
		json_free(tree);
		wrong += live != 0;
	}
	ck_assert_uint_gt(n, 40);
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* json.md 19: nor does a text that breaks off anywhere. */
START_TEST(every_unfinished_text_is_refused_and_leaks_nothing)
{
	cJSON_InitHooks(&(cJSON_Hooks){ counted_malloc, counted_free });
	span text = SPAN("{\"a\":[1.5e3,true,\"\\u00e9\",{\"b\":{}}],\"a\":[null,{}]}");
	for (size_t len = 0; len < text.len; len++)
		ck_assert_ptr_null(json_parse((span){ text.at, len }, 9));
	ck_assert_int_eq(live, 0);
}
END_TEST

START_TEST(json_free_spares_what_a_tree_only_refers_to)
{
	cJSON *owned = parse("[1,{\"a\":\"b\"}]");
	cJSON *tree = cJSON_CreateObject();
	cJSON_AddItemToObjectCS(tree, "constant key", cJSON_CreateStringReference("constant"));
	cJSON_AddItemReferenceToObject(tree, "other", owned);
	cJSON_AddItemToObject(tree, "child", cJSON_CreateArrayReference(owned->child));
	json_free(tree);
	ck_assert_str_eq(cJSON_GetArrayItem(owned, 1)->child->valuestring, "b");
	json_free(owned);
	json_free(NULL);
}
END_TEST

UNIT_MAIN("json_parse", a_text_is_one_value_with_white_space_around_it,
	bytes_behind_the_length_are_not_read, words_are_exactly_true_false_and_null,
	arrays_and_objects_are_strict, numbers_are_strict,
	numbers_are_rounded_to_the_nearest_double, digits_far_behind_the_first_still_decide,
	numbers_out_of_range_are_infinite_or_zero, valueint_is_saturated_as_cjson_does,
	a_decimal_comma_in_the_locale_changes_nothing, strings_are_strict,
	a_quote_ends_a_string_at_every_length, escapes_are_decoded,
	a_surrogate_pair_is_one_character, a_lone_surrogate_is_kept_as_three_bytes,
	a_nul_is_kept_as_two_bytes, of_equal_keys_the_last_value_stands_at_the_first_place,
	cjson_can_change_what_was_read, keys_are_equal_only_byte_by_byte,
	a_hundred_thousand_keys_take_no_quadratic_time, nesting_is_refused_beyond_the_limit,
	the_deepest_nesting_needs_no_stack, a_failed_allocation_refuses_and_leaks_nothing,
	a_failed_allocation_leaves_no_equal_keys,
	every_unfinished_text_is_refused_and_leaks_nothing,
	json_free_spares_what_a_tree_only_refers_to)

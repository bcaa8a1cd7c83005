/* SPDX-License-Identifier: MIT */
/* Writing JSON: the digits of numbers, the escapes of strings, and failures that leave no trace. */
#include "../../src/socketio/json.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include <float.h>
#include <locale.h>
#include <math.h>

static void assert_written(const buf *out, const char *expected)
{
	ck_assert_msg(span_is(buf_span(out), span_of(expected)), "%.*s, not %s", (int)buf_len(out),
		(const char *)buf_data(out), expected);
}

static void assert_prints(cJSON *tree, const char *expected)
{
	buf out = { 0 };
	ck_assert(json_print(&out, tree));
	assert_written(&out, expected);
	buf_free(&out);
	json_free(tree);
}

static void assert_number(double value, const char *expected)
{
	assert_prints(cJSON_CreateNumber(value), expected);
}

static void assert_string(span text, const char *expected)
{
	buf out = { 0 };
	ck_assert(json_print_string(&out, text));
	assert_written(&out, expected);
	buf_free(&out);
}

static void assert_echo(const char *text)
{
	assert_prints(json_parse(span_of(text), 100), text);
}

/* json.md 20: no white space. */
START_TEST(a_tree_is_written_compactly)
{
	assert_prints(json_parse(SPAN(" [ 1 , { \"a\" : { } , \"b\" : [ ] } , [ [ null ] ] ] "), 9),
		"[1,{\"a\":{},\"b\":[]},[[null]]]");
	assert_echo("true");
	assert_echo("{\"a\":{\"b\":{\"c\":[false,\"x\"]}},\"d\":[{},{}]}");
}
END_TEST

START_TEST(what_was_in_the_buffer_stays)
{
	buf out = { 0 };
	buf_add_text(&out, "42");
	ck_assert(json_print(&out, &(cJSON){ .type = cJSON_True }));
	assert_written(&out, "42true");
	buf_free(&out);
}
END_TEST

/* json.md 21: the fewest digits that read back. */
START_TEST(numbers_have_the_fewest_digits)
{
	assert_number(0.1, "0.1");
	assert_number(0.1 + 0.2, "0.30000000000000004");
	assert_number(1.0 / 3, "0.3333333333333333");
	assert_number(-12.34, "-12.34");
	assert_number(123456789.125, "123456789.125");
	assert_number(9007199254740991.0, "9007199254740991");
	assert_number(9007199254740992.0, "9007199254740992");
	assert_number(4.35, "4.35");
	assert_number(0.000001, "0.000001");
	assert_number(2.0 / 3e5, "0.000006666666666666667");
	assert_number(999999999999999.9, "999999999999999.9");
	assert_number(0x1p-1074, "5e-324");
	assert_number(0x3p-1074, "1.5e-323");
	assert_number(DBL_MIN, "2.2250738585072014e-308");
	assert_number(DBL_MAX, "1.7976931348623157e+308");
}
END_TEST

/* json.md 21: beside a power of two the nearest short decimal may be
 * another double's. */
START_TEST(powers_of_two_find_their_shortest_digits)
{
	assert_number(0x1p-44, "5.684341886080802e-14");
	assert_number(0x1p-1022, "2.2250738585072014e-308");
	assert_number(0x1p89, "6.189700196426902e+26");
	assert_number(0x1p-24, "5.960464477539063e-8");
}
END_TEST

/* json.md 22: where the exponent begins. */
START_TEST(an_exponent_stands_as_in_javascript)
{
	assert_number(1e20, "100000000000000000000");
	assert_number(123456789012345680000.0, "123456789012345680000");
	assert_number(1e21, "1e+21");
	assert_number(-1.5e300, "-1.5e+300");
	assert_number(1e-6, "0.000001");
	assert_number(1.25e-6, "0.00000125");
	assert_number(1e-7, "1e-7");
	assert_number(1.25e-7, "1.25e-7");
	assert_number(1e-10, "1e-10");
}
END_TEST

/* json.md 23: what JSON has no number for. */
START_TEST(minus_zero_and_infinities_are_as_in_javascript)
{
	assert_number(-0.0, "0");
	assert_number((double)INFINITY, "null");
	assert_number(-(double)INFINITY, "null");
	assert_number((double)NAN, "null");
}
END_TEST

/* json.md 8: the locale does not matter. */
START_TEST(a_decimal_comma_in_the_locale_is_not_written)
{
	if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
		return;
	assert_number(1.5, "1.5");
	assert_number(0.1 + 0.2, "0.30000000000000004");
}
END_TEST

/* json.md 24: what is escaped and what is
 * not. */
START_TEST(strings_are_escaped_as_in_javascript)
{
	assert_string(SPAN("\"\\/"
			   "\b\f\n\r\t"
			   "\x01\x1F"
			   "\x7F"),
		"\"\\\"\\\\/"
		"\\b\\f\\n\\r\\t\\u"
		"0001\\u001f\x7F"
		"\"");
	assert_string(SPAN("\xC3\xA9\xE2"
			   "\x80\xA8\xF0"
			   "\x9F\x98"
			   "\x80"),
		"\"\xC3\xA9\xE2\x80"
		"\xA8\xF0\x9F\x98"
		"\x80\"");
	assert_string((span){ NULL, 0 }, "\"\"");
}
END_TEST

/* json.md 24: a special byte is
 * found wherever it stands. */
/* That byte between plain ones, at each place of texts of each length. */
static void assert_special_anywhere(char special, const char *printed)
{
	enum { LONGEST = 70 };
	for (size_t len = 1; len < LONGEST; len++)
		for (size_t at = 0; at < len; at++) {
			char text[LONGEST], expected[LONGEST + 10] = "\"";
			size_t n = strlen(printed);
			memset(text, 'x', sizeof text);
			text[at] = special;
			memcpy(expected + 1, text, at);
			memcpy(expected + 1 + at, printed, n);
			memcpy(expected + 1 + at + n, text + at + 1, len - at - 1);
			memcpy(expected + len + n, "\"", 2);
			assert_string((span){ text, len }, expected);
		}
}

START_TEST(an_escape_is_found_at_every_place)
{
	assert_special_anywhere('\n', "\\n");
	assert_special_anywhere('\xFF', "\xEF\xBF\xBD");
}
END_TEST

/* json.md 25: the two forms
 * of the trees, and a real
 * NUL. */
START_TEST(nuls_and_lone_surrogates_are_written_as_escapes)
{
	assert_string(SPAN("a\xC0\x80"
			   "b"),
		"\""
		"a"
		"\\"
		"u0"
		"00"
		"0b"
		"\"");
	assert_string((span){ "a\0b", 3 }, "\""
					   "a"
					   "\\"
					   "u0"
					   "00"
					   "0b"
					   "\"");
	assert_string(SPAN("\xED\xA0\x80\xED\xAF\xBFx\xED\xB0\x80\xED\xBF\xBF"), "\""
										 "\\"
										 "ud"
										 "80"
										 "0"
										 "\\"
										 "ud"
										 "bf"
										 "fx"
										 "\\"
										 "ud"
										 "c0"
										 "0"
										 "\\"
										 "ud"
										 "ff"
										 "f"
										 "\"");
}
END_TEST

#define FFFD "\xEF\xBF\xBD"

/* json.md 26: one
 * U+FFFD for each
 * piece. */
START_TEST(bytes_that_are_not_utf8_become_replacement_characters)
{
	assert_string(SPAN("a\xFF"
			   "b"),
		"\"a" FFFD "b\"");
	assert_string(SPAN("\x80\xBF"), "\"" FFFD FFFD "\"");
	assert_string(SPAN("\xE2\x82"), "\"" FFFD "\"");
	assert_string(SPAN("\xE2\x82"
			   "A"),
		"\"" FFFD "A\"");
	assert_string(SPAN("\xF0\x9F\x98"), "\"" FFFD "\"");
	assert_string(SPAN("\xC0\xAF"), "\"" FFFD FFFD "\"");
	assert_string(SPAN("\xE0\x80\x80"), "\"" FFFD FFFD FFFD "\"");
	assert_string(SPAN("\xF4\x90\x80\x80"), "\"" FFFD FFFD FFFD FFFD "\"");
	assert_string(SPAN("\xF5\xC1\xC0"), "\"" FFFD FFFD FFFD "\"");
	assert_string(SPAN("\xED\xA0"), "\"" FFFD FFFD "\"");
	assert_string((span){ "\xC0\x80", 1 }, "\"" FFFD "\"");
	assert_string(SPAN("\xE2\x82\""), "\"" FFFD "\\\"\"");
}
END_TEST

/* json.md
 * 27: nodes
 * that an
 * application
 * left half
 * made. */
START_TEST(missing_text_is_an_empty_string)
{
	assert_prints(cJSON_CreateStringReference(NULL), "\"\"");
	cJSON member = { .type = cJSON_True };
	cJSON object = { .type = cJSON_Object, .child = &member };
	buf out = { 0 };
	ck_assert(json_print(&out, &object));
	assert_written(&out, "{\"\":true}");
	buf_free(&out);
}
END_TEST

START_TEST(raw_json_is_passed_through)
{
	cJSON *array = cJSON_CreateArray();
	cJSON_AddItemToArray(array, cJSON_CreateRaw("{ \"as\": 'it is' }"));
	assert_prints(array, "[{ \"as\": 'it is' }]");
}
END_TEST

START_TEST(flags_of_cjson_do_not_hide_a_type)
{
	cJSON *object = cJSON_CreateObject();
	cJSON *array = cJSON_CreateIntArray((int[]){ 1, 2 }, 2);
	cJSON_AddItemToObjectCS(object, "k", cJSON_CreateStringReference("v"));
	cJSON_AddItemReferenceToObject(object, "a", array);
	assert_prints(object, "{\"k\":\"v\",\"a\":[1,2]}");
	json_free(array);
}
END_TEST

static void assert_fails(const cJSON *tree, size_t limit)
{
	buf out = { .limit = limit };
	buf_add_text(&out, "42");
	ck_assert(!json_print(&out, tree));
	assert_written(&out, "42");
	buf_free(&out);
}

/* json.md 28: nothing is left in the output. */
START_TEST(a_node_of_no_type_fails_and_leaves_nothing)
{
	cJSON *tree = json_parse(SPAN("[1,[2,null]]"), 9);
	cJSON_GetArrayItem(tree, 1)->child->next->type = cJSON_Invalid;
	assert_fails(tree, 0);
	json_free(tree);
	assert_fails(NULL, 0);
	assert_fails(&(cJSON){ .type = cJSON_Raw }, 0);
	assert_fails(&(cJSON){ .type = cJSON_Array | cJSON_Object }, 0);
}
END_TEST

/* json.md 28: the limit of the buffer, hit at every place. */
START_TEST(the_limit_of_the_buffer_fails_and_leaves_nothing)
{
	const char text[] = "[1,\"a\\nb\",{\"k\":[]},-1.5e+300,null]";
	cJSON *tree = json_parse(SPAN(text), 9);
	for (size_t limit = 2; limit < 2 + sizeof text - 1; limit++)
		assert_fails(tree, limit);
	buf out = { .limit = sizeof text - 1 };
	ck_assert(json_print(&out, tree));
	assert_written(&out, text);
	buf_clear(&out);
	out.limit = 4;
	ck_assert(!json_print_string(&out, SPAN("\n\n")));
	ck_assert_uint_eq(buf_len(&out), 0);
	buf_free(&out);
	json_free(tree);
}
END_TEST

static span deep_text(char *text, size_t depth)
{
	for (size_t i = 0; i < depth; i++) {
		memcpy(text + 5 * i, "{\"a\":", 5);
		text[5 * depth + 1 + i] = '}';
	}
	text[5 * depth] = '7';
	return (span){ text, 6 * depth + 1 };
}

/* json.md 18: without recursion, to any depth. */
START_TEST(deep_trees_are_written)
{
	static char text[6 * 65536 + 1];
	span deep = deep_text(text, 65536);
	cJSON *tree = json_parse(deep, 65536);
	buf out = { 0 };
	ck_assert(json_print(&out, tree));
	ck_assert(span_is(buf_span(&out), deep));
	buf_free(&out);
	json_free(tree);
}
END_TEST

/* Memory for the output and for the way back up. */
START_TEST(each_failed_allocation_is_reported)
{
	static char text[6 * 200 + 1];
	cJSON *tree = json_parse(deep_text(text, 200), 200);
	size_t n = 0;
	bool ok, failed, clean = true;
	do {
		buf out = { 0 };
		failing_malloc_after(n++);
		ok = json_print(&out, tree);
		failed = failing_malloc_off();
		clean = clean && (ok || buf_len(&out) == 0);
		buf_free(&out);
	} while (failed && !ok);
	ck_assert(!failed && ok && clean);
	ck_assert_uint_gt(n, 4);
	json_free(tree);
}
END_TEST

/* json.md 29: an echo loses nothing. */
START_TEST(what_javascript_writes_survives_an_echo)
{
	assert_echo("[\"\\ud83d\",\"\\u0000\",9007199254740991,0.30000000000000004,5e-324,1e+21]");
	assert_echo(
		"{\"__proto__\":{\"\":[]},\"a\\u0000b\":\"\\udc00\\ud800\",\"\xE2\x80\xA8\":1e-7}");
	assert_echo("\"\xF0\x9F\x98\x80\xF0\x9F\x98\x80 \\\"\\\\ \xC3\xA9\"");
}
END_TEST

UNIT_MAIN("json_print", a_tree_is_written_compactly, what_was_in_the_buffer_stays,
	numbers_have_the_fewest_digits, powers_of_two_find_their_shortest_digits,
	an_exponent_stands_as_in_javascript, minus_zero_and_infinities_are_as_in_javascript,
	a_decimal_comma_in_the_locale_is_not_written, strings_are_escaped_as_in_javascript,
	an_escape_is_found_at_every_place, nuls_and_lone_surrogates_are_written_as_escapes,
	bytes_that_are_not_utf8_become_replacement_characters, missing_text_is_an_empty_string,
	raw_json_is_passed_through, flags_of_cjson_do_not_hide_a_type,
	a_node_of_no_type_fails_and_leaves_nothing,
	the_limit_of_the_buffer_fails_and_leaves_nothing, deep_trees_are_written,
	each_failed_allocation_is_reported, what_javascript_writes_survives_an_echo)

/* SPDX-License-Identifier: MIT */
/* Templates: what each conversion becomes, what is refused, and that every tree is taken. */
#include "../../src/socketio/json.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <wchar.h>

static cJSON *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static cJSON *format(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	cJSON *tree = json_format(fmt, args);
	va_end(args);
	return tree;
}

static void assert_tree(cJSON *tree, const char *expected)
{
	buf out = { 0 };
	ck_assert_msg(tree != NULL, "refused, not %s", expected);
	ck_assert(json_print(&out, tree));
	ck_assert_msg(span_is(buf_span(&out), span_of(expected)), "%.*s, not %s",
		(int)buf_len(&out), (const char *)buf_data(&out), expected);
	buf_free(&out);
	json_free(tree);
}

/* Allocations of trees that are still there. */
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

static void count_trees(void)
{
	cJSON_InitHooks(&(cJSON_Hooks){ counted_malloc, counted_free });
}

static void *some_tree(void)
{
	return json_parse(SPAN("{\"t\":[1,\"x\"]}"), 9);
}

/* A compiler that knew it to be NULL would warn. */
static const char *volatile no_text;

/* Without its format attribute, for templates that a compiler would warn about. */
static cJSON *(*const unchecked)(const char *fmt, ...) = format;

static void assert_refused(const char *const *fmts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(!unchecked(fmts[i]), "accepted: %s", fmts[i]);
}
#define ASSERT_REFUSED(...)                                                                        \
	assert_refused((const char *const[]){ __VA_ARGS__ },                                       \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* json.md 30: names and single quotes. */
START_TEST(a_template_is_json_with_less_typing)
{
	assert_tree(
		format("[{error: 'expected a string'}]"), "[{\"error\":\"expected a string\"}]");
	assert_tree(format(" { $a_1 : [ 1.5e3 , true ] , 'b c' : \"d'\" , \"e\" : null } "),
		"{\"$a_1\":[1500,true],\"b c\":\"d'\",\"e\":null}");
	assert_tree(format("{true: false, null: 'null'}"), "{\"true\":false,\"null\":\"null\"}");
	assert_tree(format("7"), "7");
	assert_tree(format("{a: 1, b: 2, a: 3}"), "{\"a\":3,\"b\":2}");
}
END_TEST

/* json.md 30: and nothing more. */
START_TEST(what_json_forbids_is_forbidden_in_templates)
{
	ASSERT_REFUSED(
		"", " ", "[1,]", "{a: 1,}", "[1 2]", "{a 1}", "{1: 2}", "{a-b: 1}", "[a]", "{: 1}");
	ASSERT_REFUSED(
		"['a]", "['a\"]", "[\"a']", "{'a: 1}", "[01]", "[1] 2", "[", "{", "{a", "{a:");
	ASSERT_REFUSED("['\\x41']", "['\\", "[/* */]", "[True]", "{a: 1; b: 2}", "{[a]: 1}");
}
END_TEST

/* json.md 31: escapes in templates. */
START_TEST(strings_in_templates_know_the_escapes_of_json)
{
	assert_tree(format("['it\\'s', \"\\\"\\'\", '\\u0041\\u0000\\ud83d', 'a\n\\n']"),
		"[\"it's\",\"\\\"'\",\"A\\u0000\\ud83d\",\"a\\n\\n\"]");
	assert_tree(format("{'\\n': ''}"), "{\"\\n\":\"\"}");
}
END_TEST

/* json.md 32: strings. */
START_TEST(a_string_is_quoted_and_escaped)
{
	assert_tree(
		format("[%s, %s, %s]", "\"], x", "", "a\\\n"), "[\"\\\"], x\",\"\",\"a\\\\\\n\"]");
	assert_tree(format("[%s, %.*s]", no_text, 3, no_text), "[null,null]");
	assert_tree(format("%s", "\xFF"), "\"\xEF\xBF\xBD\"");
}
END_TEST

/* json.md 32: and strings with a length. */
START_TEST(a_string_with_a_length_may_contain_nuls)
{
	assert_tree(format("[%.*s, %.*s, %.*s]", 3, "a\0b", 0, "x", -1, "all"),
		"[\"a\\u0000b\",\"\",\"all\"]");
	assert_tree(format("[%.2s, %.5s]", "abc", "abc"), "[\"ab\",\"abc\"]");
}
END_TEST

/* json.md 33: integers of every size. */
START_TEST(integers_are_numbers)
{
	assert_tree(
		format("[%d, %i, %u]", -1, INT32_MIN, UINT32_MAX), "[-1,-2147483648,4294967295]");
	assert_tree(format("[%ld, %lu, %lld, %llu]", -2L, 2UL, -3LL, 3ULL), "[-2,2,-3,3]");
	assert_tree(format("[%zu, %zd, %td]", (size_t)4, (ssize_t)-4, (ptrdiff_t)-5), "[4,-4,-5]");
	assert_tree(format("[%jd, %ju]", (intmax_t)-6, (uintmax_t)6), "[-6,6]");
	assert_tree(format("[%hd, %hu, %hhi, %hhu]", (short)-7, (unsigned short)7, (signed char)-8,
			    (unsigned char)200),
		"[-7,7,-8,200]");
}
END_TEST

/* json.md 33: the nearest double. */
START_TEST(integers_beyond_two_to_53_are_rounded)
{
	assert_tree(format("[%lld, %llu]", 9007199254740991LL, 9007199254740993ULL),
		"[9007199254740991,9007199254740992]");
	assert_tree(format("[%llu, %lld]", ~0ULL, INT64_MIN + 0LL),
		"[18446744073709552000,-9223372036854776000]");
}
END_TEST

/* json.md 34: booleans. */
START_TEST(hhd_is_a_boolean)
{
	bool yes = true, no = false;
	assert_tree(format("[%hhd, %hhd]", yes, no), "[true,false]");
	assert_tree(unchecked("[%hhd, %hhd]", 256, -1), "[true,true]");
}
END_TEST

/* json.md 35: doubles. */
START_TEST(doubles_are_exact_without_a_precision)
{
	assert_tree(format("[%f, %g, %e, %lf]", 0.1 + 0.2, 1e300, 5e-324, 1.0),
		"[0.30000000000000004,1e+300,5e-324,1]");
	assert_tree(format("[%F, %G, %E, %Lf]", 1.5, 2.5, 3.5, 4.5L), "[1.5,2.5,3.5,4.5]");
	assert_tree(format("[%f, %g, %.2f]", (double)NAN, (double)INFINITY, (double)NAN),
		"[null,null,null]");
}
END_TEST

/* json.md 35: rounded by printf's rules. */
START_TEST(a_precision_rounds_a_double)
{
	assert_tree(
		format("[%.2f, %.0f, %.3g, %.1e, %.*f]", 3.14159, 2.5, 123456.0, 0.00123, 1, 0.25),
		"[3.14,2,123000,0.0012,0.2]");
	assert_tree(format("[%.1f]", 1e300), "[1e+300]");
}
END_TEST

/* json.md 36: characters. */
START_TEST(a_character_is_a_string)
{
	assert_tree(format("[%c, %c, '%c']", 'x', '\0', '\0'), "[\"x\",\"\\u0000\",\"\\u0000\"]");
}
END_TEST

/* json.md 37: trees are taken. */
START_TEST(a_tree_becomes_part_of_the_result)
{
	count_trees();
	assert_tree(format("[%p, {k: %p}]", some_tree(), some_tree()),
		"[{\"t\":[1,\"x\"]},{\"k\":{\"t\":[1,\"x\"]}}]");
	assert_tree(format("%p", some_tree()), "{\"t\":[1,\"x\"]}");
	ck_assert_int_eq(live, 0);
}
END_TEST

/* json.md 37: a tree that was a member of another object changes its key. */
START_TEST(a_tree_may_come_out_of_an_object)
{
	count_trees();
	cJSON *object = cJSON_CreateObject();
	cJSON_AddItemToObject(object, "old", cJSON_CreateTrue());
	cJSON_AddItemToObjectCS(object, "constant", cJSON_CreateFalse());
	void *a = cJSON_DetachItemFromObjectCaseSensitive(object, "old");
	void *b = cJSON_DetachItemFromObjectCaseSensitive(object, "constant");
	json_free(object);
	assert_tree(format("{a: %p, b: %p}", a, b), "{\"a\":true,\"b\":false}");
	ck_assert_int_eq(live, 0);
}
END_TEST

/* json.md 38: keys. */
START_TEST(a_string_can_be_a_key)
{
	assert_tree(format("{%s: 1, %.*s: 2, '%d': 3, \"%s's\": 4}", "a\"b", 3, "c\0d", 5, "e"),
		"{\"a\\\"b\":1,\"c\\u0000d\":2,\"5\":3,\"e's\":4}");
	assert_tree(format("{%s: 1, %s: 2}", "k", "k"), "{\"k\":2}");
	ck_assert_ptr_null(format("{%s: 1}", no_text));
	ck_assert_ptr_null(format("{%d: 1}", 1));
	ck_assert_ptr_null(format("{%5s: 1}", "a"));
}
END_TEST

/* json.md 39: interpolation. */
START_TEST(inside_quotes_a_conversion_is_text)
{
	assert_tree(format("['user %s joined', \"%s\"]", "'\"\\", "\", 1]"),
		"[\"user '\\\"\\\\ joined\",\"\\\", 1]\"]");
	assert_tree(format("['%s-%d%%', '%c%c', '%.*s']", "a", -5, 'b', 'c', 3, "d\0e"),
		"[\"a--5%\",\"bc\",\"d\\u0000e\"]");
	bool yes = true;
	assert_tree(format("'%hhd %s'", yes, no_text), "\"true null\"");
}
END_TEST

/* json.md 39: with printf's flags, width and precision. */
START_TEST(inside_quotes_the_flags_of_printf_count)
{
	assert_tree(
		format("['%05d', '%-4d|', '%+d', '%#x', '%.3d', '%*d']", 42, 42, 42, 255, 7, 5, 1),
		"[\"00042\",\"42  |\",\"+42\",\"0xff\",\"007\",\"    1\"]");
	assert_tree(format("['%5s|%-5s|%.1s|%*s|%-3c']", "ab", "ab", "ab", -4, "ab", 'z'),
		"[\"   ab|ab   |a|ab  |z  \"]");
	assert_tree(format("['%.2f %08.3f %g %e %llx %zu %hhu']", 1.005, -1.5, 0.1, 12345.0, ~0ULL,
			    (size_t)9, (unsigned char)255),
		"[\"1.00 -001.500 0.1 1.234500e+04 ffffffffffffffff 9 255\"]");
	cJSON *wide = format("'%300d'", 1);
	ck_assert_uint_eq(strlen(cJSON_GetStringValue(wide)), 300);
	json_free(wide);
}
END_TEST

/* json.md 39: a point, whatever the locale. */
START_TEST(the_decimal_point_is_a_point_in_every_locale)
{
	if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
		return;
	assert_tree(format("[%f, %.2f, '%.1f', '%g']", 1.5, 2.25, 3.5, -0.5),
		"[1.5,2.25,\"3.5\",\"-0.5\"]");
}
END_TEST

/* json.md 40, 41: what a conversion must not be. */
START_TEST(conversions_out_of_place_are_refused)
{
	ck_assert_ptr_null(format("[%5d]", 1));
	ck_assert_ptr_null(format("[%-d]", 1));
	ck_assert_ptr_null(format("[%.3d]", 1));
	ck_assert_ptr_null(format("[%*d]", 4, 1));
	ck_assert_ptr_null(format("[%+f]", 1.0));
	ck_assert_ptr_null(format("[%8s]", "a"));
	ck_assert_ptr_null(format("[%%]"));
	ck_assert_ptr_null(format("[%x]", 1u));
	ck_assert_ptr_null(format("[%o]", 1u));
	ck_assert_ptr_null(format("[%a]", 1.0));
	ck_assert_ptr_null(format("[1%d]", 1));
	ck_assert_ptr_null(format("[%d%d]", 1, 2));
	ck_assert_ptr_null(format("['%ls', %lc]", L"wide", (wint_t)'w'));
	int n = 5;
	ck_assert_ptr_null(format("[%n]", &n));
	ck_assert_int_eq(n, 5);
}
END_TEST

/* json.md 40: of a tree, a character and a key as well. */
START_TEST(no_value_is_laid_out)
{
	static const char *const trees[] = { "[%5p]", "[%-p]", "[%'p]", "[%.3p]", "[%.p]" };
	count_trees();
	for (size_t i = 0; i < sizeof trees / sizeof *trees; i++)
		ck_assert_msg(!unchecked(trees[i], some_tree()), "accepted: %s", trees[i]);
	ck_assert_ptr_null(unchecked("[%*p]", 0, some_tree()));
	ck_assert_ptr_null(unchecked("[%.3c]", 'x'));
	ck_assert_ptr_null(unchecked("[%.*d]", -1, 1));
	ck_assert_ptr_null(unchecked("{%'s: 1}", "k"));
	ck_assert_ptr_null(unchecked("{%*s: 1}", 0, "k"));
	ck_assert_int_eq(live, 0);
}
END_TEST

/* json.md 42: all trees are freed, before and behind the fault. */
START_TEST(a_failure_frees_every_tree)
{
	count_trees();
	ck_assert_ptr_null(format("[%p, %p, %p]", some_tree(), NULL, some_tree()));
	ck_assert_ptr_null(format(
		"[%p, {a: %p}, oops, {%s: %p}]", some_tree(), some_tree(), "k", some_tree()));
	ck_assert_ptr_null(format("[%p %p]", some_tree(), some_tree()));
	ck_assert_ptr_null(format("'%p' %p", some_tree(), some_tree()));
	ck_assert_ptr_null(format("{%p: %p}", some_tree(), some_tree()));
	ck_assert_ptr_null(format("[%p] %p", some_tree(), some_tree()));
	ck_assert_ptr_null(format("{k: %p, '%p", some_tree(), some_tree()));
	ck_assert_int_eq(live, 0);
}
END_TEST

/* json.md 42: and the arguments between them are skipped by their types. */
START_TEST(a_failure_finds_the_trees_between_other_arguments)
{
	count_trees();
	int n = 0;
	ck_assert_ptr_null(format("[! %d %hhd %llu %f %Lf %s %.*s %*d %c %% %p %jx %zd %td %p]", 1,
		(signed char)1, 2ULL, 3.0, 4.0L, "s", 1, "s", 5, 6, 'c', some_tree(), (uintmax_t)7,
		(ssize_t)8, (ptrdiff_t)9, some_tree()));
	ck_assert_ptr_null(format(
		"! %ls %lc %n %a %hi %p", L"w", (wint_t)'w', &n, 1.0, (short)1, some_tree()));
	ck_assert_int_eq(live, 0);
}
END_TEST

/* json.md 43: what is not C's ends it. */
START_TEST(behind_an_unknown_conversion_nothing_is_touched)
{
	count_trees();
	cJSON *behind = some_tree();
	ck_assert_ptr_null(unchecked("[%p, %k, %p]", some_tree(), behind));
	ck_assert_ptr_null(unchecked("[%Ls %*q]", behind));
	ck_assert_ptr_null(unchecked("[%", behind));
	ck_assert_ptr_null(unchecked("['%*", behind));
	assert_tree(behind, "{\"t\":[1,\"x\"]}");
	ck_assert_int_eq(live, 0);
}
END_TEST

/* json.md 42: each allocation fails once. */
START_TEST(a_failed_allocation_frees_every_tree)
{
	count_trees();
	size_t n = 0;
	long left = 0;
	cJSON *tree;
	bool failed;
	do {
		void *a = some_tree(), *b = some_tree();
		failing_malloc_after(n++);
		tree = format(
			"[%p, {%s: 'a%d\\n', b: %.2f}, %s, true, %p]", a, "k", 1, 2.5, "s", b);
		failed = failing_malloc_off();
		left += tree ? 0 : live;
	} while (failed && !tree);
	ck_assert(!failed);
	ck_assert_uint_gt(n, 10);
	ck_assert_int_eq(left, 0);
	json_free(tree);
	ck_assert_int_eq(live, 0);
}
END_TEST

UNIT_MAIN("json_format", a_template_is_json_with_less_typing,
	what_json_forbids_is_forbidden_in_templates, strings_in_templates_know_the_escapes_of_json,
	a_string_is_quoted_and_escaped, a_string_with_a_length_may_contain_nuls,
	integers_are_numbers, integers_beyond_two_to_53_are_rounded, hhd_is_a_boolean,
	doubles_are_exact_without_a_precision, a_precision_rounds_a_double, a_character_is_a_string,
	a_tree_becomes_part_of_the_result, a_tree_may_come_out_of_an_object, a_string_can_be_a_key,
	inside_quotes_a_conversion_is_text, inside_quotes_the_flags_of_printf_count,
	the_decimal_point_is_a_point_in_every_locale, conversions_out_of_place_are_refused,
	no_value_is_laid_out, a_failure_frees_every_tree,
	a_failure_finds_the_trees_between_other_arguments,
	behind_an_unknown_conversion_nothing_is_touched, a_failed_allocation_frees_every_tree)

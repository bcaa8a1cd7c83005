/* SPDX-License-Identifier: MIT */
/* test_route - which request is for which route, and what the parameters of its path are. */
#include "../../src/net/route.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include <errno.h>
#include <string.h>

static router all;

static int add(const char *method, const char *path)
{
	return router_add(&all, method, path, NULL, NULL, NULL);
}

/* The path of the route that a request gets, "none" if there is none. */
static const char *found(const char *method, const char *path)
{
	const route *r = router_find(&all, span_of(method), span_of(path));
	return r ? r->path.at : "none";
}

static const char *allowed(const char *path)
{
	static char text[100];
	buf out = { 0 };
	router_allow(&all, span_of(path), &out);
	buf_add_char(&out, '\0');
	ck_assert_uint_lt(buf_len(&out), sizeof text);
	memcpy(text, buf_data(&out), buf_len(&out));
	buf_free(&out);
	return text;
}

/* What the route of GET takes for `name`, "none" if there is no such parameter, "bad" if the path
 * does not decode. */
static const char *parameter(const char *path, const char *name)
{
	static char text[100];
	buf out = { 0 };
	const route *r = router_find(&all, SPAN("GET"), span_of(path));
	ck_assert_ptr_nonnull(r);
	const char *value = "bad";
	if (route_parameters(r, span_of(path), &out)) {
		value = net_parameter((const char *)buf_data(&out), name);
		value = value ? value : "none";
	}
	strcpy(text, value);
	buf_free(&out);
	return text;
}

static void begin(void)
{
	router_init(&all);
}

/* ---- Paths that can be ---- */

START_TEST(a_path_begins_with_a_slash_and_has_what_a_target_may_have)
{
	static const char *const bad[] = { "", "a", "*", "a/b", "/a?b", "/a#b", "/a b", "/a\n",
		"/\xc3\xa9" };
	begin();
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(add("GET", bad[i]), EINVAL);
	ck_assert_int_eq(add("GET", "/"), 0);
	ck_assert_int_eq(add("GET", "/a//b/%20/"), 0);
	router_fini(&all);
}
END_TEST

START_TEST(a_parameter_has_a_name_that_stands_there_once)
{
	begin();
	ck_assert_int_eq(add("GET", "/:"), EINVAL);
	ck_assert_int_eq(add("GET", "/a/:/b"), EINVAL);
	ck_assert_int_eq(add("GET", "/:a/b/:a"), EINVAL);
	ck_assert_int_eq(add("GET", "/:a/:b/a/a"), 0);
	router_fini(&all);
}
END_TEST

START_TEST(a_star_stands_alone_in_the_last_segment)
{
	begin();
	ck_assert_int_eq(add("GET", "/*/a"), EINVAL);
	ck_assert_int_eq(add("GET", "/a/*/"), EINVAL);
	ck_assert_int_eq(add("GET", "/a/*"), 0);
	ck_assert_int_eq(add("GET", "/*"), 0);
	router_fini(&all);
}
END_TEST

START_TEST(a_method_is_a_token)
{
	begin();
	ck_assert_int_eq(add("", "/a"), EINVAL);
	ck_assert_int_eq(add("GE T", "/a"), EINVAL);
	ck_assert_int_eq(add("GET\r\n", "/a"), EINVAL);
	ck_assert_int_eq(add("M-SEARCH", "/a"), 0);
	router_fini(&all);
}
END_TEST

/* ---- Which one ---- */

START_TEST(a_literal_path_is_compared_as_it_was_sent)
{
	begin();
	add("GET", "/a/b%20c");
	ck_assert_str_eq(found("GET", "/a/b%20c"), "/a/b%20c");
	static const char *const others[] = { "/a/b c", "/a/b%20c/", "/a/b%20C", "//a/b%20c", "/a",
		"/a/", "/a/b%20c/d", "/", "*" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ck_assert_str_eq(found("GET", others[i]), "none");
	router_fini(&all);
}
END_TEST

START_TEST(a_parameter_takes_one_segment_that_is_not_empty)
{
	begin();
	add("GET", "/users/:id/posts");
	ck_assert_str_eq(found("GET", "/users/7/posts"), "/users/:id/posts");
	ck_assert_str_eq(found("GET", "/users/:id/posts"), "/users/:id/posts");
	ck_assert_str_eq(found("GET", "/users//posts"), "none");
	ck_assert_str_eq(found("GET", "/users/7"), "none");
	ck_assert_str_eq(found("GET", "/users/7/posts/"), "none");
	ck_assert_str_eq(found("GET", "/users/7/8/posts"), "none");
	router_fini(&all);
}
END_TEST

START_TEST(a_star_takes_the_rest_and_nothing_too)
{
	begin();
	add("GET", "/files/*");
	ck_assert_str_eq(found("GET", "/files/a/b/c"), "/files/*");
	ck_assert_str_eq(found("GET", "/files/"), "/files/*");
	ck_assert_str_eq(found("GET", "/files//"), "/files/*");
	ck_assert_str_eq(found("GET", "/files"), "none");
	ck_assert_str_eq(found("GET", "/filesystem/a"), "none");
	router_fini(&all);
}
END_TEST

START_TEST(literal_routes_go_before_those_with_parameters)
{
	begin();
	add("GET", "/*");
	add("GET", "/users/:id");
	add("GET", "/users/me");
	ck_assert_str_eq(found("GET", "/users/me"), "/users/me");
	ck_assert_str_eq(found("GET", "/users/you"), "/*");
	router_fini(&all);
}
END_TEST

START_TEST(earlier_routes_go_before_later_ones)
{
	begin();
	add("GET", "/:a/x");
	add("GET", "/x/:b");
	ck_assert_str_eq(found("GET", "/x/x"), "/:a/x");
	ck_assert_str_eq(found("GET", "/x/y"), "/x/:b");
	router_fini(&all);
}
END_TEST

START_TEST(a_route_of_another_method_is_passed_over)
{
	begin();
	add("POST", "/users/me");
	add("GET", "/users/:id");
	ck_assert_str_eq(found("GET", "/users/me"), "/users/:id");
	ck_assert_str_eq(found("POST", "/users/me"), "/users/me");
	ck_assert_str_eq(found("POST", "/users/7"), "none");
	ck_assert_str_eq(found("post", "/users/me"), "none");
	router_fini(&all);
}
END_TEST

START_TEST(get_answers_head)
{
	begin();
	add("GET", "/a");
	add("POST", "/b");
	ck_assert_str_eq(found("HEAD", "/a"), "/a");
	ck_assert_str_eq(found("HEAD", "/b"), "none");
	router_fini(&all);
}
END_TEST

/* ---- Methods of a path ---- */

START_TEST(the_methods_of_a_path_are_those_of_all_its_routes)
{
	begin();
	add("POST", "/users/me");
	add("GET", "/users/:id");
	add("DELETE", "/users/*");
	add("POST", "/*");
	ck_assert_str_eq(allowed("/users/me"), "POST, GET, HEAD, DELETE");
	ck_assert_str_eq(allowed("/users/7"), "GET, HEAD, DELETE, POST");
	ck_assert_str_eq(allowed("/"), "POST");
	router_fini(&all);
}
END_TEST

START_TEST(a_path_that_is_not_there_has_no_method)
{
	begin();
	add("GET", "/a/:b");
	ck_assert_str_eq(allowed("/a"), "");
	ck_assert_str_eq(allowed("*"), "");
	router_fini(&all);
}
END_TEST

/* ---- Parameters ---- */

START_TEST(parameters_are_decoded_once)
{
	begin();
	add("GET", "/:first/in/:second");
	ck_assert_str_eq(parameter("/a%20b/in/c", "first"), "a b");
	ck_assert_str_eq(parameter("/a/in/%2Fetc%2f%2e%2e", "second"), "/etc/..");
	ck_assert_str_eq(parameter("/%2525/in/c", "first"), "%25");
	ck_assert_str_eq(parameter("/a+b/in/c", "first"), "a+b");
	ck_assert_str_eq(parameter("/%E2%82%AC/in/c", "first"), "\xe2\x82\xac");
	router_fini(&all);
}
END_TEST

START_TEST(a_name_that_the_route_has_not_has_no_value)
{
	begin();
	add("GET", "/:first/in/:second");
	ck_assert_str_eq(parameter("/a/in/b", "third"), "none");
	ck_assert_str_eq(parameter("/a/in/b", "a"), "none");
	ck_assert_str_eq(parameter("/a/in/b", "in"), "none");
	ck_assert_str_eq(parameter("/a/in/b", ""), "none");
	ck_assert_str_eq(parameter("/a/in/b", "second"), "b");
	router_fini(&all);
}
END_TEST

START_TEST(what_the_star_took_is_called_so)
{
	begin();
	add("GET", "/files/:owner/*");
	ck_assert_str_eq(parameter("/files/me/a/b%20c/", "*"), "a/b c/");
	ck_assert_str_eq(parameter("/files/me/", "*"), "");
	ck_assert_str_eq(parameter("/files/me/a", "owner"), "me");
	router_fini(&all);
}
END_TEST

START_TEST(what_does_not_decode_to_text_is_refused)
{
	static const char *const bad[] = { "%", "a%", "%4", "%zz", "%4g", "a%00b", "%ff", "%c3",
		"%c0%80", "%ed%a0%80" };
	begin();
	add("GET", "/:a");
	add("GET", "/f/*");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char path[20] = "/";
		ck_assert_str_eq(parameter(strcat(path, bad[i]), "a"), "bad");
		char rest[20] = "/f/b/";
		ck_assert_str_eq(parameter(strcat(rest, bad[i]), "*"), "bad");
	}
	router_fini(&all);
}
END_TEST

/* ---- Memory ---- */

START_TEST(a_route_that_finds_no_memory_is_not_there)
{
	begin();
	failing_malloc_after(0);
	int error = add("GET", "/a");
	ck_assert(failing_malloc_off());
	ck_assert_int_eq(error, ENOMEM);
	ck_assert_str_eq(found("GET", "/a"), "none");
	router_fini(&all);
}
END_TEST

START_TEST(parameters_that_find_no_memory_are_told_from_bad_ones)
{
	begin();
	add("GET", "/:a/:b");
	const route *r = router_find(&all, SPAN("GET"), SPAN("/x/y"));
	buf out = { 0 };
	failing_malloc_after(0);
	bool good = route_parameters(r, SPAN("/x/y"), &out);
	ck_assert(failing_malloc_off());
	ck_assert(!good);
	ck_assert(out.failed);
	buf_free(&out);
	router_fini(&all);
}
END_TEST

UNIT_MAIN("route", a_path_begins_with_a_slash_and_has_what_a_target_may_have,
	a_parameter_has_a_name_that_stands_there_once, a_star_stands_alone_in_the_last_segment,
	a_method_is_a_token, a_literal_path_is_compared_as_it_was_sent,
	a_parameter_takes_one_segment_that_is_not_empty, a_star_takes_the_rest_and_nothing_too,
	literal_routes_go_before_those_with_parameters, earlier_routes_go_before_later_ones,
	a_route_of_another_method_is_passed_over, get_answers_head,
	the_methods_of_a_path_are_those_of_all_its_routes, a_path_that_is_not_there_has_no_method,
	parameters_are_decoded_once, a_name_that_the_route_has_not_has_no_value,
	what_the_star_took_is_called_so, what_does_not_decode_to_text_is_refused,
	a_route_that_finds_no_memory_is_not_there,
	parameters_that_find_no_memory_are_told_from_bad_ones)

/* SPDX-License-Identifier: MIT */
/* test_handshake - what is remembered of the request that opened a session. */
#include "../../src/engine/handshake.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include <stdio.h>

static handshake *made(const char *query)
{
	buf scratch = { 0 };
	handshake_begin(&scratch, SPAN("192.0.2.1"), SPAN("/socket.io/?a=1"));
	uint32_t query_at = handshake_mark(&scratch);
	handshake_add_query(&scratch, span_of(query));
	uint32_t headers_at = handshake_mark(&scratch);
	handshake_add_header(&scratch, SPAN("Host"), SPAN("example.test"));
	handshake_add_header(&scratch, SPAN("X-Empty"), SPAN(""));
	handshake_add_header(&scratch, SPAN("x-empty"), SPAN("second"));
	handshake *h = handshake_finish(&scratch, query_at, headers_at);
	buf_free(&scratch);
	return h;
}

/* All pairs as "name=value;". */
static const char *walk(const handshake *h, bool headers)
{
	static char out[512];
	const char *name, *value;
	size_t n = 0;
	out[0] = '\0';
	for (size_t at = 0; handshake_next(h, headers, &at, &name, &value);)
		n += (size_t)snprintf(out + n, sizeof out - n, "%s=%s;", name, value);
	return out;
}

static const char *query_of(const char *query)
{
	handshake *h = made(query);
	const char *text = walk(h, false);
	free(h);
	return text;
}

START_TEST(address_and_url_are_remembered)
{
	handshake *h = made("a=1");
	ck_assert_str_eq(handshake_address(h), "192.0.2.1");
	ck_assert_str_eq(handshake_url(h), "/socket.io/?a=1");
	free(h);
}
END_TEST

/* engine.io.md 6 */
START_TEST(names_and_values_of_the_query_are_decoded)
{
	ck_assert_str_eq(query_of("EIO=4&to%6ben=a%20b+c%26"), "EIO=4;token=a b c&;");
}
END_TEST

START_TEST(a_parameter_may_lack_a_value_or_a_name)
{
	ck_assert_str_eq(query_of("a&b=&=c&d=e=f"), "a=;b=;=c;d=e=f;");
	ck_assert_str_eq(query_of("&&a=1&&"), "a=1;");
	ck_assert_str_eq(query_of(""), "");
}
END_TEST

START_TEST(what_does_not_decode_to_a_text_stays_as_it_was_sent)
{
	ck_assert_str_eq(query_of("a=%zz&b=%4&c=%"), "a=%zz;b=%4;c=%;");
	ck_assert_str_eq(query_of("a=x%00y&%00=z&b=1"), "a=x%00y;%00=z;b=1;");
}
END_TEST

/* engine.io.md 7 */
START_TEST(of_a_parameter_that_is_there_twice_the_last_value_counts)
{
	handshake *h = made("a=1&b=2&a=3");
	ck_assert_str_eq(handshake_query(h, "a"), "3");
	ck_assert_str_eq(handshake_query(h, "b"), "2");
	ck_assert_ptr_null(handshake_query(h, "A"));
	free(h);
}
END_TEST

START_TEST(headers_are_found_without_regard_to_case)
{
	handshake *h = made("Host=not.this.one");
	ck_assert_str_eq(handshake_header(h, "hOST"), "example.test");
	ck_assert_str_eq(handshake_header(h, "x-empty"), "");
	ck_assert_ptr_null(handshake_header(h, "hos"));
	free(h);
}
END_TEST

START_TEST(query_and_headers_are_walked_each_by_itself)
{
	handshake *h = made("a=1&b=2");
	ck_assert_str_eq(walk(h, false), "a=1;b=2;");
	ck_assert_str_eq(walk(h, true), "Host=example.test;X-Empty=;x-empty=second;");
	free(h);
}
END_TEST

START_TEST(a_scratch_buffer_serves_one_handshake_after_the_other)
{
	buf scratch = { 0 };
	for (int i = 0; i < 2; i++) {
		handshake_begin(&scratch, SPAN("::1"), SPAN("/"));
		uint32_t at = handshake_mark(&scratch);
		handshake *h = handshake_finish(&scratch, at, at);
		ck_assert_str_eq(handshake_address(h), "::1");
		ck_assert_str_eq(walk(h, false), "");
		ck_assert_str_eq(walk(h, true), "");
		free(h);
	}
	buf_free(&scratch);
}
END_TEST

START_TEST(without_memory_there_is_no_handshake_and_no_leak)
{
	size_t n = 0;
	do {
		failing_malloc_after(n++);
		handshake *h = made("token=%20&long=0123456789012345678901234567890123456789");
		bool complete = h && handshake_header(h, "x-empty");
		free(h);
		if (!failing_malloc_off()) {
			ck_assert(complete);
			break;
		}
		ck_assert(!complete);
	} while (true);
	ck_assert_uint_ge(n, 3);
}
END_TEST

UNIT_MAIN("handshake", address_and_url_are_remembered, names_and_values_of_the_query_are_decoded,
	a_parameter_may_lack_a_value_or_a_name, what_does_not_decode_to_a_text_stays_as_it_was_sent,
	of_a_parameter_that_is_there_twice_the_last_value_counts,
	headers_are_found_without_regard_to_case, query_and_headers_are_walked_each_by_itself,
	a_scratch_buffer_serves_one_handshake_after_the_other,
	without_memory_there_is_no_handshake_and_no_leak)

/* SPDX-License-Identifier: MIT */
/* test_http_head - request heads: their form, what is refused, and that cuts do not matter. */
#include "test_http_head.h"

/* http.md 1, 3: the parts of a request are spans of what was sent. */
START_TEST(a_request_is_read_in_its_parts)
{
	ASSERT_READ(
		verdict(SPAN("POST /a%20b?x=1?&y HTTP/1.1\r\nHost: h:80\r\nX-a: \t b c \r\n\r\n")));
	ck_assert_int_eq(head.method, HTTP_POST);
	ASSERT_TEXT(head.method_text, "POST");
	ASSERT_TEXT(head.target, "/a%20b?x=1?&y");
	ASSERT_TEXT(head.path, "/a%20b");
	ASSERT_TEXT(head.query, "x=1?&y");
	ck_assert_uint_eq(head.minor, 1);
	ck_assert_uint_eq(head.nfields, 2);
	ASSERT_TEXT(head.fields[1].name, "X-a");
	ASSERT_TEXT(head.fields[1].value, "b c");
}
END_TEST

/* http.md 32: only the head is consumed. */
START_TEST(what_follows_the_head_is_left_alone)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
	ck_assert_int_eq(
		verdict(SPAN("GET / HTTP/1.1\r\nHost: h\r\n\r\n\nGET")), (long)sizeof text - 1);
}
END_TEST

START_TEST(an_unfinished_head_waits)
{
	ck_assert_int_eq(verdict(SPAN("")), 0);
	ck_assert_int_eq(verdict(SPAN("\r")), 0);
	ck_assert_int_eq(verdict(SPAN("\r\n")), 0);
	ck_assert_int_eq(verdict(SPAN("GET / HTTP/1.1\r\nHost: h\r\n\r")), 0);
}
END_TEST

/* http.md 2: methods are tokens, in their case. */
START_TEST(methods_are_told_apart)
{
	static const char *const names[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS",
		"PATCH", "get", "TRACE", "M-SEARCH", "GETS", "!#$%&'*+.^_`|~9" };
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		char line[100];
		snprintf(line, sizeof line, "%s / HTTP/1.1", names[i]);
		ASSERT_READ(verdict_of_line(line));
		ck_assert_uint_eq(head.method, i < HTTP_OTHER ? i : HTTP_OTHER);
		ASSERT_TEXT(head.method_text, names[i]);
	}
}
END_TEST

/* http.md 1: the request line has one form. */
START_TEST(a_malformed_request_line_is_refused)
{
	static const char *const lines[] = { "GET", "GET ", "GET /", "GET / ", " GET / HTTP/1.1",
		"GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ", "GET\t/ HTTP/1.1",
		"GET /\tHTTP/1.1", "G(T / HTTP/1.1", "G\x80T / HTTP/1.1", "GET / http/1.1",
		"GET / HTTP/1.", "GET / HTTP/1.10", "GET / HTTP/11", "GET / HTTP/1,1",
		"GET / HTTP/a.1", "GET / HTTP/1.a", "GET / HTTPS/1.1", "GET HTTP/1.1",
		"GET / / HTTP/1.1", "GET / HTTP/1.1\r", "GET / \rHTTP/1.1", "GET / HTTP/ 1.1" };
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		ck_assert_msg(verdict_of_line(lines[i]) == -400, "%s", lines[i]);
}
END_TEST

/* http.md 4: "*" is for OPTIONS. */
START_TEST(a_star_is_a_target_of_options_alone)
{
	ASSERT_READ(verdict_of_line("OPTIONS * HTTP/1.1"));
	ASSERT_TEXT(head.path, "*");
	ck_assert_int_eq(verdict_of_line("GET * HTTP/1.1"), -400);
	ck_assert_int_eq(verdict_of_line("OPTIONS ** HTTP/1.1"), -400);
}
END_TEST

/* http.md 5: an absolute target counts as its path. */
START_TEST(an_absolute_target_counts_as_its_path)
{
	ASSERT_READ(verdict_of_line("GET HtTp://h:80/a?b=c HTTP/1.1"));
	ASSERT_TEXT(head.target, "HtTp://h:80/a?b=c");
	ASSERT_TEXT(head.path, "/a");
	ASSERT_TEXT(head.query, "b=c");
	ASSERT_READ(verdict_of_line("GET https://[::1] HTTP/1.1"));
	ASSERT_TEXT(head.path, "/");
	ck_assert_uint_eq(head.query.len, 0);
	ASSERT_READ(verdict_of_line("GET http://h?b HTTP/1.1"));
	ASSERT_TEXT(head.path, "/");
	ASSERT_TEXT(head.query, "b");
	ck_assert_int_eq(verdict(SPAN("GET http://h/ HTTP/1.1\r\n\r\n")), -400);
}
END_TEST

/* http.md 6: other targets are refused. */
START_TEST(other_targets_are_refused)
{
	static const char *const lines[] = { "CONNECT h:80 HTTP/1.1", "CONNECT / HTTP/1.1",
		"GET h:80 HTTP/1.1", "GET a/b HTTP/1.1", "GET ?a HTTP/1.1", "GET ws://h/ HTTP/1.1",
		"GET http:/h/ HTTP/1.1", "GET http:///a HTTP/1.1", "GET http:// HTTP/1.1",
		"GET http://u@h/ HTTP/1.1", "GET http://h\\a HTTP/1.1", "GET https:/ HTTP/1.1" };
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		ck_assert_msg(verdict_of_line(lines[i]) == -400, "%s", lines[i]);
}
END_TEST

/* http.md 7: every byte is tried * within a target. */
START_TEST(a_target_holds_visible_ascii_only)
{
	for (int c = 1; c < 256; c++) {
		char line[] = "GET /a? HTTP/1.1";
		line[6] = (char)c;
		bool good = c > ' ' && c < 0x7f && c != '#';
		long result = verdict_of_line(line);
		ck_assert_msg((result == (long)block_len) == good, "byte %d", c);
		ck_assert(good || result == -400);
	}
	ck_assert_int_eq(verdict(SPAN("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n")), -400);
}
END_TEST

/* http.md 8: versions. */
START_TEST(a_later_minor_version_is_read_as_1_1)
{
	ASSERT_READ(verdict_of_line("GET / HTTP/1.0"));
	ck_assert_uint_eq(head.minor, 0);
	ASSERT_READ(verdict_of_line("GET / HTTP/1.9"));
	ck_assert_uint_eq(head.minor, 1);
}
END_TEST

/* http.md 8: * another major * version is * refused with a * status of its * own. */
START_TEST(another_major_version_is_refused)
{
	ck_assert_int_eq(verdict_of_line("GET / HTTP/0.9"), -505);
	ck_assert_int_eq(verdict_of_line("GET / HTTP/2.0"), -505);
	ck_assert_int_eq(verdict(SPAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")), -505);
}
END_TEST

/* http.md * 9: a few * empty * lines * come * before a * request. */
START_TEST(up_to_four_empty_lines_are_skipped)
{
	ASSERT_READ(verdict(SPAN("\r\n\r\n\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n")));
	ASSERT_TEXT(head.path, "/a");
	ck_assert_int_eq(
		verdict(SPAN("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")), -400);
	ck_assert_int_eq(verdict(SPAN("\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")), -400);
	ck_assert_int_eq(verdict(SPAN("\rGET")), -400);
}
END_TEST

/* http.md * 10: what is not HTTP is refused by its first byte. */
START_TEST(a_tls_greeting_is_refused_at_once)
{
	ck_assert_int_eq(verdict(SPAN("\x16")), -400);
	ck_assert_int_eq(verdict(SPAN("\r\n:")), -400);
}
END_TEST

/* http.md 11: lines end in CR LF. */
START_TEST(a_bare_lf_or_cr_is_refused)
{
	ck_assert_int_eq(verdict(SPAN("GET / HTTP/1.1\nHost: h\r\n\r\n")), -400);
	ck_assert_int_eq(verdict(SPAN("GET / HTTP/1.1\n")), -400);
	ck_assert_int_eq(verdict(SPAN("GET / HTTP/1.1\r\nHost: h\n\r\n")), -400);
	ck_assert_int_eq(verdict(SPAN("GET / HTTP/1.1\r\nHost: h\r\n\n")), -400);
	ck_assert_int_eq(verdict_with("A: b\rC: d\r\n"), -400);
	ck_assert_int_eq(verdict_with("A: b\r\r\n"), -400);
	ck_assert_int_eq(verdict_with("\rA: b\r\n"), -400);
}
END_TEST

/* http.md 12, 13: names touch their colons, and lines are not folded. */
START_TEST(a_malformed_field_is_refused)
{
	static const char *const fields[] = { "A\r\n", "A b\r\n", ": b\r\n", "A : b\r\n",
		"A\t: b\r\n", " A: b\r\n", "A: b\r\n c\r\n", "A: b\r\n\tc: d\r\n", "A(: b\r\n",
		"A\x80: b\r\n", "A\x7f: b\r\n", "A\x01: b\r\n", "\"A\": b\r\n" };
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		ck_assert_msg(verdict_with(fields[i]) == -400, "%s", fields[i]);
	ck_assert_int_eq(verdict_of_fields(" Host: h\r\nHost: h\r\n"), -400);
}
END_TEST

/* http.md 14: every byte is tried within a value. */
START_TEST(a_value_holds_no_control_character_but_tab)
{
	for (int c = 1; c < 256; c++) {
		char field[] = "A: b?c\r\n";
		field[4] = (char)c;
		bool good = c == '\t' || (c >= ' ' && c != 0x7f);
		ck_assert_msg((verdict_with(field) == (long)block_len) == good, "byte %d", c);
	}
	ck_assert_int_eq(verdict(SPAN("GET / HTTP/1.1\r\nHost: h\r\nA: \0\r\n\r\n")), -400);
}
END_TEST

/* http.md 14: an empty value is there, a missing field is not. */
START_TEST(a_field_is_found_in_any_case)
{
	ASSERT_READ(verdict_with("X-Empty:\r\nX-Two: 1\r\nx-two: 2\r\nX-Space: \t \r\n"));
	ASSERT_TEXT(http_field_find(&head, SPAN("x-TWO")), "1");
	ck_assert_ptr_nonnull(http_field_find(&head, SPAN("x-empty")).at);
	ck_assert_uint_eq(http_field_find(&head, SPAN("x-space")).len, 0);
	ck_assert_ptr_null(http_field_find(&head, SPAN("x-tw")).at);
}
END_TEST

static void request_with_fields(char *out, size_t room, unsigned n)
{
	size_t len = (size_t)snprintf(out, room, "GET / HTTP/1.1\r\nHost: h\r\n");
	for (unsigned i = 1; i < n; i++)
		len += (size_t)snprintf(out + len, room - len, "A:\r\n");
	snprintf(out + len, room - len, "\r\n");
}

/* http.md 15: the number of fields is limited. */
START_TEST(too_many_fields_are_refused)
{
	char text[1000];
	request_with_fields(text, sizeof text, HTTP_MAX_FIELDS);
	ASSERT_READ(verdict(span_of(text)));
	ck_assert_uint_eq(head.nfields, HTTP_MAX_FIELDS);
	request_with_fields(text, sizeof text, HTTP_MAX_FIELDS + 1);
	ck_assert_int_eq(verdict(span_of(text)), -431);
}
END_TEST

/* A head of len bytes, made so long by the text that stands for '*' in the form. */
static span stretched(const char *form, size_t len)
{
	static char text[HTTP_MAX_HEAD + 100];
	size_t before = strcspn(form, "*"), after = strlen(form) - before - 1;
	memset(text, 'a', sizeof text);
	memcpy(text, form, before);
	memcpy(text + len - after, form + before + 1, after);
	return (span){ text, len };
}

/* http.md 16: the size of a head is limited to the byte. */
START_TEST(a_head_too_long_is_refused)
{
	static const char form[] = "GET / HTTP/1.1\r\nHost: h\r\nA: *\r\n\r\n";
	ASSERT_READ(verdict(stretched(form, HTTP_MAX_HEAD)));
	ck_assert_int_eq(verdict(stretched(form, HTTP_MAX_HEAD + 1)), -431);
	span endless = stretched(form, HTTP_MAX_HEAD + 50);
	endless.len = HTTP_MAX_HEAD;
	ck_assert_int_eq(verdict(endless), -431);
	endless.len--;
	ck_assert_int_eq(verdict(endless), 0);
}
END_TEST

/* http.md 16: a target too long has a status of its own. */
START_TEST(a_request_line_too_long_is_refused)
{
	static const char form[] = "GET /* HTTP/1.1\r\nHost: h\r\n\r\n";
	ASSERT_READ(verdict(stretched(form, HTTP_MAX_HEAD)));
	ck_assert_int_eq(verdict(stretched(form, HTTP_MAX_HEAD + 1)), -431);
	ck_assert_int_eq(verdict(stretched(form, HTTP_MAX_HEAD + 13)), -414);
}
END_TEST /* http.md 16: the empty lines before a request are no part of its head. */
START_TEST(skipped_lines_do_not_count_against_the_limit)
{
	ASSERT_READ(
		verdict(stretched("\r\nGET /* HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_MAX_HEAD + 2)));
}
END_TEST /* http.md 17: bytes that were looked at are not looked at again before the head is whole;
	    a mistake * that is put into them afterwards goes unseen. */
START_TEST(what_was_scanned_is_not_scanned_again)
{
	size_t scanned = 0;
	hold(SPAN("GET / HTTP/1.1\r\nHost: h\r\nA: b"));
	ck_assert_int_eq(http_head_read(&head, (span){ block, block_len - 1 }, &scanned), 0);
	memset(block + 1, '\n', block_len - 2);
	ck_assert_int_eq(http_head_read(&head, (span){ block, block_len }, &scanned), 0);
	block[block_len - 1] = '\n';
	scanned = block_len - 1;
	ck_assert_int_eq(http_head_read(&head, (span){ block, block_len }, &scanned), -400);
}
END_TEST

UNIT_MAIN("http_head", a_request_is_read_in_its_parts, what_follows_the_head_is_left_alone,
	an_unfinished_head_waits, methods_are_told_apart, a_malformed_request_line_is_refused,
	a_star_is_a_target_of_options_alone, an_absolute_target_counts_as_its_path,
	other_targets_are_refused, a_target_holds_visible_ascii_only,
	a_later_minor_version_is_read_as_1_1, another_major_version_is_refused,
	up_to_four_empty_lines_are_skipped, a_tls_greeting_is_refused_at_once,
	a_bare_lf_or_cr_is_refused, a_malformed_field_is_refused,
	a_value_holds_no_control_character_but_tab, a_field_is_found_in_any_case,
	too_many_fields_are_refused, a_head_too_long_is_refused, a_request_line_too_long_is_refused,
	skipped_lines_do_not_count_against_the_limit, what_was_scanned_is_not_scanned_again)

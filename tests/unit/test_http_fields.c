/* SPDX-License-Identifier: MIT */
/* test_http_fields - what the fields of a request mean: host, connection, framing. */
#include "test_http_head.h"

/* http.md 18: who is asked must be said, once. */
START_TEST(exactly_one_host_is_required)
{
	ASSERT_READ(verdict_of_fields("hOsT:\r\n"));
	ASSERT_READ(verdict_of_fields("Host: [fe80::1%25a]:8080\r\n"));
	ASSERT_READ(verdict_of_old(""));
	ck_assert_int_eq(verdict_of_fields(""), -400);
	ck_assert_int_eq(verdict_of_fields("Hosts: h\r\n"), -400);
	ck_assert_int_eq(verdict_with("host: h\r\n"), -400);
	ck_assert_int_eq(verdict_of_old("Host: h\r\nHost: h\r\n"), -400);
}
END_TEST

/* http.md 18: a host is no path, list or name of a user. */
START_TEST(a_malformed_host_is_refused)
{
	static const char *const hosts[] = { "a b", "a/b", "u@h", "h\xc3\xa9", "a?b", "a#b", "<h>",
		"a\\b", "\"h\"" };
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		char field[40];
		snprintf(field, sizeof field, "Host: %s\r\n", hosts[i]);
		ck_assert_msg(verdict_of_fields(field) == -400, "%s", hosts[i]);
	}
}
END_TEST

/* http.md 19: several Connection fields are one list. */
START_TEST(connection_says_whether_to_stay_open)
{
	static const struct {
		const char *fields;
		bool old, modern;
	} cases[] = { { "", false, true }, { "Connection: Close\r\n", false, false },
		{ "Connection: keep-alive\r\n", true, true },
		{ "Connection: a, , close\r\nConnection: keep-alive\r\n", false, false },
		{ "Connection: a\r\nConnection: b ,\tKeep-Alive\r\n", true, true },
		{ "Connection: keep-alive\r\nConnection: a\r\n", true, true },
		{ "Connection: closed, keep alive\r\n", false, true } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ASSERT_READ(verdict_of_old(cases[i].fields));
		ck_assert_msg(head.keep_alive == cases[i].old, "1.0 %s", cases[i].fields);
		ASSERT_READ(verdict_with(cases[i].fields));
		ck_assert_msg(head.keep_alive == cases[i].modern, "1.1 %s", cases[i].fields);
	}
}
END_TEST

/* http.md 20: an upgrade takes two fields. */
START_TEST(an_upgrade_needs_both_fields)
{
	ASSERT_READ(verdict_with("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"));
	ck_assert(head.upgrade && head.keep_alive);
	ASSERT_READ(verdict_with("Connection: x\r\nUpgrade: a\r\nConnection: upgrade\r\n"));
	ck_assert(head.upgrade);
	ASSERT_READ(verdict_with("Upgrade: a\r\nConnection: upgrade\r\nConnection: x\r\n"));
	ck_assert(head.upgrade);
	ASSERT_READ(verdict_with("Upgrade: websocket\r\n"));
	ck_assert(!head.upgrade);
	ASSERT_READ(verdict_with("Connection: Upgrade\r\n"));
	ck_assert(!head.upgrade);
	ASSERT_READ(verdict_of_old("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
	ck_assert(!head.upgrade);
}
END_TEST

/* http.md 21: only one expectation is known. */
START_TEST(an_expectation_is_noticed)
{
	ASSERT_READ(verdict_with("Expect: 100-Continue\r\n"));
	ck_assert(head.expect_continue);
	ASSERT_READ(verdict_with("Expect: 200-ok\r\n"));
	ck_assert(!head.expect_continue);
	ASSERT_READ(verdict_of_old("Expect: 100-continue\r\n"));
	ck_assert(!head.expect_continue);
}
END_TEST

/* http.md 22, 23: Content-Length is a plain number. */
START_TEST(a_content_length_is_read)
{
	ASSERT_READ(verdict_with(""));
	ck_assert_uint_eq(head.content_length, 0);
	ASSERT_READ(verdict_with("Content-Length: 9007199254740991 \r\n"));
	ck_assert_uint_eq(head.content_length, HTTP_MAX_LENGTH);
	ck_assert(!head.chunked);
}
END_TEST

/* http.md 23, 24: no other form of a length is understood. */
START_TEST(a_malformed_content_length_is_refused)
{
	static const char *const fields[] = { "Content-Length:\r\n", "Content-Length: +5\r\n",
		"Content-Length: -5\r\n", "Content-Length: 5, 5\r\n", "Content-Length: 5 5\r\n",
		"Content-Length: 0x5\r\n", "Content-Length: 5.0\r\n", "Content-Length: 5a\r\n",
		"Content-Length: 9007199254740992\r\n", "Content-Length: 18446744073709551621\r\n",
		"Content-Length: 5\r\nContent-length: 5\r\n",
		"Content-Length: 5\r\ncontent-length: 6\r\n" };
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		ck_assert_msg(verdict_with(fields[i]) == -400, "%s", fields[i]);
}
END_TEST

/* http.md 25: the only transfer coding is chunked. */
START_TEST(other_transfer_codings_are_refused)
{
	static const char *const codings[] = { "gzip", "gzip, chunked", "chunked, gzip", "identity",
		"chunked, chunked", "xchunked", "chunked;a=b", "\"chunked\"", "" };
	ASSERT_READ(verdict_with("transfer-encoding: Chunked\r\n"));
	ck_assert(head.chunked);
	for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
		char field[60];
		snprintf(field, sizeof field, "Transfer-Encoding: %s\r\n", codings[i]);
		ck_assert_msg(verdict_with(field) == -501, "%s", codings[i]);
	}
}
END_TEST

/* http.md 26: whatever makes the end of a body a matter of opinion is refused. */
START_TEST(an_ambiguous_framing_is_refused)
{
	static const char chunked[] = "Transfer-Encoding: chunked\r\n";
	ck_assert_int_eq(verdict_with("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), -400);
	ck_assert_int_eq(verdict_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), -400);
	ck_assert_int_eq(
		verdict_with("Transfer-Encoding: chunked\r\nTransfer-encoding: chunked\r\n"), -400);
	ck_assert_int_eq(
		verdict_with("Transfer-Encoding: gzip\r\nTransfer-encoding: chunked\r\n"), -400);
	ck_assert_int_eq(verdict_of_old(chunked), -400);
}
END_TEST

UNIT_MAIN("http_fields", exactly_one_host_is_required, a_malformed_host_is_refused,
	connection_says_whether_to_stay_open, an_upgrade_needs_both_fields,
	an_expectation_is_noticed, a_content_length_is_read, a_malformed_content_length_is_refused,
	other_transfer_codings_are_refused, an_ambiguous_framing_is_refused)

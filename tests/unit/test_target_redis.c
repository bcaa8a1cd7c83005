/* SPDX-License-Identifier: MIT */
/* The URL of a Redis. */
#include "../../src/adapter/redis/target.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include <stdio.h>
#include <string.h>

/* All that a URL says, or what is wrong with it. */
static const char *said(const char *url)
{
	static char text[256];
	redis_target t;
	const char *wrong = target_read(&t, url);
	if (wrong)
		snprintf(text, sizeof text, "wrong: %s", wrong);
	else
		snprintf(text, sizeof text, "%s%s%s %s %s/%s %u", t.tls ? "tls " : "",
			t.local ? "local " : "", t.host, t.port, t.user ? t.user : "-",
			t.password ? t.password : "-", t.db);
	target_fini(&t);
	return text;
}

START_TEST(all_but_the_host_is_optional)
{
	ck_assert_str_eq(said(NULL), "127.0.0.1 6379 -/- 0");
	ck_assert_str_eq(said("redis://"), "127.0.0.1 6379 -/- 0");
	ck_assert_str_eq(said("redis://h"), "h 6379 -/- 0");
	ck_assert_str_eq(said("redis://h/"), "h 6379 -/- 0");
	ck_assert_str_eq(said("redis://:p@h:1"), "h 1 -/p 0");
	ck_assert_str_eq(said("rediss://u:p@h.example:65535/15"), "tls h.example 65535 u/p 15");
	ck_assert_str_eq(said("unix:///run/redis.sock"), "local /run/redis.sock 6379 -/- 0");
}
END_TEST

START_TEST(an_address_may_be_one_of_ipv6)
{
	ck_assert_str_eq(said("redis://[::1]"), "::1 6379 -/- 0");
	ck_assert_str_eq(said("redis://u:p@[fe80::1]:7/2"), "fe80::1 7 u/p 2");
	ck_assert_str_eq(said("redis://[::1]x:7"), "wrong: the host is malformed");
	ck_assert_str_eq(said("redis://[::1"), "wrong: the port is no number from 1 to 65535");
}
END_TEST

START_TEST(user_and_password_are_decoded)
{
	ck_assert_str_eq(said("redis://a%40b:c%2Fd%3a@h"), "h 6379 a@b/c/d: 0");
	ck_assert_str_eq(said("redis://u:p@q@h"), "h 6379 u/p@q 0");
	ck_assert_str_eq(
		said("redis://u:%zz@h"), "wrong: user and password must be encoded as in a URL");
	ck_assert_str_eq(
		said("redis://u:a%00b@h"), "wrong: user and password must be encoded as in a URL");
	ck_assert_str_eq(said("redis://u@h"), "wrong: a password stands behind a colon");
}
END_TEST

START_TEST(what_is_wrong_is_told)
{
	static const char *const bad[] = { "", "http://h", "redis:h", "REDIS://h",
		"redis-sentinel://h", "redis://a,b", "redis://h:", "redis://h:0", "redis://h:65536",
		"redis://h:-1", "redis://h:1x", "redis://h/x", "redis://h/1/2", "redis://h/-1",
		"unix://" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!strncmp(said(bad[i]), "wrong: ", 7), "%s", bad[i]);
}
END_TEST

START_TEST(reading_survives_each_failing_allocation)
{
	size_t n = 0;
	bool failed;
	do {
		failing_malloc_after(n++);
		said("rediss://user:pass%40word@host:1/2");
		failed = failing_malloc_off();
	} while (failed);
	ck_assert_uint_gt(n, 2);
}
END_TEST

UNIT_MAIN("target_redis", all_but_the_host_is_optional, an_address_may_be_one_of_ipv6,
	user_and_password_are_decoded, what_is_wrong_is_told,
	reading_survives_each_failing_allocation)

/* SPDX-License-Identifier: MIT */
/* test_pace - so much in a second, and a second's worth at once. */
#include "../../src/base/pace.h"
#include "../support/unit.h"

static const uint64_t NOW = 123456789;

/* How many can be taken at that time. */
static int taken(pace *p, uint64_t now, size_t per_second, int most)
{
	int n = 0;
	for (; n < most && !pace_wait(p, now, per_second); n++)
		pace_take(p, now, per_second, 1);
	return n;
}

START_TEST(a_seconds_worth_may_come_at_once)
{
	static const size_t rates[] = { 1, 3, 7, 100, 999, 1000, 4096 };
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		pace p = { 0 };
		ck_assert_int_eq(taken(&p, NOW, rates[i], 100000), (int)rates[i]);
	}
}
END_TEST

START_TEST(after_that_they_come_at_the_pace)
{
	pace p = { 0 };
	taken(&p, NOW, 10, 100);
	ck_assert_uint_eq(pace_wait(&p, NOW, 10), 100);
	ck_assert_uint_eq(pace_wait(&p, NOW + 99, 10), 1);
	ck_assert_int_eq(taken(&p, NOW + 100, 10, 100), 1);
	ck_assert_int_eq(taken(&p, NOW + 350, 10, 100), 2);
	int later = 0;
	for (uint64_t ms = 351; ms <= 60350; ms++)
		later += taken(&p, NOW + ms, 10, 100);
	ck_assert_int_eq(later, 600);
}
END_TEST

START_TEST(time_that_was_not_used_does_not_pile_up)
{
	pace p = { 0 };
	taken(&p, NOW, 10, 100);
	ck_assert_int_eq(taken(&p, NOW + 3600000, 10, 100), 10);
}
END_TEST

START_TEST(what_is_more_than_a_second_is_made_up_for)
{
	pace p = { 0 };
	ck_assert_uint_eq(pace_wait(&p, NOW, 1000), 0);
	pace_take(&p, NOW, 1000, 5000);
	ck_assert_uint_eq(pace_wait(&p, NOW, 1000), 4001);
	ck_assert_uint_eq(pace_wait(&p, NOW + 4001, 1000), 0);
}
END_TEST

START_TEST(large_numbers_do_no_harm)
{
	pace p = { 0 };
	pace_take(&p, NOW, 1, SIZE_MAX);
	ck_assert_uint_gt(pace_wait(&p, NOW, 1), 1000000);
	pace q = { 0 };
	pace_take(&q, NOW, SIZE_MAX, SIZE_MAX);
	ck_assert_uint_eq(pace_wait(&q, NOW, SIZE_MAX), 0);
}
END_TEST

UNIT_MAIN("pace", a_seconds_worth_may_come_at_once, after_that_they_come_at_the_pace,
	time_that_was_not_used_does_not_pile_up, what_is_more_than_a_second_is_made_up_for,
	large_numbers_do_no_harm)

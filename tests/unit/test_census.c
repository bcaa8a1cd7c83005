/* SPDX-License-Identifier: MIT */
/* test_census - how many of something each key has. */
#include "../../src/base/census.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"

START_TEST(each_key_has_its_own_count)
{
	census c;
	census_init(&c);
	ck_assert_uint_eq(census_count(&c, SPAN("a")), 0);
	census_entry *a = census_add(&c, SPAN("a"));
	ck_assert_ptr_eq(census_add(&c, SPAN("a")), a);
	census_entry *b = census_add(&c, SPAN("a\0b"));
	ck_assert_uint_eq(census_count(&c, SPAN("a")), 2);
	ck_assert_uint_eq(census_count(&c, SPAN("a\0b")), 1);
	census_drop(&c, a);
	ck_assert_uint_eq(census_count(&c, SPAN("a")), 1);
	census_drop(&c, a);
	ck_assert_uint_eq(census_count(&c, SPAN("a")), 0);
	ck_assert_uint_eq(census_count(&c, SPAN("a\0b")), 1);
	census_drop(&c, b);
	census_drop(&c, NULL);
	ck_assert_uint_eq(c.entries.count, 0);
	census_fini(&c);
}
END_TEST

START_TEST(an_empty_key_is_one_too)
{
	census c;
	census_init(&c);
	census_add(&c, (span){ NULL, 0 });
	ck_assert_uint_eq(census_count(&c, SPAN("")), 1);
	census_fini(&c); /* also what is still counted */
}
END_TEST

START_TEST(without_memory_nothing_is_counted)
{
	census c;
	census_init(&c);
	failing_malloc_after(0);
	census_entry *e = census_add(&c, SPAN("a"));
	ck_assert(failing_malloc_off());
	ck_assert_ptr_null(e);
	ck_assert_uint_eq(census_count(&c, SPAN("a")), 0);
	census_fini(&c);
}
END_TEST

UNIT_MAIN("census", each_key_has_its_own_count, an_empty_key_is_one_too,
	without_memory_nothing_is_counted)

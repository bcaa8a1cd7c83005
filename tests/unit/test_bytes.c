/* SPDX-License-Identifier: MIT */
/* What a shared block promises: its content, its references, and the room in front. */
#include "../../src/base/bytes.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"
#include <string.h>

START_TEST(a_copy_holds_the_content_and_one_reference)
{
	char data[] = "hello";
	bytes *b = bytes_copy(data, 5);
	data[0] = 'J';
	ck_assert_uint_eq(b->len, 5);
	ck_assert_uint_eq(b->refs, 1);
	ck_assert_uint_eq(b->binary, 0);
	ck_assert_mem_eq(bytes_data(b), "hello", 5);
	bytes_unref(b);
}
END_TEST

START_TEST(an_empty_block_can_be_copied_from_nothing)
{
	bytes *b = bytes_copy(NULL, 0);
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->len, 0);
	ck_assert_uint_eq(bytes_framed_len(b), 0);
	bytes_unref(b);
}
END_TEST

/* A block that was freed too early or never is the sanitizer's to report. */
START_TEST(the_block_lives_until_the_last_reference_is_given_back)
{
	bytes *b = bytes_copy("x", 1);
	ck_assert_ptr_eq(bytes_ref(b), b);
	ck_assert_uint_eq(b->refs, 2);
	bytes_unref(b);
	ck_assert_uint_eq(b->refs, 1);
	ck_assert_int_eq(bytes_data(b)[0], 'x');
	bytes_unref(b);
}
END_TEST

START_TEST(no_block_at_all_may_be_given_back)
{
	bytes_unref(NULL);
}
END_TEST

START_TEST(a_header_stands_directly_before_the_content)
{
	bytes *b = bytes_copy("content", 7);
	b->front = BYTES_ROOM;
	memcpy(bytes_framed(b), "0123456789", BYTES_ROOM);
	ck_assert_uint_eq(bytes_framed_len(b), 17);
	ck_assert_mem_eq(bytes_framed(b), "0123456789content", 17);
	b->front = 2;
	ck_assert_mem_eq(bytes_framed(b), "89content", 9);
	bytes_unref(b);
}
END_TEST

START_TEST(all_of_a_large_block_can_be_written)
{
	bytes *b = bytes_new(100000);
	memset(bytes_data(b), 7, b->len);
	ck_assert_int_eq(bytes_data(b)[99999], 7);
	bytes_unref(b);
}
END_TEST

START_TEST(a_length_that_no_memory_can_hold_is_refused)
{
	ck_assert_ptr_null(bytes_new(SIZE_MAX));
	ck_assert_ptr_null(bytes_new(SIZE_MAX - sizeof(bytes) - BYTES_ROOM + 1));
}
END_TEST

START_TEST(out_of_memory_gives_no_block)
{
	failing_malloc_after(0);
	bytes *b = bytes_copy("x", 1);
	ck_assert(failing_malloc_off());
	ck_assert_ptr_null(b);
}
END_TEST

UNIT_MAIN("bytes", a_copy_holds_the_content_and_one_reference,
	an_empty_block_can_be_copied_from_nothing,
	the_block_lives_until_the_last_reference_is_given_back, no_block_at_all_may_be_given_back,
	a_header_stands_directly_before_the_content, all_of_a_large_block_can_be_written,
	a_length_that_no_memory_can_hold_is_refused, out_of_memory_gives_no_block)

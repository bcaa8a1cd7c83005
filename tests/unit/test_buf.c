/* SPDX-License-Identifier: MIT */
/* The queue of bytes: what goes in comes out, the limit holds, a failure is clean and lasting. */
#include "../../src/base/buf.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"

static void assert_content(const buf *b, const char *text)
{
	ck_assert(span_is(buf_span(b), span_of(text)));
}

START_TEST(an_all_zero_buf_is_empty_and_owns_nothing)
{
	buf b = { 0 };
	ck_assert_uint_eq(buf_len(&b), 0);
	ck_assert_uint_eq(buf_span(&b).len, 0);
	ck_assert(buf_add(&b, NULL, 0));
	ck_assert_ptr_null(b.data);
	buf_free(&b);
}
END_TEST

START_TEST(every_kind_of_write_appends)
{
	buf b = { 0 };
	ck_assert(buf_add(&b, "ab", 2));
	ck_assert(buf_add_span(&b, SPAN("cd")));
	ck_assert(buf_add_text(&b, "ef"));
	ck_assert(buf_add_char(&b, '-'));
	ck_assert(buf_add_uint(&b, 0));
	ck_assert(buf_add_char(&b, '-'));
	ck_assert(buf_add_uint(&b, UINT64_MAX));
	assert_content(&b, "abcdef-0-18446744073709551615");
	buf_free(&b);
}
END_TEST

START_TEST(a_nul_is_a_byte_like_any_other)
{
	buf b = { 0 };
	buf_add(&b, "a\0b", 3);
	buf_add_char(&b, '\0');
	ck_assert_uint_eq(buf_len(&b), 4);
	ck_assert_mem_eq(buf_data(&b), "a\0b\0", 4);
	buf_free(&b);
}
END_TEST

START_TEST(what_is_consumed_leaves_from_the_start)
{
	buf b = { 0 };
	buf_add_text(&b, "hello world");
	buf_consume(&b, 6);
	assert_content(&b, "world");
	buf_consume(&b, 5);
	ck_assert_uint_eq(buf_len(&b), 0);
	buf_add_text(&b, "again");
	assert_content(&b, "again");
	buf_free(&b);
}
END_TEST

START_TEST(a_reserved_room_counts_only_once_it_is_claimed)
{
	buf b = { 0 };
	unsigned char *to = buf_reserve(&b, 1000);
	memset(to, 'x', 1000);
	ck_assert_uint_eq(buf_len(&b), 0);
	buf_added(&b, 3);
	assert_content(&b, "xxx");
	ck_assert_ptr_nonnull(buf_reserve(&b, 0));
	buf_free(&b);
}
END_TEST

START_TEST(the_limit_counts_content_and_can_be_met_exactly)
{
	buf b = { .limit = 4 };
	ck_assert(buf_add_text(&b, "abcd"));
	buf_consume(&b, 2);
	ck_assert(buf_add_text(&b, "ef"));
	assert_content(&b, "cdef");
	ck_assert(!buf_add_char(&b, 'g'));
	ck_assert(b.failed);
	assert_content(&b, "cdef");
	buf_free(&b);
}
END_TEST

START_TEST(after_a_failed_write_every_later_one_fails)
{
	buf b = { .limit = 3 };
	buf_add_text(&b, "ab");
	ck_assert(!buf_add_text(&b, "cd"));
	ck_assert(!buf_add_char(&b, 'c'));
	ck_assert(!buf_add(&b, NULL, 0));
	ck_assert_ptr_null(buf_reserve(&b, 0));
	assert_content(&b, "ab");
	buf_free(&b);
}
END_TEST

START_TEST(clearing_forgets_failure_and_keeps_memory)
{
	buf b = { .limit = 3 };
	buf_add_text(&b, "ab");
	buf_add_text(&b, "cd");
	unsigned char *data = b.data;
	buf_clear(&b);
	ck_assert(buf_add_text(&b, "xyz"));
	ck_assert_ptr_eq(b.data, data);
	assert_content(&b, "xyz");
	buf_free(&b);
}
END_TEST

START_TEST(freeing_keeps_the_limit_and_leaves_an_empty_buf)
{
	buf b = { .limit = 3 };
	buf_add_text(&b, "abcd");
	buf_free(&b);
	ck_assert(!b.failed);
	ck_assert_ptr_null(b.data);
	ck_assert(buf_add_text(&b, "abc"));
	ck_assert(!buf_add_char(&b, 'd'));
	buf_free(&b);
}
END_TEST

START_TEST(a_size_that_no_memory_can_hold_is_refused)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 2, SIZE_MAX - 3, SIZE_MAX / 2 };
	for (size_t i = 0; i < 8; i++) {
		buf b = { .limit = i < 4 ? 0 : SIZE_MAX };
		buf_add_text(&b, "ab");
		ck_assert_ptr_null(buf_reserve(&b, sizes[i % 4]));
		assert_content(&b, "ab");
		buf_free(&b);
	}
}
END_TEST

/* Numbers go in at one end and must come out at the other, at any fill level. */
START_TEST(bytes_come_out_in_order_whatever_the_fill)
{
	buf b = { .limit = 5000 };
	unsigned in = 0, out = 0;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		size_t put = (size_t)rand() % 200, room = 5000 - buf_len(&b);
		bool same = true;
		for (size_t k = 0; k < put && k < room; k++)
			same &= buf_add_char(&b, (char)(in++ % 251));
		size_t take = (size_t)rand() % (buf_len(&b) + 1) % 210;
		for (size_t k = 0; k < take; k++)
			same &= buf_data(&b)[k] == out++ % 251;
		ck_assert(same);
		buf_consume(&b, take);
		ck_assert_uint_le(b.cap, 5000 * 3 / 2 + 1);
	}
	buf_free(&b);
}
END_TEST

/* A full queue from which single bytes are taken must not move all of itself for each of them. */
START_TEST(a_long_queue_is_seldom_moved)
{
	buf b = { .limit = 100000 };
	memset(buf_reserve(&b, 100000), 'x', 100000);
	buf_added(&b, 100000);
	size_t moves = 0;
	for (int i = 0; i < 100000; i++) {
		buf_consume(&b, 1);
		size_t start = b.start;
		buf_add_char(&b, 'y');
		if (b.start < start)
			moves++;
	}
	ck_assert_uint_le(moves, 5);
	buf_free(&b);
}
END_TEST

static bool write_document(buf *b)
{
	buf_add_text(b, "head");
	for (unsigned i = 0; i < 300; i++)
		buf_add_uint(b, 1000 + i);
	buf_consume(b, buf_len(b) > 8 ? 8 : 0);
	for (unsigned i = 0; i < 300; i++)
		buf_add_uint(b, 1000 + i);
	return !b->failed;
}

START_TEST(each_failed_allocation_leaves_a_failed_buf_with_its_content)
{
	bool failed;
	size_t n = 0;
	do {
		buf b = { 0 };
		failing_malloc_after(n++);
		bool written = write_document(&b);
		failed = failing_malloc_off();
		ck_assert_int_eq(written, !failed);
		ck_assert(failed || buf_len(&b) == 2400 - 4);
		ck_assert(failed || memcmp(buf_data(&b), "10011002", 8) == 0);
		ck_assert(!failed || !buf_add_char(&b, 'x'));
		buf_free(&b);
	} while (failed);
	ck_assert_uint_gt(n, 3);
}
END_TEST

START_TEST(a_failed_allocation_changes_no_byte)
{
	buf b = { 0 };
	buf_add_text(&b, "0123456789");
	buf_consume(&b, 4);
	failing_malloc_after(0);
	unsigned char *to = buf_reserve(&b, 100000);
	ck_assert(failing_malloc_off());
	ck_assert_ptr_null(to);
	assert_content(&b, "456789");
	buf_free(&b);
}
END_TEST

UNIT_MAIN("buf", an_all_zero_buf_is_empty_and_owns_nothing, every_kind_of_write_appends,
	a_nul_is_a_byte_like_any_other, what_is_consumed_leaves_from_the_start,
	a_reserved_room_counts_only_once_it_is_claimed,
	the_limit_counts_content_and_can_be_met_exactly, after_a_failed_write_every_later_one_fails,
	clearing_forgets_failure_and_keeps_memory, freeing_keeps_the_limit_and_leaves_an_empty_buf,
	a_size_that_no_memory_can_hold_is_refused, bytes_come_out_in_order_whatever_the_fill,
	a_long_queue_is_seldom_moved, each_failed_allocation_leaves_a_failed_buf_with_its_content,
	a_failed_allocation_changes_no_byte)

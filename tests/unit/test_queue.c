/* SPDX-License-Identifier: MIT */
/* test_queue - blocks that wait for one client. */
#include "../../src/engine/queue.h"
#include "../support/failing_malloc.h"
#include "../support/unit.h"

static bytes *block(size_t len)
{
	bytes *b = bytes_new(len);
	memset(bytes_data(b), 'x', len);
	return b;
}

START_TEST(blocks_leave_in_the_order_in_which_they_came)
{
	queue q = { 0 };
	size_t in = 1, out = 1;
	/* Two in, one out: the ring grows while its head is anywhere. */
	for (; in <= 200; in++) {
		ck_assert(queue_push(&q, block(in)));
		if (in % 2)
			continue;
		ck_assert_uint_eq(queue_peek(&q, 0)->len, out++);
		queue_pop(&q);
	}
	for (; out <= 200; out++) {
		ck_assert_uint_eq(queue_peek(&q, 0)->len, out);
		queue_pop(&q);
	}
	ck_assert_ptr_null(queue_peek(&q, 0));
	queue_clear(&q);
}
END_TEST

START_TEST(every_block_that_waits_can_be_looked_at)
{
	queue q = { 0 };
	for (size_t i = 0; i < 3; i++)
		queue_push(&q, block(100));
	for (size_t i = 0; i < 3; i++)
		queue_pop(&q);
	for (size_t i = 0; i < 7; i++)
		queue_push(&q, block(i));

	for (size_t i = 0; i < 7; i++)
		ck_assert_uint_eq(queue_peek(&q, i)->len, i);
	ck_assert_ptr_null(queue_peek(&q, 7));
	ck_assert_ptr_null(queue_peek(&q, SIZE_MAX));
	queue_clear(&q);
}
END_TEST

START_TEST(the_bytes_that_wait_are_counted)
{
	queue q = { 0 };
	queue_push(&q, block(5));
	queue_push(&q, block(0));
	queue_push(&q, block(7));
	ck_assert_uint_eq(q.bytes, 12);
	queue_pop(&q);
	ck_assert_uint_eq(q.bytes, 7);
	queue_clear(&q);
	ck_assert_uint_eq(q.bytes, 0);
	ck_assert_uint_eq(q.len, 0);
}
END_TEST

START_TEST(a_queue_gives_every_reference_back)
{
	queue q = { 0 };
	bytes *b = block(3);
	for (int i = 0; i < 5; i++)
		queue_push(&q, bytes_ref(b));
	queue_pop(&q);
	ck_assert_uint_eq(b->refs, 5);
	queue_clear(&q);
	ck_assert_uint_eq(b->refs, 1);
	bytes_unref(b);
}
END_TEST

START_TEST(an_empty_queue_keeps_a_small_ring_and_no_large_one)
{
	queue q = { 0 };
	for (int i = 0; i < 16; i++)
		queue_push(&q, block(1));
	while (q.len)
		queue_pop(&q);
	ck_assert_uint_eq(q.cap, 16);
	for (int i = 0; i < 17; i++)
		queue_push(&q, block(1));
	while (q.len)
		queue_pop(&q);
	ck_assert_ptr_null(q.ring);
	ck_assert_uint_eq(q.cap, 0);
}
END_TEST

START_TEST(a_block_that_finds_no_room_stays_with_its_owner)
{
	queue q = { 0 };
	bytes *b = block(3);
	for (int i = 0; i < 4; i++)
		queue_push(&q, bytes_ref(b));

	failing_malloc_after(0);
	bool pushed = queue_push(&q, b);
	bool failed = failing_malloc_off();

	ck_assert(!pushed && failed);
	ck_assert_uint_eq(b->refs, 5);
	ck_assert_uint_eq(q.len, 4);
	ck_assert_uint_eq(q.bytes, 12);
	queue_clear(&q);
	bytes_unref(b);
}
END_TEST

UNIT_MAIN("queue", blocks_leave_in_the_order_in_which_they_came,
	every_block_that_waits_can_be_looked_at, the_bytes_that_wait_are_counted,
	a_queue_gives_every_reference_back, an_empty_queue_keeps_a_small_ring_and_no_large_one,
	a_block_that_finds_no_room_stays_with_its_owner)

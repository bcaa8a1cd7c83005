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

/* ---- Dropping, against a simple list ---- */

enum { LIST_MAX = 64, ROUNDS = 20000 };

/* One packet: its block and how many parts still follow. */
typedef struct row {
	unsigned id;
	manner how;
	uint64_t key;
	unsigned parts;
} row;

typedef struct model {
	queue q;
	row rows[LIST_MAX]; /* of blocks; parts are rows of their own */
	size_t n;
	unsigned next;
	uint32_t random;
} model;

static unsigned roll(model *m, unsigned n)
{
	m->random = m->random * 1664525u + 1013904223u;
	return (m->random >> 8) % n;
}

static void push_block(model *m, manner how, uint64_t key, unsigned parts)
{
	bytes *b = block(1 + m->next % 50);
	b->manner = (uint8_t)how;
	b->key = key;
	b->parts = (uint16_t)parts;
	ck_assert(queue_push(&m->q, b));
	m->rows[m->n++] = (row){ m->next++, how, key, parts };
}

static void push_packet(model *m)
{
	static const manner manners[] = { MANNER_WAIT, MANNER_SKIP, MANNER_PUSH_OUT,
		MANNER_CONFLATE };
	unsigned parts = roll(m, 3) ? 0 : roll(m, 4);
	if (m->n + 1 + parts > LIST_MAX)
		return;
	push_block(m, manners[roll(m, 4)], roll(m, 3), parts);
	while (parts--)
		push_block(m, MANNER_WAIT, 0, 0);
}

static void remove_rows(model *m, size_t at, size_t n)
{
	memmove(m->rows + at, m->rows + at + n, (m->n - at - n) * sizeof(row));
	m->n -= n;
}

static void drop_key(model *m)
{
	uint64_t key = roll(m, 3);
	queue_drop_key(&m->q, key);
	for (size_t i = m->n; i-- > 0;) {
		if (m->rows[i].how != MANNER_CONFLATE || m->rows[i].key != key)
			continue;
		remove_rows(m, i, 1 + m->rows[i].parts);
		return;
	}
}

static void drop_oldest(model *m)
{
	size_t i = 0;
	while (i < m->n && m->rows[i].how != MANNER_PUSH_OUT)
		i++;
	ck_assert_int_eq(queue_drop_oldest(&m->q), i < m->n);
	if (i < m->n)
		remove_rows(m, i, 1 + m->rows[i].parts);
}

static void pop(model *m)
{
	if (!m->n)
		return;
	queue_pop(&m->q);
	remove_rows(m, 0, 1);
}

static void compare(const model *m)
{
	size_t size = 0, droppable = 0;
	unsigned parts = 0;
	ck_assert_uint_eq(m->q.len, m->n);
	for (size_t i = 0; i < m->n; i++) {
		const bytes *b = queue_peek(&m->q, i);
		ck_assert_uint_eq(b->len, 1 + m->rows[i].id % 50);
		ck_assert_uint_eq(b->manner, m->rows[i].how);
		size += b->len;
		if (b->manner == MANNER_PUSH_OUT)
			parts = 1u + b->parts;
		droppable += parts ? b->len : 0;
		parts -= parts > 0;
	}
	ck_assert_uint_eq(m->q.bytes, size);
	ck_assert_uint_eq(queue_droppable(&m->q), droppable);
}

START_TEST(whatever_is_dropped_the_rest_keeps_its_order)
{
	model m = { .random = 1 };
	for (int i = 0; i < ROUNDS; i++) {
		unsigned what = roll(&m, 8);
		if (what < 3)
			push_packet(&m);
		else if (what < 5)
			pop(&m);
		else if (what == 5)
			drop_key(&m);
		else if (what == 6)
			drop_oldest(&m);
		else
			compare(&m);
	}
	compare(&m);
	queue_clear(&m.q);
}
END_TEST

/* The last few thousand, and the first; however long the queue is. */
START_TEST(a_search_does_not_go_through_all_of_a_long_queue)
{
	enum { REACH = 4096 };
	for (unsigned n = REACH - 1; n <= REACH; n++) {
		queue q = { 0 };
		bytes *b = block(3);
		b->manner = MANNER_CONFLATE;
		b->key = 7;
		queue_push(&q, b);
		for (unsigned i = 0; i < n; i++)
			queue_push(&q, block(1));
		b = block(5);
		b->manner = MANNER_PUSH_OUT;
		queue_push(&q, b);
		ck_assert(!queue_drop_oldest(&q));
		ck_assert_uint_eq(queue_droppable(&q), 0);
		queue_drop_key(&q, 7);
		ck_assert_uint_eq(q.len, n + 2);
		queue_pop(&q); /* the first is the conflated one */
		ck_assert_int_eq(queue_drop_oldest(&q), n < REACH);
		queue_clear(&q);
	}
	queue q = { 0 };
	bytes *b = block(3);
	b->manner = MANNER_CONFLATE;
	b->key = 7;
	queue_push(&q, b);
	for (unsigned i = 0; i < REACH - 1; i++)
		queue_push(&q, block(1));
	queue_drop_key(&q, 7);
	ck_assert_uint_eq(q.len, REACH - 1);
	queue_clear(&q);
}
END_TEST

/* However they leave: what many queues cost is one number. */
START_TEST(what_queues_cost_is_added_up)
{
	size_t total = 0;
	queue a = { .total = &total }, b = { .total = &total };
	for (size_t i = 0; i < 40; i++) {
		bytes *x = block(i);
		x->manner = i % 2 ? MANNER_PUSH_OUT : MANNER_CONFLATE;
		x->key = i;
		queue_push(i % 4 ? &a : &b, x);
		ck_assert_uint_eq(total, queue_cost(&a) + queue_cost(&b));
	}
	ck_assert_uint_eq(total, 40 * QUEUE_BLOCK + 39 * 40 / 2);
	queue_pop(&a);
	queue_drop_key(&a, 6);
	queue_drop_oldest(&a);
	ck_assert_uint_eq(total, queue_cost(&a) + queue_cost(&b));
	queue_clear(&a);
	ck_assert_uint_eq(total, queue_cost(&b));
	while (b.len)
		queue_pop(&b);
	ck_assert_uint_eq(total, 0);
	queue_clear(&b);
}
END_TEST

UNIT_MAIN("queue", what_queues_cost_is_added_up, blocks_leave_in_the_order_in_which_they_came,
	every_block_that_waits_can_be_looked_at, the_bytes_that_wait_are_counted,
	a_queue_gives_every_reference_back, an_empty_queue_keeps_a_small_ring_and_no_large_one,
	a_block_that_finds_no_room_stays_with_its_owner,
	whatever_is_dropped_the_rest_keeps_its_order,
	a_search_does_not_go_through_all_of_a_long_queue)

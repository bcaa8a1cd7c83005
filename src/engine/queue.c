/* SPDX-License-Identifier: MIT */
/* queue - blocks of bytes that wait for one client: a ring of references. */
#include "queue.h"
#include <stdlib.h>

/* A ring of up to this many stays with an idle client, so that steady traffic allocates nothing. */
enum { RING_FIRST = 4, RING_KEPT = 16 };

static bool grow(queue *q)
{
	uint32_t cap = q->cap ? q->cap * 2 : RING_FIRST;
	if (cap < q->cap)
		return false;
	bytes **ring = malloc(cap * sizeof *ring);
	if (!ring)
		return false;
	for (uint32_t i = 0; i < q->len; i++)
		ring[i] = q->ring[(q->head + i) & (q->cap - 1)];
	free(q->ring);
	q->ring = ring;
	q->cap = cap;
	q->head = 0;
	return true;
}

static bytes **slot(const queue *q, uint32_t i)
{
	return &q->ring[(q->head + i) & (q->cap - 1)];
}

static void count_in(queue *q, const bytes *b)
{
	q->bytes += b->len;
	if (q->total)
		*q->total += b->len + QUEUE_BLOCK;
}

static void count_out(queue *q, const bytes *b)
{
	q->bytes -= b->len;
	if (q->total)
		*q->total -= b->len + QUEUE_BLOCK;
}

bool queue_push(queue *q, bytes *b)
{
	if (q->len == q->cap && !grow(q))
		return false;
	q->ring[(q->head + q->len) & (q->cap - 1)] = b;
	q->len++;
	count_in(q, b);
	return true;
}

bytes *queue_peek(const queue *q, size_t i)
{
	return i < q->len ? q->ring[(q->head + i) & (q->cap - 1)] : NULL;
}

void queue_pop(queue *q)
{
	bytes *b = q->ring[q->head];
	q->head = (q->head + 1) & (q->cap - 1);
	q->len--;
	count_out(q, b);
	bytes_unref(b);
	if (q->len == 0 && q->cap > RING_KEPT)
		queue_clear(q);
}

/* How far a search goes: a long queue must not make each message dear. */
enum { REACH = 4096 };

/* What stands before the gap moves up, or what stands behind it moves down, whichever is less. */
static void close_gap(queue *q, uint32_t at, uint32_t n)
{
	uint32_t behind = q->len - at - n;
	if (at < behind) {
		for (uint32_t i = at; i-- > 0;)
			*slot(q, i + n) = *slot(q, i);
		q->head = (q->head + n) & (q->cap - 1);
	} else {
		for (uint32_t i = at; i < at + behind; i++)
			*slot(q, i) = *slot(q, i + n);
	}
	q->len -= n;
}

/* How many blocks there are of the packet that begins here. */
static uint32_t group_at(const queue *q, uint32_t at)
{
	uint32_t n = 1u + (*slot(q, at))->parts;
	return n < q->len - at ? n : q->len - at;
}

static void drop_at(queue *q, uint32_t at)
{
	uint32_t n = group_at(q, at);
	for (uint32_t i = at; i < at + n; i++) {
		count_out(q, *slot(q, i));
		bytes_unref(*slot(q, i));
	}
	close_gap(q, at, n);
}

void queue_drop_key(queue *q, uint64_t key)
{
	for (uint32_t i = q->len; i-- > 0 && q->len - i <= REACH;) {
		const bytes *b = *slot(q, i);
		if (b->manner == MANNER_CONFLATE && b->key == key) {
			drop_at(q, i);
			return;
		}
	}
}

bool queue_drop_oldest(queue *q)
{
	for (uint32_t i = 0; i < q->len && i < REACH; i++) {
		if ((*slot(q, i))->manner == MANNER_PUSH_OUT) {
			drop_at(q, i);
			return true;
		}
	}
	return false;
}

size_t queue_droppable(const queue *q)
{
	size_t size = 0;
	uint32_t end = 0; /* of the packet that was seen last, if it can go */
	for (uint32_t i = 0; i < q->len && (i < REACH || i < end); i++) {
		if ((*slot(q, i))->manner == MANNER_PUSH_OUT)
			end = i + group_at(q, i);
		if (i < end)
			size += (*slot(q, i))->len;
	}
	return size;
}

void queue_clear(queue *q)
{
	for (uint32_t i = 0; i < q->len; i++) {
		count_out(q, *slot(q, i));
		bytes_unref(*slot(q, i));
	}
	free(q->ring);
	*q = (queue){ .total = q->total };
}

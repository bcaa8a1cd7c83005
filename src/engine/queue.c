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

bool queue_push(queue *q, bytes *b)
{
	if (q->len == q->cap && !grow(q))
		return false;
	q->ring[(q->head + q->len) & (q->cap - 1)] = b;
	q->len++;
	q->bytes += b->len;
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
	q->bytes -= b->len;
	bytes_unref(b);
	if (q->len == 0 && q->cap > RING_KEPT)
		queue_clear(q);
}

void queue_clear(queue *q)
{
	for (uint32_t i = 0; i < q->len; i++)
		bytes_unref(q->ring[(q->head + i) & (q->cap - 1)]);
	free(q->ring);
	*q = (queue){ 0 };
}

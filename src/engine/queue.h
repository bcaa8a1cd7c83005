/* SPDX-License-Identifier: MIT */
/* queue - blocks of bytes that wait for one client, counted in bytes: a ring of references. */
#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include "../base/bytes.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct queue {
	bytes **ring;
	uint32_t cap, head, len;
	size_t bytes;  /* sum of the contents */
	size_t *total; /* of the costs of many queues; NULL: nobody adds them up */
} queue;

/* What keeping a block takes beside its content: many small ones are not cheap. */
enum { QUEUE_BLOCK = 80 };
static inline size_t queue_cost(const queue *q)
{
	return q->bytes + (size_t)q->len * QUEUE_BLOCK;
}

/* Takes the reference; false: out of memory, and the reference is the caller's still. */
bool queue_push(queue *q, bytes *b);
/* The i-th from the front, borrowed; NULL: there are fewer. */
bytes *queue_peek(const queue *q, size_t i);
/* Drops the first one and gives its reference back. */
void queue_pop(queue *q);
/* Drops the youngest block that is conflated under this key, with its parts; looks at the last few
 * thousand. */
void queue_drop_key(queue *q, uint64_t key);
/* Drops the oldest block that lets itself be pushed out, with its parts; looks at the first few
 * thousand.  false: there is none. */
bool queue_drop_oldest(queue *q);
/* The bytes of those that queue_drop_oldest() would come to drop, and of their parts. */
size_t queue_droppable(const queue *q);
/* Drops all and gives the memory back. */
void queue_clear(queue *q);

#endif

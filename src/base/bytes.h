/* SPDX-License-Identifier: MIT */
/*
 * bytes - an immutable block, shared by reference.
 *
 * What goes to many clients is encoded once into one block; each queue holds a
 * reference.  In front of the content there is room for a frame header, so that
 * header and content leave in one piece without a copy.  The header of a block
 * is a function of its content alone, so writing it twice writes the same.
 *
 * References are counted without atomics: a block belongs to one thread.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

enum { BYTES_ROOM = 10 }; /* the longest header of a server's WebSocket frame */

/* What becomes of a block for a client that is behind. */
typedef enum manner {
	MANNER_WAIT,      /* it is queued all the same */
	MANNER_SKIP,      /* it is not */
	MANNER_PUSH_OUT,  /* the oldest ones of this manner make room for it */
	MANNER_CONFLATE,  /* it takes the place of one with the same key, behind or not */
	MANNER_DISCONNECT /* the client is */
} manner;

typedef struct bytes {
	size_t len;   /* of the content */
	uint64_t key; /* for MANNER_CONFLATE; for MANNER_PUSH_OUT the bytes of its parts */
	uint32_t refs;
	uint16_t parts; /* how many of the blocks that follow in a queue belong to it */
	uint8_t front;  /* bytes of the room in use, 0: no header written yet */
	uint8_t binary; /* 1: the content is a binary message, 0: text */
	uint8_t manner;
	uint8_t plain; /* 1: it is never compressed */
	unsigned char store[];
} bytes;

/* One reference to a block of len bytes, to be filled at once; NULL: out of memory. */
bytes *bytes_new(size_t len);
/* The same with a copy of data as its content. */
bytes *bytes_copy(const void *data, size_t len);
/* Another reference to b, which is returned. */
bytes *bytes_ref(bytes *b);
/* Gives one reference back; the last one frees.  NULL is accepted. */
void bytes_unref(bytes *b);

static inline unsigned char *bytes_data(bytes *b)
{
	return b->store + BYTES_ROOM;
}

/* Where the content begins when `front` bytes of header stand before it. */
static inline unsigned char *bytes_framed(bytes *b)
{
	return b->store + BYTES_ROOM - b->front;
}

static inline size_t bytes_framed_len(const bytes *b)
{
	return b->len + b->front;
}

#endif

/* SPDX-License-Identifier: MIT */
/* bytes - the life of a shared block: made with one reference, freed with the last. */
#include "bytes.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

bytes *bytes_new(size_t len)
{
	if (len > SIZE_MAX - sizeof(bytes) - BYTES_ROOM)
		return NULL;
	bytes *b = malloc(sizeof(bytes) + BYTES_ROOM + len);
	if (!b)
		return NULL;
	b->len = len;
	b->key = 0;
	b->refs = 1;
	b->parts = 0;
	b->front = 0;
	b->binary = 0;
	b->manner = MANNER_WAIT;
	b->plain = 0;
	return b;
}

bytes *bytes_copy(const void *data, size_t len)
{
	bytes *b = bytes_new(len);
	if (b && len > 0)
		memcpy(bytes_data(b), data, len);
	return b;
}

bytes *bytes_ref(bytes *b)
{
	assert(b->refs > 0 && b->refs < UINT32_MAX);
	b->refs++;
	return b;
}

void bytes_unref(bytes *b)
{
	if (!b)
		return;
	assert(b->refs > 0);
	if (--b->refs == 0)
		free(b);
}

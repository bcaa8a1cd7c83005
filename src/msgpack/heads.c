/* SPDX-License-Identifier: MIT */
/* heads - MessagePack, value by value. */
#include "heads.h"
#include <string.h>

/* What the first byte says: how many bytes of a number follow, or the length of an extension. */
typedef struct form {
	head_type type;
	uint8_t size;
	uint8_t fixed;
} form;

static const form forms[] = {
	/* 0xc0 */
	{ HEAD_NIL, 0, 0 },
	{ HEAD_NONE, 0, 0 },
	{ HEAD_FALSE, 0, 0 },
	{ HEAD_TRUE, 0, 0 },
	{ HEAD_BINARY, 1, 0 },
	{ HEAD_BINARY, 2, 0 },
	{ HEAD_BINARY, 4, 0 },
	{ HEAD_EXTENSION, 1, 0 },
	{ HEAD_EXTENSION, 2, 0 },
	{ HEAD_EXTENSION, 4, 0 },
	{ HEAD_FLOAT, 4, 0 },
	{ HEAD_FLOAT, 8, 0 },
	{ HEAD_UINT, 1, 0 },
	{ HEAD_UINT, 2, 0 },
	{ HEAD_UINT, 4, 0 },
	{ HEAD_UINT, 8, 0 },
	/* 0xd0 */
	{ HEAD_INT, 1, 0 },
	{ HEAD_INT, 2, 0 },
	{ HEAD_INT, 4, 0 },
	{ HEAD_INT, 8, 0 },
	{ HEAD_EXTENSION, 0, 1 },
	{ HEAD_EXTENSION, 0, 2 },
	{ HEAD_EXTENSION, 0, 4 },
	{ HEAD_EXTENSION, 0, 8 },
	{ HEAD_EXTENSION, 0, 16 },
	{ HEAD_TEXT, 1, 0 },
	{ HEAD_TEXT, 2, 0 },
	{ HEAD_TEXT, 4, 0 },
	{ HEAD_ARRAY, 2, 0 },
	{ HEAD_ARRAY, 4, 0 },
	{ HEAD_MAP, 2, 0 },
	{ HEAD_MAP, 4, 0 },
};

uint64_t head_number(const unsigned char *at, size_t len)
{
	uint64_t n = 0;
	for (size_t i = 0; i < len; i++)
		n = n << 8 | at[i];
	return n;
}

static const unsigned char *take(input *in, size_t len)
{
	const unsigned char *at = in->at;
	if (len > in->left)
		return NULL;
	in->at += len;
	in->left -= len;
	return at;
}

/* Of those whose first byte is a number as well; the form of the others. */
static form form_of(unsigned char first, uint64_t *n)
{
	*n = first;
	if (first < 0x80)
		return (form){ HEAD_UINT, 0, 0 };
	if (first >= 0xe0)
		return (form){ HEAD_INT, 0, 0 };
	*n = first & 0x0f;
	if (first < 0x90)
		return (form){ HEAD_MAP, 0, 0 };
	if (first < 0xa0)
		return (form){ HEAD_ARRAY, 0, 0 };
	*n = first & 0x1f;
	if (first < 0xc0)
		return (form){ HEAD_TEXT, 0, 0 };
	*n = forms[first - 0xc0].fixed;
	return forms[first - 0xc0];
}

/* Two's complement of so many bits. */
static int64_t to_signed(uint64_t n, unsigned bits)
{
	uint64_t sign = UINT64_C(1) << (bits - 1);
	return n & sign ? -(int64_t)(2 * (sign - 1) + 1 - n) - 1 : (int64_t)n;
}

static double to_float(uint64_t n, size_t size)
{
	uint32_t half = (uint32_t)n;
	float f;
	double d;
	memcpy(&f, &half, sizeof f);
	memcpy(&d, &n, sizeof d);
	return size == 4 ? (double)f : d;
}

static bool take_content(input *in, head *h)
{
	const unsigned char *type = h->type == HEAD_EXTENSION ? take(in, 1) : in->at;
	if (!type || h->n > in->left)
		return false;
	if (h->type == HEAD_EXTENSION)
		h->extension = (int8_t)to_signed(*type, 8);
	h->len = (size_t)h->n;
	h->at = take(in, h->len);
	return true;
}

bool head_take(input *in, head *h)
{
	const unsigned char *first = take(in, 1);
	if (!first)
		return false;
	*h = (head){ .type = HEAD_NONE };
	form f = form_of(*first, &h->n);
	const unsigned char *number = take(in, f.size);
	if (!number || f.type == HEAD_NONE)
		return false;
	h->type = f.type;
	h->fixed = f.fixed;
	if (f.size)
		h->n = head_number(number, f.size);
	h->number = (double)h->n;
	if (f.type == HEAD_FLOAT)
		h->number = to_float(h->n, f.size);
	if (f.type == HEAD_INT)
		h->number = (double)(h->i = to_signed(h->n, f.size ? 8u * f.size : 8));
	return f.type < HEAD_TEXT || f.type > HEAD_EXTENSION || take_content(in, h);
}

static uint64_t values_in(const head *h)
{
	if (h->type == HEAD_MAP)
		return 2 * h->n;
	return h->type == HEAD_ARRAY ? h->n : 0;
}

bool head_skip(input *in, const head *h)
{
	head inner;
	uint64_t wanted = values_in(h);
	for (; wanted; wanted += values_in(&inner) - 1)
		if (!head_take(in, &inner))
			return false;
	return true;
}

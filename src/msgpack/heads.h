/* SPDX-License-Identifier: MIT */
/*
 * heads - MessagePack, value by value (github.com/msgpack/msgpack, spec.md, "Formats").
 *
 * An array or a map is its head alone: what is in it are the values that follow.  msgpack-c's
 * reader is not used: it allocates what a head declares before any of it is there, ends at 32
 * levels, and does not tell the extensions apart that notepack.io does.
 */
#ifndef MSGPACK_HEADS_H
#define MSGPACK_HEADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum head_type {
	HEAD_NONE,
	HEAD_NIL,
	HEAD_FALSE,
	HEAD_TRUE,
	HEAD_UINT,
	HEAD_INT,
	HEAD_FLOAT,
	HEAD_TEXT,
	HEAD_BINARY,
	HEAD_EXTENSION,
	HEAD_ARRAY,
	HEAD_MAP
} head_type;

typedef struct head {
	head_type type;
	int8_t extension; /* its type */
	bool fixed;       /* an extension of one of the five lengths that need not be written */
	uint64_t n;       /* of an unsigned integer; how many values or pairs are in it */
	int64_t i;        /* of a signed integer */
	double number;    /* of all numbers */
	const unsigned char *at; /* text, binary data, and that of an extension */
	size_t len;
} head;

typedef struct input {
	const unsigned char *at;
	size_t left;
} input;

/* false: there is no whole one. */
bool head_take(input *in, head *h);
/* Passes over what is in a value that was taken; false: it is not all there. */
bool head_skip(input *in, const head *h);
/* len bytes, at most 8, as a number. */
uint64_t head_number(const unsigned char *at, size_t len);

#endif

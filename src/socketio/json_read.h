/* SPDX-License-Identifier: MIT */
/*
 * json_read - the grammar of arrays and objects, for JSON text and for templates.
 *
 * One loop without recursion: a value is read, then whatever closes after it.  The two readers
 * differ in what a key and a scalar may be, and bring a function for each.
 */
#ifndef SOCKETIO_JSON_READ_H
#define SOCKETIO_JSON_READ_H

#include "../base/span.h"
#include "json_tree.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct json_reader json_reader;

struct json_reader {
	span rest;
	unsigned depth_left;
	json_tree tree;
	/* Each moves behind what it reads; false: it is not there, or out of memory. */
	bool (*read_key)(json_reader *r); /* leaves the key in tree.key */
	bool (*read_scalar)(json_reader *r, char first);
};

/* Reads all of rest as one value with white space around it. */
bool json_read(json_reader *r);
/* The same where rest stands behind an item of an array; those that follow are an array. */
bool json_read_behind(json_reader *r);
/* true, false, null or a number: what both readers have in common. */
bool json_read_plain(json_reader *r, char first);

static inline void json_skip(json_reader *r, size_t n)
{
	r->rest.at += n;
	r->rest.len -= n;
}

static inline bool json_take(json_reader *r, char c)
{
	if (r->rest.len == 0 || *r->rest.at != c)
		return false;
	json_skip(r, 1);
	return true;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * json_tree - puts cJSON nodes together in the order in which a text names them.
 *
 * Both readers, json_parse() and json_format(), build through here.  Everything is linked by hand,
 * as cJSON links it (the first child's prev is the last child), so that adding is constant time.
 * While an array or object is open it is the last child of the one around it, and its `next`, not
 * needed yet, points at that one: nesting costs neither memory nor recursion.
 */
#ifndef SOCKETIO_JSON_TREE_H
#define SOCKETIO_JSON_TREE_H

#include "../base/span.h"
#include <cjson/cJSON.h>
#include <stdbool.h>

/* All zero but for left: nothing yet. */
typedef struct json_tree {
	cJSON *root;
	cJSON *open; /* the innermost array or object that is not closed */
	char *key;   /* owned; waits for its value */
	size_t left; /* bytes that it may still cost */
	bool full;   /* it would have cost more */
} json_tree;

/* A node of a cJSON type with all else zero; NULL: out of memory. */
cJSON *json_node(int type);
cJSON *json_node_number(double value);
/* A string node that takes text, or frees it when out of memory; NULL is accepted as text and
 * gives NULL. */
cJSON *json_node_text(char *text);
/* What the trees here hold for these bytes: a copy in which each NUL stands as C0 80. */
char *json_copy_text(span text);

/* Something costs so many bytes; false: too many. */
static inline bool json_tree_charge(json_tree *t, size_t cost)
{
	t->full = cost > t->left;
	if (!t->full)
		t->left -= cost;
	return !t->full;
}

/* Puts node, taken, where the text is: the root, the next element, or the value of the waiting
 * key.  NULL stands for out of memory and gives false, and so does a node too many. */
bool json_tree_add(json_tree *t, cJSON *node);
/* The same with a new array or object, which is then open. */
bool json_tree_open(json_tree *t, int type);
/* Closes what is open; of equal keys the last value moves to the place of the first.  false: out
 * of memory. */
bool json_tree_close(json_tree *t);
/* The finished tree; after a failure (ok is false) everything is freed and it is NULL. */
cJSON *json_tree_finish(json_tree *t, bool ok);

/* Makes the keys of the object that is open unique, for json_tree_close(); false: out of memory, or
 * what it needs for that would cost too much. */
bool json_unique_keys(json_tree *t);

#endif

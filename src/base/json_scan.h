/* SPDX-License-Identifier: MIT */
/*
 * json_scan - says where a JSON value ends, and that it is one, without building anything.
 *
 * Strictly RFC 8259, as JSON.parse: no leading zeros, no raw control characters in strings, nothing
 * after the value that is not white space.  A lone surrogate escape is accepted, as JSON.parse
 * does.  The text is taken to be valid UTF-8: whoever received it has checked.  Nesting costs one
 * bit a level and no recursion.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "span.h"
#include <stdbool.h>
#include <stddef.h>

/* Nesting deeper than max_depth is refused; it protects every recursive reader of the tree
 * (cJSON_Delete and cJSON_Print among them).  JSON_DEPTH_LIMIT is the highest max_depth that can be
 * asked for. */
enum { JSON_DEPTH_LIMIT = 65536 };

/* The length of the value at the start of text, which must not begin with white space; 0: none is
 * there.  What follows the value is the caller's to judge; only a number must not run on into
 * something that makes it another ("01", "1.", "1e" are no values). */
size_t json_scan_value(span text, unsigned max_depth);
/* Whether text is one value and nothing but white space behind it. */
bool json_scan_all(span text, unsigned max_depth);
/* The number of white-space characters at the start of text. */
size_t json_scan_space(span text);

/* Walks an array: begin, then next until it says END or BAD.  next gives each element without the
 * space around it. */
typedef struct json_walk {
	span rest;
	unsigned max_depth;
	bool first;
} json_walk;
typedef enum json_step { JSON_ITEM, JSON_END, JSON_BAD } json_step;
/* false: text does not begin with '[', or max_depth is 0, since the array itself is one level. */
bool json_walk_begin(json_walk *w, span text, unsigned max_depth);
/* JSON_END only if nothing but white space follows the closing bracket.  After JSON_END or JSON_BAD
 * each further step is JSON_BAD. */
json_step json_walk_next(json_walk *w, span *item);

#endif

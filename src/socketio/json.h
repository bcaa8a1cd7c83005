/* SPDX-License-Identifier: MIT */
/*
 * json - between JSON text and cJSON trees, without losing what JSON can say.
 *
 * cJSON's own reader and printer are not used: they cut strings at U+0000, refuse lone surrogates,
 * lose digits of numbers, accept what is not JSON and recurse.  In the trees here a string is C
 * text in which U+0000 stands as the two bytes C0 80 and a lone surrogate as the three bytes that
 * UTF-8 would use for it (ED A0 80 to ED BF BF); real UTF-8 never contains either, so strlen,
 * strcmp and cJSON_GetStringValue work on every string.  The printer writes them back as \u
 * escapes.
 */
#ifndef SOCKETIO_JSON_H
#define SOCKETIO_JSON_H

#include "../base/buf.h"
#include "../base/span.h"
#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdbool.h>

/*
 * The tree of one JSON text, already checked by json_scan_value() or not, with white space around
 * it or not; NULL: not JSON, deeper than max_depth (at most JSON_DEPTH_LIMIT counts), or out of
 * memory.  No recursion.  Of equal keys the last value wins and stands where the first stood, as in
 * JSON.parse, and no choice of keys makes that slow.  The text is taken to be valid UTF-8.
 * "__proto__" is a key like any other.  Numbers are the nearest double; beyond its range they are
 * infinite, as JSON.parse has them.  Every node comes from cJSON's allocator, so cJSON_Delete()
 * frees it.
 */
cJSON *json_parse(span text, unsigned max_depth);

/* What a tree may be. */
typedef struct json_bounds {
	unsigned depth;
	size_t bytes; /* of memory; reading takes away what the tree costs */
	bool full;    /* it would have cost more */
} json_bounds;
/* What the C library sets aside for a node. */
enum { JSON_NODE_COST = 80 };
cJSON *json_parse_within(span text, json_bounds *b);
/* The same for an array whose beginning has been read: text is what stands behind one of its items,
 * and the tree is the array of those that follow. */
cJSON *json_parse_behind(span text, json_bounds *b);

/*
 * Appends the tree as compact JSON text.  Numbers in the fewest digits that read back as the same
 * double, in the form that JavaScript's Number.prototype.toString gives (1e+21, 5e-324, -0 as 0);
 * NaN and infinities as null; bytes that are not UTF-8 (nor one of the two forms above) as U+FFFD;
 * cJSON_Raw as it is.  No recursion, whatever the depth. false: out of memory, the limit of out, or
 * a node of no type; the content of out is then what it was.
 */
bool json_print(buf *out, const cJSON *tree);
/* Appends text as a JSON string with its quotes, under the same rules. */
bool json_print_string(buf *out, span text);

/* cJSON_Delete() without recursion; NULL is accepted.  Trees from json_parse() may be deeper than
 * cJSON_Delete()'s recursion is good for. */
void json_free(cJSON *tree);

/*
 * sio_json()'s engine: a JSON template with printf conversions for values.  The grammar is
 * documented at sio_json() in include/sio.h.  Every %p tree is taken, on failure too, unless a
 * conversion that C does not know stands before it. NULL: the template is malformed, a conversion
 * is unknown or out of place, a taken tree was NULL, or out of memory.
 */
cJSON *json_format(const char *fmt, va_list args);

#endif

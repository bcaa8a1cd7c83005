/* SPDX-License-Identifier: MIT */
/*
 * json_scan - one pass over a JSON value.
 *
 * Each scan_ function takes the place where its piece must begin and returns the place behind it,
 * or NULL when the piece is not there.
 */
#include "json_scan.h"
#include "json_plain.h"
#include <stdint.h>

typedef const unsigned char *place;

static unsigned char byte_at(place p, place end)
{
	return p < end ? *p
		       : 0; /* a NUL is no part of JSON outside strings, and not bare in them */
}

static inline place skip_space(place p, place end)
{
	while (p < end && *p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

/* ---- Strings ---- */

static inline place skip_plain(place p, place end)
{
	return p + json_plain_len((span){ (const char *)p, (size_t)(end - p) });
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(unsigned char c)
{
	unsigned char lower = c | 0x20;
	return is_digit(c) || (lower >= 'a' && lower <= 'f');
}

/* p is behind the backslash. */
static place scan_escape(place p, place end)
{
	switch (byte_at(p, end)) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return p + 1;
	case 'u':
		break;
	default:
		return NULL;
	}
	if (end - p < 5)
		return NULL;
	return is_hex(p[1]) && is_hex(p[2]) && is_hex(p[3]) && is_hex(p[4]) ? p + 5 : NULL;
}

/* p is behind the opening quote. */
static place scan_string(place p, place end)
{
	for (;;) {
		p = skip_plain(p, end);
		unsigned char c = byte_at(p, end);
		if (c == '"')
			return p + 1;
		if (c != '\\')
			return NULL;
		p = scan_escape(p + 1, end);
		if (!p)
			return NULL;
	}
}

/* ---- Numbers and words ---- */

static place skip_digits(place p, place end)
{
	while (p < end && is_digit(*p))
		p++;
	return p;
}

static place scan_digits(place p, place end)
{
	return is_digit(byte_at(p, end)) ? skip_digits(p + 1, end) : NULL;
}

static place scan_whole(place p, place end)
{
	if (byte_at(p, end) != '0')
		return scan_digits(p, end);
	return is_digit(byte_at(p + 1, end)) ? NULL : p + 1;
}

static place scan_exponent(place p, place end)
{
	unsigned char sign = byte_at(p, end);
	return scan_digits(sign == '+' || sign == '-' ? p + 1 : p, end);
}

static place scan_number(place p, place end)
{
	p = scan_whole(*p == '-' ? p + 1 : p, end);
	if (p && byte_at(p, end) == '.')
		p = scan_digits(p + 1, end);
	if (p && (byte_at(p, end) | 0x20) == 'e')
		p = scan_exponent(p + 1, end);
	return p;
}

static place scan_word(place p, place end, span word)
{
	if ((size_t)(end - p) < word.len || memcmp(p, word.at, word.len) != 0)
		return NULL;
	return p + word.len;
}

static place scan_scalar(place p, place end)
{
	switch (byte_at(p, end)) {
	case '"':
		return scan_string(p + 1, end);
	case 't':
		return scan_word(p, end, SPAN("true"));
	case 'f':
		return scan_word(p, end, SPAN("false"));
	case 'n':
		return scan_word(p, end, SPAN("null"));
	case '\0':
		return NULL;
	default:
		return scan_number(p, end);
	}
}

/* ---- Nesting ---- */

/* The brackets that are open, one bit each: 1 for an object.  The innermost 64 are in `bits`; the
 * blocks further out are put aside in `outer`, which costs nothing until it is needed. */
typedef struct nest {
	uint64_t bits;
	unsigned depth, max;
	uint64_t outer[JSON_DEPTH_LIMIT / 64];
} nest;

static inline bool nest_open(nest *n, bool object)
{
	if (n->depth >= n->max)
		return false;
	if (n->depth > 0 && n->depth % 64 == 0)
		n->outer[n->depth / 64 - 1] = n->bits;
	n->bits = n->bits << 1 | object;
	n->depth++;
	return true;
}

static inline void nest_close(nest *n)
{
	n->depth--;
	n->bits >>= 1;
	if (n->depth > 0 && n->depth % 64 == 0)
		n->bits = n->outer[n->depth / 64 - 1];
}

static inline bool nest_in_object(const nest *n)
{
	return n->bits & 1;
}

/* A member's name and colon; the place returned is where its value must begin. */
static place scan_name(place p, place end)
{
	if (byte_at(p, end) != '"')
		return NULL;
	p = scan_string(p + 1, end);
	if (!p)
		return NULL;
	p = skip_space(p, end);
	return byte_at(p, end) == ':' ? skip_space(p + 1, end) : NULL;
}

/* p is at an opening bracket.  *inside: the place returned is where the first value must begin;
 * otherwise the brackets are empty, and it is behind them. */
static inline place scan_open(nest *n, place p, place end, bool *inside)
{
	bool object = *p == '{';
	*inside = false;
	if (!nest_open(n, object))
		return NULL;
	p = skip_space(p + 1, end);
	if (byte_at(p, end) == (object ? '}' : ']')) {
		nest_close(n);
		return p + 1;
	}
	*inside = true;
	return object ? scan_name(p, end) : p;
}

/* p is behind a value.  Closes what closes here; the place returned is where the next value must
 * begin, or the end of it all when nothing is open any more. */
static inline place scan_after(nest *n, place p, place end)
{
	while (n->depth > 0) {
		p = skip_space(p, end);
		unsigned char c = byte_at(p, end);
		bool object = nest_in_object(n);
		if (c == ',') {
			p = skip_space(p + 1, end);
			return object ? scan_name(p, end) : p;
		}
		if (c != (object ? '}' : ']'))
			return NULL;
		nest_close(n);
		p++;
	}
	return p;
}

size_t json_scan_value(span text, unsigned max_depth)
{
	place start = (place)text.at;
	if (text.len == 0)
		return 0;
	place p = start, end = start + text.len;
	nest n; /* not initialized as a whole: it is large, and most values are small */
	n.bits = 0;
	n.depth = 0;
	n.max = max_depth < JSON_DEPTH_LIMIT ? max_depth : JSON_DEPTH_LIMIT;
	do {
		bool inside = false;
		unsigned char c = byte_at(p, end);
		p = c == '{' || c == '[' ? scan_open(&n, p, end, &inside) : scan_scalar(p, end);
		if (p && !inside)
			p = scan_after(&n, p, end);
		if (!p)
			return 0;
	} while (n.depth > 0);
	return (size_t)(p - start);
}

size_t json_scan_space(span text)
{
	if (text.len == 0)
		return 0;
	place start = (place)text.at;
	return (size_t)(skip_space(start, start + text.len) - start);
}

bool json_scan_all(span text, unsigned max_depth)
{
	size_t len = json_scan_value(text, max_depth);
	span rest = { text.at + len, text.len - len };
	return len && json_scan_space(rest) == rest.len;
}

/* ---- Walking an array ---- */

static void drop(span *s, size_t n)
{
	s->at += n;
	s->len -= n;
}

bool json_walk_begin(json_walk *w, span text, unsigned max_depth)
{
	if (text.len == 0 || text.at[0] != '[' || max_depth == 0)
		return false;
	*w = (json_walk){ text, max_depth - 1, true };
	drop(&w->rest, 1);
	return true;
}

/* With nothing left to read each further step is bad as well. */
static json_step walk_stop(json_walk *w, json_step step)
{
	w->rest.len = 0;
	return step;
}

static json_step walk_end(json_walk *w)
{
	drop(&w->rest, 1);
	bool alone = json_scan_space(w->rest) == w->rest.len;
	return walk_stop(w, alone ? JSON_END : JSON_BAD);
}

json_step json_walk_next(json_walk *w, span *item)
{
	drop(&w->rest, json_scan_space(w->rest));
	if (w->rest.len > 0 && w->rest.at[0] == ']')
		return walk_end(w);
	if (!w->first) {
		if (w->rest.len == 0 || w->rest.at[0] != ',')
			return walk_stop(w, JSON_BAD);
		drop(&w->rest, 1);
		drop(&w->rest, json_scan_space(w->rest));
	}
	w->first = false;
	size_t len = json_scan_value(w->rest, w->max_depth);
	if (len == 0)
		return walk_stop(w, JSON_BAD);
	*item = (span){ w->rest.at, len };
	drop(&w->rest, len);
	return JSON_ITEM;
}

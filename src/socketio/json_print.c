/* SPDX-License-Identifier: MIT */
/*
 * json_print - a cJSON tree to compact JSON text.
 *
 * The way back up from a child is kept on a stack of our own, which costs memory only below the
 * usual depth.
 */
#include "../base/json_plain.h"
#include "json.h"
#include "json_number.h"
#include "json_text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Strings ---- */

/* The well-formed character or, if it is none, the largest piece that could have begun one: what
 * the Unicode standard (3.9, maximal subpart) replaces with one U+FFFD. */
typedef struct sequence {
	size_t len;
	bool valid;
} sequence;

static bool is_between(char c, unsigned first, unsigned last)
{
	return (unsigned char)c >= first && (unsigned char)c <= last;
}

/* The number of bytes that must follow a first byte, and what the second one may be. */
static unsigned tail_of(unsigned char c, unsigned *first, unsigned *last)
{
	*first = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
	*last = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
	if (c < 0xC2 || c > 0xF4)
		return 0;
	return c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
}

static sequence sequence_at(span text)
{
	if ((unsigned char)*text.at < 0x80)
		return (sequence){ 1, true };
	unsigned first, last;
	unsigned tail = tail_of((unsigned char)*text.at, &first, &last);
	for (size_t i = 1; i <= tail; i++) {
		if (i == text.len || !is_between(text.at[i], first, last))
			return (sequence){ i, false };
		first = 0x80;
		last = 0xBF;
	}
	return (sequence){ tail + 1, tail > 0 };
}

/* The length of the plain ASCII that text begins with. */
static size_t ascii_len(span text)
{
	size_t i = 0, n = JSON_STEP;
	while (text.len - i >= JSON_STRIDE && json_plain_stride(text.at + i, true))
		i += JSON_STRIDE;
	for (; n == JSON_STEP && text.len - i >= JSON_STEP; i += n)
		n = json_plain_step(text.at + i, true);
	while (i < text.len && json_is_plain(text.at[i]) && (unsigned char)text.at[i] < 0x80)
		i++;
	return i;
}

/* The length of what is printed as it is. */
static size_t plain_len(span text)
{
	size_t i = 0;
	while (i < text.len) {
		i += ascii_len((span){ text.at + i, text.len - i });
		if (i == text.len || !json_is_plain(text.at[i]))
			break;
		sequence s = sequence_at((span){ text.at + i, text.len - i });
		if (!s.valid)
			break;
		i += s.len;
	}
	return i;
}

static void add_unit(buf *out, unsigned unit)
{
	static const char hex[] = "0123456789abcdef";
	char text[] = { '\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15],
		hex[unit & 15] };
	buf_add(out, text, sizeof text);
}

static void add_escape(buf *out, char c)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	for (const char *l = letters; *l; l += 2) {
		if (*l != c)
			continue;
		buf_add(out, (char[]){ '\\', l[1] }, 2);
		return;
	}
	add_unit(out, (unsigned char)c);
}

static unsigned low_bits(char continuation)
{
	return (unsigned char)continuation & 0x3Fu;
}

/* Prints the one thing that is not plain at the start of text; its length. */
static size_t add_special(buf *out, span text)
{
	if (!json_is_plain(*text.at)) {
		add_escape(out, *text.at);
		return 1;
	}
	if (text.len >= 2 && memcmp(text.at, "\xC0\x80", 2) == 0) {
		add_unit(out, 0);
		return 2;
	}
	if (text.len >= 3 && *text.at == '\xED' && is_between(text.at[1], 0xA0, 0xBF) &&
		is_between(text.at[2], 0x80, 0xBF)) {
		add_unit(out, 0xD000u | low_bits(text.at[1]) << 6 | low_bits(text.at[2]));
		return 3;
	}
	buf_add(out, "\xEF\xBF\xBD", 3);
	return sequence_at(text).len;
}

static bool add_plain_string(buf *out, span text)
{
	unsigned char *to = buf_reserve(out, text.len + 2);
	if (!to)
		return false;
	to[0] = '"';
	memcpy(to + 1, text.at, text.len);
	to[text.len + 1] = '"';
	buf_added(out, text.len + 2);
	return true;
}

/* Gives back what a failed call has written. */
static bool cut_unless(bool ok, buf *out, size_t len)
{
	if (!ok)
		out->end = out->start + len;
	return ok;
}

static bool add_string(buf *out, span text)
{
	size_t plain = plain_len(text);
	if (plain == text.len)
		return add_plain_string(out, text);
	buf_add_char(out, '"');
	for (;;) {
		buf_add(out, text.at, plain);
		text = (span){ text.at + plain, text.len - plain };
		if (text.len == 0)
			break;
		size_t special = add_special(out, text);
		text = (span){ text.at + special, text.len - special };
		plain = plain_len(text);
	}
	return buf_add_char(out, '"');
}

bool json_print_string(buf *out, span text)
{
	size_t before = buf_len(out);
	return cut_unless(add_string(out, text.len ? text : SPAN("")), out, before);
}

/* ---- Trees ---- */

enum { FEW_LEVELS = 32 };

typedef struct level_stack {
	const cJSON *few[FEW_LEVELS];
	const cJSON **levels; /* few, or memory of our own */
	size_t depth, cap;
} level_stack;

static bool grow(level_stack *s)
{
	const cJSON **more = malloc(2 * s->cap * sizeof *more);
	if (!more)
		return false;
	memcpy(more, s->levels, s->depth * sizeof *more);
	if (s->levels != s->few)
		free(s->levels);
	s->levels = more;
	s->cap *= 2;
	return true;
}

static bool push(level_stack *s, const cJSON *node)
{
	if (s->depth == s->cap && !grow(s))
		return false;
	s->levels[s->depth++] = node;
	return true;
}

static int type_of(const cJSON *node)
{
	return node->type & 0xFF;
}

static bool add_text(buf *out, const char *text)
{
	return add_string(out, text ? span_of(text) : SPAN(""));
}

static bool add_number(buf *out, double value)
{
	if (!isfinite(value))
		return buf_add_span(out, SPAN("null"));
	char text[JSON_NUMBER_MAX];
	return buf_add(out, text, json_number_write(text, value));
}

static bool add_scalar(buf *out, const cJSON *node)
{
	switch (type_of(node)) {
	case cJSON_False:
		return buf_add_span(out, SPAN("false"));
	case cJSON_True:
		return buf_add_span(out, SPAN("true"));
	case cJSON_NULL:
		return buf_add_span(out, SPAN("null"));
	case cJSON_Number:
		return add_number(out, node->valuedouble);
	case cJSON_String:
		return add_text(out, node->valuestring);
	case cJSON_Raw:
		return node->valuestring && buf_add_text(out, node->valuestring);
	default:
		return false;
	}
}

/* The brackets of an array or object; NULL: it is neither. */
static const char *brackets_of(const cJSON *node)
{
	if (type_of(node) == cJSON_Array)
		return "[]";
	return type_of(node) == cJSON_Object ? "{}" : NULL;
}

static bool add_key(buf *out, const level_stack *s, const cJSON *node)
{
	if (s->depth == 0 || type_of(s->levels[s->depth - 1]) != cJSON_Object)
		return true;
	return add_text(out, node->string) && buf_add_char(out, ':');
}

/* Prints what comes after a value: the brackets that close, or a comma.  The next value; NULL: the
 * tree is complete. */
static const cJSON *next_value(buf *out, level_stack *s, const cJSON *node)
{
	while (s->depth) {
		if (node->next) {
			buf_add_char(out, ',');
			return node->next;
		}
		node = s->levels[--s->depth];
		buf_add_char(out, brackets_of(node)[1]);
	}
	return NULL;
}

static bool add_tree(buf *out, level_stack *s, const cJSON *node)
{
	while (node) {
		if (!add_key(out, s, node))
			return false;
		const char *brackets = brackets_of(node);
		if (brackets && node->child) {
			if (!buf_add_char(out, brackets[0]) || !push(s, node))
				return false;
			node = node->child;
			continue;
		}
		if (!(brackets ? buf_add(out, brackets, 2) : add_scalar(out, node)))
			return false;
		node = next_value(out, s, node);
	}
	return !out->failed;
}

bool json_print(buf *out, const cJSON *tree)
{
	level_stack s;
	s.levels = s.few;
	s.depth = 0;
	s.cap = FEW_LEVELS;
	size_t before = buf_len(out);
	bool ok = tree && add_tree(out, &s, tree);
	if (s.levels != s.few)
		free(s.levels);
	return cut_unless(ok, out, before);
}

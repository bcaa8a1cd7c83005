/* SPDX-License-Identifier: MIT */
/*
 * Any text: the scan agrees with a second, recursive reader that is written to be obvious, its
 * verdict does not depend on what follows, and a walk gives what the scan of each element gives.
 */
#include "../../src/base/json_scan.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())

enum { DEPTH = 70 }; /* beyond one block of 64 bits */

/* ---- The obvious reader: p is advanced behind what was read ---- */

typedef struct reader {
	const char *p, *end;
} reader;

static bool eat(reader *r, const char *text)
{
	size_t len = strlen(text);
	if ((size_t)(r->end - r->p) < len || memcmp(r->p, text, len) != 0)
		return false;
	r->p += len;
	return true;
}

static bool eat_one_of(reader *r, const char *set)
{
	if (r->p == r->end || *r->p == '\0' || !strchr(set, *r->p))
		return false;
	r->p++;
	return true;
}

static void space(reader *r)
{
	while (eat_one_of(r, " \t\r\n"))
		;
}

static bool digits(reader *r)
{
	if (!eat_one_of(r, "0123456789"))
		return false;
	while (eat_one_of(r, "0123456789"))
		;
	return true;
}

static bool number(reader *r)
{
	eat(r, "-");
	if (eat(r, "0")) {
		if (digits(r))
			return false;
	} else if (!digits(r)) {
		return false;
	}
	if (eat(r, ".") && !digits(r))
		return false;
	if (!eat_one_of(r, "eE"))
		return true;
	eat_one_of(r, "+-");
	return digits(r);
}

static bool escape(reader *r)
{
	if (!eat(r, "u"))
		return eat_one_of(r, "\"\\/bfnrt");
	for (int i = 0; i < 4; i++) {
		if (!eat_one_of(r, "0123456789abcdefABCDEF"))
			return false;
	}
	return true;
}

static bool string(reader *r)
{
	if (!eat(r, "\""))
		return false;
	while (!eat(r, "\"")) {
		if (r->p == r->end || (unsigned char)*r->p < 0x20)
			return false;
		if (*r->p++ == '\\' && !escape(r))
			return false;
	}
	return true;
}

static bool value(reader *r, unsigned depth);

static bool member(reader *r, unsigned depth, bool named)
{
	space(r);
	if (named) {
		if (!string(r))
			return false;
		space(r);
		if (!eat(r, ":"))
			return false;
		space(r);
	}
	return value(r, depth);
}

static bool members(reader *r, unsigned depth, const char *close, bool named)
{
	if (depth == 0)
		return false;
	space(r);
	if (eat(r, close))
		return true;
	do {
		if (!member(r, depth - 1, named))
			return false;
		space(r);
	} while (eat(r, ","));
	return eat(r, close);
}

static bool value(reader *r, unsigned depth)
{
	if (eat(r, "["))
		return members(r, depth, "]", false);
	if (eat(r, "{"))
		return members(r, depth, "}", true);
	if (r->p < r->end && *r->p == '"')
		return string(r);
	return eat(r, "true") || eat(r, "false") || eat(r, "null") || number(r);
}

static size_t obvious(span text, unsigned depth)
{
	reader r = { text.at, text.at + text.len };
	return value(&r, depth) ? (size_t)(r.p - text.at) : 0;
}

/* ---- What must hold ---- */

static bool ends_by_itself(char first)
{
	return first == '[' || first == '{' || first == '"';
}

static void check_scan(span text)
{
	size_t len = json_scan_value(text, DEPTH);
	CHECK(len <= text.len);
	CHECK(len == obvious(text, DEPTH));
	CHECK(json_scan_value(text, 1) == obvious(text, 1));
	if (len > 0 && ends_by_itself(text.at[0])) {
		CHECK(json_scan_value((span){ text.at, len }, DEPTH) == len);
		CHECK(json_scan_value((span){ text.at, len - 1 }, DEPTH) == 0);
	}
}

static void check_walk(span text)
{
	json_walk w;
	span item;
	json_step step;
	CHECK(json_walk_begin(&w, text, DEPTH) == (text.len > 0 && text.at[0] == '['));
	if (text.len == 0 || text.at[0] != '[')
		return;
	while ((step = json_walk_next(&w, &item)) == JSON_ITEM)
		CHECK(item.len > 0 && json_scan_value(item, DEPTH - 1) == item.len);
	size_t len = json_scan_value(text, DEPTH);
	span after = { text.at + len, text.len - len };
	bool whole = len > 0 && json_scan_space(after) == after.len;
	CHECK((step == JSON_END) == whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	span text = { (const char *)data, size };
	size_t before = json_scan_space(text);
	CHECK(before <= size);
	if (before > 0)
		CHECK(json_scan_value(text, DEPTH) == 0);
	text = (span){ text.at + before, size - before };
	check_scan(text);
	check_walk(text);
	return 0;
}

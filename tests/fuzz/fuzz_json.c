/* SPDX-License-Identifier: MIT */
/*
 * fuzz_json - a JSON text in, and out again.
 *
 * json_parse() accepts what json_scan_value() accepts, no more and no less; what it accepts is
 * printed as valid UTF-8 that reads back as the same tree; a failed allocation and a full buffer
 * leave nothing behind.
 */
#include "../../src/base/json_scan.h"
#include "../../src/base/text.h"
#include "../../src/socketio/json.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { DEPTH = 200 };

static size_t live, asked, fail_at;

static void *counted_malloc(size_t size)
{
	void *p = ++asked == fail_at ? NULL : malloc(size);
	live += p != NULL;
	return p;
}

static void counted_free(void *p)
{
	live -= p != NULL;
	free(p);
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool is_json(span text)
{
	size_t space = json_scan_space(text);
	span rest = { text.at + space, text.len - space };
	size_t len = json_scan_value(rest, DEPTH);
	rest = (span){ rest.at + len, rest.len - len };
	return len > 0 && json_scan_space(rest) == rest.len;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* An infinite number, which JSON cannot say, has become null. */
static bool same_value(const cJSON *a, const cJSON *b)
{
	if (cJSON_IsNumber(a) && isinf(a->valuedouble))
		return cJSON_IsNull(b);
	return a->type == b->type && a->valuedouble == b->valuedouble &&
	       same_text(a->valuestring, b->valuestring);
}

static bool same_tree(const cJSON *a, const cJSON *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (!same_value(a, b) || !same_text(a->string, b->string) ||
			!same_tree(a->child, b->child))
			return false;
	return !a && !b;
}

static void require_links(const cJSON *parent)
{
	const cJSON *last = parent->child ? parent->child->prev : NULL;
	require(!last || !last->next);
	for (const cJSON *c = parent->child; c; c = c->next) {
		require(c->next ? c->next->prev == c : c == last);
		require(!cJSON_IsObject(parent) == !c->string);
		require_links(c);
	}
}

static void require_full_buffer_fails(const cJSON *tree, size_t len, size_t limit)
{
	buf small = { .limit = limit % len + 1 };
	require(json_print(&small, tree) == (small.limit == len));
	require(buf_len(&small) == (small.limit == len ? len : 0));
	buf_free(&small);
}

static void require_echo(const cJSON *tree, size_t limit)
{
	buf first = { 0 }, second = { 0 };
	require(json_print(&first, tree));
	require(utf8_valid(buf_data(&first), buf_len(&first)));
	cJSON *again = json_parse(buf_span(&first), DEPTH);
	require(again && same_tree(tree, again));
	require(json_print(&second, again));
	require(span_is(buf_span(&first), buf_span(&second)));
	require_full_buffer_fails(tree, buf_len(&first), limit);
	json_free(again);
	buf_free(&first);
	buf_free(&second);
}

static void require_failed_allocation_refuses(span text, size_t at)
{
	size_t before = live;
	asked = 0;
	fail_at = at;
	require(!json_parse(text, DEPTH));
	require(live == before);
	fail_at = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	span text = { (const char *)data, size };
	cJSON_InitHooks(&(cJSON_Hooks){ counted_malloc, counted_free });
	asked = fail_at = 0;
	cJSON *tree = json_parse(text, DEPTH);
	size_t needed = asked;
	require(!tree == !is_json(text));
	if (tree) {
		require_links(tree);
		if (utf8_valid(data, size))
			require_echo(tree, size * 31);
		require_failed_allocation_refuses(text, size * 7 % needed + 1);
	}
	json_free(tree);
	require(live == 0);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * fuzz_json_format - templates with arguments.
 *
 * The arguments of a template are fixed by its conversions, so each '%' of the input becomes the
 * next conversion of a fixed row; flags, width and precision behind it are kept.  A result prints
 * and reads back, every tree among the arguments is taken, and a template that is JSON means what
 * json_parse() reads.
 */
#include "../../src/socketio/json.h"
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

enum { DEPTH = 65536, CONVERSIONS = 10, TREES = 3 };

static const char *const row[CONVERSIONS] = { "s", "d", "p", "f", "hhd", "p", "*s", "c", "zx",
	"p" };

static size_t live;

static void *counted_malloc(size_t size)
{
	void *p = malloc(size);
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

typedef struct input {
	span rest;
	buf template;
	size_t conversions;
	void *trees[TREES];
	size_t ntrees;
} input;

static void keep(input *in, const char *set, size_t most)
{
	for (; most && in->rest.len && memchr(set, *in->rest.at, strlen(set)); most--) {
		buf_add_char(&in->template, *in->rest.at++);
		in->rest.len--;
	}
}

static void add_conversion(input *in)
{
	buf_add_char(&in->template, '%');
	if (in->conversions == CONVERSIONS) {
		buf_add_char(&in->template, '%');
		return;
	}
	const char *conversion = row[in->conversions++];
	keep(in, "-+ #0'", 6);
	keep(in, "0123456789", 3);
	if (*conversion == '*') {
		buf_add_char(&in->template, '.');
	} else {
		keep(in, ".", 1);
		keep(in, "0123456789", 2);
	}
	buf_add_text(&in->template, conversion);
	if (*conversion == 'p')
		in->trees[in->ntrees++] = json_parse(SPAN("{\"t\":[1,\"x\"]}"), 2);
}

static void build(input *in)
{
	while (in->rest.len) {
		char c = *in->rest.at++;
		in->rest.len--;
		if (c == '%')
			add_conversion(in);
		else if (c)
			buf_add_char(&in->template, c);
	}
	buf_add_char(&in->template, '\0');
}

static cJSON *format(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	cJSON *tree = json_format(fmt, args);
	va_end(args);
	return tree;
}

static bool has_echo(const cJSON *tree, buf *text)
{
	buf again = { 0 };
	require(json_print(text, tree));
	cJSON *copy = json_parse(buf_span(text), DEPTH);
	bool same = copy && json_print(&again, copy) && span_is(buf_span(text), buf_span(&again));
	json_free(copy);
	buf_free(&again);
	return same;
}

/* Only for a template of plain characters: others may hold bytes that are no UTF-8, which the two
 * readers keep, but which make equal what was not. */
static void require_json_means_json(span template, span printed)
{
	buf out = { 0 };
	cJSON *tree = json_parse(template, DEPTH);
	require(!tree || (json_print(&out, tree) && span_is(buf_span(&out), printed)));
	json_free(tree);
	buf_free(&out);
}

static bool is_ascii(span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] > 0x7F)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cJSON_InitHooks(&(cJSON_Hooks){ counted_malloc, counted_free });
	input in = { .rest = { (const char *)data, size } };
	build(&in);
	cJSON *tree = format((const char *)buf_data(&in.template), "a\"],\\\n", INT_MIN,
		in.trees[0], -0.1, 1, in.trees[1], 3, "b\0c", 'd', (size_t)77, in.trees[2]);
	span template = { buf_span(&in.template).at, buf_len(&in.template) - 1 };
	buf text = { 0 };
	bool plain = is_ascii(template);
	if (tree)
		require(has_echo(tree, &text) || !plain);
	if (plain && in.conversions == 0)
		require_json_means_json(template, tree ? buf_span(&text) : SPAN(""));
	json_free(tree);
	require(live == 0);
	buf_free(&text);
	buf_free(&in.template);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * json_parse - JSON text to a cJSON tree: the strings of it, and where it begins.  What is taken is
 * exactly what json_scan_value() takes.
 */
#include "../base/json_plain.h"
#include "../base/json_scan.h"
#include "json.h"
#include "json_read.h"
#include "json_text.h"

/* The length of a string up to its closing quote; false: it has none, or a control character. */
static bool string_len(span text, size_t *len)
{
	size_t i = 0;
	for (;;) {
		i += json_plain_len((span){ text.at + i, text.len - i });
		if (i == text.len || (text.at[i] != '"' && text.at[i] != '\\'))
			return false;
		if (text.at[i] == '"')
			break;
		if (text.len - i < 2)
			return false;
		i += 2;
	}
	*len = i;
	return true;
}

/* Decodes text to out, which has room for as many bytes: no escape is shorter than what it stands
 * for. */
static bool decode(span text, char *out)
{
	for (;;) {
		size_t n = json_plain_len(text);
		memcpy(out, text.at, n);
		out += n;
		text.at += n;
		text.len -= n;
		if (text.len == 0)
			break;
		char bytes[JSON_ESCAPED_MAX];
		n = json_unescape(&text, bytes);
		if (n == 0)
			return false;
		memcpy(out, bytes, n);
		out += n;
	}
	*out = '\0';
	return true;
}

/* Memory for a text of so many bytes; NULL: too many, or there is none. */
static char *text_new(json_reader *r, size_t len)
{
	enum { HEAD = 8, STEP = 16, LEAST = 32 };
	size_t cost = (len + 1 + HEAD + STEP - 1) / STEP * STEP;
	return json_tree_charge(&r->tree, cost < LEAST ? LEAST : cost) ? cJSON_malloc(len + 1)
								       : NULL;
}

static char *copy_plain(json_reader *r, span text)
{
	char *copy = text_new(r, text.len);
	if (!copy)
		return NULL;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	return copy;
}

/* The decoded string behind an opening quote; NULL: it is none, too long, or out of memory. */
static char *read_string(json_reader *r)
{
	size_t len = json_plain_len(r->rest);
	if (len < r->rest.len && r->rest.at[len] == '"') {
		char *plain = copy_plain(r, (span){ r->rest.at, len });
		json_skip(r, len + 1);
		return plain;
	}
	if (!string_len(r->rest, &len))
		return NULL;
	char *text = text_new(r, len);
	if (!text)
		return NULL;
	if (!decode((span){ r->rest.at, len }, text)) {
		cJSON_free(text);
		return NULL;
	}
	json_skip(r, len + 1);
	return text;
}

static bool read_key(json_reader *r)
{
	if (!json_take(r, '"'))
		return false;
	r->tree.key = read_string(r);
	return r->tree.key;
}

static bool read_scalar(json_reader *r, char first)
{
	if (first != '"')
		return json_read_plain(r, first);
	json_skip(r, 1);
	return json_tree_add(&r->tree, json_node_text(read_string(r)));
}

static cJSON *parse(span text, json_bounds *b, bool (*read)(json_reader *))
{
	json_reader r = {
		.rest = text,
		.depth_left = b->depth < JSON_DEPTH_LIMIT ? b->depth : JSON_DEPTH_LIMIT,
		.tree.left = b->bytes,
		.read_key = read_key,
		.read_scalar = read_scalar,
	};
	bool ok = read(&r);
	b->bytes = r.tree.left;
	b->full = r.tree.full;
	return json_tree_finish(&r.tree, ok);
}

cJSON *json_parse_within(span text, json_bounds *b)
{
	return parse(text, b, json_read);
}

cJSON *json_parse_behind(span text, json_bounds *b)
{
	return parse(text, b, json_read_behind);
}

cJSON *json_parse(span text, unsigned max_depth)
{
	json_bounds b = { .depth = max_depth, .bytes = SIZE_MAX };
	return json_parse_within(text, &b);
}

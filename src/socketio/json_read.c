/* SPDX-License-Identifier: MIT */
/* json_read - arrays, objects and what may stand between their values. */
#include "json_read.h"
#include "json_number.h"

static void skip_space(json_reader *r)
{
	while (r->rest.len && (*r->rest.at == ' ' || *r->rest.at == '\n' || *r->rest.at == '\r' ||
				      *r->rest.at == '\t'))
		json_skip(r, 1);
}

static bool read_number(json_reader *r)
{
	double value;
	size_t len = json_number_read(r->rest, &value);
	if (len == 0)
		return false;
	json_skip(r, len);
	return json_tree_add(&r->tree, json_node_number(value));
}

static bool read_word(json_reader *r, span word, int type)
{
	if (r->rest.len < word.len || memcmp(r->rest.at, word.at, word.len) != 0)
		return false;
	json_skip(r, word.len);
	return json_tree_add(&r->tree, json_node(type));
}

bool json_read_plain(json_reader *r, char first)
{
	switch (first) {
	case 't':
		return read_word(r, SPAN("true"), cJSON_True);
	case 'f':
		return read_word(r, SPAN("false"), cJSON_False);
	case 'n':
		return read_word(r, SPAN("null"), cJSON_NULL);
	default:
		return read_number(r);
	}
}

static bool read_key(json_reader *r)
{
	skip_space(r);
	if (!r->read_key(r))
		return false;
	skip_space(r);
	return json_take(r, ':');
}

static bool in_object(const json_reader *r)
{
	return r->tree.open->type == cJSON_Object;
}

static bool at_end(const json_reader *r)
{
	return r->rest.len && *r->rest.at == (in_object(r) ? '}' : ']');
}

static bool read_end(json_reader *r)
{
	json_skip(r, 1);
	r->depth_left++;
	return json_tree_close(&r->tree);
}

/* After a value: closes what ends here, and goes on to where the next value begins.  *more is
 * false once the outermost value is complete. */
static bool read_separator(json_reader *r, bool *more)
{
	while (r->tree.open) {
		skip_space(r);
		if (!at_end(r))
			return json_take(r, ',') && (!in_object(r) || read_key(r));
		if (!read_end(r))
			return false;
	}
	*more = false;
	return true;
}

/* Reads an opening bracket and, unless it is closed at once, goes on to where the first value
 * begins. */
static bool read_opening(json_reader *r, int type, bool *more)
{
	if (r->depth_left == 0)
		return false;
	r->depth_left--;
	json_skip(r, 1);
	if (!json_tree_open(&r->tree, type))
		return false;
	skip_space(r);
	if (at_end(r))
		return read_end(r) && read_separator(r, more);
	return !in_object(r) || read_key(r);
}

static bool read_value(json_reader *r, bool *more)
{
	skip_space(r);
	if (r->rest.len == 0)
		return false;
	char first = *r->rest.at;
	if (first == '[')
		return read_opening(r, cJSON_Array, more);
	if (first == '{')
		return read_opening(r, cJSON_Object, more);
	return r->read_scalar(r, first) && read_separator(r, more);
}

static bool read_values(json_reader *r, bool more)
{
	while (more)
		if (!read_value(r, &more))
			return false;
	skip_space(r);
	return r->rest.len == 0;
}

bool json_read(json_reader *r)
{
	return read_values(r, true);
}

bool json_read_behind(json_reader *r)
{
	bool more = true;
	if (r->depth_left == 0)
		return false;
	r->depth_left--;
	return json_tree_open(&r->tree, cJSON_Array) && read_separator(r, &more) &&
	       read_values(r, more);
}

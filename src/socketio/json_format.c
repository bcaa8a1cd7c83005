/* SPDX-License-Identifier: MIT */
/*
 * json_format - a template and its arguments to a cJSON tree.
 *
 * Looser than JSON where it is written by hand: keys without quotes, strings in single quotes.
 * After a failure the rest of the template is still searched for conversions, so that every tree
 * among the arguments is found and freed.
 */
#include "json.h"
#include "json_convert.h"
#include "json_read.h"
#include "json_text.h"
#include <limits.h>

typedef struct template
{
	json_reader reader; /* first, so that it can be turned back into the template */
	convert_args args;
	buf text; /* a string that cannot be copied as it stands */
}
template;

static template *template_of(json_reader *r)
{
	return (template *)(void *)r;
}

static void give_up(const conversion *c)
{
	if (c->kind == CONVERT_TREE)
		json_free(c->value.tree);
}

/* ---- Strings ---- */

static bool ends_run(char c, char quote)
{
	return c == quote || c == '\\' || c == '%';
}

static span take_run(json_reader *r, char quote)
{
	span run = { r->rest.at, 0 };
	while (run.len < r->rest.len && !ends_run(run.at[run.len], quote))
		run.len++;
	json_skip(r, run.len);
	return run;
}

static bool add_escape(template *t)
{
	span *rest = &t->reader.rest;
	if (rest->len >= 2 && rest->at[1] == '\'') {
		json_skip(&t->reader, 2);
		return buf_add_char(&t->text, '\'');
	}
	char bytes[JSON_ESCAPED_MAX];
	size_t n = json_unescape(rest, bytes);
	return n && buf_add(&t->text, bytes, n);
}

static bool add_conversion(template *t)
{
	conversion c = convert_take(&t->reader.rest, &t->args);
	give_up(&c);
	return convert_print(&t->text, &c);
}

/* Goes on after the first run of plain characters, up to the closing quote. */
static bool add_pieces(template *t, span run, char quote)
{
	json_reader *r = &t->reader;
	buf_clear(&t->text);
	for (;;) {
		if (!buf_add_span(&t->text, run) || r->rest.len == 0)
			return false;
		if (json_take(r, quote))
			return true;
		if (!(*r->rest.at == '%' ? add_conversion(t) : add_escape(t)))
			return false;
		run = take_run(r, quote);
	}
}

/* A string behind its opening quote; NULL: it is none, or out of memory. */
static char *read_quoted(template *t, char quote)
{
	span run = take_run(&t->reader, quote);
	if (json_take(&t->reader, quote))
		return json_copy_text(run);
	if (!add_pieces(t, run, quote))
		return NULL;
	return json_copy_text(buf_len(&t->text) ? buf_span(&t->text) : SPAN(""));
}

/* ---- Keys and values ---- */

static char *read_converted_key(template *t)
{
	conversion c = convert_take(&t->reader.rest, &t->args);
	give_up(&c);
	return convert_is_key(&c) ? json_copy_text(convert_text(&c)) : NULL;
}

static bool in_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '$';
}

static char *read_name(json_reader *r)
{
	span name = { r->rest.at, 0 };
	while (name.len < r->rest.len && in_name(name.at[name.len]))
		name.len++;
	if (name.len == 0 || (*name.at >= '0' && *name.at <= '9'))
		return NULL;
	json_skip(r, name.len);
	return json_copy_text(name);
}

static char *key_of(json_reader *r)
{
	if (r->rest.len && *r->rest.at == '%')
		return read_converted_key(template_of(r));
	if (json_take(r, '\''))
		return read_quoted(template_of(r), '\'');
	if (json_take(r, '"'))
		return read_quoted(template_of(r), '"');
	return read_name(r);
}

static bool read_key(json_reader *r)
{
	r->tree.key = key_of(r);
	return r->tree.key;
}

static bool read_converted(template *t)
{
	conversion c = convert_take(&t->reader.rest, &t->args);
	cJSON *value = convert_value(&c);
	if (!value)
		give_up(&c);
	return json_tree_add(&t->reader.tree, value);
}

static bool read_scalar(json_reader *r, char first)
{
	if (first == '%')
		return read_converted(template_of(r));
	if (first != '\'' && first != '"')
		return json_read_plain(r, first);
	json_skip(r, 1);
	return json_tree_add(&r->tree, json_node_text(read_quoted(template_of(r), first)));
}

/* ---- The template ---- */

/* Takes the arguments that are left, to free the trees among them. */
static void give_back(template *t)
{
	span *rest = &t->reader.rest;
	const char *percent;
	while (rest->len && (percent = memchr(rest->at, '%', rest->len)) != NULL) {
		json_skip(&t->reader, (size_t)(percent - rest->at));
		conversion c = convert_take(rest, &t->args);
		if (c.kind == CONVERT_UNKNOWN)
			return;
		give_up(&c);
	}
}

cJSON *json_format(const char *fmt, va_list args)
{
	template t;
	t.reader = (json_reader){
		.rest = span_of(fmt),
		.depth_left = UINT_MAX,
		.tree.left = SIZE_MAX,
		.read_key = read_key,
		.read_scalar = read_scalar,
	};
	t.text = (buf){ 0 };
	va_copy(t.args.list, args);
	bool ok = json_read(&t.reader);
	if (!ok)
		give_back(&t);
	va_end(t.args.list);
	buf_free(&t.text);
	return json_tree_finish(&t.reader.tree, ok);
}

/* SPDX-License-Identifier: MIT */
/* route - the paths of the application's routes. */
#include "route.h"
#include "../base/text.h"
#include "../wire/http.h"
#include "../wire/http_chars.h"
#include <errno.h>
#include <stdlib.h>

/* ---- Segments ---- */

/* Cuts the first segment off a path, which begins with '/', as does what is left if anything is. */
static span take_segment(span *path)
{
	const char *start = path->at + 1;
	size_t left = path->len - 1;
	const char *slash = memchr(start, '/', left);
	size_t len = slash ? (size_t)(slash - start) : left;
	*path = (span){ start + len, left - len };
	return (span){ start, len };
}

static bool is_parameter(span segment)
{
	return segment.len && segment.at[0] == ':';
}

static bool is_rest(span segment)
{
	return span_is(segment, SPAN("*"));
}

static bool is_literal(span path)
{
	while (path.len) {
		span segment = take_segment(&path);
		if (is_parameter(segment) || is_rest(segment))
			return false;
	}
	return true;
}

/* ---- Adding ---- */

static bool has_segment(span path, span wanted)
{
	while (path.len)
		if (span_is(take_segment(&path), wanted))
			return true;
	return false;
}

bool route_can_be_asked_for(span path)
{
	return path.len && path.at[0] == '/' && http_all_in(path, HTTP_IN_TARGET) &&
	       !memchr(path.at, '?', path.len);
}

static bool segments_make_sense(span path)
{
	while (path.len) {
		span segment = take_segment(&path);
		bool named = is_parameter(segment);
		if ((named && (segment.len == 1 || has_segment(path, segment))) ||
			(is_rest(segment) && path.len))
			return false;
	}
	return true;
}

static span keep(char **at, span text)
{
	span kept = { *at, text.len };
	memcpy(*at, text.at, text.len);
	(*at)[text.len] = '\0';
	*at += text.len + 1;
	return kept;
}

static route *route_new(span method, span path)
{
	route *r = malloc(sizeof *r + method.len + path.len + 2);
	if (!r)
		return NULL;
	char *at = r->text;
	r->method = keep(&at, method);
	r->path = keep(&at, path);
	return r;
}

int router_add(router *r, const char *method, const char *path, net_route_fn *fn,
	void (*wrapped)(void), void *user)
{
	span name = span_of(method), at = span_of(path);
	if (!name.len || !http_all_in(name, HTTP_IN_TOKEN))
		return EINVAL;
	if (!route_can_be_asked_for(at) || !segments_make_sense(at))
		return EINVAL;
	route *made = route_new(name, at);
	if (!made)
		return ENOMEM;
	made->fn = fn;
	made->wrapped = wrapped;
	made->user = user;
	list_append(is_literal(made->path) ? &r->literal : &r->with_parameters, &made->link);
	return 0;
}

void router_init(router *r)
{
	list_init(&r->literal);
	list_init(&r->with_parameters);
}

void router_fini(router *r)
{
	list all;
	list_init(&all);
	list_move(&all, &r->literal);
	list_move(&all, &r->with_parameters);
	while (!list_empty(&all)) {
		route *one = LIST_OWNER(all.next, route, link);
		list_remove(&one->link);
		free(one);
	}
}

/* ---- Finding ---- */

static bool takes_path(const route *r, span path)
{
	span pattern = r->path;
	while (pattern.len && path.len) {
		span wanted = take_segment(&pattern);
		if (is_rest(wanted))
			return true;
		span segment = take_segment(&path);
		if (is_parameter(wanted) ? !segment.len : !span_is(wanted, segment))
			return false;
	}
	return !pattern.len && !path.len;
}

static bool takes_method(const route *r, span method)
{
	return span_is(r->method, method) ||
	       (span_is(method, SPAN("HEAD")) && span_is(r->method, SPAN("GET")));
}

static const route *find_in(const list *routes, span method, span path)
{
	LIST_EACH (it, routes) {
		const route *r = LIST_OWNER(it, route, link);
		if (takes_method(r, method) && takes_path(r, path))
			return r;
	}
	return NULL;
}

/* The target of "OPTIONS *" is the one that does not begin with '/'. */
static bool may_be_there(span path)
{
	return path.len && path.at[0] == '/';
}

const route *router_find(const router *r, span method, span path)
{
	if (!may_be_there(path))
		return NULL;
	const route *found = find_in(&r->literal, method, path);
	return found ? found : find_in(&r->with_parameters, method, path);
}

static void add_method(buf *out, span method)
{
	if (http_has_token(buf_span(out), method))
		return;
	if (buf_len(out))
		buf_add_text(out, ", ");
	buf_add_span(out, method);
	if (span_is(method, SPAN("GET")))
		add_method(out, SPAN("HEAD"));
}

static void allow_in(const list *routes, span path, buf *out)
{
	LIST_EACH (it, routes) {
		const route *r = LIST_OWNER(it, route, link);
		if (takes_path(r, path))
			add_method(out, r->method);
	}
}

void router_allow(const router *r, span path, buf *out)
{
	if (!may_be_there(path))
		return;
	allow_in(&r->literal, path, out);
	allow_in(&r->with_parameters, path, out);
}

/* ---- Parameters: name, NUL, value, NUL, and so on, and an empty name at the end ---- */

static bool add_parameter(buf *out, span name, span raw)
{
	buf_add_span(out, name);
	buf_add_char(out, '\0');
	size_t before = buf_len(out);
	if (!url_decode(out, raw, false))
		return false;
	span value = { (const char *)buf_data(out) + before, buf_len(out) - before };
	if ((value.len && memchr(value.at, '\0', value.len)) || !utf8_valid(value.at, value.len))
		return false;
	return buf_add_char(out, '\0');
}

bool route_parameters(const route *r, span path, buf *out)
{
	span pattern = r->path;
	while (pattern.len) {
		span wanted = take_segment(&pattern);
		span rest = { path.at + 1, path.len - 1 };
		span value = is_rest(wanted) ? rest : take_segment(&path);
		span name = is_rest(wanted) ? wanted : (span){ wanted.at + 1, wanted.len - 1 };
		if ((is_rest(wanted) || is_parameter(wanted)) && !add_parameter(out, name, value))
			return false;
	}
	return buf_add_char(out, '\0');
}

const char *net_parameter(const char *parameters, const char *name)
{
	const char *at = parameters;
	while (*at) {
		const char *value = at + strlen(at) + 1;
		if (!strcmp(at, name))
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}

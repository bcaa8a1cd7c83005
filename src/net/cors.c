/* SPDX-License-Identifier: MIT */
/*
 * cors - pages of other origins: what they are told, and which WebSockets they may not open
 * (protocol-notes/engine.io.md, "CORS and headers").
 *
 * The option is "*", one origin that every answer names, or a list with commas and patterns of
 * which the asking one is named.
 */
#include "internal.h"

/* A star in the pattern stands for any characters.  Linear for one star, and patterns are the
 * operator's own. */
static bool matches(span pattern, span text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
	while (t < text.len) {
		if (p < pattern.len && pattern.at[p] == '*') {
			star = p++;
			mark = t;
		} else if (p < pattern.len && pattern.at[p] == text.at[t]) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.at[p] == '*')
		p++;
	return p == pattern.len;
}

static bool listed(const char *origins, span origin)
{
	while (*origins) {
		origins += strspn(origins, ", ");
		size_t len = strcspn(origins, ", ");
		if (len && matches((span){ origins, len }, origin))
			return true;
		origins += len;
	}
	return false;
}

static bool any(const char *origins)
{
	return !strcmp(origins, "*");
}

static bool fixed(const char *origins)
{
	return !strpbrk(origins, "*, ");
}

/* Texts of the request are gone when its answer is written, so an origin that is allowed is copied.
 */
void cors_begin(connection *c, const http_head *head)
{
	const char *origins = c->net->options.cors_origin;
	request *r = c->request;
	span asking = http_field_find(head, SPAN("Origin"));

	free(r->origin);
	r->origin = NULL;
	if (!origins)
		return;
	if (any(origins) || fixed(origins))
		r->origin = strdup(origins);
	else if (asking.at && listed(origins, asking))
		r->origin = strndup(asking.at, asking.len);
}

static void allow(connection *c, buf *out, span vary)
{
	if (c->request->origin)
		http_write_field(
			out, SPAN("Access-Control-Allow-Origin"), span_of(c->request->origin));
	if (vary.len)
		http_write_field(out, SPAN("Vary"), vary);
	if (c->net->options.cors_credentials)
		http_write_field(out, SPAN("Access-Control-Allow-Credentials"), SPAN("true"));
}

void cors_fields(connection *c, buf *out)
{
	const char *origins = c->net->options.cors_origin;
	if (origins)
		allow(c, out, any(origins) ? (span){ "", 0 } : SPAN("Origin"));
}

void cors_preflight(connection *c, const http_head *head)
{
	response r = RESPONSE(204);
	span wanted = http_field_find(head, SPAN("Access-Control-Request-Headers"));
	bool star = any(c->net->options.cors_origin);
	allow(c, &r.fields,
		star ? SPAN("Access-Control-Request-Headers")
		     : SPAN("Origin, Access-Control-Request-Headers"));
	http_write_field(&r.fields, SPAN("Access-Control-Allow-Methods"),
		SPAN("GET,HEAD,PUT,PATCH,POST,DELETE"));
	if (wanted.at)
		http_write_field(&r.fields, SPAN("Access-Control-Allow-Headers"), wanted);
	http_write_length(&r.fields, 0);
	respond(c, &r);
}

/* The origin without its scheme is this very server, as the request names it. */
static bool is_own(span origin, const http_head *head)
{
	span host = http_field_find(head, SPAN("Host"));
	const char *colon = memchr(origin.at, ':', origin.len);
	size_t skip = colon ? (size_t)(colon - origin.at) + 3 : 0;
	if (!colon || origin.len < skip || memcmp(colon, "://", 3) != 0)
		return false;
	return span_is_nocase((span){ origin.at + skip, origin.len - skip }, host);
}

/* Browsers let every page open a WebSocket anywhere, with the visitor's cookies; only the server
 * can refuse. */
bool cors_refuses(const connection *c, const http_head *head)
{
	const char *origins = c->net->options.cors_origin;
	span origin = http_field_find(head, SPAN("Origin"));
	if (!origins || any(origins) || !origin.at)
		return false;
	return !listed(origins, origin) && !is_own(origin, head);
}

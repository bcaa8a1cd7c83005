/* SPDX-License-Identifier: MIT */
/*
 * cors - pages of other origins: what they are told, and which WebSockets they may not open
 * (protocol-notes/engine.io.md, "CORS and headers").
 *
 * The option is "*", one origin that every answer names, or a list with commas and patterns of
 * which the asking one is named; or the application decides, and where it says no the answer is as
 * if there were no CORS.
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

static bool decides(const net *n)
{
	return n->owner.hooks.allow_origin != NULL;
}

/* Texts of the request are gone when its answer is written, so an origin that is allowed is copied.
 */
static void allow_asking(request *r, span asking, bool allowed)
{
	if (allowed)
		r->origin = strndup(asking.at, asking.len);
}

static void decide(connection *c, const http_head *head, span asking)
{
	const net_owner *owner = &c->net->owner;
	request *r = c->request;
	const handshake *h = asking.at ? request_handshake(c, head) : NULL;
	r->cors = h && owner->hooks.allow_origin(owner->user, h, handshake_header(h, "Origin"));
	allow_asking(r, asking, r->cors);
}

void cors_begin(connection *c, const http_head *head)
{
	const char *origins = c->net->options.cors_origin;
	request *r = c->request;
	span asking = http_field_find(head, SPAN("Origin"));

	free(r->origin);
	r->origin = NULL;
	r->cors = origins != NULL;
	if (decides(c->net))
		decide(c, head, asking);
	else if (origins && (any(origins) || fixed(origins)))
		r->origin = strdup(origins);
	else if (origins)
		allow_asking(r, asking, asking.at && listed(origins, asking));
}

/* Whether answers are the same for whoever asks. */
static bool star(const connection *c)
{
	return !decides(c->net) && any(c->net->options.cors_origin);
}

static void add(buf *out, span name, const char *value)
{
	if (value)
		http_write_field(out, name, span_of(value));
}

static void allow(connection *c, buf *out, span vary)
{
	add(out, SPAN("Access-Control-Allow-Origin"), c->request->origin);
	if (vary.len)
		http_write_field(out, SPAN("Vary"), vary);
	if (c->net->options.cors_credentials)
		http_write_field(out, SPAN("Access-Control-Allow-Credentials"), SPAN("true"));
	add(out, SPAN("Access-Control-Expose-Headers"), c->net->options.cors_exposed);
}

void cors_fields(connection *c, buf *out)
{
	if (c->request->cors)
		allow(c, out, star(c) ? (span){ "", 0 } : SPAN("Origin"));
}

/* What an answer to a preflight depends on. */
static span preflight_vary(const connection *c)
{
	bool by_headers = !c->net->options.cors_headers;
	if (star(c))
		return by_headers ? SPAN("Access-Control-Request-Headers") : (span){ "", 0 };
	return by_headers ? SPAN("Origin, Access-Control-Request-Headers") : SPAN("Origin");
}

static void add_max_age(buf *out, unsigned seconds)
{
	buf text = { 0 };
	buf_add_uint(&text, seconds);
	http_write_field(out, SPAN("Access-Control-Max-Age"), buf_span(&text));
	buf_free(&text);
}

void cors_preflight(connection *c, const http_head *head)
{
	const net_options *o = &c->net->options;
	response r = RESPONSE(204);
	span wanted = http_field_find(head, SPAN("Access-Control-Request-Headers"));
	allow(c, &r.fields, preflight_vary(c));
	add(&r.fields, SPAN("Access-Control-Allow-Methods"),
		o->cors_methods ? o->cors_methods : "GET,HEAD,PUT,PATCH,POST,DELETE");
	if (!o->cors_headers && wanted.len)
		http_write_field(&r.fields, SPAN("Access-Control-Allow-Headers"), wanted);
	add(&r.fields, SPAN("Access-Control-Allow-Headers"), o->cors_headers);
	if (o->cors_max_age_s)
		add_max_age(&r.fields, o->cors_max_age_s);
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
	if (!origin.at || is_own(origin, head))
		return false;
	if (decides(c->net))
		return !c->request->cors;
	return origins && !any(origins) && !listed(origins, origin);
}

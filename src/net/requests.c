/* SPDX-License-Identifier: MIT */
/* requests - what the engine is asked over HTTP: the client's files, handshakes, polls, posts,
 * upgrades. */
#include "../base/json_write.h"
#include "internal.h"

/* ---- Exchanges ---- */

static connection *connection_of(exchange *x)
{
	return LIST_OWNER(x, request, exchange)->connection;
}

static void exchange_ready(exchange *x)
{
	connection_dirty(connection_of(x));
}

static const char *const types[] = {
	[ANSWER_EMPTY] = NULL,
	[ANSWER_TEXT] = "text/plain; charset=UTF-8",
	[ANSWER_HTML] = "text/html",
	[ANSWER_BINARY] = "application/octet-stream",
};

/* Without memory to compress with it goes as it is. */
static void compress(const connection *c, response *r)
{
	const net_options *o = &c->net->options;
	coding how = (coding)c->request->coding;
	if (!r->body || r->body->plain || !o->http_compression ||
		r->body->len < o->compression_threshold || !coding_name(how))
		return;
	bytes *packed = coding_compress(how, bytes_data(r->body), r->body->len, 0);
	if (!packed)
		return;
	bytes_unref(r->body);
	r->body = packed;
	http_write_field(&r->fields, SPAN("Content-Encoding"), span_of(coding_name(how)));
}

static void exchange_answer(exchange *x, int status, answer_type type, bytes *body)
{
	connection *c = connection_of(x);
	response r = RESPONSE(status);
	r.type = types[type];
	r.body = body;
	cors_fields(c, &r.fields);
	if (type != ANSWER_EMPTY)
		http_write_field(&r.fields, SPAN("Cache-Control"), SPAN("no-store"));
	buf_add_span(&r.fields, buf_span(&c->request->fields));
	compress(c, &r);
	respond(c, &r);
}

static void exchange_drop(exchange *x)
{
	connection_doom(connection_of(x));
}

static size_t exchange_unsent(const exchange *x)
{
	return connection_backlog(connection_of((exchange *)(uintptr_t)x));
}

static const exchange_ops exchange_ops_http = {
	.ready = exchange_ready,
	.answer = exchange_answer,
	.drop = exchange_drop,
	.unsent = exchange_unsent,
};

static exchange *exchange_for(connection *c)
{
	exchange *x = &c->request->exchange;
	x->ops = &exchange_ops_http;
	x->polling = NULL;
	return x;
}

void engine_request_lost(connection *c)
{
	if (!c->request)
		return;
	asking_end(c->request);
	exchange *x = &c->request->exchange;
	if (x->polling || x->leaving)
		polling_lost(x, connection_error(c));
}

void engine_request_fini(request *r)
{
	asking_end(r);
	free(r->handshake);
	buf_free(&r->fields);
	free(r->origin);
}

/* ---- Refusals ---- */

static void write_refusal(buf *out, refusal why, const char *message)
{
	buf_add_text(out, "{\"code\":");
	buf_add_uint(out, why);
	buf_add_text(out, ",\"message\":\"");
	json_write_escaped(out, span_of(message));
	buf_add_text(out, "\"}");
}

static void answer_refusal(connection *c, refusal why, const char *message, bool upgrade)
{
	response r = RESPONSE(refusal_status(why));
	buf text = { 0 };

	if (upgrade) { /* which is 400 whatever the reason, as the reference has it */
		r.status = 400;
		c->request->keep_alive = false;
		r.type = "text/html";
		buf_add_text(&text, message);
	} else {
		cors_fields(c, &r.fields);
		r.type = "application/json";
		write_refusal(&text, why, message);
	}
	r.body = bytes_copy(buf_data(&text), buf_len(&text));
	buf_free(&text);
	respond(c, &r);
}

/* message NULL: the usual. */
static void refuse(connection *c, const http_head *head, refusal why, const char *message,
	const refusal_context *context)
{
	const net_owner *owner = &c->net->owner;
	const char *told = message ? message : refusal_message(why);
	c->net->engine->counters.refused[why]++;
	net_log_peer(c, "refused: %s", refusal_message(why));
	if (owner->hooks.refused) {
		const handshake *h = request_handshake(c, head);
		if (h)
			owner->hooks.refused(owner->user, h, why, told, context);
	}
	answer_refusal(c, why, told, ws_wanted(head));
}

/* ---- Opening ---- */

/* Fields that the application adds to the answer. */
static void add_fields(connection *c, const http_head *head, bool initial)
{
	const net_owner *owner = &c->net->owner;
	if (!owner->hooks.headers)
		return;
	const handshake *h = request_handshake(c, head);
	if (h)
		owner->hooks.headers(owner->user, h, initial, &c->request->fields);
}

/* With the answer that opens a session, so that a balancer may find the way back. */
static void add_cookie(connection *c, span sid)
{
	const char *name = c->net->options.cookie;
	const char *attributes = c->net->options.cookie_attributes;
	buf value = { 0 };
	if (!name)
		return;
	buf_add_text(&value, name);
	buf_add_char(&value, '=');
	buf_add_span(&value, sid);
	buf_add_text(&value, "; ");
	buf_add_text(&value, attributes ? attributes : "Path=/; HttpOnly; SameSite=Lax");
	http_write_field(&c->request->fields, SPAN("Set-Cookie"), buf_span(&value));
	buf_free(&value);
}

static bool contains(span text, span part)
{
	return text.at && memmem(text.at, text.len, part.at, part.len);
}

/* Internet Explorer takes some payloads for cross-site scripting, and changes them. */
static void protect_old_browser(connection *c, const http_head *head)
{
	span agent = http_field_find(head, SPAN("User-Agent"));
	if (contains(agent, SPAN(";MSIE")) || contains(agent, SPAN("Trident/")))
		http_write_field(&c->request->fields, SPAN("X-XSS-Protection"), SPAN("0"));
}

static void open_polling(connection *c, const http_head *head, span eio, span sid)
{
	handshake *h = request_take_handshake(c, head);
	session *s = h ? engine_open_polling(c->net->engine, eio, h, sid) : NULL;
	if (!s) {
		respond_status(c, 500);
		return;
	}
	add_cookie(c, session_sid(s));
	protect_old_browser(c, head);
	polling_get(s->polling, exchange_for(c));
}

/* ---- Requests of a session ---- */

static bool is_binary(const http_head *head)
{
	return span_is(
		http_field_find(head, SPAN("Content-Type")), SPAN("application/octet-stream"));
}

static void begin_post(connection *c, const http_head *head, session *s)
{
	exchange *x = exchange_for(c);
	polling_post(s->polling, x);
	if (!x->polling)
		return;
	c->request->sink = SINK_POST;
	if (is_binary(head))
		polling_post_binary(s->polling, x);
	if (x->polling && head->content_length > c->net->options.max_payload) {
		counters_strike(&c->net->engine->counters, "max_payload");
		engine_request_refused(c, 413);
	}
}

void engine_request_body(connection *c, unsigned char *data, size_t len)
{
	exchange *x = &c->request->exchange;
	if (x->polling)
		polling_post_body(x->polling, x, data, len);
}

/* A POST that is too large does not end its session, a broken one does. */
void engine_request_refused(connection *c, int status)
{
	exchange *x = &c->request->exchange;
	if (x->polling)
		polling_post_refuse(x->polling, x, status, status != 413);
}

static void respond_empty(connection *c, int status)
{
	response r = RESPONSE(status);
	cors_fields(c, &r.fields);
	respond(c, &r);
}

static void known_session(connection *c, const http_head *head, session *s)
{
	protect_old_browser(c, head);
	if (head->method == HTTP_GET && s->polling)
		polling_get(s->polling, exchange_for(c));
	else if (head->method == HTTP_POST && s->polling)
		begin_post(c, head, s);
	else
		respond_empty(c, s->polling ? 500 : 400);
}

/* What a path of the engine's has behind the slash, which the option need not end with. */
static span below_engine(const net *n, span path)
{
	span prefix = span_of(n->options.path);
	size_t cut = prefix.len;
	bool open = !cut || prefix.at[cut - 1] != '/';
	if (open && path.len > cut && path.at[cut] == '/')
		cut++;
	return (span){ path.at + cut, path.len - cut };
}

static bool client_file(connection *c, const http_head *head)
{
	response r = RESPONSE(200);
	span name = below_engine(c->net, head->path);
	if (!c->net->bundle || !bundle_answer(c->net->bundle, name, head, &r))
		return false;
	cors_fields(c, &r.fields);
	respond(c, &r);
	return true;
}

/* What a parameter of the query decodes to.  No value that means anything here is longer than
 * PARAMETER_MAX; a longer one stays as it was sent. */
enum { PARAMETER_MAX = SID_MAX };

typedef struct parameter {
	span value; /* .at NULL: it is not there */
	char text[PARAMETER_MAX];
} parameter;

static span read_parameter(parameter *p, connection *c, const http_head *head, span key)
{
	buf *decoded = &c->net->scratch;
	p->value = (span){ NULL, 0 };
	if (!query_find(head->query, key, &p->value) || !memchr(p->value.at, '%', p->value.len))
		return p->value;
	buf_clear(decoded);
	if (url_decode(decoded, p->value, true) && buf_len(decoded) <= sizeof p->text) {
		memcpy(p->text, buf_data(decoded), buf_len(decoded));
		p->value = (span){ p->text, buf_len(decoded) };
	}
	return p->value;
}

/* The id that the application gives, if it gives any; false: it is of no use. */
static bool choose_id(connection *c, const http_head *head, char id[SID_MAX + 1])
{
	const net_owner *owner = &c->net->owner;
	*id = '\0';
	if (!owner->hooks.make_id)
		return true;
	const handshake *h = request_handshake(c, head);
	return h && owner->hooks.make_id(owner->user, h, id) &&
	       engine_sid_usable(c->net->engine, span_of(id));
}

/* Those that have come too early are told when it makes sense to try again. */
static span patience(const char *limit)
{
	return strcmp(limit, "max_handshakes_per_second") ? SPAN("10") : SPAN("1");
}

/* There is no room for a session, as that option has it. */
static void turn_away(connection *c, const http_head *head, const char *limit)
{
	const net_owner *owner = &c->net->owner;
	int status = strcmp(limit, "max_sessions_per_address") ? 503 : 429;
	const handshake *h = owner->hooks.refused ? request_handshake(c, head) : NULL;
	c->net->engine->counters.refused[REFUSED_FORBIDDEN]++;
	net_log_peer(c, "turned away: %s", limit);
	if (h)
		owner->hooks.refused(owner->user, h, REFUSED_FORBIDDEN, http_reason(status),
			&(refusal_context){ "OVER_LIMIT", span_of(limit) });
	c->request->keep_alive = false;
	response r = RESPONSE(status);
	r.type = "text/plain; charset=utf-8";
	r.body = bytes_copy(limit, strlen(limit));
	cors_fields(c, &r.fields);
	http_write_field(&r.fields, SPAN("Retry-After"), patience(limit));
	respond(c, &r);
}

/* As the engine has it, which wants to know whom it is asked for only where that matters. */
static const char *is_full(connection *c, const http_head *head, bool newcomer)
{
	engine *e = c->net->engine;
	const handshake *h =
		e->options.max_sessions_per_address ? request_handshake(c, head) : NULL;
	span network = h ? handshake_network(h) : SPAN("");
	return newcomer ? engine_admit(e, network) : engine_full(e, network);
}

void engine_request_allowed(connection *c, const http_head *head)
{
	parameter eio;
	char id[SID_MAX + 1];
	span version = read_parameter(&eio, c, head, SPAN("EIO"));
	refusal why = engine_check_version(c->net->engine, version);
	const char *limit;
	if (c->net->refusing) { /* since it began to wait */
		c->request->keep_alive = false;
		respond_status(c, 503);
	} else if (why != NOT_REFUSED) {
		refuse(c, head, why, NULL, &(refusal_context){ NULL, version });
	} else if (!choose_id(c, head, id)) {
		refuse(c, head, REFUSED_REQUEST, NULL,
			&(refusal_context){ "ID_GENERATION_ERROR", span_of(id) });
	} else if (c->net->owner.hooks.allow && (limit = is_full(c, head, false)) != NULL) {
		turn_away(c, head, limit); /* others came in while it waited */
	} else {
		add_fields(c, head, true);
		if (ws_wanted(head))
			websocket_begin(c, head, version, span_of(id), NULL);
		else
			open_polling(c, head, version, span_of(id));
	}
}

void engine_request_denied(connection *c, const http_head *head, const char *message)
{
	refuse(c, head, REFUSED_FORBIDDEN, message, &(refusal_context){ 0 });
}

static void go_on(connection *c, const http_head *head, session *known)
{
	const char *limit = known || c->net->refusing ? NULL : is_full(c, head, true);
	if (limit) {
		turn_away(c, head, limit);
	} else if (known) {
		add_fields(c, head, false);
		if (ws_wanted(head))
			websocket_begin(c, head, SPAN(""), SPAN(""), known);
		else
			known_session(c, head, known);
	} else if (c->net->owner.hooks.allow && !c->net->refusing) {
		asking_begin(c, head);
	} else {
		engine_request_allowed(c, head);
	}
}

static void to_engine(connection *c, const http_head *head)
{
	session *known;
	refusal_context context;
	parameter name, sid, eio;
	engine_request q = {
		.transport = read_parameter(&name, c, head, SPAN("transport")),
		.sid = read_parameter(&sid, c, head, SPAN("sid")),
		.eio = read_parameter(&eio, c, head, SPAN("EIO")),
		.method = head->method_text,
		.get = head->method == HTTP_GET,
		.upgrade = ws_wanted(head),
	};
	refusal why = engine_check(c->net->engine, &q, &known, &context);
	if (why != NOT_REFUSED)
		refuse(c, head, why, NULL, &context);
	else if (q.upgrade && cors_refuses(c, head))
		refuse(c, head, REFUSED_FORBIDDEN, NULL,
			&(refusal_context){
				"ORIGIN_NOT_ALLOWED", http_field_find(head, SPAN("Origin")) });
	else
		go_on(c, head, known);
}

void engine_request_begin(connection *c, const http_head *head)
{
	cors_begin(c, head);
	c->request->coding = (uint8_t)coding_choose(http_field_find(head, SPAN("Accept-Encoding")));
	if (head->method == HTTP_OPTIONS && c->request->cors)
		cors_preflight(c, head);
	else if (ws_wanted(head) || !client_file(c, head))
		to_engine(c, head);
}

/* SPDX-License-Identifier: MIT */
/* requests - what the engine is asked over HTTP, and where it goes: the client's files, handshakes,
 * polls, posts, upgrades. */
#include "internal.h"

/* ---- Sessions ---- */

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
	exchange_poll(c, s);
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
		exchange_poll(c, s);
	else if (head->method == HTTP_POST && s->polling)
		exchange_post(c, head, s);
	else
		respond_empty(c, s->polling ? 500 : 400);
}

/* ---- The client's files ---- */

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

/* ---- Who may come in ---- */

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

/* As the engine has it, which wants to know whom it is asked for only where that matters. */
static const char *is_full(connection *c, const http_head *head, bool newcomer)
{
	engine *e = c->net->engine;
	const handshake *h =
		e->options.max_sessions_per_address ? request_handshake(c, head) : NULL;
	span network = h ? handshake_network(h) : SPAN("");
	return newcomer ? engine_admit(e, network) : engine_full(e, network);
}

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
		refuse_request(c, head, why, NULL, &(refusal_context){ NULL, version });
	} else if (!choose_id(c, head, id)) {
		refuse_request(c, head, REFUSED_REQUEST, NULL,
			&(refusal_context){ "ID_GENERATION_ERROR", span_of(id) });
	} else if (c->net->owner.hooks.allow && (limit = is_full(c, head, false)) != NULL) {
		refuse_over_limit(c, head, limit); /* others came in while it waited */
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
	refuse_request(c, head, REFUSED_FORBIDDEN, message, &(refusal_context){ 0 });
}

static void go_on(connection *c, const http_head *head, session *known)
{
	const char *limit = known || c->net->refusing ? NULL : is_full(c, head, true);
	if (limit) {
		refuse_over_limit(c, head, limit);
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
		refuse_request(c, head, why, NULL, &context);
	else if (q.upgrade && cors_refuses(c, head))
		refuse_request(c, head, REFUSED_FORBIDDEN, NULL,
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

void engine_request_fini(request *r)
{
	asking_end(r);
	free(r->handshake);
	buf_free(&r->fields);
	free(r->origin);
}

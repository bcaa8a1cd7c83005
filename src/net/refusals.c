/* SPDX-License-Identifier: MIT */
/* refusals - requests that the engine does not take: the answer, and who is told of it. */
#include "../base/json_write.h"
#include "internal.h"

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

static void tell(connection *c, const http_head *head, refusal why, const char *message,
	const refusal_context *context)
{
	const net_owner *owner = &c->net->owner;
	const handshake *h = owner->hooks.refused ? request_handshake(c, head) : NULL;
	if (h)
		owner->hooks.refused(owner->user, h, why, message, context);
}

void refuse_request(connection *c, const http_head *head, refusal why, const char *message,
	const refusal_context *context)
{
	const char *told = message ? message : refusal_message(why);
	c->net->engine->counters.refused[why]++;
	net_log_peer(c, "refused: %s", refusal_message(why));
	tell(c, head, why, told, context);
	answer_refusal(c, why, told, ws_wanted(head));
}

/* Those that have come too early are told when it makes sense to try again. */
static span patience(const char *limit)
{
	return strcmp(limit, "max_handshakes_per_second") ? SPAN("10") : SPAN("1");
}

void refuse_over_limit(connection *c, const http_head *head, const char *limit)
{
	int status = strcmp(limit, "max_sessions_per_address") ? 503 : 429;
	c->net->engine->counters.refused[REFUSED_FORBIDDEN]++;
	net_log_peer(c, "turned away: %s", limit);
	tell(c, head, REFUSED_FORBIDDEN, http_reason(status),
		&(refusal_context){ "OVER_LIMIT", span_of(limit) });
	c->request->keep_alive = false;
	response r = RESPONSE(status);
	r.type = "text/plain; charset=utf-8";
	r.body = bytes_copy(limit, strlen(limit));
	cors_fields(c, &r.fields);
	http_write_field(&r.fields, SPAN("Retry-After"), patience(limit));
	respond(c, &r);
}

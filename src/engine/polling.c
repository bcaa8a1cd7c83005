/* SPDX-License-Identifier: MIT */
/* polling - long-polling as a transport (protocol-notes/engine.io.md, "Polling"). */
#include "polling.h"
#include "jsonp.h"
#include "polling_parts.h"
#include <stdlib.h>

static polling *polling_of(const transport *t)
{
	return (polling *)(uintptr_t)t;
}

void polling_sent(exchange *x)
{
	polling *p = x->leaving;
	if (!p)
		return;
	x->leaving = NULL;
	p->leaving = NULL;
	p->unread = 0;
}

/* A peer that does not read must not be given one answer after the other. */
static void answer_get(polling *p, answer_type type, bytes *body)
{
	exchange *x = p->get;
	if (p->leaving)
		polling_sent(p->leaving);
	if (x->ops->unsent) {
		p->leaving = x;
		p->unread = body->len;
		x->leaving = p;
	}
	polling_answer(&p->get, 200, type, body);
}

/* NULL: out of memory. */
static bytes *text_body(const polling *p, span payload)
{
	buf script = { 0 };
	if (!p->jsonp)
		return bytes_copy(payload.at, payload.len);
	jsonp_write(&script, span_of(p->jsonp), payload);
	bytes *body = script.failed ? NULL : bytes_copy(buf_data(&script), buf_len(&script));
	buf_free(&script);
	return body;
}

static void answer_payload(polling *p, span payload)
{
	bytes *body = text_body(p, payload);
	p->ready = false;
	if (body)
		answer_get(p, ANSWER_TEXT, body);
	else
		polling_drop(&p->get);
}

/* ---- What is queued ---- */

/* The i-th block of the answer that is being made; NULL: there are fewer. */
static bytes *outgoing(const polling *p, size_t i)
{
	return !p->greeting || i < p->greeting ? session_peek(p->session, &p->base, i) : NULL;
}

typedef struct outline {
	const payload_form *form;
	size_t count, size; /* of the blocks; the size is the most that they take */
	bool binary;
	bool plain; /* none of them is to be compressed */
} outline;

/* Of what waits an answer takes so much, and at least one block: it is made, and compressed, while
 * everybody waits. */
enum { ANSWER_ENOUGH = 1000000 };

static outline measure(const polling *p)
{
	const dialect *d = p->session->dialect;
	outline o = { .form = d->text, .plain = true };
	size_t taken = 0;
	bytes *b;
	for (; taken < ANSWER_ENOUGH && (b = outgoing(p, o.count)) != NULL; o.count++) {
		taken += b->len + 1;
		o.binary = o.binary || (b->binary && d->binary);
		o.plain = o.plain && b->plain;
	}
	if (o.binary)
		o.form = d->binary;
	for (size_t i = 0; i < o.count; i++)
		o.size += o.form->size(outgoing(p, i));
	return o;
}

/* NULL: out of memory.  The payload is written where it is to stay, and never outgrows it. */
static bytes *make_body(const polling *p, const outline *o)
{
	bytes *body = bytes_new(o->size);
	if (!body)
		return NULL;
	buf payload = { .data = bytes_data(body), .cap = o->size, .limit = o->size };
	for (size_t i = 0; i < o->count; i++)
		o->form->write(&payload, outgoing(p, i));
	body->len = buf_len(&payload);
	bytes *script = !o->binary && p->jsonp ? text_body(p, buf_span(&payload)) : NULL;
	bool good = !payload.failed && (o->binary || !p->jsonp || script);
	if (!good || script)
		bytes_unref(body);
	return !good ? NULL : script ? script : body;
}

/* Answers the waiting GET with what is queued, or the first of it.  false: out of memory. */
static bool answer_queue(polling *p)
{
	outline o = measure(p);
	bytes *body = make_body(p, &o);
	if (!body)
		return false;
	p->ready = false;
	body->plain = o.plain;
	p->greeting = 0;
	answer_get(p, o.binary ? ANSWER_BINARY : ANSWER_TEXT, body);
	while (o.count--)
		session_pop(p->session);
	return true;
}

void polling_flush(polling *p)
{
	p->ready = false;
	if (p->get && outgoing(p, 0) && !answer_queue(p))
		session_fail(p->session, CLOSED_BY_ERROR);
}

/* ---- What the session asks of it ---- */

static void polling_wake(transport *t)
{
	polling *p = polling_of(t);
	if (!p->get || p->ready)
		return;
	p->ready = true;
	p->get->ops->ready(p->get);
}

static bool polling_writable(const transport *t)
{
	return polling_of(t)->get != NULL;
}

static size_t polling_pending(const transport *t)
{
	(void)t;
	return 0;
}

static void polling_control(transport *t, span text)
{
	(void)t;
	(void)text;
}

/* A poll with output of its own needs no noop to be released. */
static void polling_release(transport *t)
{
	polling *p = polling_of(t);
	if (session_peek(p->session, t, 0))
		polling_flush(p);
	else if (p->get)
		answer_payload(p, p->session->dialect->noop);
}

static bool polling_close(transport *t, bool wait)
{
	polling *p = polling_of(t);
	if (wait && !p->get)
		return false;
	polling_drop_half_post(p);
	if (p->get && p->session->state == SESSION_OPEN && session_peek(p->session, t, 0)) {
		if (!answer_queue(p))
			polling_drop(&p->get);
	} else if (p->get) {
		answer_payload(p, p->session->dialect->bye);
	}
	return true;
}

static void polling_hold(transport *t, bool held)
{
	polling *p = polling_of(t);
	p->held = held;
	if (!held)
		polling_take_rest(p);
}

static const transport_ops polling_ops = {
	.name = "polling",
	.close_packet_ends = true,
	.wake = polling_wake,
	.writable = polling_writable,
	.pending = polling_pending,
	.control = polling_control,
	.release = polling_release,
	.close = polling_close,
	.hold = polling_hold,
};

/* ---- What HTTP brings ---- */

polling *polling_new(session *s)
{
	polling *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->base.ops = &polling_ops;
	p->session = s;
	p->jsonp = handshake_query(s->handshake, "j");
	return p;
}

void polling_free(polling *p)
{
	if (!p)
		return;
	if (p->get)
		polling_drop(&p->get);
	if (p->post)
		polling_drop(&p->post);
	if (p->leaving)
		polling_sent(p->leaving);
	polling_forget_rest(p);
	free(p);
}

/* Who has not read an answer cannot know that it may ask for the next one. */
static bool still_reading(const polling *p)
{
	return p->leaving && p->leaving->ops->unsent(p->leaving);
}

void polling_get(polling *p, exchange *x)
{
	session *s = p->session;
	if (p->get || still_reading(p)) {
		polling_refuse(x, 400);
		if (p->leaving)
			p->leaving->ops->drop(p->leaving);
		session_fail(s, CLOSED_BY_ERROR);
		return;
	}
	p->get = x;
	p->ready = false;
	x->polling = p;
	if (session_peek(s, &p->base, 0)) {
		polling_wake(&p->base);
	} else if (s->state == SESSION_CLOSING) {
		answer_payload(p, s->dialect->noop_bye);
		session_closed_by_poll(s);
	} else if (s->probed) {
		answer_payload(p, s->dialect->noop);
	}
}

void polling_lost(exchange *x, int error)
{
	polling *p = x->polling;
	polling_sent(x);
	if (!p)
		return;
	x->polling = NULL;
	if (p->get == x)
		p->get = NULL;
	if (p->post == x)
		p->post = NULL;
	/* The other one of its exchanges is told goodbye. */
	session_fail_as(p->session, &(ending){ .reason = CLOSED_BY_ERROR, .error = error });
}

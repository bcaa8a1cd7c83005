/* SPDX-License-Identifier: MIT */
/* polling - long-polling as a transport (protocol-notes/engine.io.md, "Polling"). */
#include "polling.h"
#include "engine.h"
#include "jsonp.h"
#include <stdlib.h>

static polling *polling_of(const transport *t)
{
	return (polling *)(uintptr_t)t;
}

/* An exchange is forgotten before it is answered: what answering leads to may bring the next one.
 */
static void answer(exchange **slot, int status, answer_type type, bytes *body)
{
	exchange *x = *slot;
	*slot = NULL;
	x->polling = NULL;
	x->ops->answer(x, status, type, body);
}

static void drop(exchange **slot)
{
	exchange *x = *slot;
	*slot = NULL;
	x->polling = NULL;
	x->ops->drop(x);
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
		answer(&p->get, 200, ANSWER_TEXT, body);
	else
		drop(&p->get);
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

static outline measure(const polling *p)
{
	const dialect *d = p->session->dialect;
	outline o = { .form = d->text, .plain = true };
	bytes *b;
	for (; (b = outgoing(p, o.count)) != NULL; o.count++) {
		o.binary = o.binary || (b->binary && d->binary);
		o.plain = o.plain && b->plain;
	}
	if (o.binary)
		o.form = d->binary;
	for (size_t i = 0; i < o.count; i++)
		o.size += o.form->size(outgoing(p, i));
	return o;
}

/* NULL: out of memory. */
static bytes *make_body(const polling *p, const outline *o)
{
	buf payload = { .limit = o->size };
	bytes *body = NULL;
	for (size_t i = 0; i < o->count; i++)
		o->form->write(&payload, outgoing(p, i));
	if (!payload.failed)
		body = o->binary ? bytes_copy(buf_data(&payload), buf_len(&payload))
				 : text_body(p, buf_span(&payload));
	buf_free(&payload);
	return body;
}

/* Answers the waiting GET with all that is queued.  false: out of memory. */
static bool answer_queue(polling *p)
{
	outline o = measure(p);
	bytes *body = make_body(p, &o);
	if (!body)
		return false;
	p->ready = false;
	body->plain = o.plain;
	p->greeting = 0;
	answer(&p->get, 200, o.binary ? ANSWER_BINARY : ANSWER_TEXT, body);
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

/* The sender of half a POST must not believe that it was taken; a whole one is answered when its
 * packets have been handled. */
static void drop_half_post(polling *p)
{
	if (p->post && !p->taken)
		drop(&p->post);
}

static bool polling_close(transport *t, bool wait)
{
	polling *p = polling_of(t);
	if (wait && !p->get)
		return false;
	drop_half_post(p);
	if (p->get && p->session->state == SESSION_OPEN && session_peek(p->session, t, 0)) {
		if (!answer_queue(p))
			drop(&p->get);
	} else if (p->get) {
		answer_payload(p, p->session->dialect->bye);
	}
	return true;
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
		drop(&p->get);
	if (p->post)
		drop(&p->post);
	free(p);
}

static void refuse(exchange *x, int status)
{
	x->polling = NULL;
	x->ops->answer(x, status, ANSWER_EMPTY, NULL);
}

void polling_get(polling *p, exchange *x)
{
	session *s = p->session;
	if (p->get) {
		refuse(x, 400);
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

void polling_post(polling *p, exchange *x)
{
	if (p->post) {
		refuse(x, 400);
		drop(&p->post);
		session_fail(p->session, CLOSED_BY_ERROR);
		return;
	}
	p->post = x;
	p->taken = false;
	p->binary = false;
	x->polling = p;
}

void polling_post_binary(polling *p, exchange *x)
{
	if (p->post == x && !p->session->dialect->binary)
		polling_post_refuse(p, x, 400, true);
	else if (p->post == x)
		p->binary = true;
}

/* A form without a payload brings nothing; a broken one brings what is not a payload. */
static void receive_form(polling *p, span form)
{
	buf text = { .limit = form.len };
	jsonp_result r = jsonp_read(&text, form);
	size_t len = r == JSONP_PAYLOAD ? buf_len(&text) : 0;
	if (r != JSONP_NOTHING)
		session_receive_payload(p->session, &p->base, buf_data(&text), len);
	buf_free(&text);
}

void polling_post_body(polling *p, exchange *x, unsigned char *data, size_t len)
{
	p->taken = true;
	/* Until it is answered the POST stays where it is, so that a second one is seen to overlap.
	 */
	if (p->jsonp)
		receive_form(p, (span){ (const char *)data, len });
	else if (p->binary)
		session_receive_binary_payload(p->session, &p->base, data, len);
	else
		session_receive_payload(p->session, &p->base, data, len);
	if (p->post == x)
		answer(&p->post, 200, ANSWER_HTML, bytes_ref(p->session->engine->ok));
}

void polling_post_refuse(polling *p, exchange *x, int status, bool fatal)
{
	if (p->post != x)
		return;
	answer(&p->post, status, ANSWER_EMPTY, NULL);
	if (fatal)
		session_fail(p->session, CLOSED_BY_ERROR);
}

void polling_lost(exchange *x, int error)
{
	polling *p = x->polling;
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

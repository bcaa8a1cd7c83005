/* SPDX-License-Identifier: MIT */
/* polling - long-polling as a transport (protocol-notes/engine.io.md, "Polling"). */
#include "polling.h"
#include "engine.h"
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

static void answer_packet(polling *p, bytes *body)
{
	p->ready = false;
	answer(&p->get, 200, ANSWER_TEXT, bytes_ref(body));
}

static void drop(exchange **slot)
{
	exchange *x = *slot;
	*slot = NULL;
	x->polling = NULL;
	x->ops->drop(x);
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
		answer_packet(p, p->session->engine->noop);
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
	if (p->get)
		answer_packet(p, p->session->engine->bye);
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
		answer_packet(p, s->engine->noop_bye);
		session_closed_by_poll(s);
	} else if (s->probed) {
		answer_packet(p, s->engine->noop);
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
	x->polling = p;
}

void polling_post_body(polling *p, exchange *x, unsigned char *data, size_t len)
{
	p->taken = true;
	/* Until it is answered the POST stays where it is, so that a second one is seen to overlap.
	 */
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

void polling_flush(polling *p)
{
	session *s = p->session;
	size_t size = 0;
	bytes *b, *body;

	p->ready = false;
	if (!p->get)
		return;
	for (size_t i = 0; (b = session_peek(s, &p->base, i)) != NULL; i++)
		size += s->dialect->payload_size(b);
	if (!size)
		return;
	buf payload = { .limit = size };
	for (size_t i = 0; (b = session_peek(s, &p->base, i)) != NULL; i++)
		s->dialect->payload_write(&payload, b);
	body = payload.failed ? NULL : bytes_copy(buf_data(&payload), buf_len(&payload));
	buf_free(&payload);
	if (!body) {
		session_fail(s, CLOSED_BY_ERROR);
		return;
	}
	answer(&p->get, 200, ANSWER_TEXT, body);
	while (session_peek(s, &p->base, 0))
		session_pop(s);
}

void polling_lost(exchange *x)
{
	polling *p = x->polling;
	if (!p)
		return;
	x->polling = NULL;
	if (p->get == x)
		p->get = NULL;
	if (p->post == x)
		p->post = NULL;
	session_fail(p->session, CLOSED_BY_ERROR);
}

/* SPDX-License-Identifier: MIT */
/* polling_post - the POST of long-polling, which brings packets, and what of it comes too fast. */
#include "engine.h"
#include "jsonp.h"
#include "polling_parts.h"

void polling_post(polling *p, exchange *x)
{
	if (p->post) {
		polling_refuse(x, 400);
		polling_drop(&p->post);
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

void polling_post_refuse(polling *p, exchange *x, int status, bool fatal)
{
	if (p->post != x)
		return;
	polling_answer(&p->post, status, ANSWER_EMPTY, NULL);
	if (fatal)
		session_fail(p->session, CLOSED_BY_ERROR);
}

/* The sender of half a POST must not believe that it was taken; a whole one is answered when its
 * packets have been handled. */
void polling_drop_half_post(polling *p)
{
	if (p->post && !p->taken)
		polling_drop(&p->post);
}

/* ---- Its body ---- */

/* What comes too fast is kept; false: that is too much. */
static bool keep(polling *p, const unsigned char *data, size_t len)
{
	if (!buf_add(&p->rest, data, len))
		return false;
	if (session_hold(p->session, p->rest.cap))
		return true;
	buf_free(&p->rest);
	return false;
}

static void receive(polling *p, unsigned char *data, size_t len)
{
	session *s = p->session;
	size_t left = p->binary ? session_receive_binary_payload(s, &p->base, data, len)
				: session_receive_payload(s, &p->base, data, len);
	if (left && !keep(p, data + len - left, left))
		session_fail(s, CLOSED_BY_ERROR);
}

/* Until it is answered the POST stays where it is, so that a second one is seen to overlap. */
static void answer_post(polling *p)
{
	if (p->post && p->taken && !p->held)
		polling_answer(&p->post, 200, ANSWER_HTML, bytes_ref(p->session->engine->ok));
}

void polling_take_rest(polling *p)
{
	buf rest = p->rest;
	p->rest = (buf){ 0 };
	session_let_go(p->session, rest.cap);
	if (buf_len(&rest))
		receive(p, buf_data(&rest), buf_len(&rest));
	buf_free(&rest);
	answer_post(p);
}

void polling_forget_rest(polling *p)
{
	session_let_go(p->session, p->rest.cap);
	buf_free(&p->rest);
}

/* A form without a payload brings nothing; a broken one brings what is not a payload. */
static void receive_form(polling *p, span form)
{
	buf text = { .limit = form.len };
	jsonp_result r = jsonp_read(&text, form);
	size_t len = r == JSONP_PAYLOAD ? buf_len(&text) : 0;
	if (r != JSONP_NOTHING)
		receive(p, buf_data(&text), len);
	buf_free(&text);
}

void polling_post_body(polling *p, exchange *x, unsigned char *data, size_t len)
{
	p->taken = true;
	if (p->jsonp)
		receive_form(p, (span){ (const char *)data, len });
	else
		receive(p, data, len);
	if (p->post == x)
		answer_post(p);
}

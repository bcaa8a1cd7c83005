/* SPDX-License-Identifier: MIT */
/* test_engine_hooks - what the application decides of sessions, and is told of refusals and ends.
 */
#include "../support/peer.h"
#include "../support/unit.h"
#include <errno.h>

static peer *connected(way by)
{
	peer *p = peer_new();
	client_connect(p, by);
	return p;
}

/* ---- Ids ---- */

/* engine.io.md 37 */
START_TEST(an_id_that_the_application_gives_is_used)
{
	peer *p = peer_new();
	p->sid = "short";
	session *s = poll_open(p);
	ck_assert_str_eq(s->sid, "short");
	ck_assert_ptr_nonnull(strstr(body_of(poll_get(p, s)), "{\"sid\":\"short\","));
	p->sid = "a.much_longer-one~than-twenty-characters";
	ck_assert_str_eq(line_open(p)->session->sid, p->sid);
	peer_free(p);
}
END_TEST

START_TEST(an_id_is_usable_if_it_can_stand_in_a_url_and_is_new)
{
	static const char longest[] =
		"0123456789012345678901234567890123456789012345678901234567890123";
	peer *p = peer_new();
	p->sid = "taken";
	poll_open(p);
	ck_assert(engine_sid_usable(&p->engine, SPAN("azAZ09-._~")));
	ck_assert(engine_sid_usable(&p->engine, SPAN("taken2")));
	ck_assert(engine_sid_usable(&p->engine, (span){ longest, SID_MAX }));
	const span bad[] = { SPAN(""), SPAN("taken"), SPAN("a b"), SPAN("a/b"), SPAN("a%41"),
		SPAN("a\0b"), SPAN("\xc3\xa9"), SPAN("a+b"), SPAN("a&b"),
		SPAN("01234567890123456789012345678901234567890123456789012345678901234") };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!engine_sid_usable(&p->engine, bad[i]), "%zu", i);
	peer_free(p);
}
END_TEST

/* ---- Refusals ---- */

typedef struct named {
	engine_request request;
	refusal why;
	const char *name, *detail;
} named;

static void refused_as(const peer *p, const named *n)
{
	session *known;
	refusal_context context = { 0 };
	ck_assert_int_eq(engine_check(&p->engine, &n->request, &known, &context), n->why);
	if (n->name)
		ck_assert_str_eq(context.name, n->name);
	else
		ck_assert_ptr_null(context.name);
	ck_assert(span_is(context.detail, span_of(n->detail)));
}

START_TEST(a_refusal_says_what_of_the_request_it_was)
{
	const span none = { NULL, 0 }, poll = SPAN("polling"), websocket = SPAN("websocket"),
		   get = SPAN("GET");
	peer *p = peer_new();
	p->sid = "here";
	poll_open(p);
	const named cases[] = {
		{ { SPAN("pigeon"), none, SPAN("4"), get, true, false }, REFUSED_TRANSPORT, NULL,
			"pigeon" },
		{ { poll, SPAN("gone"), SPAN("4"), get, true, false }, REFUSED_SID, NULL, "gone" },
		{ { poll, none, SPAN("4"), SPAN("PUT"), false, false }, REFUSED_METHOD, NULL,
			"PUT" },
		{ { websocket, none, SPAN("4"), get, true, false }, REFUSED_REQUEST,
			"TRANSPORT_HANDSHAKE_ERROR", "websocket" },
		{ { websocket, SPAN("here"), SPAN("4"), get, true, false }, REFUSED_REQUEST,
			"TRANSPORT_MISMATCH", "websocket" },
		{ { poll, SPAN("here"), SPAN("3"), get, true, false }, REFUSED_REQUEST,
			"PROTOCOL_MISMATCH", "3" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refused_as(p, &cases[i]);
	peer_free(p);
}
END_TEST

/* ---- Ends ---- */

static void an_end_tells_what_was_waiting(way by)
{
	peer *p = connected(by);
	if (p->line)
		line_block(p->line, true);
	app_send(p, "12345");
	app_send(p, "678");
	size_t waiting = session_backlog(p->session);
	ck_assert_uint_ge(waiting, 4);
	session_fail(p->session, CLOSED_BY_SERVER);
	ck_assert_uint_eq(p->ending.unsent, waiting);
	ck_assert_ptr_null(p->ending.limit);
	peer_free(p);
}
ON_EVERY_TRANSPORT(an_end_tells_what_was_waiting)

START_TEST(an_end_tells_the_limit_that_the_client_went_over)
{
	peer *p = connected(BY_LINE);
	p->engine.options.max_queue = 10;
	line_block(p->line, true);
	app_send(p, "123456");
	app_send(p, "123456");
	ck_assert_str_eq(p->reason, CLOSED_BY_ERROR);
	ck_assert_str_eq(p->ending.limit, "max_queue");
	ck_assert_uint_eq(p->ending.unsent, 7);
	peer_free(p);
}
END_TEST

START_TEST(an_end_tells_how_the_connection_ended)
{
	peer *p = connected(BY_LINE);
	session_transport_gone(p->session, &p->line->base,
		&(ending){ .reason = CLOSED_BY_TRANSPORT, .code = 4000, .error = ECONNRESET });
	ck_assert_uint_eq(p->ending.code, 4000);
	ck_assert_int_eq(p->ending.error, ECONNRESET);
	p->line->session = NULL;
	peer_free(p);
}
END_TEST

START_TEST(a_lost_poll_tells_its_error)
{
	peer *p = peer_new();
	session *s = poll_open(p);
	poll_get(p, s);
	ask *get = poll_get(p, s);
	polling_lost(&get->base, EPIPE);
	ck_assert_str_eq(p->reason, CLOSED_BY_ERROR);
	ck_assert_int_eq(p->ending.error, EPIPE);
	peer_free(p);
}
END_TEST

UNIT_MAIN("engine_hooks", an_id_that_the_application_gives_is_used,
	an_id_is_usable_if_it_can_stand_in_a_url_and_is_new,
	a_refusal_says_what_of_the_request_it_was, EVERY_TRANSPORT(an_end_tells_what_was_waiting),
	an_end_tells_the_limit_that_the_client_went_over, an_end_tells_how_the_connection_ended,
	a_lost_poll_tells_its_error)

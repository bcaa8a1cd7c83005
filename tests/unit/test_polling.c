/* SPDX-License-Identifier: MIT */
/* test_polling - long-polling with scripted exchanges: who is answered with what, and when. */
#include "../support/peer.h"
#include "../support/unit.h"

static void answered(const ask *x, int status, const char *body)
{
	ck_assert_int_eq(x->status, status);
	ck_assert_str_eq(body_of(x), body);
	ck_assert_uint_eq(x->answers, 1);
	ck_assert_uint_eq(x->drops, 0);
}

static void cut(const ask *x)
{
	ck_assert_uint_eq(x->answers, 0);
	ck_assert_uint_eq(x->drops, 1);
}

/* A session whose open packet was fetched. */
static session *opened(peer *p)
{
	session *s = poll_open(p);
	poll_get(p, s);
	return s;
}

static void ended(const peer *p, const char *reason)
{
	ck_assert_uint_eq(p->closed, 1);
	ck_assert_str_eq(p->reason, reason);
	ck_assert_uint_eq(p->engine.sessions.count, 0);
}

static void echo(peer *p, session *s, span data, bool binary)
{
	(void)p;
	(void)binary;
	session_send(s, packet_write(PACKET_MESSAGE, data));
}

/* engine.io.md 55 */
START_TEST(a_get_is_answered_at_once_with_all_that_waits)
{
	peer *p = peer_new();
	session *s = opened(p);
	app_send(p, "one");
	app_send_bytes(p, "\x01\x02", 2);
	app_send(p, "two");

	answered(poll_get(p, s), 200, "4one|bAQI=|4two");

	ck_assert(waits(poll_get(p, s)));
	peer_free(p);
}
END_TEST

/* engine.io.md 56 */
START_TEST(a_get_waits_until_there_is_something_to_send)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s);

	peer_pass(p, 20000);
	ck_assert(waits(get));
	app_send(p, "now");

	answered(get, 200, "4now");
	ck_assert_int_eq(get->type, ANSWER_TEXT);
	peer_free(p);
}
END_TEST

/* engine.io.md 55: what is sent in one turn leaves in one payload. */
START_TEST(messages_of_one_turn_share_an_answer)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s);

	session_send(s, packet_write(PACKET_MESSAGE, SPAN("a")));
	session_send(s, packet_write(PACKET_MESSAGE, SPAN("b")));
	peer_turn(p);

	answered(get, 200, "4a|4b");
	peer_free(p);
}
END_TEST

/* engine.io.md 57 */
START_TEST(a_post_is_answered_with_ok)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *post = poll_post_begin(p, s);
	ck_assert(waits(post));

	poll_post_body(post, "4one\x1e"
			     "bAQI=\x1e"
			     "4two");

	answered(post, 200, "ok");
	ck_assert_int_eq(post->type, ANSWER_HTML);
	ck_assert_str_eq(app_got(p), "one b(0102) two");
	peer_free(p);
}
END_TEST

/* engine.io.md 58 */
START_TEST(a_post_that_ends_the_session_is_answered_with_ok)
{
	const char *fatal[] = { "1", "x", "", "2", "4a\x1e" };
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
		peer *p = peer_new();
		answered(poll_post(p, opened(p), fatal[i]), 200, "ok");
		ck_assert_uint_eq(p->closed, 1);
		peer_free(p);
	}
}
END_TEST

/* engine.io.md 60 */
START_TEST(a_post_that_is_refused_for_good_ends_the_session)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s), *post = poll_post_begin(p, s);

	polling_post_refuse(s->polling, &post->base, 400, true);
	peer_turn(p);

	answered(post, 400, "");
	ck_assert_int_eq(post->type, ANSWER_EMPTY);
	answered(get, 200, "1");
	ended(p, CLOSED_BY_ERROR);
	peer_free(p);
}
END_TEST

/* engine.io.md 103 */
START_TEST(a_post_that_is_too_long_leaves_the_session_alone)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *post = poll_post_begin(p, s);

	polling_post_refuse(s->polling, &post->base, 413, false);
	peer_turn(p);
	poll_post_body(post, "4ignored");

	answered(post, 413, "");
	answered(poll_post(p, s, "4next"), 200, "ok");
	ck_assert_str_eq(app_got(p), "next");
	peer_free(p);
}
END_TEST

/* engine.io.md 61 */
START_TEST(a_second_get_ends_the_session)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *first = poll_get(p, s), *second = poll_get(p, s);

	answered(second, 400, "");
	answered(first, 200, "1");
	ended(p, CLOSED_BY_ERROR);
	peer_free(p);
}
END_TEST

/* engine.io.md 62 */
START_TEST(a_second_post_ends_the_session)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s);
	ask *first = poll_post_begin(p, s), *second = poll_post_begin(p, s);

	answered(second, 400, "");
	cut(first);
	answered(get, 200, "1");
	ended(p, CLOSED_BY_ERROR);
	peer_free(p);
}
END_TEST

/* engine.io.md 63 */
START_TEST(a_waiting_get_that_is_aborted_ends_the_session)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s);

	poll_abort(get);

	ck_assert(waits(get));
	ended(p, CLOSED_BY_ERROR);
	peer_free(p);
}
END_TEST

/* engine.io.md 64 */
START_TEST(a_post_that_is_aborted_ends_the_session)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s), *post = poll_post_begin(p, s);

	poll_abort(post);

	ck_assert(waits(post));
	answered(get, 200, "1");
	ended(p, CLOSED_BY_ERROR);
	peer_free(p);
}
END_TEST

/* engine.io.md 63 and 64: only of those that were not answered. */
START_TEST(an_answered_exchange_may_be_lost)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *post = poll_post(p, s, "4a");
	app_send(p, "b");
	ask *get = poll_get(p, s);

	poll_abort(get);
	poll_abort(post);

	ck_assert_uint_eq(p->closed, 0);
	ck_assert(app_send(p, "c"));
	peer_free(p);
}
END_TEST

/* engine.io.md 65 */
START_TEST(get_and_post_do_not_wait_for_each_other)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s), *post = poll_post_begin(p, s);

	app_send(p, "out");
	answered(get, 200, "4out");
	ck_assert(waits(post));

	get = poll_get(p, s);
	poll_post_body(post, "4in");
	answered(post, 200, "ok");
	ck_assert(waits(get));
	peer_free(p);
}
END_TEST

/* engine.io.md 49 */
START_TEST(packets_before_one_that_cannot_be_read_count)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s);

	poll_post(p, s,
		"4one\x1e"
		"b!\x1e"
		"4two");

	ck_assert_str_eq(app_got(p), "one");
	answered(get, 200, "1");
	ended(p, CLOSED_BY_PARSER);
	peer_free(p);
}
END_TEST

static void ends_by_parse_error(const char *body, size_t len, const char *heard)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *post = poll_post_begin(p, s);
	poll_post_bytes(post, body, len);
	ck_assert_str_eq(app_got(p), heard);
	ended(p, CLOSED_BY_PARSER);
	peer_free(p);
}

/* engine.io.md 50 to 52 */
START_TEST(a_body_that_is_no_payload_is_a_parse_error)
{
	ends_by_parse_error("4a\x1e", 3, "a");
	ends_by_parse_error("4a\x1e\x1e"
			    "4b",
		6, "a");
	ends_by_parse_error("", 0, "");
	ends_by_parse_error("4\xff", 2, "");
	ends_by_parse_error("4\xed\xa0\x80", 4, "");
	ends_by_parse_error("7", 1, "");
}
END_TEST

/* engine.io.md 53 */
START_TEST(packets_after_a_close_packet_are_not_handled)
{
	peer *p = peer_new();
	poll_post(p, opened(p),
		"4one\x1e"
		"1\x1e"
		"4two\x1ex");
	ck_assert_str_eq(app_got(p), "one");
	ended(p, CLOSED_BY_TRANSPORT);
	peer_free(p);
}
END_TEST

/* engine.io.md 94 */
START_TEST(a_close_packet_releases_the_waiting_get_with_a_noop)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s);

	answered(poll_post(p, s, "1"), 200, "ok");

	answered(get, 200, "6");
	ended(p, CLOSED_BY_TRANSPORT);
	peer_free(p);
}
END_TEST

/* engine.io.md 94: and with what was to be sent, if there is any. */
START_TEST(an_answer_to_what_came_before_a_close_packet_is_sent)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s);
	p->at_message = echo;

	poll_post(p, s,
		"4one\x1e"
		"1");

	answered(get, 200, "4one");
	ended(p, CLOSED_BY_TRANSPORT);
	peer_free(p);
}
END_TEST

/* engine.io.md 58: what a session that ends did not take is not acknowledged. */
START_TEST(half_a_post_is_cut_when_the_session_ends)
{
	peer *p = peer_new();
	session *s = opened(p);
	answered(poll_post(p, s, "4whole"), 200, "ok");
	ask *half = poll_post_begin(p, s);

	session_fail(s, CLOSED_BY_ERROR);

	cut(half); /* at once, not at the end of the turn */
	peer_turn(p);
	ended(p, CLOSED_BY_ERROR);
	peer_free(p);
}
END_TEST

static void close_at_message(peer *p, session *s, span data, bool binary)
{
	(void)p;
	(void)data;
	(void)binary;
	session_close(s, CLOSED_BY_SERVER);
}

/* engine.io.md 58 and 95 */
START_TEST(a_post_that_makes_the_application_close_is_answered_with_ok)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s);
	p->at_message = close_at_message;

	answered(poll_post(p, s,
			 "4bye\x1e"
			 "4late"),
		200, "ok");

	answered(get, 200, "1");
	ck_assert_str_eq(app_got(p), "bye");
	ended(p, CLOSED_BY_SERVER);
	peer_free(p);
}
END_TEST

/* engine.io.md 26 */
START_TEST(whoever_still_waits_at_the_end_of_the_engine_is_answered_or_cut)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s), *post = poll_post_begin(p, s);

	engine_close_all(&p->engine, CLOSED_BY_SHUTDOWN);
	peer_turn(p);

	answered(get, 200, "1");
	cut(post);
	peer_free(p);
}
END_TEST

/* For volatile messages: they leave with this turn or not at all. */
START_TEST(a_session_is_writable_while_a_get_waits)
{
	peer *p = peer_new();
	session *s = opened(p);
	ck_assert(!session_writable(s));
	poll_get(p, s);
	ck_assert(session_writable(s));
	app_send(p, "a");
	ck_assert(!session_writable(s));
	peer_free(p);
}
END_TEST

UNIT_MAIN("polling", a_get_is_answered_at_once_with_all_that_waits,
	a_get_waits_until_there_is_something_to_send, messages_of_one_turn_share_an_answer,
	a_post_is_answered_with_ok, a_post_that_ends_the_session_is_answered_with_ok,
	a_post_that_is_refused_for_good_ends_the_session,
	a_post_that_is_too_long_leaves_the_session_alone, a_second_get_ends_the_session,
	a_second_post_ends_the_session, a_waiting_get_that_is_aborted_ends_the_session,
	a_post_that_is_aborted_ends_the_session, an_answered_exchange_may_be_lost,
	get_and_post_do_not_wait_for_each_other, packets_before_one_that_cannot_be_read_count,
	a_body_that_is_no_payload_is_a_parse_error, packets_after_a_close_packet_are_not_handled,
	a_close_packet_releases_the_waiting_get_with_a_noop,
	an_answer_to_what_came_before_a_close_packet_is_sent,
	half_a_post_is_cut_when_the_session_ends,
	a_post_that_makes_the_application_close_is_answered_with_ok,
	whoever_still_waits_at_the_end_of_the_engine_is_answered_or_cut,
	a_session_is_writable_while_a_get_waits)

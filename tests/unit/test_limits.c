/* SPDX-License-Identifier: MIT */
/* test_limits - what is held for a client, how fast it may send, who is let in, and what is counted
 * of it. */
#include "../support/peer.h"
#include "../support/unit.h"

static session *opened(peer *p)
{
	session *s = poll_open(p);
	poll_get(p, s);
	return s;
}

static uint64_t struck(const peer *p, counters_limit which)
{
	return p->engine.counters.struck[which];
}

/* ---- What is held ---- */

START_TEST(small_packets_count_with_what_it_takes_to_keep_them)
{
	peer *p = peer_new();
	session *s = opened(p);
	p->engine.options.max_held = 10 * (QUEUE_BLOCK + 4);
	for (int i = 0; i < 10; i++)
		ck_assert(app_send(p, "abc"));
	ck_assert_uint_eq(session_held(s), p->engine.options.max_held);
	ck_assert(!app_send(p, "abc"));
	ck_assert_str_eq(p->ending.limit, "max_held");
	ck_assert_str_eq(p->reason, "transport error");
	ck_assert_uint_eq(struck(p, LIMIT_max_held), 1);
	ck_assert_uint_eq(engine_held(&p->engine), 0);
	peer_free(p);
}
END_TEST

START_TEST(what_is_held_elsewhere_counts_with_the_queue)
{
	peer *p = peer_new();
	session *s = opened(p);
	p->engine.options.max_held = 1000;
	ck_assert(session_hold(s, 600));
	ck_assert(!session_hold(s, 401));
	ck_assert_uint_eq(s->held, 600);
	ck_assert(session_hold(s, 400));
	ck_assert_uint_eq(p->engine.held, 1000);
	session_let_go(s, 600);
	ck_assert_uint_eq(p->engine.held, 400);
	session_fail(s, CLOSED_BY_ERROR);
	ck_assert(session_hold(s, 5000)); /* it is of no use to refuse that now */
	peer_turn(p);
	ck_assert_uint_eq(p->engine.held, 0);
	peer_free(p);
}
END_TEST

START_TEST(pongs_that_are_not_fetched_are_limited)
{
	peer *p = peer_new();
	p->engine.options.allow_eio3 = true;
	p->engine.options.max_held = 2000;
	session *s = opened(p);
	s->dialect = dialect_for(SPAN("3"));
	for (int i = 0; i < 100 && !p->closed; i++)
		poll_post(p, s, "1:2");
	ck_assert_uint_eq(p->closed, 1);
	ck_assert_str_eq(p->ending.limit, "max_held");
	peer_free(p);
}
END_TEST

START_TEST(the_heaviest_session_is_found)
{
	peer *p = peer_new();
	ck_assert_ptr_null(engine_heaviest(&p->engine));
	session *small = opened(p);
	session *large = opened(p);
	session *other = opened(p);
	session_hold(small, 10);
	session_hold(large, 30);
	session_hold(other, 20);
	ck_assert_ptr_eq(engine_heaviest(&p->engine), large);
	session_let_go(large, 25);
	ck_assert_ptr_eq(engine_heaviest(&p->engine), other);
	peer_free(p);
}
END_TEST

START_TEST(an_answer_takes_the_first_megabyte_of_what_waits)
{
	static char text[400001];
	peer *p = peer_new();
	session *s = opened(p);
	memset(text, 'x', sizeof text - 1);
	for (int i = 0; i < 5; i++)
		app_send(p, text);
	ck_assert_uint_eq(poll_get(p, s)->body->len, 3 * 400001 + 2);
	ck_assert_uint_eq(poll_get(p, s)->body->len, 2 * 400001 + 1);
	ck_assert(waits(poll_get(p, s)));
	peer_free(p);
}
END_TEST

/* ---- How fast ---- */

START_TEST(what_comes_too_fast_comes_later)
{
	peer *p = peer_new();
	session *s = opened(p);
	p->engine.options.max_events_per_second = 2;
	ask *post = poll_post(p, s,
		"4a\x1e"
		"4b\x1e"
		"4c\x1e"
		"4d");
	ck_assert_str_eq(app_got(p), "a b");
	ck_assert(waits(post));
	ck_assert_uint_gt(p->engine.held, 0);
	peer_pass(p, 499);
	ck_assert_str_eq(app_got(p), "");
	peer_pass(p, 1);
	ck_assert_str_eq(app_got(p), "c");
	ck_assert(waits(post));
	peer_pass(p, 500);
	ck_assert_str_eq(app_got(p), "d");
	peer_pass(p, 500);
	ck_assert_int_eq(post->status, 200);
	ck_assert_uint_eq(p->engine.held, 0);
	ck_assert_uint_eq(struck(p, LIMIT_max_events_per_second), 3);
	peer_free(p);
}
END_TEST

START_TEST(other_packets_do_not_count_as_events)
{
	peer *p = peer_new();
	session *s = opened(p);
	p->engine.options.max_events_per_second = 2;
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(poll_post(p, s,
					 "6\x1e"
					 "3")
					 ->status,
			200);
	ck_assert_uint_eq(struck(p, LIMIT_max_events_per_second), 0);
	peer_free(p);
}
END_TEST

START_TEST(a_message_of_more_than_a_second_passes_and_the_next_one_waits)
{
	peer *p = peer_new();
	session *s = opened(p);
	p->engine.options.max_bytes_per_second = 10;
	ask *first = poll_post(p, s, "4abcdefghijklmnopqrst");
	ck_assert_str_eq(app_got(p), "abcdefghijklmnopqrst");
	ck_assert(waits(first));
	peer_pass(p, 1099);
	ck_assert(waits(first));
	peer_pass(p, 1);
	ck_assert_int_eq(first->status, 200);
	ck_assert_uint_eq(struck(p, LIMIT_max_bytes_per_second), 1);
	peer_free(p);
}
END_TEST

START_TEST(who_ends_while_he_waits_leaves_nothing)
{
	peer *p = peer_new();
	session *s = opened(p);
	p->engine.options.max_events_per_second = 1;
	poll_post(p, s,
		"4a\x1e"
		"4b\x1e"
		"4c");
	session_fail(s, CLOSED_BY_SERVER);
	peer_turn(p);
	ck_assert_str_eq(app_got(p), "a");
	ck_assert_uint_eq(p->engine.held, 0);
	peer_pass(p, 10000);
	ck_assert_str_eq(app_got(p), "");
	peer_free(p);
}
END_TEST

/* ---- Who is let in ---- */

START_TEST(sessions_are_limited)
{
	peer *p = peer_new();
	p->engine.options.max_sessions = 2;
	opened(p);
	ck_assert_ptr_null(engine_full(&p->engine, SPAN("")));
	session *s = opened(p);
	ck_assert_str_eq(engine_full(&p->engine, SPAN("")), "max_sessions");
	ck_assert_str_eq(engine_admit(&p->engine, SPAN("")), "max_sessions");
	ck_assert_uint_eq(struck(p, LIMIT_max_sessions), 2);
	session_fail(s, CLOSED_BY_SERVER);
	ck_assert_ptr_null(engine_full(&p->engine, SPAN("")));
	peer_free(p);
}
END_TEST

START_TEST(handshakes_are_limited_in_a_second)
{
	peer *p = peer_new();
	p->engine.options.max_handshakes_per_second = 2;
	for (int i = 0; i < 2; i++)
		ck_assert_ptr_null(engine_admit(&p->engine, SPAN("")));
	ck_assert_str_eq(engine_admit(&p->engine, SPAN("")), "max_handshakes_per_second");
	ck_assert_ptr_null(engine_full(&p->engine, SPAN("")));
	peer_pass(p, 500);
	ck_assert_ptr_null(engine_admit(&p->engine, SPAN("")));
	ck_assert_uint_eq(struck(p, LIMIT_max_handshakes_per_second), 1);
	peer_free(p);
}
END_TEST

/* ---- What is counted ---- */

START_TEST(sessions_and_packets_are_counted)
{
	peer *p = peer_new();
	const counters *c = &p->engine.counters;
	session *s = opened(p);
	poll_post(p, s,
		"4a\x1e"
		"4b");
	app_send(p, "c");
	poll_get(p, s);
	ck_assert_uint_eq(c->opened, 1);
	ck_assert_uint_eq(c->packets_in, 2);
	ck_assert_uint_eq(c->packets_out, 2); /* with the open packet */
	poll_post(p, s,
		"x\x1e"
		"x");
	ck_assert_uint_eq(c->bad_packets, 1);
	ck_assert_uint_eq(c->closed, 1);
	peer_free(p);
}
END_TEST

START_TEST(only_the_names_of_limits_are_counted)
{
	counters c = { 0 };
	counters_strike(&c, "max_bytes_per_second");
	counters_strike(&c, "max_");
	counters_strike(&c, "");
	for (int i = 0; i < LIMITS; i++)
		ck_assert_uint_eq(c.struck[i], i == LIMIT_max_bytes_per_second);
}
END_TEST

UNIT_MAIN("limits", small_packets_count_with_what_it_takes_to_keep_them,
	what_is_held_elsewhere_counts_with_the_queue, pongs_that_are_not_fetched_are_limited,
	the_heaviest_session_is_found, an_answer_takes_the_first_megabyte_of_what_waits,
	what_comes_too_fast_comes_later, other_packets_do_not_count_as_events,
	a_message_of_more_than_a_second_passes_and_the_next_one_waits,
	who_ends_while_he_waits_leaves_nothing, sessions_are_limited,
	handshakes_are_limited_in_a_second, sessions_and_packets_are_counted,
	only_the_names_of_limits_are_counted)

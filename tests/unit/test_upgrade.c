/* SPDX-License-Identifier: MIT */
/* test_upgrade - from long-polling to a line, and all that can go wrong on the way. */
#include "../support/peer.h"
#include "../support/unit.h"

/* A session on polling whose open packet was fetched. */
static session *opened(peer *p)
{
	session *s = poll_open(p);
	poll_get(p, s);
	return s;
}

static line *probed(peer *p, session *s)
{
	line *l = line_beside(p, s);
	line_send(l, "2probe");
	ck_assert_str_eq(line_got(l), "3probe");
	return l;
}

static void still_polls(peer *p, session *s)
{
	ck_assert_uint_eq(p->closed, 0);
	ck_assert(app_send(p, "still"));
	ck_assert_str_eq(body_of(poll_get(p, s)), "4still");
	ck_assert(waits(poll_get(p, s)));
}

/* engine.io.md 84 */
START_TEST(a_second_transport_changes_nothing_by_itself)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s);
	line *l = line_beside(p, s);

	ck_assert(waits(get));
	ck_assert_str_eq(line_got(l), "");
	app_send(p, "hello");
	ck_assert_str_eq(body_of(get), "4hello");
	peer_free(p);
}
END_TEST

/* engine.io.md 85 */
START_TEST(every_probe_is_answered)
{
	peer *p = peer_new();
	line *l = line_beside(p, opened(p));

	line_send(l, "2probe");
	ck_assert_str_eq(line_got(l), "3probe");
	line_send(l, "2probe");
	ck_assert_str_eq(line_got(l), "3probe");
	peer_free(p);
}
END_TEST

/* engine.io.md 86, differences.md 5 */
START_TEST(a_probe_releases_the_waiting_get)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s);

	probed(p, s);

	ck_assert_str_eq(body_of(get), "6");
	ck_assert_uint_eq(get->answers, 1);
	peer_free(p);
}
END_TEST

/* engine.io.md 87, differences.md 5 */
START_TEST(polls_are_answered_at_once_while_probing)
{
	peer *p = peer_new();
	session *s = opened(p);
	probed(p, s);

	ck_assert_str_eq(body_of(poll_get(p, s)), "6");
	app_send(p, "waits");
	ck_assert_str_eq(body_of(poll_get(p, s)), "4waits");
	ck_assert_str_eq(body_of(poll_get(p, s)), "6");
	peer_free(p);
}
END_TEST

/* engine.io.md 88 */
START_TEST(until_the_upgrade_packet_all_goes_by_polling)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = probed(p, s);

	app_send(p, "out");
	ck_assert_str_eq(body_of(poll_post(p, s, "4in")), "ok");

	ck_assert_str_eq(app_got(p), "in");
	ck_assert_str_eq(line_got(l), "");
	ck_assert_str_eq(body_of(poll_get(p, s)), "4out");
	peer_free(p);
}
END_TEST

/* engine.io.md 89 */
START_TEST(what_waits_at_the_upgrade_goes_by_line_in_order)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = probed(p, s);
	app_send(p, "polled");
	poll_get(p, s);
	app_send(p, "1");
	app_send_bytes(p, "\x02", 1);
	app_send(p, "3");

	line_send(l, "5");
	app_send(p, "4");

	ck_assert_str_eq(line_got(l), "41 b(02) 43 44");
	line_send(l, "4in");
	ck_assert_str_eq(app_got(p), "in");
	peer_free(p);
}
END_TEST

/* engine.io.md 89: each packet once, also those that a GET was about to take. */
START_TEST(no_packet_is_sent_on_both_transports)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = line_beside(p, s);
	ask *get = poll_get(p, s);
	unsigned char upgrade[] = "5";

	session_send(s, packet_write(PACKET_MESSAGE, SPAN("once")));
	session_receive(s, &l->base, upgrade, 1, false);
	peer_turn(p);

	ck_assert_str_eq(body_of(get), "1");
	ck_assert_str_eq(line_got(l), "4once");
	peer_free(p);
}
END_TEST

/* engine.io.md 90 */
START_TEST(an_upgrade_packet_needs_no_probe)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *get = poll_get(p, s);
	line *l = line_beside(p, s);

	line_send(l, "5");

	ck_assert_str_eq(body_of(get), "1");
	app_send(p, "by line");
	ck_assert_str_eq(line_got(l), "4by line");
	ck_assert_uint_eq(p->closed, 0);
	peer_free(p);
}
END_TEST

/* engine.io.md 88 and 89: half a POST was not taken, and is not said to be. */
START_TEST(a_post_whose_body_is_on_its_way_at_the_upgrade_is_cut)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = probed(p, s);
	ask *post = poll_post_begin(p, s);

	line_send(l, "5");

	ck_assert_uint_eq(post->drops, 1);
	ck_assert_uint_eq(post->answers, 0);
	ck_assert_uint_eq(p->closed, 0);
	peer_free(p);
}
END_TEST

/* engine.io.md 91 */
START_TEST(any_other_packet_closes_the_candidate_alone)
{
	const char *wrong[] = { "4hello", "2", "2other", "3probe", "3", "1", "0", "6", "b",
		"bAQI=", "x", "" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		peer *p = peer_new();
		session *s = opened(p);
		line *l = i % 2 ? line_beside(p, s) : probed(p, s);

		line_send(l, wrong[i]);

		ck_assert_str_eq(line_got(l), "close");
		ck_assert_uint_eq(l->closes, 1);
		ck_assert_str_eq(app_got(p), "");
		still_polls(p, s);
		peer_free(p);
	}
}
END_TEST

/* engine.io.md 91 */
START_TEST(a_binary_message_closes_the_candidate_alone)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = line_beside(p, s);

	line_send_bytes(l, "2probe", 6);

	ck_assert_str_eq(line_got(l), "close");
	still_polls(p, s);
	peer_free(p);
}
END_TEST

/* engine.io.md 92: counted from the handshake, whether the probe came or not. */
START_TEST(an_upgrade_that_takes_too_long_closes_the_candidate_alone)
{
	for (int probe = 0; probe < 2; probe++) {
		peer *p = peer_new();
		session *s = opened(p);
		line *l = line_beside(p, s);

		peer_pass(p, 9999);
		if (probe)
			line_send(l, "2probe");
		ck_assert_uint_eq(l->closes, 0);
		peer_pass(p, 1);

		ck_assert_uint_eq(l->closes, 1);
		still_polls(p, s);
		peer_free(p);
	}
}
END_TEST

/* engine.io.md 92: a finished upgrade has no deadline any more. */
START_TEST(an_upgrade_in_time_is_not_undone)
{
	peer *p = peer_new();
	line *l = probed(p, opened(p));
	line_send(l, "5");

	peer_pass(p, 20000);

	ck_assert_uint_eq(l->closes, 0);
	ck_assert_uint_eq(p->closed, 0);
	peer_free(p);
}
END_TEST

/* engine.io.md 92 */
START_TEST(a_lost_candidate_leaves_the_session_alone)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = probed(p, s);

	line_lost(l, CLOSED_BY_TRANSPORT);
	peer_pass(p, 10000);

	ck_assert_uint_eq(l->closes, 0);
	still_polls(p, s);
	peer_free(p);
}
END_TEST

/* engine.io.md 92 */
START_TEST(another_attempt_may_follow_one_that_failed)
{
	peer *p = peer_new();
	session *s = opened(p);
	line_lost(probed(p, s), CLOSED_BY_TRANSPORT);
	line_send(probed(p, s), "4wrong");
	probed(p, s);
	peer_pass(p, 10000);

	line *l = probed(p, s);
	peer_pass(p, 9999);
	line_send(l, "5");
	app_send(p, "at last");

	ck_assert_str_eq(line_got(l), "4at last");
	peer_free(p);
}
END_TEST

/* engine.io.md 87: when the attempt is over polls wait again. */
START_TEST(polls_wait_again_when_the_candidate_is_gone)
{
	peer *p = peer_new();
	session *s = opened(p);
	line_lost(probed(p, s), CLOSED_BY_TRANSPORT);
	line_beside(p, s);

	ck_assert(waits(poll_get(p, s)));
	peer_free(p);
}
END_TEST

/* engine.io.md 93 */
START_TEST(only_one_candidate_at_a_time_and_none_beside_a_line)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = probed(p, s);

	ck_assert_ptr_null(line_beside(p, s));
	line_send(l, "5");
	ck_assert_ptr_null(line_beside(p, s));
	line *direct = line_open(p);
	ck_assert_ptr_null(line_beside(p, direct->session));

	ck_assert_uint_eq(p->closed, 0);
	ck_assert_uint_eq(l->closes, 0);
	peer_free(p);
}
END_TEST

START_TEST(a_server_that_allows_no_upgrades_takes_no_candidate)
{
	peer *p = peer_new();
	p->engine.options.allow_upgrades = false;
	ck_assert_ptr_null(line_beside(p, opened(p)));
	peer_free(p);
}
END_TEST

/* engine.io.md 99 */
START_TEST(a_session_that_ends_takes_its_candidate_with_it)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = probed(p, s);

	poll_post(p, s, "1");

	ck_assert_str_eq(line_got(l), "close");
	ck_assert_str_eq(p->reason, CLOSED_BY_TRANSPORT);
	peer_free(p);
}
END_TEST

/* engine.io.md 99 */
START_TEST(a_close_by_the_server_ends_both_connections)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = line_beside(p, s);
	ask *get = poll_get(p, s);

	session_close(s, CLOSED_BY_SERVER);
	peer_turn(p);

	ck_assert_str_eq(line_got(l), "close");
	ck_assert_str_eq(body_of(get), "1");
	ck_assert_uint_eq(p->closed, 1);
	peer_free(p);
}
END_TEST

/* engine.io.md 97 and 99: a client that is about to upgrade polls no more. */
START_TEST(what_waits_at_a_close_is_sent_by_the_line_that_takes_over)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = probed(p, s);
	app_send(p, "kicked");
	session_close(s, CLOSED_BY_SERVER);
	peer_turn(p);
	ck_assert_uint_eq(p->closed, 0);

	line_send(l, "5");

	ck_assert_str_eq(line_got(l), "4kicked close");
	ck_assert_uint_eq(p->closed, 1);
	ck_assert_str_eq(p->reason, CLOSED_BY_SERVER);
	peer_free(p);
}
END_TEST

/* engine.io.md 98 and 99 */
START_TEST(a_goodbye_that_waits_is_said_by_the_line_that_takes_over)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = line_beside(p, s);
	session_close(s, CLOSED_BY_SERVER);
	peer_turn(p);

	line_send(l, "2probe");
	line_send(l, "5");

	ck_assert_str_eq(line_got(l), "3probe close");
	ck_assert_uint_eq(p->closed, 1);
	peer_free(p);
}
END_TEST

/* engine.io.md 96 and 99 */
START_TEST(a_goodbye_that_is_fetched_ends_the_candidate)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = probed(p, s);
	app_send(p, "kicked");
	session_close(s, CLOSED_BY_SERVER);

	ck_assert_str_eq(body_of(poll_get(p, s)), "4kicked");
	ck_assert_uint_eq(l->closes, 0);
	ck_assert_str_eq(body_of(poll_get(p, s)), "6|1");

	ck_assert_str_eq(line_got(l), "close");
	ck_assert_uint_eq(p->closed, 1);
	peer_free(p);
}
END_TEST

/* engine.io.md 92 and 96 */
START_TEST(a_closing_session_loses_a_late_candidate_alone)
{
	peer *p = peer_new();
	session *s = opened(p);
	line *l = probed(p, s);
	session_close(s, CLOSED_BY_SERVER);
	peer_pass(p, 10000);
	ck_assert_str_eq(line_got(l), "close");
	ck_assert_uint_eq(p->closed, 0);
	ck_assert_ptr_null(line_beside(p, s));
	ck_assert_str_eq(body_of(poll_get(p, s)), "6|1");
	peer_free(p);
}
END_TEST

/* engine.io.md 96 and 99: the upgrade's deadline does not cut the goodbye short. */
START_TEST(a_goodbye_waits_as_long_when_an_upgrade_was_under_way)
{
	peer *p = peer_new();
	session *s = opened(p);
	probed(p, s);
	session_close(s, CLOSED_BY_SERVER);

	peer_pass(p, 29999);

	ck_assert_str_eq(body_of(poll_get(p, s)), "6|1");
	peer_free(p);
}
END_TEST

/* engine.io.md 83, differences.md 15 */
START_TEST(a_pong_that_is_due_stays_due_over_an_upgrade)
{
	peer *p = peer_new();
	session *s = opened(p);
	peer_pass(p, 25000);
	line *l = probed(p, s);
	line_send(l, "5");
	ck_assert_str_eq(line_got(l), "2");

	peer_pass(p, 19999);
	ck_assert_uint_eq(p->closed, 0);
	peer_pass(p, 1);

	ck_assert_str_eq(p->reason, CLOSED_BY_TIMEOUT);
	ck_assert_str_eq(line_got(l), "close");
	peer_free(p);
}
END_TEST

UNIT_MAIN("upgrade", a_second_transport_changes_nothing_by_itself, every_probe_is_answered,
	a_probe_releases_the_waiting_get, polls_are_answered_at_once_while_probing,
	until_the_upgrade_packet_all_goes_by_polling,
	what_waits_at_the_upgrade_goes_by_line_in_order, no_packet_is_sent_on_both_transports,
	an_upgrade_packet_needs_no_probe, a_post_whose_body_is_on_its_way_at_the_upgrade_is_cut,
	any_other_packet_closes_the_candidate_alone, a_binary_message_closes_the_candidate_alone,
	an_upgrade_that_takes_too_long_closes_the_candidate_alone, an_upgrade_in_time_is_not_undone,
	a_lost_candidate_leaves_the_session_alone, another_attempt_may_follow_one_that_failed,
	polls_wait_again_when_the_candidate_is_gone,
	only_one_candidate_at_a_time_and_none_beside_a_line,
	a_server_that_allows_no_upgrades_takes_no_candidate,
	a_session_that_ends_takes_its_candidate_with_it,
	a_close_by_the_server_ends_both_connections,
	what_waits_at_a_close_is_sent_by_the_line_that_takes_over,
	a_goodbye_that_waits_is_said_by_the_line_that_takes_over,
	a_goodbye_that_is_fetched_ends_the_candidate,
	a_closing_session_loses_a_late_candidate_alone,
	a_goodbye_waits_as_long_when_an_upgrade_was_under_way,
	a_pong_that_is_due_stays_due_over_an_upgrade)

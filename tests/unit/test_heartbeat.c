/* SPDX-License-Identifier: MIT */
/* test_heartbeat - pings and pongs, on a clock that the test turns, over every transport. */
#include "../support/peer.h"
#include "../support/unit.h"

enum { INTERVAL = 25000, TIMEOUT = 20000 };

static peer *connected(way by)
{
	peer *p = peer_new();
	client_connect(p, by);
	return p;
}

static void lives(const peer *p)
{
	ck_assert_uint_eq(p->closed, 0);
}

static void timed_out(const peer *p)
{
	ck_assert_uint_eq(p->closed, 1);
	ck_assert_str_eq(p->reason, CLOSED_BY_TIMEOUT);
}

/* engine.io.md 75 */
static void a_ping_comes_after_the_interval(way by)
{
	peer *p = connected(by);
	peer_pass(p, INTERVAL - 1);
	ck_assert_str_eq(client_got(p), "");
	peer_pass(p, 1);
	ck_assert_str_eq(client_got(p), "2");
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_ping_comes_after_the_interval)

/* engine.io.md 76 */
static void the_next_ping_comes_an_interval_after_the_pong(way by)
{
	peer *p = connected(by);
	for (int i = 0; i < 3; i++) {
		peer_pass(p, INTERVAL);
		ck_assert_str_eq(client_got(p), "2");
		peer_pass(p, TIMEOUT - 1);
		client_send(p, "3");
		peer_pass(p, INTERVAL - 1);
		ck_assert_str_eq(client_got(p), "");
		peer_pass(p, 1);
		ck_assert_str_eq(client_got(p), "2");
		client_send(p, "3");
	}
	lives(p);
	peer_free(p);
}
ON_EVERY_TRANSPORT(the_next_ping_comes_an_interval_after_the_pong)

/* engine.io.md 77 */
static void a_pong_that_does_not_come_closes_the_session(way by)
{
	peer *p = connected(by);
	peer_pass(p, INTERVAL + TIMEOUT - 1);
	lives(p);
	ck_assert_str_eq(client_got(p), "2");
	peer_pass(p, 1);
	timed_out(p);
	ck_assert_str_eq(client_got(p), "close");
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_pong_that_does_not_come_closes_the_session)

/* engine.io.md 78 */
static void another_packet_puts_the_deadline_off(way by)
{
	const char *packets[] = { "4hello", "0", "5", "6", "bAQI=" };
	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
		peer *p = connected(by);
		peer_pass(p, INTERVAL + TIMEOUT - 1);
		client_send(p, packets[i]);
		peer_pass(p, TIMEOUT - 1);
		lives(p);
		peer_pass(p, 1);
		timed_out(p);
		peer_free(p);
	}
}
ON_EVERY_TRANSPORT(another_packet_puts_the_deadline_off)

/* engine.io.md 78: once for each ping. */
static void a_deadline_is_put_off_once(way by)
{
	peer *p = connected(by);
	peer_pass(p, INTERVAL + 5000);
	client_send(p, "4one");
	peer_pass(p, 5000);
	client_send(p, "4two");
	peer_pass(p, TIMEOUT - 5001);
	lives(p);
	peer_pass(p, 1);
	timed_out(p);
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_deadline_is_put_off_once)

/* engine.io.md 78 */
static void the_next_ping_may_be_put_off_again(way by)
{
	peer *p = connected(by);
	for (int i = 0; i < 2; i++) {
		peer_pass(p, INTERVAL + TIMEOUT - 1);
		client_send(p, "4hello");
		peer_pass(p, TIMEOUT - 1);
		client_send(p, "3");
	}
	lives(p);
	peer_free(p);
}
ON_EVERY_TRANSPORT(the_next_ping_may_be_put_off_again)

/* engine.io.md 78: while no pong is due a packet changes nothing. */
static void packets_between_pings_do_not_move_the_next_one(way by)
{
	peer *p = connected(by);
	peer_pass(p, INTERVAL - 1);
	client_send(p, "4hello");
	peer_pass(p, 1);
	ck_assert_str_eq(client_got(p), "2");
	peer_pass(p, TIMEOUT - 1);
	lives(p);
	peer_pass(p, 1);
	timed_out(p);
	peer_free(p);
}
ON_EVERY_TRANSPORT(packets_between_pings_do_not_move_the_next_one)

/* engine.io.md 79 */
static void a_stray_pong_starts_the_wait_anew(way by)
{
	peer *p = connected(by);
	peer_pass(p, 20000);
	client_send(p, "3");
	peer_pass(p, INTERVAL - 1);
	ck_assert_str_eq(client_got(p), "");
	peer_pass(p, 1);
	ck_assert_str_eq(client_got(p), "2");
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_stray_pong_starts_the_wait_anew)

/* engine.io.md 80 */
static void a_pong_may_carry_data(way by)
{
	peer *p = connected(by);
	peer_pass(p, INTERVAL);
	client_send(p, "3probe");
	peer_pass(p, TIMEOUT);
	lives(p);
	ck_assert_str_eq(app_got(p), "");
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_pong_may_carry_data)

/* engine.io.md 81 */
static void a_ping_from_the_client_closes_the_session(way by)
{
	peer *p = connected(by);
	client_got(p);
	client_send(p, by == BY_LINE ? "2probe" : "2");
	ck_assert_str_eq(p->reason, CLOSED_BY_ERROR);
	ck_assert_str_eq(client_got(p), "close");
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_ping_from_the_client_closes_the_session)

/* engine.io.md 82 */
static void a_ping_waits_in_line_like_other_packets(way by)
{
	peer *p = connected(by);
	if (p->line)
		line_block(p->line, true);
	else
		app_send(p, "answers the waiting poll");
	app_send(p, "before");
	peer_pass(p, INTERVAL);
	app_send(p, "after");
	if (p->line)
		line_block(p->line, false);
	ck_assert_str_eq(client_got(p),
		p->line ? "4before 2 4after" : "4answers the waiting poll 4before 2 4after");
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_ping_waits_in_line_like_other_packets)

/* engine.io.md 77 and 82: the deadline runs from the ping, whether it was fetched or not. */
START_TEST(a_client_that_does_not_poll_times_out)
{
	peer *p = peer_new();
	poll_get(p, poll_open(p));
	peer_pass(p, INTERVAL + TIMEOUT - 1);
	lives(p);
	peer_pass(p, 1);
	timed_out(p);
	peer_free(p);
}
END_TEST

/* engine.io.md 101 */
START_TEST(a_get_that_waits_at_a_ping_timeout_gets_a_close_packet)
{
	peer *p = peer_new();
	session *s = poll_open(p);
	poll_get(p, s);
	peer_pass(p, INTERVAL);
	poll_get(p, s);
	ask *get = poll_get(p, s);
	peer_pass(p, TIMEOUT);
	ck_assert_str_eq(body_of(get), "1");
	timed_out(p);
	peer_free(p);
}
END_TEST

/* engine.io.md 34 and 75 to 77, with other times */
START_TEST(the_configured_times_are_kept)
{
	peer *p = peer_new();
	p->engine.options.ping_interval_ms = 300;
	p->engine.options.ping_timeout_ms = 200;
	client_connect(p, BY_LINE);
	peer_pass(p, 300);
	ck_assert_str_eq(client_got(p), "2");
	peer_pass(p, 199);
	lives(p);
	peer_pass(p, 1);
	timed_out(p);
	peer_free(p);
}
END_TEST

/* engine.io.md 75: one session's heart does not beat for another. */
START_TEST(sessions_have_heartbeats_of_their_own)
{
	peer *p = peer_new();
	line *first = line_open(p);
	peer_pass(p, 10000);
	line *second = line_open(p);
	line_got(first);
	line_got(second);

	peer_pass(p, 15000);
	ck_assert_str_eq(line_got(first), "2");
	ck_assert_str_eq(line_got(second), "");
	line_send(first, "3");
	peer_pass(p, 10000);
	ck_assert_str_eq(line_got(second), "2");
	peer_pass(p, TIMEOUT);
	ck_assert_str_eq(line_got(second), "close");
	ck_assert_str_eq(line_got(first), "2");
	ck_assert_uint_eq(p->closed, 1);
	peer_free(p);
}
END_TEST

UNIT_MAIN("heartbeat", EVERY_TRANSPORT(a_ping_comes_after_the_interval),
	EVERY_TRANSPORT(the_next_ping_comes_an_interval_after_the_pong),
	EVERY_TRANSPORT(a_pong_that_does_not_come_closes_the_session),
	EVERY_TRANSPORT(another_packet_puts_the_deadline_off),
	EVERY_TRANSPORT(a_deadline_is_put_off_once),
	EVERY_TRANSPORT(the_next_ping_may_be_put_off_again),
	EVERY_TRANSPORT(packets_between_pings_do_not_move_the_next_one),
	EVERY_TRANSPORT(a_stray_pong_starts_the_wait_anew), EVERY_TRANSPORT(a_pong_may_carry_data),
	EVERY_TRANSPORT(a_ping_from_the_client_closes_the_session),
	EVERY_TRANSPORT(a_ping_waits_in_line_like_other_packets),
	a_client_that_does_not_poll_times_out,
	a_get_that_waits_at_a_ping_timeout_gets_a_close_packet, the_configured_times_are_kept,
	sessions_have_heartbeats_of_their_own)

/* SPDX-License-Identifier: MIT */
/* test_session_close - the ways in which a session ends, and who is told what. */
#include "../support/peer.h"
#include "../support/unit.h"

enum { GOODBYE_MS = 30000 };

static peer *connected(way by)
{
	peer *p = peer_new();
	client_connect(p, by);
	return p;
}

/* A session on polling whose open packet was fetched, and no GET that waits. */
static session *opened(peer *p)
{
	session *s = poll_open(p);
	poll_get(p, s);
	return s;
}

static void close_now(peer *p, session *s)
{
	session_close(s, CLOSED_BY_SERVER);
	peer_turn(p);
}

static void ended(const peer *p, const char *reason)
{
	ck_assert_uint_eq(p->closed, 1);
	ck_assert_str_eq(p->reason, reason);
	ck_assert_uint_eq(p->engine.sessions.count, 0);
}

/* engine.io.md 95 and 98 */
static void a_close_by_the_server_reaches_a_client_that_listens(way by)
{
	peer *p = connected(by);
	close_now(p, p->session);
	ck_assert_str_eq(client_got(p), "close");
	ended(p, CLOSED_BY_SERVER);
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_close_by_the_server_reaches_a_client_that_listens)

/* engine.io.md 97 */
static void what_waits_is_sent_before_the_close(way by)
{
	peer *p = connected(by);
	if (p->line)
		line_block(p->line, true);
	session_send(p->session, packet_write(PACKET_MESSAGE, SPAN("one")));
	session_send(p->session, packet_write(PACKET_MESSAGE, SPAN("two")));
	session_close(p->session, CLOSED_BY_SERVER);
	ck_assert_uint_eq(p->closed, 0);
	peer_turn(p);
	if (p->line)
		line_block(p->line, false);
	ck_assert_str_eq(client_got(p), "4one 4two close");
	ended(p, CLOSED_BY_SERVER);
	peer_free(p);
}
ON_EVERY_TRANSPORT(what_waits_is_sent_before_the_close)

/* engine.io.md 97: what comes after the close is not sent any more. */
static void a_closing_session_takes_no_more_messages(way by)
{
	peer *p = connected(by);
	if (p->line)
		line_block(p->line, true);
	session_send(p->session, packet_write(PACKET_MESSAGE, SPAN("one")));
	session_close(p->session, CLOSED_BY_SERVER);
	ck_assert(!session_send(p->session, packet_write(PACKET_MESSAGE, SPAN("two"))));
	ck_assert(!session_writable(p->session));
	session_close(p->session, CLOSED_BY_ERROR);
	client_send(p, "4ignored");
	if (p->line)
		line_block(p->line, false);
	ck_assert_str_eq(client_got(p), "4one close");
	ck_assert_str_eq(app_got(p), "");
	ended(p, CLOSED_BY_SERVER);
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_closing_session_takes_no_more_messages)

/* engine.io.md 96: a peer that does not fetch what waits for it cannot hold the session. */
static void a_client_that_fetches_nothing_is_dropped(way by)
{
	peer *p = connected(by);
	if (p->line)
		line_block(p->line, true);
	else
		app_send(p, "answers the GET");
	app_send(p, "waits");
	close_now(p, p->session);
	peer_pass(p, GOODBYE_MS - 1);
	ck_assert_uint_eq(p->closed, 0);
	peer_pass(p, 1);
	ended(p, CLOSED_BY_SERVER);
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_client_that_fetches_nothing_is_dropped)

/* engine.io.md 96 */
START_TEST(the_next_get_fetches_the_goodbye)
{
	peer *p = peer_new();
	session *s = opened(p);
	close_now(p, s);
	ck_assert_uint_eq(p->closed, 0);

	ask *get = poll_get(p, s);

	ck_assert_int_eq(get->status, 200);
	ck_assert_str_eq(body_of(get), "6|1");
	ended(p, CLOSED_BY_SERVER);
	peer_free(p);
}
END_TEST

/* engine.io.md 96 and 97 */
START_TEST(messages_are_fetched_before_the_goodbye)
{
	peer *p = peer_new();
	session *s = opened(p);
	app_send(p, "one");
	close_now(p, s);

	ck_assert_str_eq(body_of(poll_get(p, s)), "4one");
	ck_assert_uint_eq(p->closed, 0);
	ck_assert_str_eq(body_of(poll_get(p, s)), "6|1");
	ended(p, CLOSED_BY_SERVER);
	peer_free(p);
}
END_TEST

/* engine.io.md 96: whatever the heartbeat was about to do. */
START_TEST(a_goodbye_waits_thirty_seconds)
{
	const uint64_t before[] = { 0, 24999, 25000, 44999 };
	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		peer *p = peer_new();
		session *s = opened(p);
		peer_pass(p, before[i]);
		if (before[i] >= 25000)
			poll_get(p, s);
		close_now(p, s);

		peer_pass(p, GOODBYE_MS - 1);
		ck_assert_uint_eq(p->closed, 0);
		peer_pass(p, 1);

		ended(p, CLOSED_BY_SERVER);
		peer_free(p);
	}
}
END_TEST

/* engine.io.md 96 */
START_TEST(a_goodbye_can_be_fetched_in_the_last_moment)
{
	peer *p = peer_new();
	session *s = opened(p);
	close_now(p, s);
	peer_pass(p, GOODBYE_MS - 1);
	ck_assert_str_eq(body_of(poll_get(p, s)), "6|1");
	ended(p, CLOSED_BY_SERVER);
	peer_free(p);
}
END_TEST

/* engine.io.md 96 */
START_TEST(posts_are_answered_and_ignored_while_the_goodbye_waits)
{
	const char *ignored[] = { "4hello", "2", "3", "5", "x", "", "b!", "4a\x1e" };
	peer *p = peer_new();
	session *s = opened(p);
	close_now(p, s);

	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		ck_assert_str_eq(body_of(poll_post(p, s, ignored[i])), "ok");

	ck_assert_str_eq(app_got(p), "");
	ck_assert_str_eq(body_of(poll_get(p, s)), "6|1");
	ended(p, CLOSED_BY_SERVER);
	peer_free(p);
}
END_TEST

/* engine.io.md 96: also one whose body was on its way at the close. */
START_TEST(a_post_that_is_on_its_way_at_the_close_is_answered)
{
	peer *p = peer_new();
	session *s = opened(p);
	ask *post = poll_post_begin(p, s);
	close_now(p, s);

	poll_post_body(post, "4late");

	ck_assert_str_eq(body_of(post), "ok");
	ck_assert_str_eq(app_got(p), "");
	ck_assert_str_eq(body_of(poll_get(p, s)), "6|1");
	peer_free(p);
}
END_TEST

/* engine.io.md 78 and 96: a closing session has no heartbeat that packets could revive. */
START_TEST(packets_do_not_bring_the_heartbeat_back)
{
	peer *p = peer_new();
	session *s = opened(p);
	peer_pass(p, 25000);
	poll_get(p, s);
	close_now(p, s);
	poll_post(p, s, "4hello");
	poll_post(p, s, "3");

	peer_pass(p, GOODBYE_MS - 1);

	ck_assert_uint_eq(p->closed, 0);
	ck_assert_str_eq(body_of(poll_get(p, s)), "6|1");
	peer_free(p);
}
END_TEST

/* engine.io.md 94 */
START_TEST(a_close_packet_ends_a_session_that_waits_for_its_goodbye)
{
	peer *p = peer_new();
	session *s = opened(p);
	close_now(p, s);
	ck_assert_str_eq(body_of(poll_post(p, s, "1")), "ok");
	ended(p, CLOSED_BY_TRANSPORT);
	peer_free(p);
}
END_TEST

/* engine.io.md 98 */
START_TEST(a_line_gets_one_goodbye)
{
	peer *p = connected(BY_LINE);
	close_now(p, p->session);
	peer_pass(p, 60000);
	ck_assert_uint_eq(p->line->closes, 1);
	ended(p, CLOSED_BY_SERVER);
	peer_free(p);
}
END_TEST

START_TEST(a_line_that_is_lost_while_it_drains_ends_its_session)
{
	peer *p = connected(BY_LINE);
	line_block(p->line, true);
	app_send(p, "never taken");
	close_now(p, p->session);
	line_lost(p->line, CLOSED_BY_TRANSPORT);
	ended(p, CLOSED_BY_TRANSPORT);
	peer_free(p);
}
END_TEST

static refusal get_is(const peer *p, const char *sid)
{
	engine_request r = { SPAN("polling"), span_of(sid), SPAN("4"), SPAN("GET"), true, false };
	return peer_check(p, r, NULL);
}

/* engine.io.md 101 */
START_TEST(the_sid_of_a_closed_session_is_unknown_at_once)
{
	peer *p = peer_new();
	session *s = opened(p);
	char sid[ID_LEN + 1];
	strcpy(sid, s->sid);
	ck_assert_int_eq(get_is(p, sid), NOT_REFUSED);
	poll_post(p, s, "x");
	ck_assert_int_eq(get_is(p, sid), REFUSED_SID);
	peer_free(p);
}
END_TEST

/* engine.io.md 96 and 101 */
START_TEST(the_sid_of_a_session_that_says_goodbye_is_known_until_then)
{
	peer *p = peer_new();
	session *s = opened(p);
	char sid[ID_LEN + 1];
	strcpy(sid, s->sid);
	close_now(p, s);
	ck_assert_int_eq(get_is(p, sid), NOT_REFUSED);
	poll_get(p, s);
	ck_assert_int_eq(get_is(p, sid), REFUSED_SID);
	peer_free(p);
}
END_TEST

/* engine.io.md 102 */
START_TEST(when_the_engine_closes_every_session_ends_at_once)
{
	peer *p = peer_new();
	session *waiting = opened(p);
	ask *get = poll_get(p, waiting);
	session *silent = opened(p);
	line *l = line_open(p);
	line_got(l);
	line *candidate = line_beside(p, silent);

	engine_close_all(&p->engine, CLOSED_BY_SHUTDOWN);
	peer_turn(p);

	ck_assert_str_eq(body_of(get), "1");
	ck_assert_str_eq(line_got(l), "close");
	ck_assert_str_eq(line_got(candidate), "close");
	ck_assert_uint_eq(p->closed, 3);
	ck_assert_str_eq(p->reason, CLOSED_BY_SHUTDOWN);
	ck_assert_uint_eq(p->engine.sessions.count, 0);
	ck_assert_uint_eq(p->wheel.count, 0);
	peer_free(p);
}
END_TEST

/* engine.io.md 102: also those that are closing already, or doomed. */
START_TEST(when_the_engine_closes_no_end_is_reported_twice)
{
	peer *p = peer_new();
	close_now(p, opened(p));
	line_open(p);
	session_doom(p->session, CLOSED_BY_ERROR);
	engine_close_all(&p->engine, CLOSED_BY_SHUTDOWN);
	peer_turn(p);
	ck_assert_uint_eq(p->closed, 2);
	peer_free(p);
}
END_TEST

UNIT_MAIN("session_close", EVERY_TRANSPORT(a_close_by_the_server_reaches_a_client_that_listens),
	EVERY_TRANSPORT(what_waits_is_sent_before_the_close),
	EVERY_TRANSPORT(a_closing_session_takes_no_more_messages),
	EVERY_TRANSPORT(a_client_that_fetches_nothing_is_dropped), the_next_get_fetches_the_goodbye,
	messages_are_fetched_before_the_goodbye, a_goodbye_waits_thirty_seconds,
	a_goodbye_can_be_fetched_in_the_last_moment,
	posts_are_answered_and_ignored_while_the_goodbye_waits,
	a_post_that_is_on_its_way_at_the_close_is_answered, packets_do_not_bring_the_heartbeat_back,
	a_close_packet_ends_a_session_that_waits_for_its_goodbye, a_line_gets_one_goodbye,
	a_line_that_is_lost_while_it_drains_ends_its_session,
	the_sid_of_a_closed_session_is_unknown_at_once,
	the_sid_of_a_session_that_says_goodbye_is_known_until_then,
	when_the_engine_closes_every_session_ends_at_once,
	when_the_engine_closes_no_end_is_reported_twice)

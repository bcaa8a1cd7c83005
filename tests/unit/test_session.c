/* SPDX-License-Identifier: MIT */
/* test_session - messages in both directions, what is ignored and what ends a session, over every
 * transport. */
#include "../support/failing_malloc.h"
#include "../support/peer.h"
#include "../support/unit.h"

static peer *connected(way by)
{
	peer *p = peer_new();
	client_connect(p, by);
	return p;
}

/* engine.io.md 46 */
static void messages_arrive_in_order(way by)
{
	peer *p = connected(by);
	client_send(p, "4one");
	client_send_bytes(p, "\x00\xff", 2);
	client_send(p, "4");
	client_send(p, "4two");
	ck_assert_str_eq(app_got(p), "one b(00ff)  two");
	peer_free(p);
}
ON_EVERY_TRANSPORT(messages_arrive_in_order)

/* engine.io.md 41 */
static void a_b_packet_is_a_binary_message(way by)
{
	peer *p = connected(by);
	client_send(p, "bAQID");
	client_send(p, "b");
	ck_assert_str_eq(app_got(p), "b(010203) b()");
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_b_packet_is_a_binary_message)

/* engine.io.md 55, 67 to 69 and 89 */
static void messages_leave_in_order_and_once(way by)
{
	peer *p = connected(by);
	app_send(p, "one");
	app_send_bytes(p, "\x00\x1e\xff", 3);
	app_send(p, "");
	app_send(p, "two");
	ck_assert_str_eq(client_got(p), "4one b(001eff) 4 4two");
	ck_assert_str_eq(client_got(p), "");
	peer_free(p);
}
ON_EVERY_TRANSPORT(messages_leave_in_order_and_once)

/* engine.io.md 45 */
static void open_upgrade_and_noop_are_ignored(way by)
{
	peer *p = connected(by);
	client_send(p, "0{}");
	client_send(p, "5");
	client_send(p, "6");
	client_send(p, "4hello");
	ck_assert_str_eq(app_got(p), "hello");
	ck_assert_uint_eq(p->closed, 0);
	peer_free(p);
}
ON_EVERY_TRANSPORT(open_upgrade_and_noop_are_ignored)

/* engine.io.md 40, 43, 51 and 71 */
static void what_is_no_packet_is_a_parse_error(way by)
{
	const char *broken[] = { "", "7", "x4", "b!", "bA", " ", "9" };
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		peer *p = connected(by);
		client_send(p, broken[i]);
		ck_assert_uint_eq(p->closed, 1);
		ck_assert_str_eq(p->reason, CLOSED_BY_PARSER);
		ck_assert_str_eq(client_got(p), "close");
		ck_assert_uint_eq(p->engine.sessions.count, 0);
		peer_free(p);
	}
}
ON_EVERY_TRANSPORT(what_is_no_packet_is_a_parse_error)

static void fail_at_message(peer *p, session *s, span data, bool binary)
{
	(void)p;
	(void)data;
	(void)binary;
	session_fail(s, CLOSED_BY_SERVER);
}

/* engine.io.md 100: nothing is heard of a session after its end. */
static void nothing_is_heard_after_the_end(way by)
{
	peer *p = connected(by);
	p->at_message = fail_at_message;
	client_send(p, "4last");
	client_send(p, "4late");
	ck_assert_str_eq(app_got(p), "last");
	ck_assert_uint_eq(p->closed, 1);
	ck_assert_str_eq(client_got(p), "close");
	peer_free(p);
}
ON_EVERY_TRANSPORT(nothing_is_heard_after_the_end)

static void touch_what_is_closed(peer *p, session *s)
{
	bytes *b = packet_write(PACKET_MESSAGE, SPAN("late"));
	(void)p;
	if (session_send(s, b) || session_writable(s))
		abort();
	session_backlog(s);
	session_close(s, CLOSED_BY_SERVER);
	session_fail(s, CLOSED_BY_SERVER);
	session_doom(s, CLOSED_BY_SERVER);
}

static void the_end_is_reported_once_whatever_the_application_does_then(way by)
{
	peer *p = connected(by);
	p->at_close = touch_what_is_closed;
	session_fail(p->session, CLOSED_BY_TIMEOUT);
	peer_turn(p);
	ck_assert_uint_eq(p->closed, 1);
	ck_assert_str_eq(p->reason, CLOSED_BY_TIMEOUT);
	ck_assert_str_eq(client_got(p), "close");
	peer_free(p);
}
ON_EVERY_TRANSPORT(the_end_is_reported_once_whatever_the_application_does_then)

static void doom_at_message(peer *p, session *s, span data, bool binary)
{
	(void)data;
	(void)binary;
	session_doom(s, CLOSED_BY_ERROR);
	session_doom(s, CLOSED_BY_SERVER);
	if (p->closed || session_writable(s))
		abort();
}

static void a_doomed_session_ends_when_the_turn_settles(way by)
{
	peer *p = connected(by);
	p->at_message = doom_at_message;
	client_send(p, "4doom");
	ck_assert_uint_eq(p->closed, 1);
	ck_assert_str_eq(p->reason, CLOSED_BY_ERROR);
	ck_assert_str_eq(client_got(p), "close");
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_doomed_session_ends_when_the_turn_settles)

static void a_doomed_session_takes_and_gives_nothing(way by)
{
	peer *p = connected(by);
	session *s = p->session;
	unsigned char late[] = "4late";
	session_doom(s, CLOSED_BY_ERROR);

	ck_assert(!session_send(s, packet_write(PACKET_MESSAGE, SPAN("x"))));
	session_close(s, CLOSED_BY_SERVER);
	session_receive(s, s->transport, late, 5, false);
	session_receive_payload(s, s->transport, late, 5);
	ck_assert_uint_eq(p->closed, 0);
	peer_turn(p);

	ck_assert_str_eq(app_got(p), "");
	ck_assert_str_eq(client_got(p), "close");
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_doomed_session_takes_and_gives_nothing)

/* Nobody pulls: the line is blocked, or no GET waits. */
static void hold(peer *p)
{
	if (p->line)
		line_block(p->line, true);
	else
		app_send(p, "answers the GET");
}

/* engine.io.md 107, differences.md 11 */
static void a_client_that_falls_too_far_behind_is_closed(way by)
{
	peer *p = connected(by);
	hold(p);
	p->engine.options.max_queue = 10;
	ck_assert(app_send(p, "1234"));
	ck_assert(app_send(p, "1234"));
	ck_assert_uint_eq(session_backlog(p->session), 10);

	ck_assert(!app_send(p, ""));

	ck_assert_uint_eq(p->closed, 1);
	ck_assert_str_eq(p->reason, CLOSED_BY_ERROR);
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_client_that_falls_too_far_behind_is_closed)

/* engine.io.md 107: what ends the session is not delivered with what waited before it. */
START_TEST(a_message_that_was_refused_is_not_delivered)
{
	peer *p = peer_new();
	session *s = poll_open(p);
	poll_get(p, s);
	ask *get = poll_get(p, s);
	ck_assert(waits(get));
	p->engine.options.max_queue = 10;
	ck_assert(session_send(s, packet_write(PACKET_MESSAGE, SPAN("fits"))));
	ck_assert(!session_send(s, packet_write(PACKET_MESSAGE, SPAN("does not"))));

	peer_turn(p);

	ck_assert_str_eq(body_of(get), "4fits");
	ck_assert_uint_eq(p->closed, 1);
	peer_free(p);
}
END_TEST

/* engine.io.md 107: only that client. */
static void others_are_not_closed_for_it(way by)
{
	peer *p = connected(by);
	session *first = p->session;
	line *slow = line_open(p);
	p->engine.options.max_queue = 3;
	line_block(slow, true);

	ck_assert(!app_send(p, "too long"));

	ck_assert_uint_eq(slow->closes, 1);
	ck_assert_uint_eq(p->closed, 1);
	p->session = first;
	client_send(p, "4still here");
	ck_assert_str_eq(app_got(p), "still here");
	peer_free(p);
}
ON_EVERY_TRANSPORT(others_are_not_closed_for_it)

/* engine.io.md 107: what has been fetched does not count. */
static void a_client_that_keeps_up_may_get_any_amount(way by)
{
	peer *p = connected(by);
	p->engine.options.max_queue = 10;
	for (int i = 0; i < 20; i++) {
		ck_assert(app_send(p, "12345678"));
		ck_assert_str_eq(client_got(p), "412345678");
	}
	ck_assert_uint_eq(session_backlog(p->session), 0);
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_client_that_keeps_up_may_get_any_amount)

static void the_backlog_is_what_was_not_pulled(way by)
{
	peer *p = connected(by);
	hold(p);
	app_send(p, "123");
	ck_assert_uint_eq(session_backlog(p->session), 4);
	ck_assert(!session_writable(p->session));
	if (p->line) {
		p->line->pending = 100;
		ck_assert_uint_eq(session_backlog(p->session), 104);
		line_block(p->line, false);
		p->line->pending = 0;
	}
	client_got(p);
	ck_assert_uint_eq(session_backlog(p->session), 0);
	ck_assert(session_writable(p->session));
	peer_free(p);
}
ON_EVERY_TRANSPORT(the_backlog_is_what_was_not_pulled)

/* A stream with a hole in it would be worse than an end. */
static void a_message_that_finds_no_memory_ends_the_session(way by)
{
	peer *p = connected(by);
	bytes *b = bytes_copy("4lost", 5);
	do /* until the ring is full */
		session_send(p->session, bytes_ref(b));
	while (p->session->out.len < p->session->out.cap);

	failing_malloc_after(0);
	bool sent = session_send(p->session, bytes_ref(b));
	bool failed = failing_malloc_off();
	peer_turn(p);

	ck_assert(failed && !sent);
	ck_assert_uint_eq(b->refs, 1);
	ck_assert_str_eq(p->reason, CLOSED_BY_ERROR);
	/* What was queued before the hole may still come. */
	const char *got = client_got(p);
	ck_assert(!strcmp(got, "close") || !strncmp(got, "4lost 4lost", 11));
	bytes_unref(b);
	peer_free(p);
}
ON_EVERY_TRANSPORT(a_message_that_finds_no_memory_ends_the_session)

/* engine.io.md 70 */
START_TEST(a_close_packet_on_a_line_is_ignored)
{
	peer *p = connected(BY_LINE);
	client_send(p, "1");
	client_send(p, "4hello");
	ck_assert_str_eq(app_got(p), "hello");
	ck_assert_uint_eq(p->closed, 0);
	peer_free(p);
}
END_TEST

/* engine.io.md 67 */
START_TEST(a_separator_on_a_line_is_a_character_like_any_other)
{
	peer *p = connected(BY_LINE);
	client_send(p, "4one\x1e"
		       "4two");
	ck_assert_str_eq(app_got(p), "one\x1e"
				     "4two");
	peer_free(p);
}
END_TEST

/* engine.io.md 74 and 105 */
START_TEST(a_line_that_ends_ends_its_session_for_its_reason)
{
	const char *reasons[] = { CLOSED_BY_TRANSPORT, CLOSED_BY_ERROR };
	for (int i = 0; i < 2; i++) {
		peer *p = connected(BY_LINE);
		app_send(p, "never taken");
		line_lost(p->line, reasons[i]);
		ck_assert_uint_eq(p->closed, 1);
		ck_assert_str_eq(p->reason, reasons[i]);
		ck_assert_uint_eq(p->line->closes, 0);
		peer_free(p);
	}
}
END_TEST

/* engine.io.md 71: bytes are never a packet with a type, be they few or none. */
START_TEST(binary_messages_on_a_line_have_no_type)
{
	peer *p = connected(BY_LINE);
	line_send_bytes(p->line, "4a", 2);
	line_send_bytes(p->line, "", 0);
	line_send_bytes(p->line, "1", 1);
	ck_assert_str_eq(app_got(p), "b(3461) b() b(31)");
	peer_free(p);
}
END_TEST

/* engine.io.md 46: a transport that is not the session's is not listened to. */
START_TEST(a_stranger_is_not_listened_to)
{
	peer *p = connected(BY_LINE);
	session *s = p->session;
	line stranger = { .base = p->line->base, .peer = p };
	unsigned char text[] = "4hello";
	line_block(p->line, true);
	app_send(p, "not for strangers");

	session_receive(s, &stranger.base, text, 6, false);
	session_receive_payload(s, &stranger.base, text, 6);
	session_transport_gone(s, &stranger.base, &(ending){ .reason = CLOSED_BY_TRANSPORT });
	ck_assert_ptr_null(session_peek(s, &stranger.base, 0));

	ck_assert_str_eq(app_got(p), "");
	ck_assert_uint_eq(p->closed, 0);
	peer_free(p);
}
END_TEST

UNIT_MAIN("session", EVERY_TRANSPORT(messages_arrive_in_order),
	EVERY_TRANSPORT(a_b_packet_is_a_binary_message),
	EVERY_TRANSPORT(messages_leave_in_order_and_once),
	EVERY_TRANSPORT(open_upgrade_and_noop_are_ignored),
	EVERY_TRANSPORT(what_is_no_packet_is_a_parse_error),
	EVERY_TRANSPORT(nothing_is_heard_after_the_end),
	EVERY_TRANSPORT(the_end_is_reported_once_whatever_the_application_does_then),
	EVERY_TRANSPORT(a_doomed_session_ends_when_the_turn_settles),
	EVERY_TRANSPORT(a_doomed_session_takes_and_gives_nothing),
	EVERY_TRANSPORT(a_client_that_falls_too_far_behind_is_closed),
	EVERY_TRANSPORT(others_are_not_closed_for_it), a_message_that_was_refused_is_not_delivered,
	EVERY_TRANSPORT(a_client_that_keeps_up_may_get_any_amount),
	EVERY_TRANSPORT(the_backlog_is_what_was_not_pulled),
	EVERY_TRANSPORT(a_message_that_finds_no_memory_ends_the_session),
	a_close_packet_on_a_line_is_ignored, a_separator_on_a_line_is_a_character_like_any_other,
	a_line_that_ends_ends_its_session_for_its_reason, binary_messages_on_a_line_have_no_type,
	a_stranger_is_not_listened_to)

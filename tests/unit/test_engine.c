/* SPDX-License-Identifier: MIT */
/* test_engine - refusals and their order, the open packet, and an engine without memory. */
#include "../support/failing_malloc.h"
#include "../support/peer.h"
#include "../support/unit.h"
#include <stdio.h>

static const span none = { NULL, 0 };

/* A handshake by polling that passes; the tests change one thing each. */
static engine_request handshake_request(void)
{
	return (engine_request){ SPAN("polling"), none, SPAN("4"), SPAN("GET"), true, false };
}

/* A GET of a session that passes. */
static engine_request poll_of(const session *s)
{
	return (engine_request){ SPAN("polling"), session_sid(s), SPAN("4"), SPAN("GET"), true,
		false };
}

static engine_request upgrade_of(const session *s)
{
	return (engine_request){ SPAN("websocket"), session_sid(s), SPAN("4"), SPAN("GET"), true,
		true };
}

/* engine.io.md 3 and 4 */
START_TEST(refusals_have_a_code_a_message_and_a_status)
{
	const char *messages[] = { "Transport unknown", "Session ID unknown",
		"Bad handshake method", "Bad request", "Forbidden",
		"Unsupported protocol version" };
	for (int code = 0; code < NOT_REFUSED; code++) {
		ck_assert_str_eq(refusal_message((refusal)code), messages[code]);
		ck_assert_int_eq(refusal_status((refusal)code), code == 4 ? 403 : 400);
	}
}
END_TEST

/* engine.io.md 8 and 9: before anything else is looked at. */
START_TEST(an_unknown_transport_is_refused_first)
{
	const char *unknown[] = { "", "webtransport", "Polling", "pollin", "pollings",
		"websocket2" };
	peer *p = peer_new();
	engine_request r = { none, SPAN("nobody"), SPAN("9"), SPAN("PUT"), false, false };
	ck_assert_int_eq(peer_check(p, r, NULL), REFUSED_TRANSPORT);
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		r.transport = span_of(unknown[i]);
		ck_assert_int_eq(peer_check(p, r, NULL), REFUSED_TRANSPORT);
	}
	peer_free(p);
}
END_TEST

/* engine.io.md 8 */
START_TEST(a_transport_that_is_not_offered_is_unknown)
{
	peer *p = peer_new();
	engine_request plain = handshake_request(), websocket = handshake_request();
	websocket.transport = SPAN("websocket");
	websocket.upgrade = true;
	ck_assert_int_eq(peer_check(p, plain, NULL), NOT_REFUSED);
	ck_assert_int_eq(peer_check(p, websocket, NULL), NOT_REFUSED);

	p->engine.options.polling = false;
	ck_assert_int_eq(peer_check(p, plain, NULL), REFUSED_TRANSPORT);
	p->engine.options.polling = true;
	p->engine.options.websocket = false;
	ck_assert_int_eq(peer_check(p, websocket, NULL), REFUSED_TRANSPORT);
	peer_free(p);
}
END_TEST

/* engine.io.md 11: on every method and on a WebSocket handshake. */
START_TEST(an_unknown_sid_is_refused)
{
	peer *p = peer_new();
	session *s = poll_open(p);
	for (int i = 0; i < 8; i++) {
		engine_request r = i & 1 ? upgrade_of(s) : poll_of(s);
		r.sid = i & 4 ? (span){ s->sid, ID_LEN - 1 } : SPAN("AAAAAAAAAAAAAAAAAAAA");
		r.get = i & 2;
		r.eio = none;
		ck_assert_int_eq(peer_check(p, r, NULL), REFUSED_SID);
	}
	peer_free(p);
}
END_TEST

/* engine.io.md 12 */
START_TEST(an_empty_sid_counts_as_none)
{
	peer *p = peer_new();
	engine_request r = handshake_request();
	session *known;
	r.sid = SPAN("");
	ck_assert_int_eq(peer_check(p, r, &known), NOT_REFUSED);
	ck_assert_ptr_null(known);
	peer_free(p);
}
END_TEST

START_TEST(a_known_sid_finds_its_session)
{
	peer *p = peer_new();
	session *one = poll_open(p), *two = poll_open(p), *known;
	ck_assert_int_eq(peer_check(p, poll_of(two), &known), NOT_REFUSED);
	ck_assert_ptr_eq(known, two);
	ck_assert_int_eq(peer_check(p, upgrade_of(one), &known), NOT_REFUSED);
	ck_assert_ptr_eq(known, one);
	peer_free(p);
}
END_TEST

/* engine.io.md 13 and 93 */
START_TEST(a_session_on_a_line_cannot_be_polled)
{
	peer *p = peer_new();
	line *l = line_open(p);
	session *known;
	ck_assert_int_eq(peer_check(p, poll_of(l->session), &known), REFUSED_REQUEST);
	ck_assert_ptr_null(known);
	client_connect(p, BY_UPGRADE);
	ck_assert_int_eq(peer_check(p, poll_of(p->session), NULL), REFUSED_REQUEST);
	peer_free(p);
}
END_TEST

/* engine.io.md 13 and 14, differences.md 6 */
START_TEST(a_plain_request_for_websocket_is_refused)
{
	peer *p = peer_new();
	engine_request r = upgrade_of(line_open(p)->session);
	r.upgrade = false;
	ck_assert_int_eq(peer_check(p, r, NULL), REFUSED_REQUEST);
	r = upgrade_of(poll_open(p));
	r.upgrade = false;
	ck_assert_int_eq(peer_check(p, r, NULL), REFUSED_REQUEST);
	peer_free(p);
}
END_TEST

/* engine.io.md 24, differences.md 4 */
START_TEST(a_websocket_handshake_for_polling_is_refused)
{
	peer *p = peer_new();
	engine_request r = handshake_request();
	r.upgrade = true;
	ck_assert_int_eq(peer_check(p, r, NULL), REFUSED_REQUEST);
	r = poll_of(poll_open(p));
	r.upgrade = true;
	ck_assert_int_eq(peer_check(p, r, NULL), REFUSED_REQUEST);
	peer_free(p);
}
END_TEST

/* engine.io.md 15, differences.md 1 */
START_TEST(a_request_in_another_version_is_refused_and_disturbs_nothing)
{
	const span others[] = { none, SPAN(""), SPAN("3"), SPAN("5"), SPAN("04") };
	peer *p = peer_new();
	session *s = poll_open(p);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		engine_request plain = poll_of(s), upgrade = upgrade_of(s);
		plain.eio = upgrade.eio = others[i];
		ck_assert_int_eq(peer_check(p, plain, NULL), REFUSED_REQUEST);
		ck_assert_int_eq(peer_check(p, upgrade, NULL), REFUSED_REQUEST);
	}
	ck_assert_int_eq(peer_check(p, poll_of(s), NULL), NOT_REFUSED);
	ck_assert_uint_eq(p->closed, 0);
	peer_free(p);
}
END_TEST

/* engine.io.md 93 */
START_TEST(a_websocket_cannot_take_over_what_is_on_one_or_upgrading)
{
	peer *p = peer_new();
	session *s = poll_open(p);
	line *candidate = line_beside(p, s), *direct = line_open(p);
	transport other = { NULL };
	ck_assert_int_eq(peer_check(p, upgrade_of(s), NULL), NOT_REFUSED);
	ck_assert(!session_probe(s, &other));
	ck_assert(!session_probe(direct->session, &other));

	line_send(candidate, "5");
	ck_assert(!session_probe(s, &other));
	ck_assert_uint_eq(p->closed, 0);
	peer_free(p);
}
END_TEST

/* engine.io.md 92 */
START_TEST(after_a_failed_upgrade_another_handshake_passes)
{
	peer *p = peer_new();
	session *s = poll_open(p);
	line_lost(line_beside(p, s), CLOSED_BY_TRANSPORT);
	ck_assert_int_eq(peer_check(p, upgrade_of(s), NULL), NOT_REFUSED);
	peer_free(p);
}
END_TEST

/* engine.io.md 16: before 17, 20 and 24. */
START_TEST(a_handshake_must_be_a_get)
{
	peer *p = peer_new();
	engine_request r = { SPAN("websocket"), none, SPAN("9"), SPAN("PUT"), false, false };
	ck_assert_int_eq(peer_check(p, r, NULL), REFUSED_METHOD);
	r = handshake_request();
	r.get = false;
	ck_assert_int_eq(peer_check(p, r, NULL), REFUSED_METHOD);
	peer_free(p);
}
END_TEST

/* engine.io.md 17: before the version. */
START_TEST(a_websocket_without_an_upgrade_is_refused)
{
	peer *p = peer_new();
	engine_request r = { SPAN("websocket"), none, SPAN("9"), SPAN("GET"), true, false };
	ck_assert_int_eq(peer_check(p, r, NULL), REFUSED_REQUEST);
	peer_free(p);
}
END_TEST

/* engine.io.md 20 to 22, differences.md 1 and 2 */
START_TEST(a_handshake_in_another_version_is_refused)
{
	const span others[] = { none, SPAN(""), SPAN("3"), SPAN("5"), SPAN("04"), SPAN("44") };
	peer *p = peer_new();
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		engine_request r = handshake_request();
		r.eio = others[i];
		ck_assert_int_eq(peer_check(p, r, NULL), REFUSED_VERSION);
		r.transport = SPAN("websocket");
		r.upgrade = true;
		ck_assert_int_eq(peer_check(p, r, NULL), REFUSED_VERSION);
	}
	peer_free(p);
}
END_TEST

static void opens_with(const ask *get, const char *sid, const char *rest)
{
	char expected[256];
	snprintf(expected, sizeof expected, "0{\"sid\":\"%s\",%s}", sid, rest);
	ck_assert_int_eq(get->status, 200);
	ck_assert_str_eq(body_of(get), expected);
}

/* engine.io.md 27, 29, 32, 34 and 35 */
START_TEST(a_session_by_polling_begins_with_an_open_packet)
{
	peer *p = peer_new();
	session *s = poll_open(p);
	opens_with(poll_get(p, s), s->sid,
		"\"upgrades\":[\"websocket\"],\"pingInterval\":25000,\"pingTimeout\":20000,"
		"\"maxPayload\":1000000");
	peer_free(p);
}
END_TEST

/* engine.io.md 28, 29 and 33 to 35 */
START_TEST(a_session_by_line_begins_with_an_open_packet)
{
	char expected[256];
	peer *p = peer_new();
	p->engine.options.ping_interval_ms = 300;
	p->engine.options.ping_timeout_ms = 200;
	p->engine.options.max_payload = 5;
	line *l = line_open(p);
	snprintf(expected, sizeof expected,
		"0{\"sid\":\"%s\",\"upgrades\":[],\"pingInterval\":300,\"pingTimeout\":200,"
		"\"maxPayload\":5}",
		l->session->sid);
	ck_assert_str_eq(line_got(l), expected);
	peer_free(p);
}
END_TEST

/* engine.io.md 32 */
START_TEST(no_upgrade_is_offered_that_is_not_allowed)
{
	for (int i = 0; i < 2; i++) {
		peer *p = peer_new();
		p->engine.options.allow_upgrades = i;
		p->engine.options.websocket = !i;
		session *s = poll_open(p);
		opens_with(poll_get(p, s), s->sid,
			"\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,"
			"\"maxPayload\":1000000");
		peer_free(p);
	}
}
END_TEST

/* engine.io.md 30, 31 and 37 */
START_TEST(every_sid_is_new_and_of_twenty_characters)
{
	peer *p = peer_new();
	const char *sids[50];
	for (size_t i = 0; i < 50; i++) {
		sids[i] = poll_open(p)->sid;
		ck_assert_uint_eq(strlen(sids[i]), 20);
		ck_assert_uint_eq(strspn(sids[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
						  "wxyz0123456789_-"),
			20);
		for (size_t j = 0; j < i; j++) {
			size_t same = 0;
			for (size_t k = 0; k < 20; k++)
				same += sids[i][k] == sids[j][k];
			ck_assert_uint_lt(same, 12);
		}
	}
	peer_free(p);
}
END_TEST

static void greet(peer *p, session *s)
{
	(void)p;
	session_send(s, packet_write(PACKET_MESSAGE, SPAN("welcome")));
}

/* engine.io.md 36 */
START_TEST(what_is_sent_at_the_opening_shares_the_first_answer)
{
	peer *p = peer_new();
	p->at_open = greet;
	session *s = poll_open(p);
	const char *body = body_of(poll_get(p, s));
	ck_assert_int_eq(body[0], '0');
	ck_assert_str_eq(strchr(body, '|'), "|4welcome");
	peer_free(p);
}
END_TEST

/* engine.io.md 151: before what the application sends, on every transport. */
START_TEST(a_session_may_begin_with_a_message)
{
	peer *p = peer_new();
	p->engine.initial = bytes_copy("4first", 6);
	p->at_open = greet;
	session *s = poll_open(p);
	ck_assert_str_eq(strchr(body_of(poll_get(p, s)), '|'), "|4first|4welcome");
	line *l = line_open(p);
	ck_assert_str_eq(strstr(line_got(l), " 4"), " 4first 4welcome");
	peer_free(p);
}
END_TEST

static void reject(peer *p, session *s)
{
	session_close(s, p->user ? CLOSED_BY_SERVER : CLOSED_BY_ERROR);
}

START_TEST(a_session_that_is_closed_at_its_opening_is_opened_and_then_closed)
{
	peer *p = peer_new();
	p->at_open = reject;
	line *l = line_open(p);
	const char *got = line_got(l);
	ck_assert_int_eq(got[0], '0');
	ck_assert_str_eq(strchr(got, ' '), " close");
	session *s = poll_open(p);
	ck_assert_int_eq(body_of(poll_get(p, s))[0], '0');
	ck_assert_str_eq(body_of(poll_get(p, s)), "6|1");
	ck_assert_uint_eq(p->closed, 2);
	peer_free(p);
}
END_TEST

static void fail_at_once(peer *p, session *s)
{
	(void)p;
	session_fail(s, CLOSED_BY_SERVER);
}

START_TEST(a_session_that_fails_at_its_opening_is_none)
{
	peer *p = peer_new();
	p->at_open = fail_at_once;
	ck_assert_ptr_null(poll_open(p));
	ck_assert_ptr_null(line_open(p));
	ck_assert_uint_eq(p->lines[0].closes, 1);
	ck_assert_uint_eq(p->closed, 2);
	peer_free(p);
}
END_TEST

START_TEST(a_session_that_the_application_has_no_memory_for_ends)
{
	peer *p = peer_new();
	p->refuse_open = true;
	session *s = poll_open(p);
	ask *get = poll_get(p, s);
	ck_assert_int_eq(body_of(get)[0], '0');
	line_open(p);
	ck_assert_str_eq(line_got(&p->lines[0]), "close");
	ck_assert_uint_eq(p->closed, 2);
	ck_assert_str_eq(p->reason, CLOSED_BY_ERROR);
	peer_free(p);
}
END_TEST

START_TEST(the_handshake_is_remembered_as_long_as_the_session)
{
	peer *p = peer_new();
	client_connect(p, BY_UPGRADE);
	ck_assert_str_eq(handshake_query(p->session->handshake, "token"), "one");
	ck_assert_str_eq(handshake_header(p->session->handshake, "host"), "example.test");
	ck_assert_str_eq(handshake_address(p->session->handshake), "127.0.0.1");
	peer_free(p);
}
END_TEST

static void echo(peer *p, session *s, span data, bool binary)
{
	bytes *b = binary ? bytes_copy(data.at, data.len) : packet_write(PACKET_MESSAGE, data);
	(void)p;
	if (b) {
		b->binary = binary;
		session_send(s, b);
	}
}

static void talk(peer *p, way by)
{
	client_connect(p, by);
	client_send(p, "4one");
	client_send_bytes(p, "\x01\x02", 2);
	for (int i = 0; p->session && i < 20; i++)
		session_send(p->session, bytes_ref(p->engine.ping));
	peer_turn(p);
	client_got(p);
	peer_pass(p, 25000);
	client_send(p, "3");
	if (p->session)
		session_close(p->session, CLOSED_BY_SERVER);
	peer_turn(p);
	client_got(p);
}

/* All that a session does, over every transport, and an end of the engine with a session left. */
static void whole_story(peer *p)
{
	p->at_message = echo;
	if (peer_begin(p)) {
		p->at_message = echo;
		talk(p, BY_POLLING);
		talk(p, BY_LINE);
		talk(p, BY_UPGRADE);
		poll_open(p);
	}
	peer_end(p);
}

/* Every session that began was reported to have ended, and every exchange had one end at most. */
static void add_up(const peer *p)
{
	ck_assert_uint_ge(p->closed, p->opened);
	for (size_t i = 0; i < p->nasks; i++)
		ck_assert_uint_eq(p->asks[i].answers + p->asks[i].drops, 1);
	for (size_t i = 0; i < p->nlines; i++)
		ck_assert_uint_le(p->lines[i].closes, 1);
}

START_TEST(whichever_allocation_fails_nothing_breaks_and_nothing_leaks)
{
	peer *p = calloc(1, sizeof *p);
	size_t n = 0;
	bool failed;
	do {
		failing_malloc_after(n++);
		whole_story(p);
		failed = failing_malloc_off();
		add_up(p);
	} while (failed);
	ck_assert_uint_ge(n, 50);
	ck_assert_uint_eq(p->opened, 4);
	ck_assert_str_eq(notes_take(p, &p->app), "one b(0102) one b(0102) one b(0102)");
	free(p);
}
END_TEST

UNIT_MAIN("engine", refusals_have_a_code_a_message_and_a_status,
	an_unknown_transport_is_refused_first, a_transport_that_is_not_offered_is_unknown,
	an_unknown_sid_is_refused, an_empty_sid_counts_as_none, a_known_sid_finds_its_session,
	a_session_on_a_line_cannot_be_polled, a_plain_request_for_websocket_is_refused,
	a_websocket_handshake_for_polling_is_refused,
	a_request_in_another_version_is_refused_and_disturbs_nothing,
	a_websocket_cannot_take_over_what_is_on_one_or_upgrading,
	after_a_failed_upgrade_another_handshake_passes, a_handshake_must_be_a_get,
	a_websocket_without_an_upgrade_is_refused, a_handshake_in_another_version_is_refused,
	a_session_by_polling_begins_with_an_open_packet,
	a_session_by_line_begins_with_an_open_packet, no_upgrade_is_offered_that_is_not_allowed,
	every_sid_is_new_and_of_twenty_characters,
	what_is_sent_at_the_opening_shares_the_first_answer, a_session_may_begin_with_a_message,
	a_session_that_is_closed_at_its_opening_is_opened_and_then_closed,
	a_session_that_fails_at_its_opening_is_none,
	a_session_that_the_application_has_no_memory_for_ends,
	the_handshake_is_remembered_as_long_as_the_session,
	whichever_allocation_fails_nothing_breaks_and_nothing_leaks)

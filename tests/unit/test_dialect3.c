/* SPDX-License-Identifier: MIT */
/* test_dialect3 - sessions of version 3, beside those of version 4 (engine.io.md, "Version 3"). */
#include "../support/failing_malloc.h"
#include "../support/peer.h"
#include "../support/unit.h"

enum { INTERVAL = 25000, TIMEOUT = 20000 };

static peer *old_peer(const char *query)
{
	peer *p = peer_new();
	p->query = query;
	p->engine.options.allow_eio3 = true;
	return p;
}

/* A session by polling whose open packet was fetched. */
static session *polls(peer *p)
{
	session *s = poll_open(p);
	poll_get(p, s);
	return s;
}

/* A session on a line, past its open packet. */
static line *speaks(peer *p)
{
	line *l = line_open(p);
	line_got(l);
	return l;
}

static void ended(const peer *p, const char *reason)
{
	ck_assert_uint_eq(p->closed, 1);
	ck_assert_str_eq(p->reason, reason);
}

static refusal asks(peer *p, const char *eio, const session *s)
{
	span sid = s ? session_sid(s) : (span){ NULL, 0 };
	engine_request r = { SPAN("polling"), sid, span_of(eio), SPAN("GET"), true, false };
	return peer_check(p, r, NULL);
}

/* ---- Who is let in ---- */

/* engine.io.md 21, 126 */
START_TEST(version_3_is_refused_unless_it_is_switched_on)
{
	peer *p = old_peer("EIO=3");
	ck_assert_int_eq(asks(p, "3", NULL), NOT_REFUSED);
	ck_assert_int_eq(asks(p, "4", NULL), NOT_REFUSED);
	p->engine.options.allow_eio3 = false;
	ck_assert_int_eq(asks(p, "3", NULL), REFUSED_VERSION);
	ck_assert_int_eq(asks(p, "4", NULL), NOT_REFUSED);
	peer_free(p);
}
END_TEST

/* differences.md 1 */
START_TEST(every_other_version_is_refused)
{
	const char *others[] = { "", "2", "5", "03", "3 ", "x" };
	peer *p = old_peer("EIO=3");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ck_assert_int_eq(asks(p, others[i], NULL), REFUSED_VERSION);
	peer_free(p);
}
END_TEST

/* engine.io.md 126, differences.md 1 */
START_TEST(each_session_keeps_to_its_version)
{
	const char *queries[] = { "EIO=3", "EIO=3&b64=1", "EIO=4" };
	for (size_t i = 0; i < 3; i++) {
		peer *p = old_peer(queries[i]);
		session *s = polls(p);
		ck_assert_int_eq(asks(p, "3", s), i < 2 ? NOT_REFUSED : REFUSED_REQUEST);
		ck_assert_int_eq(asks(p, "4", s), i < 2 ? REFUSED_REQUEST : NOT_REFUSED);
		ck_assert_int_eq(asks(p, "", s), REFUSED_REQUEST);
		peer_free(p);
	}
}
END_TEST

/* ---- Payloads ---- */

/* engine.io.md 128 */
START_TEST(payloads_count_both_ways)
{
	peer *p = old_peer("EIO=3");
	session *s = polls(p);
	ck_assert_str_eq(body_of(poll_post(p, s,
				 "2:4\xe2\x82\xac"
				 "6:4hello")),
		"ok");
	ck_assert_str_eq(app_got(p), "\xe2\x82\xac hello");
	app_send(p, "\xf0\x9f\x98\x80");
	app_send(p, "x");
	ask *get = poll_get(p, s);
	ck_assert_str_eq(body_of(get), "3:4\xf0\x9f\x98\x80"
				       "2:4x");
	ck_assert_int_eq(get->type, ANSWER_TEXT);
	peer_free(p);
}
END_TEST

/* engine.io.md 131, 133 */
START_TEST(a_payload_with_binary_data_is_binary)
{
	peer *p = old_peer("EIO=3");
	session *s = polls(p);
	app_send(p, "a");
	app_send_bytes(p, "\x01\x02", 2);
	ask *get = poll_get(p, s);
	ck_assert_int_eq(get->type, ANSWER_BINARY);
	ck_assert_uint_eq(get->body->len, 11);
	ck_assert_mem_eq(bytes_data(get->body),
		"\x00\x02\xff"
		"4a\x01\x03\xff\x04\x01\x02",
		11);
	app_send_bytes(p, "", 0);
	app_send(p, "z");
	get = poll_get(p, s);
	ck_assert_int_eq(get->type, ANSWER_BINARY);
	ck_assert_mem_eq(bytes_data(get->body),
		"\x01\x01\xff\x04\x00\x02\xff"
		"4z",
		9);
	app_send(p, "b");
	get = poll_get(p, s);
	ck_assert_str_eq(body_of(get), "2:4b");
	ck_assert_int_eq(get->type, ANSWER_TEXT);
	peer_free(p);
}
END_TEST

/* engine.io.md 135, 136 */
START_TEST(b64_at_the_handshake_makes_all_text)
{
	peer *p = old_peer("EIO=3&b64=1");
	session *s = polls(p);
	app_send_bytes(p, "\x01\x02", 2);
	ask *get = poll_get(p, s);
	ck_assert_str_eq(body_of(get), "6:b4AQI=");
	ck_assert_int_eq(get->type, ANSWER_TEXT);
	line *l = line_beside(p, s);
	line_send(l, "2probe");
	line_send(l, "5");
	line_got(l);
	app_send_bytes(p, "\x01\x02", 2);
	ck_assert_str_eq(line_got(l), "b4AQI=");
	peer_free(p);
}
END_TEST

static void posts_binary(peer *p, session *s, const char *data, size_t len)
{
	ask *post = poll_post_begin(p, s);
	polling_post_binary(s->polling, &post->base);
	poll_post_bytes(post, data, len);
	ck_assert_int_eq(post->status, 200);
}

/* engine.io.md 133 */
START_TEST(a_binary_post_is_read_as_one)
{
	peer *p = old_peer("EIO=3");
	session *s = polls(p);
	posts_binary(p, s,
		"\x00\x02\xff"
		"4a\x01\x03\xff\x04\x01\x02",
		11);
	ck_assert_str_eq(app_got(p), "a b(0102)");
	poll_post(p, s, "2:4b");
	ck_assert_str_eq(app_got(p), "b");
	posts_binary(p, s, "2:4b", 4);
	ended(p, CLOSED_BY_PARSER);
	peer_free(p);
}
END_TEST

START_TEST(a_binary_post_is_an_error_in_version_4)
{
	peer *p = old_peer("EIO=4");
	session *s = polls(p);
	ask *post = poll_post_begin(p, s);
	polling_post_binary(s->polling, &post->base);
	peer_turn(p);
	ck_assert_int_eq(post->status, 400);
	ended(p, CLOSED_BY_ERROR);
	peer_free(p);
}
END_TEST

/* engine.io.md 130 */
START_TEST(a_payload_that_does_not_add_up_ends_the_session)
{
	const char *bad[] = { "", "abc", "3:4a", "2:4a1", "2:4ax", "1:7", "4:b4%!" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		peer *p = old_peer("EIO=3");
		ck_assert_str_eq(body_of(poll_post(p, polls(p), bad[i])), "ok");
		ended(p, CLOSED_BY_PARSER);
		peer_free(p);
	}
}
END_TEST

/* engine.io.md 129 */
START_TEST(a_payload_without_packets_does_no_harm)
{
	peer *p = old_peer("EIO=3");
	session *s = polls(p);
	poll_post(p, s, "0:");
	posts_binary(p, s, "", 0);
	ck_assert_uint_eq(p->closed, 0);
	peer_free(p);
}
END_TEST

/* socket.io.md 115 */
START_TEST(the_handshake_is_answered_with_what_the_opening_brought)
{
	peer *p = old_peer("EIO=3");
	session *s = poll_open(p);
	app_send(p, "40");
	ask *open = poll_get(p, s), *next = poll_get(p, s);
	ck_assert_ptr_null(strstr(body_of(open), "440"));
	ck_assert_str_eq(body_of(next), "3:440");
	peer_free(p);
}
END_TEST

/* ---- Frames ---- */

/* engine.io.md 138 */
START_TEST(a_binary_frame_has_its_type_in_front)
{
	peer *p = old_peer("EIO=3");
	line *l = speaks(p);
	app_send_bytes(p, "\x01\x02", 2);
	app_send(p, "a");
	ck_assert_str_eq(line_got(l), "b(040102) 4a");
	line_send_bytes(l, "\x04\x03", 2);
	line_send(l, "b4AQI=");
	ck_assert_str_eq(app_got(p), "b(03) b(0102)");
	line_send_bytes(l, "\x07", 1);
	ended(p, CLOSED_BY_PARSER);
	peer_free(p);
}
END_TEST

/* engine.io.md 138 */
START_TEST(with_b64_a_binary_message_is_a_text_frame)
{
	peer *p = old_peer("EIO=3&b64=1");
	line *l = speaks(p);
	app_send_bytes(p, "\x01\x02", 2);
	ck_assert_str_eq(line_got(l), "b4AQI=");
	peer_free(p);
}
END_TEST

/* One block for all: who speaks version 4 is sent that very block. */
START_TEST(only_the_old_one_of_two_recipients_gets_a_copy)
{
	peer *p = old_peer("EIO=3");
	line *old = speaks(p);
	p->query = "EIO=4";
	line *new = speaks(p);
	line_block(old, true);
	line_block(new, true);
	bytes *b = bytes_copy("\x01", 1);
	b->binary = 1;
	session_send(old->session, bytes_ref(b));
	session_send(new->session, bytes_ref(b));
	ck_assert_ptr_eq(session_peek(new->session, &new->base, 0), b);
	ck_assert_ptr_ne(session_peek(old->session, &old->base, 0), b);
	ck_assert_uint_eq(b->refs, 2);
	bytes_unref(b);
	line_block(old, false);
	line_block(new, false);
	ck_assert_str_eq(line_got(old), "b(0401)");
	ck_assert_str_eq(line_got(new), "b(01)");
	peer_free(p);
}
END_TEST

START_TEST(without_memory_for_its_copy_the_old_one_is_cut)
{
	peer *p = old_peer("EIO=3");
	line *l = speaks(p);
	bytes *b = bytes_copy("\x01", 1);
	b->binary = 1;
	failing_malloc_after(0);
	bool sent = session_send(l->session, b);
	bool failed = failing_malloc_off();
	peer_turn(p);
	ck_assert(failed && !sent);
	ended(p, CLOSED_BY_ERROR);
	peer_free(p);
}
END_TEST

/* ---- Heartbeat ---- */

/* engine.io.md 139 */
START_TEST(a_ping_is_answered_without_its_data)
{
	peer *p = old_peer("EIO=3");
	line *l = speaks(p);
	line_send(l, "2");
	line_send(l, "2probe");
	ck_assert_str_eq(line_got(l), "3 3");
	peer_free(p);
}
END_TEST

START_TEST(a_ping_by_polling_is_answered_by_the_next_poll)
{
	peer *p = old_peer("EIO=3");
	session *s = polls(p);
	poll_post(p, s, "1:2");
	ck_assert_str_eq(body_of(poll_get(p, s)), "1:3");
	peer_free(p);
}
END_TEST

/* engine.io.md 142 */
START_TEST(a_session_ends_when_no_ping_has_come_for_both_times)
{
	peer *p = old_peer("EIO=3");
	line *l = speaks(p);
	peer_pass(p, INTERVAL + TIMEOUT - 1);
	line_send(l, "2");
	peer_pass(p, INTERVAL + TIMEOUT - 1);
	ck_assert_uint_eq(p->closed, 0);
	line_send(l, "4other packets do not count");
	peer_pass(p, 1);
	ended(p, CLOSED_BY_TIMEOUT);
	peer_free(p);
}
END_TEST

/* engine.io.md 141 */
START_TEST(the_server_sends_no_ping)
{
	peer *p = old_peer("EIO=3");
	line *l = speaks(p);
	peer_pass(p, INTERVAL + TIMEOUT - 1);
	ck_assert_str_eq(line_got(l), "");
	peer_free(p);
}
END_TEST

/* engine.io.md 141 */
START_TEST(a_pong_from_the_client_ends_the_session)
{
	peer *p = old_peer("EIO=3");
	line_send(speaks(p), "3");
	ended(p, CLOSED_BY_ERROR);
	peer_free(p);
}
END_TEST

/* ---- Control answers ---- */

/* engine.io.md 143 */
START_TEST(a_close_from_the_client_releases_the_poll_with_a_noop)
{
	peer *p = old_peer("EIO=3");
	session *s = polls(p);
	ask *get = poll_get(p, s);
	poll_post(p, s, "1:1");
	ck_assert_str_eq(body_of(get), "1:6");
	ended(p, CLOSED_BY_TRANSPORT);
	peer_free(p);
}
END_TEST

/* engine.io.md 143 */
START_TEST(a_close_by_the_server_is_a_payload)
{
	peer *p = old_peer("EIO=3");
	session *s = polls(p);
	ask *get = poll_get(p, s);
	session_close(s, CLOSED_BY_SERVER);
	peer_turn(p);
	ck_assert_str_eq(body_of(get), "1:1");
	s = polls(p);
	session_close(s, CLOSED_BY_SERVER);
	ck_assert_str_eq(body_of(poll_get(p, s)), "1:61:1");
	peer_free(p);
}
END_TEST

/* engine.io.md 140, 143 */
START_TEST(an_upgrade_goes_as_in_version_4)
{
	peer *p = old_peer("EIO=3");
	session *s = polls(p);
	ask *get = poll_get(p, s);
	line *l = line_beside(p, s);
	line_send(l, "2probe");
	ck_assert_str_eq(line_got(l), "3probe");
	ck_assert_str_eq(body_of(get), "1:6");
	line_send(l, "5");
	app_send_bytes(p, "\x01", 1);
	ck_assert_str_eq(line_got(l), "b(0401)");
	peer_free(p);
}
END_TEST

UNIT_MAIN("dialect3", version_3_is_refused_unless_it_is_switched_on, every_other_version_is_refused,
	each_session_keeps_to_its_version, payloads_count_both_ways,
	a_payload_with_binary_data_is_binary, b64_at_the_handshake_makes_all_text,
	a_binary_post_is_read_as_one, a_binary_post_is_an_error_in_version_4,
	a_payload_that_does_not_add_up_ends_the_session, a_payload_without_packets_does_no_harm,
	the_handshake_is_answered_with_what_the_opening_brought,
	a_binary_frame_has_its_type_in_front, with_b64_a_binary_message_is_a_text_frame,
	only_the_old_one_of_two_recipients_gets_a_copy,
	without_memory_for_its_copy_the_old_one_is_cut, a_ping_is_answered_without_its_data,
	a_ping_by_polling_is_answered_by_the_next_poll,
	a_session_ends_when_no_ping_has_come_for_both_times, the_server_sends_no_ping,
	a_pong_from_the_client_ends_the_session,
	a_close_from_the_client_releases_the_poll_with_a_noop, a_close_by_the_server_is_a_payload,
	an_upgrade_goes_as_in_version_4)

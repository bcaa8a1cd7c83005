/* SPDX-License-Identifier: MIT */
/* The control frames of WebSocket: ping, pong and the end. */
#include "test_websocket.h"

static void add_close(buf *stream, unsigned code, const char *reason, size_t len)
{
	char payload[130] = { (char)(code >> 8), (char)(code & 0xff) };
	memcpy(payload + 2, reason, len);
	add_frame(stream, FIN | CLOSE, payload, 2 + len);
}

/* websocket.md 30: control frames are not fragmented. */
START_TEST(fragmented_control_frames_are_refused)
{
	static const unsigned opcodes[] = { CLOSE, PING, PONG };
	for (size_t i = 0; i < 3; i++) {
		buf stream = { 0 };
		add_text(&stream, opcodes[i], "a");
		add_text(&stream, FIN | CONTINUATION, "b");
		expect(&stream, "error 1002");
	}
}
END_TEST

/* websocket.md 31: 125 bytes are the most. */
START_TEST(control_frames_hold_up_to_125_bytes)
{
	static const unsigned opcodes[] = { PING, PONG };
	static const char *const names[] = { "ping", "pong" };
	char payload[126] = { 0 }, expected[140];
	memset(payload, 'p', 125);
	for (size_t i = 0; i < 2; i++) {
		buf stream = { 0 };
		snprintf(expected, sizeof expected, "%s[%s]", names[i], payload);
		add_text(&stream, FIN | opcodes[i], payload);
		expect(&stream, expected);
	}
}
END_TEST

/* websocket.md 31: one more is too many, and the header is enough to know. */
START_TEST(longer_control_frames_are_refused_by_their_header)
{
	static const unsigned opcodes[] = { CLOSE, PING, PONG };
	for (size_t i = 0; i < 3; i++) {
		buf two = { 0 }, eight = { 0 };
		add_head(&two, FIN | opcodes[i], 126, 2);
		two.end = two.start + 2;
		expect(&two, "error 1002");
		add_head(&eight, FIN | opcodes[i], 65536, 8);
		eight.end = eight.start + 2;
		expect(&eight, "error 1002");
	}
}
END_TEST

/* websocket.md 32: pings come one by one, pongs without being asked for. */
START_TEST(pings_and_pongs_are_reported_with_their_payload)
{
	buf stream = { 0 };
	for (int i = 0; i < 3; i++)
		add_text(&stream, FIN | PING, "again");
	add_text(&stream, FIN | PONG, "nobody asked");
	add_text(&stream, FIN | PING, "");
	expect(&stream, "ping[again] ping[again] ping[again] pong[nobody asked] ping[]");
}
END_TEST

/* websocket.md 33: no payload, no code. */
START_TEST(a_close_without_payload_is_1005)
{
	buf stream = { 0 };
	add_text(&stream, FIN | CLOSE, "");
	expect(&stream, "close 1005[]");
}
END_TEST

/* websocket.md 34: code, then reason, up to the 123 bytes that fit. */
START_TEST(a_close_carries_code_and_reason)
{
	char reason[124] = { 0 }, expected[150];
	buf bare = { 0 }, some = { 0 }, longest = { 0 };
	add_close(&bare, 1000, "", 0);
	expect(&bare, "close 1000[]");
	add_close(&some, 4321, "au \xe2\x82\xac revoir", 13);
	expect(&some, "close 4321[au \xe2\x82\xac revoir]");
	memset(reason, 'r', 123);
	add_close(&longest, 1001, reason, 123);
	snprintf(expected, sizeof expected, "close 1001[%s]", reason);
	expect(&longest, expected);
}
END_TEST

/* websocket.md 35: half a code is none. */
START_TEST(a_close_with_one_byte_is_refused)
{
	buf stream = { 0 };
	add_text(&stream, FIN | CLOSE, "\x03");
	expect(&stream, "error 1002");
}
END_TEST

static bool code_is_listed(unsigned code)
{
	static const unsigned low[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012,
		1013, 1014 };
	for (size_t i = 0; i < sizeof low / sizeof *low; i++)
		if (code == low[i])
			return true;
	return code > 2999 && code < 5000;
}

/* websocket.md 36: each code there is around the ranges, and the largest. */
START_TEST(close_codes_are_valid_as_listed)
{
	for (unsigned code = 0; code <= 5100; code++)
		ck_assert_msg(ws_close_code_valid(code) == code_is_listed(code), "code %u", code);
	ck_assert(!ws_close_code_valid(65535));
	ck_assert(!ws_close_code_valid(65536 + 1000));
}
END_TEST

/* websocket.md 36: the decoder asks the same list. */
START_TEST(close_frames_with_other_codes_are_refused)
{
	for (unsigned code = 0; code <= 5000; code++) {
		char expected[32] = "error 1002";
		buf stream = { 0 };
		if (code_is_listed(code))
			snprintf(expected, sizeof expected, "close %u[bye]", code);
		add_close(&stream, code, "bye", 3);
		expect(&stream, expected);
	}
}
END_TEST

/* websocket.md 37: a reason is text; a bad code counts before a bad reason. */
START_TEST(a_reason_that_is_not_text_fails)
{
	buf bad = { 0 }, cut = { 0 }, surrogate = { 0 }, both = { 0 };
	add_close(&bad, 1000, "\xce\xba\xff", 3);
	expect(&bad, "error 1007");
	add_close(&cut, 1000, "half \xe2\x82", 7);
	expect(&cut, "error 1007");
	add_close(&surrogate, 3000, "\xed\xa0\x80", 3);
	expect(&surrogate, "error 1007");
	add_close(&both, 1005, "\xff", 1);
	expect(&both, "error 1002");
}
END_TEST

/* websocket.md 38: after a close nothing is read, good or bad. */
START_TEST(nothing_is_read_after_a_close)
{
	buf stream = { 0 };
	add_close(&stream, 1000, "", 0);
	add_text(&stream, FIN | TEXT, "late");
	add_text(&stream, FIN | PING, "late");
	add_close(&stream, 1001, "", 0);
	add_text(&stream, FIN | RSV2 | TEXT, "bad");
	expect(&stream, "close 1000[]");
}
END_TEST

/* websocket.md 38: nor after a failure. */
START_TEST(nothing_is_read_after_a_failure)
{
	buf stream = { 0 };
	add_text(&stream, FIN | TEXT, "\xff");
	add_text(&stream, FIN | TEXT, "late");
	add_close(&stream, 1000, "", 0);
	expect(&stream, "error 1007");
}
END_TEST

/* websocket.md 38: a call with more input takes all of it. */
START_TEST(an_ended_decoder_swallows_its_input)
{
	ws_decoder d;
	ws_event ev;
	unsigned char noise[] = "\x81\x03"
				"abcdefgh";
	ws_decoder_init(&d, LIMIT);
	ws_decode(&d, noise, sizeof noise, &ev);
	ck_assert_int_eq(ev.kind, WS_ERROR);
	ck_assert_uint_eq(ws_decode(&d, noise, sizeof noise, &ev), sizeof noise);
	ck_assert_int_eq(ev.kind, WS_NEED_MORE);
}
END_TEST

/* websocket.md 39: a close may come inside a message, which is dropped with its memory. */
START_TEST(a_close_inside_a_message_drops_the_message)
{
	ws_decoder d;
	buf stream = { 0 }, log = { 0 };
	add_text(&stream, TEXT, "unfinished");
	add_close(&stream, 1001, "gone", 4);
	add_text(&stream, FIN | CONTINUATION, "late");
	ws_decoder_init(&d, LIMIT);
	feed_cut(&d, buf_span(&stream), cut_nowhere, 0, &log);
	ck_assert_ptr_null(d.message.data);
	buf_free(&log);
	expect(&stream, "close 1001[gone]");
}
END_TEST

static void expect_close_written(unsigned code, const char *reason, const char *frame, size_t n)
{
	unsigned char out[127];
	ck_assert_uint_eq(ws_write_close(out, code, reason), n);
	ck_assert_mem_eq(out, frame, n);
}

/* websocket.md 34: what the server writes is what it would read. */
START_TEST(a_close_frame_is_written_whole)
{
	expect_close_written(1000, "bye",
		"\x88\x05\x03\xe8"
		"bye",
		7);
	expect_close_written(4999, NULL, "\x88\x02\x13\x87", 4);
	expect_close_written(1009, "", "\x88\x02\x03\xf1", 4);
}
END_TEST

/* websocket.md 40: codes that may not be sent are not sent, nor is a reason then. */
START_TEST(a_code_that_may_not_be_sent_is_left_out)
{
	expect_close_written(WS_CLOSE_NONE, NULL, "\x88\0", 2);
	expect_close_written(WS_CLOSE_NONE, "reason", "\x88\0", 2);
	expect_close_written(WS_CLOSE_ABNORMAL, "reason", "\x88\0", 2);
	expect_close_written(1015, NULL, "\x88\0", 2);
	expect_close_written(0, NULL, "\x88\0", 2);
	expect_close_written(65536 + 1000, NULL, "\x88\0", 2);
}
END_TEST

/* The length of the reason that is written for one of `letters` letters and a character of four
 * bytes. */
static size_t reason_written(size_t letters)
{
	char reason[200] = { 0 };
	unsigned char out[127];
	memset(reason, 'r', letters);
	memcpy(reason + letters, "\xf0\x9f\x98\x80", 4);
	size_t n = ws_write_close(out, 1000, reason);
	ck_assert_uint_eq(n, 2u + out[1]);
	ck_assert_uint_le(out[1], 125);
	ck_assert_mem_eq(out + 4, reason, n - 4);
	return n - 4;
}

/* What does not fit is cut between characters. */
START_TEST(a_long_reason_is_cut_between_characters)
{
	ck_assert_uint_eq(reason_written(119), 123);
	for (size_t letters = 120; letters <= 123; letters++)
		ck_assert_uint_eq(reason_written(letters), letters);
	ck_assert_uint_eq(reason_written(150), 123);
}
END_TEST

UNIT_MAIN("websocket_close", fragmented_control_frames_are_refused,
	control_frames_hold_up_to_125_bytes, longer_control_frames_are_refused_by_their_header,
	pings_and_pongs_are_reported_with_their_payload, a_close_without_payload_is_1005,
	a_close_carries_code_and_reason, a_close_with_one_byte_is_refused,
	close_codes_are_valid_as_listed, close_frames_with_other_codes_are_refused,
	a_reason_that_is_not_text_fails, nothing_is_read_after_a_close,
	nothing_is_read_after_a_failure, an_ended_decoder_swallows_its_input,
	a_close_inside_a_message_drops_the_message, a_close_frame_is_written_whole,
	a_code_that_may_not_be_sent_is_left_out, a_long_reason_is_cut_between_characters)

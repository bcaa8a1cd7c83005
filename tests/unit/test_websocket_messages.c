/* SPDX-License-Identifier: MIT */
/* The messages of WebSocket: fragments, limits, memory, the door for compression. */
#include "../support/failing_malloc.h"
#include "test_websocket.h"

/* websocket.md 12: fragments are joined; the first frame says what they are. */
START_TEST(fragments_make_one_message)
{
	buf stream = { 0 };
	add_text(&stream, TEXT, "one ");
	add_text(&stream, CONTINUATION, "two ");
	add_text(&stream, FIN | CONTINUATION, "three");
	add_text(&stream, BINARY, "fo");
	add_text(&stream, FIN | CONTINUATION, "ur");
	add_text(&stream, FIN | TEXT, "five");
	expect(&stream, "text[one two three] binary[four] text[five]");
}
END_TEST

/* websocket.md 9, 12: fragments may be empty, all of them too. */
START_TEST(empty_fragments_count_as_fragments)
{
	buf stream = { 0 };
	add_text(&stream, TEXT, "");
	add_text(&stream, CONTINUATION, "");
	add_text(&stream, FIN | CONTINUATION, "");
	add_text(&stream, BINARY, "");
	add_text(&stream, CONTINUATION, "middle");
	add_text(&stream, FIN | CONTINUATION, "");
	add_text(&stream, TEXT, "");
	add_text(&stream, FIN | CONTINUATION, "last");
	expect(&stream, "text[] binary[middle] text[last]");
}
END_TEST

/* websocket.md 12: fragments of one byte each. */
START_TEST(a_message_in_single_bytes_is_joined)
{
	buf stream = { 0 };
	static const char text[] = "fragmented to the last byte";
	for (size_t i = 0; i + 1 < sizeof text; i++)
		add_frame(&stream,
			(i + 2 == sizeof text ? FIN : 0u) | (i == 0 ? TEXT : CONTINUATION),
			text + i, 1);
	expect(&stream, "text[fragmented to the last byte]");
}
END_TEST

/* websocket.md 13: a continuation continues something. */
START_TEST(a_continuation_of_nothing_is_refused)
{
	buf final = { 0 }, open = { 0 }, after = { 0 }, twice = { 0 };
	add_text(&final, FIN | CONTINUATION, "x");
	expect(&final, "error 1002");
	add_text(&open, CONTINUATION, "x");
	expect(&open, "error 1002");
	add_text(&after, FIN | TEXT, "whole");
	add_text(&after, FIN | CONTINUATION, "x");
	expect(&after, "text[whole] error 1002");
	add_text(&twice, TEXT, "a");
	add_text(&twice, FIN | CONTINUATION, "b");
	add_text(&twice, FIN | CONTINUATION, "c");
	expect(&twice, "text[ab] error 1002");
}
END_TEST

/* websocket.md 14: one message at a time. */
START_TEST(a_message_inside_a_message_is_refused)
{
	static const unsigned seconds[] = { TEXT, BINARY, FIN | TEXT, FIN | BINARY };
	for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
		buf stream = { 0 };
		add_text(&stream, TEXT, "first");
		add_text(&stream, seconds[i], "second");
		expect(&stream, "error 1002");
	}
}
END_TEST

/* websocket.md 15: control frames come between and do not disturb. */
START_TEST(control_frames_between_fragments_are_reported_at_once)
{
	buf stream = { 0 };
	add_text(&stream, TEXT, "he");
	add_text(&stream, FIN | PING, "are you there");
	add_text(&stream, CONTINUATION, "ll");
	add_text(&stream, FIN | PONG, "");
	add_text(&stream, FIN | PING, "again");
	add_text(&stream, FIN | CONTINUATION, "o");
	expect(&stream, "ping[are you there] pong[] ping[again] text[hello]");
}
END_TEST

/* websocket.md 15: nor does one between two empty fragments. */
START_TEST(a_ping_between_empty_fragments_leaves_the_message_open)
{
	buf stream = { 0 };
	add_text(&stream, BINARY, "");
	add_text(&stream, FIN | PING, "p");
	add_text(&stream, FIN | CONTINUATION, "");
	add_text(&stream, FIN | CONTINUATION, "");
	expect(&stream, "ping[p] binary[] error 1002");
}
END_TEST

/* websocket.md 17: the limit itself is allowed. */
START_TEST(a_message_of_exactly_the_limit_is_taken)
{
	buf whole = { 0 }, parts = { 0 }, none = { 0 };
	add_text(&whole, FIN | TEXT, "0123456789");
	expect_limited(10, &whole, "text[0123456789]");
	add_text(&parts, TEXT, "01234");
	add_text(&parts, CONTINUATION, "56789");
	add_text(&parts, FIN | CONTINUATION, "");
	expect_limited(10, &parts, "text[0123456789]");
	add_text(&none, FIN | TEXT, "");
	expect_limited(0, &none, "text[]");
}
END_TEST

/* Decodes a header; the number of allocations that this made. */
static size_t allocations_for(buf *head, ws_event *ev)
{
	ws_decoder d;
	ws_decoder_init(&d, 10);
	size_t before = failing_malloc_count();
	ws_decode(&d, buf_data(head), buf_len(head), ev);
	size_t made = failing_malloc_count() - before;
	ws_decoder_fini(&d);
	return made;
}

/* websocket.md 16: one byte more is too many, by what is declared, and nothing is set aside. */
START_TEST(a_message_over_the_limit_fails_by_its_declared_length)
{
	static const struct {
		uint64_t len;
		size_t form;
	} declared[] = { { 11, 0 }, { 125, 0 }, { 126, 2 }, { 65535, 2 }, { 65536, 8 },
		{ INT64_MAX, 8 } };
	for (size_t i = 0; i < sizeof declared / sizeof *declared; i++) {
		buf head = { 0 };
		ws_event ev;
		add_head(&head, FIN | BINARY, declared[i].len, declared[i].form);
		head.end -= 4;
		ck_assert_uint_eq(allocations_for(&head, &ev), 0);
		ck_assert_int_eq(ev.kind, WS_ERROR);
		expect_limited(10, &head, "error 1009");
	}
}
END_TEST

/* websocket.md 16: nor is one taken that is there already. */
START_TEST(a_message_over_the_limit_fails_where_it_lies_whole)
{
	buf stream = { 0 };
	add_text(&stream, FIN | TEXT, "0123456789a");
	expect_limited(10, &stream, "error 1009");
}
END_TEST

/* The length and the mask of the first look like a frame of 29 bytes. */
START_TEST(what_follows_half_a_header_is_no_header)
{
	buf stream = { 0 };
	add_text(&stream, FIN | TEXT, "x");
	add_text(&stream, FIN | TEXT, "a text of more than 29 bytes, so that all are there");
	expect(&stream, "text[x] text[a text of more than 29 bytes, so that all are there]");
}
END_TEST

/* websocket.md 16, 18: fragments are summed, also when each is small. */
START_TEST(the_sum_of_the_fragments_is_limited)
{
	buf stream = { 0 }, late = { 0 };
	add_text(&stream, TEXT, "01234");
	add_text(&stream, CONTINUATION, "5678");
	add_head(&stream, FIN | CONTINUATION, 2, 0);
	expect_limited(10, &stream, "error 1009");
	add_text(&late, TEXT, "0123456789");
	add_text(&late, CONTINUATION, "");
	add_head(&late, CONTINUATION, INT64_MAX, 8);
	expect_limited(10, &late, "error 1009");
}
END_TEST

/* websocket.md 18: control frames and earlier messages do not count. */
START_TEST(only_the_message_under_way_counts)
{
	buf stream = { 0 };
	add_text(&stream, FIN | TEXT, "0123456789");
	add_text(&stream, BINARY, "01234");
	add_text(&stream, FIN | PING, "longer than ten bytes");
	add_text(&stream, FIN | CONTINUATION, "56789");
	add_text(&stream, FIN | TEXT, "0123456789");
	expect_limited(10, &stream,
		"text[0123456789] ping[longer than ten bytes] binary[0123456789] text[0123456789]");
}
END_TEST

static void add_fragments(buf *stream, size_t n, bool finish)
{
	for (size_t i = 0; i < n; i++)
		add_text(stream, (finish && i + 1 == n ? FIN : 0u) | (i ? CONTINUATION : TEXT), "");
}

/* websocket.md 19: 16384 frames make a message, 16385 do not. */
START_TEST(the_number_of_fragments_is_limited)
{
	buf most = { 0 }, over = { 0 };
	add_fragments(&most, 16384, true);
	expect(&most, "text[]");
	add_fragments(&over, 16385, true);
	expect(&over, "error 1008");
}
END_TEST

/* websocket.md 19: the count begins anew with each message, and pings are none of it. */
START_TEST(fragments_are_counted_for_each_message)
{
	buf stream = { 0 };
	add_fragments(&stream, 16384, true);
	add_text(&stream, TEXT, "");
	add_text(&stream, FIN | PING, "");
	for (size_t i = 0; i < 16383; i++)
		add_text(&stream, (i == 16382 ? FIN : 0u) | CONTINUATION, "");
	expect(&stream, "text[] ping[] text[]");
}
END_TEST

/* websocket.md 20: what lies whole in the input stays there. */
START_TEST(a_whole_message_is_handed_out_in_place)
{
	ws_decoder d;
	ws_event ev;
	buf stream = { 0 };
	ws_decoder_init(&d, LIMIT);
	add_text(&stream, FIN | TEXT, "in place");
	size_t used = ws_decode(&d, buf_data(&stream), buf_len(&stream), &ev);
	ck_assert_uint_eq(used, buf_len(&stream));
	ck_assert_int_eq(ev.kind, WS_TEXT);
	ck_assert_ptr_eq(ev.data, buf_data(&stream) + 6);
	ck_assert_uint_eq(ev.len, 8);
	ck_assert_ptr_null(d.message.data);
	ck_assert_ptr_null(d.control);
	buf_free(&stream);
}
END_TEST

/* websocket.md 20: also when the header came alone before it. */
START_TEST(a_message_whose_header_came_before_is_handed_out_in_place)
{
	ws_decoder d;
	ws_event ev;
	buf stream = { 0 };
	ws_decoder_init(&d, LIMIT);
	add_text(&stream, FIN | BINARY, "in place");
	ws_decode(&d, buf_data(&stream), 6, &ev);
	ck_assert_int_eq(ev.kind, WS_NEED_MORE);
	ws_decode(&d, buf_data(&stream) + 6, 8, &ev);
	ck_assert_int_eq(ev.kind, WS_BINARY);
	ck_assert_ptr_eq(ev.data, buf_data(&stream) + 6);
	ck_assert_ptr_null(d.message.data);
	buf_free(&stream);
}
END_TEST

/* websocket.md 21: a declared megabyte costs what has come of it. */
START_TEST(memory_follows_what_arrives)
{
	ws_decoder d;
	ws_event ev;
	buf stream = { 0 };
	ws_decoder_init(&d, LIMIT);
	add_head(&stream, FIN | BINARY, LIMIT, 8);
	ws_decode(&d, buf_data(&stream), buf_len(&stream), &ev);
	ck_assert_uint_eq(d.message.cap, 0);
	unsigned char piece[1000] = { 0 };
	for (size_t got = 1; got <= 500; got++) {
		ws_decode(&d, piece, sizeof piece, &ev);
		ck_assert_int_eq(ev.kind, WS_NEED_MORE);
		ck_assert_uint_eq(buf_len(&d.message), got * sizeof piece);
		ck_assert_uint_le(d.message.cap, 2 * got * sizeof piece + 64);
	}
	ws_decoder_fini(&d);
	buf_free(&stream);
}
END_TEST

/* websocket.md 21: the call after the message gives its memory back, without input too. */
START_TEST(memory_goes_back_after_the_message)
{
	ws_decoder d;
	ws_event ev;
	buf stream = { 0 };
	ws_decoder_init(&d, LIMIT);
	add_text(&stream, TEXT, "frag");
	add_text(&stream, FIN | CONTINUATION, "mented");
	ws_decode(&d, buf_data(&stream), buf_len(&stream), &ev);
	ck_assert_int_eq(ev.kind, WS_TEXT);
	ck_assert_mem_eq(ev.data, "fragmented", 10);
	ck_assert_uint_eq(ws_decode(&d, NULL, 0, &ev), 0);
	ck_assert_int_eq(ev.kind, WS_NEED_MORE);
	ck_assert_ptr_null(d.message.data);
	buf_free(&stream);
}
END_TEST

/* websocket.md 21: a ping that was cut gives back its own memory, not the message's. */
START_TEST(a_cut_ping_leaves_the_message_alone)
{
	ws_decoder d;
	buf stream = { 0 }, log = { 0 };
	ws_decoder_init(&d, LIMIT);
	add_text(&stream, TEXT, "kept");
	add_text(&stream, FIN | PING, "cut");
	feed_cut(&d, buf_span(&stream), cut_everywhere, 0, &log);
	ck_assert_ptr_null(d.control);
	ck_assert_uint_eq(buf_len(&d.message), 4);
	ck_assert_mem_eq(buf_data(&log), "ping[cut]", 9);
	ws_decoder_fini(&d);
	buf_free(&stream);
	buf_free(&log);
}
END_TEST

/* Decodes the stream byte by byte while the allocation after n others fails; keeps the last event.
 * Whether one failed. */
static bool decode_failing(const buf *stream, size_t n, ws_event *last)
{
	unsigned char bytes_in[64];
	ws_decoder d;
	ws_event ev;
	size_t len = buf_len(stream);
	memcpy(bytes_in, buf_data(stream), len);
	ws_decoder_init(&d, LIMIT);
	failing_malloc_after(n);
	for (size_t i = 0; i < len; i++) {
		ws_decode(&d, bytes_in + i, 1, &ev);
		if (ev.kind != WS_NEED_MORE)
			*last = ev;
	}
	bool failed = failing_malloc_off();
	ws_decoder_fini(&d);
	return failed;
}

/* websocket.md 22: each allocation of a message and of a ping, both cut, fails once. */
START_TEST(every_failed_allocation_ends_the_decoder_with_1011)
{
	buf stream = { 0 };
	ws_event last;
	size_t n = 0;
	add_text(&stream, TEXT, "gath");
	add_text(&stream, FIN | PING, "cut");
	add_text(&stream, FIN | CONTINUATION, "ered");
	while (decode_failing(&stream, n, &last)) {
		ck_assert_int_eq(last.kind, WS_ERROR);
		ck_assert_uint_eq(last.code, WS_CLOSE_INTERNAL);
		n++;
	}
	ck_assert_uint_ge(n, 2);
	ck_assert_int_eq(last.kind, WS_TEXT);
	buf_free(&stream);
}
END_TEST

/* An idle connection costs this much; it should not grow unnoticed. */
START_TEST(a_decoder_is_small)
{
	ck_assert_uint_le(sizeof(ws_decoder), 112);
}
END_TEST

static void expect_compressed(buf *stream, const char *expected)
{
	ws_decoder fresh;
	ws_decoder_init(&fresh, LIMIT);
	fresh.allow_compressed = true;
	expect_from(&fresh, stream, expected);
}

/* websocket.md 23: the first frame says that the message is compressed. */
START_TEST(agreed_compression_is_reported_with_the_message)
{
	buf stream = { 0 };
	add_text(&stream, FIN | RSV1 | BINARY, "b");
	add_text(&stream, FIN | TEXT, "plain");
	add_text(&stream, RSV1 | TEXT, "c");
	add_text(&stream, FIN | PING, "p");
	add_text(&stream, FIN | CONTINUATION, "d");
	add_text(&stream, FIN | TEXT, "plain");
	expect_compressed(&stream,
		"compressed binary[b] text[plain] ping[p] compressed text[cd] text[plain]");
}
END_TEST

/* websocket.md 23: on no other frame, and no other bit. */
START_TEST(agreed_compression_allows_nothing_else)
{
	static const unsigned refused[] = { FIN | RSV1 | PING, FIN | RSV1 | PONG,
		FIN | RSV1 | CLOSE, FIN | RSV2 | TEXT, FIN | RSV1 | RSV2 | TEXT,
		FIN | RSV1 | RSV3 | BINARY, FIN | RSV1 | 3 };
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		buf stream = { 0 };
		add_text(&stream, refused[i], "");
		expect_compressed(&stream, "error 1002");
	}
	buf stream = { 0 };
	add_text(&stream, RSV1 | TEXT, "a");
	add_text(&stream, FIN | RSV1 | CONTINUATION, "b");
	expect_compressed(&stream, "error 1002");
}
END_TEST

/* websocket.md 24: compressed bytes are no text yet; what follows uncompressed is. */
START_TEST(compressed_text_is_not_checked)
{
	buf stream = { 0 };
	add_text(&stream, RSV1 | TEXT, "\xff");
	add_text(&stream, FIN | CONTINUATION, "\xc3");
	add_text(&stream, FIN | TEXT, "\xff");
	expect_compressed(&stream, "compressed text[\xff\xc3] error 1007");
}
END_TEST

UNIT_MAIN("websocket_messages", fragments_make_one_message, empty_fragments_count_as_fragments,
	a_message_in_single_bytes_is_joined, a_continuation_of_nothing_is_refused,
	a_message_inside_a_message_is_refused,
	control_frames_between_fragments_are_reported_at_once,
	a_ping_between_empty_fragments_leaves_the_message_open,
	a_message_of_exactly_the_limit_is_taken,
	a_message_over_the_limit_fails_by_its_declared_length,
	a_message_over_the_limit_fails_where_it_lies_whole, what_follows_half_a_header_is_no_header,
	the_sum_of_the_fragments_is_limited, only_the_message_under_way_counts,
	the_number_of_fragments_is_limited, fragments_are_counted_for_each_message,
	a_whole_message_is_handed_out_in_place,
	a_message_whose_header_came_before_is_handed_out_in_place, memory_follows_what_arrives,
	memory_goes_back_after_the_message, a_cut_ping_leaves_the_message_alone,
	every_failed_allocation_ends_the_decoder_with_1011, a_decoder_is_small,
	agreed_compression_is_reported_with_the_message, agreed_compression_allows_nothing_else,
	compressed_text_is_not_checked)

/* SPDX-License-Identifier: MIT */
/* The frames of WebSocket, read and written. */
#include "test_websocket.h"

/* What a single frame with this first byte and an empty payload gives. */
static void expect_first(unsigned first, const char *expected)
{
	buf stream = { 0 };
	add_text(&stream, first, "");
	expect(&stream, expected);
}

/* What a text frame gives whose length is written in `form` bytes. */
static void expect_length(uint64_t len, size_t form, const char *expected)
{
	buf stream = { 0 };
	add_head(&stream, FIN | TEXT, len, form);
	expect(&stream, expected);
}

/* websocket.md 1, 2: the payload follows a header of any of the three forms. */
START_TEST(frames_of_all_three_length_forms_are_read)
{
	static const size_t lengths[] = { 0, 1, 124, 125, 126, 127, 128, 255, 256, 65534, 65535,
		65536, 65537, 100000 };
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		buf stream = { 0 }, expected = { 0 };
		add_long(&stream, FIN | BINARY, lengths[i]);
		add_text(&stream, FIN | TEXT, "after");
		unsigned char *data = malloc(lengths[i] + 1);
		for (size_t k = 0; k < lengths[i]; k++)
			data[k] = (unsigned char)('a' + k % 26);
		buf_add_text(&expected, "binary");
		log_payload(&expected, data, lengths[i]);
		buf_add(&expected, " text[after]", 13);
		expect(&stream, (const char *)buf_data(&expected));
		buf_free(&expected);
		free(data);
	}
}
END_TEST

/* websocket.md 3: a length must be written in its shortest form. */
START_TEST(lengths_longer_than_needed_are_refused)
{
	expect_length(0, 2, "error 1002");
	expect_length(1, 2, "error 1002");
	expect_length(125, 2, "error 1002");
	expect_length(0, 8, "error 1002");
	expect_length(125, 8, "error 1002");
	expect_length(126, 8, "error 1002");
	expect_length(65535, 8, "error 1002");
}
END_TEST

/* websocket.md 3: 126 in two bytes and 65536 in eight are the shortest. */
START_TEST(lengths_at_the_edges_of_the_forms_are_taken)
{
	expect_length(126, 2, "");
	expect_length(65535, 2, "");
	expect_length(65536, 8, "");
}
END_TEST

/* websocket.md 4: the highest bit of a 64-bit length must be 0. */
START_TEST(a_length_with_its_highest_bit_set_is_a_protocol_error)
{
	expect_length(UINT64_C(1) << 63, 8, "error 1002");
	expect_length(UINT64_MAX, 8, "error 1002");
	expect_length((UINT64_C(1) << 63) | 70000, 8, "error 1002");
	expect_length(INT64_MAX, 8, "error 1009");
}
END_TEST

/* websocket.md 5: every frame of a client is masked. */
START_TEST(unmasked_frames_are_refused)
{
	static const unsigned opcodes[] = { TEXT, BINARY, CLOSE, PING, PONG };
	for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes; i++) {
		buf stream = { 0 };
		buf_add_char(&stream, (char)(FIN | opcodes[i]));
		buf_add(&stream, "\x02hi", 3);
		expect(&stream, "error 1002");
	}
}
END_TEST

/* websocket.md 5: the mask may be all zeros, and an unmasked fragment is refused as well. */
START_TEST(an_unmasked_continuation_is_refused)
{
	buf stream = { 0 };
	buf_add(&stream, "\x01\x82\0\0\0\0hi", 8);
	buf_add(&stream, "\x80\x02hi", 4);
	expect(&stream, "error 1002");
}
END_TEST

START_TEST(a_mask_of_zeros_is_a_mask)
{
	buf stream = { 0 };
	buf_add(&stream, "\x81\x82\0\0\0\0hi", 8);
	expect(&stream, "text[hi]");
}
END_TEST

/* websocket.md 6: the mask goes on where a frame was cut, at every length around a word. */
START_TEST(every_length_is_unmasked_to_its_last_byte)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	for (size_t len = 0; len < sizeof alphabet; len++) {
		buf stream = { 0 };
		char expected[80];
		add_frame(&stream, FIN | TEXT, alphabet, len);
		snprintf(expected, sizeof expected, "text[%.*s]", (int)len, alphabet);
		expect(&stream, expected);
	}
}
END_TEST

/* websocket.md 6: wherever a frame is cut in two. */
START_TEST(a_frame_may_be_cut_in_two_anywhere)
{
	buf stream = { 0 };
	add_text(&stream, FIN | TEXT, "the quick brown fox jumps over the dog");
	for (size_t at = 0; at <= buf_len(&stream); at++) {
		ws_decoder d;
		buf log = { 0 };
		ws_decoder_init(&d, LIMIT);
		feed_piece(&d, buf_data(&stream), at, &log);
		feed_piece(&d, buf_data(&stream) + at, buf_len(&stream) - at, &log);
		buf_add(&log, "", 1);
		ck_assert_str_eq((const char *)buf_data(&log),
			"text[the quick brown fox jumps over the dog]");
		buf_free(&log);
		ws_decoder_fini(&d);
	}
	buf_free(&stream);
}
END_TEST

/* websocket.md 7: no reserved bit has a meaning without an extension. */
START_TEST(reserved_bits_are_refused_on_every_frame)
{
	static const unsigned opcodes[] = { TEXT, BINARY, CLOSE, PING, PONG };
	for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes; i++)
		for (unsigned bits = 1; bits < 8; bits++)
			expect_first(FIN | bits << 4 | opcodes[i], "error 1002");
}
END_TEST

/* websocket.md 7: the message before and the ping before are still reported. */
START_TEST(a_reserved_bit_spares_what_came_before)
{
	buf stream = { 0 };
	add_text(&stream, FIN | TEXT, "one");
	add_text(&stream, FIN | PING, "two");
	add_text(&stream, FIN | RSV3 | TEXT, "three");
	add_text(&stream, FIN | TEXT, "four");
	expect(&stream, "text[one] ping[two] error 1002");
}
END_TEST

START_TEST(a_reserved_bit_on_a_continuation_is_refused)
{
	for (unsigned bits = 1; bits < 8; bits++) {
		buf stream = { 0 };
		add_text(&stream, TEXT, "one");
		add_text(&stream, FIN | bits << 4 | CONTINUATION, "two");
		expect(&stream, "error 1002");
	}
}
END_TEST

/* websocket.md 8: ten opcodes are kept for later, final or not. */
START_TEST(reserved_opcodes_are_refused)
{
	static const unsigned reserved[] = { 3, 4, 5, 6, 7, 11, 12, 13, 14, 15 };
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
		expect_first(FIN | reserved[i], "error 1002");
		expect_first(reserved[i], "error 1002");
	}
}
END_TEST

/* websocket.md 8: also inside a fragmented message. */
START_TEST(reserved_opcodes_between_fragments_are_refused)
{
	for (unsigned opcode = 3; opcode < 8; opcode++) {
		buf stream = { 0 };
		add_text(&stream, TEXT, "a");
		add_text(&stream, FIN | opcode, "b");
		add_text(&stream, FIN | CONTINUATION, "c");
		expect(&stream, "error 1002");
	}
}
END_TEST

/* websocket.md 9: empty is not absent. */
START_TEST(empty_frames_of_each_kind_are_reported)
{
	expect_first(FIN | TEXT, "text[]");
	expect_first(FIN | BINARY, "binary[]");
	expect_first(FIN | PING, "ping[]");
	expect_first(FIN | PONG, "pong[]");
	expect_first(FIN | CLOSE, "close 1005[]");
}
END_TEST

/* websocket.md 10: many frames in one read come out one by one and in order. */
START_TEST(frames_that_arrive_together_are_reported_in_order)
{
	buf stream = { 0 };
	add_text(&stream, FIN | TEXT, "1");
	add_text(&stream, FIN | BINARY, "2");
	add_text(&stream, FIN | PING, "3");
	add_text(&stream, FIN | PONG, "4");
	add_text(&stream, FIN | TEXT, "");
	add_text(&stream, FIN | TEXT, "5");
	expect(&stream, "text[1] binary[2] ping[3] pong[4] text[] text[5]");
}
END_TEST

/* websocket.md 10: half a frame is no event. */
START_TEST(an_unfinished_frame_reports_nothing)
{
	buf stream = { 0 };
	add_text(&stream, FIN | TEXT, "unfinished");
	stream.end--;
	expect(&stream, "");
}
END_TEST

static void expect_written(uint64_t len, const char *head, size_t n)
{
	unsigned char out[10];
	ck_assert_uint_eq(ws_write_head(out, WS_OP_BINARY, len), n);
	ck_assert_mem_eq(out, head, n);
}

/* websocket.md 11: final, unmasked, shortest length. */
START_TEST(headers_are_written_in_the_shortest_form)
{
	expect_written(0, "\x82\0", 2);
	expect_written(125, "\x82\x7d", 2);
	expect_written(126, "\x82\x7e\0\x7e", 4);
	expect_written(65535, "\x82\x7e\xff\xff", 4);
	expect_written(65536, "\x82\x7f\0\0\0\0\0\1\0\0", 10);
	expect_written(
		UINT64_C(0x0123456789abcdef), "\x82\x7f\x01\x23\x45\x67\x89\xab\xcd\xef", 10);
}
END_TEST

static void expect_framed(const char *content, size_t len, bool binary, const char *head, size_t n)
{
	bytes *b = bytes_copy(content, len);
	b->binary = binary;
	ws_frame(b);
	ck_assert_uint_eq(bytes_framed_len(b), n + len);
	ck_assert_mem_eq(bytes_framed(b), head, n);
	ck_assert_mem_eq(bytes_framed(b) + n, content, len);
	ws_frame(b);
	ck_assert_uint_eq(b->front, n);
	ck_assert_mem_eq(bytes_framed(b), head, n);
	bytes_unref(b);
}

/* websocket.md 11: a shared block gets its header once, whatever its length and kind. */
START_TEST(a_block_is_framed_in_place_and_once)
{
	char long_text[300];
	memset(long_text, 'x', sizeof long_text);
	expect_framed("hello", 5, false, "\x81\x05", 2);
	expect_framed("\0\1", 2, true, "\x82\x02", 2);
	expect_framed(long_text, sizeof long_text, false, "\x81\x7e\x01\x2c", 4);
}
END_TEST

UNIT_MAIN("websocket_frames", frames_of_all_three_length_forms_are_read,
	lengths_longer_than_needed_are_refused, lengths_at_the_edges_of_the_forms_are_taken,
	a_length_with_its_highest_bit_set_is_a_protocol_error, unmasked_frames_are_refused,
	an_unmasked_continuation_is_refused, a_mask_of_zeros_is_a_mask,
	every_length_is_unmasked_to_its_last_byte, a_frame_may_be_cut_in_two_anywhere,
	reserved_bits_are_refused_on_every_frame, a_reserved_bit_spares_what_came_before,
	a_reserved_bit_on_a_continuation_is_refused, reserved_opcodes_are_refused,
	reserved_opcodes_between_fragments_are_refused, empty_frames_of_each_kind_are_reported,
	frames_that_arrive_together_are_reported_in_order, an_unfinished_frame_reports_nothing,
	headers_are_written_in_the_shortest_form, a_block_is_framed_in_place_and_once)

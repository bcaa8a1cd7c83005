/* SPDX-License-Identifier: MIT */
/* The text of WebSocket: whole characters, failures at the first bad byte. */
#include "test_websocket.h"

static void expect_text(const char *text, size_t len, bool valid)
{
	buf stream = { 0 }, expected = { 0 };
	add_frame(&stream, FIN | TEXT, text, len);
	buf_add_text(&expected, valid ? "text[" : "error 1007");
	if (valid) {
		buf_add(&expected, text, len);
		buf_add_char(&expected, ']');
	}
	buf_add(&expected, "", 1);
	expect(&stream, (const char *)buf_data(&expected));
	buf_free(&expected);
}

static void expect_all(const char *const *texts, size_t n, bool valid)
{
	for (size_t i = 0; i < n; i++)
		expect_text(texts[i], strlen(texts[i]), valid);
}

#define EXPECT_ALL(texts, valid) expect_all(texts, sizeof(texts) / sizeof *(texts), valid)

/* websocket.md 25, 28: the first and the last character of each length, and the noncharacters. */
START_TEST(every_edge_of_unicode_is_text)
{
	static const char *const texts[] = { "plain", "\x01", "\x7f", "\xc2\x80", "\xdf\xbf",
		"\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xef\xbf\xbe",
		"\xef\xbf\xbf", "\xef\xb7\x90", "\xf0\x90\x80\x80", "\xf0\x9f\xbf\xbf",
		"\xf3\xb0\x80\x80", "\xf4\x8f\xbf\xbe", "\xf4\x8f\xbf\xbf", "\xef\xbb\xbftext",
		"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5" };
	EXPECT_ALL(texts, true);
}
END_TEST

/* websocket.md 28: NUL is a character. */
START_TEST(nul_is_text)
{
	ws_decoder d;
	ws_event ev;
	buf stream = { 0 };
	ws_decoder_init(&d, LIMIT);
	add_frame(&stream, FIN | TEXT, "a\0b", 3);
	ws_decode(&d, buf_data(&stream), buf_len(&stream), &ev);
	ck_assert_int_eq(ev.kind, WS_TEXT);
	ck_assert_uint_eq(ev.len, 3);
	ck_assert_mem_eq(ev.data, "a\0b", 3);
	buf_free(&stream);
}
END_TEST

/* websocket.md 25: bytes that stand where no character begins, and that begin none. */
START_TEST(stray_bytes_are_not_text)
{
	static const char *const texts[] = { "\x80", "\xbf", "a\x80", "\xc2\x80\x80", "\xfe",
		"\xff", "\xfe\xfe\xff\xff", "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80",
		"12345678\x80", "1234567\xff" };
	EXPECT_ALL(texts, false);
}
END_TEST

/* websocket.md 28: a character has one form. */
START_TEST(overlong_forms_are_not_text)
{
	static const char *const texts[] = { "\xc0\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80",
		"\xe0\x80\xaf", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x80\x80\xaf",
		"\xf0\x8f\xbf\xbf" };
	EXPECT_ALL(texts, false);
}
END_TEST

/* websocket.md 28: halves of UTF-16 pairs, alone and in pairs, and what is beyond Unicode. */
START_TEST(surrogates_and_numbers_beyond_unicode_are_not_text)
{
	static const char *const texts[] = { "\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80",
		"\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbf\xbf", "\xed\xa0\x80\xed\xb0\x80",
		"\xed\xaf\xbf\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xf7\xbf\xbf\xbf" };
	EXPECT_ALL(texts, false);
}
END_TEST

/* websocket.md 25, 27: a message does not end inside a character. */
START_TEST(a_message_that_ends_inside_a_character_is_not_text)
{
	static const char *const texts[] = { "\xc3", "\xe2\x82", "\xe2", "\xf0\x9f\x98", "\xf0\x9f",
		"\xf0", "\xc3(", "\xe2\x82(", "\xf0\x9f\x98(", "word \xc3" };
	EXPECT_ALL(texts, false);
}
END_TEST

/* websocket.md 25, 28: each pair of a lead byte and a second byte, against the table of RFC 3629.
 */
START_TEST(every_second_byte_is_judged_by_its_lead)
{
	for (unsigned lead = 0x80; lead <= 0xff; lead++)
		for (unsigned second = 0; second <= 0xff; second++) {
			unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
			unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
			bool good = lead >= 0xc2 && lead <= 0xf4 && second >= low && second <= high;
			char text[4] = { (char)lead, (char)second, '\x80', '\x80' };
			size_t len = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
			if (second != 0 || !good)
				expect_text(text, len, good);
		}
}
END_TEST

/* websocket.md 27: the same text cut by fragments at every byte. */
START_TEST(a_character_may_be_cut_by_fragments)
{
	static const char text[] = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80!";
	for (size_t cut = 0; cut < sizeof text; cut++) {
		buf stream = { 0 };
		add_frame(&stream, TEXT, text, cut);
		add_text(&stream, FIN | PING, "\xff");
		add_frame(&stream, FIN | CONTINUATION, text + cut, sizeof text - 1 - cut);
		expect(&stream, "ping[\xff] text[\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80!]");
	}
}
END_TEST

/* websocket.md 27: the end of the last fragment is the end of the text. */
START_TEST(the_last_fragment_ends_the_last_character)
{
	buf cut = { 0 }, empty = { 0 };
	add_text(&cut, TEXT, "\xe2");
	add_text(&cut, FIN | CONTINUATION, "\x82");
	expect(&cut, "error 1007");
	add_text(&empty, TEXT, "\xc3");
	add_text(&empty, FIN | CONTINUATION, "");
	expect(&empty, "error 1007");
}
END_TEST

/* The number of bytes of the stream that the decoder took before it failed; the stream is freed. */
static size_t bytes_until_failure(buf *stream)
{
	ws_decoder d;
	ws_event ev = { 0 };
	size_t at = 0;
	ws_decoder_init(&d, LIMIT);
	while (at < buf_len(stream) && ev.kind != WS_ERROR)
		at += ws_decode(&d, buf_data(stream) + at, 1, &ev);
	ck_assert_int_eq(ev.kind, WS_ERROR);
	ck_assert_uint_eq(ev.code, WS_CLOSE_BAD_DATA);
	buf_free(stream);
	return at;
}

/* websocket.md 26: the frame is not whole, but what came of it cannot become text. */
START_TEST(bad_text_fails_inside_an_unfinished_frame)
{
	static const struct {
		const char *text;
		size_t good;
	} cases[] = { { "ab\xff", 2 }, { "\xce\xba\xe1\xbd\xb9\xed\xa0", 6 }, { "\xf4\x90", 1 },
		{ "\xe0\x9f", 1 }, { "1234567890\xc3(", 11 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf stream = { 0 };
		add_head(&stream, FIN | TEXT, 100, 0);
		add_masked(&stream, cases[i].text, strlen(cases[i].text));
		ck_assert_uint_eq(bytes_until_failure(&stream), 6 + cases[i].good + 1);
	}
}
END_TEST

/* websocket.md 26: the fragment is whole, the message is not. */
START_TEST(bad_text_fails_before_the_message_ends)
{
	buf stream = { 0 };
	add_text(&stream, TEXT, "ok \xf4");
	size_t before = buf_len(&stream);
	add_text(&stream, CONTINUATION, "\x90");
	add_text(&stream, FIN | CONTINUATION, "\x80\x80");
	ck_assert_uint_eq(bytes_until_failure(&stream), before + 6 + 1);
}
END_TEST

/* websocket.md 26: text that fails says nothing about the text before. */
START_TEST(good_text_before_bad_text_is_reported)
{
	buf stream = { 0 };
	add_text(&stream, FIN | TEXT, "\xc3\xa9");
	add_text(&stream, FIN | TEXT, "\xc3");
	add_text(&stream, FIN | TEXT, "\xa9");
	expect(&stream, "text[\xc3\xa9] error 1007");
}
END_TEST

/* websocket.md 29: what is not text may be any bytes. */
START_TEST(binary_pings_and_pongs_may_hold_any_bytes)
{
	buf stream = { 0 };
	add_text(&stream, FIN | BINARY, "\xff\xfe\x80");
	add_text(&stream, BINARY, "\xc3");
	add_text(&stream, FIN | PING, "\xed\xa0\x80");
	add_text(&stream, FIN | PONG, "\xc0");
	add_text(&stream, FIN | CONTINUATION, "\xc3");
	expect(&stream, "binary[\xff\xfe\x80] ping[\xed\xa0\x80] pong[\xc0] binary[\xc3\xc3]");
}
END_TEST

UNIT_MAIN("websocket_utf8", every_edge_of_unicode_is_text, nul_is_text, stray_bytes_are_not_text,
	overlong_forms_are_not_text, surrogates_and_numbers_beyond_unicode_are_not_text,
	a_message_that_ends_inside_a_character_is_not_text, every_second_byte_is_judged_by_its_lead,
	a_character_may_be_cut_by_fragments, the_last_fragment_ends_the_last_character,
	bad_text_fails_inside_an_unfinished_frame, bad_text_fails_before_the_message_ends,
	good_text_before_bad_text_is_reported, binary_pings_and_pongs_may_hold_any_bytes)

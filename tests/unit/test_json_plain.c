/* SPDX-License-Identifier: MIT */
/* How far text is plain, wherever it ends and whatever ends it. */
#include "../../src/base/json_plain.h"
#include "../support/unit.h"

enum { LONGEST = 3 * JSON_STEP + 3 };

/* Plain text, but for one byte at that place; LONGEST: none. */
static void fill(char *text, size_t at, char c)
{
	memset(text, 'x', LONGEST);
	if (at < LONGEST)
		text[at] = c;
}

START_TEST(any_text_without_specials_is_plain_to_its_end)
{
	char text[LONGEST];
	fill(text, LONGEST, 0);
	for (size_t len = 0; len <= LONGEST; len++)
		ck_assert_uint_eq(json_plain_len((span){ text, len }), len);
}
END_TEST

/* All 256 bytes at each place of texts of each length. */
START_TEST(plain_text_ends_at_a_quote_a_backslash_or_a_control_character_and_nowhere_else)
{
	char text[LONGEST];
	for (unsigned c = 0; c < 256; c++) {
		bool special = c < 0x20 || c == '"' || c == '\\';
		for (size_t at = 0; at < LONGEST; at++) {
			fill(text, at, (char)c);
			for (size_t len = at + 1; len <= LONGEST; len++)
				ck_assert_uint_eq(
					json_plain_len((span){ text, len }), special ? at : len);
		}
	}
}
END_TEST

START_TEST(the_first_of_several_specials_counts)
{
	char text[LONGEST];
	for (size_t at = 0; at + 1 < LONGEST; at++) {
		fill(text, at, '"');
		text[at + 1] = '!'; /* which a borrow from the quote would make one as well */
		text[LONGEST - 1] = '\\';
		ck_assert_uint_eq(json_plain_len((span){ text, LONGEST }), at);
	}
}
END_TEST

START_TEST(a_step_in_ascii_ends_at_other_bytes_too)
{
	char text[LONGEST];
	for (unsigned c = 0; c < 256; c++) {
		bool special = c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
		for (size_t at = 0; at < JSON_STEP; at++) {
			fill(text, at, (char)c);
			ck_assert_uint_eq(json_plain_step(text, true), special ? at : JSON_STEP);
		}
		for (size_t at = 0; at < JSON_STRIDE; at++) {
			fill(text, at, (char)c);
			ck_assert(json_plain_stride(text, true) == !special);
		}
	}
}
END_TEST

UNIT_MAIN("json_plain", any_text_without_specials_is_plain_to_its_end,
	plain_text_ends_at_a_quote_a_backslash_or_a_control_character_and_nowhere_else,
	the_first_of_several_specials_counts, a_step_in_ascii_ends_at_other_bytes_too)

/* SPDX-License-Identifier: MIT */
/* http_chars - the table of characters, and lists of them. */
#include "http_chars.h"

/* Sums of the sets in the header, sixteen bytes a row. */
/* clang-format off */
const unsigned char http_chars[256] = {
	 0,  0,  0,  0,  0,  0,  0,  0,  0, 34,  0,  0,  0,  0,  0,  0,
	 0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
	34, 15,  6,  3, 15, 15, 15, 15, 14, 14, 15, 15, 14, 15, 15,  6, /* space to / */
	31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 14, 14,  6, 14,  6,  6, /* 0 to ? */
	 6, 31, 31, 31, 31, 31, 31, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* @ to O */
	15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 14,  6, 14,  7, 15, /* P to _ */
	 7, 31, 31, 31, 31, 31, 31, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* ` to o */
	15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6,  7,  6, 15,  0, /* p to DEL */
	 2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
	 2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
	 2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
	 2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
	 2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
	 2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
	 2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
	 2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
};
/* clang-format on */

bool http_all_in(span s, unsigned set)
{
	unsigned common = set; /* looking at all of them is faster than asking after each */
	for (size_t i = 0; i < s.len; i++)
		common &= http_chars[(unsigned char)s.at[i]];
	return common & set;
}

span http_trim(span s)
{
	while (s.len > 0 && http_char_in(s.at[0], HTTP_IN_SPACE)) {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && http_char_in(s.at[s.len - 1], HTTP_IN_SPACE))
		s.len--;
	return s;
}

bool http_list_next(span *list, span *item)
{
	if (list->len == 0)
		return false;
	const char *comma = memchr(list->at, ',', list->len);
	size_t len = comma ? (size_t)(comma - list->at) : list->len;
	size_t step = comma ? len + 1 : len;
	*item = http_trim((span){ list->at, len });
	list->at += step;
	list->len -= step;
	return true;
}

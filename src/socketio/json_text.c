/* SPDX-License-Identifier: MIT */
/* json_text - escapes of JSON strings. */
#include "json_text.h"
#include "../base/text.h"

enum {
	ESCAPE_LEN = 6, /* of \uXXXX */
	HIGH_FIRST = 0xD800,
	LOW_FIRST = 0xDC00,
	LOW_LAST = 0xDFFF
};

/* The code unit of the \uXXXX at the start of text, or -1. */
static int32_t code_unit(span text)
{
	if (text.len < ESCAPE_LEN || text.at[0] != '\\' || text.at[1] != 'u')
		return -1;
	int32_t unit = 0;
	for (size_t i = 2; i < ESCAPE_LEN; i++) {
		int digit = hex_digit(text.at[i]);
		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

static void skip(span *text, size_t n)
{
	text->at += n;
	text->len -= n;
}

static char continuation(uint32_t bits)
{
	return (char)(0x80 | (bits & 0x3F));
}

/* UTF-8, but for surrogates, which get the three bytes that are theirs, and U+0000, which gets
 * two. */
static size_t encode(uint32_t c, char *out)
{
	if (c < 0x80 && c != 0) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xC0 | c >> 6);
		out[1] = continuation(c);
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xE0 | c >> 12);
		out[1] = continuation(c >> 6);
		out[2] = continuation(c);
		return 3;
	}
	out[0] = (char)(0xF0 | c >> 18);
	out[1] = continuation(c >> 12);
	out[2] = continuation(c >> 6);
	out[3] = continuation(c);
	return 4;
}

static size_t unescape_unit(span *text, char *out)
{
	int32_t unit = code_unit(*text);
	if (unit < 0)
		return 0;
	skip(text, ESCAPE_LEN);
	if (unit < HIGH_FIRST || unit >= LOW_FIRST)
		return encode((uint32_t)unit, out);
	int32_t low = code_unit(*text);
	if (low < LOW_FIRST || low > LOW_LAST)
		return encode((uint32_t)unit, out);
	skip(text, ESCAPE_LEN);
	return encode((uint32_t)(0x10000 + ((unit - HIGH_FIRST) << 10) + (low - LOW_FIRST)), out);
}

static char short_escape(char c)
{
	switch (c) {
	case '"':
	case '\\':
	case '/':
		return c;
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return '\0';
	}
}

size_t json_unescape(span *text, char out[JSON_ESCAPED_MAX])
{
	if (text->len < 2)
		return 0;
	if (text->at[1] == 'u')
		return unescape_unit(text, out);
	out[0] = short_escape(text->at[1]);
	if (out[0] == '\0')
		return 0;
	skip(text, 2);
	return 1;
}

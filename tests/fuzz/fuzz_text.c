/* SPDX-License-Identifier: MIT */
/* Any bytes: UTF-8 cut anywhere is judged like the whole, base64 goes there and back, URLs too. */
#include "../../src/base/text.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())

/* The length of the character at p by its definition; 0: none is there. */
static size_t character(const uint8_t *p, size_t len)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80       ? 1
		   : p[0] >> 5 == 6  ? 2
		   : p[0] >> 4 == 14 ? 3
		   : p[0] >> 3 == 30 ? 4
				     : 0;
	if (n == 0 || n > len)
		return 0;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t k = 1; k < n; k++) {
		if (p[k] >> 6 != 2)
			return 0;
		c = c << 6 | (p[k] & 63);
	}
	return c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

static void check_utf8(const uint8_t *data, size_t size)
{
	size_t at = 0, units = 0, n;
	while (at < size && (n = character(data + at, size - at)) > 0) {
		at += n;
		units += n == 4 ? 2 : 1;
	}
	CHECK(utf8_valid(data, size) == (at == size));
	if (at == size)
		CHECK(utf16_length(data, size) == units);
	utf8_state whole = utf8_feed(UTF8_START, data, size), bytewise = UTF8_START;
	for (size_t i = 0; i < size; i++)
		bytewise = utf8_feed(bytewise, data + i, 1);
	CHECK(bytewise == whole);
	for (size_t cut = 0; cut <= size && cut < 64; cut++) {
		utf8_state first = utf8_feed(UTF8_START, data, cut);
		CHECK(utf8_feed(first, data + cut, size - cut) == whole);
	}
}

static void check_base64_there_and_back(const uint8_t *data, size_t size)
{
	size_t len = base64_encoded_len(size);
	char *text = malloc(len + 1);
	unsigned char *back = malloc(len / 4 * 3 + 3);
	base64_encode(text, data, size);
	CHECK(base64_decode(back, (span){ text, len }) == (long)size);
	CHECK(size == 0 || memcmp(back, data, size) == 0);
	free(text);
	free(back);
}

/* Decoding in place gives the same, and never more than there is room for. */
static void check_base64_of_anything(const uint8_t *data, size_t size)
{
	unsigned char *apart = malloc(size / 4 * 3 + 3), *in_place = malloc(size + 3);
	memcpy(in_place, data, size);
	long n = base64_decode(apart, (span){ (const char *)data, size });
	CHECK(base64_decode(in_place, (span){ (const char *)in_place, size }) == n);
	CHECK(n >= -1 && n <= (long)(size / 4 * 3 + 3));
	CHECK(n <= 0 || memcmp(apart, in_place, (size_t)n) == 0);
	free(apart);
	free(in_place);
}

static void check_url(span text)
{
	static const char hex[] = "0123456789abcdef";
	buf escaped = { 0 }, back = { 0 }, direct = { 0 };
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		buf_add(&escaped, (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
	}
	CHECK(url_decode(&back, buf_span(&escaped), true));
	CHECK(span_is(buf_span(&back), text));
	bool good = url_decode(&direct, text, false);
	CHECK(good ? buf_len(&direct) <= text.len : buf_len(&direct) == 0);
	buf_free(&escaped);
	buf_free(&back);
	buf_free(&direct);
}

/* A value that is found stands inside the query, behind its key, and ends at '&' or the end. */
static void check_query(span text)
{
	span value;
	const char *end = text.at + text.len;
	if (!query_find(text, SPAN("a"), &value))
		return;
	CHECK(value.at > text.at && value.at <= end && value.len <= (size_t)(end - value.at));
	CHECK(value.at + value.len == end || value.at[value.len] == '&');
	CHECK(value.len == 0 || !memchr(value.at, '&', value.len));
	CHECK(value.at[-1] == 'a' || (value.at[-1] == '=' && value.at[-2] == 'a'));
}

static void check_number(span text)
{
	uint64_t n;
	if (!parse_uint(text, UINT64_MAX, &n))
		return;
	buf b = { 0 };
	buf_add_uint(&b, n);
	size_t zeros = text.len - buf_len(&b);
	CHECK(buf_len(&b) <= text.len);
	CHECK(span_is(buf_span(&b), (span){ text.at + zeros, text.len - zeros }));
	CHECK(n == 0 || !parse_uint(text, n - 1, &n));
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	span text = { (const char *)data, size };
	check_utf8(data, size);
	check_base64_there_and_back(data, size);
	check_base64_of_anything(data, size);
	if (size == 0)
		return 0;
	check_url(text);
	check_query(text);
	check_number(text);
	return 0;
}

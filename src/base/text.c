/* SPDX-License-Identifier: MIT */
/* text - UTF-8, base64, random ids, numbers and URLs. */
#include "text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* ---- UTF-8 ---- */

static const uint64_t each_byte = 0x0101010101010101;

/* Between pieces the state says how many bytes the character still needs, and between which two
 * values the next one lies: that range alone excludes overlong forms, surrogates and too large
 * characters. */
static inline utf8_state utf8_need(unsigned bytes, unsigned low, unsigned high)
{
	return low << 16 | high << 8 | bytes;
}

static inline utf8_state utf8_lead(unsigned char c)
{
	if (c < 0x80)
		return UTF8_START;
	if (c < 0xc2 || c > 0xf4)
		return UTF8_BAD;
	if (c < 0xe0)
		return utf8_need(1, 0x80, 0xbf);
	if (c < 0xf0)
		return utf8_need(2, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf);
	return utf8_need(3, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf);
}

static inline utf8_state utf8_follow(utf8_state state, unsigned char c)
{
	unsigned needed = state & 0xff;
	if (c < state >> 16 || c > (state >> 8 & 0xff))
		return UTF8_BAD;
	return needed > 1 ? utf8_need(needed - 1, 0x80, 0xbf) : UTF8_START;
}

static inline bool is_ascii_word(const unsigned char *p)
{
	uint64_t word;
	memcpy(&word, p, 8);
	return !(word & each_byte << 7);
}

/* The same of four words. */
static inline bool is_ascii_stride(const unsigned char *p)
{
	uint64_t words[4];
	memcpy(words, p, sizeof words);
	return !((words[0] | words[1] | words[2] | words[3]) & each_byte << 7);
}

static inline const unsigned char *skip_ascii(const unsigned char *p, const unsigned char *end)
{
	const unsigned char *start = p;
	while (end - p >= 32 && is_ascii_stride(p))
		p += 32;
	while (end - p >= 8 && is_ascii_word(p))
		p += 8;
	/* What is left at the end is less than a word, and is looked at with some of what was
	 * before. */
	if (end - p < 8 && p > start && is_ascii_word(end - 8))
		return end;
	while (p < end && *p < 0x80)
		p++;
	return p;
}

utf8_state utf8_feed(utf8_state state, const void *data, size_t len)
{
	if (len == 0)
		return state;
	const unsigned char *p = data, *end = p + len;
	while (p < end && state != UTF8_BAD) {
		if (state != UTF8_START) {
			state = utf8_follow(state, *p++);
			continue;
		}
		if (*p < 0x80)
			p = skip_ascii(p, end);
		else
			state = utf8_lead(*p++);
	}
	return state;
}

bool utf8_valid(const void *data, size_t len)
{
	return utf8_feed(UTF8_START, data, len) == UTF8_START;
}

/* Each character counts once, at its first byte, and those of four bytes a second time. */
size_t utf16_length(const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t units = 0, i = 0;
	for (; len - i >= 8; i += 8) {
		uint64_t word;
		memcpy(&word, p + i, 8);
		uint64_t follow = word >> 7 & ~word >> 6 & each_byte;
		uint64_t four = word >> 7 & word >> 6 & word >> 5 & word >> 4 & each_byte;
		units += 8 + (size_t)(four * each_byte >> 56) - (size_t)(follow * each_byte >> 56);
	}
	for (; i < len; i++)
		units += (size_t)((p[i] & 0xc0) != 0x80) + (size_t)(p[i] >= 0xf0);
	return units;
}

/* ---- base64 ---- */

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char for_urls[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode_three(char *out, const unsigned char *in, const char *alphabet)
{
	out[0] = alphabet[in[0] >> 2];
	out[1] = alphabet[(in[0] << 4 | in[1] >> 4) & 63];
	out[2] = alphabet[(in[1] << 2 | in[2] >> 6) & 63];
	out[3] = alphabet[in[2] & 63];
}

void base64_encode(char *out, const void *data, size_t len)
{
	const unsigned char *in = data;
	for (; len >= 3; len -= 3, in += 3, out += 4)
		encode_three(out, in, standard);
	if (len == 0)
		return;
	unsigned char last[3] = { in[0], len > 1 ? in[1] : 0, 0 };
	encode_three(out, last, standard);
	out[3] = '=';
	if (len == 1)
		out[2] = '=';
}

/* What a character of either alphabet stands for, plus one; 0: of none. */
static const unsigned char digit_plus_one[256] = { ['A'] = 1,
	2,
	3,
	4,
	5,
	6,
	7,
	8,
	9,
	10,
	11,
	12,
	13,
	14,
	15,
	16,
	17,
	18,
	19,
	20,
	21,
	22,
	23,
	24,
	25,
	26,
	['a'] = 27,
	28,
	29,
	30,
	31,
	32,
	33,
	34,
	35,
	36,
	37,
	38,
	39,
	40,
	41,
	42,
	43,
	44,
	45,
	46,
	47,
	48,
	49,
	50,
	51,
	52,
	['0'] = 53,
	54,
	55,
	56,
	57,
	58,
	59,
	60,
	61,
	62,
	['+'] = 63,
	['/'] = 64,
	['-'] = 63,
	['_'] = 64 };

/* Two to four characters to one to three bytes. */
static bool decode_group(unsigned char *out, const char *in, size_t n)
{
	uint32_t bits = 0;
	for (size_t i = 0; i < 4; i++) {
		unsigned digit = i < n ? digit_plus_one[(unsigned char)in[i]] : 1;
		if (digit == 0)
			return false;
		bits = bits << 6 | (digit - 1);
	}
	out[0] = (unsigned char)(bits >> 16);
	if (n > 2)
		out[1] = (unsigned char)(bits >> 8);
	if (n > 3)
		out[2] = (unsigned char)bits;
	return true;
}

/* Padding, if there is any, must fill the last group to four. */
static bool drop_padding(span *text)
{
	size_t whole = text->len;
	while (text->len > 0 && whole - text->len < 2 && text->at[text->len - 1] == '=')
		text->len--;
	return (text->len == whole || whole % 4 == 0) && text->len % 4 != 1;
}

long base64_decode(unsigned char *out, span text)
{
	unsigned char *to = out;
	if (!drop_padding(&text))
		return -1;
	for (; text.len >= 4; text.at += 4, text.len -= 4, to += 3) {
		if (!decode_group(to, text.at, 4))
			return -1;
	}
	if (text.len == 0)
		return (long)(to - out);
	if (!decode_group(to, text.at, text.len))
		return -1;
	return (long)(to - out) + (long)text.len - 1;
}

/* ---- Ids ---- */

void random_bytes(void *out, size_t len)
{
	unsigned char *to = out;
	while (len > 0) {
		ssize_t n = getrandom(to, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		to += n;
		len -= (size_t)n;
	}
}

void random_id(char out[ID_LEN + 1])
{
	unsigned char bits[ID_LEN / 4 * 3];
	random_bytes(bits, sizeof bits);
	for (size_t i = 0; i < sizeof bits / 3; i++)
		encode_three(out + 4 * i, bits + 3 * i, for_urls);
	out[ID_LEN] = '\0';
}

/* ---- Numbers ---- */

bool parse_uint(span s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(s.at[i] - '0');
		if (digit > max || n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (s.len == 0)
		return false;
	*out = n;
	return true;
}

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* ---- URLs ---- */

/* The character at s.at[i], and in *len how many characters spell it; -1: a broken escape. */
static int url_char(span s, size_t i, size_t *len)
{
	*len = 1;
	if (s.at[i] != '%')
		return (unsigned char)s.at[i];
	if (s.len - i < 3)
		return -1;
	int high = hex_digit(s.at[i + 1]), low = hex_digit(s.at[i + 2]);
	if (high < 0 || low < 0)
		return -1;
	*len = 3;
	return high << 4 | low;
}

static bool url_measure(span s, size_t *count)
{
	size_t n = 0;
	for (size_t i = 0, len; i < s.len; i += len, n++) {
		if (url_char(s, i, &len) < 0)
			return false;
	}
	*count = n;
	return true;
}

/* It measures first, so that a broken escape leaves no half behind and a limit is not met too
 * early. */
bool url_decode(buf *out, span s, bool plus_is_space)
{
	size_t count, n = 0;
	if (!url_measure(s, &count))
		return false;
	unsigned char *to = buf_reserve(out, count);
	if (!to)
		return false;
	for (size_t i = 0, len; i < s.len; i += len) {
		bool space = plus_is_space && s.at[i] == '+';
		int c = url_char(s, i, &len);
		to[n++] = space ? ' ' : (unsigned char)c;
	}
	buf_added(out, count);
	return true;
}

/* The text is an encoded form of the key. */
static bool encodes(span text, span key)
{
	size_t at = 0, len;
	for (size_t i = 0; i < text.len; i += len) {
		int c = text.at[i] == '+' ? ' ' : 0, decoded = url_char(text, i, &len);
		if (decoded < 0 || at == key.len ||
			(unsigned char)key.at[at++] != (c ? c : decoded))
			return false;
	}
	return at == key.len;
}

bool query_find(span query, span key, span *value)
{
	bool found = false;
	while (query.len > 0) {
		const char *amp = memchr(query.at, '&', query.len);
		span pair = { query.at, amp ? (size_t)(amp - query.at) : query.len };
		const char *equals = memchr(pair.at, '=', pair.len);
		size_t name_len = equals ? (size_t)(equals - pair.at) : pair.len;
		if (encodes((span){ pair.at, name_len }, key)) {
			size_t used = equals ? name_len + 1 : name_len;
			*value = (span){ pair.at + used, pair.len - used };
			found = true;
		}
		size_t skip = amp ? pair.len + 1 : pair.len;
		query = (span){ query.at + skip, query.len - skip };
	}
	return found;
}

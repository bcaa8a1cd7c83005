/* SPDX-License-Identifier: MIT */
/* packet3 - packets and payloads of Engine.IO 3 (protocol-notes/engine.io.md, "Version 3"); reading
 * and writing side by side. */
#include "packet3.h"
#include "../base/text.h"

/* Kinds of packets in a binary payload, and what ends a length there. */
enum { KIND_TEXT, KIND_BINARY, LENGTH_END = 0xff };

/* ---- Packets ---- */

static bool typed(packet *out, unsigned type, bool binary, unsigned char *data, size_t len)
{
	*out = (packet){ (packet_type)type, binary, { (const char *)data, len } };
	return type < PACKET_TYPES;
}

static bool base64_read(packet *out, unsigned char *text, size_t len)
{
	if (len < 2 || text[1] < '0')
		return false;
	long n = base64_decode(text + 2, (span){ (const char *)text + 2, len - 2 });
	return n >= 0 && typed(out, text[1] - '0', true, text + 2, (size_t)n);
}

static bool binary_read(packet *out, unsigned char *data, size_t len)
{
	return len > 0 && typed(out, data[0], true, data + 1, len - 1);
}

static bool text_read(packet *out, unsigned char *text, size_t len)
{
	if (len > 0 && text[0] == 'b')
		return base64_read(out, text, len);
	return packet_read(out, text, len);
}

bool frame3_read(packet *out, unsigned char *data, size_t len, bool binary)
{
	return binary ? binary_read(out, data, len) : text_read(out, data, len);
}

bytes *dress3(bytes *b)
{
	if (!b->binary)
		return b;
	bytes *dressed = bytes_new(b->len + 1);
	if (dressed) {
		dressed->binary = 1;
		bytes_data(dressed)[0] = PACKET_MESSAGE;
		memcpy(bytes_data(dressed) + 1, bytes_data(b), b->len);
	}
	bytes_unref(b);
	return dressed;
}

bytes *dress3_base64(bytes *b)
{
	if (!b->binary)
		return b;
	bytes *dressed = bytes_new(2 + base64_encoded_len(b->len));
	if (dressed) {
		memcpy(bytes_data(dressed), "b4", 2);
		base64_encode((char *)bytes_data(dressed) + 2, bytes_data(b), b->len);
	}
	bytes_unref(b);
	return dressed;
}

/* ---- Payloads of text ---- */

/* The bytes that hold this many UTF-16 code units of valid UTF-8; -1: there are fewer, or the end
 * would fall into a character. */
static long bytes_of_units(const unsigned char *text, size_t len, uint64_t units)
{
	size_t n = 0;
	while (units && n < len) {
		size_t width = text[n] < 0x80 ? 1 : text[n] < 0xe0 ? 2 : text[n] < 0xf0 ? 3 : 4;
		uint64_t weight = width == 4 ? 2 : 1;
		if (weight > units)
			return -1;
		units -= weight;
		n += width;
	}
	if (units || n > len || !utf8_valid(text, n))
		return -1;
	return (long)n;
}

/* How many digits a length may have: more than any payload needs, and no more to look at. */
enum { LENGTH_DIGITS = 20 };

static size_t find_colon(const unsigned char *text, size_t left)
{
	size_t n = 0;
	while (n < left && n <= LENGTH_DIGITS && text[n] != ':')
		n++;
	return n;
}

bool payload3_read(packet *out, unsigned char **at, size_t *left)
{
	unsigned char *text = *at;
	size_t digits = find_colon(text, *left);
	uint64_t units;
	if (digits == *left || text[digits] != ':' ||
		!parse_uint((span){ (const char *)text, digits }, *left, &units))
		return false;
	text += digits + 1;
	long len = bytes_of_units(text, *left - digits - 1, units);
	if (len < 0)
		return false;
	*at = text + len;
	*left -= digits + 1 + (size_t)len;
	return len ? text_read(out, text, (size_t)len) : typed(out, PACKET_NOOP, false, text, 0);
}

void payload3_write(buf *out, bytes *b)
{
	buf_add_uint(out, utf16_length(bytes_data(b), b->len));
	buf_add_char(out, ':');
	buf_add(out, bytes_data(b), b->len);
}

size_t payload3_size(const bytes *b)
{
	return LENGTH_DIGITS + 2 + b->len;
}

/* ---- Binary payloads ---- */

/* The head of a packet: kind, digits and the end of the length.  Returns its size, and the length
 * of what follows; 0: it is none, or more follows than there is. */
static size_t head_read(const unsigned char *data, size_t left, size_t *len)
{
	size_t n = 1;
	*len = 0;
	while (n < left && n <= LENGTH_DIGITS && data[n] <= 9) {
		*len = *len * 10 + data[n++];
		if (*len > left)
			return 0;
	}
	if (n == 1 || n >= left || data[n] != LENGTH_END || data[0] > KIND_BINARY)
		return 0;
	n++;
	return *len <= left - n ? n : 0;
}

static bool counted_read(packet *out, unsigned char *data, size_t len, bool binary)
{
	if (len == 0)
		return typed(out, PACKET_NOOP, false, data, 0);
	if (binary)
		return binary_read(out, data, len);
	return utf8_valid(data, len) && text_read(out, data, len);
}

bool payload3_binary_read(packet *out, unsigned char **at, size_t *left)
{
	unsigned char *data = *at;
	if (!*left)
		return typed(out, PACKET_NOOP, false, data, 0);
	size_t len, head = head_read(data, *left, &len);
	if (!head)
		return false;
	*at += head + len;
	*left -= head + len;
	return counted_read(out, data + head, len, data[0] == KIND_BINARY);
}

static void digits_write(buf *out, size_t n)
{
	unsigned char digits[LENGTH_DIGITS];
	size_t at = sizeof digits;
	do {
		digits[--at] = (unsigned char)(n % 10);
		n /= 10;
	} while (n);
	buf_add(out, digits + at, sizeof digits - at);
}

void payload3_binary_write(buf *out, bytes *b)
{
	buf_add_char(out, b->binary ? KIND_BINARY : KIND_TEXT);
	digits_write(out, b->len);
	buf_add_char(out, (char)LENGTH_END);
	buf_add(out, bytes_data(b), b->len);
}

/* SPDX-License-Identifier: MIT */
/* packet - Engine.IO packets and the payloads of long-polling; reading and writing side by side. */
#include "packet.h"
#include "../base/text.h"

static bool read_base64(packet *out, unsigned char *text, size_t len)
{
	long n = base64_decode(text, (span){ (const char *)text, len });
	if (n < 0)
		return false;
	*out = (packet){ PACKET_MESSAGE, true, { (const char *)text, (size_t)n } };
	return true;
}

bool packet_read(packet *out, unsigned char *text, size_t len)
{
	if (len == 0)
		return false;
	if (text[0] == 'b')
		return read_base64(out, text + 1, len - 1);
	if (text[0] < '0' || text[0] >= '0' + PACKET_TYPES)
		return false;
	*out = (packet){ (packet_type)(text[0] - '0'), false, { (const char *)text + 1, len - 1 } };
	return true;
}

bool frame4_read(packet *out, unsigned char *data, size_t len, bool binary)
{
	if (!binary)
		return packet_read(out, data, len);
	*out = (packet){ PACKET_MESSAGE, true, { (const char *)data, len } };
	return true;
}

bytes *packet_write(packet_type type, span data)
{
	bytes *b = bytes_new(data.len + 1);
	if (!b)
		return NULL;
	bytes_data(b)[0] = (unsigned char)('0' + type);
	if (data.len)
		memcpy(bytes_data(b) + 1, data.at, data.len);
	return b;
}

bool payload4_read(packet *out, unsigned char **at, size_t *left)
{
	if (*left == 0)
		return false;
	unsigned char *text = *at;
	unsigned char *end = memchr(text, PAYLOAD_SEPARATOR, *left);
	size_t len = end ? (size_t)(end - text) : *left;
	/* A separator at the very end stays: the empty packet behind it is to be found. */
	size_t used = end && len + 1 < *left ? len + 1 : len;

	*at += used;
	*left -= used;
	return utf8_valid(text, len) && packet_read(out, text, len);
}

size_t payload4_size(const bytes *b)
{
	return 2 + (b->binary ? base64_encoded_len(b->len) : b->len);
}

void payload4_write(buf *out, bytes *b)
{
	if (buf_len(out) > 0)
		buf_add_char(out, PAYLOAD_SEPARATOR);
	if (!b->binary) {
		buf_add(out, bytes_data(b), b->len);
		return;
	}
	buf_add_char(out, 'b');
	size_t len = base64_encoded_len(b->len);
	unsigned char *at = buf_reserve(out, len);
	if (!at)
		return;
	base64_encode((char *)at, bytes_data(b), b->len);
	buf_added(out, len);
}

/* SPDX-License-Identifier: MIT */
/*
 * fuzz_payload3 - the body of a POST in version 3, in both of its forms, and inside a form field.
 *
 * What can be read lies inside the body, is found in steps that each use up some of it, and can be
 * written and read again as the same packets; what cannot be read ends the reading.
 */
#include "../../src/base/text.h"
#include "../../src/engine/jsonp.h"
#include "../../src/engine/packet3.h"
#include <stdint.h>
#include <stdlib.h>

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

typedef bool read_fn(packet *out, unsigned char **at, size_t *left);
typedef void write_fn(buf *out, bytes *b);
typedef bytes *dress_fn(bytes *b);

/* A block of exactly this size, so that the sanitizers see a byte too far. */
static unsigned char *copy_of(const void *data, size_t size)
{
	unsigned char *copy = size ? malloc(size) : NULL;
	REQUIRE(copy || !size);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

static void require_sound(const packet *p, const unsigned char *begin, const unsigned char *end)
{
	const unsigned char *at = (const unsigned char *)p->data.at;
	REQUIRE(at >= begin && at + p->data.len <= end);
	REQUIRE(p->type < PACKET_TYPES);
	REQUIRE(p->binary || utf8_valid(at, p->data.len));
}

/* Only messages are ever sent with binary data. */
static bytes *block_of(const packet *p, dress_fn *dress)
{
	bytes *b = p->binary ? bytes_copy(p->data.at, p->data.len) : packet_write(p->type, p->data);
	REQUIRE(b);
	b->binary = p->binary;
	b = dress(b);
	REQUIRE(b);
	return b;
}

static void require_same(const packet *p, const packet *q)
{
	REQUIRE(p->binary == q->binary && (p->binary || p->type == q->type));
	REQUIRE(span_is(p->data, q->data));
}

/* What was written is read as the packet that it was made of. */
static void write_and_read(const packet *p, dress_fn *dress, write_fn *write, read_fn *read)
{
	buf out = { 0 };
	packet q;
	bytes *b = block_of(p, dress);
	write(&out, b);
	write(&out, b);
	REQUIRE(!out.failed && buf_len(&out) <= 2 * payload3_size(b));
	unsigned char *copy = copy_of(buf_data(&out), buf_len(&out)), *at = copy;
	size_t left = buf_len(&out);
	for (int i = 0; i < 2; i++) {
		REQUIRE(left && read(&q, &at, &left));
		require_same(p, &q);
	}
	REQUIRE(left == 0);
	free(copy);
	bytes_unref(b);
	buf_free(&out);
}

static void write_every_way(const packet *p)
{
	write_and_read(p, dress3, payload3_binary_write, payload3_binary_read);
	write_and_read(p, dress3_base64, payload3_binary_write, payload3_binary_read);
	write_and_read(p, dress3_base64, payload3_write, payload3_read);
}

static void try_payload(const uint8_t *data, size_t size, read_fn *read)
{
	unsigned char *copy = copy_of(data, size), *at = copy;
	size_t left = size;
	packet p;
	bool good = size > 0;
	while (good && left) {
		unsigned char *begin = at;
		size_t before = left;
		good = read(&p, &at, &left);
		if (!good)
			break;
		REQUIRE(left < before && at == begin + (before - left));
		require_sound(&p, begin, at);
		/* Long inputs are of one packet or two, so this stays linear. */
		write_every_way(&p);
	}
	free(copy);
}

static void try_frame(const uint8_t *data, size_t size, bool binary)
{
	unsigned char *copy = copy_of(data, size);
	packet p;
	if (binary || utf8_valid(data, size))
		if (frame3_read(&p, copy, size, binary)) {
			require_sound(&p, copy, copy + size);
			write_every_way(&p);
		}
	free(copy);
}

/* As clients write it: a backslash more before backslash-n, backslash-n for a line feed, and all
 * of it percent-encoded.  false: a line feed stands behind a backslash, which cannot be written. */
static bool form_of(buf *out, const uint8_t *data, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	buf_add_text(out, "d=");
	for (size_t i = 0; i < size; i++) {
		const char code[] = { '%', hex[data[i] >> 4], hex[data[i] & 15] };
		bool escape = i + 1 < size && data[i] == '\\';
		if (escape && data[i + 1] == '\n')
			return false;
		if (escape && data[i + 1] == 'n')
			buf_add_text(out, "%5C");
		if (data[i] == '\n')
			buf_add_text(out, "%5Cn");
		else
			buf_add(out, code, sizeof code);
	}
	return true;
}

static void try_form(const uint8_t *data, size_t size)
{
	buf form = { 0 }, text = { 0 };
	if (form_of(&form, data, size)) {
		REQUIRE(jsonp_read(&text, buf_span(&form)) == JSONP_PAYLOAD);
		REQUIRE(span_is(buf_span(&text), (span){ (const char *)data, size }));
	}
	buf_clear(&text);
	if (jsonp_read(&text, (span){ (const char *)data, size }) == JSONP_PAYLOAD)
		REQUIRE(buf_len(&text) <= size);
	buf_free(&form);
	buf_free(&text);
}

/* Nothing in a script can end its string, and nothing but the string grows with the payload. */
static void try_script(const uint8_t *data, size_t size)
{
	buf out = { 0 };
	jsonp_write(&out, (span){ (const char *)data, size }, (span){ (const char *)data, size });
	const unsigned char *at = buf_data(&out);
	const unsigned char *end = at + buf_len(&out) - 3;
	at = memchr(at, '"', buf_len(&out));
	REQUIRE(at && !memcmp(end, "\");", 3));
	for (at++; at < end; at++) {
		REQUIRE(*at >= 0x20 && *at != '"');
		if (*at == '\\')
			at++;
	}
	REQUIRE(at == end && buf_len(&out) <= 7 * size + 14);
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_payload(data, size, payload3_read);
	try_payload(data, size, payload3_binary_read);
	try_frame(data, size, false);
	try_frame(data, size, true);
	try_form(data, size);
	try_script(data, size);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * fuzz_payload - the body of a POST, and one text frame.
 *
 * What can be read lies inside the body and can be written and read again as the same packets; what
 * cannot be read ends the reading.
 */
#include "../../src/base/text.h"
#include "../../src/engine/packet.h"
#include <stdint.h>
#include <stdlib.h>

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

/* A block of exactly this size, so that the sanitizers see a byte too far. */
static unsigned char *copy_of(const uint8_t *data, size_t size)
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
	REQUIRE(at > begin && at + p->data.len <= end);
	REQUIRE(p->type < PACKET_TYPES && (!p->binary || p->type == PACKET_MESSAGE));
	REQUIRE(p->binary || utf8_valid(at, p->data.len));
}

static bytes *block_of(const packet *p)
{
	bytes *b = p->binary ? bytes_copy(p->data.at, p->data.len) : packet_write(p->type, p->data);
	REQUIRE(b);
	b->binary = p->binary;
	return b;
}

static void require_same(const packet *p, bytes *b)
{
	span content = { (const char *)bytes_data(b), b->len };
	REQUIRE(p->binary == b->binary);
	if (p->binary) {
		REQUIRE(span_is(content, p->data));
		return;
	}
	REQUIRE(content.at[0] == '0' + (int)p->type);
	REQUIRE(span_is((span){ content.at + 1, content.len - 1 }, p->data));
}

/* What was written is read as the blocks that it was made of, and as nothing else. */
static void read_again(const buf *written, bytes **blocks, size_t n)
{
	unsigned char *copy = copy_of(buf_data(written), buf_len(written)), *at = copy;
	size_t left = buf_len(written);
	packet p;
	for (size_t i = 0; i < n; i++) {
		REQUIRE(payload4_read(&p, &at, &left));
		require_same(&p, blocks[i]);
		REQUIRE((i + 1 == n) == (left == 0));
	}
	free(copy);
}

static void write_and_read_again(bytes **blocks, size_t n)
{
	buf out = { 0 };
	size_t most = 0;
	for (size_t i = 0; i < n; i++) {
		payload4_write(&out, blocks[i]);
		most += payload4_size(blocks[i]);
	}
	REQUIRE(!out.failed && buf_len(&out) <= most);
	read_again(&out, blocks, n);
	buf_free(&out);
}

static void try_payload(const uint8_t *data, size_t size)
{
	unsigned char *copy = copy_of(data, size), *at = copy;
	bytes **blocks = calloc(size + 1, sizeof(bytes *));
	size_t left = size, n = 0;
	packet p;
	bool good;

	REQUIRE(blocks);
	do {
		const unsigned char *begin = at;
		size_t before = left;
		good = payload4_read(&p, &at, &left);
		REQUIRE(left <= before && (!size || at == copy + size - left));
		if (good) {
			REQUIRE(left < before);
			require_sound(&p, begin, at);
			blocks[n++] = block_of(&p);
		}
	} while (good && left);
	/* A payload is read whole only if it is UTF-8 and no packet of it is empty. */
	if (good)
		REQUIRE(utf8_valid(data, size) && data[size - 1] != PAYLOAD_SEPARATOR);
	write_and_read_again(blocks, n);
	for (size_t i = 0; i < n; i++)
		bytes_unref(blocks[i]);
	free(blocks);
	free(copy);
}

/* A frame without separators is read as the same packet alone and as a payload. */
static void try_frame(const uint8_t *data, size_t size)
{
	if (size && (memchr(data, PAYLOAD_SEPARATOR, size) || !utf8_valid(data, size)))
		return;
	unsigned char *one = copy_of(data, size), *two = copy_of(data, size), *at = two;
	size_t left = size;
	packet frame, payload;
	bool good = packet_read(&frame, one, size);
	REQUIRE(payload4_read(&payload, &at, &left) == good);
	if (good) {
		REQUIRE(frame.type == payload.type && frame.binary == payload.binary);
		REQUIRE(span_is(frame.data, payload.data));
	}
	free(one);
	free(two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_payload(data, size);
	try_frame(data, size);
	return 0;
}

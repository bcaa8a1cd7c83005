/* SPDX-License-Identifier: MIT */
/* compress - whole answers in gzip, deflate (which is zlib's format on the wire) and br. */
#include "compress.h"
#include "http.h"
#include <limits.h>
#include <zlib.h>
#ifdef HAVE_BROTLI
#include <brotli/encode.h>
#endif

/* From the least to the most wanted. */
static const coding by_taste[] = {
	CODING_DEFLATE,
	CODING_GZIP,
#ifdef HAVE_BROTLI
	CODING_BROTLI,
#endif
};

const char *coding_name(coding c)
{
	static const char *const names[] = { NULL, "deflate", "gzip", "br" };
	return names[c];
}

coding coding_choose(span accept_encoding)
{
	coding best = CODING_NONE;
	unsigned best_quality = 1;
	for (size_t i = 0; i < sizeof by_taste / sizeof *by_taste; i++) {
		span name = span_of(coding_name(by_taste[i]));
		unsigned quality = http_accepts(accept_encoding, name);
		if (quality < best_quality)
			continue;
		best = by_taste[i];
		best_quality = quality;
	}
	bool better_plain = http_accepts(accept_encoding, SPAN("identity")) > best_quality;
	return better_plain ? CODING_NONE : best;
}

/* ---- zlib ---- */

/* A window no larger than the data needs: most answers are small, and each deflate state would
 * otherwise cost a quarter of a megabyte. */
static int window_bits(size_t len)
{
	int bits = 9;
	while (bits < MAX_WBITS && (size_t)1 << bits < len)
		bits++;
	return bits;
}

static bool deflate_start(z_stream *z, coding c, size_t len, int level)
{
	enum { GZIP_WRAPPER = 16, MEM_LEVEL = 8 };
	int bits = window_bits(len) + (c == CODING_GZIP ? GZIP_WRAPPER : 0);
	int zlib_level = level == 0 ? Z_DEFAULT_COMPRESSION : level > 9 ? 9 : level;
	return deflateInit2(z, zlib_level, Z_DEFLATED, bits, MEM_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
}

/* zlib counts in unsigned int, and data may be longer. */
static uInt at_most_uint(size_t len)
{
	return len < UINT_MAX ? (uInt)len : UINT_MAX;
}

/* out has room for room bytes; the length, or 0: it failed. */
static size_t deflate_all(z_stream *z, span in, unsigned char *out, size_t room)
{
	size_t read = 0, written = 0;
	int result = Z_OK;
	while (result == Z_OK) {
		uInt in_now = at_most_uint(in.len - read);
		uInt out_now = at_most_uint(room - written);
		z->next_in = (z_const Bytef *)(uintptr_t)(in.at + read);
		z->avail_in = in_now;
		z->next_out = out + written;
		z->avail_out = out_now;
		result = deflate(z, read + in_now == in.len ? Z_FINISH : Z_NO_FLUSH);
		read += in_now - z->avail_in;
		written += out_now - z->avail_out;
	}
	return result == Z_STREAM_END ? written : 0;
}

static bool write_zlib(buf *out, coding c, span in, int level)
{
	z_stream z = { 0 };
	if (!deflate_start(&z, c, in.len, level))
		return false;
	size_t room = deflateBound(&z, in.len);
	unsigned char *at = buf_reserve(out, room);
	size_t len = at ? deflate_all(&z, in, at, room) : 0;
	deflateEnd(&z);
	buf_added(out, len);
	return len > 0;
}

/* ---- brotli ---- */

#ifdef HAVE_BROTLI
static bool write_brotli(buf *out, span in, int level)
{
	int quality = level == 0 ? 4 : level > BROTLI_MAX_QUALITY ? BROTLI_MAX_QUALITY : level;
	size_t room = BrotliEncoderMaxCompressedSize(in.len);
	unsigned char *at = room ? buf_reserve(out, room) : NULL;
	if (!at || !BrotliEncoderCompress(quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC,
			   in.len, (const uint8_t *)in.at, &room, at))
		return false;
	buf_added(out, room);
	return true;
}
#else
static bool write_brotli(buf *out, span in, int level)
{
	(void)out;
	(void)in;
	(void)level;
	return false;
}
#endif

static bool write_coded(buf *out, coding c, span in, int level)
{
	if (c == CODING_BROTLI)
		return write_brotli(out, in, level);
	return write_zlib(out, c, in, level);
}

bytes *coding_compress(coding c, const void *data, size_t len, int level)
{
	buf out = { 0 };
	bytes *result = NULL;
	span in = { len > 0 ? data : "", len };
	if (c == CODING_NONE)
		return bytes_copy(in.at, in.len);
	if (write_coded(&out, c, in, level))
		result = bytes_copy(buf_data(&out), buf_len(&out));
	buf_free(&out);
	return result;
}

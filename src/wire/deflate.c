/* SPDX-License-Identifier: MIT */
/*
 * deflate - see deflate.h.
 *
 * zlib cannot deflate into a window of 256 bytes, 8 bits, without its wrapper.  Its window of 9
 * bits serves instead: zlib never reaches back further than the window's size less 262 bytes, its
 * longest look ahead, which is 250 bytes here.  A client of 8 bits may do the same, and is read
 * with 9.
 */
#include "deflate.h"
#include "websocket.h"
#include <assert.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

/* ---- zlib's states ---- */

static int clamp(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

/* zlib's own would hide its allocations from the allocator that tests put in the way. */
static voidpf zlib_alloc(voidpf opaque, uInt n, uInt size)
{
	(void)opaque;
	return calloc(n, size);
}

static void zlib_free(voidpf opaque, voidpf block)
{
	(void)opaque;
	free(block);
}

static z_stream *stream_new(void)
{
	z_stream *z = calloc(1, sizeof *z);
	if (!z)
		return NULL;
	z->zalloc = zlib_alloc;
	z->zfree = zlib_free;
	return z;
}

/* Negative window bits: without zlib's wrapper. */
static int raw_bits(int window_bits)
{
	return -clamp(window_bits, PMD_WINDOW_LEAST, PMD_WINDOW_MOST);
}

static z_stream *inflate_new(int window_bits)
{
	z_stream *z = stream_new();
	if (!z || inflateInit2(z, raw_bits(window_bits)) == Z_OK)
		return z;
	free(z);
	return NULL;
}

static z_stream *deflate_new(const pmd_options *o, int window_bits)
{
	z_stream *z = stream_new();
	if (!z || deflateInit2(z, o->level, Z_DEFLATED, raw_bits(window_bits), o->mem_level,
			  Z_DEFAULT_STRATEGY) == Z_OK)
		return z;
	free(z);
	return NULL;
}

static void inflate_drop(z_stream **z)
{
	if (*z)
		inflateEnd(*z);
	free(*z);
	*z = NULL;
}

static void deflate_drop(z_stream **z)
{
	if (*z)
		deflateEnd(*z);
	free(*z);
	*z = NULL;
}

void pmd_shared_init(pmd_shared *s, const pmd_options *o)
{
	*s = (pmd_shared){ .options = *o };
	s->options.level = o->level == 0 ? Z_DEFAULT_COMPRESSION : clamp(o->level, 1, 9);
	s->options.mem_level = o->mem_level == 0 ? 8 : clamp(o->mem_level, 1, 9);
	s->options.threshold = o->threshold == 0 ? 1024 : o->threshold;
}

void pmd_shared_fini(pmd_shared *s)
{
	inflate_drop(&s->inflate);
	for (size_t i = 0; i < PMD_WINDOWS; i++)
		deflate_drop(&s->deflate[i]);
}

void pmd_init(pmd *x, pmd_shared *s, const pmd_params *p)
{
	*x = (pmd){ .shared = s, .params = *p };
}

void pmd_fini(pmd *x)
{
	inflate_drop(&x->inflate);
	deflate_drop(&x->deflate);
}

void pmd_heartbeat(pmd *x)
{
	if (!x->spoke)
		deflate_drop(&x->deflate);
	x->spoke = false;
}

/* The largest window reads what was written with any, so one shared state is enough. */
static z_stream *inflater_of(pmd *x)
{
	bool shared = x->params.client_no_context_takeover;
	z_stream **z = shared ? &x->shared->inflate : &x->inflate;
	if (!*z)
		*z = inflate_new(shared ? PMD_WINDOW_MOST : x->params.client_window_bits);
	if (*z && shared)
		inflateReset(*z);
	return *z;
}

static z_stream *deflater_of(pmd *x)
{
	bool shared = x->params.server_no_context_takeover;
	int bits = -raw_bits(x->params.server_window_bits);
	z_stream **z = shared ? &x->shared->deflate[bits - PMD_WINDOW_LEAST] : &x->deflate;
	if (!*z)
		*z = deflate_new(&x->shared->options, bits);
	if (*z && shared)
		deflateReset(*z);
	return *z;
}

/* ---- Inflating ---- */

/* zlib counts its input in unsigned int; this is the most it is given at a time. */
enum { PMD_PIECE = 1 << 20 };
/* The most that is set aside for output at a time. */
enum { PMD_BLOCK = 1 << 14 };

/* What the sender took off the end of each message (RFC 7692, 7.2.1): the end of an empty stored
 * block. */
enum { PMD_TAIL = 4 };
static const unsigned char tail[PMD_TAIL] = { 0x00, 0x00, 0xff, 0xff };

typedef struct pmd_inflation {
	z_stream *z;
	buf *out;
	size_t max, block;
	bool ended; /* the last block said that it was the last, and nothing followed so far */
} pmd_inflation;

/* One call of inflate() with room within max.  When out is full, one byte of room elsewhere tells
 * whether there is more. */
static pmd_result inflate_some(pmd_inflation *f)
{
	unsigned char excess;
	size_t left = f->max - buf_len(f->out);
	size_t room = left < f->block ? left : f->block;
	unsigned char *at = room > 0 ? buf_reserve(f->out, room) : &excess;
	if (!at)
		return PMD_NO_MEMORY;
	f->z->next_out = at;
	f->z->avail_out = room > 0 ? (uInt)room : 1;
	int result = inflate(f->z, Z_SYNC_FLUSH);
	if (room == 0 && f->z->avail_out == 0)
		return PMD_TOO_BIG;
	buf_added(f->out, room > 0 ? room - f->z->avail_out : 0);
	if (result == Z_MEM_ERROR)
		return PMD_NO_MEMORY;
	f->ended = result == Z_STREAM_END;
	return f->ended || result == Z_OK || result == Z_BUF_ERROR ? PMD_OK : PMD_BAD_DATA;
}

/* The message, and the window, go on behind a block that says it is the last one (RFC 7692,
 * 7.2.3.4); resetting costs the same however large the window is. */
static pmd_result inflate_piece(pmd_inflation *f, const unsigned char *in, size_t len)
{
	f->z->next_in = in;
	f->z->avail_in = (uInt)len;
	do {
		pmd_result result = inflate_some(f);
		if (result != PMD_OK)
			return result;
		if (f->ended)
			inflateResetKeep(f->z);
	} while (f->z->avail_in > 0 || (f->z->avail_out == 0 && !f->ended));
	return PMD_OK;
}

/* zlib says in data_type where it stopped: 128 for right behind a block, and the number of bits
 * that it has read and not used. */
static bool at_end_of_block(const z_stream *z)
{
	return (z->data_type & 128) && (z->data_type & 63) == 0;
}

static pmd_result inflate_message(pmd_inflation *f, const unsigned char *in, size_t len)
{
	for (size_t at = 0; at < len; at += PMD_PIECE) {
		size_t n = len - at < PMD_PIECE ? len - at : PMD_PIECE;
		pmd_result result = inflate_piece(f, in + at, n);
		if (result != PMD_OK)
			return result;
	}
	if (f->ended)
		return PMD_OK;
	pmd_result result = inflate_piece(f, tail, PMD_TAIL);
	if (result != PMD_OK)
		return result;
	return at_end_of_block(f->z) ? PMD_OK : PMD_BAD_DATA;
}

/* A first guess of three to one keeps short messages short in memory. */
static size_t first_block(size_t len)
{
	return len < PMD_BLOCK / 4 ? 3 * len + 64 : PMD_BLOCK;
}

pmd_result pmd_inflate(pmd *x, const unsigned char *in, size_t len, buf *out, size_t max)
{
	assert(buf_len(out) == 0);
	if (len == 0)
		return PMD_OK;
	pmd_inflation f = {
		.z = inflater_of(x), .out = out, .max = max, .block = first_block(len)
	};
	pmd_result result = f.z ? inflate_message(&f, in, len) : PMD_NO_MEMORY;
	if (result == PMD_OK)
		return PMD_OK;
	buf_free(out);
	inflate_drop(&x->inflate);
	return result;
}

unsigned pmd_close_code(pmd_result r)
{
	static const unsigned codes[] = { [PMD_OK] = WS_CLOSE_NORMAL,
		[PMD_TOO_BIG] = WS_CLOSE_TOO_BIG,
		[PMD_BAD_DATA] = WS_CLOSE_BAD_DATA,
		[PMD_NO_MEMORY] = WS_CLOSE_INTERNAL };
	return codes[r];
}

/* ---- Deflating ---- */

bool pmd_worth(const pmd *x, size_t len)
{
	if (x->params.server_no_context_takeover && len < x->shared->options.threshold)
		return false;
	return len > 1;
}

/* A flush that ends exactly at the end of the room is followed by one more empty block, which is
 * harmless. */
static bool deflate_all(z_stream *z, const unsigned char *in, size_t len, buf *out)
{
	size_t room = len < PMD_BLOCK ? len / 2 + 64 : PMD_BLOCK;
	z->next_in = in;
	z->avail_in = 0;
	do {
		z->next_out = buf_reserve(out, room);
		z->avail_out = (uInt)room;
		if (!z->next_out)
			return false;
		uInt more = z->avail_in > 0 ? 0 : (uInt)(len < PMD_PIECE ? len : PMD_PIECE);
		z->avail_in += more;
		len -= more;
		deflate(z, len > 0 ? Z_NO_FLUSH : Z_SYNC_FLUSH);
		buf_added(out, room - z->avail_out);
	} while (z->avail_in > 0 || len > 0 || z->avail_out == 0);
	return true;
}

bool pmd_deflate(pmd *x, const void *in, size_t len, buf *out)
{
	assert(len > 0 && buf_len(out) == 0);
	z_stream *z = deflater_of(x);
	x->spoke = true;
	if (z && deflate_all(z, in, len, out)) {
		out->end -= PMD_TAIL;
		return true;
	}
	buf_free(out);
	deflate_drop(&x->deflate);
	return false;
}

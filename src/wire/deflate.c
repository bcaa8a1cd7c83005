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
#include "http_chars.h"
#include "websocket.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

/* ---- Offers ---- */

static const char extension_name[] = "permessage-deflate";

enum { SERVER_NO_CONTEXT, CLIENT_NO_CONTEXT, SERVER_BITS, CLIENT_BITS, PARAM_KINDS };

static const char *const param_names[PARAM_KINDS] = { "server_no_context_takeover",
	"client_no_context_takeover", "server_max_window_bits", "client_max_window_bits" };

typedef struct pmd_param {
	span name;
	bool has_value;
	char value[3]; /* its first characters; no good value is longer than two */
	size_t value_len;
} pmd_param;

/* The parameters of one offer by their kinds. */
typedef struct pmd_offer {
	bool has[PARAM_KINDS];
	int bits[PARAM_KINDS]; /* 0: without a value */
} pmd_offer;

typedef enum pmd_verdict { OFFER_GOOD, OFFER_DECLINED, OFFER_MALFORMED } pmd_verdict;

static bool is_token(span s)
{
	return s.len > 0 && http_all_in(s, HTTP_IN_TOKEN);
}

/* Cuts the first part off "a; b; c=d"; a semicolon at the end is followed by an empty part. */
static bool next_part(span *rest, span *part)
{
	if (!rest->at)
		return false;
	const char *mark = memchr(rest->at, ';', rest->len);
	size_t len = mark ? (size_t)(mark - rest->at) : rest->len;
	*part = http_trim((span){ rest->at, len });
	*rest = mark ? (span){ mark + 1, rest->len - len - 1 } : (span){ NULL, 0 };
	return true;
}

static bool add_to_value(pmd_param *p, char c)
{
	if (p->value_len < sizeof p->value)
		p->value[p->value_len] = c;
	p->value_len++;
	return http_char_in(c, HTTP_IN_TOKEN);
}

/* What stands between quotes is a token too, once its backslashes are gone (RFC 6455, 9.1): hence
 * no comma or semicolon is ever quoted, and lists may be cut without looking for quotes. */
static bool read_value(pmd_param *p, span text)
{
	bool quoted = text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"';
	if (quoted)
		text = (span){ text.at + 1, text.len - 2 };
	for (size_t i = 0; i < text.len; i++) {
		if (quoted && text.at[i] == '\\' && ++i == text.len)
			return false;
		if (!add_to_value(p, text.at[i]))
			return false;
	}
	return p->value_len > 0;
}

static bool read_param(pmd_param *p, span part)
{
	const char *mark = part.len > 0 ? memchr(part.at, '=', part.len) : NULL;
	size_t len = mark ? (size_t)(mark - part.at) : part.len;
	*p = (pmd_param){ .name = { part.at, len }, .has_value = mark != NULL };
	if (!is_token(p->name))
		return false;
	return !mark || read_value(p, (span){ mark + 1, part.len - len - 1 });
}

/* 8..15, written without a leading zero; 0: anything else. */
static int read_bits(const pmd_param *p)
{
	const char *v = p->value;
	if (p->value_len == 1 && (v[0] == '8' || v[0] == '9'))
		return v[0] - '0';
	if (p->value_len == 2 && v[0] == '1' && v[1] >= '0' && v[1] <= '5')
		return 10 + v[1] - '0';
	return 0;
}

/* The kind of a parameter, or PARAM_KINDS. */
static size_t kind_of(span name)
{
	size_t kind = 0;
	while (kind < PARAM_KINDS && !span_is(name, span_of(param_names[kind])))
		kind++;
	return kind;
}

/* false: no offer with this parameter can be accepted. */
static bool take_param(pmd_offer *offer, const pmd_param *p)
{
	size_t kind = kind_of(p->name);
	if (kind == PARAM_KINDS || offer->has[kind])
		return false;
	offer->has[kind] = true;
	if (!p->has_value)
		return kind != SERVER_BITS;
	offer->bits[kind] = read_bits(p);
	return (kind == SERVER_BITS || kind == CLIENT_BITS) && offer->bits[kind] > 0;
}

/* The whole item is read even when it is declined early, for its form. */
static pmd_verdict read_offer(span item, pmd_offer *offer)
{
	span name, part;
	pmd_param param;
	*offer = (pmd_offer){ 0 };
	next_part(&item, &name);
	if (!is_token(name))
		return OFFER_MALFORMED;
	bool good = span_is(name, span_of(extension_name));
	while (next_part(&item, &part)) {
		if (!read_param(&param, part))
			return OFFER_MALFORMED;
		good = good && take_param(offer, &param);
	}
	return good ? OFFER_GOOD : OFFER_DECLINED;
}

bool pmd_offers_valid(span offers)
{
	span item;
	pmd_offer offer;
	while (http_list_next(&offers, &item))
		if (item.len > 0 && read_offer(item, &offer) == OFFER_MALFORMED)
			return false;
	return true;
}

/* ---- Answers ---- */

static int clamp(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

/* The smaller of two numbers of window bits, of which 0 says nothing; 0: neither says anything. */
static int smaller_bits(int offered, int limit)
{
	int bits = limit > 0 ? clamp(limit, 8, 15) : 0;
	return offered > 0 && (bits == 0 || offered < bits) ? offered : bits;
}

static void write_bits(char *answer, size_t kind, int bits)
{
	size_t len = strlen(answer);
	if (bits > 0)
		snprintf(answer + len, PMD_ANSWER_MAX - len, "; %s=%d", param_names[kind], bits);
}

static void write_flag(char *answer, size_t kind, bool set)
{
	size_t len = strlen(answer);
	if (set)
		snprintf(answer + len, PMD_ANSWER_MAX - len, "; %s", param_names[kind]);
}

/* false: the client cannot be held to the limit that we want. */
static bool accept_offer(
	const pmd_offer *offer, const pmd_options *o, pmd_params *p, char answer[PMD_ANSWER_MAX])
{
	if (o->client_max_window_bits > 0 && !offer->has[CLIENT_BITS])
		return false;
	int server_bits = smaller_bits(offer->bits[SERVER_BITS], o->server_max_window_bits);
	int client_bits = smaller_bits(offer->bits[CLIENT_BITS], o->client_max_window_bits);
	p->server_no_context_takeover =
		o->server_no_context_takeover || offer->has[SERVER_NO_CONTEXT];
	p->client_no_context_takeover =
		o->client_no_context_takeover || offer->has[CLIENT_NO_CONTEXT];
	p->server_window_bits = (uint8_t)(server_bits > 0 ? server_bits : 15);
	p->client_window_bits = (uint8_t)(client_bits > 0 ? client_bits : 15);
	snprintf(answer, PMD_ANSWER_MAX, "%s", extension_name);
	write_flag(answer, SERVER_NO_CONTEXT, p->server_no_context_takeover);
	write_flag(answer, CLIENT_NO_CONTEXT, p->client_no_context_takeover);
	write_bits(answer, SERVER_BITS, server_bits);
	write_bits(answer, CLIENT_BITS, client_bits);
	return true;
}

bool pmd_negotiate(span offers, const pmd_options *o, pmd_params *p, char answer[PMD_ANSWER_MAX])
{
	span item;
	pmd_offer offer;
	if (!pmd_offers_valid(offers))
		return false;
	while (http_list_next(&offers, &item))
		if (item.len > 0 && read_offer(item, &offer) == OFFER_GOOD &&
			accept_offer(&offer, o, p, answer))
			return true;
	return false;
}

/* ---- zlib's states ---- */

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

void pmd_rest(pmd *x)
{
	deflate_drop(&x->deflate);
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
	return !x->params.server_no_context_takeover || len >= x->shared->options.threshold;
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
	assert(buf_len(out) == 0);
	z_stream *z = len > 0 ? deflater_of(x) : NULL;
	if (len == 0 && buf_add_char(out, '\0'))
		return true;
	if (z && deflate_all(z, in, len, out)) {
		out->end -= PMD_TAIL;
		return true;
	}
	buf_free(out);
	deflate_drop(&x->deflate);
	return false;
}

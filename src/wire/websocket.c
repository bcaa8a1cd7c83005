/* SPDX-License-Identifier: MIT */
/*
 * websocket - see websocket.h.
 *
 * A frame is read in two steps that may stop anywhere and go on with the next input: its header,
 * as much of it as there is, and its payload, piece by piece as it comes.  Each rule is checked
 * as soon as the bytes it speaks of are there, so that the same stream gives the same events
 * however it is cut.
 */
#include "websocket.h"

#include <stdlib.h>
#include <string.h>

enum { WS_FIN = 0x80, WS_RSV1 = 0x40, WS_RSV = 0x70, WS_OPCODE = 0x0f, WS_MASKED = 0x80 };
enum { WS_MASK_LEN = 4, WS_START_LEN = 2, WS_LEN16 = 126, WS_LEN64 = 127 };
enum { WS_CONTROL_MAX = 125 };

/* What of the input was not consumed yet. */
typedef struct ws_input {
	unsigned char *at;
	size_t left;
} ws_input;

void ws_decoder_init(ws_decoder *d, size_t max_message)
{
	*d = (ws_decoder){
		.max_message = max_message, .message.limit = max_message, .head_need = WS_START_LEN
	};
}

static void ws_drop_control(ws_decoder *d)
{
	free(d->control);
	d->control = NULL;
	d->control_have = 0;
}

void ws_decoder_fini(ws_decoder *d)
{
	buf_free(&d->message);
	ws_drop_control(d);
}

/* The memory that the last event was lent goes back; a message that a control frame interrupted
 * stays. */
static void ws_take_back(ws_decoder *d)
{
	d->handed_out = false;
	if (d->control)
		ws_drop_control(d);
	else
		buf_free(&d->message);
}

/* Ends the decoder; false, for the callers to return. */
static bool ws_fail(ws_decoder *d, ws_event *ev, uint16_t code, const char *why)
{
	ws_decoder_fini(d);
	d->ended = true;
	*ev = (ws_event){ .kind = WS_ERROR, .code = code, .why = why };
	return false;
}

/* ---- Headers ---- */

static uint8_t ws_opcode_of(const ws_decoder *d)
{
	return d->head[0] & WS_OPCODE;
}

static bool ws_is_control(uint8_t opcode)
{
	return opcode >= WS_OP_CLOSE;
}

static bool ws_is_final(const ws_decoder *d)
{
	return d->head[0] & WS_FIN;
}

static const char *ws_control_fault(const ws_decoder *d, unsigned len)
{
	if (!ws_is_final(d))
		return "fragmented control frame";
	if (len > WS_CONTROL_MAX)
		return "control frame too long";
	return NULL;
}

static const char *ws_data_fault(const ws_decoder *d, uint8_t opcode)
{
	if (opcode == WS_OP_CONTINUATION && !d->message_opcode)
		return "continuation of nothing";
	if (opcode != WS_OP_CONTINUATION && d->message_opcode)
		return "new message inside a fragmented one";
	return NULL;
}

/* What is wrong with the first two bytes; NULL: nothing. */
static const char *ws_start_fault(const ws_decoder *d)
{
	uint8_t opcode = ws_opcode_of(d);
	bool opens_message = opcode == WS_OP_TEXT || opcode == WS_OP_BINARY;
	unsigned allowed = d->allow_compressed && opens_message ? WS_RSV1 : 0;
	if (d->head[0] & WS_RSV & ~allowed)
		return "reserved bit set";
	if (opcode > WS_OP_PONG || (opcode > WS_OP_BINARY && opcode < WS_OP_CLOSE))
		return "reserved opcode";
	if (!(d->head[1] & WS_MASKED))
		return "frame not masked";
	if (ws_is_control(opcode))
		return ws_control_fault(d, d->head[1] & 0x7f);
	return ws_data_fault(d, opcode);
}

/* Counts a data frame towards its message. */
static bool ws_count_frame(ws_decoder *d, ws_event *ev)
{
	uint8_t opcode = ws_opcode_of(d);
	if (opcode != WS_OP_CONTINUATION) {
		d->message_opcode = opcode;
		d->compressed = d->head[0] & WS_RSV1;
		d->utf8 = UTF8_START;
		d->fragments = 0;
	}
	if (++d->fragments > WS_MAX_FRAGMENTS)
		return ws_fail(d, ev, WS_CLOSE_POLICY, "too many fragments");
	if (d->left > d->max_message - buf_len(&d->message))
		return ws_fail(d, ev, WS_CLOSE_TOO_BIG, "message too big");
	return true;
}

/* The length is known; the mask follows. */
static bool ws_take_length(ws_decoder *d, ws_event *ev, uint64_t len, uint64_t least)
{
	if (len >> 63)
		return ws_fail(d, ev, WS_CLOSE_PROTOCOL, "length with its highest bit set");
	if (len < least)
		return ws_fail(d, ev, WS_CLOSE_PROTOCOL, "length not in its shortest form");
	d->left = len;
	d->mask_at = 0;
	d->head_need = (uint8_t)(d->head_need + WS_MASK_LEN);
	return ws_is_control(ws_opcode_of(d)) || ws_count_frame(d, ev);
}

static bool ws_take_start(ws_decoder *d, ws_event *ev)
{
	const char *fault = ws_start_fault(d);
	if (fault)
		return ws_fail(d, ev, WS_CLOSE_PROTOCOL, fault);
	unsigned len = d->head[1] & 0x7f;
	if (len < WS_LEN16)
		return ws_take_length(d, ev, len, 0);
	d->head_need = WS_START_LEN + (len == WS_LEN16 ? 2 : 8);
	return true;
}

static uint64_t ws_big_endian(const uint8_t *at, size_t n)
{
	uint64_t value = 0;
	for (size_t i = 0; i < n; i++)
		value = value << 8 | at[i];
	return value;
}

/* All bytes that were asked for are there: asks for the next ones, if there are any. */
static bool ws_take_head_part(ws_decoder *d, ws_event *ev)
{
	const uint8_t *len = d->head + WS_START_LEN;
	switch (d->head_need) {
	case WS_START_LEN:
		return ws_take_start(d, ev);
	case WS_START_LEN + 2:
		return ws_take_length(d, ev, ws_big_endian(len, 2), WS_LEN16);
	case WS_START_LEN + 8:
		return ws_take_length(d, ev, ws_big_endian(len, 8), 0x10000);
	default:
		return true;
	}
}

/* true: the header is whole and good. */
static bool ws_read_head(ws_decoder *d, ws_input *in, ws_event *ev)
{
	while (d->head_have < d->head_need) {
		size_t want = (size_t)(d->head_need - d->head_have);
		size_t n = in->left < want ? in->left : want;
		if (n == 0)
			return false;
		memcpy(d->head + d->head_have, in->at, n);
		d->head_have = (uint8_t)(d->head_have + n);
		in->at += n;
		in->left -= n;
		if (d->head_have == d->head_need && !ws_take_head_part(d, ev))
			return false;
	}
	return true;
}

/* ---- Payloads ---- */

/* `at` is the byte of the mask that the first byte of data meets. */
static void ws_unmask(unsigned char *data, size_t len, const uint8_t *mask, unsigned at)
{
	uint8_t twice[2 * WS_MASK_LEN];
	memcpy(twice, mask, WS_MASK_LEN);
	memcpy(twice + WS_MASK_LEN, mask, WS_MASK_LEN);
	uint32_t key;
	memcpy(&key, twice + at, sizeof key);
	uint64_t wide = (uint64_t)key << 32 | key;
	size_t i = 0;
	for (; i + sizeof wide <= len; i += sizeof wide) {
		uint64_t word;
		memcpy(&word, data + i, sizeof word);
		word ^= wide;
		memcpy(data + i, &word, sizeof word);
	}
	for (; i < len; i++)
		data[i] ^= twice[at + i % WS_MASK_LEN];
}

static void ws_end_frame(ws_decoder *d)
{
	d->head_have = 0;
	d->head_need = WS_START_LEN;
}

/* The decoder takes no more after this frame, right or wrong. */
static void ws_end_with_close(ws_decoder *d, ws_event *ev)
{
	const unsigned char *data = ev->data;
	buf_free(&d->message);
	d->ended = true;
	if (ev->len == 0) {
		ev->code = WS_CLOSE_NONE;
		return;
	}
	if (ev->len == 1) {
		ws_fail(d, ev, WS_CLOSE_PROTOCOL, "half a close code");
		return;
	}
	ev->code = (uint16_t)ws_big_endian(data, 2);
	ev->data += 2;
	ev->len -= 2;
	if (!ws_close_code_valid(ev->code))
		ws_fail(d, ev, WS_CLOSE_PROTOCOL, "close code that may not be sent");
	else if (!utf8_valid(ev->data, ev->len))
		ws_fail(d, ev, WS_CLOSE_BAD_DATA, "close reason is not UTF-8");
}

static void ws_report_control(ws_decoder *d, const unsigned char *data, size_t len, ws_event *ev)
{
	ev->data = data;
	ev->len = len;
	switch (ws_opcode_of(d)) {
	case WS_OP_PING:
		ev->kind = WS_PING;
		return;
	case WS_OP_PONG:
		ev->kind = WS_PONG;
		return;
	default:
		ev->kind = WS_CLOSE;
		ws_end_with_close(d, ev);
	}
}

static bool ws_keep_control(ws_decoder *d, const unsigned char *piece, size_t n, ws_event *ev)
{
	if (n == 0)
		return true;
	if (!d->control)
		d->control = malloc(n + (size_t)d->left);
	if (!d->control)
		return ws_fail(d, ev, WS_CLOSE_INTERNAL, "out of memory");
	memcpy(d->control + d->control_have, piece, n);
	d->control_have = (uint8_t)(d->control_have + n);
	return true;
}

/* Always false: a control frame that ends is an event. */
static bool ws_control_piece(ws_decoder *d, const unsigned char *piece, size_t n, ws_event *ev)
{
	bool whole = d->left == 0 && !d->control;
	if (!whole && !ws_keep_control(d, piece, n, ev))
		return false;
	if (d->left > 0)
		return false;
	ws_end_frame(d);
	d->handed_out = !whole;
	ws_report_control(d, whole ? piece : d->control, whole ? n : d->control_have, ev);
	return false;
}

/* Whether text is still valid with this piece, and at the end of a message whole. */
static bool ws_text_holds(ws_decoder *d, const unsigned char *piece, size_t n, bool ends)
{
	if (d->message_opcode != WS_OP_TEXT || d->compressed)
		return true;
	d->utf8 = utf8_feed(d->utf8, piece, n);
	return ends ? d->utf8 == UTF8_START : d->utf8 != UTF8_BAD;
}

static void ws_report_message(ws_decoder *d, const unsigned char *data, size_t len, ws_event *ev)
{
	ev->kind = d->message_opcode == WS_OP_TEXT ? WS_TEXT : WS_BINARY;
	ev->compressed = d->compressed;
	ev->data = data;
	ev->len = len;
	d->message_opcode = 0;
}

/* true: the frame ended, its message did not. */
static bool ws_data_piece(ws_decoder *d, const unsigned char *piece, size_t n, ws_event *ev)
{
	bool ends = d->left == 0 && ws_is_final(d);
	if (!ws_text_holds(d, piece, n, ends))
		return ws_fail(d, ev, WS_CLOSE_BAD_DATA, "text is not UTF-8");
	bool whole = ends && buf_len(&d->message) == 0;
	if (!whole && n > 0 && !buf_add(&d->message, piece, n))
		return ws_fail(d, ev, WS_CLOSE_INTERNAL, "out of memory");
	if (d->left > 0)
		return false;
	ws_end_frame(d);
	if (!ends)
		return true;
	d->handed_out = !whole;
	ws_report_message(
		d, whole ? piece : buf_data(&d->message), whole ? n : buf_len(&d->message), ev);
	return false;
}

/* true: the frame ended and there is nothing to report. */
static bool ws_read_payload(ws_decoder *d, ws_input *in, ws_event *ev)
{
	unsigned char *piece = in->at;
	size_t n = in->left < d->left ? in->left : (size_t)d->left;
	in->at += n;
	in->left -= n;
	d->left -= n;
	ws_unmask(piece, n, d->head + d->head_need - WS_MASK_LEN, d->mask_at);
	d->mask_at = (uint8_t)((d->mask_at + n) % WS_MASK_LEN);
	if (ws_is_control(ws_opcode_of(d)))
		return ws_control_piece(d, piece, n, ev);
	return ws_data_piece(d, piece, n, ev);
}

/* ---- Messages in one short frame that lies whole in the input ---- */

enum { WS_SHORT_HEAD = WS_START_LEN + WS_MASK_LEN };

static bool ws_is_simple(const ws_decoder *d, const ws_input *in)
{
	if (d->head_have || d->message_opcode || in->left < WS_SHORT_HEAD)
		return false;
	bool is_text = in->at[0] == (WS_FIN | WS_OP_TEXT);
	size_t len = in->at[1] & 0x7f;
	return (is_text || in->at[0] == (WS_FIN | WS_OP_BINARY)) && in->at[1] & WS_MASKED &&
	       len < WS_LEN16 && len <= in->left - WS_SHORT_HEAD && len <= d->max_message;
}

/* What is left to be checked is the text. */
static void ws_read_simple(ws_decoder *d, ws_input *in, ws_event *ev)
{
	unsigned char *data = in->at + WS_SHORT_HEAD;
	size_t len = in->at[1] & 0x7f;
	bool is_text = in->at[0] == (WS_FIN | WS_OP_TEXT);
	ws_unmask(data, len, in->at + WS_START_LEN, 0);
	in->at = data + len;
	in->left -= WS_SHORT_HEAD + len;
	if (is_text && !utf8_valid(data, len)) {
		ws_fail(d, ev, WS_CLOSE_BAD_DATA, "text is not UTF-8");
		return;
	}
	ev->kind = is_text ? WS_TEXT : WS_BINARY;
	ev->data = data;
	ev->len = len;
}

size_t ws_decode(ws_decoder *d, unsigned char *in, size_t len, ws_event *ev)
{
	*ev = (ws_event){ .kind = WS_NEED_MORE };
	if (d->handed_out)
		ws_take_back(d);
	if (d->ended || len == 0)
		return len;
	ws_input rest = { in, len };
	if (ws_is_simple(d, &rest)) {
		ws_read_simple(d, &rest, ev);
		return len - rest.left;
	}
	while (ws_read_head(d, &rest, ev) && ws_read_payload(d, &rest, ev))
		;
	return len - rest.left;
}

/* ---- Closing ---- */

/* 1004 is reserved, 1005, 1006 and 1015 are never sent; 1012 to 1014 were registered after the RFC;
 * what follows up to 2999 is kept for later versions. */
bool ws_close_code_valid(unsigned code)
{
	if (code >= 3000 && code <= 4999)
		return true;
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

/* The length of text, at most max, without cutting a character. */
static size_t ws_fitting(const char *text, size_t max)
{
	size_t len = strlen(text);
	if (len <= max)
		return len;
	len = max;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

size_t ws_write_close(unsigned char out[127], unsigned code, const char *reason)
{
	if (!ws_close_code_valid(code))
		return ws_write_head(out, WS_OP_CLOSE, 0);
	size_t len = reason ? ws_fitting(reason, WS_CONTROL_MAX - 2) : 0;
	size_t head = ws_write_head(out, WS_OP_CLOSE, 2 + len);
	out[head] = (unsigned char)(code >> 8);
	out[head + 1] = (unsigned char)(code & 0xff);
	if (len > 0)
		memcpy(out + head + 2, reason, len);
	return head + 2 + len;
}

/* ---- Writing frames ---- */

static void ws_put_big_endian(unsigned char *out, uint64_t value, size_t n)
{
	while (n-- > 0) {
		out[n] = (unsigned char)(value & 0xff);
		value >>= 8;
	}
}

size_t ws_write_head(unsigned char out[10], ws_opcode opcode, uint64_t len)
{
	out[0] = (unsigned char)(WS_FIN | opcode);
	if (len < WS_LEN16) {
		out[1] = (unsigned char)len;
		return WS_START_LEN;
	}
	bool fits16 = len <= 0xffff;
	size_t n = fits16 ? 2 : 8;
	out[1] = fits16 ? WS_LEN16 : WS_LEN64;
	ws_put_big_endian(out + WS_START_LEN, len, n);
	return WS_START_LEN + n;
}

void ws_frame(bytes *b)
{
	if (b->front > 0)
		return;
	unsigned char head[BYTES_ROOM];
	size_t n = ws_write_head(head, b->binary ? WS_OP_BINARY : WS_OP_TEXT, b->len);
	b->front = (uint8_t)n;
	memcpy(bytes_framed(b), head, n);
}

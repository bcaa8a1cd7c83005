/* SPDX-License-Identifier: MIT */
/*
 * fuzz_websocket - any bytes to the WebSocket decoder.
 *
 * The first byte of the input chooses the limit and whether compression was agreed, the rest is the
 * stream.  It is fed whole, byte by byte and in pieces; the events must be the same each time, and
 * the memory that is set aside must follow what was received.
 */
#include "../../src/wire/websocket.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

/* A buffer may double ahead of its content, and has a smallest size. */
enum { MEMORY_SLACK = 256 };

static bool closes(const ws_event *ev)
{
	return ev->kind == WS_CLOSE || ev->kind == WS_ERROR;
}

static void check_error(const ws_event *ev)
{
	MUST(ev->why && !ev->data && ev->len == 0);
	MUST(ev->code == WS_CLOSE_PROTOCOL || ev->code == WS_CLOSE_BAD_DATA ||
		ev->code == WS_CLOSE_POLICY || ev->code == WS_CLOSE_TOO_BIG);
}

/* What each event promises to those who get it. */
static void check_event(const ws_decoder *d, const ws_event *ev)
{
	switch (ev->kind) {
	case WS_TEXT:
		MUST(ev->compressed || utf8_valid(ev->data, ev->len));
		MUST(ev->len <= d->max_message);
		return;
	case WS_BINARY:
		MUST(ev->len <= d->max_message);
		return;
	case WS_CLOSE:
		MUST(ev->code == WS_CLOSE_NONE ? ev->len == 0 : ws_close_code_valid(ev->code));
		MUST(ev->len <= 123 && utf8_valid(ev->data, ev->len));
		return;
	case WS_ERROR:
		check_error(ev);
		return;
	default:
		MUST(ev->len <= 125);
	}
}

static void log_event(buf *log, const ws_event *ev)
{
	uint64_t fixed[4] = { ev->kind, ev->code, ev->compressed, ev->len };
	MUST(buf_add(log, fixed, sizeof fixed));
	if (ev->len > 0)
		MUST(buf_add(log, ev->data, ev->len));
}

static void check_memory(const ws_decoder *d, size_t received)
{
	MUST(buf_len(&d->message) <= received);
	MUST(d->message.cap <= 2 * received + MEMORY_SLACK);
	MUST(d->control_have <= 125);
	if (d->ended && !d->handed_out)
		MUST(!d->message.data && !d->control);
}

/* Feeds one piece; whole is the number of bytes that came with and before it. */
static void feed(ws_decoder *d, unsigned char *piece, size_t len, size_t whole, buf *log)
{
	ws_event ev;
	size_t at = 0;
	do {
		bool was_over = d->ended;
		size_t used = ws_decode(d, piece + at, len - at, &ev);
		MUST(used <= len - at);
		at += used;
		check_memory(d, whole);
		if (ev.kind == WS_NEED_MORE)
			break;
		MUST(!was_over && closes(&ev) == d->ended);
		check_event(d, &ev);
		log_event(log, &ev);
	} while (true);
	MUST(at == len);
	MUST(!d->handed_out);
}

static buf events_of(const ws_decoder *fresh, const uint8_t *data, size_t size, size_t step)
{
	ws_decoder d = *fresh;
	buf log = { 0 };
	for (size_t at = 0; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		unsigned char *piece = malloc(n);
		MUST(piece);
		memcpy(piece, data + at, n);
		feed(&d, piece, n, at + n, &log);
		free(piece);
	}
	ws_decoder_fini(&d);
	return log;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t limits[] = { 0, 10, 1000, 65536, 1 << 20, SIZE_MAX >> 1, 125, 300 };
	if (size < 2)
		return 0;
	ws_decoder fresh;
	ws_decoder_init(&fresh, limits[data[0] % 8]);
	fresh.allow_compressed = data[0] & 8;
	buf whole = events_of(&fresh, data + 1, size - 1, size - 1);
	const size_t steps[] = { 1, 2 + (data[0] >> 4), 61 };
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		buf cut = events_of(&fresh, data + 1, size - 1, steps[i]);
		MUST(span_is(buf_span(&whole), buf_span(&cut)));
		buf_free(&cut);
	}
	buf_free(&whole);
	return 0;
}

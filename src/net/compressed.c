/* SPDX-License-Identifier: MIT */
/*
 * compressed - permessage-deflate on a connection (protocol-notes/deflate.md).
 *
 * A block that is shared by many clients is never written to: its compressed form stands in the
 * connection's own output, which is filled only up to a point, so that what a peer does not take
 * stays in its owner's queue.
 */
#include "internal.h"

/* Compressed at a time: more would stand twice in memory, as a queue and compressed. */
enum { BATCH = 65536 };
/* The length of the engine's pings and pongs, and of nothing that is worth compressing. */
enum { HEARTBEAT = 1 };

/* Several fields of that name are one list. */
static bool join_offers(const http_head *head, buf *out)
{
	for (size_t i = 0; i < head->nfields; i++) {
		if (!span_is_nocase(head->fields[i].name, SPAN("Sec-WebSocket-Extensions")))
			continue;
		if (buf_len(out))
			buf_add_char(out, ',');
		buf_add_span(out, head->fields[i].value);
	}
	return !out->failed && buf_len(out) > 0;
}

void compressed_begin(websocket *w, const http_head *head, buf *out)
{
	net *n = w->connection->net;
	char answer[PMD_ANSWER_MAX];
	pmd_params params;
	if (!n->options.per_message_deflate)
		return;
	buf_clear(&n->scratch);
	if (!join_offers(head, &n->scratch) ||
		!pmd_negotiate(buf_span(&n->scratch), &n->pmd.options, &params, answer))
		return;
	http_write_field(out, SPAN("Sec-WebSocket-Extensions"), span_of(answer));
	pmd_init(&w->pmd, &n->pmd, &params);
	w->decoder.allow_compressed = true;
}

unsigned compressed_read(websocket *w, const ws_event *ev, buf *out)
{
	size_t max = w->connection->net->options.max_payload;
	pmd_result r = pmd_inflate(&w->pmd, ev->data, ev->len, out, max);
	if (r != PMD_OK)
		return pmd_close_code(r);
	if (ev->kind == WS_TEXT && !utf8_valid(buf_data(out), buf_len(out)))
		return WS_CLOSE_BAD_DATA;
	return 0;
}

/* Without memory to compress with it goes as it is, and so does a greeting: many a connection never
 * says more. */
static bool write_deflated(websocket *w, bytes *b, buf *out)
{
	unsigned char head[10];
	buf packed = { 0 };
	if (b->plain || (!w->compressed && w->owner->greets))
		return false;
	if (!pmd_worth(&w->pmd, b->len) || !pmd_deflate(&w->pmd, bytes_data(b), b->len, &packed))
		return false;
	size_t n = ws_write_head(head, b->binary ? WS_OP_BINARY : WS_OP_TEXT, buf_len(&packed));
	head[0] |= 0x40; /* RSV1: compressed (RFC 7692, 6.1) */
	buf_add(out, head, n);
	buf_add(out, buf_data(&packed), buf_len(&packed));
	buf_free(&packed);
	return true;
}

void compressed_write(websocket *w)
{
	connection *c = w->connection;
	bytes *b;
	if (!w->pmd.shared || w->hushed)
		return;
	while (buf_len(&c->out) < BATCH && (b = w->owner->peek(w, 0)) != NULL) {
		if (b->len == HEARTBEAT)
			pmd_heartbeat(&w->pmd);
		if (!write_deflated(w, b, &c->out)) {
			ws_frame(b);
			buf_add(&c->out, bytes_framed(b), bytes_framed_len(b));
		}
		w->compressed = buf_len(&c->out);
		w->owner->pop(w);
	}
	if (c->out.failed)
		connection_doom(c);
}

/* SPDX-License-Identifier: MIT */
/* websocket - one WebSocket connection, whomever it is for (protocol-notes/websocket.md). */
#include "websocket.h"
#include "../base/text.h"
#include "internal.h"
#include <libwebsockets.h>
#include <stdlib.h>

/* ---- Output ---- */

void websocket_wake(websocket *w)
{
	connection_dirty(w->connection);
}

void websocket_add_frame(websocket *w, ws_opcode opcode, const void *data, size_t len)
{
	connection *c = w->connection;
	unsigned char head[10];
	buf_add(&c->out, head, ws_write_head(head, opcode, len));
	buf_add(&c->out, data, len);
	/* The peer asks and asks, and does not read what it is answered. */
	if (c->out.failed || buf_len(&c->out) > CONTROL_MAX + w->compressed)
		connection_doom(c);
	else
		connection_dirty(c);
}

void websocket_close(websocket *w, unsigned code, const char *reason)
{
	connection *c = w->connection;
	unsigned char frame[127];
	if (w->said_close)
		return;
	w->said_close = true;
	w->hushed = false;
	buf_add(&c->out, frame, ws_write_close(frame, code, reason));
	connection_deadline(c, BYE_MS);
	connection_dirty(c);
}

void websocket_take_queue(websocket *w)
{
	connection *c = w->connection;
	bytes *b;
	if (c->doomed || c->blocked || w->said_close)
		return;
	w->hushed = false;
	compressed_write(w);
	while ((b = w->owner->peek(w, 0)) != NULL) {
		ws_frame(b);
		buf_add(&c->out, bytes_framed(b), bytes_framed_len(b));
		w->owner->pop(w);
	}
	if (c->out.failed)
		connection_doom(c);
}

/* ---- What the peer sends ---- */

static void close_after_output(connection *c)
{
	c->closing = true;
	connection_dirty(c);
}

static void end(websocket *w, const ending *how, span said)
{
	if (w->ended)
		return;
	w->ended = true;
	w->owner->ended(w, how, said);
}

static void on_close(websocket *w, const ws_event *ev)
{
	end(w, &(ending){ .reason = CLOSED_BY_TRANSPORT, .code = ev->code },
		(span){ (const char *)ev->data, ev->len });
	websocket_close(w, ev->code, NULL);
	close_after_output(w->connection);
}

static void on_error(websocket *w, const ws_event *ev)
{
	net_log_peer(w->connection, "websocket closed with %u: %s", ev->code, ev->why);
	ending how = { .reason = CLOSED_BY_ERROR, .code = ev->code };
	w->connection->net->engine->counters.bad_frames++;
	if (ev->code == WS_CLOSE_TOO_BIG)
		how.limit = "max_payload";
	end(w, &how, SPAN(""));
	websocket_close(w, ev->code, NULL);
	close_after_output(w->connection);
}

static void deliver(websocket *w, const unsigned char *data, size_t len, bool binary)
{
	w->owner->message(w, (unsigned char *)(uintptr_t)data, len, binary);
}

/* Also what nobody waits for is inflated: later messages refer to it. */
static void on_compressed(websocket *w, ws_event *ev)
{
	buf content = { 0 };
	unsigned code = compressed_read(w, ev, &content);
	if (code) {
		ev->code = (uint16_t)code;
		ev->why = "compressed message";
		on_error(w, ev);
	} else {
		deliver(w, buf_len(&content) ? buf_data(&content) : (const unsigned char *)"",
			buf_len(&content), ev->kind == WS_BINARY);
	}
	buf_free(&content);
}

static void on_ws_event(websocket *w, ws_event *ev)
{
	switch (ev->kind) {
	case WS_TEXT:
	case WS_BINARY:
		if (ev->compressed)
			on_compressed(w, ev);
		else
			deliver(w, ev->data, ev->len, ev->kind == WS_BINARY);
		break;
	case WS_PING:
		if (!w->said_close)
			websocket_add_frame(w, WS_OP_PONG, ev->data, ev->len);
		break;
	case WS_CLOSE:
		on_close(w, ev);
		break;
	case WS_ERROR:
		on_error(w, ev);
		break;
	case WS_PONG:
		if (w->owner->pong)
			w->owner->pong(w);
		break;
	case WS_NEED_MORE:
		break;
	}
}

/* Why what comes is set aside: it comes too fast, or it is the others' turn. */
enum { HELD_PACE = 1, HELD_TURN = 2 };
/* Messages and control frames of one connection in a turn of the loop: a flood of small ones must
 * not make all others wait. */
enum { SLICE = 200 };

static void hold(websocket *w, unsigned why)
{
	w->held |= (uint8_t)why;
	net_pause(w->connection, PAUSE_PACE);
}

static void let_go(websocket *w, unsigned why)
{
	w->held &= (uint8_t)~why;
	if (!w->held)
		websocket_go_on(w->connection);
}

static void again(timer *t)
{
	let_go(LIST_OWNER(t, websocket, again), HELD_TURN);
}

static void give_way(websocket *w)
{
	wheel *clock = w->connection->net->wheel;
	hold(w, HELD_TURN);
	timer_start(clock, &w->again, clock->time);
}

static bool behind(const websocket *w)
{
	const engine_options *o = &w->connection->net->engine->options;
	size_t most = o->max_held && o->max_held < o->max_queue ? o->max_held : o->max_queue;
	return w->owner->waiting(w) > most / 2;
}

void websocket_catches_up(connection *c)
{
	if ((c->paused & PAUSE_BEHIND) && !behind(c->websocket))
		net_resume(c, PAUSE_BEHIND);
}

/* A client that asks faster than it takes the answers is slowed down before it has to be cut.  A
 * last call, which finds nothing whole, gives back what the last message took. */
void websocket_input(connection *c, unsigned char *data, size_t len)
{
	websocket *w = c->websocket;
	ws_event ev;
	unsigned n = 0;
	w->heard++;
	if (w->held) {
		request_set_aside(c, data, len);
		return;
	}
	do {
		size_t before = w->owner->waiting(w);
		size_t used = ws_decode(&w->decoder, data, len, &ev);
		on_ws_event(w, &ev);
		net_settle(c->net);
		if (!c->doomed && w->owner->waiting(w) > before && behind(w))
			net_pause(c, PAUSE_BEHIND);
		data += used;
		len -= used;
		if (++n == SLICE && len)
			give_way(w);
	} while (ev.kind != WS_NEED_MORE && (len || ws_lends(&w->decoder)) && !w->held &&
		 !c->doomed && !c->closing);
	if (w->held && len && !c->doomed)
		request_set_aside(c, data, len);
}

void websocket_hold(websocket *w, bool held)
{
	if (held)
		hold(w, HELD_PACE);
	else
		let_go(w, HELD_PACE);
}

void websocket_go_on(connection *c)
{
	unsigned char none[1] = { 0 };
	buf taken = c->in;
	c->in = (buf){ 0 };
	if (!c->doomed && !c->closing)
		websocket_input(c, taken.data ? buf_data(&taken) : none, buf_len(&taken));
	buf_free(&taken);
	connection_weigh(c);
	if (!c->websocket->held)
		net_resume(c, PAUSE_PACE | PAUSE_FULL);
}

size_t websocket_held(connection *c)
{
	websocket *w = c->websocket;
	if (!w || c->doomed)
		return 0;
	if (!w->owner->keeps)
		return w->decoder.message.cap + w->owner->waiting(w);
	w->keeps = w->decoder.message.cap > 0;
	w->owner->keeps(w, w->decoder.message.cap);
	return 0;
}

/* ---- Opening ---- */

static void accept_key(char out[29], span key)
{
	static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char text[24 + sizeof magic - 1], digest[20];
	memcpy(text, key.at, 24);
	memcpy(text + 24, magic, sizeof magic - 1);
	lws_SHA1(text, sizeof text, digest);
	base64_encode(out, digest, sizeof digest);
	out[28] = '\0';
}

static void write_switching(websocket *w, const http_head *head, const ws_handshake *asked)
{
	connection *c = w->connection;
	char accept[29];
	accept_key(accept, asked->key);
	http_write_status(&c->out, 101);
	http_write_field(&c->out, SPAN("Upgrade"), SPAN("websocket"));
	http_write_field(&c->out, SPAN("Connection"), SPAN("Upgrade"));
	http_write_field(&c->out, SPAN("Sec-WebSocket-Accept"), span_of(accept));
	if (asked->protocol.at)
		http_write_field(&c->out, SPAN("Sec-WebSocket-Protocol"), asked->protocol);
	compressed_begin(w, head, &c->out);
	cors_fields(c, &c->out);
	buf_add_span(&c->out, buf_span(&c->request->fields));
	http_write_end(&c->out);
}

static websocket *websocket_new(connection *c, const websocket_owner *owner, size_t size)
{
	websocket *w = calloc(1, size);
	if (!w)
		return NULL;
	w->owner = owner;
	w->connection = c;
	timer_init(&w->again, again);
	ws_decoder_init(&w->decoder, c->net->options.max_payload);
	return w;
}

static void refuse(connection *c, int status, const char *why)
{
	response r = RESPONSE(status);
	c->request->keep_alive = false;
	r.type = "text/html";
	r.body = bytes_copy(why, strlen(why));
	if (status == 426)
		http_write_field(&r.fields, SPAN("Sec-WebSocket-Version"), SPAN("13"));
	respond(c, &r);
}

websocket *websocket_accept(
	connection *c, const http_head *head, const websocket_owner *owner, size_t size)
{
	ws_handshake asked;
	int status = ws_handshake_check(head, &asked);
	if (status != 101) {
		refuse(c, status, asked.why);
		return NULL;
	}
	websocket *w = websocket_new(c, owner, size);
	if (!w) {
		respond_status(c, 500);
		return NULL;
	}
	write_switching(w, head, &asked);
	c->role = ROLE_WEBSOCKET;
	c->websocket = w;
	timer_stop(c->net->wheel, &c->deadline);
	if (c->out.failed) { /* half a head is no answer */
		connection_doom(c);
		return NULL;
	}
	connection_dirty(c);
	return w;
}

void websocket_hush(websocket *w)
{
	w->hushed = true;
	connection_deadline(w->connection, HUSH_MS);
}

bool websocket_speaks(connection *c)
{
	if (c->role != ROLE_WEBSOCKET || !c->websocket->hushed)
		return false;
	c->websocket->hushed = false;
	connection_dirty(c);
	return true;
}

/* ---- The end ---- */

void websocket_lost(connection *c)
{
	websocket *w = c->websocket;
	if (w)
		end(w, &(ending){ .reason = CLOSED_BY_TRANSPORT, .error = connection_error(c) },
			SPAN(""));
}

void websocket_free(connection *c)
{
	websocket *w = c->websocket;
	if (!w)
		return;
	c->websocket = NULL;
	if (w->owner->fini)
		w->owner->fini(w);
	timer_stop(c->net->wheel, &w->again);
	ws_decoder_fini(&w->decoder);
	pmd_fini(&w->pmd);
	free(w);
}

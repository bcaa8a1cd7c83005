/* SPDX-License-Identifier: MIT */
/* websocket - a WebSocket connection as the transport of a session (protocol-notes/engine.io.md,
 * "WebSocket"). */
#include "websocket.h"
#include "../base/text.h"
#include "internal.h"
#include <libwebsockets.h>
#include <stdlib.h>

static websocket *websocket_of(const transport *t)
{
	return (websocket *)(uintptr_t)t;
}

/* ---- What the session asks of it ---- */

static void ws_wake(transport *t)
{
	connection_dirty(websocket_of(t)->connection);
}

static bool ws_writable(const transport *t)
{
	const connection *c = websocket_of(t)->connection;
	return !c->blocked && !c->doomed;
}

static size_t ws_pending(const transport *t)
{
	return connection_backlog(websocket_of(t)->connection);
}

static void add_frame(connection *c, ws_opcode opcode, const void *data, size_t len)
{
	unsigned char head[10];
	buf_add(&c->out, head, ws_write_head(head, opcode, len));
	buf_add(&c->out, data, len);
	/* The peer asks and asks, and does not read what it is answered. */
	if (c->out.failed || buf_len(&c->out) > CONTROL_MAX + c->websocket->compressed)
		connection_doom(c);
	else
		connection_dirty(c);
}

static void ws_control(transport *t, span text)
{
	add_frame(websocket_of(t)->connection, WS_OP_TEXT, text.at, text.len);
}

static void ws_release(transport *t)
{
	(void)t;
}

/* One close frame, whoever begins; what the peer sends after it is let go. */
static void send_close(websocket *w, unsigned code, const char *reason)
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

/* What the session has queued in this turn goes out before what ends it.  Of a peer that takes
 * nothing it is not made more. */
static void take_queue(websocket *w)
{
	connection *c = w->connection;
	bytes *b;
	if (c->doomed || c->blocked || w->said_close || !w->session ||
		w->session->state != SESSION_OPEN)
		return;
	w->hushed = false;
	compressed_write(w);
	while (w->session && (b = session_peek(w->session, &w->base, 0)) != NULL) {
		ws_frame(b);
		buf_add(&c->out, bytes_framed(b), bytes_framed_len(b));
		session_pop(w->session);
	}
	if (c->out.failed)
		connection_doom(c);
}

static bool ws_close(transport *t, bool wait)
{
	websocket *w = websocket_of(t);
	if (!wait)
		take_queue(w);
	w->session = NULL;
	if (!w->connection->doomed)
		send_close(w, WS_CLOSE_NONE, NULL);
	return true;
}

static const transport_ops ops = {
	.name = "websocket",
	.wake = ws_wake,
	.writable = ws_writable,
	.pending = ws_pending,
	.control = ws_control,
	.release = ws_release,
	.close = ws_close,
};

/* ---- What the peer sends ---- */

static void lose_session(websocket *w, const ending *how)
{
	take_queue(w);
	session *s = w->session;
	w->session = NULL;
	if (s)
		session_transport_gone(s, &w->base, how);
}

static void close_after_output(connection *c)
{
	c->closing = true;
	connection_dirty(c);
}

static void on_close(websocket *w, unsigned code)
{
	lose_session(w, &(ending){ .reason = CLOSED_BY_TRANSPORT, .code = code });
	send_close(w, code, NULL);
	close_after_output(w->connection);
}

static void on_error(websocket *w, const ws_event *ev)
{
	net_log(w->connection->net, NET_DEBUG, "websocket closed with %u: %s", ev->code, ev->why);
	ending how = { .reason = CLOSED_BY_ERROR, .code = ev->code };
	if (ev->code == WS_CLOSE_TOO_BIG)
		how.limit = "max_payload";
	lose_session(w, &how);
	send_close(w, ev->code, NULL);
	close_after_output(w->connection);
}

static void deliver(websocket *w, const unsigned char *data, size_t len, bool binary)
{
	if (w->session)
		session_receive(
			w->session, &w->base, (unsigned char *)(uintptr_t)data, len, binary);
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
			add_frame(w->connection, WS_OP_PONG, ev->data, ev->len);
		break;
	case WS_CLOSE:
		on_close(w, ev->code);
		break;
	case WS_ERROR:
		on_error(w, ev);
		break;
	case WS_PONG:
	case WS_NEED_MORE:
		break;
	}
}

static size_t waiting(const connection *c)
{
	session *s = c->websocket->session;
	return s ? s->out.bytes : 0;
}

static bool behind(const connection *c)
{
	return waiting(c) > c->net->engine->options.max_queue / 2;
}

void websocket_catches_up(connection *c)
{
	if (c->websocket && !behind(c))
		net_resume(c, PAUSE_BEHIND);
}

/* A client that asks faster than it takes the answers is slowed down before it has to be cut.  The
 * last call, which finds nothing whole, gives back what the last message took. */
void websocket_input(connection *c, unsigned char *data, size_t len)
{
	net *n = c->net;
	ws_event ev;
	do {
		size_t before = waiting(c);
		size_t used = ws_decode(&c->websocket->decoder, data, len, &ev);
		on_ws_event(c->websocket, &ev);
		n->owner.settle(n->owner.user);
		if (!c->doomed && waiting(c) > before && behind(c))
			net_pause(c, PAUSE_BEHIND);
		data += used;
		len -= used;
	} while (ev.kind != WS_NEED_MORE && !c->doomed && !c->closing);
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

static websocket *websocket_new(connection *c)
{
	websocket *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->base.ops = &ops;
	w->connection = c;
	ws_decoder_init(&w->decoder, c->net->options.max_payload);
	return w;
}

/* Scripts for version 3 begin to listen for messages when they have seen the socket open: what
 * comes in one piece with the 101 is lost on them. */
static void hush(websocket *w)
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

static void refuse_handshake(connection *c, int status, const char *why)
{
	response r = RESPONSE(status);
	c->request->keep_alive = false;
	r.type = "text/html";
	r.body = bytes_copy(why, strlen(why));
	if (status == 426)
		http_write_field(&r.fields, SPAN("Sec-WebSocket-Version"), SPAN("13"));
	respond(c, &r);
}

void websocket_begin(connection *c, const http_head *head, span eio, span sid, session *known)
{
	ws_handshake asked;
	int status = ws_handshake_check(head, &asked);
	if (status != 101) {
		refuse_handshake(c, status, asked.why);
		return;
	}
	websocket *w = websocket_new(c);
	if (!w) {
		respond_status(c, 500);
		return;
	}
	write_switching(w, head, &asked);
	c->role = ROLE_WEBSOCKET;
	c->websocket = w;
	timer_stop(c->net->wheel, &c->deadline);
	if (c->out.failed) { /* half a head is no answer */
		connection_doom(c);
		return;
	}
	connection_dirty(c);
	handshake *h = known ? NULL : engine_request_take_handshake(c, head);
	if (known)
		w->session = session_probe(known, &w->base) ? known : NULL;
	else if (h)
		w->session = engine_open(c->net->engine, eio, h, sid, &w->base);
	if (!w->session)
		send_close(w, WS_CLOSE_NONE, NULL);
	else if (!known && w->session->dialect->old)
		hush(w);
	request_free(c);
}

void websocket_lost(connection *c)
{
	if (c->websocket && c->websocket->session)
		lose_session(c->websocket,
			&(ending){ .reason = CLOSED_BY_TRANSPORT, .error = connection_error(c) });
}

void websocket_free(connection *c)
{
	websocket *w = c->websocket;
	if (!w)
		return;
	c->websocket = NULL;
	ws_decoder_fini(&w->decoder);
	pmd_fini(&w->pmd);
	free(w);
}

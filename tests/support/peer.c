/* SPDX-License-Identifier: MIT */
/* peer - a scripted client, an application that takes notes, and the turns of a loop. */
#include "peer.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- Notes ---- */

static void notes_add_raw(notes *n, const char *text, size_t len)
{
	size_t room = NOTES_MAX - n->len;
	if (len > room)
		len = room;
	if (len)
		memcpy(n->text + n->len, text, len);
	n->len += len;
	n->text[n->len] = '\0';
}

void notes_add(notes *n, span text)
{
	if (n->len)
		notes_add_raw(n, " ", 1);
	notes_add_raw(n, text.at, text.len);
}

void notes_add_bytes(notes *n, span data)
{
	char digits[3];
	notes_add(n, SPAN("b("));
	for (size_t i = 0; i < data.len && n->len < NOTES_MAX; i++) {
		snprintf(digits, sizeof digits, "%02x", (unsigned char)data.at[i]);
		notes_add_raw(n, digits, 2);
	}
	notes_add_raw(n, ")", 1);
}

static void notes_add_either(notes *n, span data, bool binary)
{
	if (binary)
		notes_add_bytes(n, data);
	else
		notes_add(n, data);
}

const char *notes_take(peer *p, notes *n)
{
	p->taken = *n;
	n->len = 0;
	n->text[0] = '\0';
	return p->taken.text;
}

/* ---- The application ---- */

static bool on_open(void *user, session *s)
{
	peer *p = user;
	s->user = p;
	p->session = s;
	p->opened++;
	if (p->at_open)
		p->at_open(p, s);
	return !p->refuse_open;
}

static void on_message(session *s, unsigned char *data, size_t len, bool binary)
{
	peer *p = s->user;
	span message = { (const char *)data, len };
	notes_add_either(&p->app, message, binary);
	if (p->at_message)
		p->at_message(p, s, message, binary);
}

/* A session whose open packet could not be made was never shown to the application. */
static void on_closed(session *s, const ending *how)
{
	peer *p = s->engine->user;
	p->closed++;
	p->reason = how->reason;
	p->ending = *how;
	if (p->session == s)
		p->session = NULL;
	if (p->at_close)
		p->at_close(p, s);
}

static const engine_events events = {
	.open = on_open,
	.message = on_message,
	.closed = on_closed,
};

static bytes *message_of(const void *data, size_t len, bool binary)
{
	if (!binary)
		return packet_write(PACKET_MESSAGE, (span){ data, len });
	bytes *b = bytes_copy(data, len);
	if (b)
		b->binary = 1;
	return b;
}

static bool send_message(peer *p, const void *data, size_t len, bool binary)
{
	bytes *b = p->session ? message_of(data, len, binary) : NULL;
	bool sent = b && session_send(p->session, b);
	peer_turn(p);
	return sent;
}

bool app_send(peer *p, const char *text)
{
	return send_message(p, text, strlen(text), false);
}

bool app_send_bytes(peer *p, const void *data, size_t len)
{
	return send_message(p, data, len, true);
}

const char *app_got(peer *p)
{
	return notes_take(p, &p->app);
}

/* ---- Exchanges ---- */

static ask *ask_of(exchange *x)
{
	return (ask *)(void *)x;
}

static void ask_ready(exchange *x)
{
	ask_of(x)->ready = true;
}

static void see_packet(const ask *a, span text)
{
	peer *p = a->peer;
	unsigned char data[NOTES_MAX];
	bool binary = text.len && text.at[0] == 'b';
	if (binary && text.len < sizeof data) {
		long n = base64_decode(data, (span){ text.at + 1, text.len - 1 });
		text = (span){ (const char *)data, n > 0 ? (size_t)n : 0 };
	}
	if (p->at_packet)
		p->at_packet(p, a->session, text, binary);
}

static void see_payload(const ask *a)
{
	span rest = { (const char *)bytes_data(a->body), a->body->len };
	const char *end;
	while ((end = memchr(rest.at, PAYLOAD_SEPARATOR, rest.len)) != NULL) {
		size_t len = (size_t)(end - rest.at);
		see_packet(a, (span){ rest.at, len });
		rest = (span){ end + 1, rest.len - len - 1 };
	}
	see_packet(a, rest);
}

static void ask_answer(exchange *x, int status, answer_type type, bytes *body)
{
	ask *a = ask_of(x);
	a->answers++;
	a->status = status;
	a->type = type;
	bytes_unref(a->body);
	a->body = body;
	if (type == ANSWER_TEXT && body)
		see_payload(a);
}

static void ask_drop(exchange *x)
{
	ask_of(x)->drops++;
}

static const exchange_ops ask_ops = {
	.ready = ask_ready,
	.answer = ask_answer,
	.drop = ask_drop,
};

static ask *ask_new(peer *p, session *s)
{
	if (p->nasks == PEER_ASKS)
		abort();
	ask *a = &p->asks[p->nasks++];
	*a = (ask){ .base.ops = &ask_ops, .peer = p, .session = s };
	return a;
}

static handshake *scripted_handshake(const peer *p)
{
	buf scratch = { 0 };
	handshake_begin(&scratch, SPAN("127.0.0.1"), SPAN("/socket.io/?EIO=4&token=one"));
	uint32_t query = handshake_mark(&scratch);
	handshake_add_query(&scratch, span_of(p->query));
	uint32_t headers = handshake_mark(&scratch);
	handshake_add_header(&scratch, SPAN("Host"), SPAN("example.test"));
	handshake *h = handshake_finish(&scratch, query, headers);
	buf_free(&scratch);
	return h;
}

refusal peer_check(const peer *p, engine_request r, session **known)
{
	session *unused;
	refusal_context context;
	refusal why = engine_check(&p->engine, &r, known ? known : &unused, &context);
	return why == NOT_REFUSED && !r.sid.len ? engine_check_version(&p->engine, r.eio) : why;
}

static span eio_of(const peer *p)
{
	span eio = { NULL, 0 };
	query_find(span_of(p->query), SPAN("EIO"), &eio);
	return eio;
}

session *poll_open(peer *p)
{
	handshake *h = scripted_handshake(p);
	return h ? engine_open_polling(&p->engine, eio_of(p), h, span_of(p->sid)) : NULL;
}

ask *poll_get(peer *p, session *s)
{
	ask *a = ask_new(p, s);
	polling_get(s->polling, &a->base);
	peer_turn(p);
	return a;
}

ask *poll_post_begin(peer *p, session *s)
{
	ask *a = ask_new(p, s);
	polling_post(s->polling, &a->base);
	peer_turn(p);
	return a;
}

/* A block of exactly its size, so that the sanitizers see a byte too far; it may be modified. */
void poll_post_bytes(ask *x, const void *body, size_t len)
{
	static unsigned char none[1];
	unsigned char *copy = len ? malloc(len) : none;
	if (copy && len)
		memcpy(copy, body, len);
	if (copy && x->base.polling)
		polling_post_body(x->base.polling, &x->base, len ? copy : NULL, len);
	if (copy != none)
		free(copy);
	peer_turn(x->peer);
}

void poll_post_body(ask *x, const char *body)
{
	poll_post_bytes(x, body, strlen(body));
}

ask *poll_post(peer *p, session *s, const char *body)
{
	ask *a = poll_post_begin(p, s);
	poll_post_body(a, body);
	return a;
}

void poll_abort(ask *x)
{
	polling_lost(&x->base, 0);
	peer_turn(x->peer);
}

bool waits(const ask *x)
{
	return !x->answers && !x->drops;
}

const char *body_of(const ask *x)
{
	notes *n = &x->peer->taken;
	n->len = 0;
	n->text[0] = '\0';
	if (x->body)
		notes_add_raw(n, (const char *)bytes_data(x->body), x->body->len);
	for (char *at = n->text; *at; at++)
		if (*at == PAYLOAD_SEPARATOR)
			*at = '|';
	return n->text;
}

/* ---- Lines ---- */

static line *line_of(const transport *t)
{
	return (line *)(uintptr_t)t;
}

static void line_wake(transport *t)
{
	line_of(t)->woken = true;
}

static bool line_writable(const transport *t)
{
	return !line_of(t)->blocked;
}

static size_t line_pending(const transport *t)
{
	return line_of(t)->pending;
}

static void line_control(transport *t, span text)
{
	notes_add(&line_of(t)->got, text);
}

static void line_release(transport *t)
{
	(void)t;
}

static bool line_close(transport *t, bool wait)
{
	line *l = line_of(t);
	(void)wait;
	l->closes++;
	l->session = NULL;
	notes_add(&l->got, SPAN("close"));
	return true;
}

static const transport_ops line_ops = {
	.name = "websocket",
	.wake = line_wake,
	.writable = line_writable,
	.pending = line_pending,
	.control = line_control,
	.release = line_release,
	.close = line_close,
};

static line *line_new(peer *p)
{
	if (p->nlines == PEER_LINES)
		abort();
	line *l = &p->lines[p->nlines++];
	*l = (line){ .base.ops = &line_ops, .peer = p };
	return l;
}

line *line_open(peer *p)
{
	line *l = line_new(p);
	handshake *h = scripted_handshake(p);
	l->session = h ? engine_open(&p->engine, eio_of(p), h, span_of(p->sid), &l->base) : NULL;
	bool opened = l->session != NULL;
	peer_turn(p);
	return opened ? l : NULL;
}

line *line_beside(peer *p, session *s)
{
	line *l = line_new(p);
	if (!session_probe(s, &l->base))
		return NULL;
	l->session = s;
	peer_turn(p);
	return l;
}

static void line_input(line *l, const void *data, size_t len, bool binary)
{
	unsigned char *copy = malloc(len ? len : 1);
	if (copy && len)
		memcpy(copy, data, len);
	if (copy && l->session)
		session_receive(l->session, &l->base, copy, len, binary);
	free(copy);
	peer_turn(l->peer);
}

void line_send(line *l, const char *text)
{
	line_input(l, text, strlen(text), false);
}

void line_send_bytes(line *l, const void *data, size_t len)
{
	line_input(l, data, len, true);
}

void line_lost(line *l, const char *reason)
{
	session *s = l->session;
	l->session = NULL;
	if (s)
		session_transport_gone(s, &l->base, &(ending){ .reason = reason });
	peer_turn(l->peer);
}

void line_block(line *l, bool blocked)
{
	l->blocked = blocked;
	l->woken = true;
	peer_turn(l->peer);
}

const char *line_got(line *l)
{
	return notes_take(l->peer, &l->got);
}

static void line_pull(line *l)
{
	bytes *b;
	if (l->blocked || !l->woken)
		return;
	l->woken = false;
	while (l->session && (b = session_peek(l->session, &l->base, 0)) != NULL) {
		span text = { (const char *)bytes_data(b), b->len };
		notes_add_either(&l->got, text, b->binary);
		if (l->peer->at_packet)
			l->peer->at_packet(l->peer, l->session, text, b->binary);
		session_pop(l->session);
	}
}

/* ---- Turns ---- */

void peer_turn(peer *p)
{
	engine_settle(&p->engine);
	for (size_t i = 0; i < p->nasks; i++) {
		ask *a = &p->asks[i];
		if (a->ready && a->base.polling)
			polling_flush(a->base.polling);
		a->ready = false;
	}
	for (size_t i = 0; i < p->nlines; i++)
		line_pull(&p->lines[i]);
	engine_settle(&p->engine);
	engine_reap(&p->engine);
}

void peer_pass(peer *p, uint64_t ms)
{
	uint64_t until = p->wheel.now + ms;
	uint64_t next;
	while ((next = wheel_next(&p->wheel)) <= until) {
		wheel_turn(&p->wheel, next);
		peer_turn(p);
	}
	wheel_turn(&p->wheel, until);
	peer_turn(p);
}

bool peer_begin(peer *p)
{
	const engine_options options = {
		.ping_interval_ms = 25000,
		.ping_timeout_ms = 20000,
		.upgrade_timeout_ms = 10000,
		.max_payload = 1000000,
		.max_queue = 16000000,
		.polling = true,
		.websocket = true,
		.allow_upgrades = true,
	};
	memset(p, 0, sizeof *p);
	p->query = "EIO=4&token=one";
	p->sid = "";
	wheel_init(&p->wheel, 1000);
	return engine_init(&p->engine, &options, &events, p, &p->wheel);
}

void peer_end(peer *p)
{
	engine_fini(&p->engine);
	for (size_t i = 0; i < p->nasks; i++)
		bytes_unref(p->asks[i].body);
}

peer *peer_new(void)
{
	peer *p = calloc(1, sizeof *p);
	if (!p || !peer_begin(p))
		abort();
	return p;
}

void peer_free(peer *p)
{
	peer_end(p);
	free(p);
}

/* SPDX-License-Identifier: MIT */
/*
 * Any messages, texts and attachments, from a client to a server with handlers: the head of each
 * packet is read as a slow reader reads it, an event with an id is answered with that id, and the
 * session either goes on or has ended with a reason that a client can cause.
 *
 * An input is a row of messages with 1E between them; one that begins with b is binary, the others
 * are texts without the 4 of Engine.IO.
 */
#include "../../src/base/text.h"
#include "../support/lab.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) ((x) ? (void)0 : abort())

enum { PIECE_END = 0x1e, PIECE_MAX = 8192, MAX_ATTACHMENTS = 10 };

/* ---- A slow reader ---- */

typedef struct slow {
	bool good;
	int type;
	char attachments[PIECE_MAX], nsp[PIECE_MAX],
		id[PIECE_MAX]; /* digits without zeros before */
	const char *payload;
	size_t payload_len;
} slow;

/* Moves the digits at the front of text to digits. */
static void take_digits(const char **at, const char *end, char *digits)
{
	size_t n = 0;
	while (*at < end && strchr("0123456789", **at) && **at)
		digits[n++] = *(*at)++;
	digits[n] = '\0';
	while (digits[0] == '0' && digits[1])
		memmove(digits, digits + 1, strlen(digits));
}

/* Whether the number in digits is greater than that in limit. */
static bool greater(const char *digits, const char *limit)
{
	size_t a = strlen(digits), b = strlen(limit);
	return a != b ? a > b : strcmp(digits, limit) > 0;
}

static bool read_slowly_from(slow *r, const char *at, const char *end)
{
	if (at == end || *at < '0' || *at > '6')
		return false;
	r->type = *at++ - '0';
	if (r->type >= 5) {
		take_digits(&at, end, r->attachments);
		if (!r->attachments[0] || strcmp(r->attachments, "0") == 0 ||
			greater(r->attachments, "10") || at == end || *at++ != '-')
			return false;
	}
	strcpy(r->nsp, "/");
	if (at < end && *at == '/') {
		size_t n = 0;
		while (at < end && *at != ',')
			r->nsp[n++] = *at++;
		r->nsp[n] = '\0';
		at += at < end;
	}
	take_digits(&at, end, r->id);
	if (greater(r->id, "9007199254740991"))
		return false;
	const char *payload = at;
	while (payload < end && strchr(" \t\r\n", *payload) && *payload)
		payload++;
	r->payload = payload < end ? payload : at;
	r->payload_len = (size_t)(end - r->payload);
	return true;
}

static void check_reading(const slow *r, const char *text, size_t len)
{
	sp_packet p;
	char number[32];
	bool good = sp_read(&p, (span){ text, len }, MAX_ATTACHMENTS);
	CHECK(good == r->good);
	if (!good)
		return;
	CHECK((int)p.type == r->type);
	snprintf(number, sizeof number, "%llu", (unsigned long long)p.attachments);
	CHECK(strcmp(number, r->attachments[0] ? r->attachments : "0") == 0);
	CHECK(p.has_id == (r->id[0] != '\0'));
	snprintf(number, sizeof number, "%llu", (unsigned long long)p.id);
	CHECK(!p.has_id || strcmp(number, r->id) == 0);
	/* A NUL in the name would end the slow reader's. */
	CHECK(memchr(p.nsp.at, '\0', p.nsp.len) || span_is(p.nsp, span_of(r->nsp)));
	CHECK(p.payload.at == r->payload || p.payload.len == 0);
	CHECK(p.payload.len == r->payload_len);
}

/* ---- The server's side ---- */

typedef struct bench {
	sio_server *s;
	peer *p;
	slow reading; /* of the last text */
	unsigned connected, left, freed;
	unsigned echoes, answers; /* of this message */
} bench;

static void on_freed(void *data)
{
	((bench *)data)->freed++;
}

static void on_connect(sio_socket *k, void *user)
{
	((bench *)user)->connected++;
	sio_set_data(k, user, on_freed);
}

/* The reasons that a client's messages can have. */
static void on_left(sio_socket *k, const char *reason, void *user)
{
	static const char *const reasons[] = { "forced close", "client namespace disconnect",
		"server namespace disconnect", "transport close", "server shutting down" };
	bool known = false;
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		known = known || strcmp(reason, reasons[i]) == 0;
	CHECK(known && !sio_connected(k));
	((bench *)user)->left++;
}

static void on_echo(sio_socket *k, const sio_event *ev, void *user)
{
	bench *b = user;
	CHECK(sio_connected(k) && cJSON_IsArray(ev->args) && ev->nbinary <= MAX_ATTACHMENTS);
	CHECK((ev->ack.ticket != 0) == (b->reading.id[0] != '\0'));
	b->echoes += ev->ack.ticket != 0;
	sio_err err = sio_reply_with(ev->ack, ev->binary, ev->nbinary, sio_json("[%d]", 1));
	CHECK(err == (ev->ack.ticket ? SIO_OK : SIO_EGONE));
	CHECK(sio_reply(ev->ack, sio_json("[]")) == SIO_EGONE);
}

static void on_bye(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_disconnect(k, ev->args->child && cJSON_IsTrue(ev->args->child));
}

static void on_answer(sio_socket *k, const sio_event *ev, void *user)
{
	CHECK(cJSON_IsArray(ev->args) && sio_connected(k));
	((bench *)user)->answers++;
}

static void on_ack(sio_err err, const cJSON *args, void *user)
{
	(void)user;
	CHECK((err == SIO_OK) == (args != NULL));
}

static void on_ask(sio_socket *k, const sio_event *ev, void *user)
{
	sio_delivery how = { .on_ack = on_ack, .on_answer = on_answer, .user = user };
	(void)ev;
	CHECK(sio_emit_with(k, &how, "q", sio_json("[]")) == SIO_OK);
}

static void equip(bench *b, const char *name)
{
	sio_ns *ns = sio_of(b->s, name);
	sio_on_connect(ns, on_connect, b);
	sio_on_disconnect(ns, on_left, b);
	sio_on(ns, "a", on_echo, b);
	sio_on(ns, "bye", on_bye, b);
	sio_on(ns, "ask", on_ask, b);
}

/* ---- What must hold after each message ---- */

/* Every answer has the id and the namespace of what was asked. */
static void check_mail(bench *b)
{
	char head[2 * PIECE_MAX + 8];
	bool named = strcmp(b->reading.nsp, "/") != 0;
	unsigned found = 0;
	snprintf(head, sizeof head, "%s%s%s[", named ? b->reading.nsp : "", named ? "," : "",
		b->reading.id);
	for (size_t i = 0; i < sent_count(b->p); i++) {
		bytes *m = sent(b->p, i);
		const char *text = (const char *)bytes_data(m);
		if (m->binary || m->len < 3 || text[0] != '4' || (text[1] != '3' && text[1] != '6'))
			continue;
		const char *dash = text[1] == '6' ? memchr(text, '-', m->len) : text + 1;
		size_t front = (size_t)(dash + 1 - text);
		CHECK(m->len > front + strlen(head));
		CHECK(memcmp(dash + 1, head, strlen(head)) == 0);
		found++;
	}
	CHECK(found == b->echoes);
	b->echoes = 0;
	forget_mail(b->p);
}

static void check_state(const bench *b)
{
	const peer *p = b->p;
	CHECK((p->session == NULL) == p->closed);
	CHECK(!p->closed || b->left == b->connected);
	CHECK(b->freed == b->left && b->left <= b->connected);
}

static void give(bench *b, const char *piece, size_t len)
{
	static char text[PIECE_MAX + 1];
	if (len && piece[0] == 'b') {
		receive_binary(b->p, piece + 1, len - 1);
	} else if (utf8_valid(piece, len)) {
		text[0] = '4';
		memcpy(text + 1, piece, len);
		memset(&b->reading, 0, offsetof(slow, payload));
		b->reading.good = read_slowly_from(&b->reading, piece, piece + len);
		check_reading(&b->reading, piece, len);
		receive_text(b->p, text, len + 1);
	}
	check_mail(b);
	check_state(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bench b;
	const char *at = (const char *)data, *end = at + size;
	b = (bench){ .s = lab_new_with(&(sio_options){ .max_depth = 50, .max_unanswered = 3 }) };
	equip(&b, "/");
	equip(&b, "/chat");
	sio_of(b.s, "/other");
	sio_of(b.s, "/third");
	b.p = connect_client(b.s);
	CHECK(enter(b.p, "/chat"));
	for (;;) {
		const char *stop = at < end ? memchr(at, PIECE_END, (size_t)(end - at)) : NULL;
		size_t len = (size_t)((stop ? stop : end) - at);
		if (len < PIECE_MAX)
			give(&b, at, len);
		if (!stop)
			break;
		at = stop + 1;
	}
	lab_close(b.s);
	CHECK(b.connected == b.left && b.left == b.freed);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* far_polling - requests and payloads of long-polling. */
#include "../../src/base/text.h"
#include "far.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Asking ---- */

static void request(far_wire *w, const char *method, const void *body, size_t len)
{
	far *f = w->owner;
	char head[400];
	if (w->fd < 0)
		wire_open(w);
	int n = snprintf(head, sizeof head,
		"%s /socket.io/?EIO=%u&transport=polling%s%s%s HTTP/1.1\r\nHost: localhost\r\n",
		method, f->version, f->query, *f->sid ? "&sid=" : "", f->sid);
	buf_add(&w->out, head, (size_t)n);
	if (body) {
		n = snprintf(head, sizeof head,
			"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n", len);
		buf_add(&w->out, head, (size_t)n);
	}
	buf_add_text(&w->out, "\r\n");
	if (body)
		buf_add(&w->out, body, len);
	w->asked = true;
	wire_send(w);
}

void polling_open(far *f)
{
	request(&f->wires[FAR_GET], "GET", NULL, 0);
}

static void post(far *f)
{
	buf body = f->waiting;
	if (!buf_len(&body))
		return;
	f->waiting = (buf){ 0 };
	request(&f->wires[FAR_POST], "POST", buf_data(&body), buf_len(&body));
	buf_free(&body);
}

/* While the WebSocket takes over nothing is asked for, but what waits is still sent. */
void polling_go(far *f)
{
	if (f->ended || !f->open || f->on_socket)
		return;
	if (!f->wires[FAR_POST].asked)
		post(f);
	if (!f->ended && !f->wires[FAR_GET].asked && !f->switching)
		request(&f->wires[FAR_GET], "GET", NULL, 0);
}

void polling_say(far *f, const char *front, const char *text, size_t len, bool binary)
{
	size_t coded = binary ? base64_encoded_len(len) : len;
	if (binary)
		front = f->version == 3 ? "b4" : "b";
	if (f->version == 3) {
		buf_add_uint(&f->waiting, strlen(front) + coded);
		buf_add_char(&f->waiting, ':');
	} else if (buf_len(&f->waiting)) {
		buf_add_char(&f->waiting, '\x1e');
	}
	buf_add_text(&f->waiting, front);
	if (binary) {
		unsigned char *room = buf_reserve(&f->waiting, coded);
		base64_encode((char *)room, text, len);
		buf_added(&f->waiting, coded);
	} else {
		buf_add(&f->waiting, text, len);
	}
	polling_go(f);
}

/* ---- Payloads ---- */

static void read_base64(far *f, span text, size_t front)
{
	unsigned char *data = malloc(text.len + 3);
	long n = text.len >= front
			 ? base64_decode(data, (span){ text.at + front, text.len - front })
			 : -1;
	if (n < 0)
		far_lost(f, "bad base64");
	else
		f->hooks->message(f, (span){ (const char *)data, (size_t)n }, true);
	free(data);
}

static void read_packet(far_wire *w, span packet)
{
	if (packet.len && packet.at[0] == 'b')
		read_base64(w->owner, packet, w->owner->version == 3 ? 2 : 1);
	else
		far_packet(w->owner, w, packet);
}

static void read_payload4(far_wire *w, span body)
{
	const char *end;
	while (!w->owner->ended && (end = memchr(body.at, '\x1e', body.len)) != NULL) {
		size_t len = (size_t)(end - body.at);
		read_packet(w, (span){ body.at, len });
		body = (span){ end + 1, body.len - len - 1 };
	}
	if (!w->owner->ended)
		read_packet(w, body);
}

/* Lengths are those of JavaScript; nothing but ASCII is sent here. */
static void read_payload3(far_wire *w, span body)
{
	while (!w->owner->ended && body.len) {
		char *text;
		size_t len = strtoul(body.at, &text, 10);
		size_t head = (size_t)(text - body.at) + 1;
		if (*text != ':' || head + len > body.len) {
			far_lost(w->owner, "a bad payload");
			return;
		}
		read_packet(w, (span){ text + 1, len });
		body = (span){ body.at + head + len, body.len - head - len };
	}
}

/* 0 (text) or 1 (binary), a length in digits that are bytes 0 to 9, 255, and the packet. */
static void read_binary3(far_wire *w, span body)
{
	while (!w->owner->ended && body.len) {
		size_t i = 1, len = 0;
		for (; i < body.len && (unsigned char)body.at[i] < 10; i++)
			len = 10 * len + (unsigned char)body.at[i];
		if (i >= body.len || (unsigned char)body.at[i] != 255 || len > body.len - i - 1) {
			far_lost(w->owner, "a bad binary payload");
			return;
		}
		span packet = { body.at + i + 1, len };
		if (body.at[0] == 1)
			far_binary(w->owner, packet);
		else
			far_packet(w->owner, w, packet);
		body = (span){ packet.at + len, body.len - i - 1 - len };
	}
}

/* ---- Answers ---- */

/* The value of a field of a head that ends with a NUL. */
static const char *field(const char *head, const char *name)
{
	const char *at = strcasestr(head, name);
	return at ? at + strlen(name) : "";
}

static void read_body(far_wire *w, const char *head, span body)
{
	far *f = w->owner;
	if (strncmp(head, "HTTP/1.1 200 ", 13)) {
		far_lost(f, "refused");
		return;
	}
	if (w->use == FAR_POST)
		return;
	if (f->version == 4)
		read_payload4(w, body);
	else if (!strncmp(field(head, "\r\nContent-Type: "), "application/octet", 17))
		read_binary3(w, body);
	else
		read_payload3(w, body);
}

/* The one request that is under way has its answer in one piece, as far as this is concerned. */
void polling_input(far_wire *w)
{
	far *f = w->owner;
	span in = buf_span(&w->in);
	const char *end = memmem(in.at, in.len, "\r\n\r\n", 4);
	if (!end)
		return;
	size_t head_len = (size_t)(end - in.at) + 4;
	char *head = strndup(in.at, head_len);
	size_t len = strtoul(field(head, "\r\nContent-Length: "), NULL, 10);
	if (in.len < head_len + len) {
		free(head);
		return;
	}
	/* What it brings about may close the connection; the NUL ends a length that has no colon.
	 */
	char *copy = malloc(len + 1);
	memcpy(copy, in.at + head_len, len);
	copy[len] = '\0';
	buf_consume(&w->in, head_len + len);
	w->asked = false;
	bool last = strcasestr(head, "\r\nConnection: close") != NULL;
	read_body(w, head, (span){ copy, len });
	free(copy);
	free(head);
	if (f->ended)
		return;
	if (last)
		wire_close(w, false);
	polling_go(f);
	if (f->switching && !f->on_socket)
		far_packet(f, w, SPAN("6"));
}

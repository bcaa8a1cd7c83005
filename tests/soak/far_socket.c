/* SPDX-License-Identifier: MIT */
/* far_socket - the WebSocket of a session, from its first byte or beside polling. */
#include "far.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void send_handshake(far_wire *w)
{
	far *f = w->owner;
	char text[400];
	int n = snprintf(text, sizeof text,
		"GET /socket.io/?EIO=%u&transport=websocket%s%s%s HTTP/1.1\r\nHost: localhost\r\n"
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		f->version, f->query, *f->sid ? "&sid=" : "", f->sid);
	buf_add(&w->out, text, (size_t)n);
	w->asked = true;
	wire_send(w);
}

void socket_open(far *f)
{
	far_wire *w = &f->wires[FAR_SOCKET];
	wire_open(w);
	send_handshake(w);
}

/* Its mask is not random: nothing depends on that here. */
void socket_frame(far_wire *w, unsigned opcode, const char *front, const void *data, size_t len)
{
	static const unsigned char mask[4] = { 0x5a, 1, 0xff, 0x80 };
	size_t head = strlen(front), all = head + len;
	unsigned char h[14] = { (unsigned char)(0x80 | opcode) };
	size_t n = 2;
	if (w->fd < 0)
		return;
	h[1] = 0x80 | (all < 126 ? (unsigned char)all : all < 65536 ? 126 : 127);
	for (size_t i = all < 126 ? 0 : all < 65536 ? 2 : 8; i > 0; i--)
		h[n++] = (unsigned char)(all >> 8 * (i - 1));
	memcpy(h + n, mask, 4);
	buf_add(&w->out, h, n + 4);
	unsigned char *room = buf_reserve(&w->out, all + 1);
	if (!room)
		abort();
	memcpy(room, front, head);
	if (len)
		memcpy(room + head, data, len);
	for (size_t i = 0; i < all; i++)
		room[i] ^= mask[i % 4];
	buf_added(&w->out, all);
	wire_send(w);
}

static bool read_handshake(far_wire *w)
{
	span in = buf_span(&w->in);
	const char *end = memmem(in.at, in.len, "\r\n\r\n", 4);
	if (!end)
		return false;
	if (strncmp(in.at, "HTTP/1.1 101 ", 13)) {
		far_lost(w->owner, "refused");
		return false;
	}
	buf_consume(&w->in, (size_t)(end - in.at) + 4);
	w->asked = false;
	w->framed = true;
	if (w->owner->probing)
		socket_frame(w, 1, "2", "probe", 5);
	return true;
}

static void read_frame(far_wire *w, unsigned opcode, span data)
{
	if (opcode == 1)
		far_packet(w->owner, w, data);
	else if (opcode == 2)
		far_binary(w->owner, data);
	else if (opcode == 8)
		far_lost(w->owner, "a close frame");
	else if (opcode == 9)
		socket_frame(w, 10, "", data.at, data.len);
	else
		far_lost(w->owner, "an unknown frame");
}

/* The first frame, and how long it is with its head; 0: it is not whole. */
static size_t first_frame(span in, unsigned *opcode, span *data)
{
	const unsigned char *at = (const unsigned char *)in.at;
	if (in.len < 2)
		return 0;
	size_t head = 2, len = at[1] & 127;
	size_t more = len == 126 ? 2 : len == 127 ? 8 : 0;
	if (in.len < head + more)
		return 0;
	if (more)
		len = 0;
	for (size_t i = 0; i < more; i++)
		len = len << 8 | at[head++];
	if (in.len - head < len)
		return 0;
	*opcode = at[0] & 15;
	*data = (span){ in.at + head, len };
	return head + len;
}

void socket_input(far_wire *w)
{
	unsigned opcode;
	span data;
	size_t n;
	if (!w->framed && !read_handshake(w))
		return;
	while (!w->owner->ended && (n = first_frame(buf_span(&w->in), &opcode, &data)) != 0) {
		if (*(const unsigned char *)buf_data(&w->in) >> 4 != 8) {
			far_lost(w->owner, "bits of a frame");
			return;
		}
		read_frame(w, opcode, data);
		if (!w->owner->ended)
			buf_consume(&w->in, n);
	}
}

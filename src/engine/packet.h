/* SPDX-License-Identifier: MIT */
/*
 * packet - Engine.IO packets: one character of type, then data (Engine.IO protocol, "Packet
 * encoding").
 *
 * On the way out a packet is a block of bytes in the form that a WebSocket frame carries: text with
 * its type in front, or the bare content of a binary message.  Payloads of long-polling are made of
 * those blocks.
 */
#ifndef ENGINE_PACKET_H
#define ENGINE_PACKET_H

#include "../base/buf.h"
#include "../base/bytes.h"
#include "../base/span.h"
#include <stdbool.h>

typedef enum packet_type {
	PACKET_OPEN,
	PACKET_CLOSE,
	PACKET_PING,
	PACKET_PONG,
	PACKET_MESSAGE,
	PACKET_UPGRADE,
	PACKET_NOOP,
	PACKET_TYPES
} packet_type;

typedef struct packet {
	packet_type type;
	bool binary;
	span data; /* without the type */
} packet;

enum { PAYLOAD_SEPARATOR = 0x1e };

/* Reads one packet from text.  "b" and base64 is a binary message; it is decoded in place, so text
 * is modified.  false: not a packet (empty, an unknown type, or not base64). */
bool packet_read(packet *out, unsigned char *text, size_t len);

/* The same from a frame of version 4, where binary data are a message as they are. */
bool frame4_read(packet *out, unsigned char *data, size_t len, bool binary);

/* One packet as a block; NULL: out of memory. */
bytes *packet_write(packet_type type, span data);

/* ---- The payloads of long-polling, Engine.IO 4: packets with 0x1e between them ---- */

/* Cuts the next packet off the front of what is left, and decodes it in place; false: it is not a
 * packet, or not UTF-8.  A separator that ends the payload is left, for there is an empty packet
 * behind it. */
bool payload4_read(packet *out, unsigned char **at, size_t *left);
/* Appends one packet; out is empty before the first. */
void payload4_write(buf *out, bytes *b);
/* The most bytes that payload4_write() can add for b. */
size_t payload4_size(const bytes *b);

#endif

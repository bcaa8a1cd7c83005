/* SPDX-License-Identifier: MIT */
/*
 * packet3 - how version 3 of Engine.IO writes packets: with a type in front of binary data too, and
 * in payloads that count.
 *
 * Two forms of payload: `<length>:<packet>` in text, with the length in UTF-16 code units, and a
 * binary one for clients that can take it, `<0 or 1><digits as bytes><FF><packet>`, with the length
 * in bytes.
 */
#ifndef ENGINE_PACKET3_H
#define ENGINE_PACKET3_H

#include "packet.h"

/* Reads one packet from a frame.  Text that begins with "b" and a type is base64; it is decoded in
 * place.  false: not a packet. */
bool frame3_read(packet *out, unsigned char *data, size_t len, bool binary);

/* Binary data with its type in front, as bytes or as base64 in text; other blocks as they are.
 * Takes the reference and gives one; NULL: out of memory. */
bytes *dress3(bytes *b);
bytes *dress3_base64(bytes *b);

/* ---- Payloads.  The blocks that are written have been dressed. ---- */

/* A packet of length 0 says nothing, and is read as a noop. */
bool payload3_read(packet *out, unsigned char **at, size_t *left);
/* For blocks of text alone. */
void payload3_write(buf *out, bytes *b);
bool payload3_binary_read(packet *out, unsigned char **at, size_t *left);
void payload3_binary_write(buf *out, bytes *b);
/* The most that either can add. */
size_t payload3_size(const bytes *b);

#endif

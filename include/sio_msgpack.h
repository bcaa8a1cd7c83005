/* SPDX-License-Identifier: MIT */
/*
 * sio_msgpack.h - packets in MessagePack, for clients that use socket.io-msgpack-parser.
 *
 * A library of its own (libsio-msgpack), so that libsio does not need msgpack-c:
 *
 *     sio_options options = { .port = 3000, .parser = sio_msgpack_parser() };
 *
 * All clients of the server must use that parser; one that sends text is closed.  Binary data
 * stands inside the packet, so there are no attachments to wait for, and max_attachments does not
 * count them; 65535 are the most that a packet may bring, and max_held, unless it is raised, has
 * room for some 35,000.
 *
 * What JSON cannot say arrives as JSON.stringify() would write it: a Date (of notepack.io, or
 * MessagePack's timestamp) as a text such as "2026-11-21T12:00:00.000Z", NaN and infinities as
 * null, undefined as null in an array and left out of an object.  Other extensions are null.
 * Integers beyond 2^53 are rounded, and keys that are integers become texts, as in JavaScript; any
 * other key that is no text closes the connection.  Half a surrogate pair, which a tree may hold,
 * is sent as U+FFFD.  An object { _placeholder: true, num: n } is data like any other unless it
 * comes, or is sent, with binary data in the same packet.  Where the reference does otherwise is
 * said in protocol-notes/differences.md, 64 to 68.
 */
#ifndef SIO_MSGPACK_H
#define SIO_MSGPACK_H

#include "sio.h"

#ifdef __cplusplus
extern "C" {
#endif

/* It lasts as long as the process. */
SIO_API const sio_parser *sio_msgpack_parser(void);

#ifdef __cplusplus
}
#endif
#endif

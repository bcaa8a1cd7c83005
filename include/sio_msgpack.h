/* SPDX-License-Identifier: MIT */
/*
 * sio_msgpack.h - packets in MessagePack, for clients that use socket.io-msgpack-parser.
 *
 * A library of its own (libsio-msgpack), so that libsio does not need msgpack-c:
 *
 *     sio_options options = { .port = 3000, .parser = sio_msgpack_parser() };
 *
 * All clients of the server must use that parser.  Binary data stands inside the packet, so there
 * are no attachments to wait for and no limit of them; nesting is limited to what msgpack-c unpacks
 * (32 levels).  Integers beyond 2^53 are rounded, as in JavaScript; extensions (a Date) become
 * null.
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

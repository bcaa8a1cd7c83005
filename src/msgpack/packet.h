/* SPDX-License-Identifier: MIT */
/* packet - one packet of Socket.IO as socket.io-msgpack-parser has it: a map with type, nsp, and
 * data and id where there are any. */
#ifndef MSGPACK_PACKET_H
#define MSGPACK_PACKET_H

#include "../../include/sio.h"

/* Beyond this JavaScript does not count. */
#define INTEGER_MAX 9007199254740991

/* Both under the terms of sio_parser. */
sio_bytes packed_write(const sio_packet *p);
bool packed_read(sio_bytes message, sio_packet *p);

/* One value of any kind, with the attachments in it: of the packet data, binary and nbinary. */
sio_bytes packed_write_value(const sio_packet *p);
bool packed_read_value(sio_bytes message, unsigned max_depth, sio_packet *p);
/* What reading handed out. */
void packed_free(sio_packet *p);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * dialect - the few places where versions of Engine.IO differ, as one table each.
 *
 * A session is given its dialect at the handshake and asks it; nothing else looks at a version
 * number.
 */
#ifndef ENGINE_DIALECT_H
#define ENGINE_DIALECT_H

#include "packet.h"

typedef struct dialect {
	int version; /* the EIO of the query */
	bool server_pings;
	bool (*payload_read)(packet *out, unsigned char **at, size_t *left);
	void (*payload_write)(buf *out, bytes *b);
	size_t (*payload_size)(const bytes *b);
} dialect;

/* For the EIO of a query; NULL: a version that is not spoken. */
const dialect *dialect_for(span eio);

#endif

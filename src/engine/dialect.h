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

/* One way to put packets into a payload of long-polling. */
typedef struct payload_form {
	/* Cuts the next packet off the front of what is left, decoding it in place; false: it is
	 * not one. */
	bool (*read)(packet *out, unsigned char **at, size_t *left);
	/* Appends one packet; out is empty before the first. */
	void (*write)(buf *out, bytes *b);
	/* The most bytes that write() can add for b. */
	size_t (*size)(const bytes *b);
} payload_form;

typedef struct dialect {
	int version;                  /* the EIO of the query */
	bool old;                     /* spoken only if the options allow it */
	bool server_pings;            /* otherwise the client does */
	const struct dialect *base64; /* for a client that cannot take binary data */
	const payload_form *text;
	const payload_form *binary; /* for payloads that hold binary data; NULL: text does */
	bool (*frame_read)(packet *out, unsigned char *data, size_t len, bool binary);
	/* The block as it goes to this client.  Takes the reference and gives one; NULL: out of
	 * memory. */
	bytes *(*dress)(bytes *b);
	span noop, bye, noop_bye; /* whole payloads */
} dialect;

/* For the EIO of a query; NULL: a version that is not spoken. */
const dialect *dialect_for(span eio);

#endif

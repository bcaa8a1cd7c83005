/* SPDX-License-Identifier: MIT */
/* response - what is to be answered to one HTTP request, before it is written. */
#ifndef NET_RESPONSE_H
#define NET_RESPONSE_H

#include "../base/buf.h"
#include "../base/bytes.h"
#include <stdint.h>
#include <unistd.h>

typedef struct response {
	int status;
	const char *type; /* Content-Type; NULL: none is sent */
	bytes *body;      /* one reference; NULL: none */
	int file; /* an open descriptor whose content is the body, instead of body; -1: none */
	uint64_t file_len;
	buf fields; /* further header fields, as whole lines */
} response;

#define RESPONSE(code) ((response){ .status = (code), .file = -1 })

/* For one that is not going to be written. */
static inline void response_fini(response *r)
{
	bytes_unref(r->body);
	if (r->file >= 0)
		close(r->file);
	buf_free(&r->fields);
}

#endif

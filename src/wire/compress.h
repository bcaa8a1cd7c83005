/* SPDX-License-Identifier: MIT */
/* compress - HTTP content codings: gzip and deflate with zlib, br with brotli where it was compiled
 * in. */
#ifndef WIRE_COMPRESS_H
#define WIRE_COMPRESS_H

#include "../base/buf.h"
#include "../base/bytes.h"
#include "../base/span.h"

typedef enum coding { CODING_NONE, CODING_DEFLATE, CODING_GZIP, CODING_BROTLI } coding;

/* The best coding that an Accept-Encoding value allows: the highest quality; among equals br, gzip,
 * deflate. */
coding coding_choose(span accept_encoding);
/* "br", "gzip", "deflate"; NULL for CODING_NONE. */
const char *coding_name(coding c);
/* The whole of data in that coding; NULL: out of memory.  One reference, the caller's.  level 0:
 * the library's default. */
bytes *coding_compress(coding c, const void *data, size_t len, int level);

#endif

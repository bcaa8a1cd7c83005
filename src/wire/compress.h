/* SPDX-License-Identifier: MIT */
/* compress - HTTP content codings (RFC 9110, 8.4.1): gzip and deflate with zlib, br with brotli
 * where it was compiled in (HAVE_BROTLI). */
#ifndef WIRE_COMPRESS_H
#define WIRE_COMPRESS_H

#include "../base/buf.h"
#include "../base/bytes.h"
#include "../base/span.h"

typedef enum coding { CODING_NONE, CODING_DEFLATE, CODING_GZIP, CODING_BROTLI } coding;

/* The best coding that an Accept-Encoding value allows and this build can write: the highest
 * quality; among equals br, gzip, deflate.  CODING_NONE if there is none, or if "identity" is
 * wanted more. */
coding coding_choose(span accept_encoding);
/* "br", "gzip", "deflate"; NULL for CODING_NONE. */
const char *coding_name(coding c);
/* The whole of data in that coding (a copy for CODING_NONE); NULL: out of memory, or not compiled
 * in.  One reference, the caller's.  level 0: a default quick enough for answers made on the fly,
 * 6 of zlib's 9, 4 of brotli's 11; a higher level than the coding has is its highest. */
bytes *coding_compress(coding c, const void *data, size_t len, int level);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * bundle - the official client's files for browsers, served below the engine's path
 * (protocol-notes/files.md).
 *
 * They come from the folder "dist" of the npm package socket.io-client.  A file is read when it is
 * first asked for, coded when a coding is first asked for, and both are kept.
 */
#ifndef NET_BUNDLE_H
#define NET_BUNDLE_H

#include "../base/span.h"
#include "../wire/http.h"
#include "response.h"
#include <stdbool.h>

typedef struct bundle bundle;

/* dist_dir holds socket.io.js, and the folder above it package.json, which gives the version.
 * NULL: *error is an errno value: ENOENT or the like if either cannot be read, EINVAL if
 * package.json has no version, ENOMEM. */
bundle *bundle_load(const char *dist_dir, int *error);
void bundle_free(bundle *b);

/* name is what follows the engine's path.  false: not one of the client's files, or not there, and
 * r is as it was.  Otherwise r, which is a RESPONSE() to which fields may have been added, is the
 * answer, whatever the method. */
bool bundle_answer(bundle *b, span name, const http_head *head, response *r);

#endif

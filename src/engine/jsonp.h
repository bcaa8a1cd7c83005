/* SPDX-License-Identifier: MIT */
/*
 * jsonp - long-polling for pages that can load scripts and send forms, but not ask another origin
 * (protocol-notes/engine.io.md 144 to 146).
 *
 * Payloads to the client become a call in a script, payloads from it are a field of a form.
 */
#ifndef ENGINE_JSONP_H
#define ENGINE_JSONP_H

#include "../base/buf.h"
#include "../base/span.h"
#include <stdbool.h>

/* Appends ___eio[<the digits of index>]("<payload>"); */
void jsonp_write(buf *out, span index, span payload);

typedef enum jsonp_result { JSONP_PAYLOAD, JSONP_NOTHING, JSONP_BROKEN } jsonp_result;

/* Appends the payload in a form.  JSONP_NOTHING: the form has no field of it; JSONP_BROKEN: it is
 * not a form, or out of memory. */
jsonp_result jsonp_read(buf *out, span form);

#endif

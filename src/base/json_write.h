/* SPDX-License-Identifier: MIT */
/*
 * json_write - text between the quotes of a JSON string.
 *
 * For plain text of ours; trees, with their rules for what C strings cannot hold, have a printer of
 * their own (socketio/json.h).
 */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

#include "buf.h"
#include "span.h"

/* Appends s without quotes.  U+2028 and U+2029 are escaped too, so that it may stand in a script.
 */
void json_write_escaped(buf *out, span s);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * json_text - what stands between the quotes of a JSON string.
 */
#ifndef SOCKETIO_JSON_TEXT_H
#define SOCKETIO_JSON_TEXT_H

#include "../base/span.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_ESCAPED_MAX = 4 };
/* Decodes one escape at the start of text, which begins with the backslash, into the bytes that
 * the trees here hold for it; two that are the halves of one character are read together.  Moves
 * text behind it and returns the number of bytes; 0: this is no escape. */
size_t json_unescape(span *text, char out[JSON_ESCAPED_MAX]);

#endif

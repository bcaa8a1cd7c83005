/* SPDX-License-Identifier: MIT */
/* text - UTF-8, base64, random ids and small numbers: what several layers need of characters. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "buf.h"
#include "span.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF) ---- */

/* State between pieces of one text; UTF8_START at its beginning and after each whole character. */
typedef uint32_t utf8_state;
enum { UTF8_START = 0, UTF8_BAD = 1 };

/* Feeds a piece, however cut; UTF8_BAD as soon as no continuation could be valid, and for ever
 * then. */
utf8_state utf8_feed(utf8_state state, const void *data, size_t len);
bool utf8_valid(const void *data, size_t len);
/* Length in UTF-16 code units, what JavaScript calls length; data is valid UTF-8. */
size_t utf16_length(const void *data, size_t len);

/* ---- base64 (RFC 4648) ---- */

static inline size_t base64_encoded_len(size_t len)
{
	return (len + 2) / 3 * 4;
}
/* Writes exactly base64_encoded_len(len) characters, padded, without a NUL. */
void base64_encode(char *out, const void *data, size_t len);
/* Decodes what peers really send, standard or URL alphabet, with or without padding.  out has room
 * for text.len / 4 * 3 + 3 bytes and may be text.at itself.  Returns the length, or -1: not base64,
 * and out may hold the part before the error. */
long base64_decode(unsigned char *out, span text);

/* ---- Ids ---- */

enum { ID_LEN = 20 };
/* 20 characters of [A-Za-z0-9_-]: 120 bits from getrandom(2), NUL-terminated.  It cannot fail once
 * the system is up; if it does the process aborts, since a guessable id is worse. */
void random_id(char out[ID_LEN + 1]);
void random_bytes(void *out, size_t len);

/* ---- Numbers ---- */

/* All of s as decimal digits, at most max; false: empty, another character, or too large. */
bool parse_uint(span s, uint64_t max, uint64_t *out);
/* The value of a hexadecimal digit; -1: it is none. */
int hex_digit(char c);

/* ---- URLs ---- */

/* Appends s with %XX decoded ('+' stays as it is unless plus_is_space); false: a broken escape, or
 * buf failed.  Nothing is appended then. */
bool url_decode(buf *out, span s, bool plus_is_space);
/* The raw value of key in a query "a=1&b=2" ("" if it stands there without '='); false: not there.
 * The last one wins.  Keys are compared decoded; one that does not decode is none. */
bool query_find(span query, span key, span *value);

#endif

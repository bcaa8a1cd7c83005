/* SPDX-License-Identifier: MIT */
/*
 * json_text - what stands between the quotes of a JSON string.
 */
#ifndef SOCKETIO_JSON_TEXT_H
#define SOCKETIO_JSON_TEXT_H

#include "../base/span.h"
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Eight bytes at a time ---- */

enum { JSON_WORD = sizeof(uint64_t) };

/* The first byte of text is the lowest one. */
static inline uint64_t json_word(const char *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return le64toh(word);
}

/* The highest bit of each byte that is a control character, a quote or a backslash.  Bits above
 * the lowest one that is set may be wrong. */
static inline uint64_t json_word_special(uint64_t w)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t quote = w ^ (ones * '"');
	uint64_t backslash = w ^ (ones * '\\');
	uint64_t found = (w - ones * 0x20) & ~w;
	found |= (quote - ones) & ~quote;
	found |= (backslash - ones) & ~backslash;
	return found & (ones * 0x80);
}

/* Which byte the lowest bit of found, not zero, belongs to. */
static inline size_t json_word_first(uint64_t found)
{
	return (size_t)__builtin_ctzll(found) / 8;
}

/* ---- Escapes ---- */

enum { JSON_ESCAPED_MAX = 4 };
/* Decodes one escape at the start of text, which begins with the backslash, into the bytes that
 * the trees here hold for it; two that are the halves of one character are read together.  Moves
 * text behind it and returns the number of bytes; 0: this is no escape. */
size_t json_unescape(span *text, char out[JSON_ESCAPED_MAX]);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * json_plain - how far a text needs no escape, many bytes at a time.
 *
 * What is not plain is a quote, a backslash, or a control character.
 */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H

#include "span.h"
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline bool json_is_plain(char c)
{
	return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

#ifdef __SSE2__

enum { JSON_STEP = 16 };

static inline __m128i json_find_special(const char *at, bool ascii)
{
	__m128i text = _mm_loadu_si128((const __m128i *)(const void *)at);
	/* Compared with their signs, bytes that are not ASCII are less than a space as well. */
	__m128i found = ascii ? _mm_cmplt_epi8(text, _mm_set1_epi8(' '))
			      : _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(' ' - 1)), text);
	found = _mm_or_si128(found, _mm_cmpeq_epi8(text, _mm_set1_epi8('"')));
	return _mm_or_si128(found, _mm_cmpeq_epi8(text, _mm_set1_epi8('\\')));
}

/* How many of the next JSON_STEP bytes are plain; with ascii, plain and ASCII. */
static inline size_t json_plain_step(const char *at, bool ascii)
{
	unsigned bits = (unsigned)_mm_movemask_epi8(json_find_special(at, ascii));
	return bits ? (size_t)__builtin_ctz(bits) : JSON_STEP;
}

/* Whether all of the next two steps are. */
static inline bool json_plain_stride(const char *at, bool ascii)
{
	return !_mm_movemask_epi8(_mm_or_si128(
		json_find_special(at, ascii), json_find_special(at + JSON_STEP, ascii)));
}

#else

enum { JSON_STEP = 8 };

static inline uint64_t json_find_special(const char *at, bool ascii)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t word;
	memcpy(&word, at, sizeof word);
	word = le64toh(word); /* the first byte is the lowest one */
	uint64_t quote = word ^ ones * '"';
	uint64_t backslash = word ^ ones * '\\';
	uint64_t found = (quote - ones) & ~quote;
	found |= (backslash - ones) & ~backslash;
	found |= (word - ones * ' ') & ~word;
	if (ascii)
		found |= word;
	return found & ones << 7; /* bits above the lowest one that is set may be wrong */
}

static inline size_t json_plain_step(const char *at, bool ascii)
{
	uint64_t found = json_find_special(at, ascii);
	return found ? (size_t)__builtin_ctzll(found) / 8 : JSON_STEP;
}

static inline bool json_plain_stride(const char *at, bool ascii)
{
	return !(json_find_special(at, ascii) | json_find_special(at + JSON_STEP, ascii));
}

#endif

enum { JSON_STRIDE = 2 * JSON_STEP };

/* The length of what needs no escape at the beginning of text. */
static inline size_t json_plain_len(span text)
{
	size_t i = 0;
	while (text.len - i >= JSON_STRIDE && json_plain_stride(text.at + i, false))
		i += JSON_STRIDE;
	for (; text.len - i >= JSON_STEP; i += JSON_STEP) {
		size_t n = json_plain_step(text.at + i, false);
		if (n < JSON_STEP)
			return i + n;
	}
	while (i < text.len && json_is_plain(text.at[i]))
		i++;
	return i;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * json_convert - one printf conversion of a template, with its argument.
 */
#ifndef SOCKETIO_JSON_CONVERT_H
#define SOCKETIO_JSON_CONVERT_H

#include "../base/buf.h"
#include "../base/span.h"
#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum convert_kind {
	CONVERT_UNKNOWN, /* none of C's: what its argument would be is not known */
	CONVERT_REFUSED, /* one of C's, but of no use here: its argument is skipped */
	CONVERT_PERCENT,
	CONVERT_BOOL,
	CONVERT_SIGNED,
	CONVERT_UNSIGNED,
	CONVERT_DOUBLE,
	CONVERT_CHAR,
	CONVERT_TEXT,
	CONVERT_TREE
} convert_kind;

enum { CONVERT_FLAGS = 5 }; /* "-+ #0" */

typedef struct conversion {
	convert_kind kind;
	char letter;
	char size; /* 'H' for hh, 'q' for ll, otherwise the letter itself; 0: none */
	char flags[CONVERT_FLAGS + 1];
	bool grouped; /* the flag of POSIX that groups digits */
	bool star_width, star_precision;
	int width;     /* 0: none; below: to the left */
	int precision; /* below 0: none */
	union {
		intmax_t i;
		uintmax_t u;
		double f;
		char c;
		const char *text;
		cJSON *tree;
	} value;
} conversion;

/* A va_list as a member can be passed by address, whatever type it is. */
typedef struct convert_args {
	va_list list;
} convert_args;

/* Reads the conversion at the start of text, which begins with '%', and takes its arguments.
 * Moves text behind it, unless it is of unknown kind. */
conversion convert_take(span *text, convert_args *args);

/* The text of a string or character conversion; not for a NULL string. */
span convert_text(const conversion *c);
/* Whether its text can be a key. */
bool convert_is_key(const conversion *c);
/* The conversion as a value; a tree is passed on.  NULL: it cannot be one, or out of memory; a tree
 * is then still the caller's. */
cJSON *convert_value(const conversion *c);
/* Appends what printf would have printed; false: it cannot stand in a string, or out of memory. */
bool convert_print(buf *out, const conversion *c);

#endif

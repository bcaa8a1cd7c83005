/* SPDX-License-Identifier: MIT */
/* http_chars - which bytes HTTP allows where, one table for requests, bodies and responses. */
#ifndef WIRE_HTTP_CHARS_H
#define WIRE_HTTP_CHARS_H

#include "../base/span.h"
#include <stdbool.h>

enum {
	HTTP_IN_TOKEN = 1, /* tchar (RFC 9110, 5.6.2) */
	HTTP_IN_VALUE =
		2, /* of a field: visible, space, tab, and bytes from 0x80 (RFC 9110, 5.5) */
	HTTP_IN_TARGET = 4, /* visible ASCII but '#', which no target has (RFC 9112, 3.2) */
	HTTP_IN_HOST = 8,   /* of a host and port (RFC 3986, 3.2) */
	HTTP_IN_HEX = 16,
	HTTP_IN_SPACE = 32 /* space and tab */
};

extern const unsigned char http_chars[256];

static inline bool http_char_in(char c, unsigned set)
{
	return (http_chars[(unsigned char)c] & set) != 0;
}

/* Whether every byte of s is in the one set; true for no bytes. */
bool http_all_in(span s, unsigned set);
/* s without spaces and tabs at both ends. */
span http_trim(span s);
/* Cuts the first element off a comma-separated list and gives it without the space around it;
 * false: the list has ended. */
bool http_list_next(span *list, span *item);

#endif

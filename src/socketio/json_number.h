/* SPDX-License-Identifier: MIT */
/*
 * json_number - between the digits of JSON and doubles, exactly, whatever the locale.
 */
#ifndef SOCKETIO_JSON_NUMBER_H
#define SOCKETIO_JSON_NUMBER_H

#include "../base/span.h"
#include <stdbool.h>
#include <stddef.h>

/* Reads the JSON number at the start of text, rounded to the nearest double (beyond its range:
 * infinite).  Its length, or 0: there is none. */
size_t json_number_read(span text, double *value);

enum { JSON_NUMBER_MAX = 32 };
/* Writes a finite value as Number.prototype.toString does, without a NUL; its length. */
size_t json_number_write(char out[JSON_NUMBER_MAX], double value);

#endif

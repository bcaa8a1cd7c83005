/* SPDX-License-Identifier: MIT */
/* date - a time as JavaScript's Date.prototype.toISOString() gives it. */
#ifndef MSGPACK_DATE_H
#define MSGPACK_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DATE_TEXT = 32 };

/* Milliseconds since 1970; false: JavaScript has no such date. */
bool date_text(char out[DATE_TEXT], int64_t ms);
/* MessagePack's own timestamp, in milliseconds; false: it is none. */
bool date_read(const unsigned char *at, size_t len, int64_t *ms);

#endif

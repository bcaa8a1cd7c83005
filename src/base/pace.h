/* SPDX-License-Identifier: MIT */
/*
 * pace - so much in a second, and not more than a second's worth at once.
 *
 * One number: when all that was taken so far would have come, had it come at the pace.  An all-zero
 * pace has taken nothing.  Time is a number of milliseconds that the caller provides.
 */
#ifndef BASE_PACE_H
#define BASE_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pace {
	uint64_t due; /* ns */
} pace;

/* How many ms until one more may be taken, at so many a second, of which there is at least one; 0:
 * now. */
uint64_t pace_wait(const pace *p, uint64_t now_ms, size_t per_second);
/* Takes n, whether they may be or not: what is more than its share is made up for later. */
void pace_take(pace *p, uint64_t now_ms, size_t per_second, size_t n);

#endif

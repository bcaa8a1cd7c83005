/* SPDX-License-Identifier: MIT */
/*
 * timer - many deadlines on one clock: a hierarchical wheel.
 *
 * Time is a number of milliseconds that the caller provides; nothing here reads
 * a clock.  Starting and stopping cost the same whatever the number of timers.
 * A timer never runs early; how late it runs is up to how often the wheel is turned.
 */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H

#include "list.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer;
typedef void timer_fn(struct timer *t);

typedef struct timer {
	list link;
	uint64_t due; /* ms */
	timer_fn *fn;
} timer;

enum { WHEEL_BITS = 6, WHEEL_SLOTS = 64, WHEEL_LEVELS = 6 }; /* 2^36 ms: two years */

typedef struct wheel {
	uint64_t now;  /* ms; of the last turn; never goes back */
	uint64_t time; /* ms; the latest that the owner knows of, for those who start timers
			  between turns */
	uint64_t busy[WHEEL_LEVELS]; /* one bit a slot: holds timers */
	list slot[WHEEL_LEVELS][WHEEL_SLOTS];
	size_t count; /* of running timers */
} wheel;

void wheel_init(wheel *w, uint64_t now);

void timer_init(timer *t, timer_fn *fn);
/* Runs t->fn(t) once when the wheel is turned to `due` or later; restarts a running one.  A due
 * time in the past is moved to now.  One beyond the wheel's reach is kept, and placed again on the
 * way. Timers that are due in the same millisecond run in the order in which they were started. */
void timer_start(wheel *w, timer *t, uint64_t due);
/* Stopping one that does not run does nothing. */
void timer_stop(wheel *w, timer *t);
bool timer_running(const timer *t);

/* Moves the clock to now and runs what is due, in the order of the due times.  A timer's function
 * may start, stop and free any timer, its own too; one that it starts for now or earlier runs in
 * the next turn. */
void wheel_turn(wheel *w, uint64_t now);
/* When wheel_turn() should be called next: a time not later than the first due time, UINT64_MAX
 * when no timer runs.  It may be earlier than that (a coarse slot), never by making the caller
 * spin. */
uint64_t wheel_next(const wheel *w);

#endif

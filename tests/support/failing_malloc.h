/* SPDX-License-Identifier: MIT */
/*
 * failing_malloc - lets one chosen allocation fail.
 *
 * It stands between the tested code and the allocator, whichever that is, so it works under the
 * sanitizers too.  Link with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc; allocations inside
 * shared libraries are not seen, but for those of trees.  Walk through all of a function's failures
 * like this:
 *
 *	size_t n = 0;
 *	do {
 *		failing_malloc_after(n++);
 *		... call it, keep what it says ...
 *	} while (failing_malloc_off());
 *
 * Check allocates too, at every ck_assert: between the two calls there must be none.
 */
#ifndef TESTS_FAILING_MALLOC_H
#define TESTS_FAILING_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* n allocations succeed, the one after them fails, all later ones succeed. */
void failing_malloc_after(size_t n);
/* Nothing fails from here on.  Whether one has failed since failing_malloc_after(). */
bool failing_malloc_off(void);
/* None fails between the two, and none is counted: for what a test needs itself. */
void failing_malloc_pause(bool paused);
/* How many allocations have been asked for so far, those that failed included. */
size_t failing_malloc_count(void);
/* From now on those of cJSON are seen too. */
void failing_malloc_in_trees(void);
/* Calls run(0), run(1), ..., each with failing_malloc_after() that number, until one says that none
 * has failed; how many did.  Trees are among them. */
size_t failing_malloc_walk(bool (*run)(size_t fails));

#endif

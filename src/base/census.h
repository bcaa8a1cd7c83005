/* SPDX-License-Identifier: MIT */
/*
 * census - how many of something each key has: of sessions, or connections, each network.
 *
 * A key is there as long as its count is not 0, so memory follows what is counted.
 */
#ifndef BASE_CENSUS_H
#define BASE_CENSUS_H

#include "map.h"

typedef struct census {
	map entries;
} census;

typedef struct census_entry census_entry;

/* It must not move in memory afterwards. */
void census_init(census *c);
void census_fini(census *c);
size_t census_count(const census *c, span key);
/* One more; NULL: out of memory, nothing was counted. */
census_entry *census_add(census *c, span key);
/* One less of what census_add() returned; NULL is accepted. */
void census_drop(census *c, census_entry *e);

#endif

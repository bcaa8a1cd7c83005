/* SPDX-License-Identifier: MIT */
/*
 * faults - stands between the server and its sockets, and lets calls fail as they may.
 *
 * recv(), send(), sendmsg() and accept4() are defined by the program itself, so that those of
 * libraries are meant as well.  Clients in the same process use read() and write().
 */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <stdint.h>

/* Of 1000 calls so many do less than they are asked to, so many have to be tried again, and so many
 * lose their connection. */
typedef struct fault_rates {
	unsigned shorter, again, lost;
	unsigned accept; /* of 1000 calls of accept4() that fail */
} fault_rates;

typedef struct fault_counts {
	uint64_t shorter, again, lost, accept;
} fault_counts;

void faults_begin(uint64_t seed, const fault_rates *rates);
/* Nothing fails any more. */
void faults_end(void);
/* Every accept4() fails with this number from now on; 0: as before. */
void faults_no_accept(int error);
fault_counts faults_so_far(void);

#endif

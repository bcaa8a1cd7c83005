/* SPDX-License-Identifier: MIT */
/* meter - what the server has used: its own clock of processor time, in nanoseconds. */
#include "load.h"
#include <stdio.h>
#include <time.h>

uint64_t clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t cpu_ns(pid_t pid)
{
	struct timespec t;
	clockid_t clock;
	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		die("process %d has no clock of its own: has the server ended?", (int)pid);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t rss_bytes(pid_t pid)
{
	char path[64], line[256];
	unsigned long kb = 0;
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f) && sscanf(line, "VmRSS: %lu", &kb) != 1)
		;
	if (f)
		fclose(f);
	return (uint64_t)kb * 1024;
}

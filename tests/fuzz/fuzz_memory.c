/* SPDX-License-Identifier: MIT */
/*
 * fuzz_memory - the inputs of fuzz_socketio, in which one allocation fails.
 *
 * Its vectors are those of fuzz_socketio, which use every feature; replayed, each of their
 * allocations fails once.
 */
#define FUZZ_MEMORY
#include "fuzz_socketio.c"

/* The last two bytes say which allocation fails; with MEMORY_WALK in the environment it is each of
 * them in turn, and all of the input is for fuzz_socketio. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t fails = 0;
	failing_malloc_in_trees();
	memory_fails = true;
	if (getenv("MEMORY_WALK")) {
		while (run(data, size, fails))
			fails++;
	} else if (size > 2) {
		run(data, size - 2, (size_t)data[size - 2] << 8 | data[size - 1]);
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * fuzz_server_memory - the inputs of fuzz_server, in which one allocation of the library fails.
 *
 * Its vectors are those of fuzz_server; replayed, each of their allocations fails once, and before
 * that each of those that make a server.
 */
#define FUZZ_MEMORY
#include "fuzz_server.c"

static void make_servers_without_memory(void)
{
	static const sio_hooks hooks = { .allow_origin = allow_origin };
	const sio_options o = { .cors_origin = "http://a.example",
		.cookie = "io",
		.hooks = &hooks,
		.log = log_nothing };
	sio_server *s;
	size_t fails = 0;
	do {
		failing_malloc_after(fails++);
		sio_err err = sio_create(&s, &o);
		bool failed = failing_malloc_off();
		REQUIRE(!err == (s != NULL) && (!err || failed));
		sio_close(s);
		if (!failed)
			break;
	} while (true);
	REQUIRE(fails > 5);
}

/* The last two bytes say which allocation fails; with MEMORY_WALK in the environment it is each of
 * them in turn, and all of the input is for fuzz_server. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t fails = 0;
	failing_malloc_in_trees();
	if (!servers[0]) {
		make_servers_without_memory();
		open_servers();
	}
	memory_fails = true;
	if (getenv("MEMORY_WALK")) {
		while (run(data, size, fails))
			fails++;
	} else if (size > 2) {
		run(data, size - 2, (size_t)data[size - 2] << 8 | data[size - 1]);
	}
	return 0;
}

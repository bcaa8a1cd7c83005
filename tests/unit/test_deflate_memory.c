/* SPDX-License-Identifier: MIT */
/* test_deflate_memory - permessage-deflate: what it takes, gives back, and does without. */
#include "../support/failing_malloc.h"
#include "test_deflate.h"

static size_t allocations_of(pmd *x)
{
	size_t before = failing_malloc_count();
	buf packed = { 0 }, back = { 0 };
	bool ok = pmd_deflate(x, "Hello", 5, &packed) &&
		  pmd_inflate(x, RAW(HELLO), &back, 5) == PMD_OK;
	buf_free(&packed);
	buf_free(&back);
	size_t n = failing_malloc_count() - before;
	ck_assert(ok);
	return n;
}

/* deflate.md 43, 44: the second connection finds what the first one made; two are for the
 * messages themselves. */
START_TEST(connections_without_context_share_their_states)
{
	pmd other;
	size_t before = failing_malloc_count();
	open_pmd(false, 15, &defaults);
	pmd_init(&other, &shared, &server.params);
	ck_assert_uint_eq(failing_malloc_count() - before, 0);
	ck_assert_uint_gt(allocations_of(&server), 6);
	ck_assert_uint_eq(allocations_of(&other), 2);
	ck_assert(!server.inflate && !server.deflate && !other.inflate && !other.deflate);
	close_pmd();
}
END_TEST

/* deflate.md 42: the client goes on reading. */
START_TEST(a_quiet_connection_starts_its_context_again)
{
	open_pmd(true, 15, &defaults);
	assert_deflates("Hello", RAW(HELLO));
	pmd_heartbeat(&server);
	ck_assert_ptr_nonnull(server.deflate);
	pmd_heartbeat(&server);
	ck_assert_ptr_null(server.deflate);
	assert_deflates("Hello", RAW(HELLO));
	close_pmd();
}
END_TEST

/* deflate.md 42: what is said between two heartbeats keeps the context. */
START_TEST(a_connection_that_speaks_keeps_its_context)
{
	open_pmd(true, 15, &defaults);
	for (int i = 0; i < 3; i++) {
		buf_free(&out);
		ck_assert(pmd_deflate(&server, "Hello", 5, &out));
		pmd_heartbeat(&server);
		ck_assert_ptr_nonnull(server.deflate);
	}
	close_pmd();
}
END_TEST

/* deflate.md 34: whichever allocation fails, it is said, and the loop's state stays good. */
START_TEST(inflating_survives_each_failed_allocation)
{
	for (int context = 0; context <= 1; context++) {
		bool failed = true;
		for (size_t n = 0; failed; n++) {
			open_pmd(context, 15, &defaults);
			failing_malloc_after(n);
			pmd_result result = pmd_inflate(&server, RAW(HELLO), &out, 5);
			failed = failing_malloc_off();
			ck_assert_int_eq(result, failed ? PMD_NO_MEMORY : PMD_OK);
			ck_assert(!failed || (!out.data && !out.failed && !server.inflate));
			assert_inflates(RAW(HELLO), "Hello");
			ck_assert(failed || n > 3);
			close_pmd();
		}
	}
}
END_TEST

/* deflate.md 41: the next message can be read by a client that never saw the one that failed. */
START_TEST(deflating_survives_each_failed_allocation)
{
	fill_plain(5);
	for (int context = 0; context <= 1; context++) {
		bool failed = true;
		for (size_t n = 0; failed; n++) {
			open_pmd(context, 15, &defaults);
			failing_malloc_after(n);
			bool ok = pmd_deflate(&server, plain, 60000, &out);
			failed = failing_malloc_off();
			ck_assert(ok != failed);
			ck_assert(!failed || (!out.data && !out.failed && !server.deflate));
			ck_assert(failed || n > 6);
			buf_free(&out);
			ck_assert(pmd_deflate(&server, plain, 60000, &out));
			open_client(15);
			if (failed || !context)
				client_reads(plain, 60000);
			close_client();
			close_pmd();
		}
	}
}
END_TEST

UNIT_MAIN("deflate_memory", connections_without_context_share_their_states,
	a_quiet_connection_starts_its_context_again, a_connection_that_speaks_keeps_its_context,
	inflating_survives_each_failed_allocation, deflating_survives_each_failed_allocation)

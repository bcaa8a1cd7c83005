/* SPDX-License-Identifier: MIT */
/* test_http_vectors - the named requests of tests/vectors/http get the verdict that they are named
 * after: "good-", "waits-", "bad-<status>-" for a head, "body-400-" for a body. */
#include "../support/vectors.h"
#include "test_http_head.h"

/* The verdict on the body behind the head; 0: it is whole. */
static long body_verdict(long head_len)
{
	http_body b;
	size_t at = (size_t)head_len;
	http_body_init(&b, &head);
	while (at < block_len && !http_body_done(&b)) {
		span piece;
		long used = http_body_read(&b, (span){ block + at, block_len - at }, &piece);
		if (used < 0)
			return used;
		at += (size_t)used;
	}
	ck_assert(http_body_done(&b));
	return 0;
}

static void judge(const char *name, char *content, size_t len)
{
	span text = { content, len };
	long result = verdict(text);
	int status = 0;
	if (sscanf(name, "bad-%d-", &status) == 1)
		ck_assert_msg(result == -status, "%s: %ld", name, result);
	else if (strncmp(name, "waits-", 6) == 0)
		ck_assert_msg(result == 0, "%s: %ld", name, result);
	else if (sscanf(name, "body-%d-", &status) == 1)
		ck_assert_msg(result > 0 && body_verdict(result) == -status, "%s", name);
	else
		ck_assert_msg(
			strncmp(name, "good-", 5) == 0 && result > 0 && body_verdict(result) == 0,
			"%s: %ld", name, result);
}

START_TEST(named_requests_are_judged_by_their_names)
{
	vectors_judge("http", 60, judge);
}
END_TEST

UNIT_MAIN("http_vectors", named_requests_are_judged_by_their_names)

/* SPDX-License-Identifier: MIT */
/* test_http_vectors - the named requests of tests/vectors/http get the verdict that they are named
 * after: "good-", "waits-", "bad-<status>-" for a head, "body-400-" for a body. */
#include "test_http_head.h"
#include <dirent.h>

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

static void judge(const char *name, span text)
{
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

static void judge_file(const char *name)
{
	static char content[HTTP_MAX_HEAD + 1000];
	char path[300];
	snprintf(path, sizeof path, "tests/vectors/http/%s", name);
	FILE *file = fopen(path, "rb");
	ck_assert_msg(file != NULL, "%s", path);
	size_t len = fread(content, 1, sizeof content, file);
	fclose(file);
	ck_assert_uint_lt(len, sizeof content);
	judge(name, (span){ content, len });
}

START_TEST(named_requests_are_judged_by_their_names)
{
	DIR *dir = opendir("tests/vectors/http");
	ck_assert_msg(dir != NULL, "tests run at the root of the repository");
	size_t n = 0;
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		judge_file(e->d_name);
		n++;
	}
	closedir(dir);
	ck_assert_uint_ge(n, 60);
}
END_TEST

UNIT_MAIN("http_vectors", named_requests_are_judged_by_their_names)

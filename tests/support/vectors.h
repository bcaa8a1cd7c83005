/* SPDX-License-Identifier: MIT */
/* vectors - hands the named cases of a folder below tests/vectors to their judge, one by one. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <check.h>
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* name is the file's, content may be modified. */
typedef void vector_judge(const char *name, char *content, size_t len);

enum { VECTOR_MAX = 100000 };

static inline void vector_read(const char *folder, const char *name, vector_judge *judge)
{
	static char content[VECTOR_MAX];
	char path[600];
	snprintf(path, sizeof path, "tests/vectors/%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	ck_assert_msg(file != NULL, "%s", path);
	size_t len = fread(content, 1, sizeof content, file);
	fclose(file);
	ck_assert_msg(len < sizeof content, "%s", path);
	judge(name, content, len);
}

/* Every file of the folder, of which there are at least `least`. */
static inline void vectors_judge(const char *folder, size_t least, vector_judge *judge)
{
	char path[300];
	size_t n = 0;
	snprintf(path, sizeof path, "tests/vectors/%s", folder);
	DIR *dir = opendir(path);
	ck_assert_msg(dir != NULL, "tests run at the root of the repository");
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		vector_read(folder, e->d_name, judge);
		n++;
	}
	closedir(dir);
	ck_assert_uint_ge(n, least);
}

/* "good-..." is true, "bad-..." is false, and there is no other name. */
static inline bool vector_is_good(const char *name)
{
	bool good = strncmp(name, "good-", 5) == 0;
	ck_assert_msg(good || strncmp(name, "bad-", 4) == 0, "%s", name);
	return good;
}

#endif

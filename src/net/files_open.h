/* SPDX-License-Identifier: MIT */
/* files_open - from the path of a request to an open file that is surely inside a folder. */
#ifndef NET_FILES_OPEN_H
#define NET_FILES_OPEN_H

#include "../base/span.h"
#include <sys/stat.h>

typedef struct files_target {
	int fd; /* the caller's to close */
	struct stat stat;
	const char *type; /* Content-Type by the name; a literal */
} files_target;

/* 0, or the errno value that says why directory cannot be served. */
int files_check_folder(const char *directory);
/* Opens the regular file or the folder that below leads to: the part of a path behind the folder's
 * prefix, as it was sent; it is empty or begins with '/'.  0, or the status to refuse it with, and
 * then *t owns nothing. */
int files_open(files_target *t, const char *directory, span below);

#endif

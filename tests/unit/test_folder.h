/* SPDX-License-Identifier: MIT */
/* test_folder - a temporary folder with files, and requests for them: what the tests of files and
 * of the bundle share. */
#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H

#include "../../src/net/response.h"
#include "../../src/wire/http.h"
#include "../support/unit.h"
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct folder {
	char path[64];
	int fd;
} folder;

static inline folder folder_new(void)
{
	folder f = { .path = "/tmp/unit-XXXXXX" };
	ck_assert_ptr_nonnull(mkdtemp(f.path));
	f.fd = open(f.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(f.fd, 0);
	return f;
}

static inline int folder_drop_one(
	const char *path, const struct stat *s, int kind, struct FTW *where)
{
	(void)s;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline void folder_drop(folder *f)
{
	close(f->fd);
	ck_assert_int_eq(nftw(f->path, folder_drop_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void folder_write(const folder *f, const char *name, const char *text)
{
	int fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static inline void folder_sub(const folder *f, const char *name)
{
	ck_assert_int_eq(mkdirat(f->fd, name, 0755), 0);
}

/* The path of something in the folder, until the next call. */
static inline const char *folder_path(const folder *f, const char *name)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", f->path, name);
	return path;
}

/* A request as it comes over the wire: "GET /a", and whole lines of fields.  The head lives until
 * the next call. */
static inline const http_head *request_for(const char *line, const char *fields)
{
	static http_head head;
	static char text[8192];
	size_t scanned = 0;
	int len = snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: a\r\n%s\r\n", line, fields);
	ck_assert_int_lt(len, (int)sizeof text);
	ck_assert_int_eq(http_head_read(&head, (span){ text, (size_t)len }, &scanned), len);
	return &head;
}

/* The value of a field of the response, until the next call; "": none. */
static inline const char *field_of(const response *r, const char *name)
{
	static char value[1024];
	span lines = buf_span(&r->fields);
	size_t len = strlen(name);
	value[0] = '\0';
	while (lines.len > 0) {
		const char *end = memmem(lines.at, lines.len, "\r\n", 2);
		ck_assert_ptr_nonnull(end);
		size_t line = (size_t)(end - lines.at);
		if (line > len + 1 && strncasecmp(lines.at, name, len) == 0 && lines.at[len] == ':')
			snprintf(value, sizeof value, "%.*s", (int)(line - len - 2),
				lines.at + len + 2);
		lines.at += line + 2;
		lines.len -= line + 2;
	}
	return value;
}

/* The body, NUL-terminated, until the next call. */
static inline const char *body_of(const response *r)
{
	static char text[4096];
	size_t len = 0;
	if (r->file >= 0) {
		ck_assert_uint_lt(r->file_len, sizeof text);
		len = (size_t)read(r->file, text, (size_t)r->file_len);
		ck_assert_uint_eq(len, r->file_len);
	} else if (r->body) {
		len = r->body->len;
		ck_assert_uint_lt(len, sizeof text);
		memcpy(text, bytes_data(r->body), len);
	}
	text[len] = '\0';
	return text;
}

#endif

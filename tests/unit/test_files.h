/* SPDX-License-Identifier: MIT */
/* test_files - a mounted folder, and requests for what is in it. */
#ifndef TEST_FILES_H
#define TEST_FILES_H

#include "../../src/net/files.h"
#include "test_folder.h"

/* A folder "www" that is mounted, beside a secret that is not. */
typedef struct site {
	folder outer;
	files *files;
} site;

static inline void site_init(site *s, const char *url)
{
	s->outer = folder_new();
	s->files = files_new();
	folder_sub(&s->outer, "www");
	folder_sub(&s->outer, "www/sub");
	folder_write(&s->outer, "secret.txt", "secret");
	folder_write(&s->outer, "www/a.txt", "content of a");
	folder_write(&s->outer, "www/index.html", "top");
	folder_write(&s->outer, "www/sub/index.html", "below");
	ck_assert_int_eq(files_mount(s->files, url, folder_path(&s->outer, "www")), 0);
}

static inline void site_fini(site *s)
{
	files_free(s->files);
	folder_drop(&s->outer);
}

static inline response ask_with(const site *s, const char *line, const char *fields)
{
	response r = RESPONSE(200);
	ck_assert(files_answer(s->files, request_for(line, fields), &r));
	ck_assert(!r.fields.failed);
	return r;
}

static inline response ask(const site *s, const char *line)
{
	return ask_with(s, line, "");
}

static inline int status_for(const site *s, const char *line)
{
	response r = ask(s, line);
	ck_assert(r.status == 200 || r.file < 0);
	response_fini(&r);
	return r.status;
}

static inline bool is_answered(const site *s, const char *line)
{
	response r = RESPONSE(200);
	bool answered = files_answer(s->files, request_for(line, ""), &r);
	ck_assert(answered || buf_len(&r.fields) == 0);
	response_fini(&r);
	return answered;
}

static inline void check_body(const site *s, const char *line, const char *body)
{
	response r = ask(s, line);
	ck_assert_int_eq(r.status, 200);
	ck_assert_str_eq(body_of(&r), body);
	response_fini(&r);
}

static inline void check_location(const site *s, const char *line, const char *location)
{
	response r = ask(s, line);
	ck_assert_int_eq(r.status, 301);
	ck_assert_str_eq(field_of(&r, "Location"), location);
	ck_assert_int_lt(r.file, 0);
	response_fini(&r);
}

static inline int status_if(const site *s, const char *format, const char *value)
{
	char fields[256];
	snprintf(fields, sizeof fields, format, value);
	response r = ask_with(s, "GET /a.txt", fields);
	response_fini(&r);
	return r.status;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Mounted folders: which requests they answer, and with which fields. */
#include "test_files.h"
#include "../support/failing_malloc.h"
#include <errno.h>

/* ---- Which requests ---- */

/* files.md 1: the prefix ends at a slash of the path or at its end. */
START_TEST(a_folder_answers_below_its_prefix_alone)
{
	site s;
	site_init(&s, "/static");
	check_body(&s, "GET /static/a.txt", "content of a");
	check_body(&s, "GET /static/", "top");
	ck_assert(!is_answered(&s, "GET /staticx/a.txt"));
	ck_assert(!is_answered(&s, "GET /stati"));
	ck_assert(!is_answered(&s, "GET /%73tatic/a.txt"));
	site_fini(&s);
}
END_TEST

/* files.md 1: a slash at the end of the prefix makes no difference. */
START_TEST(a_prefix_may_end_with_a_slash)
{
	site s;
	site_init(&s, "/static/");
	check_body(&s, "GET /static/a.txt", "content of a");
	check_location(&s, "GET /static", "/static/");
	ck_assert(!is_answered(&s, "GET /staticx"));
	site_fini(&s);
}
END_TEST

/* files.md 2: the longest prefix wins, whichever was mounted first. */
START_TEST(the_longest_prefix_wins)
{
	site s;
	site_init(&s, "/x/y");
	ck_assert_int_eq(files_mount(s.files, "/", folder_path(&s.outer, "www/sub")), 0);
	ck_assert_int_eq(files_mount(s.files, "/x/y/z", folder_path(&s.outer, "www/sub")), 0);
	check_body(&s, "GET /x/y/", "top");
	check_body(&s, "GET /x/y/z/", "below");
	check_body(&s, "GET /", "below");
	ck_assert_int_eq(status_for(&s, "GET /x/yz"), 404);
	site_fini(&s);
}
END_TEST

/* files.md 3: a request that no prefix fits is left to others. */
START_TEST(what_is_not_mounted_is_left_to_others)
{
	site s;
	site_init(&s, "/");
	ck_assert(!is_answered(&s, "OPTIONS *"));
	ck_assert(is_answered(&s, "GET /nothing"));
	site_fini(&s);
}
END_TEST

/* files.md 4: GET and HEAD, nothing else. */
START_TEST(other_methods_are_refused)
{
	site s;
	site_init(&s, "/");
	response r = ask(&s, "POST /a.txt");
	ck_assert_int_eq(r.status, 405);
	ck_assert_str_eq(field_of(&r, "Allow"), "GET, HEAD");
	ck_assert_str_eq(body_of(&r), "Method Not Allowed");
	response_fini(&r);
	check_body(&s, "HEAD /a.txt", "content of a");
	site_fini(&s);
}
END_TEST

/* files.md 5: prefixes that no request has, or that would make bad redirects. */
START_TEST(bad_prefixes_cannot_be_mounted)
{
	static const char *const bad[] = { "", "a", "//", "//evil", "/a//b", "/\\evil", "/a?b",
		"/a#b", "/a b", "/a\r\nb", "/\xc3\xbc" };
	site s;
	site_init(&s, "/taken");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(files_mount(s.files, bad[i], s.outer.path), EINVAL);
	ck_assert_int_eq(files_mount(s.files, "/taken/", s.outer.path), EEXIST);
	site_fini(&s);
}
END_TEST

/* files.md 5: a folder has to be there, and be one. */
START_TEST(only_folders_can_be_mounted)
{
	site s;
	site_init(&s, "/");
	ck_assert_int_eq(files_mount(s.files, "/b", folder_path(&s.outer, "none")), ENOENT);
	ck_assert_int_eq(files_mount(s.files, "/b", folder_path(&s.outer, "secret.txt")), ENOTDIR);
	ck_assert_int_eq(status_for(&s, "GET /b"), 404);
	site_fini(&s);
}
END_TEST

/* files.md 6: a new folder of the same name takes the old one's place. */
START_TEST(a_folder_may_be_replaced)
{
	site s;
	site_init(&s, "/");
	ck_assert_int_eq(renameat(s.outer.fd, "www", s.outer.fd, "old"), 0);
	ck_assert_int_eq(status_for(&s, "GET /a.txt"), 404);
	folder_sub(&s.outer, "www");
	folder_write(&s.outer, "www/a.txt", "another");
	check_body(&s, "GET /a.txt", "another");
	site_fini(&s);
}
END_TEST

/* files.md 6: a relative name keeps its meaning when the working directory changes. */
START_TEST(a_relative_folder_counts_from_where_it_was_mounted)
{
	site s;
	site_init(&s, "/");
	ck_assert_int_eq(fchdir(s.outer.fd), 0);
	ck_assert_int_eq(files_mount(s.files, "/r", "www"), 0);
	ck_assert_int_eq(chdir("/"), 0);
	check_body(&s, "GET /r/a.txt", "content of a");
	site_fini(&s);
}
END_TEST

/* files.md 5: without memory nothing is mounted. */
START_TEST(mounting_without_memory_changes_nothing)
{
	site s;
	site_init(&s, "/");
	failing_malloc_after(0);
	int error = files_mount(s.files, "/b", s.outer.path);
	ck_assert(failing_malloc_off());
	ck_assert_int_eq(error, ENOMEM);
	ck_assert_int_eq(status_for(&s, "GET /b/secret.txt"), 404);
	ck_assert_int_eq(files_mount(s.files, "/b", s.outer.path), 0);
	check_body(&s, "GET /b/secret.txt", "secret");
	site_fini(&s);
}
END_TEST

/* ---- The answer ---- */

static void set_time(const site *s, const char *name, time_t seconds, long nanoseconds)
{
	struct timespec both = { seconds, nanoseconds };
	struct timespec times[2] = { both, both };
	ck_assert_int_eq(utimensat(s->outer.fd, name, times, 0), 0);
}

/* files.md 19, 20, 21, 23, 24: the fields of a file. */
START_TEST(a_file_has_the_fields_of_a_cache)
{
	site s;
	site_init(&s, "/");
	set_time(&s, "www/a.txt", 784111777, 123999999);
	response r = ask_with(&s, "GET /a.txt", "Range: bytes=0-1\r\nAccept-Encoding: gzip\r\n");
	ck_assert_int_eq(r.status, 200);
	ck_assert_uint_eq(r.file_len, 12);
	ck_assert_str_eq(field_of(&r, "Cache-Control"), "public, max-age=0");
	ck_assert_str_eq(field_of(&r, "ETag"), "W/\"c-b690b43563\"");
	ck_assert_str_eq(field_of(&r, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
	ck_assert_str_eq(field_of(&r, "X-Content-Type-Options"), "nosniff");
	ck_assert_str_eq(field_of(&r, "Accept-Ranges"), "");
	ck_assert_str_eq(field_of(&r, "Content-Encoding"), "");
	response_fini(&r);
	site_fini(&s);
}
END_TEST

/* files.md 19: an empty file is a file. */
START_TEST(an_empty_file_is_served)
{
	site s;
	site_init(&s, "/");
	folder_write(&s.outer, "www/empty", "");
	check_body(&s, "GET /empty", "");
	site_fini(&s);
}
END_TEST

static void check_type(const site *s, const char *name, const char *type)
{
	char path[64], line[64];
	snprintf(path, sizeof path, "www/%s", name);
	snprintf(line, sizeof line, "GET /%s", name);
	folder_write(&s->outer, path, "x");
	response r = ask(s, line);
	ck_assert_int_eq(r.status, 200);
	ck_assert_str_eq(r.type, type);
	response_fini(&r);
}

/* files.md 22: the type follows from the name's end. */
START_TEST(the_type_follows_from_the_names_end)
{
	site s;
	site_init(&s, "/");
	check_type(&s, "a.html", "text/html; charset=utf-8");
	check_type(&s, "a.min.JS", "text/javascript; charset=utf-8");
	check_type(&s, "a.mjs", "text/javascript; charset=utf-8");
	check_type(&s, "a.js.map", "application/json; charset=utf-8");
	check_type(&s, "a.css", "text/css; charset=utf-8");
	check_type(&s, "a.svg", "image/svg+xml");
	check_type(&s, "a.Jpeg", "image/jpeg");
	check_type(&s, "a.wasm", "application/wasm");
	check_type(&s, "a.webmanifest", "application/manifest+json");
	check_type(&s, "a.bin", "application/octet-stream");
	check_type(&s, "js", "application/octet-stream");
	check_type(&s, "a.", "application/octet-stream");
	site_fini(&s);
}
END_TEST

/* files.md 22: the name's end, not the path's: an index has one, and an encoded one counts. */
START_TEST(the_type_is_that_of_the_decoded_name)
{
	site s;
	site_init(&s, "/");
	folder_sub(&s.outer, "www/v1.js");
	check_type(&s, "v1.js/readme", "application/octet-stream");
	response r = ask(&s, "GET /");
	ck_assert_str_eq(r.type, "text/html; charset=utf-8");
	response_fini(&r);
	r = ask(&s, "GET /a%2Etxt");
	ck_assert_str_eq(r.type, "text/plain; charset=utf-8");
	response_fini(&r);
	site_fini(&s);
}
END_TEST

/* files.md 23: refusals and redirects as well. */
START_TEST(no_answer_may_be_sniffed)
{
	static const char *const lines[] = { "GET /none", "GET /%", "GET /sub", "PUT /a.txt" };
	site s;
	site_init(&s, "/");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		response r = ask(&s, lines[i]);
		ck_assert_str_eq(field_of(&r, "X-Content-Type-Options"), "nosniff");
		response_fini(&r);
	}
	site_fini(&s);
}
END_TEST

/* files.md 25: weak comparison with each tag of the list. */
START_TEST(a_known_tag_is_answered_with_304)
{
	static const char *const fresh[] = { "W/\"c-b690b43563\"", "\"c-b690b43563\"", "*",
		"\"x\", W/\"c-b690b43563\" ,\"y\"", "\"x\"\r\nIf-None-Match: \"c-b690b43563\"" };
	static const char *const stale[] = { "\"x\"", "c-b690b43563", "w/\"c-b690b43563\"", "",
		"\"c-b690b4356\"", "W/\"d-b690b43563\"", "\"x\", *" };
	site s;
	site_init(&s, "/");
	set_time(&s, "www/a.txt", 784111777, 123000000);
	for (size_t i = 0; i < sizeof fresh / sizeof *fresh; i++)
		ck_assert_int_eq(status_if(&s, "If-None-Match: %s\r\n", fresh[i]), 304);
	for (size_t i = 0; i < sizeof stale / sizeof *stale; i++)
		ck_assert_int_eq(status_if(&s, "If-None-Match: %s\r\n", stale[i]), 200);
	site_fini(&s);
}
END_TEST

/* files.md 26: whole seconds; what cannot be read is ignored. */
START_TEST(a_file_that_is_not_younger_is_answered_with_304)
{
	static const char since[] = "If-Modified-Since: %s\r\n";
	site s;
	site_init(&s, "/");
	set_time(&s, "www/a.txt", 784111777, 999000000);
	ck_assert_int_eq(status_if(&s, since, "Sun, 06 Nov 1994 08:49:37 GMT"), 304);
	ck_assert_int_eq(status_if(&s, since, "Sun, 06 Nov 1994 08:49:38 GMT"), 304);
	ck_assert_int_eq(status_if(&s, since, "Sun, 06 Nov 1994 08:49:36 GMT"), 200);
	ck_assert_int_eq(status_if(&s, since, "tomorrow"), 200);
	set_time(&s, "www/a.txt", -10, 0);
	ck_assert_int_eq(status_if(&s, since, "tomorrow"), 200);
	site_fini(&s);
}
END_TEST

/* files.md 26: with If-None-Match the date is not looked at. */
START_TEST(a_tag_goes_before_a_date)
{
	site s;
	site_init(&s, "/");
	set_time(&s, "www/a.txt", 784111777, 0);
	ck_assert_int_eq(status_if(&s,
				 "If-None-Match: %s\r\nIf-Modified-Since: "
				 "Sun, 06 Nov 1994 08:49:37 GMT\r\n",
				 "\"x\""),
		200);
	site_fini(&s);
}
END_TEST

/* files.md 27: what a 304 has, and what it has not. */
START_TEST(a_304_has_no_body_and_no_type)
{
	site s;
	site_init(&s, "/");
	set_time(&s, "www/a.txt", 784111777, 0);
	response r = ask_with(&s, "GET /a.txt", "If-None-Match: *\r\n");
	ck_assert_int_eq(r.status, 304);
	ck_assert_ptr_null(r.type);
	ck_assert_ptr_null(r.body);
	ck_assert_int_eq(r.file, -1);
	ck_assert_str_eq(field_of(&r, "ETag"), "W/\"c-b690b434e8\"");
	ck_assert_str_eq(field_of(&r, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
	ck_assert_str_eq(field_of(&r, "Cache-Control"), "public, max-age=0");
	response_fini(&r);
	site_fini(&s);
}
END_TEST

UNIT_MAIN("files", a_folder_answers_below_its_prefix_alone, a_prefix_may_end_with_a_slash,
	the_longest_prefix_wins, what_is_not_mounted_is_left_to_others, other_methods_are_refused,
	bad_prefixes_cannot_be_mounted, only_folders_can_be_mounted, a_folder_may_be_replaced,
	mounting_without_memory_changes_nothing, a_relative_folder_counts_from_where_it_was_mounted,
	a_file_has_the_fields_of_a_cache, an_empty_file_is_served,
	the_type_follows_from_the_names_end, the_type_is_that_of_the_decoded_name,
	no_answer_may_be_sniffed, a_known_tag_is_answered_with_304,
	a_file_that_is_not_younger_is_answered_with_304, a_tag_goes_before_a_date,
	a_304_has_no_body_and_no_type)

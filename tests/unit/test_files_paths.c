/* SPDX-License-Identifier: MIT */
/* Mounted folders, from the path to the file: what is found, and what must not be. */
#include "../support/failing_malloc.h"
#include "test_files.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* files.md 7: decoded once, and "+" is a plus sign. */
START_TEST(segments_are_decoded_exactly_once)
{
	site s;
	site_init(&s, "/");
	folder_write(&s.outer, "www/100%25.txt", "once");
	folder_write(&s.outer, "www/a+b c", "plus");
	check_body(&s, "GET /%61%2Et%78t", "content of a");
	check_body(&s, "GET /100%2525.txt", "once");
	check_body(&s, "GET /a+b%20c", "plus");
	ck_assert_int_eq(status_for(&s, "GET /%252e%252e/secret.txt"), 404);
	site_fini(&s);
}
END_TEST

/* files.md 8: broken escapes get 400. */
START_TEST(broken_escapes_are_refused)
{
	static const char *const bad[] = { "GET /%", "GET /%4", "GET /%zz", "GET /a.txt%",
		"GET /%2/a.txt", "GET /sub/%g1" };
	site s;
	site_init(&s, "/");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(status_for(&s, bad[i]) == 400, "%s", bad[i]);
	site_fini(&s);
}
END_TEST

static void check_not_found(const char *const *lines, size_t n)
{
	site s;
	site_init(&s, "/");
	folder_write(&s.outer, "www/.hidden", "hidden");
	folder_sub(&s.outer, "www/.git");
	folder_write(&s.outer, "www/.git/config", "hidden");
	folder_write(&s.outer, "www/a\\b", "backslash");
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(status_for(&s, lines[i]) == 404, "%s", lines[i]);
	site_fini(&s);
}

/* files.md 9: no empty segment but the last. */
START_TEST(empty_segments_are_refused)
{
	static const char *const lines[] = { "GET //", "GET //a.txt", "GET /sub//index.html",
		"GET /sub//", "GET //evil.example/..", "GET //sub" };
	check_not_found(lines, sizeof lines / sizeof *lines);
}
END_TEST

/* files.md 10: names that begin with a dot, the way up among them. */
START_TEST(names_with_a_dot_in_front_are_refused)
{
	static const char *const lines[] = { "GET /../secret.txt", "GET /..",
		"GET /%2e%2e/secret.txt", "GET /.%2E/secret.txt", "GET /sub/../a.txt",
		"GET /./a.txt", "GET /.", "GET /.hidden", "GET /%2ehidden", "GET /.git/config",
		"GET /sub/../../secret.txt", "GET /.git" };
	check_not_found(lines, sizeof lines / sizeof *lines);
}
END_TEST

/* files.md 11: what no name may hold. */
START_TEST(separators_and_nul_in_names_are_refused)
{
	static const char *const lines[] = { "GET /sub%2Findex.html", "GET /%2fetc/passwd",
		"GET /..%2fsecret.txt", "GET /a.txt%00", "GET /a.txt%00.html", "GET /a\\b",
		"GET /a%5Cb", "GET /..%5c..%5csecret.txt", "GET /%2F%2Fevil.example" };
	check_not_found(lines, sizeof lines / sizeof *lines);
}
END_TEST

/* files.md 12: index.html for a folder, and no list of it. */
START_TEST(a_folder_is_answered_with_its_index)
{
	site s;
	site_init(&s, "/");
	folder_sub(&s.outer, "www/empty");
	folder_sub(&s.outer, "www/odd");
	folder_sub(&s.outer, "www/odd/index.html");
	check_body(&s, "GET /", "top");
	check_body(&s, "GET /sub/?a=/../b", "below");
	ck_assert_int_eq(status_for(&s, "GET /empty/"), 404);
	ck_assert_int_eq(status_for(&s, "GET /odd/"), 404);
	site_fini(&s);
}
END_TEST

/* files.md 13: a slash is added to the path as it was sent. */
START_TEST(a_folder_without_a_slash_is_redirected)
{
	site s;
	site_init(&s, "/x");
	check_location(&s, "GET /x", "/x/");
	check_location(&s, "GET /x/%73ub", "/x/%73ub/");
	check_location(&s, "GET /x/sub?u=//b", "/x/sub/?u=//b");
	check_location(&s, "GET http://evil.example/x/sub", "/x/sub/");
	site_fini(&s);
}
END_TEST

/* files.md 13: an encoded line end stays encoded. */
START_TEST(a_redirect_cannot_add_fields)
{
	site s;
	site_init(&s, "/");
	folder_sub(&s.outer, "www/a\r\nX: y");
	check_location(&s, "GET /a%0D%0AX:%20y", "/a%0D%0AX:%20y/");
	site_fini(&s);
}
END_TEST

/* files.md 14: a file is no folder. */
START_TEST(a_file_with_a_slash_behind_it_is_not_found)
{
	site s;
	site_init(&s, "/");
	ck_assert_int_eq(status_for(&s, "GET /a.txt/"), 404);
	ck_assert_int_eq(status_for(&s, "GET /a.txt/index.html"), 404);
	site_fini(&s);
}
END_TEST

/* files.md 15: regular files only, and nothing is waited for. */
START_TEST(a_fifo_is_not_found_at_once)
{
	site s;
	site_init(&s, "/");
	ck_assert_int_eq(mkfifoat(s.outer.fd, "www/fifo", 0644), 0);
	ck_assert_int_eq(status_for(&s, "GET /fifo"), 404);
	site_fini(&s);
}
END_TEST

static void make_links(const site *s)
{
	int www = openat(s->outer.fd, "www", O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(www, 0);
	ck_assert_int_eq(symlinkat("../secret.txt", www, "out.txt"), 0);
	ck_assert_int_eq(symlinkat("..", www, "up"), 0);
	ck_assert_int_eq(symlinkat("/etc/passwd", www, "absolute"), 0);
	ck_assert_int_eq(symlinkat("../www/a.txt", www, "detour.txt"), 0);
	ck_assert_int_eq(symlinkat("/proc/self/root/etc/passwd", www, "magic"), 0);
	ck_assert_int_eq(symlinkat("../a.txt", www, "sub/in.txt"), 0);
	ck_assert_int_eq(symlinkat("sub", www, "alias"), 0);
	close(www);
}

static void check_no_way_out(const site *s)
{
	ck_assert_int_eq(status_for(s, "GET /out.txt"), 404);
	ck_assert_int_eq(status_for(s, "GET /up/secret.txt"), 404);
	ck_assert_int_eq(status_for(s, "GET /up"), 404);
	ck_assert_int_eq(status_for(s, "GET /absolute"), 404);
	ck_assert_int_eq(status_for(s, "GET /detour.txt"), 404);
	ck_assert_int_eq(status_for(s, "GET /magic"), 404);
}

/* After this openat2 fails for this process as on an old kernel. */
static void take_openat2_away(int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* Whether the kernel that runs this has the call at all. */
static bool has_openat2(void)
{
	return syscall(SYS_openat2, -1, NULL, NULL, 0) < 0 && errno != ENOSYS && errno != EPERM;
}

/* files.md 16: links that stay inside are followed, others are not. */
START_TEST(a_link_is_followed_only_inside)
{
	site s;
	site_init(&s, "/");
	make_links(&s);
	check_no_way_out(&s);
	if (has_openat2()) {
		check_body(&s, "GET /sub/in.txt", "content of a");
		check_body(&s, "GET /alias/", "below");
	}
	site_fini(&s);
}
END_TEST

static void check_without_openat2(int error)
{
	site s;
	site_init(&s, "/x");
	ck_assert_int_eq(symlinkat("www", s.outer.fd, "link"), 0);
	ck_assert_int_eq(files_mount(s.files, "/", folder_path(&s.outer, "link")), 0);
	make_links(&s);
	take_openat2_away(error);
	check_no_way_out(&s);
	ck_assert_int_eq(status_for(&s, "GET /sub/in.txt"), 404);
	ck_assert_int_eq(status_for(&s, "GET /alias/"), 404);
	check_body(&s, "GET /x/sub/", "below");
	check_body(&s, "GET /sub/index.html", "below");
	check_body(&s, "GET /a.txt", "content of a");
	check_location(&s, "GET /x", "/x/");
	site_fini(&s);
}

/* files.md 17: without openat2 no link inside the folder is followed. */
START_TEST(without_openat2_no_link_is_followed)
{
	check_without_openat2(ENOSYS);
}
END_TEST

/* files.md 17: the same where a sandbox forbids it. */
START_TEST(a_sandbox_without_openat2_is_no_obstacle)
{
	check_without_openat2(EPERM);
}
END_TEST

/* files.md 18: what is not there. */
START_TEST(what_is_not_there_is_not_found)
{
	char line[8192] = "GET /";
	memset(line + 5, 'a', 5000);
	line[5005] = '\0';
	site s;
	site_init(&s, "/");
	response r = ask(&s, "GET /none");
	ck_assert_int_eq(r.status, 404);
	ck_assert_str_eq(body_of(&r), "Not Found");
	ck_assert_str_eq(r.type, "text/plain; charset=utf-8");
	response_fini(&r);
	ck_assert_int_eq(status_for(&s, line), 404);
	site_fini(&s);
}
END_TEST

/* files.md 18: a lack of descriptors is not the path's fault. */
START_TEST(a_lack_of_descriptors_is_the_servers_error)
{
	site s;
	struct rlimit limit, none = { 0, 0 };
	site_init(&s, "/");
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none.rlim_max = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	int status = status_for(&s, "GET /a.txt");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(status, 500);
	site_fini(&s);
}
END_TEST

static void check_lack_of_memory(const site *s, const char *line, int status)
{
	size_t n = 0;
	bool failed;
	const http_head *head = request_for(line, "");
	do {
		response r = RESPONSE(200);
		failing_malloc_after(n++);
		files_answer(s->files, head, &r);
		failed = failing_malloc_off();
		ck_assert(r.status == status || r.status == 500);
		ck_assert(!failed || r.status == 500 || r.fields.failed || !r.body);
		ck_assert(failed || (r.status == status && !r.fields.failed));
		response_fini(&r);
	} while (failed);
	ck_assert_uint_gt(n, 3);
}

/* files.md 18: a lack of memory neither; an answer that is not whole is marked. */
START_TEST(a_lack_of_memory_is_the_servers_error)
{
	site s;
	site_init(&s, "/");
	check_lack_of_memory(&s, "GET /sub/", 200);
	check_lack_of_memory(&s, "GET /sub", 301);
	check_lack_of_memory(&s, "GET /none", 404);
	site_fini(&s);
}
END_TEST

static int count_descriptors(void)
{
	int n = 0;
	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* files.md 15, 16, 18: whatever the answer, no descriptor is left behind. */
START_TEST(no_descriptor_is_left_open)
{
	static const char *const lines[] = { "GET /a.txt", "GET /sub", "GET /none", "GET /fifo",
		"GET /out.txt", "GET /empty/", "GET /sub/" };
	site s;
	site_init(&s, "/");
	make_links(&s);
	ck_assert_int_eq(mkfifoat(s.outer.fd, "www/fifo", 0644), 0);
	int before = count_descriptors();
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		status_for(&s, lines[i]);
	ck_assert_int_eq(status_if(&s, "If-None-Match: %s\r\n", "*"), 304);
	ck_assert_int_eq(count_descriptors(), before);
	site_fini(&s);
}
END_TEST

UNIT_MAIN("files_paths", segments_are_decoded_exactly_once, broken_escapes_are_refused,
	empty_segments_are_refused, names_with_a_dot_in_front_are_refused,
	separators_and_nul_in_names_are_refused, a_folder_is_answered_with_its_index,
	a_folder_without_a_slash_is_redirected, a_redirect_cannot_add_fields,
	a_file_with_a_slash_behind_it_is_not_found, a_fifo_is_not_found_at_once,
	a_link_is_followed_only_inside, without_openat2_no_link_is_followed,
	a_sandbox_without_openat2_is_no_obstacle, what_is_not_there_is_not_found,
	a_lack_of_descriptors_is_the_servers_error, a_lack_of_memory_is_the_servers_error,
	no_descriptor_is_left_open)

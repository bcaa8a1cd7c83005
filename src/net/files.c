/* SPDX-License-Identifier: MIT */
/* files - from a path to an open file that is surely inside the mounted folder, and its headers. */
#include "files.h"
#include "../base/list.h"
#include "../base/text.h"
#include "../wire/http_chars.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef SYS_openat2
#include <linux/openat2.h>
#endif

typedef struct mount {
	list link;
	span url; /* without the slash at its end: empty for "/" */
	char *directory;
	char text[];
} mount;

struct files {
	list mounts;
};

/* What a path leads to. */
typedef struct target {
	int fd;
	struct stat stat;
	const char *type; /* by its name */
} target;

enum { ETAG_MAX = 40 }; /* W/"", a dash, and two numbers of 16 hexadecimal digits */

/* ---- Mounts ---- */

files *files_new(void)
{
	files *f = malloc(sizeof *f);
	if (f)
		list_init(&f->mounts);
	return f;
}

static void mount_free(mount *m)
{
	list_remove(&m->link);
	free(m->directory);
	free(m);
}

void files_free(files *f)
{
	if (!f)
		return;
	while (!list_empty(&f->mounts))
		mount_free(LIST_OWNER(f->mounts.next, mount, link));
	free(f);
}

/* A second slash or a backslash would make redirects that browsers take for another host's. */
static bool url_is_mountable(span url)
{
	return url.len > 0 && url.at[0] == '/' && http_all_in(url, HTTP_IN_TARGET) &&
	       !memmem(url.at, url.len, "//", 2) && !memchr(url.at, '\\', url.len) &&
	       !memchr(url.at, '?', url.len);
}

static bool is_mounted(const files *f, span url)
{
	LIST_EACH (it, &f->mounts)
		if (span_is(LIST_OWNER(it, mount, link)->url, url))
			return true;
	return false;
}

/* NULL with errno set. */
static char *absolute(const char *directory)
{
	if (directory[0] == '/')
		return strdup(directory);
	char *here = get_current_dir_name();
	char *path = NULL;
	if (here && asprintf(&path, "%s/%s", here, directory) < 0)
		path = NULL;
	free(here);
	return path;
}

static int open_folder(const char *directory)
{
	return open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static mount *mount_new(span url, const char *directory)
{
	mount *m = malloc(sizeof *m + url.len);
	if (!m)
		return NULL;
	m->directory = absolute(directory);
	if (!m->directory) {
		free(m);
		return NULL;
	}
	memcpy(m->text, url.at, url.len);
	m->url = (span){ m->text, url.len };
	return m;
}

int files_mount(files *f, const char *url, const char *directory)
{
	span prefix = span_of(url);
	if (!url_is_mountable(prefix))
		return EINVAL;
	if (prefix.at[prefix.len - 1] == '/')
		prefix.len--;
	if (is_mounted(f, prefix))
		return EEXIST;
	int fd = open_folder(directory);
	if (fd < 0)
		return errno;
	close(fd);
	mount *m = mount_new(prefix, directory);
	if (!m)
		return errno;
	list_append(&f->mounts, &m->link);
	return 0;
}

static bool is_below(span path, span url)
{
	if (path.len < url.len || !span_is((span){ path.at, url.len }, url))
		return false;
	return path.len == url.len || path.at[url.len] == '/';
}

/* The longest that fits; NULL: none. */
static const mount *mount_of(const files *f, span path)
{
	const mount *best = NULL;
	LIST_EACH (it, &f->mounts) {
		const mount *m = LIST_OWNER(it, mount, link);
		if (is_below(path, m->url) && (!best || m->url.len > best->url.len))
			best = m;
	}
	return best;
}

/* ---- Paths ---- */

/* No file of the folder has a name with a slash or a NUL, and names with a dot in front (".." among
 * them) are not to be seen.  A backslash separates names elsewhere: refusing it costs nothing. */
static bool name_is_served(span name)
{
	return name.len > 0 && name.at[0] != '.' && !memchr(name.at, '/', name.len) &&
	       !memchr(name.at, '\\', name.len) && !memchr(name.at, '\0', name.len);
}

/* Appends one segment decoded; 0, or the status that refuses it. */
static int add_name(buf *path, span segment)
{
	size_t before = buf_len(path);
	if (segment.len == 0)
		return 404;
	if (!url_decode(path, segment, false))
		return path->failed ? 500 : 400;
	span name = buf_span(path);
	name.at += before;
	name.len -= before;
	return name_is_served(name) ? 0 : 404;
}

/* Appends rest, which is "" or begins with '/', as a path that is relative to the folder: "." for
 * the folder itself, with index.html for a path that ends with a slash.  0, or the status that
 * refuses it. */
static int add_path(buf *path, span rest)
{
	while (rest.len > 1) {
		const char *start = rest.at + 1;
		const char *slash = memchr(start, '/', rest.len - 1);
		size_t len = slash ? (size_t)(slash - start) : rest.len - 1;
		if (buf_len(path) > 0)
			buf_add_char(path, '/');
		int status = add_name(path, (span){ start, len });
		if (status != 0)
			return status;
		rest = (span){ start + len, rest.len - 1 - len };
	}
	if (rest.len > 0)
		buf_add_text(path, buf_len(path) > 0 ? "/index.html" : "index.html");
	else if (buf_len(path) == 0)
		buf_add_char(path, '.');
	return path->failed ? 500 : 0;
}

/* ---- Opening ---- */

/* A FIFO must not hold the loop up, and a terminal must not become ours. */
enum { OPEN_FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

/* For kernels before 5.6: follows no symbolic link at all.  path is used up. */
static int open_by_steps(int folder, char *path)
{
	int at = fcntl(folder, F_DUPFD_CLOEXEC, 0);
	char *slash;
	while (at >= 0 && (slash = strchr(path, '/'))) {
		*slash = '\0';
		int next = openat(at, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
		path = slash + 1;
	}
	if (at < 0)
		return -1;
	int fd = openat(at, path, OPEN_FLAGS | O_NOFOLLOW);
	int error = errno;
	close(at);
	errno = error;
	return fd;
}

/* -1 with ENOSYS: the kernel has no such call, or a sandbox keeps it away. */
static int open_beneath(int folder, const char *path)
{
#ifdef SYS_openat2
	enum { ATTEMPTS = 8 }; /* EAGAIN: something was renamed meanwhile */
	struct open_how how = { .flags = OPEN_FLAGS,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	long fd = -1;
	for (int i = 0; i < ATTEMPTS; i++) {
		fd = syscall(SYS_openat2, folder, path, &how, sizeof how);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0 && errno == EPERM)
		errno = ENOSYS;
	return (int)fd;
#else
	(void)folder;
	(void)path;
	errno = ENOSYS;
	return -1;
#endif
}

static int open_inside(const char *directory, char *path)
{
	int folder = open_folder(directory);
	if (folder < 0)
		return -1;
	int fd = open_beneath(folder, path);
	if (fd < 0 && errno == ENOSYS)
		fd = open_by_steps(folder, path);
	int error = errno;
	close(folder);
	errno = error;
	return fd;
}

/* What is not the path's fault is the server's; else there is nothing to be seen. */
static int status_of(int error)
{
	bool ours = error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO;
	return ours ? 500 : 404;
}

/* XML says itself how it is encoded, and a charset would overrule it. */
static const char *type_of(span path)
{
	static const struct {
		const char *extension, *type;
	} types[] = {
		{ "html", "text/html; charset=utf-8" },
		{ "js", "text/javascript; charset=utf-8" },
		{ "mjs", "text/javascript; charset=utf-8" },
		{ "css", "text/css; charset=utf-8" },
		{ "txt", "text/plain; charset=utf-8" },
		{ "json", "application/json; charset=utf-8" },
		{ "map", "application/json; charset=utf-8" },
		{ "webmanifest", "application/manifest+json" },
		{ "xml", "application/xml" },
		{ "svg", "image/svg+xml" },
		{ "png", "image/png" },
		{ "jpg", "image/jpeg" },
		{ "jpeg", "image/jpeg" },
		{ "gif", "image/gif" },
		{ "webp", "image/webp" },
		{ "ico", "image/x-icon" },
		{ "wasm", "application/wasm" },
		{ "woff2", "font/woff2" },
		{ "mp3", "audio/mpeg" },
		{ "mp4", "video/mp4" },
		{ "pdf", "application/pdf" },
	};
	const char *dot = memrchr(path.at, '.', path.len);
	if (!dot)
		return "application/octet-stream";
	span extension = { dot + 1, (size_t)(path.at + path.len - dot - 1) };
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (span_is_nocase(extension, span_of(types[i].extension)))
			return types[i].type;
	return "application/octet-stream";
}

/* path is relative to the folder; 0, or the status. */
static int target_find(target *t, const mount *m, buf *path)
{
	t->type = type_of(buf_span(path));
	if (!buf_add_char(path, '\0'))
		return 500;
	t->fd = open_inside(m->directory, (char *)buf_data(path));
	if (t->fd < 0)
		return status_of(errno);
	if (fstat(t->fd, &t->stat) == 0 && (S_ISREG(t->stat.st_mode) || S_ISDIR(t->stat.st_mode)))
		return 0;
	close(t->fd);
	return 404;
}

/* Finds a regular file or a directory, open; 0, or the status. */
static int target_open(target *t, const mount *m, span url)
{
	buf path = { 0 };
	int status = add_path(&path, (span){ url.at + m->url.len, url.len - m->url.len });
	if (status == 0)
		status = target_find(t, m, &path);
	buf_free(&path);
	return status;
}

/* ---- Headers ---- */

static void format_etag(char out[ETAG_MAX], const struct stat *s)
{
	uint64_t ms = (uint64_t)s->st_mtim.tv_sec * 1000 + (uint64_t)s->st_mtim.tv_nsec / 1000000;
	snprintf(out, ETAG_MAX, "W/\"%" PRIx64 "-%" PRIx64 "\"", (uint64_t)s->st_size, ms);
}

/* The weak comparison (RFC 9110, 8.8.3.2) of a list with our tag, which is weak. */
static bool list_has_etag(span tags, span etag)
{
	span tag, opaque = { etag.at + 2, etag.len - 2 };
	if (span_is(tags, SPAN("*")))
		return true;
	while (http_list_next(&tags, &tag))
		if (span_is(tag, etag) || span_is(tag, opaque))
			return true;
	return false;
}

/* Whether the peer has this very file already (RFC 9110, 13.2.2). */
static bool is_fresh(const http_head *head, span etag, const struct stat *s)
{
	bool asked = false;
	for (size_t i = 0; i < head->nfields; i++) {
		if (!span_is_nocase(head->fields[i].name, SPAN("If-None-Match")))
			continue;
		if (list_has_etag(head->fields[i].value, etag))
			return true;
		asked = true;
	}
	span since = http_field_find(head, SPAN("If-Modified-Since"));
	if (asked || !since.at)
		return false;
	int64_t date = http_parse_date(since);
	return date >= 0 && s->st_mtim.tv_sec <= date;
}

static void add_text_field(response *r, const char *name, const char *value)
{
	http_write_field(&r->fields, span_of(name), span_of(value));
}

static void answer_status(response *r, int status)
{
	const char *reason = http_reason(status);
	r->status = status;
	r->type = "text/plain; charset=utf-8";
	r->body = bytes_copy(reason, strlen(reason));
}

/* Relative addresses in an index.html count from the slash.  The path is as it was sent, and begins
 * with one slash alone, since it was found. */
static void answer_redirect(response *r, const http_head *head)
{
	buf location = { 0 };
	buf_add_span(&location, head->path);
	buf_add_char(&location, '/');
	if (head->query.len > 0) {
		buf_add_char(&location, '?');
		buf_add_span(&location, head->query);
	}
	if (location.failed)
		r->fields.failed = true;
	else
		http_write_field(&r->fields, SPAN("Location"), buf_span(&location));
	buf_free(&location);
	answer_status(r, 301);
}

/* Takes t. */
static void answer_file(response *r, const http_head *head, const target *t)
{
	char etag[ETAG_MAX], date[HTTP_DATE_LEN + 1];
	format_etag(etag, &t->stat);
	add_text_field(r, "Cache-Control", "public, max-age=0");
	add_text_field(r, "ETag", etag);
	if (http_format_date(date, t->stat.st_mtim.tv_sec))
		add_text_field(r, "Last-Modified", date);
	if (is_fresh(head, span_of(etag), &t->stat)) {
		close(t->fd);
		r->status = 304;
		return;
	}
	r->status = 200;
	r->type = t->type;
	r->file = t->fd;
	r->file_len = (uint64_t)t->stat.st_size;
}

static void answer_path(response *r, const http_head *head, const mount *m)
{
	target t;
	int status = target_open(&t, m, head->path);
	if (status != 0) {
		answer_status(r, status);
		return;
	}
	if (S_ISREG(t.stat.st_mode)) {
		answer_file(r, head, &t);
		return;
	}
	close(t.fd);
	/* A folder that is named index.html is none of ours to list. */
	if (head->path.at[head->path.len - 1] == '/')
		answer_status(r, 404);
	else
		answer_redirect(r, head);
}

bool files_answer(const files *f, const http_head *head, response *r)
{
	const mount *m = mount_of(f, head->path);
	if (!m)
		return false;
	add_text_field(r, "X-Content-Type-Options", "nosniff");
	if (head->method == HTTP_GET || head->method == HTTP_HEAD) {
		answer_path(r, head, m);
		return true;
	}
	add_text_field(r, "Allow", "GET, HEAD");
	answer_status(r, 405);
	return true;
}

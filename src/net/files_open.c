/* SPDX-License-Identifier: MIT */
/* files_open - decodes paths strictly, and lets the kernel keep them inside. */
#include "files_open.h"
#include "../base/buf.h"
#include "../base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef SYS_openat2
#include <linux/openat2.h>
#endif

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

static int open_folder(const char *directory)
{
	return open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
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

/* ---- What was found ---- */

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
static int find(files_target *t, const char *directory, buf *path)
{
	t->type = type_of(buf_span(path));
	if (!buf_add_char(path, '\0'))
		return 500;
	t->fd = open_inside(directory, (char *)buf_data(path));
	if (t->fd < 0)
		return status_of(errno);
	if (fstat(t->fd, &t->stat) == 0 && (S_ISREG(t->stat.st_mode) || S_ISDIR(t->stat.st_mode)))
		return 0;
	close(t->fd);
	return 404;
}

int files_open(files_target *t, const char *directory, span below)
{
	buf path = { 0 };
	int status = add_path(&path, below);
	if (status == 0)
		status = find(t, directory, &path);
	buf_free(&path);
	return status;
}

int files_check_folder(const char *directory)
{
	int fd = open_folder(directory);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

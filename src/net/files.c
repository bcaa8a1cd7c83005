/* SPDX-License-Identifier: MIT */
/* files - the folders that are mounted, and the headers of what is found in them. */
#include "files.h"
#include "../base/list.h"
#include "../wire/http_chars.h"
#include "files_open.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct mount {
	list link;
	span url; /* without the slash at its end: empty for "/" */
	char *directory;
	char text[];
} mount;

struct files {
	list mounts;
};

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

/* NULL with errno set. */
static mount *mount_new(span url, const char *directory)
{
	mount *m = malloc(sizeof *m + url.len);
	if (!m) {
		errno = ENOMEM;
		return NULL;
	}
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
	int error = files_check_folder(directory);
	if (error != 0)
		return error;
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
static void answer_file(response *r, const http_head *head, const files_target *t)
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
	files_target t;
	span below = { head->path.at + m->url.len, head->path.len - m->url.len };
	int status = files_open(&t, m->directory, below);
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

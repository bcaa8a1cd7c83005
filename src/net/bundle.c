/* SPDX-License-Identifier: MIT */
/* bundle - reads the client's files, and keeps them in each coding that was asked for. */
#include "bundle.h"
#include "../base/json_scan.h"
#include "../base/text.h"
#include "../wire/compress.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CODINGS = CODING_BROTLI + 1 };
/* Protects memory if the folder is a wrong one; the largest file of the package has 0.3 MB. */
enum { FILE_MAX = 8 * 1024 * 1024 };
/* Deeper than any package.json is nested. */
enum { JSON_DEPTH = 32 };
enum { VERSION_MAX = 64 };
/* Of zlib's 9 and brotli's 11: each is done once, but the loop waits for it. */
enum { LEVEL = 6 };

static const char *const names[] = {
	"socket.io.js",
	"socket.io.js.map",
	"socket.io.min.js",
	"socket.io.min.js.map",
	"socket.io.esm.min.js",
	"socket.io.esm.min.js.map",
	"socket.io.msgpack.min.js",
	"socket.io.msgpack.min.js.map",
};
enum { NAMES = sizeof names / sizeof *names };

struct bundle {
	int dir;
	char etag[VERSION_MAX + 3];  /* the version in quotes */
	bytes *kept[NAMES][CODINGS]; /* NULL: not asked for yet */
};

/* ---- Reading ---- */

/* Fills out; false with errno set. */
static bool read_all(int fd, bytes *out)
{
	size_t done = 0;
	while (done < out->len) {
		ssize_t got = read(fd, bytes_data(out) + done, out->len - done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = EIO; /* it has become shorter */
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

/* NULL with errno set. */
static bytes *read_open(int fd)
{
	struct stat s;
	if (fstat(fd, &s) != 0)
		return NULL;
	if (!S_ISREG(s.st_mode) || s.st_size > FILE_MAX) {
		errno = S_ISREG(s.st_mode) ? EFBIG : EINVAL;
		return NULL;
	}
	bytes *content = bytes_new((size_t)s.st_size);
	if (!content) {
		errno = ENOMEM;
		return NULL;
	}
	if (read_all(fd, content))
		return content;
	bytes_unref(content);
	return NULL;
}

/* NULL with errno set. */
static bytes *read_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	bytes *content = read_open(fd);
	int error = errno;
	close(fd);
	errno = error;
	return content;
}

/* ---- The version ---- */

static void skip(span *text, size_t n)
{
	text->at += n;
	text->len -= n;
}

/* Cuts the next value off, and the space and the one character behind it. */
static span cut_value(span *text)
{
	skip(text, json_scan_space(*text));
	span value = { text->at, json_scan_value(*text, JSON_DEPTH) };
	skip(text, value.len);
	skip(text, json_scan_space(*text));
	if (text->len > 0)
		skip(text, 1);
	return value;
}

/* The member of that name (with its quotes) of an object, raw; empty: none. */
static span find_member(span object, span name)
{
	skip(&object, 1);
	for (;;) {
		span key = cut_value(&object);
		span value = cut_value(&object);
		if (key.len == 0 || span_is(key, name))
			return value;
	}
}

static bool is_version_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '.' || c == '-' || c == '+';
}

/* The ETag is the JSON text of the version as it stands, since a version has nothing to escape. */
static bool set_etag(bundle *b, span version)
{
	if (version.len < 3 || version.len >= sizeof b->etag || version.at[0] != '"')
		return false;
	for (size_t i = 1; i < version.len - 1; i++)
		if (!is_version_char(version.at[i]))
			return false;
	memcpy(b->etag, version.at, version.len);
	b->etag[version.len] = '\0';
	return true;
}

static bool read_version(bundle *b, span json)
{
	skip(&json, json_scan_space(json));
	if (json.len == 0 || json.at[0] != '{' || !utf8_valid(json.at, json.len))
		return false;
	span object = { json.at, json_scan_value(json, JSON_DEPTH) };
	return object.len > 0 && set_etag(b, find_member(object, SPAN("\"version\"")));
}

/* ---- Loading ---- */

/* 0, or an errno value. */
static int load_version(bundle *b)
{
	bytes *json = read_file(b->dir, "../package.json");
	if (!json)
		return errno;
	bool found = read_version(b, (span){ (const char *)bytes_data(json), json->len });
	bytes_unref(json);
	return found ? 0 : EINVAL;
}

/* 0, or an errno value. */
static int load(bundle *b, const char *dist_dir)
{
	b->dir = open(dist_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (b->dir < 0 || faccessat(b->dir, names[0], R_OK, 0) != 0)
		return errno;
	return load_version(b);
}

bundle *bundle_load(const char *dist_dir, int *error)
{
	bundle *b = calloc(1, sizeof *b);
	*error = b ? load(b, dist_dir) : ENOMEM;
	if (*error == 0)
		return b;
	bundle_free(b);
	return NULL;
}

void bundle_free(bundle *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < NAMES; i++)
		for (size_t c = 0; c < CODINGS; c++)
			bytes_unref(b->kept[i][c]);
	if (b->dir >= 0)
		close(b->dir);
	free(b);
}

/* ---- Answering ---- */

/* NAMES: none. */
static size_t index_of(span name)
{
	size_t i = 0;
	while (i < NAMES && !span_is(name, span_of(names[i])))
		i++;
	return i;
}

/* The file as it is; NULL: it cannot be read. */
static bytes *plain(bundle *b, size_t i)
{
	bytes **kept = &b->kept[i][CODING_NONE];
	if (!*kept)
		*kept = read_file(b->dir, names[i]);
	return *kept;
}

/* The file in that coding; NULL: it cannot be coded now. */
static bytes *coded(bundle *b, size_t i, coding c)
{
	bytes **kept = &b->kept[i][c];
	bytes *file = b->kept[i][CODING_NONE];
	if (!*kept)
		*kept = coding_compress(c, bytes_data(file), file->len, LEVEL);
	return *kept;
}

static bool is_fresh(const bundle *b, const http_head *head)
{
	span tag = http_field_find(head, SPAN("If-None-Match"));
	if (tag.len > 2 && tag.at[0] == 'W' && tag.at[1] == '/')
		skip(&tag, 2);
	return span_is(tag, span_of(b->etag));
}

static const char *type_of(size_t i)
{
	bool map = i % 2 == 1;
	return map ? "application/json; charset=utf-8" : "application/javascript; charset=utf-8";
}

/* The file has been read. */
static void answer_content(bundle *b, size_t i, const http_head *head, response *r)
{
	coding c = coding_choose(http_field_find(head, SPAN("Accept-Encoding")));
	bytes *content = coded(b, i, c);
	if (content && c != CODING_NONE)
		http_write_field(&r->fields, SPAN("Content-Encoding"), span_of(coding_name(c)));
	http_write_field(&r->fields, SPAN("Cache-Control"), SPAN("public, max-age=0"));
	http_write_field(&r->fields, SPAN("ETag"), span_of(b->etag));
	r->status = 200;
	r->type = type_of(i);
	r->body = bytes_ref(content ? content : plain(b, i));
}

bool bundle_answer(bundle *b, span name, const http_head *head, response *r)
{
	size_t i = index_of(name);
	if (i == NAMES || !plain(b, i))
		return false;
	/* The body depends on it, and so a cache on the way has to know; for 304 as well (RFC 9110,
	 * 15.4.5). */
	http_write_field(&r->fields, SPAN("Vary"), SPAN("Accept-Encoding"));
	if (is_fresh(b, head))
		r->status = 304;
	else
		answer_content(b, i, head, r);
	return true;
}

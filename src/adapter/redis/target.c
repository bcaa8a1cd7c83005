/* SPDX-License-Identifier: MIT */
/* target - the URL of a Redis: redis://user:password@host:port/db, as the IANA's registry of URI
 * schemes has it; rediss:// and unix:// as most clients do. */
#include "target.h"
#include "../../base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const no_memory = "out of memory";

/* NULL: it does not decode, has a NUL, or out of memory. */
static char *decoded(span s)
{
	buf text = { 0 };
	char *copy = NULL;
	if (url_decode(&text, s, false) && buf_add_char(&text, '\0') &&
		strlen((const char *)buf_data(&text)) + 1 == buf_len(&text))
		copy = strdup((const char *)buf_data(&text));
	buf_free(&text);
	return copy;
}

static span cut(span *rest, const char *at)
{
	span head = { rest->at, (size_t)(at - rest->at) };
	*rest = (span){ at + 1, rest->len - head.len - 1 };
	return head;
}

static const char *read_login(redis_target *t, span login)
{
	const char *colon = memchr(login.at, ':', login.len);
	span user = colon ? cut(&login, colon) : (span){ "", 0 };
	t->password = decoded(login);
	t->user = user.len ? decoded(user) : NULL;
	if (!t->password || (user.len && !t->user))
		return "user and password must be encoded as in a URL";
	if (!colon)
		return "a password stands behind a colon";
	return NULL;
}

static const char *read_port(redis_target *t, span port)
{
	uint64_t n;
	if (!parse_uint(port, 65535, &n) || !n)
		return "the port is no number from 1 to 65535";
	snprintf(t->port, sizeof t->port, "%u", (unsigned)n);
	return NULL;
}

static const char *read_host(redis_target *t, span host)
{
	if (memchr(host.at, ',', host.len))
		return "several hosts: neither Sentinel nor Redis Cluster is spoken";
	const char *end = host.len && *host.at == '[' ? memchr(host.at, ']', host.len) : NULL;
	const char *from = end ? end : host.at;
	const char *colon = memchr(from, ':', host.len - (size_t)(from - host.at));
	span port = host;
	span name = colon ? cut(&port, colon) : host;
	if (end) {
		if (name.len != (size_t)(end + 1 - host.at))
			return "the host is malformed";
		name = (span){ host.at + 1, name.len - 2 };
	}
	t->host = strndup(name.len ? name.at : "127.0.0.1", name.len ? name.len : 9);
	if (!t->host)
		return no_memory;
	return colon ? read_port(t, port) : NULL;
}

static const char *read_db(redis_target *t, span db)
{
	uint64_t n = 0;
	if (db.len && !parse_uint(db, 1000000, &n))
		return "the database behind the host is no number";
	t->db = (unsigned)n;
	return NULL;
}

static bool begins(span *rest, const char *with)
{
	size_t len = strlen(with);
	if (rest->len < len || memcmp(rest->at, with, len) != 0)
		return false;
	*rest = (span){ rest->at + len, rest->len - len };
	return true;
}

static const char *read_network(redis_target *t, span rest)
{
	const char *slash = memchr(rest.at, '/', rest.len);
	span db = rest;
	span authority = slash ? cut(&db, slash) : rest;
	const char *at = memrchr(authority.at, '@', authority.len);
	const char *wrong = NULL;
	if (at) {
		span login = cut(&authority, at);
		wrong = read_login(t, login);
	}
	if (!wrong)
		wrong = read_host(t, authority);
	return wrong || !slash ? wrong : read_db(t, db);
}

const char *target_read(redis_target *t, const char *url)
{
	span rest = span_of(url ? url : "redis://127.0.0.1");
	*t = (redis_target){ .port = "6379" };
	if (begins(&rest, "unix://")) {
		t->local = true;
		t->host = decoded(rest);
		return t->host && *t->host ? NULL : "the path of a socket is missing";
	}
	t->tls = begins(&rest, "rediss://");
	if (!t->tls && !begins(&rest, "redis://"))
		return "it begins with none of redis://, rediss:// and unix:// (neither Sentinel "
		       "nor Redis Cluster is spoken)";
	return read_network(t, rest);
}

void target_fini(redis_target *t)
{
	free(t->host);
	free(t->user);
	if (t->password)
		explicit_bzero(t->password, strlen(t->password));
	free(t->password);
	free(t->tls_ca);
	free(t->tls_cert);
	free(t->tls_key);
}

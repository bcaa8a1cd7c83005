/* SPDX-License-Identifier: MIT */
/* handshake - what is remembered of the request that opened a session. */
#include "handshake.h"
#include "../base/text.h"
#include <stdlib.h>
#include <string.h>

static void add_text(buf *scratch, span text)
{
	buf_add_span(scratch, text);
	buf_add_char(scratch, '\0');
}

void handshake_begin(buf *scratch, span address, span url)
{
	buf_clear(scratch);
	add_text(scratch, address);
	add_text(scratch, url);
}

/* What does not decode to a C string (a broken escape, %00) stays as it was sent. */
static void add_decoded(buf *scratch, span raw)
{
	size_t before = buf_len(scratch);
	bool decoded = url_decode(scratch, raw, true);
	size_t len = buf_len(scratch) - before;

	if (!decoded || memchr(buf_data(scratch) + before, '\0', len)) {
		scratch->end -= len;
		buf_add_span(scratch, raw);
	}
	buf_add_char(scratch, '\0');
}

void handshake_add_query(buf *scratch, span query)
{
	while (query.len) {
		const char *amp = memchr(query.at, '&', query.len);
		size_t len = amp ? (size_t)(amp - query.at) : query.len;
		const char *eq = memchr(query.at, '=', len);
		size_t key = eq ? (size_t)(eq - query.at) : len;
		if (len) {
			add_decoded(scratch, (span){ query.at, key });
			add_decoded(
				scratch, eq ? (span){ eq + 1, len - key - 1 } : (span){ "", 0 });
		}
		size_t used = amp ? len + 1 : len;
		query.at += used;
		query.len -= used;
	}
}

void handshake_add_header(buf *scratch, span name, span value)
{
	add_text(scratch, name);
	add_text(scratch, value);
}

handshake *handshake_finish(const buf *scratch, uint32_t query_at, uint32_t headers_at)
{
	if (scratch->failed)
		return NULL;
	handshake *h = malloc(sizeof *h + buf_len(scratch));
	if (!h)
		return NULL;
	*h = (handshake){
		.query_at = query_at, .headers_at = headers_at, .end = handshake_mark(scratch)
	};
	memcpy(h->text, buf_data(scratch), buf_len(scratch));
	return h;
}

const char *handshake_address(const handshake *h)
{
	return h->text;
}

const char *handshake_url(const handshake *h)
{
	return h->text + strlen(h->text) + 1;
}

bool handshake_next(
	const handshake *h, bool headers, size_t *at, const char **name, const char **value)
{
	size_t begin = headers ? h->headers_at : h->query_at;
	size_t end = headers ? h->end : h->headers_at;
	if (begin + *at >= end)
		return false;
	*name = h->text + begin + *at;
	*value = *name + strlen(*name) + 1;
	*at = (size_t)(*value + strlen(*value) + 1 - h->text) - begin;
	return true;
}

const char *handshake_query(const handshake *h, const char *key)
{
	const char *name, *value, *last = NULL;
	for (size_t at = 0; handshake_next(h, false, &at, &name, &value);)
		if (!strcmp(name, key))
			last = value;
	return last;
}

const char *handshake_header(const handshake *h, const char *name)
{
	const char *found, *value;
	span wanted = span_of(name);
	for (size_t at = 0; handshake_next(h, true, &at, &found, &value);)
		if (span_is_nocase(span_of(found), wanted))
			return value;
	return NULL;
}

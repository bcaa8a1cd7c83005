/* SPDX-License-Identifier: MIT */
/* entry - entries of a stream, as Redis gives them, and their ids. */
#include "redis.h"
#include <stdio.h>
#include <stdlib.h>

static span text_of(const redisReply *r)
{
	return r->type == REDIS_REPLY_STRING ? (span){ r->str, r->len } : SPAN("");
}

static entry fields_of(const redisReply *fields)
{
	entry e = { SPAN(""), SPAN(""), SPAN(""), SPAN("") };
	for (size_t i = 0; i + 1 < fields->elements; i += 2) {
		span name = text_of(fields->element[i]), value = text_of(fields->element[i + 1]);
		if (span_is(name, SPAN("uid")))
			e.uid = value;
		else if (span_is(name, SPAN("nsp")))
			e.nsp = value;
		else if (span_is(name, SPAN("type")))
			e.type = value;
		else if (span_is(name, SPAN("data")))
			e.data = value;
	}
	return e;
}

bool stream_entry_of(const redisReply *one, stream_entry *out)
{
	bool whole = one->type == REDIS_REPLY_ARRAY && one->elements == 2;
	span id = whole ? text_of(one->element[0]) : SPAN("");
	if (!id.len || id.len >= ENTRY_ID)
		return false;
	memcpy(out->id, id.at, id.len + 1);
	out->e = one->element[1]->type == REDIS_REPLY_ARRAY ? fields_of(one->element[1])
							    : (entry){ .nsp = SPAN("") };
	return true;
}

/* ---- Ids: milliseconds, and a number ---- */

typedef struct id_parts {
	uint64_t ms, n;
} id_parts;

static id_parts parts_of(const char *id)
{
	char *end;
	id_parts p = { strtoull(id, &end, 10), 0 };
	if (*end == '-')
		p.n = strtoull(end + 1, NULL, 10);
	return p;
}

int entry_order(const char *a, const char *b)
{
	id_parts one = parts_of(a), other = parts_of(b);
	if (one.ms != other.ms)
		return one.ms < other.ms ? -1 : 1;
	return one.n == other.n ? 0 : one.n < other.n ? -1 : 1;
}

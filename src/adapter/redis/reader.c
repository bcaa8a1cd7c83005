/* SPDX-License-Identifier: MIT */
/* reader - reads the stream of a cluster, entry by entry, and goes on where it was when a
 * connection was lost. */
#include "redis.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* Each entry may be as long as a message. */
enum { READ_COUNT = 16 };

struct reader {
	redis *r;
	redis_link *link;
	bool asked;        /* a command waits for its reply, or to be written */
	bool known;        /* up to where everything has been read */
	char at[ENTRY_ID]; /* that entry's id; "": none yet */
	/* One of those that come is too large: they are read one by one, and before each it is
	 * asked whether it is that, unless scripts are refused. */
	bool careful, refused;
	char passed_over[ENTRY_ID]; /* the last such, or one behind it; "": none */
};

static void pass_over(reader *s, const char *id)
{
	snprintf(s->at, sizeof s->at, "%s", id);
	snprintf(s->passed_over, sizeof s->passed_over, "%s", id);
	s->r->stats.bad++;
}

/* What this server has said is delivered now that it is known where it stands. */
static void take_entry(reader *s, const stream_entry *one)
{
	redis *r = s->r;
	const entry *e = &one->e;
	snprintf(s->at, sizeof s->at, "%s", one->id);
	if (span_is(e->uid, span_of(r->uid))) {
		sending_read(r, e, one->id);
		return;
	}
	place *p = place_named(r, e->nsp);
	if (!p)
		return;
	r->stats.received++;
	if (e->data.len <= r->o.given.max_message)
		place_read(p, e, one->id);
	else
		pass_over(s, one->id);
}

/* ---- Reading ---- */

/* One at a time. */
static void ask(reader *s, size_t n, const span *words, link_reply_fn *fn)
{
	s->asked = true;
	if (!link_command(s->link, n, words, fn, s))
		return;
	s->asked = false;
	link_fault(s->link, "out of memory");
}

static void now_known(reader *s)
{
	s->known = true;
	redis_check_ready(s->r);
}

static void read_on(reader *s);

/* [[stream, [[id, [name, value, ...]], ...]]] */
static const redisReply *entries_of(const redisReply *r)
{
	const redisReply *stream =
		r->type == REDIS_REPLY_ARRAY && r->elements ? r->element[0] : NULL;
	bool whole = stream && stream->type == REDIS_REPLY_ARRAY && stream->elements == 2;
	return whole && stream->element[1]->type == REDIS_REPLY_ARRAY ? stream->element[1] : NULL;
}

static void on_entries(const redisReply *r, void *user)
{
	reader *s = user;
	s->asked = false;
	if (!r)
		return;
	if (r->type == REDIS_REPLY_ERROR) {
		link_fault(s->link, r->str);
		return;
	}
	if (!s->known)
		now_known(s);
	const redisReply *entries = entries_of(r);
	/* Or it has been trimmed away. */
	if (!entries)
		s->careful = false;
	for (size_t i = 0; entries && i < entries->elements; i++) {
		stream_entry one;
		if (!stream_entry_of(entries->element[i], &one))
			continue;
		take_entry(s, &one);
		comebacks_met(s->r);
	}
	redis_refresh_stats(s->r);
	read_on(s);
}

/* Redis answers when there is something, or when ping_ms have passed. */
static void read_some(reader *s, int most)
{
	const sio_redis_options *g = &s->r->o.given;
	char count[16], block[16];
	snprintf(count, sizeof count, "%d", most);
	snprintf(block, sizeof block, "%u", g->ping_ms);
	const span words[] = { SPAN("XREAD"), SPAN("COUNT"), span_of(count), SPAN("BLOCK"),
		span_of(block), SPAN("STREAMS"), span_of(g->stream), span_of(s->at) };
	ask(s, sizeof words / sizeof *words, words, on_entries);
}

/* ---- Where it begins ---- */

/* What was said while the connection was lost is read; not so what was before the beginning, and a
 * stream that is another one is read from its end. */
static void begin_at(reader *s, const char *last)
{
	if (!s->at[0] || entry_order(last, s->at) < 0) {
		snprintf(s->at, sizeof s->at, "%s", last);
		s->passed_over[0] = '\0';
	}
	now_known(s);
	read_on(s);
}

static void on_last(const redisReply *r, void *user)
{
	reader *s = user;
	s->asked = false;
	if (!r)
		return;
	stream_entry one = { .id = "0-0" };
	if (r->type == REDIS_REPLY_ERROR)
		link_fault(s->link, r->str);
	else if (r->type != REDIS_REPLY_ARRAY ||
		 (r->elements && !stream_entry_of(r->element[0], &one)))
		link_fault(s->link, "the stream cannot be read");
	else
		begin_at(s, one.id);
}

static void ask_for_last(reader *s)
{
	const span words[] = { SPAN("XREVRANGE"), span_of(s->r->o.given.stream), SPAN("+"),
		SPAN("-"), SPAN("COUNT"), SPAN("1") };
	ask(s, sizeof words / sizeof *words, words, on_last);
}

/* ---- What is too large ---- */

/* Only scripts give an id without what the entry says: that of the next one, if one of its fields
 * is longer than ARGV[2], or of the last. */
static const char next_id[] =
	"for _, e in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', 2)) do "
	"if e[1] ~= ARGV[1] then for _, text in ipairs(e[2]) do "
	"if #text > tonumber(ARGV[2]) then return e[1] end end return end end";
static const char last_id[] =
	"for _, e in ipairs(redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)) do "
	"return e[1] end";

/* It may be asked again, and would answer. */
static bool is_busy(const char *error)
{
	static const char *const words[] = { "LOADING ", "BUSY ", "MASTERDOWN " };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strncmp(error, words[i], strlen(words[i])))
			return true;
	return false;
}

static void on_id(const redisReply *r, void *user)
{
	reader *s = user;
	s->asked = false;
	if (!r)
		return;
	if (r->type == REDIS_REPLY_ERROR && is_busy(r->str)) {
		link_fault(s->link, r->str);
		return;
	}
	now_known(s);
	if (r->type == REDIS_REPLY_ERROR) {
		redis_refused(s->r, r->str);
		s->refused = true;
	} else if (r->type == REDIS_REPLY_STRING && r->len < ENTRY_ID) {
		pass_over(s, r->str);
		s->careful = false;
	}
	if (!s->at[0])
		snprintf(s->at, sizeof s->at, "%s", s->refused ? "$" : "0-0");
	read_some(s, s->careful ? 1 : READ_COUNT);
}

static void ask_for_id(reader *s)
{
	char most[24];
	snprintf(most, sizeof most, "%zu", s->r->o.given.max_message);
	const span words[] = { SPAN("EVAL"), s->at[0] ? SPAN(next_id) : SPAN(last_id), SPAN("1"),
		span_of(s->r->o.given.stream), span_of(s->at), span_of(most) };
	ask(s, sizeof words / sizeof *words, words, on_id);
}

static void read_on(reader *s)
{
	if (s->careful && !s->refused)
		ask_for_id(s);
	else
		read_some(s, s->careful ? 1 : READ_COUNT);
}

bool reader_passed_over(const reader *s, const char *since)
{
	return s->passed_over[0] && entry_order(since, s->passed_over) <= 0;
}

void reader_look_ahead(reader *s)
{
	if (reader_at(s))
		snprintf(s->passed_over, sizeof s->passed_over, "%s", s->at);
}

/* ---- The connection ---- */

/* What could not be written before is now. */
static void on_up(void *user)
{
	reader *s = user;
	if (s->asked)
		return;
	if (!s->careful && strcmp(s->at, "$") != 0) {
		ask_for_last(s);
		return;
	}
	if (s->at[0])
		now_known(s);
	read_on(s);
}

static void on_down(const char *why, void *user)
{
	reader *s = user;
	s->known = false;
	/* Where scripts are refused, what comes until it is read again is missed as well. */
	if (why == link_too_large && s->careful && s->refused)
		snprintf(s->at, sizeof s->at, "%s", "$");
	s->careful = why == link_too_large;
	redis_down(s->r, "the reading connection to", why);
}

/* ---- Life ---- */

static void on_pushed(const redisReply *reply, void *user)
{
	(void)reply;
	(void)user;
}

static void on_answered(void *user)
{
	(void)user;
}

static void on_refused(const char *why, void *user)
{
	(void)why;
	(void)user;
}

reader *reader_new(redis *r, const link_options *o)
{
	reader *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	link_options mine = *o;
	mine.owner = (link_owner){ on_up, on_down, on_pushed, on_answered, on_refused, s };
	s->r = r;
	s->link = link_new(sio_uv_loop(r->server), &mine);
	if (s->link)
		return s;
	free(s);
	return NULL;
}

void reader_free(reader *s)
{
	if (!s)
		return;
	/* It has no last words. */
	link_hold(s->link, true);
	link_free(s->link);
	free(s);
}

bool reader_ready(const reader *s)
{
	return link_is_up(s->link) && s->known;
}

const char *reader_at(const reader *s)
{
	return isdigit((unsigned char)s->at[0]) && strcmp(s->at, "0-0") != 0 ? s->at : NULL;
}

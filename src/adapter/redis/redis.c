/* SPDX-License-Identifier: MIT */
/* redis - what joins a server to its cluster, and how its connection fares. */
#include "redis.h"
#include "../../base/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- What is told ---- */

void redis_say(const redis *r, sio_level level, const char *format, ...)
{
	char line[512];
	va_list args;
	int n = snprintf(line, sizeof line, "redis: ");
	va_start(args, format);
	vsnprintf(line + n, sizeof line - (size_t)n, format, args);
	va_end(args);
	say_line(&r->o.given, level, line);
}

void redis_refresh_stats(redis *r)
{
	sio_redis_stats *to = r->o.given.stats;
	if (!to)
		return;
	r->stats.connected = r->ready;
	r->stats.queued = link_queued(r->out);
	r->stats.dropped = link_dropped(r->out) + r->lost;
	*to = r->stats;
}

void redis_note_full(redis *r)
{
	if (r->full_told)
		return;
	r->full_told = true;
	redis_say(r, SIO_LOG_WARN,
		"more than max_queue waits for Redis: from now on some of it is dropped");
}

/* The same cause is told once, however often it is tried. */
void redis_tell_down(redis *r, const char *which, const char *why)
{
	if (r->last_why && !strcmp(r->last_why, why))
		return;
	free(r->last_why);
	r->last_why = strdup(why);
	redis_say(r, SIO_LOG_WARN, "%s %s%s%s is %s: %s; trying again", which, r->o.target.host,
		r->o.target.local ? "" : ":", r->o.target.local ? "" : r->o.target.port,
		r->ready ? "lost" : "not there", why);
}

static bool has_stream(const redis *r)
{
	return r->o.given.mode == SIO_REDIS_STREAMS;
}

bool redis_is_there(const redis *r)
{
	return link_is_up(r->out) && link_is_up(r->in) && (!r->reader || reader_ready(r->reader));
}

void redis_check_ready(redis *r)
{
	if (!r->out || !r->in || (has_stream(r) && !r->reader))
		return;
	bool ready = redis_is_there(r) && !r->unheard;
	if (ready && !r->ready && !r->told) {
		r->told = true;
		r->full_told = false;
		r->stats.connects++;
		free(r->last_why);
		r->last_why = NULL;
		redis_say(r, SIO_LOG_INFO, "connected and subscribed");
	}
	r->ready = ready;
	link_hold(r->out, !ready);
	redis_refresh_stats(r);
}

/* ---- Links ---- */

static void on_out_up(void *user)
{
	redis_check_ready(user);
}

static void on_in_up(void *user)
{
	redis *r = user;
	resubscribe(r);
	redis_check_ready(r);
}

void redis_down(redis *r, const char *which, const char *why)
{
	redis_tell_down(r, which, why);
	r->told = false;
	redis_check_ready(r);
}

/* What clients had missed is asked for over it: that costs one connection, and not one for each of
 * them. */
static void on_out_down(const char *why, void *user)
{
	redis *r = user;
	if (why == link_too_large && r->reader)
		reader_look_ahead(r->reader);
	redis_down(r, "the connection to", why);
}

static void on_in_down(const char *why, void *user)
{
	redis_down(user, "the subscribed connection to", why);
}

static void on_pushed(const redisReply *reply, void *user)
{
	take_push(user, reply);
}

static void on_answered(void *user)
{
	redis_refresh_stats(user);
}

void redis_refused(redis *r, const char *why)
{
	if (r->last_why && !strcmp(r->last_why, why))
		return;
	free(r->last_why);
	r->last_why = strdup(why);
	redis_say(r, SIO_LOG_ERROR, "Redis refuses a message: %s", why);
}

static void on_refused(const char *why, void *user)
{
	redis_refused(user, why);
}

static link_options link_options_of(redis *r, bool subscriber)
{
	const sio_redis_options *g = &r->o.given;
	return (link_options){ .target = &r->o.target,
		.owner = { .up = subscriber ? on_in_up : on_out_up,
			.down = subscriber ? on_in_down : on_out_down,
			.pushed = on_pushed,
			.answered = on_answered,
			.refused = on_refused,
			.user = r },
		.subscriber = subscriber,
		.ping_ms = g->ping_ms,
		.max_queue = subscriber ? SIZE_MAX : g->max_queue,
		.max_message = g->max_message,
		.push_out = g->push_out };
}

static bool start_patience(redis *r, uv_loop_t *loop)
{
	r->patience = malloc(sizeof *r->patience);
	if (!r->patience)
		return false;
	uv_timer_init(loop, r->patience);
	r->patience->data = r;
	return true;
}

static void on_timer_closed(uv_handle_t *h)
{
	free(h);
}

static bool open_links(redis *r)
{
	uv_loop_t *loop = sio_uv_loop(r->server);
	link_options out = link_options_of(r, false), in = link_options_of(r, true);
	r->out = link_new(loop, &out);
	r->in = r->out ? link_new(loop, &in) : NULL;
	if (r->out)
		link_hold(r->out, true);
	if (r->in && has_stream(r)) {
		if (!start_patience(r, loop))
			return false;
		in.subscriber = false;
		r->reader = reader_new(r, &in);
	}
	return r->in && (r->reader || !has_stream(r));
}

/* ---- Life ---- */

void redis_free(redis *r)
{
	counts_end(r);
	sendings_end(r);
	comebacks_end(r);
	map_fini(&r->channels);
	buf_free(&r->key);
	free(r->last_why);
	options_fini(&r->o);
	free(r);
}

static void on_end(void *user)
{
	redis *r = user;
	link_free(r->out);
	link_free(r->in);
	reader_free(r->reader);
	if (r->patience)
		uv_close((uv_handle_t *)r->patience, on_timer_closed);
	redis_free(r);
}

static void make_uid(char *to)
{
	unsigned char bytes[UID_LEN / 2];
	random_bytes(bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(to + 2 * i, 3, "%02x", bytes[i]);
}

static bool has_rooms(const redis *r)
{
	return r->o.given.mode == SIO_REDIS_DYNAMIC || r->o.given.mode == SIO_REDIS_DYNAMIC_PRIVATE;
}

static sio_err start(redis *r)
{
	sio_adapter adapter = { .open = place_open,
		.close = place_close,
		.send = place_send,
		.count = place_count,
		.room = has_rooms(r) ? place_room : NULL,
		.end = on_end,
		.timeout_ms = r->o.given.timeout_ms,
		.user = r };
	if (has_stream(r)) {
		adapter.save = place_save;
		adapter.restore = place_restore;
		adapter.replay = place_replay;
		adapter.position = place_position;
	}
	if (!open_links(r))
		return SIO_ENOMEM;
	return sio_use_adapter(r->server, &adapter);
}

redis *redis_new(const sio_redis_options *given, sio_err *err)
{
	const sio_redis_options none = { 0 };
	redis *r = calloc(1, sizeof *r);
	*err = SIO_ENOMEM;
	if (!r)
		return NULL;
	map_init(&r->channels);
	list_init(&r->all);
	list_init(&r->counts);
	list_init(&r->sendings);
	list_init(&r->comebacks);
	list_init(&r->places);
	make_uid(r->uid);
	*err = options_read(&r->o, given ? given : &none) ? probe(&r->o) : SIO_EINVAL;
	if (*err) {
		redis_free(r);
		return NULL;
	}
	r->cluster = r->o.given.mode != SIO_REDIS_CLASSIC;
	r->sharded = r->cluster && !has_stream(r);
	r->tongue = r->sharded      ? &sharded_tongue
		    : has_stream(r) ? &streams_tongue
				    : &classic_tongue;
	return r;
}

sio_err sio_redis_adapter(sio_server *s, const sio_redis_options *options)
{
	sio_err err = SIO_EINVAL;
	redis *r = s ? redis_new(options, &err) : NULL;
	if (!r)
		return err;
	r->server = s;
	err = start(r);
	if (err)
		on_end(r);
	return err;
}

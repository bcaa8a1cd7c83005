/* SPDX-License-Identifier: MIT */
/* probe - waits until Redis is there, on a loop of its own. */
#include "redis.h"
#include <stdio.h>

typedef struct attempt {
	uv_loop_t loop;
	bool there;
	char why[256];
} attempt;

static void on_up(void *user)
{
	attempt *a = user;
	a->there = true;
	uv_stop(&a->loop);
}

static void on_down(const char *why, void *user)
{
	attempt *a = user;
	snprintf(a->why, sizeof a->why, "%s", why);
}

static void on_pushed(const redisReply *reply, void *user)
{
	(void)reply;
	(void)user;
}

static void on_answered(void *user)
{
	(void)user;
}

static void on_late(uv_timer_t *t)
{
	uv_stop(t->loop);
}

static void wait(attempt *a, redis_link *l, unsigned ms)
{
	uv_timer_t deadline;
	uv_timer_init(&a->loop, &deadline);
	uv_timer_start(&deadline, on_late, ms, 0);
	uv_run(&a->loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&deadline, NULL);
	link_free(l);
	uv_run(&a->loop, UV_RUN_DEFAULT);
}

sio_err probe(const settings *o)
{
	attempt a = { .why = "no answer in time" };
	char line[400];
	if (!o->given.wait_at_start_ms)
		return SIO_OK;
	if (uv_loop_init(&a.loop))
		return SIO_ENOMEM;
	const link_options how = { .target = &o->target,
		.owner = { on_up, on_down, on_pushed, on_answered, on_down, &a },
		.ping_ms = o->given.ping_ms,
		.max_queue = o->given.max_queue,
		.max_message = o->given.max_message };
	redis_link *l = link_new(&a.loop, &how);
	if (l)
		wait(&a, l, o->given.wait_at_start_ms);
	uv_loop_close(&a.loop);
	if (!l)
		return SIO_ENOMEM;
	if (a.there)
		return SIO_OK;
	snprintf(line, sizeof line, "redis: %s is not there: %s", o->target.host, a.why);
	say_line(&o->given, SIO_LOG_ERROR, line);
	return SIO_EIO;
}

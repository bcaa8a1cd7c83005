/* SPDX-License-Identifier: MIT */
/* emitter - speaks to a cluster without being one of its servers. */
#include "../../socketio/json.h"
#include "redis.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct sio_emitter {
	redis *r;
	uv_loop_t *loop;
	uv_loop_t own; /* which is turned inside each call */
	bool waits;
	char why[256]; /* what went wrong last; "": nothing */
};

/* ---- The link ---- */

static void on_up(void *user)
{
	sio_emitter *e = user;
	e->why[0] = '\0';
	e->r->ready = true;
	e->r->stats.connects++;
	free(e->r->last_why);
	e->r->last_why = NULL;
	redis_say(e->r, SIO_LOG_INFO, "connected");
	redis_refresh_stats(e->r);
}

static void keep(sio_emitter *e, const char *why)
{
	snprintf(e->why, sizeof e->why, "%s", why);
}

/* One that waits tells when it gives up. */
static void on_down(const char *why, void *user)
{
	sio_emitter *e = user;
	keep(e, why);
	if (!e->waits)
		redis_tell_down(e->r, "the connection to", why);
	e->r->ready = false;
	redis_refresh_stats(e->r);
}

static void on_refused(const char *why, void *user)
{
	sio_emitter *e = user;
	keep(e, why);
	redis_say(e->r, SIO_LOG_ERROR, "Redis refuses a message: %s", why);
}

static void on_pushed(const redisReply *reply, void *user)
{
	(void)reply;
	(void)user;
}

static void on_answered(void *user)
{
	redis_refresh_stats(((sio_emitter *)user)->r);
}

static bool open_link(sio_emitter *e)
{
	const sio_redis_options *g = &e->r->o.given;
	const link_options o = { .target = &e->r->o.target,
		.owner = { on_up, on_down, on_pushed, on_answered, on_refused, e },
		.ping_ms = g->ping_ms,
		.max_queue = g->max_queue,
		.max_message = g->max_message,
		.push_out = g->push_out };
	e->r->out = link_new(e->loop, &o);
	return e->r->out;
}

/* ---- Waiting ---- */

static void on_late(uv_timer_t *t)
{
	*(bool *)t->data = true;
}

static void on_timer_closed(uv_handle_t *h)
{
	free(h);
}

/* Turns the loop until Redis has answered for all that was said; false: not in time. */
static bool answered(sio_emitter *e)
{
	bool late = false;
	uv_timer_t *deadline = malloc(sizeof *deadline);
	if (!deadline)
		return false;
	uv_update_time(e->loop);
	uv_timer_init(e->loop, deadline);
	deadline->data = &late;
	uv_timer_start(deadline, on_late, e->r->o.given.timeout_ms, 0);
	while (!late && link_queued(e->r->out))
		uv_run(e->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)deadline, on_timer_closed);
	return !late;
}

/* What was not answered is not said later. */
static sio_err give_up(sio_emitter *e)
{
	bool known = e->why[0];
	redis_say(e->r, SIO_LOG_ERROR, "nothing could be sent: %s",
		known ? e->why : "no answer in time");
	link_free(e->r->out);
	e->r->ready = false;
	if (!open_link(e))
		return SIO_ENOMEM;
	redis_refresh_stats(e->r);
	return known ? SIO_EIO : SIO_ETIMEDOUT;
}

static sio_err wait_for_redis(sio_emitter *e, uint64_t dropped)
{
	if (!e->waits)
		return SIO_OK;
	if (!answered(e))
		return give_up(e);
	redis_refresh_stats(e->r);
	/* Lost with a connection, or refused. */
	return link_dropped(e->r->out) != dropped || e->why[0] ? SIO_EIO : SIO_OK;
}

/* ---- What is said ---- */

static bool reserved(const char *event)
{
	static const char *const names[] = { "connect", "connect_error", "disconnect",
		"disconnecting", "newListener", "removeListener" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(event, names[i]))
			return true;
	return false;
}

static sio_err say(sio_emitter *e, const char *nsp, const sio_cluster_message *m)
{
	place p = { 0 };
	const sio_delivery *who = m->who;
	if (!nsp || *nsp != '/' ||
		(who && (who->on_ack || who->on_answer || who->flags & SIO_LOCAL)))
		return SIO_EINVAL;
	if (who && who->to && !who->to[0])
		return SIO_OK; /* to nobody */
	/* It could not be made anew when the last call gave up. */
	if (!e->r->out && !open_link(e))
		return SIO_ENOMEM;
	/* A connection may have been lost since the last call. */
	if (e->waits)
		uv_run(e->loop, UV_RUN_NOWAIT);
	if (e->r->ready)
		e->why[0] = '\0';
	uint64_t dropped = link_dropped(e->r->out);
	sio_err err = place_name(&p, e->r, nsp) ? place_send(&p, m) : SIO_ENOMEM;
	place_unname(&p);
	return err ? err : wait_for_redis(e, dropped);
}

static const sio_delivery everyone;

static sio_err emit(sio_emitter *e, sio_cluster_type type, const char *nsp, const sio_delivery *how,
	const char *event, const cJSON *args)
{
	const sio_event ev = {
		.name = event, .args = args, .binary = how->binary, .nbinary = how->nbinary
	};
	if (!args)
		return SIO_ENOMEM;
	if (!event || reserved(event) || !cJSON_IsArray(args) || (how->nbinary && !how->binary))
		return SIO_EINVAL;
	return say(e, nsp, &(sio_cluster_message){ .type = type, .who = how, .event = &ev });
}

sio_err sio_emitter_emit(
	sio_emitter *e, const char *nsp, const sio_delivery *how, const char *event, cJSON *args)
{
	sio_err err = emit(e, SIO_CLUSTER_EMIT, nsp, how ? how : &everyone, event, args);
	json_free(args);
	return err;
}

sio_err sio_emitter_server_side_emit(
	sio_emitter *e, const char *nsp, const sio_delivery *how, const char *event, cJSON *args)
{
	bool chosen = how && (how->to || how->except);
	sio_err err =
		chosen ? SIO_EINVAL
		       : emit(e, SIO_CLUSTER_SERVER_EMIT, nsp, how ? how : &everyone, event, args);
	json_free(args);
	return err;
}

static sio_err move(sio_emitter *e, sio_cluster_type type, const char *nsp, const sio_delivery *who,
	const char *room)
{
	if (!room)
		return SIO_EINVAL;
	return say(e, nsp,
		&(sio_cluster_message){
			.type = type, .who = who ? who : &everyone, .rooms = SIO_ROOMS(room) });
}

sio_err sio_emitter_join(sio_emitter *e, const char *nsp, const sio_delivery *who, const char *room)
{
	return move(e, SIO_CLUSTER_JOIN, nsp, who, room);
}

sio_err sio_emitter_leave(
	sio_emitter *e, const char *nsp, const sio_delivery *who, const char *room)
{
	return move(e, SIO_CLUSTER_LEAVE, nsp, who, room);
}

sio_err sio_emitter_disconnect(
	sio_emitter *e, const char *nsp, const sio_delivery *who, bool whole_connection)
{
	return say(e, nsp,
		&(sio_cluster_message){ .type = SIO_CLUSTER_DISCONNECT,
			.who = who ? who : &everyone,
			.close = whole_connection });
}

/* ---- Life ---- */

/* libuv writes without MSG_NOSIGNAL. */
static void survive_broken_pipes(void)
{
	struct sigaction now;
	if (!sigaction(SIGPIPE, NULL, &now) && now.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
}

static bool begin(sio_emitter *e, struct uv_loop_s *loop)
{
	survive_broken_pipes();
	e->waits = !loop;
	if (e->waits && uv_loop_init(&e->own))
		return false;
	e->loop = loop ? loop : &e->own;
	if (open_link(e))
		return true;
	if (e->waits)
		uv_loop_close(&e->own);
	return false;
}

sio_err sio_emitter_create(
	sio_emitter **out, const sio_redis_options *options, struct uv_loop_s *loop)
{
	sio_err err = SIO_ENOMEM;
	sio_emitter *e = *out = calloc(1, sizeof *e);
	if (!e)
		return err;
	e->r = redis_new(options, &err);
	if (e->r) {
		strcpy(e->r->uid, "emitter");
		if (begin(e, loop))
			return SIO_OK;
		err = SIO_ENOMEM;
		redis_free(e->r);
	}
	free(e);
	*out = NULL;
	return err;
}

void sio_emitter_free(sio_emitter *e)
{
	if (!e)
		return;
	link_free(e->r->out);
	if (e->waits) {
		uv_run(&e->own, UV_RUN_DEFAULT);
		uv_loop_close(&e->own);
	}
	redis_free(e->r);
	free(e);
}

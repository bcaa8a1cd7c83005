/* SPDX-License-Identifier: MIT */
/* lab_acks - questions of the server, and answers that wait. */
#include "lab.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A question under way.  Whoever was asked may be gone at its end, so they are known by id. */
typedef struct asking {
	sio_ns *ns;
	char id[128];
	char name[64];
} asking;

static asking *asking_new(sio_socket *k, const char *name)
{
	asking *a = name ? calloc(1, sizeof *a) : NULL;
	if (!a)
		return NULL;
	a->ns = sio_namespace(k);
	snprintf(a->id, sizeof a->id, "%s", sio_id(k));
	snprintf(a->name, sizeof a->name, "%s", name);
	return a;
}

static unsigned ms_of(const cJSON *n)
{
	return cJSON_IsNumber(n) ? (unsigned)n->valueint : 0;
}

static void on_asked(sio_socket *k, const sio_event *answer, void *user)
{
	(void)user;
	emit_back(k, answer, "asked", 0);
}

static void on_asked_end(sio_err err, const cJSON *args, void *user)
{
	asking *a = user;
	sio_socket *k = sio_find(a->ns, a->id);
	cJSON *copy = args ? cJSON_Duplicate(args, true) : cJSON_CreateNull();
	if (k && err == SIO_ETIMEDOUT)
		sio_emit(k, "ask-failed", sio_json("[]"));
	lab_news(sio_ns_server(a->ns), "ask-ended",
		sio_json("[%s, %s, %p]", a->name, sio_strerror(err), copy));
	free(a);
}

/* Each answer comes back as asked(...answer); the end is news: ask-ended(name, error, answer). */
static void ask(sio_socket *k, const sio_event *ev, unsigned timeout_ms, int name)
{
	sio_delivery how = with_binary(ev);
	asking *a = asking_new(k, lab_text(ev, name));
	if (!a)
		return;
	how.on_ack = on_asked_end;
	how.on_answer = on_asked;
	how.timeout_ms = timeout_ms;
	how.user = a;
	if (sio_emit_with(k, &how, a->name, args_from(ev, name + 1)))
		free(a);
}

static void on_ask(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	ask(k, ev, 0, 0);
}

static void on_ask_within(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	ask(k, ev, ms_of(cJSON_GetArrayItem(ev->args, 0)), 1);
}

/* ask-room(ms, room, name, ...args): asks everyone in the room, or all without one; ms 0: until all
 * have answered or left. */
static void on_ask_room(sio_socket *k, const sio_event *ev, void *user)
{
	const char *room[] = { lab_text(ev, 1), NULL };
	asking *a = asking_new(k, lab_text(ev, 2));
	sio_delivery how = {
		.to = *room ? room : NULL,
		.on_ack = on_asked_end,
		.timeout_ms = ms_of(cJSON_GetArrayItem(ev->args, 0)),
		.user = a,
	};
	(void)user;
	if (a && sio_broadcast(sio_namespace(k), &how, a->name, args_from(ev, 3)))
		free(a);
}

/* ---- Answers that wait ---- */

enum { HELD_MAX = 16 };

static struct {
	char key[32];
	sio_ack ack;
} held[HELD_MAX];

/* hold(key): is not answered until somebody says so. */
static void on_hold(sio_socket *k, const sio_event *ev, void *user)
{
	static size_t next;
	const char *key = lab_text(ev, 0);
	(void)k;
	(void)user;
	if (!key)
		return;
	snprintf(held[next].key, sizeof held[next].key, "%s", key);
	held[next].ack = ev->ack;
	next = (next + 1) % HELD_MAX;
}

/* release(key, ...args): answers what was held; it may be tried again. */
static void on_release(sio_socket *k, const sio_event *ev, void *user)
{
	const char *key = lab_text(ev, 0);
	sio_err err = SIO_EINVAL;
	(void)k;
	(void)user;
	for (size_t i = 0; key && i < HELD_MAX; i++)
		if (held[i].ack.server && !strcmp(held[i].key, key))
			err = sio_reply(held[i].ack, args_from(ev, 1));
	lab_answer(ev, err);
}

const lab_event lab_ack_events[] = {
	{ "ask", on_ask },
	{ "ask-within", on_ask_within },
	{ "ask-room", on_ask_room },
	{ "hold", on_hold },
	{ "release", on_release },
	{ NULL, NULL },
};

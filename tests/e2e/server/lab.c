/* SPDX-License-Identifier: MIT */
/* lab - many small events, for tests with official clients. */
#include "apps.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_at(const sio_event *ev, int n)
{
	return cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, n));
}

static void done(const sio_event *ev)
{
	sio_reply(ev->ack, sio_json("[]"));
}

static void on_echo(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	emit_back(k, ev, "echo", 0);
	reply_all(ev);
}

static void on_ack(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	reply_all(ev);
}

static void on_join(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	if (text_at(ev, 0))
		sio_join(k, text_at(ev, 0));
	done(ev);
}

static void on_leave(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	if (text_at(ev, 0))
		sio_leave(k, text_at(ev, 0));
	done(ev);
}

/* name(msg) to whom `how` describes; msg is the n-th argument, with its attachments. */
static void tell(sio_socket *k, const sio_event *ev, sio_delivery how, const char *name, int n)
{
	cJSON *msg = cJSON_Duplicate(cJSON_GetArrayItem(ev->args, n), true);
	how.binary = ev->binary;
	how.nbinary = ev->nbinary;
	sio_broadcast(sio_namespace(k), &how, name, msg ? sio_json("[%p]", msg) : sio_json("[]"));
	done(ev);
}

static void on_say(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	if (text_at(ev, 0))
		tell(k, ev, (sio_delivery){ .to = SIO_ROOMS(text_at(ev, 0)) }, "said", 1);
	else
		done(ev);
}

static void on_say_many(sio_socket *k, const sio_event *ev, void *user)
{
	const char *rooms[17] = { NULL };
	size_t n = 0;
	const cJSON *room;
	(void)user;
	cJSON_ArrayForEach (room, cJSON_GetArrayItem(ev->args, 0)) {
		if (cJSON_IsString(room) && n < 16)
			rooms[n++] = room->valuestring;
	}
	tell(k, ev, (sio_delivery){ .to = rooms }, "said", 1);
}

static void on_except(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	if (text_at(ev, 0))
		tell(k, ev, (sio_delivery){ .except = SIO_ROOMS(text_at(ev, 0), sio_id(k)) },
			"said", 1);
	else
		done(ev);
}

static void on_others(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	tell(k, ev, (sio_delivery){ .except = SIO_ROOMS(sio_id(k)) }, "bcast", 0);
}

static void on_bcast(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	tell(k, ev, (sio_delivery){ 0 }, "bcast", 0);
}

static void on_kick(sio_socket *k, const sio_event *ev, void *user)
{
	(void)ev;
	(void)user;
	sio_disconnect(k, true);
}

static void on_drop(sio_socket *k, const sio_event *ev, void *user)
{
	(void)ev;
	(void)user;
	sio_disconnect(k, false);
}

static void add_room(const char *room, void *rooms)
{
	cJSON_AddItemToArray(rooms, cJSON_CreateString(room));
}

static void on_whoami(sio_socket *k, const sio_event *ev, void *user)
{
	cJSON *rooms = cJSON_CreateArray();
	(void)user;
	sio_rooms(k, add_room, rooms);
	sio_reply(ev->ack, sio_json("[{id: %s, rooms: %p}]", sio_id(k), rooms));
}

static void tick(sio_socket *k, const cJSON *count)
{
	double n = cJSON_IsNumber(count) ? count->valuedouble : 0;
	for (int i = 0; i < n && i < 5000; i++)
		sio_emit(k, "tick", sio_json("[%d]", i));
}

static void on_burst(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	tick(k, cJSON_GetArrayItem(ev->args, 0));
	reply_all(ev);
}

static void on_asked(sio_socket *k, const sio_event *answer, void *user)
{
	(void)user;
	emit_back(k, answer, "asked", 0);
}

/* By id, because whoever was asked may be gone by then. */
typedef struct asking {
	sio_ns *ns;
	char id[32];
} asking;

static void on_asked_end(sio_err err, const cJSON *args, void *user)
{
	asking *a = user;
	sio_socket *k = sio_find(a->ns, a->id);
	(void)args;
	if (k && err == SIO_ETIMEDOUT)
		sio_emit(k, "ask-failed", sio_json("[]"));
	free(a);
}

static void ask(sio_socket *k, const sio_event *ev, unsigned timeout_ms, int name)
{
	sio_delivery how = with_binary(ev);
	asking *a = text_at(ev, name) ? calloc(1, sizeof *a) : NULL;
	if (!a)
		return;
	a->ns = sio_namespace(k);
	snprintf(a->id, sizeof a->id, "%s", sio_id(k));
	how.on_ack = on_asked_end;
	how.on_answer = on_asked;
	how.timeout_ms = timeout_ms;
	how.user = a;
	if (sio_emit_with(k, &how, text_at(ev, name), args_from(ev, name + 1)))
		free(a);
}

static void on_ask(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	ask(k, ev, 0, 0);
}

static void on_ask_within(sio_socket *k, const sio_event *ev, void *user)
{
	const cJSON *ms = cJSON_GetArrayItem(ev->args, 0);
	(void)user;
	if (cJSON_IsNumber(ms))
		ask(k, ev, (unsigned)ms->valueint, 1);
}

static void on_swap(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	if (text_at(ev, 0))
		emit_back(k, ev, text_at(ev, 0), 1);
	done(ev);
}

static void on_enter(sio_socket *k, void *user)
{
	(void)user;
	report("connect", sio_json("{nsp: %s, id: %s}", sio_ns_name(sio_namespace(k)), sio_id(k)));
	tick(k, cJSON_GetObjectItemCaseSensitive(sio_auth(k), "burst"));
}

static void on_left(sio_socket *k, const char *reason, void *user)
{
	(void)user;
	sio_broadcast(sio_namespace(k), NULL, "left", sio_json("[%s, %s]", sio_id(k), reason));
	report("disconnect", sio_json("{nsp: %s, id: %s, reason: %s}",
				     sio_ns_name(sio_namespace(k)), sio_id(k), reason));
}

static void check_token(sio_socket *k, sio_entry entry, void *user)
{
	const char *token =
		cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(sio_auth(k), "token"));
	(void)user;
	if (token && !strcmp(token, "secret"))
		sio_admit(entry);
	else
		sio_refuse(entry, "unauthorized", sio_json("{code: 401}"));
}

static void set_up_lab_in(sio_ns *ns)
{
	static const struct {
		const char *name;
		sio_event_fn *fn;
	} events[] = {
		{ "echo", on_echo },
		{ "ack", on_ack },
		{ "join", on_join },
		{ "leave", on_leave },
		{ "say", on_say },
		{ "say-many", on_say_many },
		{ "except", on_except },
		{ "others", on_others },
		{ "bcast", on_bcast },
		{ "kick", on_kick },
		{ "drop", on_drop },
		{ "whoami", on_whoami },
		{ "burst", on_burst },
		{ "ask", on_ask },
		{ "swap", on_swap },
		{ "ask-within", on_ask_within },
	};
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		sio_on(ns, events[i].name, events[i].fn, NULL);
	sio_on_connect(ns, on_enter, NULL);
	sio_on_disconnect(ns, on_left, NULL);
}

void set_up_lab(sio_server *io)
{
	set_up_lab_in(sio_of(io, "/"));
	set_up_trees(io);
	set_up_lab_in(sio_of(io, "/admin"));
	sio_use(sio_of(io, "/admin"), check_token, NULL);
}

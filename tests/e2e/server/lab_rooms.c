/* SPDX-License-Identifier: MIT */
/* lab_rooms - rooms, and who hears what. */
#include "lab.h"

static void on_join(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	lab_answer(ev, sio_join(k, lab_text(ev, 0)));
}

static void on_leave(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	lab_answer(ev, sio_leave(k, lab_text(ev, 0)));
}

/* name(msg) to whom `how` describes; msg is the n-th argument, with its attachments. */
static void tell(sio_socket *k, const sio_event *ev, sio_delivery how, const char *name, int n)
{
	cJSON *msg = cJSON_Duplicate(cJSON_GetArrayItem(ev->args, n), true);
	cJSON *args = msg ? sio_json("[%p]", msg) : sio_json("[]");
	how.binary = ev->binary;
	how.nbinary = ev->nbinary;
	lab_answer(ev, sio_broadcast(sio_namespace(k), &how, name, args));
}

static void on_say(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	if (lab_text(ev, 0))
		tell(k, ev, (sio_delivery){ .to = SIO_ROOMS(lab_text(ev, 0)) }, "said", 1);
	else
		lab_answer(ev, SIO_EINVAL);
}

/* The texts of a list, ended by NULL; at most 16, and NULL if it is no list. */
static const char *const *rooms_of(const cJSON *list, const char *rooms[17])
{
	size_t n = 0;
	const cJSON *room;
	if (!cJSON_IsArray(list))
		return NULL;
	cJSON_ArrayForEach (room, list) {
		if (cJSON_IsString(room) && n < 16)
			rooms[n++] = room->valuestring;
	}
	rooms[n] = NULL;
	return rooms;
}

/* say-many([rooms], msg, [excepted rooms]) */
static void on_say_many(sio_socket *k, const sio_event *ev, void *user)
{
	const char *to[17], *except[17];
	sio_delivery how = {
		.to = rooms_of(cJSON_GetArrayItem(ev->args, 0), to),
		.except = rooms_of(cJSON_GetArrayItem(ev->args, 2), except),
	};
	(void)user;
	tell(k, ev, how, "said", 1);
}

static void on_except(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	if (lab_text(ev, 0))
		tell(k, ev, (sio_delivery){ .except = SIO_ROOMS(lab_text(ev, 0), sio_id(k)) },
			"said", 1);
	else
		lab_answer(ev, SIO_EINVAL);
}

/* others(msg, room): to everyone, or to that room, but never to the sender. */
static void on_others(sio_socket *k, const sio_event *ev, void *user)
{
	const char *room[] = { lab_text(ev, 1), NULL };
	(void)user;
	tell(k, ev, (sio_delivery){ .to = *room ? room : NULL, .except = SIO_ROOMS(sio_id(k)) },
		"bcast", 0);
}

static void on_bcast(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	tell(k, ev, (sio_delivery){ 0 }, "bcast", 0);
}

static void on_volatile(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	tell(k, ev, (sio_delivery){ .flags = SIO_VOLATILE }, "fleeting", 0);
}

static void on_volatile_echo(sio_socket *k, const sio_event *ev, void *user)
{
	sio_delivery how = with_binary(ev);
	(void)user;
	how.flags = SIO_VOLATILE;
	lab_answer(ev, sio_emit_with(k, &how, "fleeting", args_from(ev, 0)));
}

const lab_event lab_room_events[] = {
	{ "join", on_join },
	{ "leave", on_leave },
	{ "say", on_say },
	{ "say-many", on_say_many },
	{ "except", on_except },
	{ "others", on_others },
	{ "bcast", on_bcast },
	{ "volatile", on_volatile },
	{ "volatile-echo", on_volatile_echo },
	{ NULL, NULL },
};

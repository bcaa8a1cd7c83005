/* SPDX-License-Identifier: MIT */
/*
 * rooms - joining, talking to a room, leaving, private words, and a room for a chosen few.
 *
 *     make tutorial NAME=rooms
 */
#include "tutorial.h"

static const char *text_at(const sio_event *ev, int i)
{
	return cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, i));
}

/* The room "staff" is for those who have brought the password. */
static bool may_enter(sio_socket *k, const char *room)
{
	const cJSON *password = cJSON_GetObjectItemCaseSensitive(sio_auth(k), "password");
	if (strcmp(room, "staff") != 0)
		return true;
	return cJSON_IsString(password) && !strcmp(password->valuestring, "open sesame");
}

static void tell_room(sio_socket *k, const char *room, const char *event, const char *text)
{
	/* io.to(room).emit(event, room, socket.id, text) */
	sio_broadcast(sio_namespace(k), &(sio_delivery){ .to = SIO_ROOMS(room) }, event,
		sio_json("[%s, %s, %s]", room, sio_id(k), text));
}

/* socket.on("join", (room, callback) => { socket.join(room); callback({ ok: true }) }) */
static void on_join(sio_socket *k, const sio_event *ev, void *user)
{
	const char *room = text_at(ev, 0);
	bool let_in = room && *room && may_enter(k, room) && !sio_join(k, room);
	(void)user;
	sio_reply(ev->ack, sio_json("[{ok: %hhd}]", let_in));
	if (let_in)
		tell_room(k, room, "notice", "is here");
}

/* socket.on("leave", (room) => socket.leave(room)) */
static void on_leave(sio_socket *k, const sio_event *ev, void *user)
{
	const char *room = text_at(ev, 0);
	(void)user;
	if (!room || !sio_in_room(k, room))
		return;
	tell_room(k, room, "notice", "has left");
	sio_leave(k, room);
}

/* socket.on("say", (room, text) => socket.rooms.has(room) && io.to(room).emit(...)) */
static void on_say(sio_socket *k, const sio_event *ev, void *user)
{
	const char *room = text_at(ev, 0), *text = text_at(ev, 1);
	(void)user;
	if (room && text && sio_in_room(k, room))
		tell_room(k, room, "said", text);
}

/* socket.on("whisper", (id, text) => io.to(id).emit("whispered", socket.id, text)) */
static void on_whisper(sio_socket *k, const sio_event *ev, void *user)
{
	const char *id = text_at(ev, 0), *text = text_at(ev, 1);
	sio_socket *to = id ? sio_find(sio_namespace(k), id) : NULL;
	(void)user;
	if (to && text)
		sio_emit(to, "whispered", sio_json("[%s, %s]", sio_id(k), text));
	sio_reply(ev->ack, sio_json("[{ok: %hhd}]", (bool)(to && text)));
}

static sio_err set_up(sio_server *io, chat_options *o)
{
	sio_ns *ns = sio_of(io, "/");
	(void)o;
	sio_on(ns, "join", on_join, NULL);
	sio_on(ns, "leave", on_leave, NULL);
	sio_on(ns, "say", on_say, NULL);
	return sio_on(ns, "whisper", on_whisper, NULL);
}

int main(int argc, char **argv)
{
	return tutorial(argc, argv, (sio_options){ 0 }, set_up);
}

/* SPDX-License-Identifier: MIT */
/*
 * chat - the server of the chat page in public/, and a first tour of sio.h.
 *
 * Beside each call stands the JavaScript line that it mirrors.  First who is here, then how a
 * message travels and earns its ticks, then main().  A target is "#room" or "@name"; every answer
 * is { ok: true, ... } or { error: "why" }.
 */
#include "checks.h"
#include "options.h"
#include <signal.h>
#include <sio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { ROOMS_MAX = 8, ANSWER_MS = 5000 };

/* NULL: the argument is missing, or no string. */
static const char *string_arg(const sio_event *ev, int index)
{
	return cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, index));
}

static void refuse(sio_ack ack, const char *why)
{
	sio_reply(ack, sio_json("[{error: %s}]", why)); /* reply({ error: why }) */
}

/* ---- Who is here: a socket's data is the name -------------------------------------- */

typedef struct search {
	const char *name;
	sio_socket *found;
} search;

static void compare_name(sio_socket *k, void *user)
{
	search *s = user;
	if (!strcasecmp(sio_data(k), s->name))
		s->found = k;
}

static sio_socket *find_person(sio_ns *ns, const char *name)
{
	search s = { .name = name };
	sio_each(ns, NULL, compare_name, &s); /* sockets.find(s => s.data === name) */
	return s.found;
}

static void check_name(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(sio_auth(k), "name");
	const char *name = cJSON_GetStringValue(item); /* socket.handshake.auth.name */
	char *copy;
	if (!is_name(name) || !(copy = strdup(name))) {
		/* next(Object.assign(new Error("A name ..."), { data: { code: "invalid" } })) */
		sio_refuse(entry, BAD_NAME, sio_json("{code: 'invalid'}"));
	} else if (find_person(sio_namespace(k), name)) {
		free(copy);
		sio_refuse(entry, "That name is taken.", sio_json("{code: 'taken'}"));
	} else {
		sio_set_data(k, copy, free); /* socket.data = name */
		sio_admit(entry);            /* next() */
	}
}

static void add_room(const char *room, void *list)
{
	if (is_room(room)) /* each socket is also in a room that is called as its id */
		cJSON_AddItemToArray(list, cJSON_CreateString(room));
}

static cJSON *rooms_of(const sio_socket *k)
{
	cJSON *list = cJSON_CreateArray();
	sio_rooms(k, add_room, list); /* [...socket.rooms].filter(isRoom) */
	return list;
}

static void add_person(sio_socket *k, void *list)
{
	const char *name = sio_data(k);
	cJSON_AddItemToArray(list, sio_json("{name: %s, rooms: %p}", name, rooms_of(k)));
}

static void tell_people(sio_socket *k)
{
	cJSON *list = cJSON_CreateArray();
	sio_each(sio_namespace(k), NULL, add_person, list); /* io.fetchSockets() */
	/* io.emit("people", list) */
	sio_broadcast(sio_namespace(k), NULL, "people", sio_json("[%p]", list));
}

static void on_connect(sio_socket *k, void *user)
{
	(void)user;
	tell_people(k);
}

static void on_disconnect(sio_socket *k, const char *reason, void *user)
{
	(void)reason, (void)user;
	tell_people(k);
}

/* ---- Rooms -------------------------------------------------------------------------- */

static int count_rooms(const sio_socket *k)
{
	cJSON *rooms = rooms_of(k);
	int total = cJSON_GetArraySize(rooms);
	cJSON_Delete(rooms);
	return total;
}

static void on_join(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	const char *room = string_arg(ev, 0);
	if (!is_room(room)) {
		refuse(ev->ack, BAD_ROOM);
	} else if (!sio_in_room(k, room) &&
		   count_rooms(k) >= ROOMS_MAX) { /* socket.rooms.has(room) */
		refuse(ev->ack, "You are in 8 rooms already.");
	} else {
		sio_join(k, room); /* socket.join(room) */
		tell_people(k);
		/* reply({ ok: true, room }) */
		sio_reply(ev->ack, sio_json("[{ok: true, room: %s}]", room));
	}
}

static void on_leave(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	const char *room = string_arg(ev, 0);
	if (!is_room(room)) {
		refuse(ev->ack, BAD_ROOM);
	} else {
		sio_leave(k, room); /* socket.leave(room) */
		tell_people(k);
		sio_reply(ev->ack, sio_json("[{ok: true, room: %s}]", room));
	}
}

/* The room that a target means: itself, or one person's, which is called as the socket's id. */
static const char *room_of(sio_socket *k, const char *target, const char **why)
{
	if (target && target[0] == '@') {
		sio_socket *peer = find_person(sio_namespace(k), target + 1);
		*why = "Nobody of that name is here.";
		return peer && peer != k ? sio_id(peer) : NULL;
	}
	*why = "Join the room first.";
	return is_room(target) && sio_in_room(k, target) ? target : NULL;
}

/* ---- Messages, and their ticks ------------------------------------------------------ */

/* Whom to tell how many got a message: by id, because the sender may be gone by then. */
typedef struct receipt {
	sio_ns *ns;
	char sender[64];
	int id, others;
} receipt;

static void count(sio_socket *k, void *user)
{
	(void)k;
	((receipt *)user)->others++;
}

/* The second tick.  That some did not answer in time (err) shows in the number. */
static void on_answers(sio_err err, const cJSON *answers, void *user)
{
	(void)err;
	receipt *r = user;
	int got = cJSON_GetArraySize(answers);
	sio_socket *sender = sio_find(r->ns, r->sender); /* io.sockets.sockets.get(id) */
	if (sender) /* socket.emit("delivered", { id, got, of }) */
		sio_emit(sender, "delivered",
			sio_json("[{id: %d, got: %d, of: %d}]", r->id, got, r->others));
	free(r);
}

static double now_ms(void)
{
	struct timespec t;
	timespec_get(&t, TIME_UTC);
	return (double)t.tv_sec * 1000 + (double)(t.tv_nsec / 1000000);
}

/* Gives the sender the first tick, and passes { [key]: value } on to all others there. */
static void pass_on(sio_socket *k, const sio_event *ev, const char *key, const char *value,
	const sio_bytes *picture)
{
	static int last_id;
	const char *why, *target = string_arg(ev, 0), *room = room_of(k, target, &why);
	receipt *r = room ? calloc(1, sizeof *r) : NULL;
	if (!r) {
		refuse(ev->ack, room ? "The server is out of memory." : why);
		return;
	}
	r->ns = sio_namespace(k);
	r->id = ++last_id;
	snprintf(r->sender, sizeof r->sender, "%s", sio_id(k));
	/* socket.to(room).timeout(5000) */
	const sio_delivery others = { .to = SIO_ROOMS(room),
		.except = SIO_ROOMS(sio_id(k)),
		.on_ack = on_answers,
		.user = r,
		.timeout_ms = ANSWER_MS,
		.binary = picture,
		.nbinary = picture ? 1 : 0 };
	sio_each(r->ns, &others, count, r);
	double now = now_ms();
	/* reply({ ok: true, id, time: now }) */
	sio_reply(ev->ack, sio_json("[{ok: true, id: %d, time: %f}]", r->id, now));
	const char *from = sio_data(k);
	cJSON *args = sio_json("[{id: %d, to: %s, from: %s, time: %f, %s: %s}]", r->id, target,
		from, now, key, value);
	if (picture)
		cJSON_AddItemToArray(args, sio_binary(0));
	if (sio_broadcast(r->ns, &others, ev->name, args)) /* .emit(event, ...args, onAnswers) */
		free(r);
}

static void on_message(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	const char *text = string_arg(ev, 1);
	if (is_text(text))
		pass_on(k, ev, "text", text, NULL);
	else
		refuse(ev->ack, BAD_TEXT);
}

static void on_picture(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	const char *type = string_arg(ev, 1);
	sio_bytes bytes = sio_binary_of(ev, cJSON_GetArrayItem(ev->args, 2)); /* a Buffer */
	if (is_picture(type, bytes))
		pass_on(k, ev, "type", type, &bytes);
	else
		refuse(ev->ack, BAD_PICTURE);
}

static void on_typing(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	const char *why, *target = string_arg(ev, 0), *room = room_of(k, target, &why);
	if (!room)
		return;
	const char *from = sio_data(k);
	const sio_delivery others = {
		.to = SIO_ROOMS(room), .except = SIO_ROOMS(sio_id(k)), .flags = SIO_VOLATILE
	};
	/* socket.to(room).volatile.emit("typing", { to: target, from }) */
	sio_broadcast(sio_namespace(k), &others, "typing",
		sio_json("[{to: %s, from: %s}]", target, from));
}

static void on_latency(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k, (void)user;
	sio_reply(ev->ack, sio_json("[{ok: true}]"));
}

/* ---- The program --------------------------------------------------------------------- */

static sio_server *io; /* global for the signal handler, which can be handed nothing */

static void on_signal(int number)
{
	(void)number;
	sio_stop(io);
}

static void add_handlers(sio_ns *ns)
{
	sio_use(ns, check_name, NULL);              /* io.use((socket, next) => ...) */
	sio_on_connect(ns, on_connect, NULL);       /* io.on("connection", (socket) => ...) */
	sio_on_disconnect(ns, on_disconnect, NULL); /* socket.on("disconnect", (reason) => ...) */
	sio_on(ns, "join", on_join, NULL);          /* socket.on("join", (room, reply) => ...) */
	sio_on(ns, "leave", on_leave, NULL);
	sio_on(ns, "message", on_message, NULL);
	sio_on(ns, "picture", on_picture, NULL);
	sio_on(ns, "typing", on_typing, NULL);
	sio_on(ns, "latency", on_latency, NULL);
}

/* *what: after an error, what it is about. */
static sio_err start(const chat_options *chat, const char **what)
{
	*what = chat->client_dir;
	const sio_options options = {
		.port = chat->port, .host = chat->host, .client_dir = chat->client_dir
	};
	sio_err err = sio_create(&io, &options); /* const io = new Server(http) */
	if (err)
		return err;
	*what = chat->public_dir;
	err = sio_static(io, "/", chat->public_dir); /* app.use(express.static("public")) */
	if (err)
		return err;
	add_handlers(sio_of(io, "/"));
	*what = chat->address;
	return sio_listen(io); /* http.listen(port, host) */
}

int main(int argc, char **argv)
{
	chat_options chat;
	if (!read_options(argc, argv, &chat))
		return 2;
	const char *what;
	sio_err err = start(&chat, &what);
	if (err) {
		fprintf(stderr, "chat: %s: %s\n", what, sio_strerror(err));
	} else {
		signal(SIGINT, on_signal);
		signal(SIGTERM, on_signal);
		write_address(&chat, sio_port(io)); /* --port 0 means any that is free */
		printf("chat: listening on http://%s/\n", chat.address);
		fflush(stdout);
		err = sio_run(io);
	}
	sio_close(io); /* io.close() */
	return err ? 1 : 0;
}

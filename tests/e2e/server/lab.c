/* SPDX-License-Identifier: MIT */
/*
 * lab - many small events, for tests with official clients and by hand.
 *
 * The namespaces /, /admin (with the token "secret") and /chat have all of the events; "/?refuse=x"
 * in the handshake's query keeps a client out of /.
 */
#include "lab.h"
#include <stdio.h>

const char *lab_text(const sio_event *ev, int n)
{
	return cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, n));
}

void lab_answer(const sio_event *ev, sio_err err)
{
	sio_reply(ev->ack, err ? sio_json("[%s]", sio_strerror(err)) : sio_json("[]"));
}

void lab_news(sio_server *io, const char *name, cJSON *args)
{
	sio_delivery how = { .to = SIO_ROOMS("news") };
	sio_broadcast(sio_of(io, "/"), &how, name, args);
}

static void on_echo(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	emit_back(k, ev, "echo", 0);
	reply_all(ev);
}

/* The same, never compressed. */
static void on_plain(sio_socket *k, const sio_event *ev, void *user)
{
	sio_delivery how = with_binary(ev);
	(void)user;
	how.flags = SIO_PLAIN;
	sio_emit_with(k, &how, "plain", args_from(ev, 0));
	reply_all(ev);
}

static void on_ack(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	reply_all(ev);
}

/* swap(name, ...args): name(...args) comes back, if it may. */
static void on_swap(sio_socket *k, const sio_event *ev, void *user)
{
	sio_delivery how = with_binary(ev);
	(void)user;
	lab_answer(ev, sio_emit_with(k, &how, lab_text(ev, 0), args_from(ev, 1)));
}

static void on_auth(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_reply(ev->ack, sio_json("[%p]", cJSON_Duplicate(sio_auth(k), true)));
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

static void tick_at_once(sio_socket *k, void *user)
{
	(void)user;
	tick(k, cJSON_GetObjectItemCaseSensitive(sio_auth(k), "burst"));
}

/* ---- Bytes as the application sees them ---- */

static cJSON *hex_of(sio_bytes b)
{
	const unsigned char *at = b.data;
	char text[512 + 1] = "";
	for (size_t i = 0; i < b.len && i < 256; i++)
		snprintf(text + 2 * i, 3, "%02x", at[i]);
	return sio_json("%s", text);
}

/* A copy in which a text of hexadecimal digits stands for each attachment. */
static cJSON *in_hex(const sio_event *ev, const cJSON *item)
{
	sio_bytes b = sio_binary_of(ev, item);
	const cJSON *child;
	if (b.data)
		return hex_of(b);
	cJSON *copy = cJSON_Duplicate(item, false);
	cJSON_ArrayForEach (child, item) {
		if (cJSON_IsArray(item))
			cJSON_AddItemToArray(copy, in_hex(ev, child));
		else
			cJSON_AddItemToObject(copy, child->string, in_hex(ev, child));
	}
	return copy;
}

static void on_hex(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	sio_reply(ev->ack, in_hex(ev, ev->args));
}

const lab_event lab_plain_events[] = {
	{ "echo", on_echo },
	{ "plain", on_plain },
	{ "ack", on_ack },
	{ "swap", on_swap },
	{ "auth", on_auth },
	{ "whoami", on_whoami },
	{ "burst", on_burst },
	{ "hex", on_hex },
	{ NULL, NULL },
};

/* ---- Namespaces ---- */

static void add_events(sio_ns *ns, const lab_event *list)
{
	for (; list->name; list++)
		sio_on(ns, list->name, list->fn, NULL);
}

static void set_up(sio_ns *ns)
{
	add_events(ns, lab_plain_events);
	add_events(ns, lab_ack_events);
	add_events(ns, lab_room_events);
	add_events(ns, lab_door_events);
	sio_on_connect(ns, tick_at_once, NULL);
	lab_watch(ns);
}

void set_up_lab(sio_server *io)
{
	static const char *const names[] = { "/", "/admin", "/chat", "/checks", "/gate",
		"/a \"b\"/\xc3\xa9", "/x?y=1" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		set_up(sio_of(io, names[i]));
	lab_set_up_doors(io);
	set_up_trees(io);
}

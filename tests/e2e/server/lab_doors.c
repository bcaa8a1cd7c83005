/* SPDX-License-Identifier: MIT */
/*
 * lab_doors - who may enter a namespace, and who must go.
 *
 * /admin lets in who has the token, and /data nobody.  /checks asks three times, and auth may say
 * which of them refuses: { at, message, data }.  /gate waits for somebody to say admit(name) or
 * refuse(name, ...) for the { name } in auth.
 */
#include "lab.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const cJSON *auth_item(const sio_socket *k, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(sio_auth(k), name);
}

static cJSON *copy_of(const cJSON *item)
{
	return item ? cJSON_Duplicate(item, true) : NULL;
}

static void check_token(sio_socket *k, sio_entry entry, void *user)
{
	const char *token = cJSON_GetStringValue(auth_item(k, "token"));
	(void)user;
	if (token && !strcmp(token, "secret"))
		sio_admit(entry);
	else
		sio_refuse(entry, "unauthorized", sio_json("{code: 401}"));
}

static void check_query(sio_socket *k, sio_entry entry, void *user)
{
	const char *refuse = sio_query(k, "refuse");
	(void)user;
	if (refuse)
		sio_refuse(entry, refuse, NULL);
	else
		sio_admit(entry);
}

/* auth.data is JSON: what /data refuses everybody with. */
static void refuse_with(sio_socket *k, sio_entry entry, void *user)
{
	const char *json = cJSON_GetStringValue(auth_item(k, "data"));
	(void)user;
	sio_refuse(entry, "no", json ? cJSON_Parse(json) : NULL);
}

static void check_at(sio_socket *k, sio_entry entry, void *user)
{
	int number = (int)(intptr_t)user;
	const cJSON *at = auth_item(k, "at");
	lab_news(entry.server, "check", sio_json("[%s, %d]", sio_id(k), number));
	if (cJSON_IsNumber(at) && at->valueint == number)
		sio_refuse(entry, cJSON_GetStringValue(auth_item(k, "message")),
			copy_of(auth_item(k, "data")));
	else
		sio_admit(entry);
}

/* ---- The gate ---- */

enum { WAITING_MAX = 16 };

static struct {
	char name[32];
	sio_entry entry;
} waiting[WAITING_MAX];

static void wait_at_gate(sio_socket *k, sio_entry entry, void *user)
{
	static size_t next;
	const char *name = cJSON_GetStringValue(auth_item(k, "name"));
	(void)user;
	snprintf(waiting[next].name, sizeof waiting[next].name, "%s", name ? name : "");
	waiting[next].entry = entry;
	next = (next + 1) % WAITING_MAX;
	lab_news(entry.server, "knock", sio_json("[%s]", name));
}

static sio_entry entry_of(const char *name)
{
	for (size_t i = 0; name && i < WAITING_MAX; i++)
		if (!strcmp(waiting[i].name, name))
			return waiting[i].entry;
	return (sio_entry){ NULL, 0 };
}

static void on_admit(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	lab_answer(ev, sio_admit(entry_of(lab_text(ev, 0))));
}

static void on_refuse(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	lab_answer(ev, sio_refuse(entry_of(lab_text(ev, 0)), lab_text(ev, 1),
			       copy_of(cJSON_GetArrayItem(ev->args, 2))));
}

/* ---- Ends ---- */

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

const lab_event lab_door_events[] = {
	{ "admit", on_admit },
	{ "refuse", on_refuse },
	{ "kick", on_kick },
	{ "drop", on_drop },
	{ NULL, NULL },
};

/* ---- News ---- */

static void on_entered(sio_socket *k, void *user)
{
	sio_ns *ns = sio_namespace(k);
	(void)user;
	report("connect", sio_json("{nsp: %s, id: %s}", sio_ns_name(ns), sio_id(k)));
	lab_news(sio_ns_server(ns), "entered", sio_json("[%s, %s]", sio_ns_name(ns), sio_id(k)));
}

static void add_room(const char *room, void *rooms)
{
	cJSON_AddItemToArray(rooms, cJSON_CreateString(room));
}

/* gone(namespace, id, reason, the rooms that it is still in) */
static void on_left(sio_socket *k, const char *reason, void *user)
{
	sio_ns *ns = sio_namespace(k);
	cJSON *rooms = cJSON_CreateArray();
	(void)user;
	sio_rooms(k, add_room, rooms);
	report("disconnect",
		sio_json("{nsp: %s, id: %s, reason: %s}", sio_ns_name(ns), sio_id(k), reason));
	sio_broadcast(ns, NULL, "left", sio_json("[%s, %s]", sio_id(k), reason));
	lab_news(sio_ns_server(ns), "gone",
		sio_json("[%s, %s, %s, %p]", sio_ns_name(ns), sio_id(k), reason, rooms));
}

void lab_watch(sio_ns *ns)
{
	sio_on_connect(ns, on_entered, NULL);
	sio_on_disconnect(ns, on_left, NULL);
}

void lab_set_up_doors(sio_server *io)
{
	sio_use(sio_of(io, "/"), check_query, NULL);
	sio_use(sio_of(io, "/admin"), check_token, NULL);
	sio_use(sio_of(io, "/data"), refuse_with, NULL);
	sio_use(sio_of(io, "/gate"), wait_at_gate, NULL);
	for (intptr_t i = 1; i <= 3; i++)
		sio_use(sio_of(io, "/checks"), check_at, (void *)i);
}

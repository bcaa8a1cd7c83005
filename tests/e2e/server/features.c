/* SPDX-License-Identifier: MIT */
/*
 * features - namespaces that are made when they are asked for, middleware of events, taps and
 * changes of rooms.
 *
 * Parents: the pattern ^/room-[0-9]+$, then a function that takes /now-..., leaves /later-... to
 * the event "settle", takes /token-... from who has the token, and refuses the rest.
 */
#include "apps.h"
#include <stdlib.h>
#include <string.h>

enum { WAITING_MAX = 8 };

static sio_ns *rooms, *others;
static sio_entry names[WAITING_MAX], events[WAITING_MAX];
static size_t nnames, nevents;

static const char *text_at(const sio_event *ev, int n)
{
	return cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, n));
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* ---- Parents ---- */

static void on_match(const char *name, const cJSON *auth, const sio_handshake *request,
	sio_entry entry, void *user)
{
	const char *token = cJSON_GetStringValue(cJSON_GetObjectItem(auth, "token"));
	(void)user;
	report("asked", sio_json("{name: %s, url: %s}", name, sio_handshake_url(request)));
	if (begins(name, "/later-") && nnames < WAITING_MAX)
		names[nnames++] = entry;
	else if (begins(name, "/now-") ||
		 (begins(name, "/token-") && token && !strcmp(token, "secret")))
		sio_admit(entry);
	else
		sio_refuse(entry, "never told", NULL);
}

static void on_namespace(sio_ns *ns, void *user)
{
	(void)user;
	report("namespace", sio_json("{name: %s, of: %s}", sio_ns_name(ns),
				    sio_ns_parent(ns) == rooms ? "rooms" : "others"));
}

static void on_child(sio_socket *k, void *user)
{
	sio_emit(k, "welcome", sio_json("[%s, %s]", sio_ns_name(sio_namespace(k)), (char *)user));
}

static void on_echo(sio_socket *k, const sio_event *ev, void *user)
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
	sio_reply(ev->ack, sio_json("[]"));
}

static void on_leave(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	if (text_at(ev, 0))
		sio_leave(k, text_at(ev, 0));
	sio_reply(ev->ack, sio_json("[]"));
}

static void on_refuse_me(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	if (cJSON_IsTrue(cJSON_GetObjectItem(sio_auth(k), "refuse")))
		sio_refuse(entry, "not you", NULL);
	else
		sio_admit(entry);
}

static void furnish(sio_ns *parent, const char *label)
{
	sio_use(parent, on_refuse_me, NULL);
	sio_on_connect(parent, on_child, (void *)(uintptr_t)label);
	sio_on(parent, "echo", on_echo, NULL);
	sio_on(parent, "join", on_join, NULL);
}

/* settle(word): all that wait are admitted, or refused. */
static void on_settle(sio_socket *k, const sio_event *ev, void *user)
{
	int late = 0;
	(void)k;
	(void)user;
	bool admits = text_at(ev, 0) && !strcmp(text_at(ev, 0), "admit");
	for (size_t i = 0; i < nnames; i++)
		late += (admits ? sio_admit(names[i]) : sio_refuse(names[i], "no", NULL)) ==
			SIO_EGONE;
	sio_reply(ev->ack, sio_json("[%zu, %d]", nnames, late));
	nnames = 0;
}

/* tell(room or null, event): to all the children of the pattern. */
static void on_tell(sio_socket *k, const sio_event *ev, void *user)
{
	sio_delivery how = { .to = text_at(ev, 0) ? SIO_ROOMS(text_at(ev, 0)) : NULL };
	(void)k;
	(void)user;
	sio_err err = sio_broadcast(rooms, &how, text_at(ev, 1), sio_json("[]"));
	sio_reply(ev->ack, sio_json("[%s]", sio_strerror(err)));
}

static void part(sio_socket *k, void *user)
{
	(void)user;
	sio_disconnect(k, false);
}

static void on_part(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	sio_reply(ev->ack, sio_json("[%zu]", sio_each(rooms, NULL, part, NULL)));
}

/* ---- Middleware of events ---- */

static void on_middleware(sio_socket *k, const sio_event *ev, sio_entry entry, void *user)
{
	(void)k;
	(void)user;
	if (begins(ev->name, "forbidden"))
		sio_refuse(entry, "not allowed", sio_json("{event: %s}", ev->name));
	else if (begins(ev->name, "held") && nevents < WAITING_MAX)
		events[nevents++] = entry;
	else
		sio_admit(entry);
}

static void on_refused(sio_socket *k, const char *message, const cJSON *data, void *user)
{
	(void)user;
	cJSON *copy = cJSON_Duplicate(data, true);
	sio_emit(k, "refused", sio_json("[%s, %p]", message, (void *)copy));
}

static void on_release(sio_socket *k, const sio_event *ev, void *user)
{
	int late = 0;
	(void)k;
	(void)user;
	while (nevents)
		late += sio_admit(events[--nevents]) == SIO_EGONE;
	sio_reply(ev->ack, sio_json("[%d]", late));
}

/* ---- Taps, and handlers that come and go ---- */

static void on_tap(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	report("sent", sio_json("{id: %s, event: %s, args: %p}", sio_id(k), ev->name,
			       (void *)cJSON_Duplicate(ev->args, true)));
}

static void on_watch(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_socket_on_any_outgoing(k, on_tap, NULL);
	sio_reply(ev->ack, sio_json("[]"));
}

static void on_say(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_broadcast(sio_namespace(k), &(sio_delivery){ .to = SIO_ROOMS(text_at(ev, 0)) }, "said",
		sio_json("[%s]", text_at(ev, 0)));
}

static void on_counted(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_emit(k, "counted", args_from(ev, 0));
}

/* once(): the next "counted" is answered, and no other. */
static void on_once(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_socket_once(k, "counted", on_counted, NULL);
	sio_reply(ev->ack, sio_json("[]"));
}

/* ---- What can be known ---- */

/* about(room): of the asker's session, and how many there are. */
static void on_about(sio_socket *k, const sio_event *ev, void *user)
{
	sio_ns *ns = sio_namespace(k);
	sio_session s = sio_session_of(k);
	const sio_delivery in_room = { .to = SIO_ROOMS(text_at(ev, 0)) };
	(void)user;
	sio_reply(ev->ack, sio_json("[{id: %s, transport: %s, version: %u, url: %s, sessions: %zu,"
				    "sockets: %zu, green: %zu}]",
				   s.id, s.transport, s.version, sio_handshake_url(s.handshake),
				   (size_t)sio_stats(sio_ns_server(ns)).sessions,
				   sio_count(ns, NULL), sio_count(ns, &in_room)));
}

/* ---- Rooms ---- */

static void on_room(sio_ns *ns, sio_room_change what, const char *room, const char *id, void *user)
{
	static const char *const verbs[] = { "create", "delete", "join", "leave" };
	(void)user;
	report("room", sio_json("{nsp: %s, what: %s, room: %s, id: %s}", sio_ns_name(ns),
			       verbs[what], room, id));
}

static void add_room(const char *name, void *user)
{
	cJSON_AddItemToArray(user, cJSON_CreateString(name));
}

static void on_leaving(sio_socket *k, const char *reason, void *user)
{
	cJSON *list = cJSON_CreateArray();
	sio_rooms(k, add_room, list);
	report((const char *)user,
		sio_json("{id: %s, reason: %s, rooms: %p}", sio_id(k), reason, (void *)list));
}

void set_up_features(sio_server *io)
{
	sio_ns *root = sio_of(io, "/");
	rooms = sio_of_pattern(io, "^/room-[0-9]+$");
	others = sio_of_match(io, on_match, NULL);
	sio_on_namespace(io, on_namespace, NULL);
	furnish(rooms, "room");
	furnish(others, "other");
	sio_on(root, "settle", on_settle, NULL);
	sio_on(root, "tell", on_tell, NULL);
	sio_on(root, "part", on_part, NULL);
	sio_use_event(root, on_middleware, NULL);
	sio_on_error(root, on_refused, NULL);
	sio_on(root, "release", on_release, NULL);
	sio_on(root, "echo", on_echo, NULL);
	sio_on(root, "forbidden", on_counted, NULL);
	sio_on(root, "held", on_counted, NULL);
	sio_on(root, "watch", on_watch, NULL);
	sio_on(root, "say", on_say, NULL);
	sio_on(root, "once", on_once, NULL);
	sio_on(root, "about", on_about, NULL);
	sio_on(root, "join", on_join, NULL);
	sio_on(root, "leave", on_leave, NULL);
	sio_on_room(root, on_room, NULL);
	sio_on_disconnecting(root, on_leaving, (void *)(uintptr_t) "leaving");
	sio_on_disconnect(root, on_leaving, (void *)(uintptr_t) "left");
}

/* SPDX-License-Identifier: MIT */
/* flow - clients that fall behind or lose their connection: floods for them, what is known of them,
 * and events that are sent on as they came. */
#include "apps.h"
#include <stdlib.h>
#include <string.h>

static const cJSON *item(const sio_event *ev, int n, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(ev->args, n), key);
}

static size_t count_of(const cJSON *number)
{
	return cJSON_IsNumber(number) && number->valuedouble > 0 ? (size_t)number->valuedouble : 0;
}

static sio_socket *socket_with_id(const sio_socket *k, const cJSON *id)
{
	return sio_find(sio_namespace(k), cJSON_GetStringValue(id));
}

static void answer_level(const sio_event *ev, const sio_socket *k)
{
	if (k)
		sio_reply(ev->ack,
			sio_json("[{backlog: %zu, behind: %hhd}]", sio_backlog(k), sio_behind(k)));
	else
		sio_reply(ev->ack, sio_json("[null]"));
}

/* level(id) */
static void on_level(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	answer_level(ev, socket_with_id(k, cJSON_GetArrayItem(ev->args, 0)));
}

static sio_policy policy_of(const cJSON *name)
{
	static const char *const names[] = { "wait", "skip", "push out", "conflate", "disconnect" };
	const char *text = cJSON_GetStringValue(name);
	for (int i = 0; text && i < 5; i++)
		if (!strcmp(text, names[i]))
			return (sio_policy)i;
	return SIO_WAIT;
}

/* Text that compression makes little of. */
static void fill(char *text, size_t size)
{
	static uint32_t random = 1;
	for (size_t i = 0; i < size; i++) {
		random = random * 1664525u + 1013904223u;
		text[i] = (char)('0' + (random >> 24) % 64);
		if (text[i] == '\\')
			text[i] = '~';
	}
}

/* flood({to, policy, keys, from, count, size, binary}): data(n, filler) with n from `from`, to the
 * sockets of a room.  With keys k the keys are n % k. */
static void on_flood(sio_socket *k, const sio_event *ev, void *user)
{
	size_t count = count_of(item(ev, 0, "count")), size = count_of(item(ev, 0, "size"));
	size_t from = count_of(item(ev, 0, "from"));
	size_t keys = count_of(item(ev, 0, "keys"));
	const char *to = cJSON_GetStringValue(item(ev, 0, "to"));
	char *filler = malloc(size + 1);
	const sio_bytes part = { filler, size };
	bool binary = cJSON_IsTrue(item(ev, 0, "binary"));
	(void)user;
	if (!filler)
		return;
	fill(filler, size);
	for (size_t i = from; i < from + count; i++) {
		char key[2] = { (char)('a' + (keys ? i % keys : 0)), '\0' };
		sio_delivery how = { .to = to ? SIO_ROOMS(to) : NULL,
			.policy = policy_of(item(ev, 0, "policy")),
			.key = key,
			.binary = binary ? &part : NULL,
			.nbinary = binary };
		cJSON *what = binary ? sio_binary(0) : sio_json("%.*s", (int)size, filler);
		sio_broadcast(
			sio_namespace(k), &how, "data", sio_json("[%zu, %p]", i, (void *)what));
	}
	free(filler);
	answer_level(ev, socket_with_id(k, item(ev, 0, "to")));
}

/* Who streams is sent as much as it takes. */
static void stream(sio_socket *k)
{
	static char filler[1 << 16];
	memset(filler, 'x', sizeof filler);
	while (sio_connected(k) && !sio_behind(k))
		sio_emit(k, "data", sio_json("[0, %.*s]", (int)sizeof filler, filler));
}

static void on_stream(sio_socket *k, const sio_event *ev, void *user)
{
	(void)ev;
	(void)user;
	sio_join(k, "streams");
	stream(k);
}

static void on_drain(sio_socket *k, void *user)
{
	(void)user;
	report("drain", sio_json("{id: %s, backlog: %zu, behind: %hhd}", sio_id(k), sio_backlog(k),
				sio_behind(k)));
	if (sio_in_room(k, "streams"))
		stream(k);
}

/* relay(...): to everyone, under the same name.  relay-as(...): as "other". */
static void on_relay(sio_socket *k, const sio_event *ev, void *user)
{
	sio_relay(sio_namespace(k), NULL, user, ev);
}

static void on_join(sio_socket *k, const sio_event *ev, void *user)
{
	const cJSON *room;
	(void)user;
	cJSON_ArrayForEach (room, ev->args)
		if (cJSON_IsString(room))
			sio_join(k, room->valuestring);
	sio_reply(ev->ack, sio_json("[]"));
}

static const char **names_in(const cJSON *list)
{
	const char **names = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *names);
	size_t n = 0;
	const cJSON *room;
	cJSON_ArrayForEach (room, list)
		if (names && cJSON_IsString(room))
			names[n++] = room->valuestring;
	return names;
}

/* send({to, except, volatile, nsp}, event, ...args) */
static void on_send(sio_socket *k, const sio_event *ev, void *user)
{
	const cJSON *to = item(ev, 0, "to"), *except = item(ev, 0, "except");
	const char *nsp = cJSON_GetStringValue(item(ev, 0, "nsp"));
	const char **rooms = to ? names_in(to) : NULL;
	const char **others = except ? names_in(except) : NULL;
	sio_delivery how = with_binary(ev);
	(void)user;
	how.to = rooms;
	how.except = others;
	how.flags = cJSON_IsTrue(item(ev, 0, "volatile")) ? SIO_VOLATILE : 0;
	const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, 1));
	sio_ns *ns = nsp ? sio_of(sio_ns_server(sio_namespace(k)), nsp) : sio_namespace(k);
	if (name && ns)
		sio_broadcast(ns, &how, name, args_from(ev, 2));
	free(rooms);
	free(others);
	sio_reply(ev->ack, sio_json("[]"));
}

static void add_room(const char *room, void *rooms)
{
	cJSON_AddItemToArray(rooms, cJSON_CreateString(room));
}

static void on_whoami(sio_socket *k, const sio_event *ev, void *user)
{
	cJSON *rooms = cJSON_CreateArray();
	const char *data = sio_data(k);
	(void)user;
	sio_rooms(k, add_room, rooms);
	sio_reply(ev->ack, sio_json("[{id: %s, rooms: %p, recovered: %hhd, data: %s}]", sio_id(k),
				   (void *)rooms, sio_recovered(k), data));
}

static void on_remember(sio_socket *k, const sio_event *ev, void *user)
{
	const char *text = cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, 0));
	(void)user;
	sio_set_data(k, text ? strdup(text) : NULL, free);
	sio_reply(ev->ack, sio_json("[]"));
}

static void on_kick(sio_socket *k, const sio_event *ev, void *user)
{
	(void)ev;
	(void)user;
	sio_disconnect(k, false);
}

static void on_enter(sio_socket *k, void *user)
{
	(void)user;
	report("connect", sio_json("{nsp: %s, id: %s, recovered: %hhd}",
				  sio_ns_name(sio_namespace(k)), sio_id(k), sio_recovered(k)));
}

static void on_left(sio_socket *k, const char *reason, void *user)
{
	(void)user;
	report("disconnect", sio_json("{nsp: %s, id: %s, reason: %s}",
				     sio_ns_name(sio_namespace(k)), sio_id(k), reason));
}

/* Entries to /gate wait for open(). */
static sio_entry waiting[64];
static size_t nwaiting;

static void on_gate(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	report("gate", sio_json("{recovered: %hhd}", sio_recovered(k)));
	if (nwaiting < sizeof waiting / sizeof *waiting)
		waiting[nwaiting++] = entry;
}

static void on_open(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	while (nwaiting)
		sio_admit(waiting[--nwaiting]);
	sio_reply(ev->ack, sio_json("[]"));
}

static void set_up_in(sio_ns *ns)
{
	static const struct {
		const char *name;
		sio_event_fn *fn;
	} events[] = {
		{ "level", on_level },
		{ "flood", on_flood },
		{ "stream", on_stream },
		{ "join", on_join },
		{ "send", on_send },
		{ "whoami", on_whoami },
		{ "remember", on_remember },
		{ "kick", on_kick },
		{ "open", on_open },
	};
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		sio_on(ns, events[i].name, events[i].fn, NULL);
	sio_on_raw(ns, "relay", on_relay, NULL);
	sio_on_raw(ns, "relay-as", on_relay, (void *)(uintptr_t) "other");
	sio_on_connect(ns, on_enter, NULL);
	sio_on_disconnect(ns, on_left, NULL);
	sio_on_drain(ns, on_drain, NULL);
}

void set_up_flow(sio_server *io)
{
	set_up_in(sio_of(io, "/"));
	set_up_in(sio_of(io, "/chat"));
	set_up_in(sio_of(io, "/gate"));
	sio_use(sio_of(io, "/gate"), on_gate, NULL);
}

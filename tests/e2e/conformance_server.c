/* SPDX-License-Identifier: MIT */
/*
 * conformance_server - the server that protocol suites and official clients are pointed at.
 *
 * Configured by the environment alone: HOST, PORT (0: any), PING_INTERVAL, PING_TIMEOUT,
 * CONNECT_TIMEOUT and UPGRADE_TIMEOUT in ms, MAX_HTTP_BUFFER in bytes, CORS_ORIGIN, TRANSPORTS
 * ("polling,websocket"), CLIENT_DIR, and APP:
 *
 *   socketio  what the official Socket.IO protocol suite expects
 *   lab       many small events, for tests with official clients
 *
 * Prints "READY <port>" when it listens; SIGTERM closes its clients and ends it with 0.
 */
#include "sio.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sio_server *io;

static void on_signal(int number)
{
	(void)number;
	sio_stop(io);
}

/* ---- What both applications need ---- */

/* The arguments from the n-th on, to be sent again: their placeholders still fit the event's
 * attachments. */
static cJSON *args_from(const sio_event *ev, int n)
{
	cJSON *args = cJSON_Duplicate(ev->args, true);
	while (args && n-- > 0)
		cJSON_DeleteItemFromArray(args, 0);
	return args;
}

static sio_delivery with_binary(const sio_event *ev)
{
	return (sio_delivery){ .binary = ev->binary, .nbinary = ev->nbinary };
}

static void emit_back(sio_socket *k, const sio_event *ev, const char *name, int from)
{
	sio_delivery how = with_binary(ev);
	sio_emit_with(k, &how, name, args_from(ev, from));
}

static void reply_all(const sio_event *ev)
{
	sio_reply_with(ev->ack, ev->binary, ev->nbinary, args_from(ev, 0));
}

static const char *text_at(const sio_event *ev, int n)
{
	return cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, n));
}

static void done(const sio_event *ev)
{
	sio_reply(ev->ack, sio_json("[]"));
}

/* ---- APP=socketio ---- */

static void send_auth(sio_socket *k, void *user)
{
	(void)user;
	const cJSON *auth = sio_auth(k);
	cJSON *copy = auth ? cJSON_Duplicate(auth, true) : cJSON_CreateObject();
	sio_emit(k, "auth", sio_json("[%p]", copy));
}

static void on_message(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	emit_back(k, ev, "message-back", 0);
}

static void on_message_with_ack(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	reply_all(ev);
}

static void on_suite_answer(sio_socket *k, const sio_event *answer, void *user)
{
	(void)user;
	emit_back(k, answer, "emit-with-ack", 0);
}

static void ignore_end(sio_err err, const cJSON *args, void *user)
{
	(void)err;
	(void)args;
	(void)user;
}

static void on_emit_with_ack(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_delivery how = with_binary(ev);
	how.on_ack = ignore_end;
	how.on_answer = on_suite_answer;
	sio_emit_with(k, &how, "emit-with-ack", args_from(ev, 0));
}

static void set_up_socketio(void)
{
	sio_on_connect(sio_of(io, "/"), send_auth, NULL);
	sio_on_connect(sio_of(io, "/custom"), send_auth, NULL);
	sio_on(sio_of(io, "/"), "message", on_message, NULL);
	sio_on(sio_of(io, "/"), "message-with-ack", on_message_with_ack, NULL);
	sio_on(sio_of(io, "/"), "emit-with-ack", on_emit_with_ack, NULL);
}

/* ---- APP=lab ---- */

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

/* user is the id of the socket that was asked. */
static void on_asked_end(sio_err err, const cJSON *args, void *user)
{
	sio_socket *k = sio_find(sio_of(io, "/"), user);
	(void)args;
	if (!k)
		k = sio_find(sio_of(io, "/admin"), user);
	if (k && err == SIO_ETIMEDOUT)
		sio_emit(k, "ask-failed", sio_json("[]"));
	free(user);
}

static void ask(sio_socket *k, const sio_event *ev, unsigned timeout_ms, int name)
{
	sio_delivery how = with_binary(ev);
	if (!text_at(ev, name))
		return;
	how.on_ack = on_asked_end;
	how.on_answer = on_asked;
	how.timeout_ms = timeout_ms;
	how.user = strdup(sio_id(k));
	if (sio_emit_with(k, &how, text_at(ev, name), args_from(ev, name + 1)))
		free(how.user);
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
	tick(k, cJSON_GetObjectItemCaseSensitive(sio_auth(k), "burst"));
}

static void on_left(sio_socket *k, const char *reason, void *user)
{
	(void)user;
	sio_broadcast(sio_namespace(k), NULL, "left", sio_json("[%s, %s]", sio_id(k), reason));
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

static void set_up_lab(void)
{
	set_up_lab_in(sio_of(io, "/"));
	set_up_lab_in(sio_of(io, "/admin"));
	sio_use(sio_of(io, "/admin"), check_token, NULL);
}

/* ---- The environment ---- */

static unsigned long number(const char *name, unsigned long standard)
{
	const char *value = getenv(name);
	char *end;
	if (!value || !*value)
		return standard;
	unsigned long n = strtoul(value, &end, 10);
	if (!*end)
		return n;
	fprintf(stderr, "conformance-server: %s is no number: %s\n", name, value);
	exit(2);
}

static unsigned transports(void)
{
	const char *value = getenv("TRANSPORTS");
	if (!value || !*value)
		return 0;
	return (strstr(value, "polling") ? SIO_POLLING : 0u) |
	       (strstr(value, "websocket") ? SIO_WEBSOCKET : 0u);
}

static sio_options options_from_environment(void)
{
	const char *host = getenv("HOST");
	return (sio_options){
		.host = host && *host ? host : "127.0.0.1",
		.port = (uint16_t)number("PORT", 0),
		.transports = transports(),
		.ping_interval_ms = (unsigned)number("PING_INTERVAL", 0),
		.ping_timeout_ms = (unsigned)number("PING_TIMEOUT", 0),
		.connect_timeout_ms = (unsigned)number("CONNECT_TIMEOUT", 0),
		.upgrade_timeout_ms = (unsigned)number("UPGRADE_TIMEOUT", 0),
		.max_payload = number("MAX_HTTP_BUFFER", 0),
		.cors_origin = getenv("CORS_ORIGIN"),
		.client_dir = getenv("CLIENT_DIR"),
	};
}

static void (*application(void))(void)
{
	const char *app = getenv("APP");
	if (app && !strcmp(app, "lab"))
		return set_up_lab;
	if (app && !strcmp(app, "socketio"))
		return set_up_socketio;
	fprintf(stderr, "conformance-server: APP must be socketio or lab\n");
	exit(2);
}

static sio_err serve(void)
{
	sio_err err = sio_listen(io);
	if (err)
		return err;
	printf("READY %u\n", sio_port(io));
	fflush(stdout);
	return sio_run(io);
}

int main(void)
{
	void (*set_up)(void) = application();
	sio_options o = options_from_environment();
	sio_err err = sio_create(&io, &o);
	if (!err) {
		set_up();
		signal(SIGTERM, on_signal);
		signal(SIGINT, on_signal);
		err = serve();
	}
	if (err)
		fprintf(stderr, "conformance-server: %s\n", sio_strerror(err));
	sio_close(io);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * bench-server - the application that is measured, written as applications are.
 *
 * PORT (0: any), PING_INTERVAL in ms, TLS_CERT and TLS_KEY; REDIS is the URL of one that joins it
 * with others.  Prints "READY <port>".  The event "mark" tells a program that counts instructions
 * to begin anew.
 */
#include <signal.h>
#include <sio.h>
#if defined(HAVE_REDIS)
#include <sio_redis.h>
#endif
#include <stdio.h>
#include <stdlib.h>

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif

static sio_server *io;

static const char *text_of(const sio_event *ev)
{
	return cJSON_GetStringValue(cJSON_GetArrayItem(ev->args, 0));
}

/* socket.on("echo", text => socket.emit("echo", text)) */
static void on_echo(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_emit(k, "echo", sio_json("[%s]", text_of(ev)));
}

/* The same, without parsing it. */
static void on_raw(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_relay(sio_namespace(k), &(sio_delivery){ .to = SIO_ROOMS(sio_id(k)) }, NULL, ev);
}

/* socket.on("ack", (text, callback) => callback(text)) */
static void on_ack(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	sio_reply(ev->ack, sio_json("[%s]", text_of(ev)));
}

/* socket.on("binary", bytes => socket.emit("binary", bytes)) */
static void on_binary(sio_socket *k, const sio_event *ev, void *user)
{
	sio_bytes bytes = sio_binary_of(ev, cJSON_GetArrayItem(ev->args, 0));
	(void)user;
	sio_emit_with(k, &(sio_delivery){ .binary = &bytes, .nbinary = 1 }, "binary",
		sio_json("[%p]", (void *)sio_binary(0)));
}

/* socket.on("broadcast", text => io.emit("broadcast", text)) */
static void on_broadcast(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_broadcast(sio_namespace(k), NULL, "broadcast", sio_json("[%s]", text_of(ev)));
}

/* socket.on("relay", text => io.to("all").emit("relay", text)), without parsing it. */
static void on_relay(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_relay(sio_namespace(k), &(sio_delivery){ .to = SIO_ROOMS("all") }, NULL, ev);
}

/* socket.on("join", (room, callback) => { socket.join(`room ${room}`); callback() }) */
static void on_join(sio_socket *k, const sio_event *ev, void *user)
{
	char room[32];
	(void)user;
	snprintf(room, sizeof room, "room %.0f",
		cJSON_GetNumberValue(cJSON_GetArrayItem(ev->args, 0)));
	sio_set_data(k, (void *)(uintptr_t)atoi(room + 5), NULL);
	sio_join(k, room);
	sio_reply(ev->ack, sio_json("[]"));
}

/* socket.on("say", (text, callback) => { socket.to(room).emit("say", text); callback() }) */
static void on_say(sio_socket *k, const sio_event *ev, void *user)
{
	char room[32];
	(void)user;
	snprintf(room, sizeof room, "room %d", (int)(uintptr_t)sio_data(k));
	sio_broadcast(sio_namespace(k),
		&(sio_delivery){ .to = SIO_ROOMS(room), .except = SIO_ROOMS(sio_id(k)) }, "say",
		sio_json("[%s]", text_of(ev)));
	sio_reply(ev->ack, sio_json("[]"));
}

static void on_mark(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
#ifdef CALLGRIND_DUMP_STATS_AT
	CALLGRIND_DUMP_STATS_AT("mark");
#endif
	sio_reply(ev->ack, sio_json("[]"));
}

static void on_connect(sio_socket *k, void *user)
{
	(void)user;
	sio_join(k, "all");
}

static void on_signal(int number)
{
	(void)number;
	sio_stop(io);
}

static unsigned number(const char *name)
{
	const char *value = getenv(name);
	return value ? (unsigned)strtoul(value, NULL, 10) : 0;
}

static void set_up(sio_ns *ns)
{
	sio_on_connect(ns, on_connect, NULL);
	sio_on(ns, "echo", on_echo, NULL);
	sio_on_raw(ns, "raw", on_raw, NULL);
	sio_on(ns, "ack", on_ack, NULL);
	sio_on(ns, "binary", on_binary, NULL);
	sio_on(ns, "broadcast", on_broadcast, NULL);
	sio_on_raw(ns, "relay", on_relay, NULL);
	sio_on(ns, "join", on_join, NULL);
	sio_on(ns, "say", on_say, NULL);
	sio_on(ns, "mark", on_mark, NULL);
}

static sio_err join_others(void)
{
	const char *url = getenv("REDIS");
	if (!url)
		return SIO_OK;
#if defined(HAVE_REDIS)
	return sio_redis_adapter(io, &(sio_redis_options){ .url = url, .wait_at_start_ms = 10000 });
#else
	fprintf(stderr, "bench-server: built without Redis\n");
	return SIO_EINVAL;
#endif
}

int main(void)
{
	sio_options options = {
		.host = "127.0.0.1",
		.port = (uint16_t)number("PORT"),
		.ping_interval_ms = number("PING_INTERVAL"),
		.tls_cert = getenv("TLS_CERT"),
		.tls_key = getenv("TLS_KEY"),
	};
	sio_err err = sio_create(&io, &options);
	if (!err) {
		set_up(sio_of(io, "/"));
		signal(SIGTERM, on_signal);
		err = join_others();
		err = err ? err : sio_listen(io);
	}
	if (err) {
		fprintf(stderr, "bench-server: %s\n", sio_strerror(err));
		return EXIT_FAILURE;
	}
	printf("READY %u\n", sio_port(io));
	fflush(stdout);
	sio_run(io);
	sio_close(io);
	return EXIT_SUCCESS;
}

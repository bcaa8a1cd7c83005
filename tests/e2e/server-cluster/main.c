/* SPDX-License-Identifier: MIT */
/*
 * cluster-server - a server that shares its namespaces over Redis.
 *
 * Configured by the environment: PORT (0: any), NAME (what it answers other servers), REDIS (a
 * URL), MODE (classic, dynamic, static, dynamic-private, streams), KEY, STREAM, STREAM_MAX,
 * TIMEOUT, WAIT, PING, MAX_QUEUE, MAX_MESSAGE, PUSH_OUT=1, SPECIFIC=1, TLS_CA, LATE=1 (namespaces
 * are there first), RECOVERY, RECOVERY_BYTES, CLIENT_QUEUE, HOLD=1 (clients wait in middleware,
 * also those who come back, until "admit").  Prints "READY <port>" when it listens, and "REDIS
 * <level> <line>" when the connection changes; SIGTERM ends it with 0.  What it is to do is told by
 * the namespace /control (control.c).
 */
#include "cluster.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sio_server *io;
static sio_redis_stats counted;

const sio_redis_stats *stats(void)
{
	return &counted;
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

static sio_redis_mode mode(void)
{
	static const char *const names[] = { "classic", "dynamic", "static", "dynamic-private",
		"streams" };
	const char *name = getenv("MODE");
	for (unsigned i = 0; name && i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i]))
			return (sio_redis_mode)i;
	return SIO_REDIS_CLASSIC;
}

static void on_log(sio_level level, const char *line, void *user)
{
	(void)user;
	printf("REDIS %d %s\n", (int)level, line);
	fflush(stdout);
}

static sio_err join_cluster(void)
{
	const sio_redis_options options = { .url = getenv("REDIS"),
		.key = getenv("KEY"),
		.stream = getenv("STREAM"),
		.stream_max = number("STREAM_MAX"),
		.mode = mode(),
		.timeout_ms = number("TIMEOUT"),
		.wait_at_start_ms = number("WAIT"),
		.ping_ms = number("PING"),
		.max_queue = number("MAX_QUEUE"),
		.max_message = number("MAX_MESSAGE"),
		.push_out = number("PUSH_OUT") != 0,
		.specific_response_channel = number("SPECIFIC") != 0,
		.tls_ca = getenv("TLS_CA"),
		.stats = &counted,
		.log = on_log };
	return sio_redis_adapter(io, &options);
}

static sio_err serve(void)
{
	bool late = number("LATE") != 0;
	sio_err err = late ? SIO_OK : join_cluster();
	if (!err)
		err = set_up(io, getenv("NAME"));
	if (!err && number("HOLD"))
		err = hold_clients();
	if (!err && late)
		err = join_cluster();
	if (!err && late)
		printf("AGAIN %s\n", sio_strerror(join_cluster()));
	if (!err)
		err = sio_listen(io);
	if (err)
		return err;
	printf("READY %u\n", sio_port(io));
	fflush(stdout);
	return sio_run(io);
}

int main(void)
{
	const sio_options options = { .host = "127.0.0.1",
		.port = (uint16_t)number("PORT"),
		.recovery_ms = number("RECOVERY"),
		.recovery_bytes = number("RECOVERY_BYTES"),
		.recovery_uses_middleware = number("HOLD") != 0,
		.max_queue = number("CLIENT_QUEUE"),
		.cleanup_empty_children = true };
	sio_err err = sio_create(&io, &options);
	if (!err) {
		signal(SIGTERM, on_signal);
		err = serve();
	}
	if (err)
		fprintf(stderr, "cluster-server: %s\n", sio_strerror(err));
	signal(SIGTERM, SIG_IGN); /* there is nothing to stop any more */
	sio_close(io);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

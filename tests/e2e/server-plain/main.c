/* SPDX-License-Identifier: MIT */
/*
 * plain-server - what is there beside Socket.IO: HTTP with parameters, and plain WebSockets.
 *
 * Configured by the environment: PORT (0: any), MAX_PAYLOAD, MAX_QUEUE, PING_INTERVAL,
 * PING_TIMEOUT, CORS_ORIGIN, DEFLATE=1, STATIC (a folder, served at /).  Prints "READY <port>" when
 * it listens; SIGTERM ends it with 0.
 */
#include "plain.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static sio_server *io;

sio_server *server(void)
{
	return io;
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

void report(const char *what, cJSON *facts)
{
	char *text = cJSON_PrintUnformatted(facts);
	if (text)
		printf("%s %s\n", what, text);
	fflush(stdout);
	cJSON_free(text);
	cJSON_Delete(facts);
}

static sio_err serve(void)
{
	const char *folder = getenv("STATIC");
	set_up_routes(io);
	set_up_websockets(io);
	sio_err err = folder ? sio_static(io, "/", folder) : SIO_OK;
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
	const sio_options options = {
		.host = "127.0.0.1",
		.port = (uint16_t)number("PORT"),
		.max_payload = number("MAX_PAYLOAD"),
		.max_queue = number("MAX_QUEUE"),
		.ping_interval_ms = number("PING_INTERVAL"),
		.ping_timeout_ms = number("PING_TIMEOUT"),
		.cors_origin = getenv("CORS_ORIGIN"),
		.per_message_deflate = number("DEFLATE") != 0,
	};
	sio_err err = sio_create(&io, &options);
	if (!err) {
		signal(SIGTERM, on_signal);
		err = serve();
	}
	if (err)
		fprintf(stderr, "plain-server: %s\n", sio_strerror(err));
	signal(SIGTERM, SIG_IGN); /* there is nothing to stop any more */
	sio_close(io);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * embed_uv - a server inside a program that has a libuv loop of its own.
 *
 * The loop waits on the server's descriptor as it does on its other ones, and a timer of the
 * program's own sends to everybody.  PORT (3000; 0: any that is free) and TICK_MS (1000) come from
 * the environment.
 */
#include <sio.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static sio_server *io;
static uv_poll_t server;
static uv_timer_t ticker;
static uv_signal_t on_term, on_int;

static unsigned number(const char *name, unsigned standard)
{
	const char *value = getenv(name);
	return value ? (unsigned)atoi(value) : standard;
}

/* socket.on("echo", (...args) => socket.emit("echo", ...args)) */
static void on_echo(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_emit(k, "echo", cJSON_Duplicate(ev->args, true));
}

/* There is something to do: a client, a timer, or what the ticker has sent. */
static void on_server(uv_poll_t *handle, int status, int events)
{
	(void)handle, (void)status, (void)events;
	sio_service(io);
}

/* setInterval(() => io.emit("tick", n++), 1000) */
static void on_tick(uv_timer_t *timer)
{
	static int n;
	(void)timer;
	sio_broadcast(sio_of(io, "/"), NULL, "tick", sio_json("[%d]", n++));
}

static void on_signal(uv_signal_t *handle, int number)
{
	(void)number;
	uv_stop(handle->loop);
}

static void run(uv_loop_t *loop)
{
	unsigned every_ms = number("TICK_MS", 1000);
	uv_poll_init(loop, &server, sio_fd(io));
	uv_poll_start(&server, UV_READABLE, on_server);
	uv_timer_init(loop, &ticker);
	uv_timer_start(&ticker, on_tick, every_ms, every_ms);
	uv_signal_init(loop, &on_term);
	uv_signal_start(&on_term, on_signal, SIGTERM);
	uv_signal_init(loop, &on_int);
	uv_signal_start(&on_int, on_signal, SIGINT);
	printf("READY %u\n", sio_port(io));
	fflush(stdout);
	uv_run(loop, UV_RUN_DEFAULT);
}

/* Before the descriptor is gone nothing may wait on it any more. */
static void close_handle(uv_handle_t *handle, void *user)
{
	(void)user;
	uv_close(handle, NULL);
}

int main(void)
{
	uv_loop_t *loop = uv_default_loop();
	sio_options options = { .host = "127.0.0.1", .port = (uint16_t)number("PORT", 3000) };
	sio_err err = sio_create(&io, &options);
	if (!err)
		err = sio_listen(io);
	if (err) {
		fprintf(stderr, "embed_uv: %s\n", sio_strerror(err));
	} else {
		sio_on(sio_of(io, "/"), "echo", on_echo, NULL);
		run(loop);
		uv_walk(loop, close_handle, NULL);
		uv_run(loop, UV_RUN_DEFAULT);
	}
	sio_close(io);
	uv_loop_close(loop);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * embed_ev - a server inside a program that has a libev loop of its own.
 *
 * The loop waits on the server's descriptor as it does on its other ones, and a timer of the
 * program's own sends to everybody.  PORT (3000; 0: any that is free) and TICK_MS (1000) come from
 * the environment.
 */
#include <ev.h>
#include <sio.h>
#include <stdio.h>
#include <stdlib.h>

static sio_server *io;

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
static void on_server(struct ev_loop *loop, ev_io *watcher, int events)
{
	(void)loop, (void)watcher, (void)events;
	sio_service(io);
}

/* setInterval(() => io.emit("tick", n++), 1000) */
static void on_tick(struct ev_loop *loop, ev_timer *watcher, int events)
{
	static int n;
	(void)loop, (void)watcher, (void)events;
	sio_broadcast(sio_of(io, "/"), NULL, "tick", sio_json("[%d]", n++));
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)watcher, (void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void run(struct ev_loop *loop)
{
	double every = number("TICK_MS", 1000) / 1000.0;
	ev_io server;
	ev_timer ticker;
	ev_signal on_term, on_int;
	ev_io_init(&server, on_server, sio_fd(io), EV_READ);
	ev_io_start(loop, &server);
	ev_timer_init(&ticker, on_tick, every, every);
	ev_timer_start(loop, &ticker);
	ev_signal_init(&on_term, on_signal, SIGTERM);
	ev_signal_start(loop, &on_term);
	ev_signal_init(&on_int, on_signal, SIGINT);
	ev_signal_start(loop, &on_int);
	printf("READY %u\n", sio_port(io));
	fflush(stdout);
	ev_run(loop, 0);
	ev_io_stop(loop, &server); /* before the descriptor is gone */
}

int main(void)
{
	sio_options options = { .host = "127.0.0.1", .port = (uint16_t)number("PORT", 3000) };
	sio_err err = sio_create(&io, &options);
	if (!err)
		err = sio_listen(io);
	if (err) {
		fprintf(stderr, "embed_ev: %s\n", sio_strerror(err));
	} else {
		sio_on(sio_of(io, "/"), "echo", on_echo, NULL);
		run(EV_DEFAULT);
	}
	sio_close(io);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

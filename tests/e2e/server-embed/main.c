/* SPDX-License-Identifier: MIT */
/*
 * embed-server - a server in a loop of another's, which is told by lines on standard input what to
 * ask of it between two turns.
 *
 * WAIT=fd waits on sio_fd() for ever, WAIT=timeout at most for sio_timeout().  PORT,
 * PING_INTERVAL and PING_TIMEOUT as usual.  Prints "READY <port>", and a line for each event; what
 * a command says of itself has the timeout that is told right behind it.  SIGTERM, or the end of
 * the input, ends it with 0.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static sio_server *io;
static sio_entry waiting; /* the last one that has to be answered */
static unsigned services;
static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
	(void)number;
	stopping = 1;
}

static unsigned number(const char *name)
{
	const char *value = getenv(name);
	return value ? (unsigned)atoi(value) : 0;
}

static void report(const char *what, cJSON *facts)
{
	char *text = cJSON_PrintUnformatted(facts);
	if (text)
		printf("%s %s\n", what, text);
	fflush(stdout);
	cJSON_free(text);
	cJSON_Delete(facts);
}

/* ---- What the server tells ---- */

static void on_connect(sio_socket *k, void *user)
{
	(void)user;
	report("connect", sio_json("{id: %s, transport: %s}", sio_id(k), sio_transport(k)));
}

static void on_disconnect(sio_socket *k, const char *reason, void *user)
{
	(void)user;
	report("disconnect", sio_json("{id: %s, reason: %s}", sio_id(k), reason));
}

static void on_echo(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	sio_reply(ev->ack, cJSON_Duplicate(ev->args, true));
}

static void on_enter(sio_socket *k, sio_entry entry, void *user)
{
	(void)user;
	if (!sio_query(k, "wait")) {
		sio_admit(entry);
		return;
	}
	waiting = entry;
	report("waits", sio_json("{id: %s}", sio_id(k)));
}

static void on_request(const sio_handshake *request, sio_entry entry, void *user)
{
	(void)user;
	if (!sio_handshake_query(request, "ask")) {
		sio_admit(entry);
		return;
	}
	waiting = entry;
	report("asks", sio_json("{url: %s}", sio_handshake_url(request)));
}

static void on_answers(sio_err err, const cJSON *args, void *user)
{
	(void)user;
	report("answered", sio_json("{error: %s, answers: %d}", err ? sio_strerror(err) : NULL,
				   cJSON_GetArraySize(args)));
}

static void on_ws_opened(sio_ws *ws, void *user)
{
	(void)ws;
	(void)user;
	report("ws", sio_json("{open: true}"));
}

static void on_ws_closed(sio_ws *ws, unsigned code, const char *reason, void *user)
{
	(void)ws;
	(void)reason;
	(void)user;
	report("ws", sio_json("{code: %u}", code));
}

/* ---- What it is told between two turns ---- */

static void leave(sio_socket *k, void *user)
{
	sio_disconnect(k, user != NULL);
}

static void close_ws(sio_ws *ws, void *user)
{
	(void)user;
	sio_ws_close(ws, 4000, NULL);
}

static void run_posted(void *user)
{
	(void)user;
	report("posted", sio_json("{}"));
}

static void on_done(sio_server *s, void *user)
{
	(void)s;
	(void)user;
	report("done", sio_json("{}"));
	stopping = 1;
}

static sio_err ask(unsigned timeout_ms)
{
	const sio_delivery how = { .on_ack = on_answers, .timeout_ms = timeout_ms };
	return sio_broadcast(sio_of(io, "/"), &how, "question", sio_json("[]"));
}

static sio_err obey(const char *word, const char *rest)
{
	sio_ns *ns = sio_of(io, "/");
	if (!strcmp(word, "emit"))
		return sio_broadcast(ns, NULL, "said", sio_json("[%s]", rest));
	if (!strcmp(word, "admit"))
		return sio_admit(waiting);
	if (!strcmp(word, "leave") || !strcmp(word, "close"))
		sio_each(ns, NULL, leave, *word == 'c' ? ns : NULL);
	if (!strcmp(word, "ask"))
		return ask((unsigned)atoi(rest));
	if (!strcmp(word, "ws"))
		return sio_ws_broadcast(io, "/ws", NULL, rest, strlen(rest), false);
	if (!strcmp(word, "wsclose"))
		sio_ws_each(io, "/ws", close_ws, NULL);
	if (!strcmp(word, "listen"))
		return sio_listen_on(io, rest);
	if (!strcmp(word, "shutdown"))
		return sio_shutdown(io, &(sio_farewell){ .done = on_done });
	if (!strcmp(word, "post"))
		return sio_post(io, run_posted, NULL);
	return SIO_OK;
}

static void on_line(char *line)
{
	char *rest = strchr(line, ' ');
	if (rest)
		*rest++ = '\0';
	sio_err err = obey(line, rest ? rest : "");
	report("did", sio_json("{word: %s, error: %s, timeout: %d, services: %u}", line,
			      err ? sio_strerror(err) : NULL, sio_timeout(io), services));
}

/* Lines come one at a time. */
static void read_input(void)
{
	char text[512];
	ssize_t n = read(STDIN_FILENO, text, sizeof text - 1);
	if (n <= 0) {
		stopping = 1;
		return;
	}
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	on_line(text);
}

/* ---- The loop ---- */

static void loop(bool by_fd)
{
	struct pollfd fds[] = { { sio_fd(io), POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };
	while (!stopping) {
		int n = poll(fds, 2, by_fd ? -1 : sio_timeout(io));
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0 && fds[1].revents)
			read_input();
		/* As many loops do: one event is dealt with, and then all of them waited for. */
		else if (n >= 0) {
			services++;
			sio_service(io);
		}
	}
}

int main(void)
{
	const char *wait = getenv("WAIT");
	const sio_hooks hooks = { .allow_request = on_request };
	const sio_options options = {
		.host = "127.0.0.1",
		.port = (uint16_t)number("PORT"),
		.ping_interval_ms = number("PING_INTERVAL"),
		.ping_timeout_ms = number("PING_TIMEOUT"),
		.hooks = &hooks,
	};
	sio_err err = sio_create(&io, &options);
	if (!err)
		err = sio_listen(io);
	if (err) {
		fprintf(stderr, "embed-server: %s\n", sio_strerror(err));
	} else {
		signal(SIGTERM, on_signal);
		sio_use(sio_of(io, "/"), on_enter, NULL);
		sio_on_connect(sio_of(io, "/"), on_connect, NULL);
		sio_on_disconnect(sio_of(io, "/"), on_disconnect, NULL);
		sio_on(sio_of(io, "/"), "echo", on_echo, NULL);
		sio_websocket(io, "/ws",
			&(sio_ws_hooks){ .opened = on_ws_opened, .closed = on_ws_closed });
		printf("READY %u\n", sio_port(io));
		fflush(stdout);
		loop(wait && !strcmp(wait, "fd"));
	}
	sio_close(io);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * websockets - plain WebSockets: /echo sends back what comes, /quiet says nothing, /lab does what
 * it is told by texts: a word and what follows it.
 */
#include "plain.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- /echo ---- */

static void on_echo(sio_ws *ws, sio_bytes data, bool binary, void *user)
{
	(void)user;
	sio_ws_send(ws, data.data, data.len, binary);
}

/* ---- /lab ---- */

static sio_err say(sio_ws *ws, const char *text)
{
	return sio_ws_send(ws, text, text ? strlen(text) : 0, false);
}

static void say_error(sio_ws *ws, sio_err err)
{
	say(ws, err ? sio_strerror(err) : "fine");
}

static void say_number(sio_ws *ws, size_t n)
{
	char text[32];
	snprintf(text, sizeof text, "%zu", n);
	say(ws, text);
}

static void free_note(void *note)
{
	report("freed", sio_json("{note: %s}", (char *)note));
	free(note);
}

static void cmd_close(sio_ws *ws, const char *rest)
{
	char *end;
	unsigned code = (unsigned)strtoul(rest, &end, 10);
	sio_err err = sio_ws_close(ws, code, *end ? end + 1 : NULL);
	if (err)
		say_error(ws, err);
	else /* it is closing */
		report("late", sio_json("{send: %s, close: %s}", sio_strerror(say(ws, "late")),
				       sio_strerror(sio_ws_close(ws, 1000, NULL))));
}

/* "<count> <size>": that many messages, the first of which is all a, the second all b, ... */
static void cmd_flood(sio_ws *ws, const char *rest)
{
	char *end;
	unsigned long count = strtoul(rest, &end, 10), size = strtoul(end, &end, 10);
	char *text = malloc(size);
	sio_err err = text ? SIO_OK : SIO_ENOMEM;
	for (unsigned long i = 0; i < count && !err; i++) {
		memset(text, 'a' + (int)(i % 26), size);
		err = sio_ws_send(ws, text, size, i % 2);
	}
	free(text);
	report("flooded", sio_json("{error: %s, backlog: %zu}", err ? sio_strerror(err) : NULL,
				  sio_ws_backlog(ws)));
	if (*end)
		cmd_close(ws, end + 1);
}

static void cmd_others(sio_ws *ws, const char *rest)
{
	say_error(ws, sio_ws_broadcast(server(), "/lab", ws, rest, strlen(rest), false));
}

static void cmd_all(sio_ws *ws, const char *rest)
{
	(void)ws;
	sio_ws_broadcast(server(), "/lab", NULL, rest, strlen(rest), true);
}

static void close_one(sio_ws *ws, void *user)
{
	if (ws != user)
		sio_ws_close(ws, 4001, "you");
}

/* Closes the others while it walks over them. */
static void cmd_alone(sio_ws *ws, const char *rest)
{
	(void)rest;
	say_number(ws, sio_ws_each(server(), "/lab", close_one, ws));
}

static void count(sio_ws *ws, void *user)
{
	(void)ws;
	(void)user;
}

static void cmd_count(sio_ws *ws, const char *rest)
{
	say_number(ws, sio_ws_each(server(), rest, count, NULL));
}

static void cmd_note(sio_ws *ws, const char *rest)
{
	sio_ws_set_data(ws, strdup(rest), free_note);
}

static void cmd_notes(sio_ws *ws, const char *rest)
{
	(void)rest;
	say(ws, sio_ws_data(ws));
}

static void cmd_header(sio_ws *ws, const char *rest)
{
	say(ws, sio_handshake_header(sio_ws_handshake(ws), rest));
}

static void cmd_query(sio_ws *ws, const char *rest)
{
	say(ws, sio_handshake_query(sio_ws_handshake(ws), rest));
}

static void cmd_whence(sio_ws *ws, const char *rest)
{
	(void)rest;
	say(ws, sio_handshake_address(sio_ws_handshake(ws)));
}

static void on_done(sio_server *io, void *user)
{
	(void)user;
	report("done", sio_json("{left: %zu}", sio_ws_each(io, "/lab", count, NULL)));
	sio_stop(io);
}

/* "<deadline> <per second>" */
static void cmd_shutdown(sio_ws *ws, const char *rest)
{
	char *end;
	unsigned deadline_ms = (unsigned)strtoul(rest, &end, 10);
	unsigned per_second = (unsigned)strtoul(end, NULL, 10);
	(void)ws;
	sio_shutdown(server(),
		&(sio_farewell){
			.deadline_ms = deadline_ms, .per_second = per_second, .done = on_done });
}

/* What must be refused. */
static void cmd_bad(sio_ws *ws, const char *rest)
{
	(void)rest;
	say_error(ws, sio_ws_send(ws, "\xff", 1, false));
	say_error(ws, sio_ws_close(ws, 1000, "\xff"));
	say_error(ws, sio_ws_broadcast(server(), "/lab", NULL, "\xff", 1, false));
	say_error(ws, sio_ws_send(ws, "\xff", 1, true));
}

static void on_command(sio_ws *ws, sio_bytes data, bool binary, void *user)
{
	static const struct {
		const char *word;
		void (*fn)(sio_ws *ws, const char *rest);
	} commands[] = {
		{ "close", cmd_close },
		{ "flood", cmd_flood },
		{ "others", cmd_others },
		{ "all", cmd_all },
		{ "alone", cmd_alone },
		{ "count", cmd_count },
		{ "note", cmd_note },
		{ "notes", cmd_notes },
		{ "header", cmd_header },
		{ "query", cmd_query },
		{ "whence", cmd_whence },
		{ "shutdown", cmd_shutdown },
		{ "bad", cmd_bad },
	};
	char *text = strndup(data.data, data.len);
	char *rest = text ? strchr(text, ' ') : NULL;
	(void)user;
	if (rest)
		*rest++ = '\0';
	for (size_t i = 0; text && !binary && i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(text, commands[i].word))
			commands[i].fn(ws, rest ? rest : "");
	report("message", sio_json("{word: %s, length: %zu}", text, data.len));
	free(text);
}

static void on_opened(sio_ws *ws, void *user)
{
	const char *greeting = sio_handshake_query(sio_ws_handshake(ws), "greeting");
	(void)user;
	report("opened", sio_json("{url: %s}", sio_handshake_url(sio_ws_handshake(ws))));
	if (greeting)
		say(ws, greeting);
	if (greeting && !strcmp(greeting, "bye"))
		sio_ws_close(ws, 4000, "at once");
}

static void on_closed(sio_ws *ws, unsigned code, const char *reason, void *user)
{
	(void)user;
	report("closed",
		sio_json("{url: %s, code: %u, reason: %s, left: %zu, send: %s}",
			sio_handshake_url(sio_ws_handshake(ws)), code, reason,
			sio_ws_each(server(), "/lab", count, NULL), sio_strerror(say(ws, "gone"))));
}

/* ---- Adding ---- */

void set_up_websockets(sio_server *io)
{
	static const char *const bad[] = { "echo", "/a?b", "/socket.io/ws", "/echo" };
	sio_websocket(io, "/echo", &(sio_ws_hooks){ .message = on_echo });
	sio_websocket(io, "/quiet", &(sio_ws_hooks){ 0 });
	sio_websocket(io, "/lab",
		&(sio_ws_hooks){ .opened = on_opened, .message = on_command, .closed = on_closed });
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		report("refused",
			sio_json("{path: %s, error: %s}", bad[i],
				sio_strerror(sio_websocket(io, bad[i], &(sio_ws_hooks){ 0 }))));
}

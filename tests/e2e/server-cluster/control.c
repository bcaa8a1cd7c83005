/* SPDX-License-Identifier: MIT */
/*
 * control - what the server does when the namespace /control says so.
 *
 * "do" has one argument, { op, nsp, to, except, volatile, local, timeout, ... }, and is answered
 * with what came of it: { err } as a text, and { result } for what is asked for.
 *
 *     emit { event, args }, send, to one socket
 *     ask { event, args }            what is asked is answered by clients
 *     server_emit { event, args }, server_ask            or by servers
 *     join { room }, leave { room }, disconnect { close }, fetch, rooms, stats
 *     several { orders }             one after the other, in one turn
 *     admit                          clients that wait in middleware
 */
#include "cluster.h"
#include "order.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sio_server *server;
static sio_ns *parent; /* of /p-1 and the like */
static const char *own_name;

/* A "do", with who is meant. */
typedef struct order {
	const sio_event *ev;
	const cJSON *what;
	sio_ns *ns;
	sio_delivery who;
	order_names names;
} order;

/* ---- Answers ---- */

static void answer(sio_ack to, sio_err err, cJSON *result)
{
	sio_reply(to, sio_json("[{err: %s, result: %p}]", sio_strerror(err), (void *)result));
}

static void on_result(sio_err err, const cJSON *args, void *user)
{
	sio_ack *to = user;
	printf("RESULT %s\n", sio_strerror(err));
	fflush(stdout);
	answer(*to, err, args ? cJSON_Duplicate(args, true) : cJSON_CreateNull());
	free(to);
}

static void done(const order *o, sio_err err)
{
	answer(o->ev->ack, err, cJSON_CreateNull());
}

/* What is asked is answered with what comes of it. */
static void asked(const order *o, sio_err err, sio_ack *to)
{
	if (!err)
		return;
	done(o, err);
	free(to);
}

static sio_ack *remember(const order *o)
{
	sio_ack *to = malloc(sizeof *to);
	if (!to)
		abort();
	*to = o->ev->ack;
	return to;
}

/* ---- Orders ---- */

static sio_delivery asking(const order *o, sio_ack *to)
{
	sio_delivery how = o->who;
	how.on_ack = on_result;
	how.user = to;
	return how;
}

static void do_emit(const order *o)
{
	done(o, sio_broadcast(o->ns, &o->who, order_text(o->what, "event"), order_args(o->what)));
}

/* Answers are told as they come, with their attachments, and whether they are of this server. */
static void on_answer(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_delivery how = { .flags = SIO_LOCAL, .binary = ev->binary, .nbinary = ev->nbinary };
	sio_broadcast(sio_of(server, "/control"), &how, "answered",
		sio_json("[%p, %hhd]", (void *)cJSON_Duplicate(ev->args->child, true),
			(bool)(k != NULL)));
}

/* To one socket. */
static void do_send(const order *o)
{
	sio_socket *k = o->who.to ? sio_find(o->ns, o->who.to[0]) : NULL;
	done(o, k ? sio_emit(k, order_text(o->what, "event"), order_args(o->what)) : SIO_EGONE);
}

static void do_ask(const order *o)
{
	sio_ack *to = remember(o);
	sio_delivery how = asking(o, to);
	how.on_answer = on_answer;
	asked(o, sio_broadcast(o->ns, &how, order_text(o->what, "event"), order_args(o->what)), to);
}

static void do_server_emit(const order *o)
{
	done(o, sio_server_side_emit(
			o->ns, &o->who, order_text(o->what, "event"), order_args(o->what)));
}

static void do_server_ask(const order *o)
{
	sio_ack *to = remember(o);
	sio_delivery how = asking(o, to);
	asked(o,
		sio_server_side_emit(
			o->ns, &how, order_text(o->what, "event"), order_args(o->what)),
		to);
}

static void do_join(const order *o)
{
	done(o, sio_join_all(o->ns, &o->who, order_text(o->what, "room")));
}

static void do_leave(const order *o)
{
	done(o, sio_leave_all(o->ns, &o->who, order_text(o->what, "room")));
}

static void do_disconnect(const order *o)
{
	sio_disconnect_all(o->ns, &o->who, order_says(o->what, "close"));
	done(o, SIO_OK);
}

static void do_fetch(const order *o)
{
	sio_ack *to = remember(o);
	asked(o, sio_fetch(o->ns, &o->who, on_result, to), to);
}

static void do_rooms(const order *o)
{
	sio_ack *to = remember(o);
	asked(o, sio_fetch_rooms(o->ns, &o->who, on_result, to), to);
}

static void do_stats(const order *o)
{
	const sio_redis_stats *s = stats();
	answer(o->ev->ack, SIO_OK,
		sio_json("{connected: %hhd, connects: %ju, sent: %ju, received: %ju, dropped: %ju,"
			 "bad: %ju, queued: %zu}",
			s->connected, (uintmax_t)s->connects, (uintmax_t)s->sent,
			(uintmax_t)s->received, (uintmax_t)s->dropped, (uintmax_t)s->bad,
			s->queued));
}

/* Clients that wait in middleware. */
static sio_entry held[64];
static size_t nheld;

static void on_use(sio_socket *k, sio_entry entry, void *user)
{
	(void)k;
	(void)user;
	if (nheld < sizeof held / sizeof *held)
		held[nheld++] = entry;
}

sio_err hold_clients(void)
{
	return sio_use(sio_of(server, "/"), on_use, NULL);
}

/* All of them; how many those are. */
static void do_admit(const order *o)
{
	int admitted = 0;
	for (size_t i = 0; i < nheld; i++)
		admitted += !sio_admit(held[i]);
	nheld = 0;
	answer(o->ev->ack, SIO_OK, cJSON_CreateNumber(admitted));
}

static void run(const sio_event *ev, const cJSON *what);

/* One is answered: the last. */
static void do_several(const order *o)
{
	sio_event ev = *o->ev;
	const cJSON *one, *all = cJSON_GetObjectItem(o->what, "orders");
	ev.ack = (sio_ack){ NULL, 0 };
	cJSON_ArrayForEach (one, all)
		run(one->next ? &ev : o->ev, one);
}

static const struct {
	const char *op;
	void (*run)(const order *o);
} orders[] = {
	{ "emit", do_emit },
	{ "send", do_send },
	{ "ask", do_ask },
	{ "server_emit", do_server_emit },
	{ "server_ask", do_server_ask },
	{ "join", do_join },
	{ "leave", do_leave },
	{ "disconnect", do_disconnect },
	{ "fetch", do_fetch },
	{ "rooms", do_rooms },
	{ "stats", do_stats },
	{ "admit", do_admit },
	{ "several", do_several },
};

static sio_ns *namespace_of(const cJSON *what)
{
	const char *name = order_text(what, "nsp");
	if (name && !strcmp(name, "parent"))
		return parent;
	return sio_of(server, name ? name : "/");
}

static void run(const sio_event *ev, const cJSON *what)
{
	order o = { .ev = ev, .what = what };
	const char *op = order_text(o.what, "op");
	o.ns = namespace_of(o.what);
	o.who = order_who(o.what, &o.names);
	o.who.binary = ev->binary;
	o.who.nbinary = ev->nbinary;
	for (size_t i = 0; op && i < sizeof orders / sizeof *orders; i++)
		if (!strcmp(op, orders[i].op)) {
			orders[i].run(&o);
			return;
		}
	done(&o, SIO_EINVAL);
}

static void on_do(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	(void)user;
	run(ev, ev->args->child);
}

/* ---- What the shared namespaces do by themselves ---- */

static void on_join(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_err err = sio_join(k, cJSON_GetStringValue(ev->args->child));
	sio_reply(ev->ack, sio_json("[%s]", sio_strerror(err)));
}

static void on_data(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	sio_set_shared_data(k, cJSON_Duplicate(ev->args->child, true));
	sio_reply(ev->ack, sio_json("[]"));
}

/* Whoever listens on /control is told what other servers say; "ask" is answered, "silence" not. */
static void on_said(sio_ns *ns, const sio_event *ev, void *user)
{
	(void)user;
	sio_delivery how = { .flags = SIO_LOCAL, .binary = ev->binary, .nbinary = ev->nbinary };
	sio_broadcast(sio_of(server, "/control"), &how, "said",
		sio_json("[%s, %s, %p]", sio_ns_name(ns), ev->name,
			(void *)cJSON_Duplicate(ev->args, true)));
	if (!strcmp(ev->name, "silence"))
		return;
	sio_reply(ev->ack, sio_json("[%s]", own_name));
	sio_reply(ev->ack, sio_json("['once more']")); /* one counts */
}

static sio_err share(const char *name)
{
	sio_ns *ns = sio_of(server, name);
	sio_err err = ns ? sio_on(ns, "join", on_join, NULL) : SIO_ENOMEM;
	if (!err)
		err = sio_on(ns, "data", on_data, NULL);
	if (!err)
		err = sio_on_server_side(ns, "tell", on_said, NULL);
	if (!err)
		err = sio_on_server_side(ns, "ask", on_said, NULL);
	return err ? err : sio_on_server_side(ns, "silence", on_said, NULL);
}

sio_err set_up(sio_server *io, const char *name)
{
	static const char *const shared[] = { "/", "/chat", "/a[b]*" };
	server = io;
	own_name = name ? name : "C";
	parent = sio_of_pattern(io, "^/p-[0-9]+$");
	if (!parent)
		return SIO_ENOMEM;
	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
		sio_err err = share(shared[i]);
		if (err)
			return err;
	}
	return sio_on(sio_of(io, "/control"), "do", on_do, NULL);
}

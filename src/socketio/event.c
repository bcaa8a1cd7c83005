/* SPDX-License-Identifier: MIT */
/*
 * event - incoming events: read late, led through middleware if there is any, given to handlers
 * (protocol-notes/socket.io.md, "Events").
 *
 * Without middleware nothing is copied: the event lives as long as the call.  With it the event is
 * an arrival, which may wait.
 */
#include "../base/json_scan.h"
#include "io.h"
#include "json.h"
#include <stdlib.h>

/* ---- Reading ---- */

/* The event's name as C text in the io's buffer; NULL: reserved, or out of memory. */
static const char *name_text(io *o, span raw, bool is_string)
{
	buf_clear(&o->name);
	if (is_string && memchr(raw.at, '\\', raw.len)) {
		cJSON *text = json_parse((span){ raw.at - 1, raw.len + 2 }, 1);
		if (!text)
			return NULL;
		buf_add_text(&o->name, text->valuestring);
		json_free(text);
	} else {
		buf_add_span(&o->name, raw);
	}
	if (!buf_add_char(&o->name, '\0'))
		return NULL;
	const char *name = (const char *)buf_data(&o->name);
	return sp_reserved(name) ? NULL : name;
}

/* Those of the event's name, behind those of any. */
static void add_named(handler_walk *w, const handler_sets *sets, const char *name)
{
	for (size_t i = 0; i < sets->n; i++) {
		event_list *l = event_list_find(&sets->at[i]->events, span_of(name));
		if (l)
			handler_walk_add(w, &l->handlers);
	}
}

/* A ticket for the event's ack; false: this client has too many open. */
static bool issue_ack(sio_socket *k, const sp_packet *p, sio_ack *ack)
{
	io *o = k->ns->io;
	*ack = (sio_ack){ o->server, 0 };
	if (!p->has_id)
		return true;
	if (k->client->unanswered >= o->options.max_unanswered) {
		k->client->session->limit = "max_unanswered";
		return false;
	}
	ack->ticket = ticket_issue(&o->tickets, TICKET_ACK, &k->tickets, k, p->id);
	if (!ack->ticket)
		return false;
	k->unanswered++;
	k->client->unanswered++;
	return true;
}

/* Nobody will answer. */
static void void_ack(sio_socket *k, sio_ack ack)
{
	io *o = k->ns->io;
	ticket *t = ticket_find(&o->tickets, ack.ticket, TICKET_ACK);
	if (!t)
		return;
	ticket_use(&o->tickets, t, &k->tickets);
	k->unanswered--;
	k->client->unanswered--;
}

static void call_all(handler_walk *w, sio_socket *k, const sio_event *ev)
{
	handler *h;
	while ((h = handler_next(w)) != NULL) {
		if (h->once)
			handler_remove(&k->ns->io->handlers, h);
		((sio_event_fn *)h->fn)(k, ev, h->user);
	}
}

/* ---- Middleware ---- */

struct arrival {
	list in_io, in_socket;
	sio_socket *socket;
	handler_walk use;
	sio_event event;
	size_t size; /* of it all, but for the tree */
	uint32_t tickets;
	bool busy;    /* on its way through middleware, or being handled */
	bool running; /* inside its middleware */
	bool admitted, refused, gone;
	char *message; /* of the refusal */
	cJSON *data;
	held_tree args;
	sio_bytes *parts;
	char name[]; /* and, behind its NUL, the text of the arguments */
};

arrival *arrival_in(list *in_io)
{
	return LIST_OWNER(in_io, arrival, in_io);
}

static void arrival_free(arrival *a)
{
	client *c = a->socket->client;
	for (size_t i = 0; a->parts && i < a->event.nbinary; i++)
		free((void *)(uintptr_t)a->parts[i].data);
	free(a->parts);
	free(a->message);
	json_free(a->data);
	client_let_go(c, a->size, &a->args);
	free(a);
}

/* Whoever leads it through middleware frees it then. */
static void arrival_end(arrival *a)
{
	a->gone = true;
	ticket_void_all(&a->socket->ns->io->tickets, &a->tickets);
	list_remove(&a->in_socket);
	list_remove(&a->in_io);
}

void event_forget_all(sio_socket *k)
{
	while (!list_empty(&k->arrivals)) {
		arrival *a = LIST_OWNER(k->arrivals.next, arrival, in_socket);
		arrival_end(a);
		if (!a->busy)
			arrival_free(a);
	}
}

static bool copy_parts(arrival *a, const sio_event *ev)
{
	a->parts = calloc(ev->nbinary ? ev->nbinary : 1, sizeof *a->parts);
	for (size_t i = 0; a->parts && i < ev->nbinary; i++) {
		const sio_bytes *from = &ev->binary[i];
		void *copy = malloc(from->len + 1);
		a->parts[i] = (sio_bytes){ copy, from->len };
		a->event.nbinary = i + 1;
		if (!copy)
			return false;
		if (from->len)
			memcpy(copy, from->data, from->len);
	}
	return a->parts != NULL;
}

/* Takes args, and what counts as held for the event.  NULL: out of memory. */
static arrival *arrival_new(sio_socket *k, const sio_event *ev, held_tree *args, size_t size)
{
	size_t len = strlen(ev->name) + 1;
	arrival *a = calloc(1, sizeof *a + len + ev->json.len);
	if (!a) {
		client_let_go(k->client, size, args);
		return NULL;
	}
	memcpy(a->name, ev->name, len);
	memcpy(a->name + len, ev->json.data, ev->json.len);
	a->socket = k;
	a->args = *args;
	a->size = size;
	list_init(&a->in_io);
	list_init(&a->in_socket);
	if (!copy_parts(a, ev)) {
		arrival_free(a);
		return NULL;
	}
	a->event = *ev;
	a->event.name = a->name;
	a->event.args = args->tree;
	a->event.binary = a->parts;
	a->event.json = (sio_bytes){ a->name + len, ev->json.len };
	a->use = socket_walk(k, offsetof(handler_set, use_event));
	list_append(&k->arrivals, &a->in_socket);
	return a;
}

static void arrive(arrival *a)
{
	sio_socket *k = a->socket;
	handler_sets sets = socket_handlers(k);
	handler_walk any = socket_walk(k, offsetof(handler_set, any));
	handler_walk named = handler_walk_begin(&k->ns->io->handlers);
	add_named(&named, &sets, a->name);
	list_remove(&a->in_socket); /* what is being handled is not taken back */
	call_all(&any, k, &a->event);
	call_all(&named, k, &a->event);
	arrival_end(a);
}

static void complain(arrival *a)
{
	sio_socket *k = a->socket;
	handler_walk w = socket_walk(k, offsetof(handler_set, error));
	handler *h;
	void_ack(k, a->event.ack);
	list_remove(&a->in_socket);
	while ((h = handler_next(&w)) != NULL)
		((sio_error_fn *)h->fn)(k, a->message ? a->message : "", a->data, h->user);
	arrival_end(a);
}

/* Each round of the loop is one middleware; it goes on when that one has answered, at once or
 * later.
 */
static void advance(arrival *a)
{
	io *o = a->socket->ns->io;
	do {
		handler *h = a->refused ? NULL : handler_next(&a->use);
		uint64_t entry =
			h ? ticket_issue(&o->tickets, TICKET_ARRIVAL, &a->tickets, a, 0) : 0;
		if (a->refused) {
			complain(a);
			return;
		}
		if (!h) {
			arrive(a);
			return;
		}
		if (!entry) {
			client_reject(a->socket->client, CLOSED_BY_SERVER);
			return;
		}
		a->admitted = false;
		a->running = true;
		((sio_use_event_fn *)h->fn)(
			a->socket, &a->event, (sio_entry){ o->server, entry }, h->user);
		a->running = false;
	} while (!a->gone && (a->admitted || a->refused));
}

void arrival_advance(arrival *a)
{
	a->busy = true;
	advance(a);
	a->busy = false;
	if (a->gone)
		arrival_free(a);
}

void arrival_answer(arrival *a, bool admitted, const char *message, const cJSON *data)
{
	ticket_void_all(&a->socket->ns->io->tickets, &a->tickets);
	a->admitted = admitted;
	a->refused = !admitted;
	if (a->refused) {
		a->message = message ? strdup(message) : NULL;
		a->data = data ? cJSON_Duplicate(data, true) : NULL;
	}
	if (!a->running)
		io_put_off(a->socket->ns->io, &a->socket->ns->io->arrived, &a->in_io);
}

/* ---- Events ---- */

/* Takes args, the array without the name. */
static bool lead_through(sio_socket *k, const sio_event *ev, held_tree *args)
{
	size_t size = sizeof(arrival) + strlen(ev->name) + 1 + ev->json.len;
	for (size_t i = 0; i < ev->nbinary; i++)
		size += ev->binary[i].len;
	if (!client_hold(k->client, size, args)) {
		held_free(k->client, args);
		return false;
	}
	arrival *a = arrival_new(k, ev, args, size);
	if (!a)
		return false;
	arrival_advance(a);
	return true;
}

static span behind(span payload, span name, bool is_string)
{
	const char *at = name.at + name.len + is_string;
	return (span){ at, (size_t)(payload.at + payload.len - at) };
}

/* What stands in the array behind the name, once that is known to be one. */
static sio_bytes args_text(span payload, span name, bool is_string)
{
	span text = behind(payload, name, is_string);
	while (text.len && text.at[text.len - 1] != ']')
		text.len--;
	if (text.len)
		text.len--;
	for (int comma = 0; comma < 2; comma++) {
		size_t space = json_scan_space(text);
		text = (span){ text.at + space, text.len - space };
		if (comma == 0 && text.len)
			text = (span){ text.at + 1, text.len - 1 };
	}
	while (text.len && strchr(" \t\r\n", text.at[text.len - 1]))
		text.len--;
	return (sio_bytes){ text.at, text.len };
}

static bool receive_raw(sio_socket *k, const sp_packet *p, sio_event *ev, handler_walk *named)
{
	if (!json_scan_all(p->payload, k->ns->io->options.max_depth) || !issue_ack(k, p, &ev->ack))
		return false;
	call_all(named, k, ev);
	return true;
}

bool event_receive(sio_socket *k, const sp_packet *p, const sio_bytes *parts, size_t nparts)
{
	io *o = k->ns->io;
	bool is_string;
	span raw;

	if (!p->payload.len)
		return true;
	if (!sp_event_name(p->payload, &raw, &is_string))
		return false;
	sio_event ev = { .name = name_text(o, raw, is_string), .binary = parts, .nbinary = nparts };
	if (!ev.name)
		return false;
	handler_sets sets = socket_handlers(k);
	handler_walk use = { .n = 0 }, any = { .n = 0 };
	if (o->watchers) {
		use = socket_walk(k, offsetof(handler_set, use_event));
		any = socket_walk(k, offsetof(handler_set, any));
	}
	handler_walk named = handler_walk_begin(&o->handlers);
	add_named(&named, &sets, ev.name);
	bool heard = use.n || any.n || named.n;
	if (!heard && !nparts)
		return json_scan_all(p->payload, o->options.max_depth);

	ev.json = args_text(p->payload, raw, is_string);
	if (o->raw_handlers && !nparts && !use.n && !any.n && handler_walk_raw(&named))
		return receive_raw(k, p, &ev, &named);

	held_tree args;
	bool good = held_read(k->client, behind(p->payload, raw, is_string), json_parse_behind,
			    &args) &&
		    sp_placeholders_valid(args.tree, nparts);
	if (good && heard)
		good = issue_ack(k, p, &ev.ack);
	if (!good || !heard) {
		held_free(k->client, &args);
		return good;
	}
	ev.args = args.tree;
	if (use.n)
		return lead_through(k, &ev, &args);
	call_all(&any, k, &ev);
	call_all(&named, k, &ev);
	held_free(k->client, &args);
	return true;
}

/* SPDX-License-Identifier: MIT */
/* socket - one client in one namespace: its life, its handlers, and what is known of it. */
#include "../base/json_scan.h"
#include "../base/text.h"
#include "io.h"
#include "json.h"
#include <stdlib.h>

/* ---- Life ---- */

sio_socket *socket_new(sio_ns *ns, client *c, cJSON *auth)
{
	sio_socket *k = calloc(1, sizeof *k + c->revision->id_size(c, ns->name));
	if (!k) {
		json_free(auth);
		return NULL;
	}
	k->ns = ns;
	k->client = c;
	k->auth = auth;
	k->id = (span){ k->text, c->revision->make_id(k->text, c, ns->name) };
	list_init(&k->in_ns);
	list_init(&k->in_io);
	list_init(&k->places);
	list_init(&k->asks);
	list_append(&c->sockets, &k->in_client);
	return k;
}

static void free_data(sio_socket *k)
{
	if (k->data && k->free_data)
		k->free_data(k->data);
	k->data = NULL;
}

void socket_free(sio_socket *k)
{
	if (k->own) {
		event_list_free_all(&k->own->events);
		free(k->own);
	}
	json_free(k->auth);
	free(k);
}

void socket_leave(sio_socket *k, const char *reason)
{
	if (k->state == SOCKET_LEFT)
		return;
	bool connected = k->state == SOCKET_CONNECTED;
	k->state = SOCKET_LEFT;
	k->reason = connected ? reason : NULL;
	room_leave_all(k);
	ack_forget(k);
	ticket_void_all(&k->ns->io->tickets, &k->tickets);
	k->client->unanswered -= k->unanswered;
	list_remove(&k->in_client);
	list_remove(&k->in_ns);
	if (connected) {
		map_remove(&k->ns->sockets, &k->by_id);
		client_left(k->client, k->ns);
	}
	list_remove(&k->in_io);
	list_append(&k->ns->io->departed, &k->in_io);
}

void socket_departed(sio_socket *k)
{
	uint64_t latest = k->ns->io->handlers.born;
	LIST_EACH (it, &k->ns->disconnect) {
		handler *h = LIST_OWNER(it, handler, link);
		if (k->reason && h->born <= latest)
			((sio_left_fn *)h->fn)(k, k->reason, h->user);
	}
	free_data(k);
	list_append(&k->ns->io->dead_sockets, &k->in_io);
}

void sio_disconnect(sio_socket *k, bool whole_connection)
{
	io_time(k->ns->io);
	if (whole_connection) {
		client_disconnect(k->client);
		return;
	}
	if (k->state == SOCKET_CONNECTED) {
		sp_write(&k->ns->io->scratch, SP_DISCONNECT, 0, k->ns->name, NULL);
		emit_text(k->client, io_take_scratch(k->ns->io));
	}
	socket_leave(k, "server namespace disconnect");
}

/* ---- Events ---- */

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

static bool wanted(const list *handlers)
{
	return !list_empty(handlers);
}

typedef struct listeners {
	list *any, *shared, *own; /* NULL: none */
} listeners;

static listeners find_listeners(const sio_socket *k, const char *name)
{
	span key = span_of(name);
	event_list *shared = event_list_find(&k->ns->events, key);
	event_list *own = k->own ? event_list_find(&k->own->events, key) : NULL;
	return (listeners){
		.any = wanted(&k->ns->any) ? &k->ns->any : NULL,
		.shared = shared && wanted(&shared->handlers) ? &shared->handlers : NULL,
		.own = own && wanted(&own->handlers) ? &own->handlers : NULL,
	};
}

static void call_all(list *handlers, sio_socket *k, const sio_event *ev, uint64_t latest)
{
	if (!handlers)
		return;
	LIST_EACH (it, handlers) {
		handler *h = LIST_OWNER(it, handler, link);
		if (h->gone || h->born > latest)
			continue;
		if (h->once)
			handler_remove(&k->ns->io->handlers, h);
		((sio_event_fn *)h->fn)(k, ev, h->user);
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

static bool call_listeners(sio_socket *k, const sp_packet *p, sio_event *ev, listeners who)
{
	uint64_t latest = k->ns->io->handlers.born;
	cJSON *args = json_parse(p->payload, k->ns->io->options.max_depth);
	bool heard = who.any || who.shared || who.own;
	bool good = args && sp_placeholders_valid(args, ev->nbinary);

	if (good && heard)
		good = issue_ack(k, p, &ev->ack);
	if (good && heard) {
		json_free(cJSON_DetachItemViaPointer(args, args->child));
		ev->args = args;
		call_all(who.any, k, ev, latest);
		call_all(who.shared, k, ev, latest);
		call_all(who.own, k, ev, latest);
	}
	json_free(args);
	return good;
}

bool socket_event(sio_socket *k, const sp_packet *p, const sio_bytes *parts, size_t nparts)
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
	listeners who = find_listeners(k, ev.name);
	if (who.any || who.shared || who.own || nparts)
		return call_listeners(k, p, &ev, who);
	return json_scan_all(p->payload, o->options.max_depth);
}

static sio_err add_own(sio_socket *k, const char *event, sio_event_fn *fn, void *user, bool once)
{
	if (!fn || !event || sp_reserved(event))
		return SIO_EINVAL;
	if (k->state == SOCKET_LEFT)
		return SIO_EGONE;
	if (!k->own) {
		k->own = malloc(sizeof *k->own);
		if (!k->own)
			return SIO_ENOMEM;
		map_init(&k->own->events);
	}
	event_list *l = event_list_get(&k->own->events, event);
	handler_yard *yard = &k->ns->io->handlers;
	return l && handler_add(yard, &l->handlers, (handler_fn *)fn, user, once) ? SIO_OK
										  : SIO_ENOMEM;
}

sio_err sio_socket_on(sio_socket *k, const char *event, sio_event_fn *fn, void *user)
{
	return add_own(k, event, fn, user, false);
}

sio_err sio_socket_once(sio_socket *k, const char *event, sio_event_fn *fn, void *user)
{
	return add_own(k, event, fn, user, true);
}

void sio_socket_off(sio_socket *k, const char *event, sio_event_fn *fn)
{
	event_list *l = k->own && event ? event_list_find(&k->own->events, span_of(event)) : NULL;
	if (l)
		handler_remove_matching(&k->ns->io->handlers, &l->handlers, (handler_fn *)fn);
}

sio_bytes sio_binary_of(const sio_event *ev, const cJSON *item)
{
	long n = sp_placeholder(item);
	if (n < 0 || (size_t)n >= ev->nbinary)
		return (sio_bytes){ NULL, 0 };
	return ev->binary[n];
}

/* ---- What is known of it ---- */

const char *sio_id(const sio_socket *k)
{
	return k->text;
}

sio_ns *sio_namespace(const sio_socket *k)
{
	return k->ns;
}

sio_socket *sio_find(sio_ns *ns, const char *id)
{
	map_node *node = id ? map_find(&ns->sockets, span_of(id)) : NULL;
	return node ? MAP_OWNER(node, sio_socket, by_id) : NULL;
}

bool sio_connected(const sio_socket *k)
{
	return k->state == SOCKET_CONNECTED;
}

const cJSON *sio_auth(const sio_socket *k)
{
	static const cJSON nothing = { .type = cJSON_Object };
	return k->auth ? k->auth : &nothing;
}

const sio_handshake *sio_handshake_of(const sio_socket *k)
{
	return (const sio_handshake *)k->client->session->handshake;
}

const char *sio_header(const sio_socket *k, const char *name)
{
	return handshake_header(k->client->session->handshake, name);
}

const char *sio_query(const sio_socket *k, const char *key)
{
	return handshake_query(k->client->session->handshake, key);
}

const char *sio_url(const sio_socket *k)
{
	return handshake_url(k->client->session->handshake);
}

const char *sio_address(const sio_socket *k)
{
	return handshake_address(k->client->session->handshake);
}

const char *sio_transport(const sio_socket *k)
{
	const transport *t = k->client->session->transport;
	return t ? t->ops->name : "";
}

size_t sio_backlog(const sio_socket *k)
{
	return session_backlog(k->client->session);
}

void sio_set_data(sio_socket *k, void *data, void (*free_fn)(void *))
{
	if (data != k->data)
		free_data(k);
	k->data = data;
	k->free_data = free_fn;
}

void *sio_data(const sio_socket *k)
{
	return k->data;
}

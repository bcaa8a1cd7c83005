/* SPDX-License-Identifier: MIT */
/* errand - what other servers ask of this one (protocol-notes/cluster.md). */
#include "../base/text.h"
#include "io.h"
#include "json.h"
#include <stdio.h>
#include <stdlib.h>

/* Of another server, which waits for an answer. */
typedef struct errand {
	list in_io; /* while the application owes the answer; clients owe it to their inquiry */
	sio_ns *ns;
	timer deadline;   /* after it nobody waits any more */
	uint32_t tickets; /* the application's, for the answer */
	char request[SIO_REQUEST_MAX + 1];
	char peer[SIO_REQUEST_MAX + 1]; /* "": it has none */
} errand;

static void errand_free(errand *e)
{
	io *o = e->ns->io;
	timer_stop(o->wheel, &e->deadline);
	ticket_void_all(&o->tickets, &e->tickets);
	list_remove(&e->in_io);
	ns_errand_done(e->ns);
	free(e);
}

static void deadline_due(timer *t)
{
	errand_free(LIST_OWNER(t, errand, deadline));
}

static errand *errand_new(sio_ns *ns, const sio_cluster_message *m)
{
	errand *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	e->ns = ns;
	snprintf(e->request, sizeof e->request, "%s", m->request);
	snprintf(e->peer, sizeof e->peer, "%s", m->peer ? m->peer : "");
	timer_init(&e->deadline, deadline_due);
	list_init(&e->in_io);
	ns->errands++;
	return e;
}

static void answer_to(sio_ns *ns, const char *request, const char *peer, sio_cluster_message m)
{
	m.request = request;
	m.peer = peer && *peer ? peer : NULL;
	cluster_send(ns, &m);
}

static void answer(const errand *e, sio_cluster_message m)
{
	answer_to(e->ns, e->request, e->peer, m);
}

void errands_end(io *o)
{
	while (!list_empty(&o->errands))
		errand_free(LIST_OWNER(o->errands.next, errand, in_io));
}

/* ---- Events for clients ---- */

static void client_answered(sio_socket *k, const sio_event *ev, void *user)
{
	(void)k;
	answer(user, (sio_cluster_message){ .type = SIO_CLUSTER_ANSWER, .event = ev });
}

/* Who has not answered is the asking server's matter. */
static void clients_answered(sio_err err, const cJSON *args, void *user)
{
	(void)err;
	(void)args;
	errand_free(user);
}

static sio_delivery here(const sio_delivery *who)
{
	sio_delivery local = *who;
	local.flags |= SIO_LOCAL;
	return local;
}

static sio_err emit_and_answer(sio_ns *ns, const sio_cluster_message *m)
{
	errand *e = errand_new(ns, m);
	sio_delivery how = here(m->who);
	size_t asked = 0;
	if (!e)
		return SIO_ENOMEM;
	how.on_ack = clients_answered;
	how.on_answer = client_answered;
	how.user = e;
	if (!how.timeout_ms)
		how.timeout_ms = ns->io->adapter->timeout_ms;
	sio_err err = emit_from_afar(ns, m, &how, &asked);
	answer(e, (sio_cluster_message){ .type = SIO_CLUSTER_RECEIVERS, .count = err ? 0 : asked });
	if (err)
		errand_free(e);
	return err;
}

static sio_err emit(sio_ns *ns, const sio_cluster_message *m)
{
	sio_delivery how = here(m->who);
	if (m->request)
		return emit_and_answer(ns, m);
	return emit_from_afar(ns, m, &how, &(size_t){ 0 });
}

/* ---- What becomes of clients ---- */

static sio_err in_rooms(sio_ns *ns, const sio_cluster_message *m,
	sio_err (*fn)(sio_ns *ns, const sio_delivery *who, const char *room))
{
	sio_delivery who = here(m->who);
	sio_err err = SIO_OK;
	for (size_t i = 0; m->rooms[i]; i++) {
		sio_err one = fn(ns, &who, m->rooms[i]);
		err = err ? err : one;
	}
	return err;
}

static sio_err join(sio_ns *ns, const sio_cluster_message *m)
{
	return in_rooms(ns, m, sio_join_all);
}

static sio_err leave(sio_ns *ns, const sio_cluster_message *m)
{
	return in_rooms(ns, m, sio_leave_all);
}

static sio_err disconnect(sio_ns *ns, const sio_cluster_message *m)
{
	sio_delivery who = here(m->who);
	sio_disconnect_all(ns, &who, m->close);
	return SIO_OK;
}

/* ---- What is known here ---- */

static void describe(sio_socket *k, void *user)
{
	cJSON **sockets = user;
	cJSON *one = *sockets ? describe_socket(k) : NULL;
	if (one && cJSON_AddItemToArray(*sockets, one))
		return;
	json_free(*sockets);
	*sockets = NULL;
}

static sio_err tell_tree(
	sio_ns *ns, const sio_cluster_message *m, sio_cluster_type type, cJSON *tree)
{
	if (!tree)
		return SIO_ENOMEM;
	answer_to(ns, m->request, m->peer, (sio_cluster_message){ .type = type, .tree = tree });
	json_free(tree);
	return SIO_OK;
}

static sio_err fetch(sio_ns *ns, const sio_cluster_message *m)
{
	cJSON *sockets = cJSON_CreateArray();
	room_match(ns, m->who, describe, &sockets);
	return tell_tree(ns, m, SIO_CLUSTER_SOCKETS, sockets);
}

static sio_err rooms(sio_ns *ns, const sio_cluster_message *m)
{
	return tell_tree(ns, m, SIO_CLUSTER_ROOM_NAMES, describe_rooms(ns));
}

/* ---- Events for servers ---- */

static sio_err run_handlers(sio_ns *ns, const sio_event *ev)
{
	event_list *l = event_list_find(&ns->server_events, span_of(ev->name));
	handler_walk w = handler_walk_begin(&ns->io->handlers);
	handler *h;
	if (l)
		handler_walk_add(&w, &l->handlers);
	while ((h = handler_next(&w)) != NULL)
		((sio_server_event_fn *)h->fn)(ns, ev, h->user);
	return SIO_OK;
}

static sio_err server_emit(sio_ns *ns, const sio_cluster_message *m)
{
	io *o = ns->io;
	sio_event ev = *m->event;
	ev.ack = (sio_ack){ o->server, 0 };
	if (!m->request)
		return run_handlers(ns, &ev);
	errand *e = errand_new(ns, m);
	if (!e)
		return SIO_ENOMEM;
	ev.ack.ticket = ticket_issue(&o->tickets, TICKET_ERRAND, &e->tickets, e, 0);
	if (!ev.ack.ticket) {
		errand_free(e);
		return SIO_ENOMEM;
	}
	list_append(&o->errands, &e->in_io);
	timer_start(o->wheel, &e->deadline, io_time(o) + o->adapter->timeout_ms);
	return run_handlers(ns, &ev);
}

sio_err errand_reply(ticket *t, const sio_bytes *binary, size_t nbinary, const cJSON *args)
{
	errand *e = t->owner;
	const sio_event ev = { .args = args, .binary = binary, .nbinary = nbinary };
	answer(e, (sio_cluster_message){ .type = SIO_CLUSTER_SERVER_ANSWER, .event = &ev });
	errand_free(e);
	return SIO_OK;
}

/* ---- Messages ---- */

enum { WHO = 1, EVENT = 2, ROOMS = 4, REQUEST = 8 };

static const struct {
	sio_err (*run)(sio_ns *ns, const sio_cluster_message *m);
	unsigned needs;
} errands[] = {
	[SIO_CLUSTER_EMIT] = { emit, WHO | EVENT },
	[SIO_CLUSTER_JOIN] = { join, WHO | ROOMS },
	[SIO_CLUSTER_LEAVE] = { leave, WHO | ROOMS },
	[SIO_CLUSTER_DISCONNECT] = { disconnect, WHO },
	[SIO_CLUSTER_FETCH] = { fetch, WHO | REQUEST },
	[SIO_CLUSTER_ROOMS] = { rooms, REQUEST },
	[SIO_CLUSTER_SERVER_EMIT] = { server_emit, EVENT },
	[SIO_CLUSTER_RECEIVERS] = { cluster_answer, REQUEST },
	[SIO_CLUSTER_ANSWER] = { cluster_answer, REQUEST },
	[SIO_CLUSTER_SOCKETS] = { cluster_answer, REQUEST },
	[SIO_CLUSTER_ROOM_NAMES] = { cluster_answer, REQUEST },
	[SIO_CLUSTER_SERVER_ANSWER] = { cluster_answer, REQUEST },
};

/* What is no text would come back as another one. */
static bool fits(const char *id)
{
	size_t len = strlen(id);
	return len <= SIO_REQUEST_MAX && utf8_valid(id, len);
}

static bool event_good(const sio_event *ev, bool named)
{
	return cJSON_IsArray(ev->args) && (ev->name || !named) && (ev->binary || !ev->nbinary) &&
	       sp_placeholders_valid(ev->args, ev->nbinary);
}

bool cluster_offset_good(const char *offset)
{
	static const char letters[] = "0123456789-_.:"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t len = strlen(offset);
	return len && len <= SIO_REQUEST_MAX && strspn(offset, letters) == len;
}

bool cluster_good(const sio_cluster_message *m)
{
	if ((size_t)m->type >= sizeof errands / sizeof *errands)
		return false;
	unsigned needs = errands[m->type].needs;
	if (((needs & WHO) && !m->who) || ((needs & EVENT) && !m->event) ||
		((needs & ROOMS) && !m->rooms) || ((needs & REQUEST) && !m->request))
		return false;
	if ((m->request && !fits(m->request)) || (m->peer && !fits(m->peer)))
		return false;
	if (m->offset && !cluster_offset_good(m->offset))
		return false;
	return !m->event || event_good(m->event, needs & EVENT);
}

sio_err sio_cluster_receive(sio_ns *ns, const sio_cluster_message *message)
{
	if (!ns->place || !cluster_good(message))
		return SIO_EINVAL;
	return errands[message->type].run(ns, message);
}

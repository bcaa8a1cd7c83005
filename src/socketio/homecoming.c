/* SPDX-License-Identifier: MIT */
/*
 * homecoming - clients that lose their connection come back to whichever server, where the adapter
 * keeps what they had and what they have missed (protocol-notes/cluster.md, "Recovery across
 * servers").
 *
 * The adapter is asked twice: for what they had, before they pass middleware, and for what they
 * have missed when they are let in, so that nothing comes between that and what comes next.
 */
#include "journal.h"
#include "json.h"
#include "lost.h"
#include <stdio.h>
#include <stdlib.h>

/* What the adapter is asked for a socket that is not let in yet. */
typedef struct homecoming {
	sio_socket *socket;
	uint64_t number; /* of its ticket */
	uint64_t asked;  /* of the last emission before the second question */
	timer deadline;
	list missed;
	size_t size, held; /* of them */
	bool done;         /* all of them are there */
	bool failed;
} homecoming;

/* An event that it is to be sent. */
typedef struct missing {
	list in_homecoming;
	parcel parcel;
} missing;

/* ---- What is saved ---- */

/* The names with a NUL behind each, as a list; NULL: out of memory. */
static const char **list_of(const buf *rooms)
{
	const char *names = (const char *)buf_data(rooms);
	size_t n = 0, at;
	for (at = 0; at < buf_len(rooms); at += strlen(names + at) + 1)
		n++;
	const char **all = calloc(n + 1, sizeof *all);
	for (at = n = 0; all && at < buf_len(rooms); at += strlen(names + at) + 1)
		all[n++] = names + at;
	return all;
}

void homecoming_save(sio_socket *k, const lost *l)
{
	sio_ns *ns = k->ns;
	const char **rooms = list_of(&l->rooms);
	const sio_cluster_session all = { .id = l->id,
		.pid = l->pid,
		.rooms = rooms,
		.data = k->shared_data,
		.unsure = k->membership->unsure,
		.since = k->membership->came[0] ? k->membership->came : NULL };
	if (rooms)
		ns->io->adapter->save(ns->place, &all, ns->io->options.recovery_ms);
	free(rooms);
}

/* ---- Asking ---- */

static void free_missed(homecoming *h)
{
	session_let_go(h->socket->client->session, h->held);
	h->held = 0;
	while (!list_empty(&h->missed)) {
		missing *one = LIST_OWNER(h->missed.next, missing, in_homecoming);
		list_remove(&one->in_homecoming);
		parcel_free(&one->parcel);
		free(one);
	}
}

void homecoming_end(sio_socket *k)
{
	homecoming *h = k->membership ? k->membership->homecoming : NULL;
	if (!h)
		return;
	io *o = k->ns->io;
	ticket *t = ticket_find(&o->tickets, h->number, TICKET_HOMECOMING);
	if (t)
		ticket_use(&o->tickets, t, &k->tickets);
	timer_stop(o->wheel, &h->deadline);
	free_missed(h);
	free(h);
	k->membership->homecoming = NULL;
}

/* It is let in as if it had never been here. */
static void renounce(sio_socket *k)
{
	membership *m = k->membership;
	homecoming_end(k);
	if (m->recovered) {
		socket_begin_anew(k);
		random_id(k->text);
		random_id(m->pid);
		m->recovered = false;
		m->unsure = false;
		lost_forget(m);
	}
	ns_admit_later(k);
}

static void deadline_due(timer *t)
{
	renounce(LIST_OWNER(t, homecoming, deadline)->socket);
}

static void start_deadline(homecoming *h)
{
	io *o = h->socket->ns->io;
	timer_start(o->wheel, &h->deadline, io_time(o) + o->adapter->timeout_ms);
}

static bool is_id(const char *text)
{
	static const char letters[] = "0123456789-_"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	return text && strlen(text) == ID_LEN && strspn(text, letters) == ID_LEN;
}

/* A client comes back once to each namespace that it was in.  One that asks again and again must
 * not use up what the adapter can do for all. */
enum { MOST_ASKED = 1000 };

static bool may_ask(client *c)
{
	unsigned sockets = c->io->options.max_sockets;
	return c->asked++ < (sockets ? sockets : MOST_ASKED);
}

bool homecoming_begin(sio_socket *k)
{
	io *o = k->ns->io;
	const char *pid = lost_text(k->auth.tree, "pid"),
		   *offset = lost_text(k->auth.tree, "offset");
	bool good = is_id(pid) && offset && cluster_offset_good(offset) && may_ask(k->client);
	homecoming *h = good ? calloc(1, sizeof *h) : NULL;
	if (!h)
		return false;
	h->socket = k;
	list_init(&h->missed);
	timer_init(&h->deadline, deadline_due);
	k->membership->homecoming = h;
	h->number = ticket_issue(&o->tickets, TICKET_HOMECOMING, &k->tickets, k, 0);
	if (!h->number ||
		o->adapter->restore(k->ns->place, h->number, pid, offset, o->options.recovery_ms)) {
		homecoming_end(k);
		return false;
	}
	start_deadline(h);
	return true;
}

bool homecoming_ready(sio_socket *k)
{
	homecoming *h = k->membership->homecoming;
	const sio_adapter *a = k->ns->io->adapter;
	if (h->done)
		return true;
	h->asked = k->ns->outbox.last;
	if (a->replay(k->ns->place, h->number, k->membership->came))
		renounce(k);
	else
		start_deadline(h);
	return false;
}

/* ---- What the adapter answers ---- */

/* NULL: it waits no more. */
static homecoming *find(sio_ns *ns, uint64_t number)
{
	ticket *t = ticket_find(&ns->io->tickets, number, TICKET_HOMECOMING);
	sio_socket *k = t ? t->owner : NULL;
	return k && k->ns == ns ? k->membership->homecoming : NULL;
}

static lost *lost_of(const sio_ns *ns, const sio_cluster_session *from)
{
	lost *l = NULL;
	bool good = is_id(from->id) && is_id(from->pid) && from->rooms &&
		    !map_find(&ns->sockets, span_of(from->id));
	if (!good || !(l = calloc(1, sizeof *l)))
		return NULL;
	memcpy(l->id, from->id, ID_LEN);
	memcpy(l->pid, from->pid, ID_LEN);
	l->shared_data = describe_copy(from->data);
	for (size_t i = 0; from->rooms[i]; i++)
		buf_add(&l->rooms, from->rooms[i], strlen(from->rooms[i]) + 1);
	if (!l->rooms.failed && (l->shared_data || !from->data))
		return l;
	json_free(l->shared_data);
	buf_free(&l->rooms);
	free(l);
	return NULL;
}

static void came_at(sio_socket *k, const char *offset)
{
	membership *m = k->membership;
	bool good = offset && cluster_offset_good(offset);
	snprintf(m->came, sizeof m->came, "%s", good ? offset : "");
}

void homecoming_note(sio_socket *k)
{
	came_at(k, k->ns->io->adapter->position(k->ns->place));
}

sio_err sio_cluster_restored(sio_ns *ns, uint64_t number, const sio_cluster_session *saved)
{
	homecoming *h = find(ns, number);
	if (!h)
		return SIO_EGONE;
	sio_socket *k = h->socket;
	lost *l = saved ? lost_of(ns, saved) : NULL;
	timer_stop(ns->io->wheel, &h->deadline);
	if (!l) {
		renounce(k);
		return SIO_OK;
	}
	k->membership->lost = l;
	lost_unpack(k, l);
	k->membership->unsure = saved->unsure;
	came_at(k, saved->since ? saved->since : lost_text(k->auth.tree, "offset"));
	ns_admit_later(k);
	return SIO_OK;
}

static bool any_of(const buf *rooms, const char *const *names)
{
	for (; names && *names; names++)
		if (rooms_have(rooms, *names))
			return true;
	return false;
}

static bool was_for(const lost *l, const sio_delivery *who)
{
	return (!who->to || any_of(&l->rooms, who->to)) && !any_of(&l->rooms, who->except);
}

/* It counts as held for the client. */
static void keep(homecoming *h, missing *one)
{
	session *s = h->socket->client->session;
	size_t size = parcel_size(&one->parcel),
	       cost = size + (1 + one->parcel.nparts) * QUEUE_BLOCK;
	list_append(&h->missed, &one->in_homecoming);
	if (session_hold(s, cost))
		h->held += cost;
	else
		h->failed = true;
	h->size += size;
	h->failed = h->failed || !lost_fits(h->socket, h->size, 0);
}

static void take(homecoming *h, const sio_cluster_message *m)
{
	const sio_event *ev = m->event;
	const wording w = { .event = ev->name, .args = ev->args };
	missing *one = calloc(1, sizeof *one);
	if (one && parcel_make(&one->parcel, h->socket->ns, NULL, &w, m->offset, ev->binary,
			   ev->nbinary)) {
		parcel_mark(&one->parcel, &(traits){ .flags = m->who->flags });
		keep(h, one);
		return;
	}
	if (one)
		parcel_free(&one->parcel);
	free(one);
	h->failed = true;
}

sio_err sio_cluster_missed(sio_ns *ns, uint64_t number, const sio_cluster_message *m)
{
	homecoming *h = find(ns, number);
	if (!m)
		return h ? SIO_OK : SIO_EGONE;
	if (m->type != SIO_CLUSTER_EMIT || !m->offset || !cluster_good(m) ||
		sp_reserved(m->event->name))
		return SIO_EINVAL;
	if (!h || !h->socket->membership->lost)
		return SIO_EGONE;
	if (!m->request && can_be_missed(m->who) && was_for(h->socket->membership->lost, m->who))
		take(h, m);
	if (!h->failed)
		return SIO_OK;
	renounce(h->socket);
	return SIO_EGONE;
}

void sio_cluster_replayed(sio_ns *ns, uint64_t number, bool whole)
{
	homecoming *h = find(ns, number);
	if (!h)
		return;
	sio_socket *k = h->socket;
	/* What was said meanwhile comes behind it, or is not among it. */
	bool adrift = ns->outbox.adrift > h->asked;
	/* And it may have been sent something else. */
	bool fits = lost_fits(k, h->size, 0);
	if (!whole || adrift || !fits || !k->membership->lost) {
		renounce(k);
		return;
	}
	timer_stop(ns->io->wheel, &h->deadline);
	h->done = true;
	ns_advance(k);
}

/* ---- It is let in ---- */

bool homecoming_enter(sio_socket *k)
{
	membership *m = k->membership;
	outbox *b = &k->ns->outbox;
	bool good = lost_rejoin(k, &m->lost->rooms);
	session_let_go(k->client->session, m->homecoming->held);
	m->homecoming->held = 0;
	if (good)
		LIST_EACH (it, &m->homecoming->missed)
			emit_packet(k->client, &LIST_OWNER(it, missing, in_homecoming)->parcel);
	m->entered = b->since = b->last;
	m->unsure = false;
	homecoming_end(k);
	lost_forget(m);
	return good;
}

/* SPDX-License-Identifier: MIT */
/*
 * outbox - events that wait until the adapter says where they stand among those of all servers
 * (protocol-notes/cluster.md, "Recovery across servers").
 *
 * They are for those who matched when they were sent.  What need not wait waits behind them, so
 * that clients hear everything in the order in which it was said.
 */
#include "journal.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct emission {
	list in_outbox;
	uint64_t number;
	bool waits;        /* for the adapter */
	bool kept;         /* by the adapter, as far as is known */
	bool ends_in_text; /* which clients would take for an offset */
	bool asks;
	traits how;
	parcel parcel; /* not sealed */
	size_t size;
	sio_socket **to; /* held; NULL: has been served */
	size_t nto;
	sio_delivery who; /* for those who have come back since */
	const char **names;
	char offset[SIO_REQUEST_MAX + 1]; /* "": none */
} emission;

bool outbox_takes(const sio_ns *ns, const sio_delivery *how)
{
	return !list_empty(&ns->outbox.emissions) ||
	       (can_be_missed(how) && cluster_shared(ns, how));
}

/* ---- Its end ---- */

static void let_go(sio_socket *k)
{
	if (k && !--k->held && k->reaped)
		list_append(&k->ns->io->dead_sockets, &k->in_io);
}

static void emission_free(emission *e)
{
	for (size_t i = 0; i < e->nto; i++)
		let_go(e->to[i]);
	free(e->to);
	free(e->names);
	parcel_free(&e->parcel);
	free(e);
}

static emission *first_of(outbox *b)
{
	return list_empty(&b->emissions) ? NULL
					 : LIST_OWNER(b->emissions.next, emission, in_outbox);
}

static void take_out(outbox *b, emission *e)
{
	b->size -= e->size;
	list_remove(&e->in_outbox);
}

void outbox_clear(sio_ns *ns)
{
	emission *e;
	while ((e = first_of(&ns->outbox)) != NULL) {
		take_out(&ns->outbox, e);
		emission_free(e);
	}
}

/* ---- Its beginning ---- */

static size_t count(const char *const *names, size_t *size)
{
	size_t n = 0;
	for (; names && names[n]; n++)
		*size += strlen(names[n]) + 1;
	return n;
}

static const char *const *copy(const char **to, const char *const *names, size_t n, char **text)
{
	for (size_t i = 0; i < n; i++) {
		to[i] = *text;
		*text = stpcpy(*text, names[i]) + 1;
	}
	to[n] = NULL;
	return names ? to : NULL;
}

/* In one block: two lists of pointers, and the texts.  false: out of memory. */
static bool copy_who(emission *e, const sio_delivery *who)
{
	size_t size = 0, nto = count(who->to, &size), nexcept = count(who->except, &size);
	size_t pointers = (nto + nexcept + 2) * sizeof *e->names;
	e->names = malloc(pointers + size);
	if (!e->names)
		return false;
	char *text = (char *)e->names + pointers;
	e->who.to = copy(e->names, who->to, nto, &text);
	e->who.except = copy(e->names + nto + 1, who->except, nexcept, &text);
	e->size += pointers + size;
	return true;
}

static bool copy_sockets(emission *e, const gathering *to)
{
	e->to = malloc((to->len + 1) * sizeof(sio_socket *));
	if (!e->to)
		return false;
	for (; e->nto < to->len; e->nto++) {
		e->to[e->nto] = to->at[e->nto];
		e->to[e->nto]->held++;
	}
	e->size += to->len * sizeof(sio_socket *);
	return true;
}

/* ---- Delivery ---- */

/* One without an offset of its own must not spoil the one that the client has. */
static const char *offset_of(const sio_ns *ns, const emission *e)
{
	if (e->offset[0])
		return e->offset;
	return e->ends_in_text && !e->asks ? ns->io->adapter->position(ns->place) : NULL;
}

/* false: out of memory; nobody gets it, and who comes back has missed it. */
static bool seal(sio_ns *ns, const emission *e, parcel *p)
{
	if (!parcel_seal(p, ns, offset_of(ns, e)))
		return false;
	parcel_mark(p, &e->how);
	return true;
}

static void deliver(sio_socket *k, const emission *e, const parcel *p)
{
	bool skips = e->how.flags & SIO_VOLATILE && !session_writable(k->client->session);
	if (!skips)
		emit_packet(k->client, p);
}

static void deliver_if_back(sio_socket *k, void *user)
{
	const emission *e = user;
	if (k->membership && k->membership->entered >= e->number)
		deliver(k, e, &e->parcel);
}

/* Who has come back since was not told of it with what it had missed.  Nor will be who is about to,
 * if it is not known where it stands. */
static void deliver_all(sio_ns *ns, emission *e)
{
	if (e->kept && !e->offset[0])
		ns->outbox.adrift = e->number;
	for (size_t i = 0; i < e->nto; i++)
		if (e->to[i] && e->to[i]->state == SOCKET_CONNECTED)
			deliver(e->to[i], e, &e->parcel);
	if (ns->outbox.since >= e->number && e->kept)
		room_match(ns, &e->who, deliver_if_back, e);
}

static void run(sio_ns *ns)
{
	emission *e;
	while ((e = first_of(&ns->outbox)) != NULL && !e->waits) {
		take_out(&ns->outbox, e);
		if (seal(ns, e, &e->parcel))
			deliver_all(ns, e);
		emission_free(e);
	}
}

/* Where too much waits it is delivered without offsets. */
static void limit(sio_ns *ns)
{
	if (ns->outbox.size <= ns->io->options.recovery_bytes)
		return;
	LIST_EACH (it, &ns->outbox.emissions)
		LIST_OWNER(it, emission, in_outbox)->waits = false;
	run(ns);
}

uint64_t outbox_add(sio_ns *ns, const sio_delivery *how, const wording *w, const parcel *p,
	const traits *t, const gathering *to)
{
	outbox *b = &ns->outbox;
	emission *e = calloc(1, sizeof *e);
	if (!e)
		return 0;
	e->size = sizeof *e + parcel_size(p);
	if (!parcel_share(&e->parcel, p) || !copy_who(e, how) || !copy_sockets(e, to)) {
		emission_free(e);
		return 0;
	}
	e->number = ++b->last;
	e->waits = true;
	e->kept = can_be_missed(how) && cluster_shared(ns, how);
	e->ends_in_text = w->event && parcel_ends_in_text(w);
	e->asks = how->on_ack != NULL;
	e->how = *t;
	/* An answer is waited for. */
	if (e->asks)
		e->how = (traits){ .flags = t->flags & ~(unsigned)SIO_VOLATILE };
	b->size += e->size;
	list_append(&b->emissions, &e->in_outbox);
	uint64_t number = e->number;
	limit(ns);
	return number;
}

void outbox_sent(sio_ns *ns, uint64_t number, const char *offset)
{
	LIST_EACH (it, &ns->outbox.emissions) {
		emission *e = LIST_OWNER(it, emission, in_outbox);
		if (e->number != number || !e->waits)
			continue;
		e->waits = false;
		if (offset && cluster_offset_good(offset))
			snprintf(e->offset, sizeof e->offset, "%s", offset);
		run(ns);
		return;
	}
}

void sio_cluster_sent(sio_ns *ns, uint64_t number, const char *offset)
{
	outbox_sent(ns, number, offset);
}

static void hurry(sio_socket *k, emission *e)
{
	parcel p;
	if (parcel_share(&p, &e->parcel) && seal(k->ns, e, &p))
		deliver(k, e, &p);
	parcel_free(&p);
}

void outbox_hurry(sio_socket *k)
{
	if (!k->held)
		return;
	LIST_EACH (it, &k->ns->outbox.emissions) {
		emission *e = LIST_OWNER(it, emission, in_outbox);
		for (size_t i = 0; i < e->nto; i++) {
			if (e->to[i] != k)
				continue;
			hurry(k, e);
			e->to[i] = NULL;
			let_go(k);
		}
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * cluster - namespaces that are shared with other servers: what is said to them, and what they
 * answer (protocol-notes/cluster.md).
 *
 * The adapter carries messages and counts servers.  A request is over when as many servers have
 * answered as there are, and for acks as many clients as they have said.
 */
#include "../base/text.h"
#include "io.h"
#include "json.h"
#include <stdlib.h>

/* What an inquiry waits for. */
typedef struct remote {
	map_node by_request;
	inquiry *inquiry;
	sio_cluster_type asked;
	bool counted;     /* it is known how many servers there are */
	unsigned servers; /* without this one */
	unsigned heard;
	size_t receivers, answered; /* clients of theirs */
	timer deadline;
	char request[ID_LEN + 1];
} remote;

enum { TIMEOUT_MS = 5000 };

/* ---- Places ---- */

bool cluster_open(sio_ns *ns)
{
	const sio_adapter *a = ns->io->adapter;
	if (a)
		ns->place = a->open(ns, a->user);
	return !a || ns->place;
}

void cluster_close(sio_ns *ns)
{
	outbox_clear(ns);
	if (ns->place)
		ns->io->adapter->close(ns->place);
	ns->place = NULL;
}

static bool complete(const sio_adapter *a)
{
	bool keeps = a && a->save && a->restore && a->replay && a->position;
	bool forgets = a && !a->save && !a->restore && !a->replay && !a->position;
	return a && a->open && a->close && a->send && a->count && (keeps || forgets);
}

static void close_all(io *o)
{
	for (map_node *it = map_next(&o->namespaces, NULL); it; it = map_next(&o->namespaces, it))
		cluster_close(MAP_OWNER(it, sio_ns, by_name));
}

static bool open_all(io *o)
{
	for (map_node *it = map_next(&o->namespaces, NULL); it; it = map_next(&o->namespaces, it))
		if (!cluster_open(MAP_OWNER(it, sio_ns, by_name)))
			return false;
	return true;
}

sio_err sio_use_adapter(sio_server *s, const sio_adapter *adapter)
{
	io *o = io_of(s);
	if (o->adapter || !complete(adapter))
		return SIO_EINVAL;
	o->adapter = malloc(sizeof *adapter);
	if (!o->adapter)
		return SIO_ENOMEM;
	*o->adapter = *adapter;
	if (!o->adapter->timeout_ms)
		o->adapter->timeout_ms = TIMEOUT_MS;
	if (open_all(o))
		return SIO_OK;
	close_all(o);
	free(o->adapter);
	o->adapter = NULL;
	return SIO_ENOMEM;
}

/* ---- Out ---- */

bool cluster_shared(const sio_ns *ns, const sio_delivery *who)
{
	if (!ns->place)
		return false;
	/* An empty list is nobody here, and everybody elsewhere. */
	return !who || (!(who->flags & SIO_LOCAL) && (!who->to || who->to[0]));
}

sio_err cluster_send(sio_ns *ns, const sio_cluster_message *m)
{
	return ns->place ? ns->io->adapter->send(ns->place, m) : SIO_EGONE;
}

/* ---- Requests ---- */

static void remote_free(remote *r)
{
	io *o = r->inquiry->ns->io;
	map_remove(&o->requests, &r->by_request);
	timer_stop(o->wheel, &r->deadline);
	ns_errand_done(r->inquiry->ns);
	r->inquiry->remote = NULL;
	free(r);
}

void cluster_forget(inquiry *q)
{
	if (q->remote)
		remote_free(q->remote);
}

/* The inquiry goes on with those that are left, which may be nobody. */
static void remote_end(remote *r, sio_err err)
{
	inquiry *q = r->inquiry;
	q->err = q->err ? q->err : err;
	remote_free(r);
	inquiry_check(q);
}

static void remote_due(timer *t)
{
	remote_end(LIST_OWNER(t, remote, deadline), SIO_ETIMEDOUT);
}

static void remote_check(remote *r)
{
	if (r->counted && r->heard >= r->servers && r->answered >= r->receivers)
		remote_end(r, SIO_OK);
}

static remote *remote_new(inquiry *q, sio_cluster_type asked)
{
	io *o = q->ns->io;
	remote *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->inquiry = q;
	r->asked = asked;
	timer_init(&r->deadline, remote_due);
	random_id(r->request);
	map_add(&o->requests, &r->by_request, (span){ r->request, ID_LEN });
	q->remote = r;
	q->ns->errands++;
	return r;
}

/* Its answer may be there before send() has returned, and so may be the count. */
void cluster_ask(inquiry *q, sio_cluster_message *m)
{
	sio_ns *ns = q->ns;
	const sio_adapter *a = ns->io->adapter;
	remote *r = remote_new(q, m->type);
	if (!r) {
		q->err = SIO_ENOMEM;
		return;
	}
	unsigned ms = m->who && m->who->timeout_ms ? m->who->timeout_ms : a->timeout_ms;
	timer_start(ns->io->wheel, &r->deadline, io_time(ns->io) + ms);
	m->request = r->request;
	sio_err err = cluster_send(ns, m);
	if (err)
		remote_end(r, err);
	else
		a->count(ns->place, r->request);
}

static remote *remote_find(sio_ns *ns, const char *request)
{
	map_node *node = request ? map_find(&ns->io->requests, span_of(request)) : NULL;
	remote *r = node ? MAP_OWNER(node, remote, by_request) : NULL;
	return r && r->inquiry->ns == ns ? r : NULL;
}

void sio_cluster_count(sio_ns *ns, const char *request, unsigned servers)
{
	remote *r = remote_find(ns, request);
	if (!r)
		return;
	r->counted = true;
	r->servers = servers ? servers - 1 : 0;
	remote_check(r);
}

/* ---- Answers ---- */

/* One client's, or one server's: its first argument counts. */
static void take_ack(remote *r, const sio_event *ev)
{
	inquiry *q = r->inquiry;
	const cJSON *first = ev->args->child;
	inquiry_keep(q, first ? describe_copy(first) : cJSON_CreateNull());
	if (q->on_answer) {
		sio_event told = *ev;
		told.ack = (sio_ack){ q->ns->io->server, 0 };
		q->on_answer(NULL, &told, q->user);
	}
}

static void take_all(remote *r, const cJSON *tree)
{
	const cJSON *item;
	cJSON_ArrayForEach (item, tree)
		inquiry_keep(r->inquiry, describe_copy(item));
}

static const struct {
	sio_cluster_type asked;
	bool event; /* comes with one; otherwise with a tree, or a number */
	bool tree;
} answers[] = {
	[SIO_CLUSTER_RECEIVERS] = { .asked = SIO_CLUSTER_EMIT },
	[SIO_CLUSTER_ANSWER] = { .asked = SIO_CLUSTER_EMIT, .event = true },
	[SIO_CLUSTER_SOCKETS] = { .asked = SIO_CLUSTER_FETCH, .tree = true },
	[SIO_CLUSTER_ROOM_NAMES] = { .asked = SIO_CLUSTER_ROOMS, .tree = true },
	[SIO_CLUSTER_SERVER_ANSWER] = { .asked = SIO_CLUSTER_SERVER_EMIT, .event = true },
};

/* Who is told of an answer may bring the inquiry to its end. */
sio_err cluster_answer(sio_ns *ns, const sio_cluster_message *m)
{
	remote *r = remote_find(ns, m->request);
	if ((answers[m->type].event && !m->event) ||
		(answers[m->type].tree && !cJSON_IsArray(m->tree)))
		return SIO_EINVAL;
	if (!r || r->asked != answers[m->type].asked)
		return SIO_EGONE;
	if (m->type == SIO_CLUSTER_RECEIVERS)
		r->receivers += m->count;
	if (m->type == SIO_CLUSTER_ANSWER)
		r->answered++;
	else
		r->heard++;
	if (m->event)
		take_ack(r, m->event);
	if (m->tree)
		take_all(r, m->tree);
	r = remote_find(ns, m->request);
	if (r)
		remote_check(r);
	return SIO_OK;
}

/* ---- The end ---- */

void cluster_end(io *o)
{
	map_node *node;
	if (!o->adapter)
		return;
	while ((node = map_next(&o->requests, NULL)) != NULL)
		remote_end(MAP_OWNER(node, remote, by_request), SIO_EGONE);
	errands_end(o);
	close_all(o);
	if (o->adapter->end)
		o->adapter->end(o->adapter->user);
	free(o->adapter);
	o->adapter = NULL;
}

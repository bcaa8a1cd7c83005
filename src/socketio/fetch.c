/* SPDX-License-Identifier: MIT */
/* fetch - what the application asks of all servers that share a namespace, or tells them
 * (protocol-notes/cluster.md). */
#include "io.h"
#include "json.h"
#include <stdlib.h>

static const sio_delivery everyone;

static bool keep_all(inquiry *q, cJSON *tree)
{
	while (tree && tree->child)
		inquiry_keep(q, cJSON_DetachItemViaPointer(tree, tree->child));
	json_free(tree);
	return tree && !q->err;
}

static void describe(sio_socket *k, void *user)
{
	inquiry_keep(user, describe_socket(k));
}

/* Of an inquiry in which this server has had its say; m NULL: nobody else is asked. */
static sio_err ask_others(inquiry *q, sio_cluster_message *m)
{
	if (q->err) {
		inquiry_free(q);
		return SIO_ENOMEM;
	}
	if (m)
		cluster_ask(q, m);
	inquiry_begin(q, 0);
	return SIO_OK;
}

static inquiry *open_inquiry(sio_ns *ns, sio_ack_fn *fn, void *user)
{
	return inquiry_new(ns, &(sio_delivery){ .on_ack = fn, .user = user }, false);
}

sio_err sio_fetch(sio_ns *ns, const sio_delivery *who, sio_ack_fn *fn, void *user)
{
	sio_cluster_message m = { .type = SIO_CLUSTER_FETCH, .who = who ? who : &everyone };
	if (!fn || ns->rule)
		return SIO_EINVAL;
	inquiry *q = open_inquiry(ns, fn, user);
	if (!q)
		return SIO_ENOMEM;
	room_match(ns, who, describe, q);
	return ask_others(q, cluster_shared(ns, who) ? &m : NULL);
}

sio_err sio_fetch_rooms(sio_ns *ns, const sio_delivery *how, sio_ack_fn *fn, void *user)
{
	sio_cluster_message m = { .type = SIO_CLUSTER_ROOMS, .who = how ? how : &everyone };
	if (!fn || ns->rule || (how && (how->to || how->except)))
		return SIO_EINVAL;
	inquiry *q = open_inquiry(ns, fn, user);
	if (!q)
		return SIO_ENOMEM;
	q->unite = true;
	if (!keep_all(q, describe_rooms(ns)))
		q->err = SIO_ENOMEM;
	return ask_others(q, cluster_shared(ns, how) ? &m : NULL);
}

/* ---- Events for servers ---- */

static bool reserved(const char *event)
{
	static const char *const names[] = { "connect", "connection", "new_namespace" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(event, names[i]))
			return true;
	return false;
}

static sio_err check(
	const sio_ns *ns, const sio_delivery *how, const char *event, const cJSON *args)
{
	if (!args)
		return SIO_ENOMEM;
	if (!event || reserved(event) || ns->rule || !cJSON_IsArray(args))
		return SIO_EINVAL;
	if (how->to || how->except || (how->on_answer && !how->on_ack) ||
		(how->nbinary && !how->binary))
		return SIO_EINVAL;
	return SIO_OK;
}

static sio_err server_side_emit(
	sio_ns *ns, const sio_delivery *how, const char *event, const cJSON *args)
{
	const sio_event ev = {
		.name = event, .args = args, .binary = how->binary, .nbinary = how->nbinary
	};
	sio_cluster_message m = { .type = SIO_CLUSTER_SERVER_EMIT, .who = how, .event = &ev };
	bool shared = cluster_shared(ns, how);
	sio_err err = check(ns, how, event, args);
	if (err)
		return err;
	if (!how->on_ack)
		return shared ? cluster_send(ns, &m) : SIO_OK;
	inquiry *q = inquiry_new(ns, how, false);
	return q ? ask_others(q, shared ? &m : NULL) : SIO_ENOMEM;
}

sio_err sio_server_side_emit(sio_ns *ns, const sio_delivery *how, const char *event, cJSON *args)
{
	sio_err err = server_side_emit(ns, how ? how : &everyone, event, args);
	json_free(args);
	return err;
}

sio_err sio_on_server_side(sio_ns *ns, const char *event, sio_server_event_fn *fn, void *user)
{
	if (!fn || !event || reserved(event) || ns->rule)
		return SIO_EINVAL;
	event_list *l = event_list_get(&ns->server_events, event);
	handler_yard *yard = &ns->io->handlers;
	return l && handler_add(yard, &l->handlers, (handler_fn *)fn, user, false) ? SIO_OK
										   : SIO_ENOMEM;
}

void sio_off_server_side(sio_ns *ns, const char *event, sio_server_event_fn *fn)
{
	event_list *l = event ? event_list_find(&ns->server_events, span_of(event)) : NULL;
	if (l)
		handler_remove_matching(&ns->io->handlers, &l->handlers, (handler_fn *)fn);
}

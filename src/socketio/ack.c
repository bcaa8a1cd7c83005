/* SPDX-License-Identifier: MIT */
/* ack - answers that we wait for (protocol-notes/socket.io.md, "Acks").  Each inquiry calls back
 * exactly once. */
#include "../base/json_scan.h"
#include "io.h"
#include "json.h"
#include <stdlib.h>

/* One socket that has been asked.  The pair is the key under which its namespace finds it: without
 * padding, whatever the size of a pointer. */
typedef struct ask {
	map_node by_both;
	struct {
		uint64_t socket, id;
	} key;
	list in_owner; /* of asks of its socket; of answers of its client, while one is kept */
	list in_inquiry;
	inquiry *inquiry;
	client *client;
	size_t held; /* what the answer costs that is kept */
} ask;

static span key_of(const ask *a)
{
	return (span){ (const char *)&a->key, sizeof a->key };
}

static void ask_free(ask *a)
{
	if (a->held)
		session_let_go(a->client->session, a->held);
	else
		map_remove(&a->inquiry->ns->asks, &a->by_both);
	list_remove(&a->in_owner);
	list_remove(&a->in_inquiry);
	free(a);
}

static ask *asked(list *in_inquiry)
{
	return LIST_OWNER(in_inquiry, ask, in_inquiry);
}

static void forget_all(inquiry *q)
{
	timer_stop(q->ns->io->wheel, &q->deadline);
	cluster_forget(q);
	while (!list_empty(&q->asks))
		ask_free(asked(q->asks.next));
}

void inquiry_finish(inquiry *q, sio_err err)
{
	io *o = q->ns->io;
	q->done = true;
	q->err = err;
	forget_all(q);
	io_put_off(o, &o->finished, &q->in_io);
}

void inquiry_check(inquiry *q)
{
	if (q->begun && !q->done && !q->remote && list_empty(&q->asks))
		inquiry_finish(q, q->err);
}

static void deadline_due(timer *t)
{
	inquiry_finish(LIST_OWNER(t, inquiry, deadline), SIO_ETIMEDOUT);
}

inquiry *inquiry_new(sio_ns *ns, const sio_delivery *how, bool single)
{
	inquiry *q = calloc(1, sizeof *q);
	if (!q)
		return NULL;
	q->ns = ns;
	q->id = ns->next_ack;
	q->single = single;
	q->fn = how->on_ack;
	q->on_answer = how->on_answer;
	q->user = how->user;
	q->answers = single ? NULL : cJSON_CreateArray();
	list_init(&q->in_io);
	list_init(&q->asks);
	list_init(&q->kept);
	timer_init(&q->deadline, deadline_due);
	if (!single && !q->answers) {
		free(q);
		return NULL;
	}
	return q;
}

bool inquiry_add(inquiry *q, sio_socket *k)
{
	ask *a = malloc(sizeof *a);
	if (!a)
		return false;
	a->key.socket = (uintptr_t)k;
	a->key.id = q->id;
	a->inquiry = q;
	a->client = k->client;
	a->held = 0;
	map_add(&q->ns->asks, &a->by_both, key_of(a));
	list_append(&k->asks, &a->in_owner);
	list_append(&q->asks, &a->in_inquiry);
	return true;
}

void inquiry_begin(inquiry *q, unsigned timeout_ms)
{
	io *o = q->ns->io;
	q->begun = true;
	q->strict = timeout_ms > 0;
	inquiry_check(q);
	if (!q->done && timeout_ms)
		timer_start(o->wheel, &q->deadline, io_time(o) + timeout_ms);
}

void inquiry_free(inquiry *q)
{
	forget_all(q);
	while (!list_empty(&q->kept))
		ask_free(asked(q->kept.next));
	list_remove(&q->in_io);
	json_free(q->answers);
	free(q);
}

static int compare_texts(const void *a, const void *b)
{
	const cJSON *const *one = a, *const *other = b;
	return strcmp((*one)->valuestring, (*other)->valuestring);
}

/* Of equal texts one stays; what is no text goes.  Without memory all stay. */
static void unite(cJSON *texts)
{
	size_t n = 0, len = (size_t)cJSON_GetArraySize(texts);
	cJSON **all = malloc((len + 1) * sizeof(cJSON *)), *next;
	for (cJSON *it = texts->child; all && it; it = next) {
		next = it->next;
		if (cJSON_IsString(it))
			all[n++] = it;
		else
			json_free(cJSON_DetachItemViaPointer(texts, it));
	}
	if (all)
		qsort(all, n, sizeof(cJSON *), compare_texts);
	for (size_t i = 1; all && i < n; i++)
		if (!strcmp(all[i - 1]->valuestring, all[i]->valuestring))
			json_free(cJSON_DetachItemViaPointer(texts, all[i - 1]));
	free(all);
}

void inquiry_finished(inquiry *q)
{
	if (q->unite)
		unite(q->answers);
	q->fn(q->err, q->single && q->err ? NULL : q->answers, q->user);
	list_append(&q->ns->io->dead_inquiries, &q->in_io);
}

/* With a deadline everyone has to answer, without one only those who stay; and where nobody is left
 * to answer there is nothing to wait for. */
void ack_forget(sio_socket *k)
{
	while (!list_empty(&k->asks)) {
		ask *a = LIST_OWNER(k->asks.next, ask, in_owner);
		inquiry *q = a->inquiry;
		ask_free(a);
		if (q->single)
			q->err = SIO_EGONE;
		else if (q->strict)
			q->err = SIO_ETIMEDOUT;
		inquiry_check(q);
	}
}

void inquiry_keep(inquiry *q, cJSON *answer)
{
	if (answer)
		cJSON_AddItemToArray(q->answers, answer);
	else
		q->err = SIO_ENOMEM;
}

/* Of many, the first argument of each counts; of one, all of its arguments. */
static void keep_answer(inquiry *q, cJSON *args)
{
	if (q->single) {
		q->answers = args;
		return;
	}
	inquiry_keep(q,
		args->child ? cJSON_DetachItemViaPointer(args, args->child) : cJSON_CreateNull());
	json_free(args);
}

static bool read_args(client *c, span payload, size_t nparts, held_tree *args)
{
	if (payload.len)
		held_read(c, payload, json_parse_within, args);
	else
		args->tree = cJSON_CreateArray();
	return cJSON_IsArray(args->tree) && sp_placeholders_valid(args->tree, nparts);
}

/* What stands between the brackets of an array. */
static sio_bytes args_text(span payload)
{
	const char *end = payload.at + payload.len;
	while (end > payload.at && end[-1] != ']')
		end--;
	size_t space =
		payload.len ? 1 + json_scan_space((span){ payload.at + 1, payload.len - 1 }) : 0;
	const char *at = payload.at + space;
	size_t len = end > at ? (size_t)(end - at) - 1 : 0;
	while (len && json_scan_space((span){ at + len - 1, 1 }))
		len--;
	return (sio_bytes){ at, len };
}

/* The answer counts as held for its client as long as the inquiry lasts. */
static void keep_held(ask *a, held_tree *args)
{
	inquiry *q = a->inquiry;
	map_remove(&q->ns->asks, &a->by_both);
	list_remove(&a->in_owner);
	list_remove(&a->in_inquiry);
	list_append(&a->client->answers, &a->in_owner);
	list_append(&q->kept, &a->in_inquiry);
	a->held = args->cost;
}

bool ack_answer(sio_socket *k, const sp_packet *p, const sio_bytes *parts, size_t nparts)
{
	ask wanted = { .key = { (uintptr_t)k, p->id } };
	held_tree args = { 0 };
	bool good = read_args(k->client, p->payload, nparts, &args);
	map_node *node = good && p->has_id ? map_find(&k->ns->asks, key_of(&wanted)) : NULL;

	if (!node) { /* broken, answered before, or too late */
		held_free(k->client, &args);
		return good;
	}
	ask *a = MAP_OWNER(node, ask, by_both);
	inquiry *q = a->inquiry;
	if (args.cost)
		keep_held(a, &args);
	else
		ask_free(a);
	if (q->on_answer) {
		sio_event ev = { .args = args.tree,
			.json = args_text(p->payload),
			.binary = parts,
			.nbinary = nparts,
			.ack = { k->ns->io->server, 0 } };
		q->on_answer(k, &ev, q->user);
	}
	keep_answer(q, args.tree);
	inquiry_check(q);
	return true;
}

void ack_let_go_all(client *c)
{
	while (!list_empty(&c->answers))
		ask_free(LIST_OWNER(c->answers.next, ask, in_owner));
}

/* SPDX-License-Identifier: MIT */
/* cluster - an adapter that joins the labs of one process. */
#include "cluster.h"
#include "lab.h"
#include <stdio.h>
#include <stdlib.h>

#define SURE(x)                                                                                    \
	((x) ? (void)0 : (fprintf(stderr, "cluster: %s:%d: %s\n", __FILE__, __LINE__, #x), abort()))

enum { TEXTS = 16, TEXT = 128, PARTS = 4 };

/* A message, copied: as a wire would carry it. */
typedef struct letter {
	struct letter *next;
	cluster_member *from, *to; /* to NULL: all others */
	char nsp[TEXT];
	sio_cluster_message m;
	sio_delivery who;
	sio_event event;
	char request[TEXT], peer[TEXT], name[TEXT];
	const char *to_rooms[TEXTS], *except[TEXTS], *rooms[TEXTS];
	sio_bytes parts[PARTS];
	cJSON *args, *tree;
} letter;

typedef struct place {
	cluster_member *member;
	sio_ns *ns;
} place;

static const char *const *copy_texts(const char **to, const char *const *from)
{
	size_t n = 0;
	for (; from && from[n]; n++) {
		SURE(n + 1 < TEXTS);
		to[n] = strdup(from[n]);
	}
	return from ? to : NULL;
}

static void free_texts(const char **texts)
{
	for (size_t i = 0; i < TEXTS && texts[i]; i++)
		free((void *)(uintptr_t)texts[i]);
}

static const char *copy_text(char *to, const char *from)
{
	if (from)
		snprintf(to, TEXT, "%s", from);
	return from ? to : NULL;
}

static bool copy_event(letter *l, const sio_event *ev)
{
	SURE(ev->nbinary <= PARTS);
	for (size_t i = 0; i < ev->nbinary; i++) {
		void *copy = malloc(ev->binary[i].len + 1);
		if (!copy)
			return false;
		memcpy(copy, ev->binary[i].data, ev->binary[i].len);
		l->parts[i] = (sio_bytes){ copy, ev->binary[i].len };
	}
	l->args = cJSON_Duplicate(ev->args, true);
	l->event = (sio_event){ .name = copy_text(l->name, ev->name),
		.args = l->args,
		.binary = l->parts,
		.nbinary = ev->nbinary };
	l->m.event = &l->event;
	return l->args;
}

static void letter_free(letter *l)
{
	free_texts(l->to_rooms);
	free_texts(l->except);
	free_texts(l->rooms);
	for (size_t i = 0; i < PARTS; i++)
		free((void *)(uintptr_t)l->parts[i].data);
	cJSON_Delete(l->args);
	cJSON_Delete(l->tree);
	free(l);
}

/* NULL: out of memory. */
static letter *letter_new(const place *p, const sio_cluster_message *m)
{
	letter *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->from = p->member;
	copy_text(l->nsp, sio_ns_name(p->ns));
	l->m = *m;
	l->m.request = copy_text(l->request, m->request);
	/* A request comes in with the name of who asked. */
	snprintf(l->peer, TEXT, "%d", (int)(p->member - p->member->all->members));
	l->m.peer = l->peer;
	if (m->who) {
		l->who = *m->who;
		l->who.to = copy_texts(l->to_rooms, m->who->to);
		l->who.except = copy_texts(l->except, m->who->except);
		l->who.on_ack = NULL;
		l->who.on_answer = NULL;
		l->who.binary = NULL;
		l->who.nbinary = 0;
		l->m.who = &l->who;
	}
	l->m.rooms = copy_texts(l->rooms, m->rooms);
	l->m.tree = l->tree = m->tree ? cJSON_Duplicate(m->tree, true) : NULL;
	if ((m->tree && !l->tree) || (m->event && !copy_event(l, m->event))) {
		letter_free(l);
		return NULL;
	}
	return l;
}

/* ---- The adapter ---- */

static void *member_open(sio_ns *ns, void *user)
{
	cluster_member *member = user;
	place *p = member->full ? NULL : malloc(sizeof *p);
	if (!p)
		return NULL;
	*p = (place){ member, ns };
	member->places++;
	return p;
}

static void member_close(void *at)
{
	((place *)at)->member->places--;
	free(at);
}

static sio_err member_send(void *at, const sio_cluster_message *m)
{
	place *p = at;
	cluster *c = p->member->all;
	bool answers = m->type >= SIO_CLUSTER_RECEIVERS;
	if (p->member->away)
		return SIO_EIO;
	letter *l = letter_new(p, m);
	letter **end = &c->letters;
	if (!l)
		return SIO_ENOMEM;
	if (answers)
		l->to = &c->members[atoi(m->peer)];
	p->member->sent++;
	while (*end)
		end = &(*end)->next;
	*end = l;
	return SIO_OK;
}

static void member_count(void *at, const char *request)
{
	place *p = at;
	cluster *c = p->member->all;
	if (!p->member->away)
		sio_cluster_count(p->ns, request, (unsigned)c->n + c->extra);
}

static void member_room(void *at, const char *name, bool begins)
{
	char *rooms = ((place *)at)->member->rooms;
	size_t len = strlen(rooms), left = sizeof((cluster_member *)0)->rooms - len;
	snprintf(rooms + len, left, "%c%s ", begins ? '+' : '-', name);
}

static void member_end(void *user)
{
	((cluster_member *)user)->ended = true;
}

void cluster_init(cluster *c)
{
	*c = (cluster){ 0 };
}

sio_err cluster_join(cluster *c, sio_server *s, unsigned timeout_ms)
{
	SURE(c->n < CLUSTER_MAX);
	cluster_member *member = &c->members[c->n];
	*member = (cluster_member){ .all = c, .server = s, .full = member->full };
	const sio_adapter adapter = { .open = member_open,
		.close = member_close,
		.send = member_send,
		.count = member_count,
		.room = member_room,
		.end = member_end,
		.timeout_ms = timeout_ms,
		.user = member };
	sio_err err = sio_use_adapter(s, &adapter);
	c->n += err == SIO_OK;
	return err;
}

static void hand_over(const letter *l, cluster_member *to)
{
	sio_ns *ns = to->ended ? NULL : ns_find(io_of(to->server), span_of(l->nsp));
	if (to == l->from || (l->to && l->to != to) || to->mute || !ns)
		return;
	sio_cluster_receive(ns, &l->m);
	end_turn(to->server);
}

void cluster_turn(cluster *c)
{
	letter *l;
	for (size_t i = 0; i < c->n; i++)
		if (!c->members[i].ended)
			end_turn(c->members[i].server);
	while ((l = c->letters) != NULL) {
		c->letters = l->next;
		for (size_t i = 0; i < c->n; i++)
			hand_over(l, &c->members[i]);
		letter_free(l);
	}
}

void cluster_fini(cluster *c)
{
	letter *l;
	while ((l = c->letters) != NULL) {
		c->letters = l->next;
		letter_free(l);
	}
}

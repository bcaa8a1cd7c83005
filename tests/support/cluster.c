/* SPDX-License-Identifier: MIT */
/* cluster - an adapter that joins the labs of one process. */
#include "cluster.h"
#include "lab.h"
#include <stdio.h>
#include <stdlib.h>

#define SURE(x)                                                                                    \
	((x) ? (void)0 : (fprintf(stderr, "cluster: %s:%d: %s\n", __FILE__, __LINE__, #x), abort()))

enum { TEXTS = 16, TEXT = 128, PARTS = 4 };

typedef enum letter_kind { MESSAGE, RESTORE, REPLAY } letter_kind;

/* A message, copied: as a wire would carry it; or a question. */
typedef struct letter {
	struct letter *next;
	letter_kind kind;
	unsigned nth; /* its number among those that are kept */
	char offset[TEXT], pid[TEXT];
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

static void post(cluster *c, letter *l)
{
	letter **end = &c->letters;
	while (*end)
		end = &(*end)->next;
	*end = l;
}

static void free_all(letter **all)
{
	letter *l;
	while ((l = *all) != NULL) {
		*all = l->next;
		letter_free(l);
	}
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
	if (!l)
		return SIO_ENOMEM;
	if (answers)
		l->to = &c->members[atoi(m->peer)];
	p->member->sent++;
	post(c, l);
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

/* ---- What is kept ---- */

static void add_word(char *to, const char *word)
{
	SURE(strlen(to) + strlen(word) + 2 < CLUSTER_TEXT);
	strcat(strcat(to, word), " ");
}

static void member_save(void *at, const sio_cluster_session *s, unsigned ms)
{
	cluster *c = ((place *)at)->member->all;
	if (c->nlost == CLUSTER_LOST)
		memmove(c->lost, c->lost + 1, --c->nlost * sizeof *c->lost);
	cluster_lost *l = &c->lost[c->nlost++];
	*l = (cluster_lost){ .ms = ms, .unsure = s->unsure };
	snprintf(l->id, sizeof l->id, "%s", s->id);
	snprintf(l->pid, sizeof l->pid, "%s", s->pid);
	for (size_t i = 0; s->rooms[i]; i++)
		add_word(l->rooms, s->rooms[i]);
	if (s->data)
		SURE(cJSON_PrintPreallocated(
			(cJSON *)(uintptr_t)s->data, l->data, sizeof l->data, false));
}

static sio_err ask(void *at, letter_kind kind, uint64_t number, const char *pid, const char *offset)
{
	place *p = at;
	letter *l = p->member->away ? NULL : calloc(1, sizeof *l);
	if (!l)
		return SIO_EGONE;
	l->kind = kind;
	l->from = p->member;
	l->m.number = number;
	copy_text(l->nsp, sio_ns_name(p->ns));
	copy_text(l->pid, pid);
	copy_text(l->offset, offset);
	post(p->member->all, l);
	return SIO_OK;
}

static sio_err member_restore(
	void *at, uint64_t number, const char *pid, const char *offset, unsigned ms)
{
	(void)ms;
	return ask(at, RESTORE, number, pid, offset);
}

static sio_err member_replay(void *at, uint64_t number, const char *offset)
{
	return ask(at, REPLAY, number, NULL, offset);
}

static const char *member_position(void *at)
{
	const char *last = ((place *)at)->member->at;
	return *last ? last : NULL;
}

static sio_ns *ns_of(const cluster_member *m, const letter *l)
{
	return m->ended ? NULL : ns_find(io_of(m->server), span_of(l->nsp));
}

static void restore(cluster *c, const letter *l)
{
	const char *rooms[TEXTS] = { NULL };
	cluster_lost found = { .ms = 0 }, kept;
	size_t n = 0, i = 0;
	while (i < c->nlost && strcmp(c->lost[i].pid, l->pid) != 0)
		i++;
	bool there = i < c->nlost;
	if (there) {
		found = c->lost[i];
		c->lost[i] = c->lost[--c->nlost];
	}
	kept = found;
	for (char *word = strtok(found.rooms, " "); word; word = strtok(NULL, " "))
		rooms[n++] = word;
	cJSON *data = found.data[0] ? cJSON_Parse(found.data) : NULL;
	const sio_cluster_session s = { found.id, found.pid, rooms, data, found.unsure, NULL };
	sio_ns *ns = ns_of(l->from, l);
	bool gone = !ns || sio_cluster_restored(ns, l->m.number, there ? &s : NULL) == SIO_EGONE;
	if (there && gone)
		c->lost[c->nlost++] = kept;
	cJSON_Delete(data);
}

static void replay(cluster *c, const letter *l)
{
	sio_ns *ns = ns_of(l->from, l);
	unsigned since = (unsigned)atoi(l->offset);
	for (const letter *it = c->history; ns && it; it = it->next)
		if (it->nth > since && !strcmp(it->nsp, l->nsp))
			sio_cluster_missed(ns, l->m.number, &it->m);
	if (ns)
		sio_cluster_replayed(ns, l->m.number, !c->torn);
}

/* It has its place now. */
static void number(cluster *c, letter *l)
{
	l->nth = ++c->events;
	snprintf(l->offset, sizeof l->offset, "%u-0", l->nth);
	l->m.offset = l->offset;
	for (size_t i = 0; i < c->n; i++)
		if (!c->members[i].mute)
			snprintf(c->members[i].at, sizeof c->members[i].at, "%u-0", l->nth);
	sio_ns *ns = ns_of(l->from, l);
	if (ns && l->m.number)
		sio_cluster_sent(ns, l->m.number, l->offset);
}

static void remember(cluster *c, letter *l)
{
	letter **end = &c->history;
	while (*end)
		end = &(*end)->next;
	l->next = NULL;
	*end = l;
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
	sio_adapter adapter = { .open = member_open,
		.close = member_close,
		.send = member_send,
		.count = member_count,
		.room = member_room,
		.end = member_end,
		.timeout_ms = timeout_ms,
		.user = member };
	if (c->keeps) {
		adapter.save = member_save;
		adapter.restore = member_restore;
		adapter.replay = member_replay;
		adapter.position = member_position;
	}
	sio_err err = sio_use_adapter(s, &adapter);
	c->n += err == SIO_OK;
	return err;
}

static void hand_over(const letter *l, cluster_member *to)
{
	sio_ns *ns = ns_of(to, l);
	if (to == l->from || (l->to && l->to != to) || to->mute || !ns)
		return;
	sio_cluster_receive(ns, &l->m);
	end_turn(to->server);
}

/* true: it is kept. */
static bool carry(cluster *c, letter *l)
{
	bool kept = c->keeps && l->m.type == SIO_CLUSTER_EMIT && !l->m.request;
	if (kept)
		number(c, l);
	for (size_t i = 0; i < c->n; i++)
		hand_over(l, &c->members[i]);
	if (kept)
		remember(c, l);
	return kept;
}

static bool take(cluster *c, letter *l)
{
	if (l->kind == MESSAGE)
		return carry(c, l);
	if (l->kind == RESTORE)
		restore(c, l);
	else
		replay(c, l);
	if (!l->from->ended)
		end_turn(l->from->server);
	return false;
}

void cluster_turn(cluster *c)
{
	letter *l, *later = NULL;
	for (size_t i = 0; i < c->n; i++)
		if (!c->members[i].ended)
			end_turn(c->members[i].server);
	while ((l = c->letters) != NULL) {
		c->letters = l->next;
		if (l->kind != MESSAGE && c->slow) {
			l->next = later;
			later = l;
		} else if (!take(c, l)) {
			letter_free(l);
		}
	}
	c->letters = later;
	for (size_t i = 0; i < c->n; i++)
		if (!c->members[i].ended)
			end_turn(c->members[i].server);
}

void cluster_fini(cluster *c)
{
	free_all(&c->letters);
	free_all(&c->history);
}

void cluster_close_labs(cluster *c, sio_server *const *labs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		lab_close(labs[i]);
	for (size_t i = 0; i < CLUSTER_MAX; i++)
		SURE(c->members[i].places == 0);
	cluster_fini(c);
}

/* SPDX-License-Identifier: MIT */
/*
 * parent - namespaces that are made when somebody asks for them (protocol-notes/socket.io.md,
 * "Parents").
 *
 * A client that asks for a name which no namespace bears is a candidate: the parents are asked one
 * after the other, each at once or later, until one takes it.  Of one that none takes nothing is
 * kept.
 */
#include "../base/text.h"
#include "io.h"
#include "json.h"
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

struct rule {
	sio_match_fn *fn; /* NULL: the pattern decides */
	void *user;
	regex_t pattern;
};

void rule_free(struct rule *r)
{
	if (r && !r->fn)
		regfree(&r->pattern);
	free(r);
}

/* ---- Making parents ---- */

/* Takes the rule. */
static sio_ns *parent_new(io *o, struct rule *r)
{
	char name[32];
	snprintf(name, sizeof name, "/_%zu", o->nparents);
	sio_ns *ns = ns_new(o, span_of(name));
	if (!ns) {
		rule_free(r);
		return NULL;
	}
	o->nparents++;
	ns->rule = r;
	list_append(&o->parents, &ns->in_parent);
	return ns;
}

sio_ns *sio_of_pattern(sio_server *s, const char *regex)
{
	struct rule *r = regex ? calloc(1, sizeof *r) : NULL;
	if (!r)
		return NULL;
	if (regcomp(&r->pattern, regex, REG_EXTENDED | REG_NOSUB)) {
		free(r);
		return NULL;
	}
	return parent_new(io_of(s), r);
}

sio_ns *sio_of_match(sio_server *s, sio_match_fn *fn, void *user)
{
	struct rule *r = fn ? calloc(1, sizeof *r) : NULL;
	if (!r)
		return NULL;
	r->fn = fn;
	r->user = user;
	return parent_new(io_of(s), r);
}

sio_ns *sio_ns_parent(const sio_ns *ns)
{
	return ns->parent;
}

static void adopt(sio_ns *parent, sio_ns *child)
{
	child->parent = parent;
	list_append(&parent->children, &child->in_parent);
}

static bool matches(const struct rule *r, const char *name)
{
	return !r->fn && !regexec(&r->pattern, name, 0, NULL, 0);
}

void parent_adopt(sio_ns *ns)
{
	LIST_EACH (it, &ns->io->parents) {
		sio_ns *parent = LIST_OWNER(it, sio_ns, in_parent);
		if (!matches(parent->rule, ns->text))
			continue;
		adopt(parent, ns);
		return;
	}
}

/* NULL: out of memory. */
static sio_ns *child_new(sio_ns *parent, span name)
{
	io *o = parent->io;
	sio_ns *ns = ns_new(o, name);
	if (!ns || !ns_begin(ns))
		return NULL;
	adopt(parent, ns);
	ns_announce(ns);
	return ns;
}

/* ---- Candidates ---- */

struct candidate {
	list in_client, in_io;
	client *client;
	sio_ns *asked; /* the parent that was asked last; NULL: none yet */
	held_tree auth;
	size_t size; /* of it all, but for auth */
	uint32_t tickets;
	bool busy;    /* on its way from parent to parent */
	bool running; /* inside the parent's function */
	bool answered, admitted;
	bool gone;
	span name;
	char text[];
};

candidate *candidate_in(list *in_io)
{
	return LIST_OWNER(in_io, candidate, in_io);
}

static void candidate_free(candidate *q)
{
	client_let_go(q->client, q->size, &q->auth);
	free(q);
}

/* Whoever leads it from parent to parent frees it then. */
static void candidate_end(candidate *q)
{
	q->gone = true;
	ticket_void_all(&q->client->io->tickets, &q->tickets);
	list_remove(&q->in_client);
	list_remove(&q->in_io);
}

static void candidate_drop(candidate *q)
{
	candidate_end(q);
	if (!q->busy)
		candidate_free(q);
}

static void candidate_refuse(candidate *q)
{
	ns_send_unknown(q->client, q->name);
	candidate_end(q);
}

/* Also the names that are asked for are limited, so that a few clients do not make a namespace of
 * each that they can think of. */
static bool fits(client *c, span name)
{
	const io_options *o = &c->io->options;
	const char *limit = NULL;
	if (name.len > o->max_namespace)
		limit = "max_namespace";
	else if (o->max_namespaces && c->io->namespaces.count >= o->max_namespaces)
		limit = "max_namespaces";
	if (limit)
		counters_strike(&c->session->engine->counters, limit);
	return !limit;
}

/* Another client may have brought the namespace into being meanwhile, others may have used up what
 * is left of the limits, and who hears of a new one may have ended this client. */
static void candidate_enter(candidate *q)
{
	client *c = q->client;
	sio_ns *ns = ns_find(c->io, q->name);
	if (client_crowds(c, q->name)) {
		candidate_end(q);
		return;
	}
	if (!ns && !fits(c, q->name)) {
		candidate_refuse(q);
		return;
	}
	if (!ns)
		ns = child_new(q->asked, q->name);
	if (!ns) {
		client_reject(c, CLOSED_BY_SERVER);
		return;
	}
	if (!q->gone) {
		held_tree auth = q->auth;
		c->pending -= auth.cost;
		q->auth = (held_tree){ 0 };
		candidate_end(q);
		ns_connect(ns, c, auth);
	}
	if (!ns->population)
		ns_end_later(ns);
}

static void ask_function(candidate *q)
{
	static const cJSON nothing = { .type = cJSON_Object };
	io *o = q->client->io;
	const struct rule *r = q->asked->rule;
	const handshake *h = q->client->session->handshake;
	uint64_t entry = ticket_issue(&o->tickets, TICKET_CANDIDATE, &q->tickets, q, 0);
	if (!entry) {
		client_reject(q->client, CLOSED_BY_SERVER);
		return;
	}
	q->running = true;
	r->fn(q->text, q->auth.tree ? q->auth.tree : &nothing, (const sio_handshake *)h,
		(sio_entry){ o->server, entry }, r->user);
	q->running = false;
}

static void ask(candidate *q)
{
	const struct rule *r = q->asked->rule;
	q->answered = false;
	if (r->fn) {
		ask_function(q);
		return;
	}
	q->answered = true;
	q->admitted = matches(r, q->text);
}

/* NULL: all have been asked. */
static sio_ns *next_parent(const candidate *q)
{
	list *all = &q->client->io->parents;
	list *last = q->asked ? &q->asked->in_parent : all;
	return last->next == all ? NULL : LIST_OWNER(last->next, sio_ns, in_parent);
}

static void advance(candidate *q)
{
	sio_ns *next;
	if (q->answered && q->admitted) {
		candidate_enter(q);
		return;
	}
	while ((next = next_parent(q)) != NULL) {
		q->asked = next;
		ask(q);
		if (q->gone || !q->answered)
			return;
		if (q->admitted) {
			candidate_enter(q);
			return;
		}
	}
	candidate_refuse(q);
}

/* Goes from parent to parent; one that answers later brings it back here. */
void candidate_advance(candidate *q)
{
	q->busy = true;
	advance(q);
	q->busy = false;
	if (q->gone)
		candidate_free(q);
}

void candidate_answer(candidate *q, bool admitted)
{
	io *o = q->client->io;
	ticket_void_all(&o->tickets, &q->tickets);
	q->answered = true;
	q->admitted = admitted;
	if (!q->running)
		io_put_off(o, &o->answered, &q->in_io);
}

void parent_ask(client *c, span name, held_tree auth)
{
	io *o = c->io;
	/* Whoever decides about a name sees C text: one with a NUL would be taken for another. */
	bool askable =
		!list_empty(&o->parents) && !memchr(name.at, '\0', name.len) && fits(c, name);
	size_t size = sizeof(candidate) + name.len + 1;
	bool held = askable && client_hold(c, size, &auth);
	candidate *q = held ? calloc(1, size) : NULL;
	if (!q) {
		if (held)
			client_let_go(c, size, &auth);
		else
			held_free(c, &auth);
		if (askable)
			client_reject(c, CLOSED_BY_SERVER);
		else
			ns_send_unknown(c, name);
		return;
	}
	memcpy(q->text, name.at, name.len);
	q->name = (span){ q->text, name.len };
	q->size = size;
	q->client = c;
	q->auth = auth;
	list_init(&q->in_io);
	list_append(&c->candidates, &q->in_client);
	candidate_advance(q);
}

void parent_forget(client *c, span name)
{
	LIST_EACH (it, &c->candidates) {
		candidate *q = LIST_OWNER(it, candidate, in_client);
		if (!span_is(q->name, name))
			continue;
		candidate_drop(q);
		return;
	}
}

void parent_forget_all(client *c)
{
	while (!list_empty(&c->candidates))
		candidate_drop(LIST_OWNER(c->candidates.next, candidate, in_client));
}

/* SPDX-License-Identifier: MIT */
/*
 * handler - the application's functions, in lists that may change while they are being called.
 *
 * A handler that is removed stays in memory until the end of the turn; one that is added while a
 * list is being called runs from the next event on.
 */
#ifndef SOCKETIO_HANDLER_H
#define SOCKETIO_HANDLER_H

#include "../base/list.h"
#include "../base/map.h"
#include <stdbool.h>
#include <stdint.h>

typedef void handler_fn(void); /* cast back to its real type where it is called */

typedef struct handler {
	list link;
	list gone_link;
	handler_fn *fn;
	void *user;
	uint64_t born; /* number of the handler; later ones are not called by a run that began
			  before */
	bool once;
	bool raw; /* takes an event's text, and no tree */
	bool gone;
} handler;

/* What all lists of a server share. */
typedef struct handler_yard {
	uint64_t born;
	list gone; /* removed handlers, freed at the end of the turn */
} handler_yard;

void handler_yard_init(handler_yard *y);
void handler_yard_reap(handler_yard *y);

/* Appends one; NULL: out of memory. */
handler *handler_add(handler_yard *y, list *head, handler_fn *fn, void *user, bool once);
/* The same before all others. */
handler *handler_prepend(handler_yard *y, list *head, handler_fn *fn, void *user);
void handler_remove(handler_yard *y, handler *h);
/* Removes those with this function, or all if fn is NULL. */
void handler_remove_matching(handler_yard *y, list *head, handler_fn *fn);
void handler_free_all(list *head);

/* A walk along up to three lists, which may change on the way: those that are added after its
 * beginning, and those that are removed, are passed over. */
typedef struct handler_walk {
	list *heads[3];
	list *next; /* NULL: at the beginning of a list */
	uint64_t latest;
	uint8_t n, at;
} handler_walk;

handler_walk handler_walk_begin(const handler_yard *y);
/* One more list to go along, if there is something in it. */
void handler_walk_add(handler_walk *w, list *head);
handler *handler_next(handler_walk *w); /* NULL: the end */
/* Whether all that are to come take events as text. */
bool handler_walk_raw(const handler_walk *w);

/* ---- Handlers by the name of an event ---- */

typedef struct event_list {
	map_node by_name;
	list handlers;
	char name[];
} event_list;

/* The list of that name; NULL: none. */
event_list *event_list_find(const map *events, span name);
/* The same, made if there is none; NULL: out of memory. */
event_list *event_list_get(map *events, const char *name);
void event_list_free_all(map *events);

/* ---- All that can hang in one place: a namespace, a parent of namespaces, or one socket ---- */

typedef struct handler_set {
	list connect, disconnecting, disconnect;
	list use;       /* middleware of a namespace */
	list use_event; /* middleware of incoming events */
	list any, any_outgoing;
	list error, drain;
	list room;
	map events; /* event_list by name */
} handler_set;

/* The list that is so many bytes from the beginning: offsetof(handler_set, any). */
static inline list *handler_set_at(handler_set *s, size_t offset)
{
	return (list *)(void *)((char *)s + offset);
}

void handler_set_init(handler_set *s);
void handler_set_fini(handler_set *s);
/* Removes all that a socket may have: handlers of events, and their middleware. */
void handler_set_clear(handler_yard *y, handler_set *s);

#endif

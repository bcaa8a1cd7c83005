/* SPDX-License-Identifier: MIT */
/* handler - the application's functions, in lists that may change while they are being called. */
#include "handler.h"
#include <stdlib.h>

void handler_yard_init(handler_yard *y)
{
	y->born = 0;
	list_init(&y->gone);
}

static void release(handler *h)
{
	list_remove(&h->link);
	list_remove(&h->gone_link);
	free(h);
}

void handler_yard_reap(handler_yard *y)
{
	while (!list_empty(&y->gone))
		release(LIST_OWNER(y->gone.next, handler, gone_link));
}

static handler *handler_new(handler_yard *y, handler_fn *fn, void *user, bool once)
{
	handler *h = malloc(sizeof *h);
	if (!h)
		return NULL;
	*h = (handler){ .fn = fn, .user = user, .born = ++y->born, .once = once };
	list_init(&h->gone_link);
	return h;
}

handler *handler_add(handler_yard *y, list *head, handler_fn *fn, void *user, bool once)
{
	handler *h = handler_new(y, fn, user, once);
	if (h)
		list_append(head, &h->link);
	return h;
}

handler *handler_prepend(handler_yard *y, list *head, handler_fn *fn, void *user)
{
	handler *h = handler_new(y, fn, user, false);
	if (h)
		list_prepend(head, &h->link);
	return h;
}

/* It stays in its list until the end of the turn, so that a run which stands on it finds its way.
 */
void handler_remove(handler_yard *y, handler *h)
{
	if (h->gone)
		return;
	h->gone = true;
	list_append(&y->gone, &h->gone_link);
}

void handler_remove_matching(handler_yard *y, list *head, handler_fn *fn)
{
	LIST_EACH (it, head) {
		handler *h = LIST_OWNER(it, handler, link);
		if (!fn || h->fn == fn)
			handler_remove(y, h);
	}
}

void handler_free_all(list *head)
{
	while (!list_empty(head))
		release(LIST_OWNER(head->next, handler, link));
}

handler_walk handler_walk_begin(const handler_yard *y)
{
	return (handler_walk){ .latest = y->born };
}

void handler_walk_add(handler_walk *w, list *head)
{
	if (!list_empty(head))
		w->heads[w->n++] = head;
}

/* What comes next is looked up before a handler is called, and stays in its list until the end of
 * the turn even if that removes it. */
handler *handler_next(handler_walk *w)
{
	while (w->at < w->n) {
		list *head = w->heads[w->at];
		list *it = w->next ? w->next : head->next;
		if (it == head) {
			w->at++;
			w->next = NULL;
			continue;
		}
		w->next = it->next;
		handler *h = LIST_OWNER(it, handler, link);
		if (!h->gone && h->born <= w->latest)
			return h;
	}
	return NULL;
}

bool handler_walk_raw(const handler_walk *w)
{
	handler_walk copy = *w;
	handler *h;
	while ((h = handler_next(&copy)) != NULL)
		if (!h->raw)
			return false;
	return true;
}

event_list *event_list_find(const map *events, span name)
{
	map_node *node = events->count ? map_find(events, name) : NULL;
	return node ? MAP_OWNER(node, event_list, by_name) : NULL;
}

event_list *event_list_get(map *events, const char *name)
{
	span key = span_of(name);
	event_list *found = event_list_find(events, key);
	if (found)
		return found;
	event_list *l = malloc(sizeof *l + key.len + 1);
	if (!l)
		return NULL;
	memcpy(l->name, name, key.len + 1);
	list_init(&l->handlers);
	map_add(events, &l->by_name, (span){ l->name, key.len });
	return l;
}

void event_list_free_all(map *events)
{
	map_node *node;
	while ((node = map_next(events, NULL)) != NULL) {
		event_list *l = MAP_OWNER(node, event_list, by_name);
		map_remove(events, node);
		handler_free_all(&l->handlers);
		free(l);
	}
	map_fini(events);
}

void handler_set_init(handler_set *s)
{
	list_init(&s->connect);
	list_init(&s->disconnecting);
	list_init(&s->disconnect);
	list_init(&s->use);
	list_init(&s->use_event);
	list_init(&s->any);
	list_init(&s->any_outgoing);
	list_init(&s->error);
	list_init(&s->drain);
	list_init(&s->room);
	map_init(&s->events);
}

void handler_set_fini(handler_set *s)
{
	handler_free_all(&s->connect);
	handler_free_all(&s->disconnecting);
	handler_free_all(&s->disconnect);
	handler_free_all(&s->use);
	handler_free_all(&s->use_event);
	handler_free_all(&s->any);
	handler_free_all(&s->any_outgoing);
	handler_free_all(&s->error);
	handler_free_all(&s->drain);
	handler_free_all(&s->room);
	event_list_free_all(&s->events);
}

void handler_set_clear(handler_yard *y, handler_set *s)
{
	map_node *node = NULL;
	handler_remove_matching(y, &s->use_event, NULL);
	handler_remove_matching(y, &s->any, NULL);
	handler_remove_matching(y, &s->any_outgoing, NULL);
	while ((node = map_next(&s->events, node)) != NULL)
		handler_remove_matching(y, &MAP_OWNER(node, event_list, by_name)->handlers, NULL);
}

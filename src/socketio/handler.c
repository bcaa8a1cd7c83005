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

handler *handler_add(handler_yard *y, list *head, handler_fn *fn, void *user, bool once)
{
	handler *h = malloc(sizeof *h);
	if (!h)
		return NULL;
	*h = (handler){ .fn = fn, .user = user, .born = ++y->born, .once = once };
	list_init(&h->gone_link);
	list_append(head, &h->link);
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

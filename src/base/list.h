/* SPDX-License-Identifier: MIT */
/*
 * list - an intrusive doubly linked ring.  The head is a list like its members;
 * an unlinked member points at itself, so removing twice does no harm.
 *
 * A loop whose body calls the application first moves the members to a local
 * head (list_move) and takes them from its front one by one.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct list {
	struct list *next, *prev;
} list;

/* The object whose member `field` is at `link`. */
#define LIST_OWNER(link, type, field) ((type *)(void *)((char *)(link)-offsetof(type, field)))
#define LIST_EACH(it, head)           for (list *it = (head)->next; it != (head); it = it->next)

static inline void list_init(list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const list *l)
{
	return l->next == l;
}

static inline void list_append(list *head, list *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

static inline void list_prepend(list *head, list *l)
{
	list_append(head->next, l);
}

static inline void list_remove(list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

/* All members of from go to the end of to; from is empty afterwards. */
static inline void list_move(list *to, list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#endif

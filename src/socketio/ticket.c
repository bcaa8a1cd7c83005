/* SPDX-License-Identifier: MIT */
/* ticket - claims that the application may keep: slots with generations. */
#include "ticket.h"
#include <stdlib.h>

enum { TICKETS_FIRST = 16 };

static uint32_t slot_of(const tickets *t, const ticket *k)
{
	return (uint32_t)(k - t->at) + 1;
}

static bool grow(tickets *t)
{
	uint32_t cap = t->cap ? t->cap * 2 : TICKETS_FIRST;
	if (cap < t->cap)
		return false;
	ticket *at = realloc(t->at, cap * sizeof *at);
	if (!at)
		return false;
	for (uint32_t i = t->cap; i < cap; i++)
		at[i] = (ticket){ .generation = 1, .next = i + 1 < cap ? i + 2 : t->free };
	t->free = t->cap + 1;
	t->at = at;
	t->cap = cap;
	return true;
}

void tickets_fini(tickets *t)
{
	free(t->at);
	*t = (tickets){ 0 };
}

uint64_t ticket_issue(tickets *t, ticket_kind kind, uint32_t *list, void *owner, uint64_t id)
{
	if (!t->free && !grow(t))
		return 0;
	uint32_t slot = t->free;
	ticket *k = &t->at[slot - 1];
	t->free = k->next;
	k->kind = (uint8_t)kind;
	k->owner = owner;
	k->id = id;
	k->prev = 0;
	k->next = *list;
	if (*list)
		t->at[*list - 1].prev = slot;
	*list = slot;
	return (uint64_t)k->generation << 32 | slot;
}

ticket *ticket_any(const tickets *t, uint64_t number)
{
	uint32_t slot = (uint32_t)number;
	if (slot == 0 || slot > t->cap)
		return NULL;
	ticket *k = &t->at[slot - 1];
	return k->generation == number >> 32 && k->kind != TICKET_FREE ? k : NULL;
}

ticket *ticket_find(const tickets *t, uint64_t number, ticket_kind kind)
{
	ticket *k = ticket_any(t, number);
	return k && k->kind == kind ? k : NULL;
}

void ticket_use(tickets *t, ticket *k, uint32_t *list)
{
	uint32_t slot = slot_of(t, k);
	if (k->prev)
		t->at[k->prev - 1].next = k->next;
	else
		*list = k->next;
	if (k->next)
		t->at[k->next - 1].prev = k->prev;
	/* Generation 0 would make a number that looks like none. */
	if (++k->generation == 0)
		k->generation = 1;
	k->kind = TICKET_FREE;
	k->next = t->free;
	t->free = slot;
}

void ticket_void_all(tickets *t, uint32_t *list)
{
	while (*list)
		ticket_use(t, &t->at[*list - 1], list);
}

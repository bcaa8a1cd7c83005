/* SPDX-License-Identifier: MIT */
/*
 * ticket - claims that the application may keep: a number that stands for one use of one object.
 *
 * A ticket names a slot and the slot's generation, so that a late or second use is found out,
 * whatever has become of the object.  Tickets of one owner are linked, to be voided together.
 */
#ifndef SOCKETIO_TICKET_H
#define SOCKETIO_TICKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ticket_kind {
	TICKET_FREE,
	TICKET_ACK,
	TICKET_ENTRY,
	TICKET_CANDIDATE,
	TICKET_ARRIVAL,
	TICKET_REQUEST,
	TICKET_ERRAND,
	TICKET_HOMECOMING
} ticket_kind;

typedef struct ticket {
	uint32_t generation;
	uint32_t next, prev; /* of the same owner, or the next free one; index + 1, 0: none */
	uint8_t kind;
	void *owner;
	uint64_t id; /* the owner's own number */
} ticket;

typedef struct tickets {
	ticket *at;
	uint32_t cap;
	uint32_t free; /* index + 1 */
} tickets;

void tickets_fini(tickets *t);
/* A new ticket at the front of the owner's list; 0: out of memory. */
uint64_t ticket_issue(tickets *t, ticket_kind kind, uint32_t *list, void *owner, uint64_t id);
/* The ticket's content; NULL: used, void, or never issued. */
ticket *ticket_find(const tickets *t, uint64_t number, ticket_kind kind);
/* The same of whatever kind. */
ticket *ticket_any(const tickets *t, uint64_t number);
/* Uses it up; list is the one that it was issued to. */
void ticket_use(tickets *t, ticket *k, uint32_t *list);
/* Voids all of a list. */
void ticket_void_all(tickets *t, uint32_t *list);

#endif

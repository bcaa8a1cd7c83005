/* SPDX-License-Identifier: MIT */
/*
 * journal - what was sent in a namespace, by reference to the very blocks that went out, for those
 * who come back (recovery.c).
 *
 * An offset is the number of an entry; clients hold the one that they saw last and know nothing of
 * what it means.  They keep it also when they could not be recovered, so that it may be one of
 * another session, or another run of the server: numbers begin at random.
 */
#ifndef SOCKETIO_JOURNAL_H
#define SOCKETIO_JOURNAL_H

#include "io.h"

/* One event that was sent. */
typedef struct entry {
	list in_journal;
	uint64_t number;
	uint64_t time;
	size_t size;
	parcel parcel;
	unsigned nto, nexcept;
	bool everyone;
	char names[]; /* rooms, one after the other */
} entry;

static inline size_t parcel_size(const parcel *p)
{
	size_t size = p->text->len;
	for (size_t i = 0; i < p->nparts; i++)
		size += p->parts[i]->len;
	return size;
}

/* Drops what is too old, or too much. */
void journal_trim(sio_ns *ns);
void journal_clear(recovery *r);
/* Whether a room is among these, names with a NUL behind each. */
bool rooms_have(const buf *rooms, const char *name);
/* Whether every entry behind this one is still there; not so: it is no offset of ours, or too old.
 */
bool journal_covers(const sio_ns *ns, uint64_t number);
/* The next entry behind that one (NULL: from the first on) with a number above since, which was for
 * one of the rooms, names with a NUL behind each.  NULL: there are no more. */
const entry *journal_next(const sio_ns *ns, const entry *behind, uint64_t since, const buf *rooms);

#endif

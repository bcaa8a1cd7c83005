/* SPDX-License-Identifier: MIT */
/* journal - what was sent in a namespace, for those who come back. */
#include "journal.h"
#include <stdio.h>
#include <stdlib.h>

static void entry_free(recovery *r, entry *e)
{
	r->bytes -= e->size;
	r->first = e->number + 1;
	list_remove(&e->in_journal);
	parcel_free(&e->parcel);
	free(e);
}

void journal_clear(recovery *r)
{
	while (!list_empty(&r->journal))
		entry_free(r, LIST_OWNER(r->journal.next, entry, in_journal));
}

void journal_trim(sio_ns *ns)
{
	recovery *r = &ns->recovery;
	const io_options *o = &ns->io->options;
	while (!list_empty(&r->journal)) {
		entry *e = LIST_OWNER(r->journal.next, entry, in_journal);
		if (r->bytes <= o->recovery_bytes &&
			e->time + o->recovery_ms >= ns->io->wheel->time)
			break;
		entry_free(r, e);
	}
}

/* ---- Writing ---- */

static bool is_kept(const sio_ns *ns, const sio_delivery *how)
{
	return ns->io->options.recovery_ms && can_be_missed(how) && !kept_elsewhere(ns);
}

uint64_t journal_number(const sio_ns *ns, const sio_delivery *how)
{
	return is_kept(ns, how) ? ns->recovery.last + 1 : 0;
}

/* Clients take the last argument for an offset if it is a string, and an event's name if it has
 * none: so that it is one, events which are not kept carry that of the last one which is. */
const char *journal_offset(
	sio_ns *ns, const sio_delivery *how, bool ends_in_text, char out[RECOVERY_OFFSET])
{
	bool kept = is_kept(ns, how);
	if (!ns->io->options.recovery_ms || how->on_ack || (!kept && !ends_in_text))
		return NULL;
	snprintf(out, RECOVERY_OFFSET, "%llx",
		(unsigned long long)(kept ? ns->recovery.last + 1 : ns->recovery.last));
	return out;
}

static size_t names_size(const char *const *names, unsigned *n)
{
	size_t size = 0;
	for (*n = 0; names && names[*n]; ++*n)
		size += strlen(names[*n]) + 1;
	return size;
}

static char *copy_names(char *to, const char *const *names)
{
	for (; names && *names; names++) {
		size_t len = strlen(*names) + 1;
		memcpy(to, *names, len);
		to += len;
	}
	return to;
}

/* Without memory for it the journal begins anew: a hole would go unnoticed. */
void journal_keep(sio_ns *ns, const sio_delivery *how, const char *const *to, const parcel *p)
{
	recovery *r = &ns->recovery;
	unsigned nto, nexcept;
	if (!is_kept(ns, how))
		return;
	size_t names = names_size(to, &nto) + names_size(how->except, &nexcept);
	uint64_t number = ++r->last;
	entry *e = calloc(1, sizeof *e + names);
	if (!e || !parcel_share(&e->parcel, p)) {
		free(e);
		journal_clear(r);
		r->first = number + 1;
		return;
	}
	if (list_empty(&r->journal))
		r->first = number;
	e->number = number;
	e->time = io_time(ns->io);
	e->size = sizeof *e + names + parcel_size(p);
	e->everyone = to == NULL;
	e->nto = nto;
	e->nexcept = nexcept;
	copy_names(copy_names(e->names, to), how->except);
	r->bytes += e->size;
	list_append(&r->journal, &e->in_journal);
	journal_trim(ns);
	io_sweep_later(ns->io);
}

/* ---- Reading ---- */

bool journal_covers(const sio_ns *ns, uint64_t number)
{
	const recovery *r = &ns->recovery;
	uint64_t oldest = list_empty(&r->journal) ? r->last + 1 : r->first;
	return number <= r->last && number + 1 >= oldest;
}

bool rooms_have(const buf *rooms, const char *name)
{
	const char *names = (const char *)buf_data(rooms);
	for (size_t at = 0; at < buf_len(rooms); at += strlen(names + at) + 1)
		if (!strcmp(names + at, name))
			return true;
	return false;
}

static bool any_in_rooms(const buf *rooms, const char **names, unsigned n)
{
	bool found = false;
	for (; n; n--) {
		found = found || rooms_have(rooms, *names);
		*names += strlen(*names) + 1;
	}
	return found;
}

static bool was_for(const entry *e, const buf *rooms)
{
	const char *names = e->names;
	bool wanted = any_in_rooms(rooms, &names, e->nto) || e->everyone;
	return wanted && !any_in_rooms(rooms, &names, e->nexcept);
}

const entry *journal_next(const sio_ns *ns, const entry *behind, uint64_t since, const buf *rooms)
{
	const list *head = &ns->recovery.journal;
	const list *it = behind ? behind->in_journal.next : head->next;
	for (; it != head; it = it->next) {
		const entry *e = LIST_OWNER(it, entry, in_journal);
		if (e->number > since && was_for(e, rooms))
			return e;
	}
	return NULL;
}

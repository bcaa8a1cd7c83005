/* SPDX-License-Identifier: MIT */
/*
 * recovery - clients that lose their connection come back and have missed nothing
 * (protocol-notes/socket.io.md, "Connection state recovery").
 *
 * Each namespace keeps a journal of what was sent in it (journal.h), and an album of the sockets
 * that were lost: with what they had, and what they have seen.
 */
#include "../base/text.h"
#include "io.h"
#include "journal.h"
#include "json.h"
#include "lost.h"
#include <stdlib.h>

void recovery_init(recovery *r)
{
	*r = (recovery){ 0 };
	random_bytes(&r->last, sizeof r->last);
	r->last = r->last >> 24 | 1ull << 39; /* ten digits */
	list_init(&r->journal);
	list_init(&r->album);
	map_init(&r->lost);
}

/* What keeping it takes, but for the application's data. */
static size_t lost_size(const lost *l)
{
	return sizeof *l + l->rooms.cap;
}

static void take_out(recovery *r, lost *l)
{
	r->kept -= lost_size(l);
	map_remove(&r->lost, &l->by_pid);
	list_remove(&l->in_album);
}

static void lost_free(recovery *r, lost *l)
{
	take_out(r, l);
	if (l->data && l->free_data)
		l->free_data(l->data);
	json_free(l->shared_data);
	buf_free(&l->rooms);
	free(l);
}

void recovery_fini(recovery *r)
{
	journal_clear(r);
	while (!list_empty(&r->album))
		lost_free(r, LIST_OWNER(r->album.next, lost, in_album));
	map_fini(&r->lost);
}

static bool on(const sio_ns *ns)
{
	return ns->io->options.recovery_ms > 0;
}

static uint64_t now(const sio_ns *ns)
{
	return ns->io->wheel->time;
}

/* A journal may be as short as one likes; sockets are kept all the same. */
enum { ROOMS_LEAST = 1 << 20 };

/* The option that the sockets are over; NULL: none. */
static const char *too_many(const sio_ns *ns)
{
	const recovery *r = &ns->recovery;
	const io_options *o = &ns->io->options;
	if (o->recovery_sockets && r->lost.count > o->recovery_sockets)
		return "recovery_sockets";
	size_t most = o->recovery_bytes > ROOMS_LEAST ? o->recovery_bytes : ROOMS_LEAST;
	return r->kept > most ? "recovery_bytes" : NULL;
}

/* Sockets come with data of the application's, which is told of their end: not inside its calls. */
static void trim_album(sio_ns *ns, counters *c)
{
	recovery *r = &ns->recovery;
	while (!list_empty(&r->album)) {
		lost *l = LIST_OWNER(r->album.next, lost, in_album);
		const char *limit = too_many(ns);
		if (l->deadline >= now(ns) && !limit)
			break;
		if (limit && c)
			counters_strike(c, limit);
		lost_free(r, l);
	}
}

bool recovery_trim(sio_ns *ns)
{
	journal_trim(ns);
	trim_album(ns, NULL);
	return !list_empty(&ns->recovery.journal) || !list_empty(&ns->recovery.album);
}

/* ---- Sockets that are lost ---- */

void recovery_sent(sio_socket *k, uint64_t number)
{
	if (k->membership && number)
		k->membership->sent = number;
}

static bool recoverable(const char *reason)
{
	static const char *const reasons[] = { CLOSED_BY_TRANSPORT, CLOSED_BY_ERROR,
		CLOSED_BY_SERVER, CLOSED_BY_TIMEOUT, CLOSED_BY_SHUTDOWN, "forced server close" };
	for (size_t i = 0; reason && i < sizeof reasons / sizeof *reasons; i++)
		if (!strcmp(reason, reasons[i]))
			return true;
	return false;
}

static void add_room(const char *name, void *user)
{
	buf_add((buf *)user, name, strlen(name) + 1);
}

static void put_away(sio_ns *ns, lost *l)
{
	recovery *r = &ns->recovery;
	l->deadline = now(ns) + ns->io->options.recovery_ms;
	map_add(&r->lost, &l->by_pid, (span){ l->pid, ID_LEN });
	list_append(&r->album, &l->in_album);
	r->kept += lost_size(l);
	io_sweep_later(ns->io);
}

void recovery_leave(sio_socket *k)
{
	if (k->membership)
		k->membership->left = k->ns->recovery.last;
}

void recovery_note_rooms(sio_socket *k)
{
	membership *m = k->membership;
	lost *l = m && recoverable(k->reason) ? calloc(1, sizeof *l) : NULL;
	if (!l)
		return;
	if (sio_rooms(k, add_room, &l->rooms) || l->rooms.failed) {
		buf_free(&l->rooms);
		free(l);
		return;
	}
	memcpy(l->id, k->text, ID_LEN);
	memcpy(l->pid, m->pid, ID_LEN);
	l->since = m->since;
	l->sent = m->sent;
	l->left = m->left;
	m->lost = l;
}

/* Its data goes where it goes. */
static void pack(sio_socket *k, lost *l)
{
	if (kept_elsewhere(k->ns)) {
		homecoming_save(k, l);
		lost_forget(k->membership);
		return;
	}
	l->data = k->data;
	l->free_data = k->free_data;
	l->shared_data = k->shared_data;
	k->data = NULL;
	k->shared_data = NULL;
	k->membership->lost = NULL;
	put_away(k->ns, l);
}

void recovery_save(sio_socket *k)
{
	if (!k->membership || !k->membership->lost)
		return;
	pack(k, k->membership->lost);
	trim_album(k->ns, &k->client->session->engine->counters);
}

/* ---- Coming back ---- */

const char *lost_text(const cJSON *auth, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(auth, key));
}

static bool read_number(const char *text, uint64_t *number)
{
	if (!text || !*text || strspn(text, "0123456789abcdef") != strlen(text) ||
		strlen(text) >= RECOVERY_OFFSET)
		return false;
	*number = strtoull(text, NULL, 16);
	return true;
}

/* A client that has seen nothing yet has no offset, or one of before, but missed nothing before it
 * came.  What was sent to others alone while it was there need not be in the journal any more. */
static bool known_offset(sio_ns *ns, const cJSON *auth, lost *l)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(auth, "offset");
	uint64_t number = l->since;
	if (item && !read_number(cJSON_GetStringValue(item), &number))
		return false;
	if (number < l->since)
		number = l->since;
	if (number > l->left)
		return false;
	if (number >= l->sent)
		number = l->left;
	l->since = number;
	return journal_covers(ns, number);
}

/* The next event that it missed, behind this one; NULL: there are no more. */
static const entry *missed(const sio_socket *k, const lost *l, const entry *behind)
{
	return journal_next(k->ns, behind, l->since, &l->rooms);
}

/* What the answer to a CONNECT takes beside the name of its namespace. */
enum { ANSWER = 64 };

bool lost_fits(const sio_socket *k, size_t size, size_t held)
{
	const session *s = k->client->session;
	const engine_options *o = &s->engine->options;
	size_t answer = k->ns->name.len + ANSWER;
	size_t all_held = session_held(s) + answer + QUEUE_BLOCK + held;
	return session_backlog(s) + size + answer <= o->max_queue &&
	       (!o->max_held || all_held <= o->max_held);
}

/* Nothing is gone, and with the answer it does not come to more than may be queued for a client, or
 * held: that would be cut off, come back, and be cut off again. */
static bool whole(const sio_socket *k, const lost *l)
{
	const session *s = k->client->session;
	size_t size = 0, held = 0;
	const entry *e = NULL;
	while ((e = missed(k, l, e)) != NULL) {
		bool strict = e->parcel.text->manner == MANNER_DISCONNECT;
		if (strict && session_backlog(s) + size > s->engine->options.high_water)
			return false;
		size += parcel_size(&e->parcel);
		held += parcel_size(&e->parcel) + (1 + e->parcel.nparts) * QUEUE_BLOCK;
	}
	return lost_fits(k, size, held) && journal_covers(k->ns, l->since);
}

static lost *take_lost(const sio_socket *k)
{
	recovery *r = &k->ns->recovery;
	const char *pid = lost_text(k->auth.tree, "pid");
	map_node *node = pid ? map_find(&r->lost, span_of(pid)) : NULL;
	if (!node)
		return NULL;
	lost *l = MAP_OWNER(node, lost, by_pid);
	if (!known_offset(k->ns, k->auth.tree, l) || !whole(k, l))
		return NULL;
	take_out(r, l);
	return l;
}

void lost_unpack(sio_socket *k, lost *l)
{
	membership *m = k->membership;
	memcpy(k->text, l->id, ID_LEN);
	memcpy(m->pid, l->pid, ID_LEN);
	k->data = l->data;
	k->free_data = l->free_data;
	k->shared_data = l->shared_data;
	l->data = NULL;
	l->shared_data = NULL;
	m->recovered = true;
	m->since = l->since;
	m->sent = l->since;
}

void lost_forget(membership *m)
{
	if (!m->lost)
		return;
	buf_free(&m->lost->rooms);
	free(m->lost);
	m->lost = NULL;
}

/* What a socket is given for its life; without memory for it, it cannot be recovered. */
bool recovery_begin(sio_socket *k)
{
	sio_ns *ns = k->ns;
	if (!on(ns) || k->client->revision->enters_unasked)
		return true;
	journal_trim(ns);
	trim_album(ns, &k->client->session->engine->counters);
	membership *m = calloc(1, sizeof *m);
	if (!m)
		return true;
	k->membership = m;
	if (kept_elsewhere(ns)) {
		random_id(m->pid);
		return !homecoming_begin(k);
	}
	m->lost = k->auth.tree ? take_lost(k) : NULL;
	if (m->lost)
		lost_unpack(k, m->lost);
	else
		random_id(m->pid);
	return true;
}

bool recovery_ready(sio_socket *k)
{
	return !k->membership || !k->membership->homecoming || homecoming_ready(k);
}

bool recovery_skips(const sio_socket *k)
{
	const membership *m = k->membership;
	return m && m->recovered && !m->unsure && !k->ns->io->options.recovery_uses_middleware;
}

static void replay(sio_socket *k, const lost *l)
{
	const entry *e = NULL;
	while ((e = missed(k, l, e)) != NULL)
		if (emit_packet(k->client, &e->parcel))
			recovery_sent(k, e->number);
}

bool lost_rejoin(sio_socket *k, const buf *rooms)
{
	const char *names = (const char *)buf_data(rooms);
	for (size_t at = 0; at < buf_len(rooms); at += strlen(names + at) + 1)
		if (sio_join(k, names + at))
			return false;
	return true;
}

bool recovery_enter(sio_socket *k)
{
	membership *m = k->membership;
	if (m && m->homecoming)
		return homecoming_enter(k);
	if (!m || !m->lost) {
		if (m)
			m->since = m->sent = k->ns->recovery.last;
		if (m && kept_elsewhere(k->ns))
			homecoming_note(k);
		return true;
	}
	bool good = whole(k, m->lost) && lost_rejoin(k, &m->lost->rooms);
	if (good)
		replay(k, m->lost);
	lost_forget(m);
	return good;
}

/* The next attempt finds what this one found, also when it comes in the same session while this one
 * still waits. */
void recovery_give_back(sio_socket *k, const char *reason)
{
	membership *m = k->membership;
	homecoming_end(k);
	bool asked_anew = !strcmp(reason, "client namespace disconnect");
	if (m && m->lost && (asked_anew || recoverable(reason)))
		pack(k, m->lost);
	else if (m)
		lost_forget(m);
}

void recovery_end(sio_socket *k)
{
	homecoming_end(k);
	if (k->membership)
		lost_forget(k->membership);
	free(k->membership);
}

const char *recovery_pid(const sio_socket *k)
{
	return k->membership ? k->membership->pid : NULL;
}

bool sio_recovered(const sio_socket *k)
{
	return k->membership && k->membership->recovered;
}

/* SPDX-License-Identifier: MIT */
/* redis - a server's part in a cluster: its links, and the namespaces that listen on them. */
#ifndef REDIS_REDIS_H
#define REDIS_REDIS_H

#include "../../../include/sio_redis.h"
#include "../../base/list.h"
#include "../../base/map.h"
#include "link.h"
#include "options.h"
#include "tongue.h"

enum { UID_LEN = 16, ENTRY_ID = 48 };

typedef struct reader reader;

typedef struct redis {
	sio_server *server; /* NULL: an emitter's */
	settings o;
	const tongue *tongue;
	bool cluster; /* the messages are those of the reference's ClusterAdapter, and its channels
		       */
	bool sharded;
	/* What is said goes over one; the other is subscribed, which in Redis is good for nothing
	 * else. */
	redis_link *out, *in;
	reader *reader; /* NULL: there is no stream */
	list sendings, comebacks;
	uv_timer_t *patience; /* with sendings */
	size_t unanswered;    /* of them */
	bool behind;          /* Redis takes too long: nobody waits for it */
	uint64_t lost;        /* sendings */
	map channels;         /* of subscription */
	list all;             /* the same, in order */
	size_t unheard;       /* subscriptions that Redis has not confirmed, rooms apart */
	list counts;          /* questions for the number of servers */
	buf key;              /* for looking up */
	list places;
	bool ready, told, full_told;
	char *last_why;
	char uid[UID_LEN + 1];
	sio_redis_stats stats;
} redis;

/* A namespace. */
typedef struct place {
	list in_redis;
	redis *r;
	sio_ns *ns;
	list subscriptions;
	speaker me;
	char *broadcast, *request, *response; /* channels; of a cluster but the first */
} place;

/* One channel that is listened on.  A room of one namespace may have that of another namespace: "r"
 * in "/", and "/#r". */
typedef struct subscription {
	map_node by_channel; /* of the first; key NULL: it is another */
	list same;           /* a ring of those with the same channel */
	list in_all, in_place;
	place *p;
	heard_on where;
	char kind; /* 'm', 'p' for patterns, 's' for sharded ones: "message", "pmessage", ... */
	bool heard, room;
	char key[]; /* kind and channel */
} subscription;

/* ---- subscriptions.c ---- */

bool subscribe(place *p, heard_on where, char kind, bool room, span name);
/* Of a room. */
void unsubscribe(place *p, span name);
void unsubscribe_all(place *p);
/* The place of a namespace in a cluster; NULL: there is none. */
place *place_named(redis *r, span nsp);
/* All again, on a new connection. */
void resubscribe(redis *r);
/* What has come over the subscribed link. */
void take_push(redis *r, const redisReply *reply);

/* ---- channels.c ---- */

/* Fills in all but ns; place_unname() whatever it returns. */
bool place_name(place *p, redis *r, const char *nsp);
void place_unname(place *p);
/* These give NULL: out of memory. */
char *channel_for(const place *p, const sio_cluster_message *m);
char *channel_join(const char *a, const char *b, const char *c);

/* ---- places.c ---- */

void *place_open(sio_ns *ns, void *user);
void place_close(void *at);
sio_err place_send(void *at, const sio_cluster_message *m);
void place_count(void *at, const char *request);
void place_room(void *at, const char *name, bool begins);
/* A message on one of its channels. */
void place_hear(place *p, heard_on where, span text);
/* An entry of the stream. */
void place_read(place *p, const entry *e, const char *id);
void counts_end(redis *r);

/* ---- reader.c: what the stream holds ---- */

/* A third link, since Redis keeps it waiting.  NULL: out of memory. */
reader *reader_new(redis *r, const link_options *o);
void reader_free(reader *s);
/* It knows where it is. */
bool reader_ready(const reader *s);
/* The last entry that it has read; NULL: not known. */
const char *reader_at(const reader *s);
/* The one of this id, or one behind it, was too large to be read. */
bool reader_passed_over(const reader *s, const char *since);
/* One of those that it has read, or that were there before it, was too large for somebody else. */
void reader_look_ahead(reader *s);

/* ---- entry.c ---- */

typedef struct stream_entry {
	char id[ENTRY_ID];
	entry e;
} stream_entry;

/* false: it is none. */
bool stream_entry_of(const redisReply *one, stream_entry *out);
/* Less than, equal to or greater than 0, as a stands before, at or behind b. */
int entry_order(const char *a, const char *b);

/* ---- sendings.c ---- */

/* An XADD of this entry, of which the library wants to hear. */
sio_err sending_add(place *p, uint64_t number, size_t n, const span *words, const entry *e);
/* One of this server's own. */
void sending_read(redis *r, const entry *e, const char *id);
void sendings_forget(place *p);
void sendings_end(redis *r);

/* ---- comebacks.c ---- */

void place_save(void *at, const sio_cluster_session *lost, unsigned ms);
sio_err place_restore(void *at, uint64_t number, const char *pid, const char *offset, unsigned ms);
sio_err place_replay(void *at, uint64_t number, const char *offset);
const char *place_position(void *at);
/* The reader has gone on. */
void comebacks_met(redis *r);
void comebacks_forget(place *p);
void comebacks_end(redis *r);

/* ---- probe.c ---- */

/* Whether Redis is there, for those who want to know before they go on. */
sio_err probe(const settings *o);

/* ---- redis.c ---- */

/* Without links.  NULL: *err says why. */
redis *redis_new(const sio_redis_options *given, sio_err *err);
void redis_free(redis *r);

/* Whether what is said may go out: it is known that answers would be heard. */
void redis_check_ready(redis *r);
/* Whether Redis is there, though a namespace may just have begun to listen. */
bool redis_is_there(const redis *r);
void redis_refresh_stats(redis *r);
void redis_tell_down(redis *r, const char *which, const char *why);
/* Redis has refused something. */
void redis_refused(redis *r, const char *why);
/* One of the links is lost. */
void redis_down(redis *r, const char *which, const char *why);
/* Tells once that something was dropped. */
void redis_note_full(redis *r);
void redis_say(const redis *r, sio_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif

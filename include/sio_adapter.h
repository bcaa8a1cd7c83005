/* SPDX-License-Identifier: MIT */
/*
 * sio_adapter.h - what a backend needs that joins servers to a cluster.
 *
 * Applications do not need this header: they call the backend's own function once, before they
 * listen, and from then on broadcasts, sio_join_all() and its kin, sio_fetch() and
 * sio_server_side_emit() reach all servers, unless they say SIO_LOCAL.
 *
 * A backend carries messages between the servers of one namespace and knows nothing of clients; the
 * library knows who is meant, and nothing of the wire.  Everything here belongs to the thread that
 * turns the server's loop, which sio_uv_loop() gives; and a message is handed to
 * sio_cluster_receive() from that loop, never inside a call that the library makes of the backend.
 *
 * What is said is that of the reference's ClusterAdapter, so that its servers can take part.
 */
#ifndef SIO_ADAPTER_H
#define SIO_ADAPTER_H

#include "sio.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sio_cluster_type {
	/* To all other servers.  Those with a request are answered ... */
	SIO_CLUSTER_EMIT,        /* who, event; with a request clients are asked for acks */
	SIO_CLUSTER_JOIN,        /* who, rooms */
	SIO_CLUSTER_LEAVE,       /* who, rooms */
	SIO_CLUSTER_DISCONNECT,  /* who, close */
	SIO_CLUSTER_FETCH,       /* request, who: which sockets match? */
	SIO_CLUSTER_ROOMS,       /* request: which rooms are there? */
	SIO_CLUSTER_SERVER_EMIT, /* event; with a request servers are asked for an ack */
	/* ... to the one that asked, with its request: */
	SIO_CLUSTER_RECEIVERS,    /* count: how many clients were asked */
	SIO_CLUSTER_ANSWER,       /* event: one client's ack */
	SIO_CLUSTER_SOCKETS,      /* tree: an array, of what sio_fetch() gives */
	SIO_CLUSTER_ROOM_NAMES,   /* tree: an array of texts */
	SIO_CLUSTER_SERVER_ANSWER /* event: the server's ack */
} sio_cluster_type;

/* The longest id of a request, and name of a server, that is taken from others. */
enum { SIO_REQUEST_MAX = 64 };

typedef struct sio_cluster_message {
	sio_cluster_type type;
	const char *request; /* NULL: no answer is wanted */
	/* What the backend calls the server that asked: it comes in with a request, and is given
	 * back with the answers to it.  NULL: one name is enough for all. */
	const char *peer;
	/* Of it to, except, flags and timeout_ms count; an empty list is one of nobody. */
	const sio_delivery *who;
	/* name, which an ack has not, args and attachments. */
	const sio_event *event;
	const char *const *rooms; /* ends with NULL */
	const cJSON *tree;
	size_t count;
	bool close; /* the whole connection */
	/* Of an event, where the backend keeps what it carries (below).  Out: sio_cluster_sent() is
	 * to be told of it with this number; 0: nobody waits.  In: the offset that clients are told
	 * with it, up to 64 letters, digits and "-_.:"; NULL: none. */
	uint64_t number;
	const char *offset;
} sio_cluster_message;

/* What a client had that was lost, and is to be given back. */
typedef struct sio_cluster_session {
	const char *id, *pid;
	const char *const *rooms; /* ends with NULL */
	const cJSON *data;        /* NULL: none */
	/* It may be one of another namespace, and passes middleware again.  To save() too: it did
	 * not. */
	bool unsure;
	/* An offset.  To save(): that of when it came, before which nothing is its own.  To
	 * sio_cluster_restored(): from where on it is to be told what it has missed, the later one
	 * of that and what it has seen.  NULL: not known, and what it says counts. */
	const char *since;
} sio_cluster_session;

/* A backend.  `place` is what open() returned for the namespace. */
typedef struct sio_adapter {
	/* A namespace begins, and ends.  NULL: it cannot, and the namespace does not come to be. */
	void *(*open)(sio_ns *ns, void *user);
	void (*close)(void *place);
	/* Sends a message, of which nothing lasts longer than the call.  An error ends the request
	 * that it belongs to. */
	sio_err (*send)(void *place, const sio_cluster_message *message);
	/* Asks how many servers share the namespace: sio_cluster_count() answers, now or later. */
	void (*count)(void *place, const char *request);
	/* A room has got its first member here, or lost its last; those that are clients' own count
	 * too.  Told when the application has returned.  May be NULL. */
	void (*room)(void *place, const char *name, bool begins);
	/* The server closes; the last call of all.  May be NULL. */
	void (*end)(void *user);
	unsigned timeout_ms; /* 5000: how long the other servers are waited for */
	void *user;

	/* A backend that keeps what it carries, in one order for all servers, may give clients back
	 * what they had whichever server they come back to.  All of these, or none; they count with
	 * recovery_ms, which does nothing in memory then.  An event to clients, also to one, goes
	 * to send() then and is delivered here when sio_cluster_sent() says so. */

	/* A client was lost that may come back within ms. */
	void (*save)(void *place, const sio_cluster_session *lost, unsigned ms);
	/* Somebody asks for what was saved under this pid, and says that it has seen all up to the
	 * offset: sio_cluster_restored() answers later, with the number.  What nobody waits for any
	 * more then, since that says so or the place is closed, is to be saved again for ms.  An
	 * error: not now. */
	sio_err (*restore)(
		void *place, uint64_t number, const char *pid, const char *offset, unsigned ms);
	/* Hands all events behind that offset, which is the client's or `since`, to
	 * sio_cluster_missed(), later, and ends with sio_cluster_replayed(). */
	sio_err (*replay)(void *place, uint64_t number, const char *offset);
	/* The offset of who has seen all that was handed over so far; NULL: not known. */
	const char *(*position)(void *place);
} sio_adapter;

/* Joins the server to a cluster.  The adapter is copied.  SIO_EINVAL: it has one already, or a
 * function is missing; SIO_ENOMEM: open() failed. */
SIO_API sio_err sio_use_adapter(sio_server *s, const sio_adapter *adapter);

/* Another server has said this.  Nothing of it is kept.  SIO_EINVAL: it makes no sense, and has
 * changed nothing; SIO_EGONE: it answers what nobody waits for. */
SIO_API sio_err sio_cluster_receive(sio_ns *ns, const sio_cluster_message *message);
/* So many servers share the namespace, with this one.  A request that is not there any more is
 * none's. */
SIO_API void sio_cluster_count(sio_ns *ns, const char *request, unsigned servers);

/* ---- For a backend that keeps what it carries ---- */

/* Where an event of this server stands among all others, whose turn it is now; NULL: not known, or
 * it was not kept.  Inside send() too.  It must come for each, soon: later ones wait for it. */
SIO_API void sio_cluster_sent(sio_ns *ns, uint64_t number, const char *offset);
/* This was saved, and is no more; NULL: nothing was.  SIO_EGONE: nobody waits any more. */
SIO_API sio_err sio_cluster_restored(sio_ns *ns, uint64_t number, const sio_cluster_session *saved);
/* An event that may have been missed, with its offset; which were for that client, and may be sent
 * again, is seen to.  NULL: none, this only asks.  SIO_EINVAL: it makes no sense; SIO_EGONE: nobody
 * waits any more, and no more need be handed over. */
SIO_API sio_err sio_cluster_missed(sio_ns *ns, uint64_t number, const sio_cluster_message *message);
/* That was all, and nothing of it will be handed over once more, nor anything that came before;
 * not whole: it could not be found out.  May call the application. */
SIO_API void sio_cluster_replayed(sio_ns *ns, uint64_t number, bool whole);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: MIT */
/*
 * sio_redis.h - servers that share rooms, broadcasts and requests over Redis.
 *
 * A library of its own (libsio-redis), so that libsio does not need hiredis.  A server
 * joins with one line, before it listens:
 *
 *     sio_redis_adapter(io, &(sio_redis_options){ .url = "redis://127.0.0.1:6379" });
 *
 * On the channels it says what @socket.io/redis-adapter 8 says, or @socket.io/redis-streams-adapter
 * 0.3, so that servers in Node.js, and emitters in any language, are in the same cluster.
 *
 * While Redis is away all goes on within this server.  What is said to others waits, up to
 * max_queue; what was on its way when the connection broke may be lost; requests end with
 * SIO_ETIMEDOUT and what is known here.  It is tried again for as long as the server lasts.
 */
#ifndef SIO_REDIS_H
#define SIO_REDIS_H

#include "sio.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Counted from the start. */
typedef struct sio_redis_stats {
	bool connected;    /* and subscribed */
	uint64_t connects; /* how often it has become so */
	uint64_t sent;     /* messages */
	uint64_t received; /* messages of others */
	uint64_t dropped;  /* over max_queue, or lost with a connection */
	uint64_t bad;      /* messages that made no sense, or over max_message */
	size_t queued;     /* bytes that wait */
} sio_redis_stats;

/* How servers speak.  In all modes but the last a client that loses its connection may come back
 * (recovery_ms) to the same server alone; and in the dynamic ones nothing is heard of a room that
 * is empty here, so that it may have missed what other servers said to it. */
typedef enum sio_redis_mode {
	SIO_REDIS_CLASSIC, /* createAdapter() */
	/* createShardedAdapter(), for Redis 7 and later, with its subscriptionMode;
	 * sio_fetch_rooms() then tells the rooms of this server, and SIO_EINVAL: */
	SIO_REDIS_DYNAMIC,         /* a channel for each room that is not a client's own */
	SIO_REDIS_STATIC,          /* two for each namespace */
	SIO_REDIS_DYNAMIC_PRIVATE, /* a channel for each room */
	/* createAdapter() of @socket.io/redis-streams-adapter, for Redis 5 and later: what is said
	 * to clients is kept in a stream, so that it is heard also after a connection was lost.
	 * sio_fetch_rooms() is as above.
	 *
	 * With recovery_ms, and Redis 6.2, a client that loses its connection may come back to any
	 * server of the cluster, in Node.js too: it has its id, its rooms and its shared data
	 * (sio_set_shared_data()), and is sent what it missed; not so sio_data(), which ends with
	 * the socket.  Events that may be missed are delivered here, too, when they have been read
	 * in the stream; those to one socket go there as well. */
	SIO_REDIS_STREAMS
} sio_redis_mode;

/* Zero means what Socket.IO means by it.  Texts are copied. */
typedef struct sio_redis_options {
	/* "redis://user:password@host:6379/0", all but the host optional and encoded as in any URL;
	 * "rediss://" with TLS, "unix:///run/redis.sock".  NULL: redis://127.0.0.1:6379.  Neither
	 * a Sentinel nor a node of a Redis Cluster is taken. */
	const char *url;
	const char *key;         /* "socket.io": what channels begin with */
	const char *stream;      /* "socket.io": the stream; streamCount is 1 */
	const char *session_key; /* "sio:session:": what the keys of lost clients begin with */
	unsigned stream_max;     /* 10000: maxLen, about so many entries are kept, of all
				    namespaces; whom more were said to cannot come back */
	sio_redis_mode mode;
	unsigned timeout_ms; /* 5000: requestsTimeout, how long other servers are waited for */
	bool specific_response_channel; /* publishOnSpecificResponseChannel; all servers alike */

	/* Waits until Redis is there, at most so long, and fails if it is not.  0: does not wait;
	 * what is to be sent does. */
	unsigned wait_at_start_ms;
	unsigned ping_ms;   /* 5000: Redis is asked whether it is there when nothing comes; after
			       three times without an answer it is away */
	size_t max_queue;   /* 16 MB that Redis has not answered yet.  What is new then reaches
			       this server's clients alone, and requests end with SIO_ELIMIT ... */
	bool push_out;      /* ... or the oldest that still waits is dropped for it */
	size_t max_message; /* 64 MB of one message; it costs more memory than that to read */

	const char *tls_ca;   /* a file in PEM, instead of the system's authorities */
	const char *tls_cert; /* files in PEM, if Redis asks for a certificate */
	const char *tls_key;

	sio_redis_stats *stats; /* kept up to date; must last as long as the server.  NULL: none */
	/* What happens to the connection: SIO_LOG_INFO when it is there, SIO_LOG_WARN when it is
	 * lost or cannot be made, SIO_LOG_ERROR when Redis refuses something.  NULL: warnings and
	 * errors to stderr. */
	void (*log)(sio_level level, const char *line, void *user);
	void *user;
} sio_redis_options;

/* Before sio_listen().  SIO_EINVAL: an option makes no sense, or the server has an adapter;
 * SIO_EIO: Redis was not there in time (wait_at_start_ms).  The log says why. */
SIO_API sio_err sio_redis_adapter(sio_server *s, const sio_redis_options *options);

/* ---- Without a server --------------------------------------------------------------- */

/* new Emitter(redisClient): reaches the clients of all servers of a cluster from a process that is
 * none of them.  nsp is a namespace's name; who and how are as for the functions of sio.h that bear
 * the same names, but for SIO_LOCAL, on_ack and on_answer, which are SIO_EINVAL. */
typedef struct sio_emitter sio_emitter;

/* loop NULL: each call waits until Redis has taken what is said, for timeout_ms at most: SIO_EIO if
 * Redis refuses it or cannot be reached, SIO_ETIMEDOUT if it does not answer.  Otherwise no call
 * waits, and it belongs to the thread that turns the loop.  SIGPIPE is ignored from then on, unless
 * the process handles it. */
SIO_API sio_err sio_emitter_create(
	sio_emitter **out, const sio_redis_options *options, struct uv_loop_s *loop);
/* What still waits may be lost.  A loop of the caller's must turn once more.  NULL is accepted; not
 * inside log. */
SIO_API void sio_emitter_free(sio_emitter *e);

/* emitter.of(nsp).to(rooms).except(rooms).emit(event, ...args).  Takes args. */
SIO_API sio_err sio_emitter_emit(
	sio_emitter *e, const char *nsp, const sio_delivery *how, const char *event, cJSON *args);
/* emitter.of(nsp).serverSideEmit(event, ...args).  Takes args. */
SIO_API sio_err sio_emitter_server_side_emit(
	sio_emitter *e, const char *nsp, const sio_delivery *how, const char *event, cJSON *args);
/* .socketsJoin(room), .socketsLeave(room), .disconnectSockets(close) */
SIO_API sio_err sio_emitter_join(
	sio_emitter *e, const char *nsp, const sio_delivery *who, const char *room);
SIO_API sio_err sio_emitter_leave(
	sio_emitter *e, const char *nsp, const sio_delivery *who, const char *room);
SIO_API sio_err sio_emitter_disconnect(
	sio_emitter *e, const char *nsp, const sio_delivery *who, bool whole_connection);

#ifdef __cplusplus
}
#endif
#endif

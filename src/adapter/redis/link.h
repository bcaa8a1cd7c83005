/* SPDX-License-Identifier: MIT */
/*
 * link - one connection to Redis on a loop of libuv, made again whenever it is lost.
 *
 * Commands are answered in their order.  hiredis reads the replies; its own asynchronous context is
 * not used, since it has no TLS before 1.0, no bound on what waits, and does not know SSUBSCRIBE.
 */
#ifndef REDIS_LINK_H
#define REDIS_LINK_H

#include "../../../include/sio.h"
#include "../../base/span.h"
#include "target.h"
#include <hiredis/hiredis.h>
#include <uv.h>

typedef struct redis_link redis_link;

typedef struct link_owner {
	void (*up)(void *user); /* it is there, and has let us in */
	/* It is lost, or a try has failed. */
	void (*down)(const char *why, void *user);
	/* A reply that no command waits for: what comes to a subscriber. */
	void (*pushed)(const redisReply *reply, void *user);
	/* A command that waited for a reply waits no more. */
	void (*answered)(void *user);
	/* An error in reply to a command that has no function. */
	void (*refused)(const char *why, void *user);
	void *user;
} link_owner;

typedef struct link_options {
	const redis_target *target; /* lasts as long */
	link_owner owner;
	bool subscriber; /* replies are no answers, and commands never wait */
	unsigned ping_ms;
	size_t max_queue, max_message;
	bool push_out;
} link_options;

/* It begins by itself.  NULL: out of memory. */
redis_link *link_new(uv_loop_t *loop, const link_options *o);
/* Writes what may be written and Redis takes within half a second, and closes.  What waits for a
 * reply is told nothing; memory is freed when the loop has turned. */
void link_free(redis_link *l);
bool link_is_up(const redis_link *l);
/* Gives the connection up, and tries again; nothing comes after it. */
void link_fault(redis_link *l, const char *why);
/* Why one was given up that had too much to read. */
extern const char *const link_too_large;

/* While it is held commands wait, even if the link is up. */
void link_hold(redis_link *l, bool hold);

/* The most words of a command. */
enum { LINK_WORDS = 16 };

/* reply NULL: the connection was lost. */
typedef void link_reply_fn(const redisReply *reply, void *user);
/* SIO_ELIMIT: over max_queue.  SIO_EGONE: a subscriber that is not up.  fn NULL: nobody waits. */
sio_err link_command(redis_link *l, size_t n, const span *words, link_reply_fn *fn, void *user);

/* Bytes without a reply, and how many commands were dropped or lost that had no function. */
size_t link_queued(const redis_link *l);
uint64_t link_dropped(const redis_link *l);

#endif

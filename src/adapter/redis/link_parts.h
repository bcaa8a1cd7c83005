/* SPDX-License-Identifier: MIT */
/* link_parts - what a link is made of; for its own files alone. */
#ifndef REDIS_LINK_PARTS_H
#define REDIS_LINK_PARTS_H

#include "../../base/buf.h"
#include "../../base/list.h"
#include "link.h"
#include "tls.h"

enum { LINK_READ = 64 << 10 };

/* A command, until Redis has replied to it. */
typedef struct command {
	list in_link;
	link_reply_fn *fn;
	void *user;
	size_t len;
	char bytes[];
} command;

/* One try to connect, and the connection that it becomes.  It outlives the link's interest in it
 * until libuv has called back. */
typedef struct wire {
	redis_link *link; /* NULL: nobody's any more */
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} socket;
	uv_connect_t connect;
	uv_write_t write;
	uv_getaddrinfo_t lookup;
	struct addrinfo *addresses, *next;
	redisReader *reader;
	tls *tls;
	buf flight; /* being written */
	bool writing, looking, closed;
} wire;

struct redis_link {
	uv_loop_t *loop;
	link_options o;
	wire *wire; /* NULL: waiting for the next try */
	uv_timer_t timer;
	bool up, hold, ended;
	bool heard;     /* something has come since the timer last went off */
	unsigned pings; /* unanswered */
	unsigned retry_ms;
	const char *broken;
	list urgent, waiting, written;
	size_t queued;
	uint64_t dropped;
	char incoming[LINK_READ];
};

/* ---- link_queue.c: commands that wait, or wait for their replies ---- */

command *command_first(list *queue);
void command_free(redis_link *l, command *c);
/* What is waiting is bounded; what is urgent is not.  fn NULL: nobody waits for the reply. */
sio_err queue_add(
	redis_link *l, list *queue, size_t n, const span *words, link_reply_fn *fn, void *user);
/* What is in it gets no reply. */
void queue_lose(redis_link *l, list *queue);

/* ---- link_wire.c: connections ---- */

/* Begins a try to connect. */
void wire_begin(redis_link *l);
/* It is nobody's any more, and ends. */
void wire_drop(wire *w);

/* ---- link_talk.c: what goes over them ---- */

/* Writes what may go. */
void link_flush(redis_link *l);
/* Fills the flight with what may go now; false: out of memory. */
bool link_load(redis_link *l);
/* Listens to a connection that has been made. */
bool link_listen(wire *w);

/* ---- link.c ---- */

/* The same, when the call that has found it has returned. */
void link_break_later(redis_link *l, const char *why);
/* The other end is there: makes itself known.  false: out of memory. */
bool link_greet(redis_link *l);
/* A reply to it, or something that was pushed. */
void link_take(redis_link *l, const redisReply *r);
/* The deadline of a try. */
void link_too_late(uv_timer_t *t);

#endif

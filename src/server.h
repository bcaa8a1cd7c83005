/* SPDX-License-Identifier: MIT */
/* server - what the files that tie the layers together share. */
#ifndef SERVER_H
#define SERVER_H

#include "../include/sio.h"
#include "net/net.h"
#include "socketio/io.h"

struct sio_server {
	io io; /* the first member: io_of() */
	wheel wheel;
	engine engine;
	net *net;
	void (*log)(sio_level level, const char *line, void *user);
	void *log_user;
	pace lines;        /* about peers, in the log */
	uint64_t left_out; /* of them */
	sio_hooks hooks;
	sio_farewell farewell;
	uint64_t patience; /* until when what clients are to be told first may wait */
	uint64_t credit;   /* thousandths of a client that may be closed */
	list ends;         /* of sessions, that the application is to be told of */
	bool waiting;      /* something may have been put off since the last server_settle() */
	bool ending;       /* sio_close() is freeing it */
	bool leaving;      /* sio_shutdown() is under way */
	bool gone;         /* and all have left, which is to be told */
	bool closing,
		closed; /* sio_close() was called inside a callback, and has been carried out */
	timer pace;     /* of the farewell */
	timer deadline;
};

/* Fields that the application adds to an answer. */
struct sio_headers {
	buf *fields;
	bool own_body; /* what they are said of is the application's too */
};

/* ---- server_end.c ---- */

void server_end_init(sio_server *s);
/* Something is put off until server_settle(). */
void server_put_off(sio_server *s);
/* Carries out what was put off while the application was running. */
void server_settle(sio_server *s);
bool server_unsettled(const sio_server *s);

/* ---- server.c ---- */

/* What an errno value is called outside. */
sio_err server_error(int error);

/* ---- server_options.c ---- */

/* What is wrong with them, for the log; NULL: nothing. */
const char *options_fault(const sio_options *o);
/* What they are for each layer, with the standards in the place of 0. */
io_options options_for_io(const sio_options *o);
engine_options options_for_engine(const sio_options *o);
net_options options_for_net(const sio_options *o, const char *path);
/* The path with a slash at its beginning, and one or none at its end; NULL: out of memory. */
char *options_path(const sio_options *o);

/* ---- server_stats.c ---- */

/* Whether one more line about a peer is to be written now. */
bool server_logs_peers(void *user);
/* A session has ended. */
void server_log_end(sio_server *s, const session *one, const ending *how);

/* ---- server_hooks.c ---- */

net_hooks hooks_for_net(const sio_server *s);
/* The application's word on a request. */
sio_err hooks_answer(sio_entry entry, bool allowed, const char *message);
bool hooks_opened(void *user, session *s);
void hooks_upgraded(session *s);
void hooks_closed(session *s, const ending *how);
void hooks_settle(sio_server *s);

#endif

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
	sio_hooks hooks;
};

/* ---- server_hooks.c ---- */

net_hooks hooks_for_net(const sio_server *s);
/* The application's word on a request. */
sio_err hooks_answer(sio_entry entry, bool allowed, const char *message);
bool hooks_opened(void *user, session *s);
void hooks_upgraded(session *s);
void hooks_closed(session *s, const ending *how);

#endif

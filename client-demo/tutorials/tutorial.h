/* SPDX-License-Identifier: MIT */
/* tutorial - what all tutorials have in common: a server on the port of the command line, its page,
 * and an end at Ctrl-C. */
#ifndef TUTORIAL_H
#define TUTORIAL_H

#include "../options.h"
#include <signal.h>
#include <sio.h>

static sio_server *tutorial_server; /* for the signal handler, which can be handed nothing */

static inline void tutorial_stop(int number)
{
	(void)number;
	sio_stop(tutorial_server);
}

static inline sio_err tutorial_run(sio_server *io, chat_options *o)
{
	sio_err err = sio_static(io, "/", o->public_dir);
	if (!err)
		err = sio_listen(io);
	if (err)
		return err;
	tutorial_server = io;
	signal(SIGINT, tutorial_stop);
	signal(SIGTERM, tutorial_stop);
	write_address(o, o->port ? o->port : sio_port(io));
	printf("%s: listening on http://%s/\n", program_invocation_short_name, o->address);
	fflush(stdout);
	return sio_run(io);
}

/* more: options of the tutorial's own; the rest comes from the command line. */
static inline int tutorial(
	int argc, char **argv, sio_options more, sio_err (*set_up)(sio_server *io, chat_options *o))
{
	chat_options o;
	sio_server *io = NULL;
	if (!read_options(argc, argv, &o))
		return 2;
	more.port = o.port;
	more.host = o.host;
	more.client_dir = o.client_dir;
	sio_err err = sio_create(&io, &more);
	if (!err)
		err = set_up(io, &o);
	if (!err)
		err = tutorial_run(io, &o);
	if (err)
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, sio_strerror(err));
	sio_close(io);
	return err ? 1 : 0;
}

#endif

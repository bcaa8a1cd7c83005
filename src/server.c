/* SPDX-License-Identifier: MIT */
/* server - the public functions that tie the layers together: life, loop. */
#include "server.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const char *sio_strerror(sio_err err)
{
	static const char *const texts[] = {
#define SIO_ERROR_TEXT(name, text) text,
		SIO_ERRORS(SIO_ERROR_TEXT)
#undef SIO_ERROR_TEXT
	};
	return (size_t)err < sizeof texts / sizeof *texts ? texts[err] : "unknown error";
}

const char *sio_version(void)
{
	return SIO_VERSION;
}

sio_err server_error(int error)
{
	static const struct {
		int error;
		sio_err err;
	} table[] = {
		{ 0, SIO_OK },
		{ ENOMEM, SIO_ENOMEM },
		{ EINVAL, SIO_EINVAL },
		{ EADDRINUSE, SIO_EADDRINUSE },
		{ EACCES, SIO_EACCES },
		{ EPERM, SIO_EACCES },
		{ EADDRNOTAVAIL, SIO_EADDRNOTAVAIL },
		{ EEXIST, SIO_EINVAL },
		{ ENOENT, SIO_ENOENT },
		{ ENOTDIR, SIO_ENOENT },
		{ ESHUTDOWN, SIO_EGONE },
		{ ENOBUFS, SIO_ELIMIT },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].error == error)
			return table[i].err;
	return SIO_EIO;
}

/* ---- What the network asks of its owner ---- */

static void settle(void *user)
{
	server_settle(user);
}

/* Sockets and clients look at their sessions until they are freed themselves. */
static void reap(void *user)
{
	sio_server *s = user;
	io_reap(&s->io);
	engine_reap(&s->engine);
}

static bool unsettled(const void *user)
{
	return server_unsettled(user);
}

static void refresh(void *user)
{
	sio_server *s = user;
	if (s->net)
		net_refresh(s->net);
}

static void put_off(void *user)
{
	server_put_off(user);
}

static void log_line(net_level level, const char *line, void *user)
{
	sio_server *s = user;
	if (s->log)
		s->log((sio_level)level, line, s->log_user);
	else if (level <= NET_WARN)
		fprintf(stderr, "libsio: %s\n", line);
}

static const engine_events events = {
	.open = hooks_opened,
	.message = client_message,
	.closed = hooks_closed,
	.upgraded = hooks_upgraded,
	.drained = client_drained,
	.put_off = put_off,
};

/* ---- Life ---- */

static sio_err check_options(sio_server *s, const sio_options *o)
{
	const char *fault = options_fault(o);
	if (fault)
		log_line(NET_ERROR, fault, s);
	return fault ? SIO_EINVAL : SIO_OK;
}

static sio_err open_network(sio_server *s, const sio_options *o)
{
	net_owner owner = {
		.settle = settle,
		.reap = reap,
		.unsettled = unsettled,
		.log = log_line,
		.logs_peers = server_logs_peers,
		.hooks = hooks_for_net(s),
		.user = s,
	};
	char *path = options_path(o);
	int error = ENOMEM;
	if (path) {
		net_options n = options_for_net(o, path);
		s->net = net_new(&n, &s->engine, &s->wheel, &owner, &error);
	}
	free(path);
	return server_error(error);
}

sio_err sio_create(sio_server **out, const sio_options *opts)
{
	static const sio_options standard;
	const sio_options *o = opts ? opts : &standard;
	io_options io_opts = options_for_io(o);
	engine_options engine_opts = options_for_engine(o);
	sio_server *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s)
		return SIO_ENOMEM;
	s->log = o->log;
	s->log_user = o->user;
	if (o->hooks)
		s->hooks = *o->hooks;
	wheel_init(&s->wheel, 0);
	server_end_init(s);
	io_opts.refresh = refresh;
	io_opts.put_off = put_off;
	io_opts.answer = hooks_answer;
	bool made = io_init(&s->io, &io_opts, s, &s->wheel);
	made = engine_init(&s->engine, &engine_opts, &events, s, &s->wheel) && made;
	sio_err err = made ? check_options(s, o) : SIO_ENOMEM;
	if (!err)
		err = open_network(s, o);
	if (err) {
		sio_close(s);
		return err;
	}
	*out = s;
	return SIO_OK;
}

/* The last callbacks of sio_close() run when the network is gone. */

sio_err sio_listen(sio_server *s)
{
	return s->net ? server_error(net_listen(s->net)) : SIO_EGONE;
}

sio_err sio_listen_on(sio_server *s, const char *address)
{
	if (!address)
		return SIO_EINVAL;
	return s->net ? server_error(net_listen_on(s->net, address)) : SIO_EGONE;
}

sio_err sio_reload_tls(sio_server *s)
{
	return s->net ? server_error(net_reload_tls(s->net)) : SIO_EGONE;
}

uint16_t sio_port(const sio_server *s)
{
	return s->net ? net_port(s->net) : 0;
}

/* ---- Loop ---- */

/* Whether it can be turned: not inside itself. */
static sio_err check_loop(const sio_server *s)
{
	if (s->closed || s->ending)
		return SIO_EGONE;
	return net_inside(s->net) ? SIO_EINVAL : SIO_OK;
}

sio_err sio_run(sio_server *s)
{
	sio_err err = check_loop(s);
	if (!err)
		net_run(s->net);
	return err;
}

void sio_stop(sio_server *s)
{
	if (s->net)
		net_stop(s->net);
}

int sio_fd(const sio_server *s)
{
	return s->net ? net_fd(s->net) : -1;
}

int sio_timeout(const sio_server *s)
{
	return s->net ? net_timeout(s->net) : -1;
}

sio_err sio_service(sio_server *s)
{
	sio_err err = check_loop(s);
	if (err)
		return err;
	net_service(s->net);
	return s->closed ? SIO_EGONE : SIO_OK;
}

struct uv_loop_s *sio_uv_loop(sio_server *s)
{
	return s->net ? net_loop(s->net) : NULL;
}

sio_err sio_post(sio_server *s, void (*fn)(void *user), void *user)
{
	if (!fn)
		return SIO_EINVAL;
	return s->net ? server_error(net_post(s->net, fn, user)) : SIO_EGONE;
}

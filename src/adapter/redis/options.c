/* SPDX-License-Identifier: MIT */
/* options - defaults, copies and checks. */
#include "options.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void say_line(const sio_redis_options *o, sio_level level, const char *line)
{
	if (o->log)
		o->log(level, line, o->user);
	else if (level <= SIO_LOG_WARN)
		fprintf(stderr, "libsio: %s\n", line);
}

static bool copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

static const char *read_all(settings *o)
{
	sio_redis_options *g = &o->given;
	const char *wrong = target_read(&o->target, g->url);
	if (wrong)
		return wrong;
	if (!copy(&o->target.tls_ca, g->tls_ca) || !copy(&o->target.tls_cert, g->tls_cert) ||
		!copy(&o->target.tls_key, g->tls_key) || !g->key || !g->stream || !g->session_key)
		return "out of memory";
	if (g->mode > SIO_REDIS_STREAMS)
		return "there is no such mode";
	return NULL;
}

bool options_read(settings *o, const sio_redis_options *given)
{
	char line[256];
	*o = (settings){ .given = *given };
	sio_redis_options *g = &o->given;
	g->key = strdup(g->key ? g->key : "socket.io");
	g->stream = strdup(g->stream ? g->stream : "socket.io");
	g->session_key = strdup(g->session_key ? g->session_key : "sio:session:");
	g->timeout_ms = g->timeout_ms ? g->timeout_ms : 5000;
	g->ping_ms = g->ping_ms ? g->ping_ms : 5000;
	g->max_queue = g->max_queue ? g->max_queue : 16u << 20;
	g->stream_max = g->stream_max ? g->stream_max : 10000;
	g->max_message = g->max_message ? g->max_message : 64u << 20;
	const char *wrong = read_all(o);
	if (!wrong)
		return true;
	snprintf(line, sizeof line, "redis: the options are wrong: %s", wrong);
	say_line(g, SIO_LOG_ERROR, line);
	return false;
}

void options_fini(settings *o)
{
	target_fini(&o->target);
	free((void *)(uintptr_t)o->given.key);
	free((void *)(uintptr_t)o->given.stream);
	free((void *)(uintptr_t)o->given.session_key);
}

/* SPDX-License-Identifier: MIT */
/*
 * bench-load - clients of Socket.IO, as many as are wanted, and what their server used meanwhile.
 *
 *     bench-load work=echo connections=100 port=3000 pid=1234
 *
 * far_port and far_pid are those of a second server, where all clients but the first are then.
 * Further: busy (of the connections; all), depth (1 message under way for each), rate (in a second,
 * of all; as fast as they are answered), body (32 bytes), warm (0.3 s), seconds (1), exactly
 * (messages, instead of seconds), tls (0), fragment (bytes of a message that the server sends in
 * one frame; all).  Prints one line of JSON.
 */
#include "load.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

options opt = {
	.work = WORKS, .connections = 100, .depth = 1, .body = 32, .warm = 0.3, .seconds = 1
};
messages said;

void die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fprintf(stderr, "bench-load: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

static void set(const char *name, const char *value)
{
	double n = strtod(value, NULL);
	if (!strcmp(name, "work"))
		opt.work = work_named(value);
	else if (!strcmp(name, "connections"))
		opt.connections = (unsigned)n;
	else if (!strcmp(name, "busy"))
		opt.busy = (unsigned)n;
	else if (!strcmp(name, "depth"))
		opt.depth = (unsigned)n;
	else if (!strcmp(name, "rate"))
		opt.rate = (unsigned)n;
	else if (!strcmp(name, "body"))
		opt.body = (size_t)n;
	else if (!strcmp(name, "warm"))
		opt.warm = n;
	else if (!strcmp(name, "seconds"))
		opt.seconds = n;
	else if (!strcmp(name, "exactly"))
		opt.exactly = (unsigned)n;
	else if (!strcmp(name, "port"))
		opt.port = (uint16_t)n;
	else if (!strcmp(name, "pid"))
		opt.pid = (pid_t)n;
	else if (!strcmp(name, "far_port"))
		opt.far_port = (uint16_t)n;
	else if (!strcmp(name, "far_pid"))
		opt.far_pid = (pid_t)n;
	else if (!strcmp(name, "fragment"))
		opt.fragment = (size_t)n;
	else if (!strcmp(name, "tls"))
		opt.tls = n != 0;
	else
		die("%s is not known", name);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *equals = strchr(argv[i], '=');
		if (!equals)
			die("%s: name=value is wanted", argv[i]);
		*equals = '\0';
		set(argv[i], equals + 1);
	}
	if (opt.work == WORKS || !opt.port || !opt.pid || !opt.connections || opt.depth > RING)
		die("work, port and pid are wanted, and a depth of at most %d", RING);
	if (!opt.busy || opt.busy > opt.connections)
		opt.busy = opt.connections;
	said = messages_make(opt.work, opt.body);
	if (opt.fragment)
		said.delivery = message_in_fragments(&said.delivery, opt.fragment);
	clients_init();
	work_run();
	return 0;
}

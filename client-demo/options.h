/* SPDX-License-Identifier: MIT */
/*
 * options - the command line and environment of the demos; nothing here is about Socket.IO.
 */
#ifndef CHAT_OPTIONS_H
#define CHAT_OPTIONS_H

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct chat_options {
	uint16_t port;
	const char *host, *client_dir, *public_dir;
	char address[128]; /* host and port, as they stand in a URL */
} chat_options;

static inline void write_address(chat_options *chat, unsigned port)
{
	bool ipv6 = strchr(chat->host, ':') != NULL;
	snprintf(chat->address, sizeof chat->address, "%s%s%s:%u", ipv6 ? "[" : "", chat->host,
		ipv6 ? "]" : "", port);
}

static inline const char *env_or(const char *name, const char *fallback)
{
	const char *value = getenv(name);
	return value && *value ? value : fallback;
}

static inline bool read_port(const char *text, uint16_t *port)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}

/* False after one line on stderr that says what is wrong. */
static inline bool read_options(int argc, char **argv, chat_options *out)
{
	enum { PORT, HOST, CLIENT_DIR, PUBLIC };
	static const struct option options[] = {
		{ "port", required_argument, NULL, PORT },
		{ "host", required_argument, NULL, HOST },
		{ "client-dir", required_argument, NULL, CLIENT_DIR },
		{ "public", required_argument, NULL, PUBLIC },
		{ NULL, 0, NULL, 0 },
	};
	const char *set[] = { env_or("PORT", "3000"), env_or("HOST", "127.0.0.1"),
		"client-demo/node_modules/socket.io-client/dist", "client-demo/public" };
	int option;
	opterr = 0;
	optind = 1; /* also when it is called again */
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0 && option != '?')
		set[option] = optarg;
	if (option == '?' || optind < argc) {
		fprintf(stderr,
			"usage: %s [--port N] [--host H] [--client-dir DIR] [--public DIR]\n",
			program_invocation_short_name);
		return false;
	}
	*out = (chat_options){ 0, set[HOST], set[CLIENT_DIR], set[PUBLIC], "" };
	if (!read_port(set[PORT], &out->port)) {
		fprintf(stderr, "%s: \"%s\" is not a port\n", program_invocation_short_name,
			set[PORT]);
		return false;
	}
	write_address(out, out->port);
	return true;
}

#endif

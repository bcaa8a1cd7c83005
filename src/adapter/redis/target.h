/* SPDX-License-Identifier: MIT */
/* target - where a Redis is, and how one gets in. */
#ifndef REDIS_TARGET_H
#define REDIS_TARGET_H

#include <stdbool.h>

typedef struct redis_target {
	char *host;            /* or the path of a socket */
	char *user, *password; /* NULL: none */
	char port[6];
	unsigned db;
	bool tls, local;
	char *tls_ca, *tls_cert, *tls_key;
} redis_target;

/* NULL, or what is wrong with the URL; target_fini() then too. */
const char *target_read(redis_target *t, const char *url);
void target_fini(redis_target *t);

#endif

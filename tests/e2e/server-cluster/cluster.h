/* SPDX-License-Identifier: MIT */
/* cluster - what the files of this program share. */
#ifndef CLUSTER_H
#define CLUSTER_H

#include <sio_redis.h>

/* The namespaces that are shared, and the one that tells the server what to do. */
sio_err set_up(sio_server *io, const char *name);
/* Clients of "/" are admitted when /control says so. */
sio_err hold_clients(void);
const sio_redis_stats *stats(void);

#endif

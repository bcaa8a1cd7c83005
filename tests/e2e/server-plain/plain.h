/* SPDX-License-Identifier: MIT */
/* plain - what the files of this program share. */
#ifndef PLAIN_H
#define PLAIN_H

#include <sio.h>

void set_up_routes(sio_server *io);
void set_up_websockets(sio_server *io);
/* The one that is running. */
sio_server *server(void);
/* Prints a line for a test to read; takes facts. */
void report(const char *what, cJSON *facts);

#endif

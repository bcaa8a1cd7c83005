/* SPDX-License-Identifier: MIT */
/* apps - the applications of the conformance server, and what they share. */
#ifndef CONFORMANCE_APPS_H
#define CONFORMANCE_APPS_H

#include "sio.h"

/* What an application needs for its handlers is hung up before the server listens. */
void set_up_suite(sio_server *io); /* what the official Socket.IO protocol suite expects */
void set_up_lab(sio_server *io);   /* many small events, for tests with official clients */
void set_up_flow(sio_server *io);  /* clients that fall behind or lose their connection */
/* Parents of namespaces, middleware of events, taps, changes of rooms. */
void set_up_features(sio_server *io);
/* A server that its clients bring to an end. */
void set_up_endings(sio_server *io);

/* Plain HTTP beside the sockets: routes that show what came, and folders to be mounted. */
void set_up_routes(sio_server *io);
/* Events about JSON trees and templates, and cJSON's allocations counted. */
void set_up_trees(sio_server *io);
/* LOCALE and OPENAT2_ERRNO; false: they cannot be had, as standard error says. */
bool enter_surroundings(void);
/* The engine's hooks. */
sio_hooks hooks_from_environment(void);
/* Prints a line, if the environment wants reports; takes facts. */
void report(const char *what, cJSON *facts);

/* Echoes at the level of Engine.IO, without Socket.IO; returns the exit code. */
int run_engine(const sio_options *options);
void stop_engine(void);

/* The arguments from the n-th on, to be sent again: their placeholders still fit the event's
 * attachments. */
cJSON *args_from(const sio_event *ev, int n);
/* A delivery with the event's attachments. */
sio_delivery with_binary(const sio_event *ev);
/* Emits name with the arguments from the n-th on, and the attachments. */
void emit_back(sio_socket *k, const sio_event *ev, const char *name, int n);
/* Answers with all of the arguments, and the attachments. */
void reply_all(const sio_event *ev);

#endif

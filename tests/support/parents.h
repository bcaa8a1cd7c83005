/* SPDX-License-Identifier: MIT */
/* parents - functions of parents that admit, refuse, or keep their entries for later, and note what
 * they were asked; `user` is a label to put in front, or NULL. */
#ifndef TESTS_PARENTS_H
#define TESTS_PARENTS_H

#include "lab.h"

#define LABEL(text) ((void *)(uintptr_t)(text))

/* The entries that keep() has not answered. */
static sio_entry waiting[8];
static size_t nwaiting;

static inline const char *label_of(const void *user)
{
	return user ? user : "";
}

static inline void keep(const char *name, const cJSON *auth, const sio_handshake *request,
	sio_entry entry, void *user)
{
	(void)auth;
	(void)request;
	note(entry.server, "%s%s", label_of(user), name);
	if (nwaiting < sizeof waiting / sizeof *waiting)
		waiting[nwaiting++] = entry;
}

static inline void admit(const char *name, const cJSON *auth, const sio_handshake *request,
	sio_entry entry, void *user)
{
	(void)request;
	note(entry.server, "%s%s%s", label_of(user), name, text_of(auth));
	sio_admit(entry);
}

static inline void refuse(const char *name, const cJSON *auth, const sio_handshake *request,
	sio_entry entry, void *user)
{
	(void)auth;
	(void)request;
	note(entry.server, "%s%s", label_of(user), name);
	sio_refuse(entry, "not here", sio_json("{a: 1}"));
}

static inline void note_namespace(sio_ns *ns, void *user)
{
	(void)user;
	note(sio_ns_server(ns), "new:%s", sio_ns_name(ns));
}

static inline size_t namespaces(const sio_server *s)
{
	return s->io.namespaces.count;
}

/* Notes new namespaces, and forgets those that are empty. */
static inline sio_server *room_server(void)
{
	sio_server *s = lab_new_with(&(sio_options){ .cleanup_empty_children = true });
	nwaiting = 0;
	sio_on_namespace(s, note_namespace, NULL);
	return s;
}

#endif

/* SPDX-License-Identifier: MIT */
/* guest - a client of a lab that keeps the pid and the offset, as the official one does, to come
 * back with them. */
#ifndef TESTS_GUEST_H
#define TESTS_GUEST_H

#include "lab.h"

enum { GUEST_ID = 32, GUEST_TEXT = 8192 };

typedef struct guest {
	peer *peer;
	char sid[GUEST_ID], pid[GUEST_ID], offset[GUEST_ID]; /* "": it has none */
	char text[GUEST_TEXT];
} guest;

/* Opens a session and asks for the namespace. */
guest guest_come(sio_server *s, const char *nsp);
/* The same in a new session, with what it keeps. */
void guest_again(guest *g, sio_server *s, const char *nsp);
/* The same with these auth data, in which %s is its pid.  s NULL: in the session that it has. */
void guest_say(guest *g, sio_server *s, const char *nsp, const char *auth);
/* All messages since the last time, with a space between: events without their offset, which it
 * keeps; 40 for an answer to CONNECT, of which it keeps the ids, and 40= if the pid is the one that
 * it had. */
const char *guest_heard(guest *g);

#define GUEST_HEARD(guest, text) ck_assert_str_eq(guest_heard(guest), text)

#endif

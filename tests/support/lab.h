/* SPDX-License-Identifier: MIT */
/*
 * lab - a Socket.IO server without a network, and the far ends of its connections.
 *
 * A test plays the clients: it gives their messages with receive(), and asks with heard() what
 * they were sent.  What the application's handlers saw is written down by the note_...() functions
 * and read with journal().  Time passes only in wait_ms().  Each call that brings something in
 * ends with the end of a turn, as in the real server, unless turns are held.
 *
 * Texts are as they stand in an Engine.IO message, with its type in front: 42["a"].
 */
#ifndef TESTS_LAB_H
#define TESTS_LAB_H

#include "../../src/engine/polling.h"
#include "../../src/socketio/io.h"

enum {
	LAB_PEERS = 256,      /* connections in the life of a lab */
	LAB_MAILBOX = 1024,   /* messages to one peer that nobody asked for yet */
	LAB_TEXT = 64 * 1024, /* one message, or all that heard() and journal() give at once */
	LAB_POLL = 4          /* requests of one peer by polling at a time */
};

/* The far end of one connection. */
typedef struct peer {
	transport base; /* websocket-like */
	sio_server *lab;
	session *session; /* NULL: not there any more */
	bool polling;     /* by polling instead: a GET waits whenever it is not slow */
	bool slow;        /* takes nothing, so that output waits */
	bool closed;      /* the server has ended the connection */
	exchange exchanges[LAB_POLL];
	bytes *mail[LAB_MAILBOX];
	size_t nmail;
} peer;

struct sio_server {
	io io; /* the first member: io_of() */
	wheel wheel;
	engine engine;
	peer *peers[LAB_PEERS];
	size_t npeers;
	bool holding; /* turns do not end */
	char *input;  /* a message stands at its end, so that a sanitizer sees who reads on */
	char *journal;
	size_t journal_len;
	char *heard;
};

/* Options that are 0 are those of a server. */
sio_server *lab_new(void);
sio_server *lab_new_with(const sio_options *o);
/* The server says goodbye, as sio_close() does, and all is freed. */
void lab_close(sio_server *s);
/* The same in two halves: what the peers and the application were told can be looked at between. */
void lab_shut(sio_server *s);
void lab_free(sio_server *s);

/* The end of a turn: what was put off is done, peers take their output, the dead are freed. */
void end_turn(sio_server *s);
void hold_turns(sio_server *s);
void wait_ms(sio_server *s, unsigned ms);

/* ---- Peers ---- */

/* A session that has entered no namespace.  Its open packet is put away.  NULL: out of memory; such
 * a peer says nothing, has no socket, and need not hang up. */
peer *open_client(sio_server *s);
peer *open_polling_client(sio_server *s);
/* One of Socket.IO 1 or 2, which takes no open packet but what comes after it. */
peer *open_old_client(sio_server *s);
/* One that has entered "/", and its socket. */
peer *connect_client(sio_server *s);
sio_socket *socket_of(const peer *p, const char *nsp);
/* The peer asks for a namespace and takes the answer.  NULL: it was not let in. */
sio_socket *enter(peer *p, const char *nsp);

void receive(peer *p, const char *text);
void receive_text(peer *p, const char *text, size_t len);
void receive_binary(peer *p, const void *data, size_t len);
/* The connection ends from its side. */
void hang_up(peer *p);

/* All messages since the last time, with a space between: a binary one as its bytes in hex between
 * < and >, the ids in answers to CONNECT as *.  Valid until the next call. */
const char *heard(peer *p);
/* The same, with the ids. */
const char *heard_exactly(peer *p);
/* How many there are, and the i-th of them. */
size_t sent_count(const peer *p);
bytes *sent(const peer *p, size_t i);
void forget_mail(peer *p);

/* ---- What the application sees ---- */

/* Appends to the journal, where entries stand one after the other with a space between. */
void note(sio_server *s, const char *format, ...) SIO_PRINTF(2, 3);
/* All since the last time. */
const char *journal(sio_server *s);

/* Handlers that note, `user` being a name to put in front, or NULL. */
void note_connect(sio_socket *k, void *user);                     /* connect:/chat */
void note_left(sio_socket *k, const char *reason, void *user);    /* left:/chat:parse error */
void note_event(sio_socket *k, const sio_event *ev, void *user);  /* name[args] */
void note_answer(sio_socket *k, const sio_event *ev, void *user); /* answer[args] */
/* For acks `user` is the server: ack:SIO_OK[args]. */
void note_ack(sio_err err, const cJSON *args, void *user);
/* A handler that answers with the arguments it was given. */
void echo_event(sio_socket *k, const sio_event *ev, void *user);

/* Compact JSON; valid until the next call. */
const char *text_of(const cJSON *tree);

/* For Check. */
#define HEARD(peer, text)   ck_assert_str_eq(heard(peer), text)
#define NOTED(server, text) ck_assert_str_eq(journal(server), text)

#endif

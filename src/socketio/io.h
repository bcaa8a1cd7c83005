/* SPDX-License-Identifier: MIT */
/*
 * io - what the files of this folder share: the server's Socket.IO half, its clients, namespaces
 * and sockets.
 *
 *     engine session -- client --< socket >-- namespace --< room
 *
 * Nothing is freed while the application may be running.  What ends is taken out of its lists at
 * once, its handlers run from io_settle(), and its memory goes in io_reap() at the end of the turn.
 */
#ifndef SOCKETIO_IO_H
#define SOCKETIO_IO_H

#include "../../include/sio.h"
#include "../base/buf.h"
#include "../base/list.h"
#include "../base/map.h"
#include "../base/timer.h"
#include "../engine/engine.h"
#include "handler.h"
#include "packet.h"
#include "revision.h"
#include "ticket.h"

typedef struct io_options {
	unsigned max_attachments;
	unsigned max_depth;
	unsigned max_unanswered;
	unsigned connect_timeout_ms;
	void (*refresh)(void *server); /* brings wheel->time up to date; NULL: it always is */
	/* The application's word on an entry that is not a client's; NULL: there are none. */
	sio_err (*answer)(sio_entry entry, bool admitted, const char *message);
} io_options;

/* The half of a server that knows Socket.IO; a sio_server begins with it. */
typedef struct io {
	io_options options;
	sio_server *server; /* for what the application is handed */
	wheel *wheel;
	map namespaces; /* by name */
	tickets tickets;
	handler_yard handlers;
	buf scratch;    /* packets are written here, then copied to a block of their size */
	buf name;       /* of the event that is being handled */
	list admitted;  /* sockets whose middleware goes on */
	list newcomers; /* clients that are to enter "/" unasked */
	list departed;  /* sockets whose disconnect handlers are to run */
	list finished;  /* inquiries whose callback is to run */
	list dead_sockets, dead_clients, dead_inquiries;
} io;

/* The io that an application's server begins with. */
static inline io *io_of(sio_server *s)
{
	return (io *)(void *)s;
}

typedef struct client client;

struct sio_ns {
	map_node by_name;
	io *io;
	map sockets;  /* connected ones, by id */
	list members; /* the same, in order of arrival */
	map rooms;    /* by name */
	map places;   /* of sockets in rooms, by both */
	map events;   /* handlers by event name */
	list any, connect, disconnect, use;
	map asks;          /* acks waited for, by socket and id */
	uint64_t next_ack; /* shared by all sockets, as in the reference */
	uint64_t delivery; /* number of the last one: who matched it carries this mark */
	span name;
	char text[];
};

typedef enum socket_state {
	SOCKET_ADMITTING, /* middleware */
	SOCKET_CONNECTED,
	SOCKET_LEFT
} socket_state;

struct sio_socket {
	map_node by_id;
	list in_ns, in_client; /* among their members */
	list in_io;            /* admitted, departed, or dead */
	sio_ns *ns;
	client *client; /* valid as long as the socket */
	uint8_t state;
	bool in_own_room;
	bool admitted;      /* the middleware that was called last has admitted it */
	bool running;       /* inside its middleware */
	const char *reason; /* for which it left */
	list *next_use;     /* middleware to be called next */
	uint64_t last_use;  /* number of the last handler when it came: later ones are not for it */
	uint64_t entry;     /* ticket of the middleware called last */
	uint64_t mark;      /* of the delivery that it matched last */
	cJSON *auth;
	void *data;
	void (*free_data)(void *);
	list places;              /* in rooms */
	list asks;                /* acks it owes us */
	uint32_t tickets;         /* first of the acks that we owe it */
	unsigned unanswered;      /* how many those are */
	struct own_handlers *own; /* of this socket only; NULL: none */
	span id;
	char text[]; /* of the id */
};

/* Handlers on one socket. */
typedef struct own_handlers {
	map events;
} own_handlers;

/* A binary packet whose attachments are still coming. */
typedef struct partial {
	buf text; /* the packet, copied */
	size_t wanted, have, size;
	sio_bytes parts[];
} partial;

struct client {
	session *session; /* valid as long as the client, ended or not */
	io *io;
	const revision *revision;
	list sockets;
	list in_io; /* newcomers, or dead */
	timer connect_timeout;
	partial *partial;
	unsigned unanswered; /* acks that we owe to all its sockets */
	sio_ns **left;       /* namespaces that it was in: late packets for them are no offence */
	size_t nleft;
};

/* ---- io.c ---- */

bool io_init(io *o, const io_options *options, sio_server *server, wheel *w);
void io_fini(io *o);
/* Runs what was put off while the application was running, until nothing is left. */
void io_settle(io *o);
bool io_unsettled(const io *o);
/* What time it is, for a timer that the application starts: it may do so between two turns. */
uint64_t io_time(io *o);
/* Frees what ended in this turn. */
void io_reap(io *o);
/* What is in scratch as a block; NULL: out of memory.  Scratch is empty then. */
bytes *io_take_scratch(io *o);

/* ---- client.c ---- */

bool client_open(io *o, session *s);
void client_message(session *s, unsigned char *data, size_t len, bool binary);
void client_closed(session *s, const ending *how);
void client_free(client *c);
/* The peer broke the protocol: its sockets leave, its connection is closed. */
void client_reject(client *c, const char *reason);
/* Closes the connection; each socket is told and leaves. */
void client_disconnect(client *c);
/* It has just come and is let into "/". */
void client_arrived(client *c);
/* The first socket has entered a namespace. */
void client_entered(client *c);
/* It was in this namespace and is not any more. */
void client_left(client *c, sio_ns *ns);

/* ---- namespace.c ---- */

sio_ns *ns_find(const io *o, span name);
void ns_free(sio_ns *ns);
/* A client asks for the namespace; takes auth. */
void ns_connect(sio_ns *ns, client *c, cJSON *auth);
/* Calls the middleware that is left; at the end the socket is connected. */
void ns_advance(sio_socket *k);
/* There is no such namespace. */
void ns_send_unknown(client *c, span nsp);

/* ---- socket.c ---- */

sio_socket *socket_new(sio_ns *ns, client *c, cJSON *auth);
void socket_free(sio_socket *k);
/* It is connected or being admitted; from now on it is neither.  Its disconnect handlers run at the
 * next io_settle(). */
void socket_leave(sio_socket *k, const char *reason);
/* Runs them. */
void socket_departed(sio_socket *k);
/* An EVENT packet with its attachments.  false: its payload is not what it must be. */
bool socket_event(sio_socket *k, const sp_packet *p, const sio_bytes *parts, size_t nparts);

/* ---- room.c ---- */

typedef struct room room;
void room_leave_all(sio_socket *k);
/* Calls fn for everyone that matches, once each.  fn must not call the application. */
void room_match(
	sio_ns *ns, const sio_delivery *who, void (*fn)(sio_socket *k, void *user), void *user);

/* ---- ack.c ---- */

/* One emit that waits for acks, of one socket or of many. */
typedef struct inquiry {
	list in_io; /* finished, or dead */
	sio_ns *ns;
	uint64_t id; /* the ack id of its packets */
	bool single;
	sio_err err; /* what is known of it so far, at the end what the callback is told */
	sio_ack_fn *fn;
	sio_answer_fn *on_answer;
	void *user;
	cJSON *answers;
	list asks; /* sockets still to answer */
	timer deadline;
} inquiry;

/* An ACK packet with its attachments.  false: bad payload. */
bool ack_answer(sio_socket *k, const sp_packet *p, const sio_bytes *parts, size_t nparts);
inquiry *inquiry_new(sio_ns *ns, const sio_delivery *how, bool single); /* NULL: out of memory */
/* The socket is going to be asked; false: out of memory. */
bool inquiry_add(inquiry *q, sio_socket *k);
/* All have been added: the time runs. */
void inquiry_begin(inquiry *q, unsigned timeout_ms);
void inquiry_free(inquiry *q);
/* Its callback. */
void inquiry_finished(inquiry *q);
/* The socket leaves: whoever waits for it waits no longer. */
void ack_forget(sio_socket *k);

/* ---- emit.c ---- */

/* One packet to one client, with its attachments. */
void emit_packet(client *c, bytes *text, bytes *const *parts, size_t nparts);
void emit_text(client *c, bytes *text); /* takes the reference */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * far - the far ends of connections: clients of Engine.IO 3 and 4 on real sockets, by long-polling,
 * WebSocket and the upgrade from one to the other, as many as wanted in one thread.
 *
 * They keep to the rules as the official client does, unless they are told to be slow, to send in
 * small pieces, or to go without a word.  Nothing but bytes and buffers is shared with the server.
 */
#ifndef TESTS_FAR_H
#define TESTS_FAR_H

#include "../../src/base/buf.h"
#include "../../src/base/span.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct far far;

typedef enum far_way { FAR_POLLING, FAR_WEBSOCKET, FAR_UPGRADE } far_way;

typedef struct far_hooks {
	void (*opened)(far *f); /* the session has an id */
	void (*message)(far *f, span data, bool binary);
	void (*upgraded)(far *f);
	void (*ended)(far *f, const char *why); /* once, also when far_close() was called */
} far_hooks;

enum far_use { FAR_GET, FAR_POST, FAR_SOCKET, FAR_WIRES };

/* One TCP connection. */
typedef struct far_wire {
	far *owner;
	int fd; /* -1: none */
	enum far_use use;
	bool watched_out; /* the loop is told when it can be written */
	bool asked;       /* a request is under way, or the handshake of a WebSocket */
	bool framed;      /* its 101 has come */
	buf in, out;
} far_wire;

struct far {
	const far_hooks *hooks;
	void *user;
	const char *query; /* more of it, or "": "&a=b" */
	uint16_t port;
	far_way way;
	unsigned version; /* 3 or 4 */
	bool open, ended, slow;
	bool probing;   /* the WebSocket was opened beside polling */
	bool switching; /* its probe was answered: no other request is made */
	bool on_socket; /* messages go over the WebSocket */
	size_t piece;   /* the most that is written at a time; 0: all that goes */
	char sid[72];
	uint64_t pinged, ping_every; /* of version 3 */
	buf waiting;                 /* packets for the next POST, as a payload */
	far_wire wires[FAR_WIRES];
};

/* Before all others; far_turn() waits for something to happen, but no longer, and deals with it. */
void far_begin(void);
void far_end(void);
void far_turn(int wait_ms);
uint64_t far_now(void); /* ms */

/* On 127.0.0.1; query must last.  f is the caller's until ended() has run, which is never inside
 * these calls. */
void far_open(far *f, uint16_t port, const char *query, far_way way, unsigned version,
	const far_hooks *hooks, void *user);
/* A message of text without NUL or 0x1e, or of bytes. */
void far_say(far *f, const char *text, size_t len, bool binary);
/* What the time asks for: version 3 is pinged by its clients.  To be called now and then. */
void far_tick(far *f);
/* Begins the upgrade of a session by polling. */
void far_upgrade(far *f);
/* Reads nothing until it is called with false. */
void far_slow(far *f, bool slow);
/* Goes without a word; reset: so that the server's next write fails. */
void far_close(far *f, bool reset);

/* ---- Between the files of it ---- */

void far_lost(far *f, const char *why);
void wire_open(far_wire *w);
void wire_close(far_wire *w, bool reset);
void wire_send(far_wire *w);
/* A packet as it stands in a payload or a frame. */
void far_packet(far *f, far_wire *from, span packet);
void far_binary(far *f, span data);
/* Asks for, or sends, what there is by polling. */
void polling_go(far *f);
void polling_open(far *f);
void polling_input(far_wire *w);
/* A packet that begins with front, or a binary message. */
void polling_say(far *f, const char *front, const char *text, size_t len, bool binary);
void socket_open(far *f);
void socket_input(far_wire *w);
void socket_frame(far_wire *w, unsigned opcode, const char *front, const void *data, size_t len);

#endif

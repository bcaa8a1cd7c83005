/* SPDX-License-Identifier: MIT */
/*
 * load - what the parts of the load generator share.
 *
 * One thread, one epoll.  Whatever a client sends was framed and masked before the work began, and
 * whatever comes is compared with what should come, byte for byte, without taking frames apart.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "../common/messages.h"
#include "../common/pump.h"
#include <stdint.h>
#include <sys/types.h>

typedef struct options {
	work work;
	unsigned connections;
	unsigned busy;  /* of them; the others are silent */
	unsigned depth; /* messages that each of them has under way */
	unsigned rate;  /* messages a second, of all together; 0: as fast as they are answered */
	size_t body, fragment;
	double warm, seconds; /* before and while it is measured */
	unsigned exactly; /* not by time: so many messages and then twice as many, between marks */
	uint16_t port;
	pid_t pid; /* of the server */
	/* 0: none.  Of another one, where all clients but the first are. */
	uint16_t far_port;
	pid_t far_pid;
	bool tls;
} options;

extern options opt;
extern messages said;

void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
uint64_t clock_ns(void);

/* ---- histogram.c: times, with an error of at most 1/32 ---- */

enum { BUCKETS = 60 * 32 };
typedef struct histogram {
	uint64_t count, most;
	uint64_t at[BUCKETS];
} histogram;

void histogram_add(histogram *h, uint64_t ns);
uint64_t histogram_quantile(const histogram *h, double q);

/* ---- meter.c: what the server has used ---- */

uint64_t cpu_ns(pid_t pid); /* 0: this process */
uint64_t rss_bytes(pid_t pid);

/* ---- expect.c: what comes ---- */

typedef enum kind { DELIVERY, ACK, PING, KINDS } kind;
typedef struct expected {
	size_t at; /* how much of a message has come */
	uint8_t kind;
} expected;
typedef void expect_fn(kind k, void *user);
/* Calls fn for each message that is whole.  Ends the program where something else comes. */
void expect_feed(expected *e, const unsigned char *data, size_t len, expect_fn *fn, void *user);
void expect_init(void);

/* ---- client.c: one connection ---- */

typedef enum state { CONNECTING, SECURING, OPENING, ENTERING, JOINING, READY } state;
enum { RING = 64 }; /* times of messages that are remembered */

typedef struct client {
	int fd;
	uint8_t state;
	bool waits; /* for the kernel to take more */
	unsigned number;
	SSL *ssl;
	pump out;
	expected in;
	uint32_t sent, done; /* messages */
	uint64_t *times;     /* when they were due, RING of them */
	unsigned char *text; /* that came, while it is not ready, and over HTTP */
	size_t text_len;
	char sid[64];
	bool polls;
	bool posted; /* over HTTP: the GET is under way */
	bool pinged; /* over HTTP: a pong is due */
	uint64_t began;
} client;

enum { TEXT_MAX = 4096 };

void clients_init(void);
void client_open(client *c, unsigned number, bool polls);
void client_close(client *c);
/* The socket can be read or written. */
void client_event(client *c, unsigned events);
/* Tells a server under a program that counts instructions that a stretch of work begins or ends. */
void client_mark(client *c);
/* Sends that many requests. */
void client_send(client *c, unsigned times);
void client_send_text(client *c, const void *data, size_t len);
/* Waits for something to happen, but not longer. */
void loop_turn(uint64_t until);
extern unsigned clients_ready;

/* ---- http.c: a client that polls ---- */

void http_begin(client *c);
void http_input(client *c, const unsigned char *data, size_t len);
void http_request(client *c);

/* ---- work.c: what is done ---- */

/* It has entered. */
void work_ready(client *c);
void work_answered(client *c, kind k);
/* What was read has been dealt with. */
void work_read_done(void);
void work_closed(client *c);
/* Prints what was measured, as JSON. */
void work_run(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * two_servers - two servers of one process, each in a thread of its own, which know nothing of one
 * another but what sio_post() carries across.
 *
 * Clients of both talk at once: each has its words echoed, and has words said to all clients of the
 * other server, by a post from the one thread to the other.  Everybody counts what arrives, while
 * the main thread posts to both as well.  And all of it again, because a server that was closed
 * must have left nothing behind.
 */
#include "client.h"
#include <pthread.h>
#include <sio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 3, CLIENTS = 4, ECHOES = 100, WORDS = 25, POSTS = 200, PATIENCE_S = 120 };

typedef struct host {
	pthread_t thread;
	sio_server *io;
	struct host *other;
	uint16_t port;
	unsigned posts; /* that have run: its thread's own, until that has ended */
} host;

static host hosts[2];
/* Servers that listen; later clients that are connected, and that are through. */
static pthread_barrier_t listening, connected, finished;

static void check(sio_err err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "%s: ", what);
	give_up(sio_strerror(err));
}

/* ---- The servers ---- */

static void on_echo(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	check(sio_emit(k, "echo", cJSON_Duplicate(ev->args, true)), "emit");
}

/* What one server has for the other's clients: made by one thread, and used and freed by the other.
 */
typedef struct news {
	host *to;
	int number;
} news;

static void spread(void *user)
{
	news *n = user;
	check(sio_broadcast(sio_of(n->to->io, "/"), NULL, "news", sio_json("[%d]", n->number)),
		"broadcast");
	free(n);
}

static void on_tell(sio_socket *k, const sio_event *ev, void *user)
{
	host *here = user;
	news *n = malloc(sizeof *n);
	(void)k;
	if (!n)
		give_up("out of memory");
	*n = (news){ here->other, (int)cJSON_GetNumberValue(cJSON_GetArrayItem(ev->args, 0)) };
	check(sio_post(here->other->io, spread, n), "post");
}

static void count_post(void *user)
{
	((host *)user)->posts++;
}

static void *serve(void *user)
{
	host *h = user;
	const sio_options options = { .host = "127.0.0.1", .per_message_deflate = true };
	check(sio_create(&h->io, &options), "create");
	check(sio_on(sio_of(h->io, "/"), "echo", on_echo, NULL), "on");
	check(sio_on(sio_of(h->io, "/"), "tell", on_tell, h), "on");
	check(sio_listen(h->io), "listen");
	h->port = sio_port(h->io);
	pthread_barrier_wait(&listening);
	check(sio_run(h->io), "run");
	/* The other one may post to it still: until both have come this far, neither goes. */
	pthread_barrier_wait(&listening);
	sio_close(h->io);
	return NULL;
}

/* ---- The clients ---- */

typedef struct expected {
	int echoes; /* that have come, in their order */
	int news;
	long sum; /* of their numbers */
} expected;

static void take(client *c, expected *so_far)
{
	static const char echo[] = "42[\"echo\",", said[] = "42[\"news\",";
	size_t len;
	const char *packet = client_next(c, &len);
	int number = len > sizeof echo ? atoi(packet + sizeof echo - 1) : -1;
	if (!memcmp(packet, echo, sizeof echo - 1)) {
		if (number != so_far->echoes++)
			give_up("an echo is out of order");
	} else if (!memcmp(packet, said, sizeof said - 1)) {
		so_far->news++;
		so_far->sum += number;
	} else {
		give_up("nobody has said that");
	}
}

static void *talk(void *user)
{
	const host *h = user;
	client *c = calloc(1, sizeof *c);
	expected so_far = { 0 };
	char packet[64];
	if (!c)
		give_up("out of memory");
	client_open(c, h->port);
	pthread_barrier_wait(&connected);
	for (int i = 0; i < ECHOES; i++) {
		snprintf(packet, sizeof packet, "42[\"echo\",%d]", i);
		client_send(c, packet);
		snprintf(packet, sizeof packet, "42[\"tell\",%d]", i);
		if (i < WORDS)
			client_send(c, packet);
	}
	while (so_far.echoes < ECHOES || so_far.news < CLIENTS * WORDS)
		take(c, &so_far);
	if (so_far.sum != CLIENTS * (WORDS - 1) * WORDS / 2)
		give_up("the news were not those that were told");
	pthread_barrier_wait(&finished);
	client_close(c);
	free(c);
	return NULL;
}

/* ---- All of them ---- */

static pthread_t start(void *(*fn)(void *), void *user)
{
	pthread_t t;
	if (pthread_create(&t, NULL, fn, user))
		give_up("no thread");
	return t;
}

static void round_of_all(void)
{
	pthread_t clients[2 * CLIENTS];
	for (int i = 0; i < 2; i++) {
		hosts[i] = (host){ .other = &hosts[1 - i] };
		hosts[i].thread = start(serve, &hosts[i]);
	}
	pthread_barrier_wait(&listening);
	for (int i = 0; i < 2 * CLIENTS; i++)
		clients[i] = start(talk, &hosts[i % 2]);
	for (int i = 0; i < 2 * POSTS; i++)
		check(sio_post(hosts[i % 2].io, count_post, &hosts[i % 2]), "post");
	for (int i = 0; i < 2 * CLIENTS; i++)
		pthread_join(clients[i], NULL);
	for (int i = 0; i < 2; i++)
		sio_stop(hosts[i].io);
	pthread_barrier_wait(&listening);
	for (int i = 0; i < 2; i++)
		pthread_join(hosts[i].thread, NULL);
	for (int i = 0; i < 2; i++)
		if (hosts[i].posts != POSTS)
			give_up("a post was lost");
}

int main(void)
{
	alarm(PATIENCE_S);
	pthread_barrier_init(&listening, NULL, 3);
	pthread_barrier_init(&connected, NULL, 2 * CLIENTS);
	pthread_barrier_init(&finished, NULL, 2 * CLIENTS);
	for (int i = 0; i < ROUNDS; i++)
		round_of_all();
	printf("two servers in two threads: %d rounds, %d clients, %d messages\n", ROUNDS,
		2 * CLIENTS, ROUNDS * 2 * CLIENTS * (ECHOES + CLIENTS * WORDS));
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/* soak_server - the server of the soak test, and a look at what it holds. */
#include "../../src/net/internal.h"
#include "../../src/server.h"
#include "soak.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOMS = 64, STREAM_BATCH = 2000 };

static sio_server *server;
static uint64_t heard, wrong;
static uint32_t said[ROOMS];

/* What is known of a client. */
typedef struct guest {
	uint32_t next; /* number of its events */
	uint32_t at, to;
	int room;
} guest;

static guest *guest_of(const sio_socket *k)
{
	return sio_data(k);
}

static uint32_t number(const sio_event *ev, int i)
{
	return (uint32_t)cJSON_GetNumberValue(cJSON_GetArrayItem(ev->args, i));
}

static void count(sio_socket *k, uint32_t n)
{
	guest *g = guest_of(k);
	if (n == g->next)
		heard++;
	else
		wrong++;
	g->next = n + 1;
}

static void on_echo(sio_socket *k, const sio_event *ev, void *user)
{
	(void)user;
	count(k, number(ev, 0));
	sio_emit(k, "echo", cJSON_Duplicate(ev->args, true));
	sio_reply(ev->ack, sio_json("[%u]", number(ev, 0)));
}

static void on_say(sio_socket *k, const sio_event *ev, void *user)
{
	guest *g = guest_of(k);
	char name[16];
	(void)ev;
	(void)user;
	snprintf(name, sizeof name, "room %d", g->room);
	sio_broadcast(sio_namespace(k), &(sio_delivery){ .to = SIO_ROOMS(name) }, "said",
		sio_json("[%u, '%064d']", said[g->room]++, g->room));
}

static void on_room(sio_socket *k, const sio_event *ev, void *user)
{
	guest *g = guest_of(k);
	char name[16];
	(void)user;
	g->room = (int)number(ev, 0) % ROOMS;
	snprintf(name, sizeof name, "room %d", g->room);
	sio_join(k, name);
	sio_emit(k, "room", sio_json("[%u]", said[g->room]));
}

static void stream(sio_socket *k)
{
	guest *g = guest_of(k);
	while (g->at < g->to && sio_connected(k) && !sio_behind(k))
		sio_emit(k, "at", sio_json("[%u]", g->at++));
}

static void on_stream(sio_socket *k, const sio_event *ev, void *user)
{
	guest *g = guest_of(k);
	(void)user;
	*g = (guest){ .next = g->next, .room = g->room, .to = number(ev, 0) };
	stream(k);
}

static void on_drain(sio_socket *k, void *user)
{
	(void)user;
	stream(k);
}

static void on_hose(sio_socket *k, const sio_event *ev, void *user)
{
	static char water[10000];
	(void)ev;
	(void)user;
	memset(water, '~', sizeof water);
	for (int i = 0; i < 40 && sio_connected(k); i++)
		sio_emit(k, "water", sio_json("[%.*s]", (int)sizeof water, water));
}

static void on_connect(sio_socket *k, void *user)
{
	(void)user;
	sio_set_data(k, calloc(1, sizeof(guest)), free);
}

static void on_state(const sio_request *req, sio_response *res, void *user)
{
	static char text[128];
	unsigned connections = 0;
	(void)req;
	(void)user;
	LIST_EACH (it, &server->net->connections)
		connections++;
	int n = snprintf(text, sizeof text, "%zu %zu %u %llu %llu",
		(size_t)server->engine.sessions.count, (size_t)server->wheel.count, connections,
		(unsigned long long)heard, (unsigned long long)wrong);
	res->body = (sio_bytes){ text, (size_t)n };
	res->type = "text/plain";
	sio_set_header(res->headers, "Cache-Control", "no-store");
}

static void on_signal(int unused)
{
	(void)unused;
	sio_stop(server);
}

static void set_up(void)
{
	sio_ns *ns = sio_of(server, "/");
	sio_on_connect(ns, on_connect, NULL);
	sio_on_drain(ns, on_drain, NULL);
	sio_on(ns, "echo", on_echo, NULL);
	sio_on(ns, "say", on_say, NULL);
	sio_on(ns, "room", on_room, NULL);
	sio_on(ns, "stream", on_stream, NULL);
	sio_on(ns, "hose", on_hose, NULL);
	sio_http(server, "GET", "/state", on_state, NULL);
}

int soak_server(int ready)
{
	sio_options o = { .host = "127.0.0.1",
		.allow_eio3 = true,
		.ping_interval_ms = 2000,
		.ping_timeout_ms = 4000,
		.max_queue = 1u << 20,
		.high_water = 100000 };
	if (sio_create(&server, &o))
		return EXIT_FAILURE;
	set_up();
	signal(SIGTERM, on_signal);
	signal(SIGINT, SIG_IGN);
	if (sio_listen(server))
		return EXIT_FAILURE;
	uint16_t port = sio_port(server);
	if (write(ready, &port, sizeof port) != sizeof port)
		return EXIT_FAILURE;
	close(ready);
	sio_run(server);
	sio_close(server);
	return EXIT_SUCCESS;
}

/* ---- From outside ---- */

static long rss_kb(pid_t pid)
{
	char path[64];
	long pages = 0;
	snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
	FILE *f = fopen(path, "r");
	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * sysconf(_SC_PAGESIZE) / 1024;
}

static int descriptors(pid_t pid)
{
	char path[64];
	int n = 0;
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	DIR *d = opendir(path);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* The connection that asks is one of those that it tells of. */
soak_state soak_look(pid_t pid, uint16_t port)
{
	static const char question[] =
		"GET /state HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	soak_state s = { .rss_kb = rss_kb(pid), .descriptors = descriptors(pid) };
	char text[1024] = "";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ssize_t len = 0, n = 1;
	if (!connect(fd, (struct sockaddr *)&a, sizeof a) &&
		write(fd, question, sizeof question - 1) > 0)
		while (n > 0 && (n = read(fd, text + len, sizeof text - 1 - (size_t)len)) > 0)
			len += n;
	close(fd);
	const char *body = strstr(text, "\r\n\r\n");
	unsigned long long ok, bad;
	if (!body || sscanf(body, "%u %u %u %llu %llu", &s.sessions, &s.timers, &s.connections, &ok,
			     &bad) != 5) {
		fprintf(stderr, "soak: the server does not answer\n");
		exit(EXIT_FAILURE);
	}
	s.heard = ok;
	s.wrong = bad;
	return s;
}

/* SPDX-License-Identifier: MIT */
/* far - sessions, their connections, and the loop that turns them. */
#include "far.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int poller = -1;

uint64_t far_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- Connections ---- */

static void watch(far_wire *w, int how, bool out)
{
	unsigned in = w->owner->slow ? 0 : EPOLLIN;
	struct epoll_event e = { .events = in | (out ? EPOLLOUT : 0), .data.ptr = w };
	w->watched_out = out;
	if (epoll_ctl(poller, how, w->fd, &e))
		abort();
}

void wire_open(far_wire *w)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(w->owner->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;
	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->fd < 0 ||
		(connect(w->fd, (struct sockaddr *)&a, sizeof a) && errno != EINPROGRESS)) {
		perror("far: connect");
		exit(EXIT_FAILURE);
	}
	setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	watch(w, EPOLL_CTL_ADD, true);
}

void wire_close(far_wire *w, bool reset)
{
	struct linger now = { 1, 0 };
	if (w->fd < 0)
		return;
	if (reset)
		setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(w->fd);
	w->fd = -1;
	w->asked = false;
	w->framed = false;
	buf_free(&w->in);
	buf_free(&w->out);
}

/* write() and read(), since a test may stand between the server and the calls for sockets. */
void wire_send(far_wire *w)
{
	size_t most = w->owner->piece;
	while (w->fd >= 0 && buf_len(&w->out)) {
		size_t len = buf_len(&w->out);
		ssize_t n = write(w->fd, buf_data(&w->out), most && most < len ? most : len);
		if (n < 0)
			break;
		buf_consume(&w->out, (size_t)n);
		if (most)
			break;
	}
	if (w->fd >= 0 && w->watched_out != (buf_len(&w->out) > 0))
		watch(w, EPOLL_CTL_MOD, buf_len(&w->out) > 0);
}

/* An idle connection for requests may be closed by the server at any time. */
static void wire_ended(far_wire *w, const char *why)
{
	far *f = w->owner;
	bool idle = w->use != FAR_SOCKET && !w->asked && !buf_len(&w->out);
	if (idle)
		wire_close(w, false);
	else if (w->use == FAR_SOCKET && f->probing && !f->on_socket)
		far_lost(f, "the probe was lost");
	else
		far_lost(f, why);
}

static void read_wire(far_wire *w)
{
	for (int i = 0; i < 4 && w->fd >= 0 && !w->owner->slow; i++) {
		unsigned char *room = buf_reserve(&w->in, 65536);
		if (!room)
			abort();
		ssize_t n = read(w->fd, room, 65536);
		if (n <= 0) {
			if (n == 0 || errno != EAGAIN)
				wire_ended(w, n ? strerror(errno) : "closed");
			return;
		}
		buf_added(&w->in, (size_t)n);
		if (w->use == FAR_SOCKET)
			socket_input(w);
		else
			polling_input(w);
		if (n < 65536)
			return;
	}
}

/* ---- The loop ---- */

void far_begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (poller < 0)
		abort();
}

void far_end(void)
{
	close(poller);
}

void far_turn(int wait_ms)
{
	struct epoll_event events[256];
	int n = epoll_wait(poller, events, 256, wait_ms);
	for (int i = 0; i < n; i++) {
		far_wire *w = events[i].data.ptr;
		if (w->fd >= 0 && events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
			wire_send(w);
		if (w->fd >= 0 && events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
			read_wire(w);
	}
}

/* ---- Sessions ---- */

void far_open(far *f, uint16_t port, const char *query, far_way way, unsigned version,
	const far_hooks *hooks, void *user)
{
	*f = (far){ .hooks = hooks,
		.user = user,
		.query = query,
		.port = port,
		.way = way,
		.version = version };
	for (int i = 0; i < FAR_WIRES; i++)
		f->wires[i] = (far_wire){ .owner = f, .fd = -1, .use = (enum far_use)i };
	if (way == FAR_WEBSOCKET)
		socket_open(f);
	else
		polling_open(f);
}

void far_lost(far *f, const char *why)
{
	if (f->ended)
		return;
	f->ended = true;
	for (int i = 0; i < FAR_WIRES; i++)
		wire_close(&f->wires[i], false);
	buf_free(&f->waiting);
	f->hooks->ended(f, why);
}

void far_close(far *f, bool reset)
{
	for (int i = 0; i < FAR_WIRES; i++)
		wire_close(&f->wires[i], reset);
	far_lost(f, "by itself");
}

void far_slow(far *f, bool slow)
{
	f->slow = slow;
	for (int i = 0; i < FAR_WIRES; i++)
		if (f->wires[i].fd >= 0)
			watch(&f->wires[i], EPOLL_CTL_MOD, f->wires[i].watched_out);
}

void far_upgrade(far *f)
{
	if (f->ended || !f->open || f->probing || f->on_socket)
		return;
	f->probing = true;
	socket_open(f);
}

void far_say(far *f, const char *text, size_t len, bool binary)
{
	if (f->ended)
		return;
	far_wire *w = &f->wires[FAR_SOCKET];
	if (!f->on_socket)
		polling_say(f, "4", text, len, binary);
	else if (binary)
		socket_frame(w, 2, f->version == 3 ? "\4" : "", text, len);
	else
		socket_frame(w, 1, "4", text, len);
}

void far_tick(far *f)
{
	if (f->ended || !f->ping_every || far_now() - f->pinged < f->ping_every)
		return;
	f->pinged = far_now();
	if (f->on_socket)
		socket_frame(&f->wires[FAR_SOCKET], 1, "2", "", 0);
	else
		polling_say(f, "2", "", 0, false);
}

static void read_open(far *f, span text)
{
	char copy[512];
	snprintf(copy, sizeof copy, "%.*s", (int)text.len, text.at);
	const char *sid = strstr(copy, "\"sid\":\""), *ping = strstr(copy, "\"pingInterval\":");
	if (!sid || !ping || sscanf(sid, "\"sid\":\"%71[^\"]", f->sid) != 1) {
		far_lost(f, "a bad handshake");
		return;
	}
	if (f->version == 3)
		f->ping_every = strtoul(ping + 15, NULL, 10) / 2;
	f->pinged = far_now();
	f->open = true;
	f->on_socket = f->way == FAR_WEBSOCKET;
	f->hooks->opened(f);
}

/* All that was sent and asked for by polling is through: the WebSocket takes over. */
static void switch_over(far *f)
{
	if (!f->switching || f->on_socket || f->wires[FAR_GET].asked || f->wires[FAR_POST].asked ||
		buf_len(&f->waiting))
		return;
	f->on_socket = true;
	socket_frame(&f->wires[FAR_SOCKET], 1, "5", "", 0);
	wire_close(&f->wires[FAR_GET], false);
	wire_close(&f->wires[FAR_POST], false);
	f->hooks->upgraded(f);
}

void far_packet(far *f, far_wire *from, span packet)
{
	char type = packet.len ? packet.at[0] : '?';
	span rest = { packet.at + 1, packet.len - 1 };
	if (type == '0' && !f->open)
		read_open(f, rest);
	else if (type == '1')
		far_lost(f, "closed by the server");
	else if (type == '2' && from->use == FAR_SOCKET)
		socket_frame(from, 1, "3", "", 0);
	else if (type == '2')
		polling_say(f, "3", "", 0, false);
	else if (type == '3' && rest.len == 5 && from->use == FAR_SOCKET)
		f->switching = true;
	else if (type == '4')
		f->hooks->message(f, rest, false);
	else if (type != '6' && type != '3')
		far_lost(f, "an unknown packet");
	if (!f->ended)
		switch_over(f);
}

void far_binary(far *f, span data)
{
	if (f->version == 3 && (!data.len || *data.at != 4))
		far_lost(f, "a binary message without a type");
	else if (f->version == 3)
		f->hooks->message(f, (span){ data.at + 1, data.len - 1 }, true);
	else
		f->hooks->message(f, data, true);
}

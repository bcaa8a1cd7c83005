/* SPDX-License-Identifier: MIT */
/*
 * listener - the listening socket, and accepting from it.
 *
 * It is our own, not libwebsockets': so a port that is taken is told as such, and running out of
 * descriptors pauses accepting instead of turning the loop at full speed.
 */
#include "internal.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	BACKLOG = 1024,
	ACCEPT_BATCH = 64,    /* so that newcomers do not starve the connected */
	ACCEPT_PAUSE_MS = 100 /* without descriptors */
};

static void start(net *n);

static void on_pause_over(uv_timer_t *t)
{
	start(t->data);
}

static void pause_accepting(net *n, int error)
{
	net_log(n, NET_WARN, "accept: %s; trying again", strerror(error));
	uv_poll_stop(n->listener);
	uv_timer_start(&n->accept_again, on_pause_over, ACCEPT_PAUSE_MS, 0);
}

/* false: nobody is waiting, or nobody can be taken. */
static bool accept_one(net *n)
{
	int fd = accept4(n->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		int on = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		connection_open(n, fd);
		return true;
	}
	if (errno == ECONNABORTED || errno == EINTR)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		pause_accepting(n, errno);
	return false;
}

static void on_readable(uv_poll_t *p, int status, int events)
{
	net *n = p->data;
	(void)status;
	(void)events;
	net_clock(n);
	for (int i = 0; i < ACCEPT_BATCH && accept_one(n); i++)
		;
}

static void start(net *n)
{
	uv_poll_start(n->listener, UV_READABLE, on_readable);
}

/* An IPv6 socket for all interfaces takes IPv4 as well. */
static int try_address(const struct addrinfo *a)
{
	int on = 1, off = 0;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int open_socket(const char *host, uint16_t port, int *error)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	char service[8];
	int fd;

	snprintf(service, sizeof service, "%u", port);
	if (host && !strcmp(host, "localhost"))
		host = "127.0.0.1";
	if (getaddrinfo(host ? host : "::", service, &hints, &found)) {
		*error = EINVAL;
		return -1;
	}
	fd = try_address(found);
	*error = errno;
	freeaddrinfo(found);
	if (fd >= 0 || host || *error != EAFNOSUPPORT)
		return fd;
	/* A machine without IPv6. */
	return open_socket("0.0.0.0", port, error);
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof a;
	if (getsockname(fd, (struct sockaddr *)&a, &len))
		return 0;
	return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
					     : ((struct sockaddr_in *)&a)->sin_port);
}

int listener_open(net *n)
{
	int error = 0;
	if (n->listener)
		return EINVAL;
	int fd = open_socket(n->options.host, n->options.port, &error);
	if (fd < 0)
		return error;
	uv_poll_t *p = malloc(sizeof *p);
	if (!p || uv_poll_init(&n->loop, p, fd)) {
		free(p);
		close(fd);
		return ENOMEM;
	}
	p->data = n;
	n->listener = p;
	n->listen_fd = fd;
	n->port = port_of(fd);
	start(n);
	return 0;
}

static void free_listener(uv_handle_t *h)
{
	free(h);
}

void listener_close(net *n)
{
	if (!n->listener)
		return;
	uv_timer_stop(&n->accept_again);
	uv_close((uv_handle_t *)n->listener, free_listener);
	close(n->listen_fd);
	n->listener = NULL;
	n->listen_fd = -1;
}

int net_listen(net *n)
{
	return listener_open(n);
}

uint16_t net_port(const net *n)
{
	return n->port;
}

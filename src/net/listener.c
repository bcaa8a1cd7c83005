/* SPDX-License-Identifier: MIT */
/*
 * listener - the sockets listened on, and accepting from them.
 *
 * They are our own, not libwebsockets': so a port that is taken is told as such, and running out of
 * descriptors pauses accepting instead of turning the loop at full speed.
 */
#include "internal.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum {
	BACKLOG = 1024,
	ACCEPT_BATCH = 64,     /* so that newcomers do not starve the connected */
	ACCEPT_PAUSE_MS = 100, /* without descriptors */
	ACCEPT_SAY_MS = 60000  /* after which that is said again */
};

/* ---- Accepting ---- */

static void start_all(net *n);

static void on_pause_over(uv_timer_t *t)
{
	start_all(t->data);
}

static void pause_accepting(net *n, int error)
{
	if (!n->accept_said || n->wheel->time - n->accept_said > ACCEPT_SAY_MS)
		net_log(n, NET_WARN, "accept: %s; trying again", strerror(error));
	n->accept_said = n->wheel->time + 1;
	LIST_EACH (it, &n->listeners)
		uv_poll_stop(&LIST_OWNER(it, listener, link)->poll);
	uv_timer_start(&n->accept_again, on_pause_over, ACCEPT_PAUSE_MS, 0);
}

/* false: nobody is waiting, or nobody can be taken. */
static bool accept_one(listener *l)
{
	struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof from;
	int fd = accept4(l->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= l->net->descriptors) {
		close(fd);
		pause_accepting(l->net, EMFILE);
		return false;
	}
	if (fd >= 0) {
		int on = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		connection_open(l->net, fd, l->tls, &from);
		return true;
	}
	if (errno == ECONNABORTED || errno == EINTR)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		pause_accepting(l->net, errno);
	return false;
}

static void on_readable(uv_poll_t *p, int status, int events)
{
	listener *l = p->data;
	(void)status;
	(void)events;
	net_clock(l->net);
	for (int i = 0; i < ACCEPT_BATCH && accept_one(l); i++)
		;
}

static void start_all(net *n)
{
	LIST_EACH (it, &n->listeners)
		uv_poll_start(&LIST_OWNER(it, listener, link)->poll, UV_READABLE, on_readable);
}

/* ---- Opening: each returns a descriptor, or -1 with errno set ---- */

static int no_address(const net *n, const char *address, const char *why)
{
	net_log(n, NET_ERROR, "cannot listen on %s: %s", address, why);
	errno = EINVAL;
	return -1;
}

static int listen_at(int fd, const struct sockaddr *a, socklen_t len)
{
	if (bind(fd, a, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* An IPv6 socket for all interfaces takes IPv4 as well. */
static int open_address(const struct addrinfo *a)
{
	int on = 1, off = 0;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	return listen_at(fd, a->ai_addr, a->ai_addrlen);
}

static int open_tcp(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found;

	if (host && !strcmp(host, "localhost"))
		host = "127.0.0.1";
	if (getaddrinfo(host ? host : "::", port, &hints, &found)) {
		errno = EINVAL;
		return -1;
	}
	int fd = open_address(found);
	int error = errno;
	freeaddrinfo(found);
	/* A machine without IPv6. */
	if (fd < 0 && !host && (error == EAFNOSUPPORT || error == EADDRNOTAVAIL))
		return open_tcp("0.0.0.0", port);
	errno = error;
	return fd;
}

/* A socket that a server left behind is removed; one that still listens is an address in use. */
static bool clear_path(const net *n, const struct sockaddr_un *a)
{
	struct stat st;
	if (lstat(a->sun_path, &st))
		return true;
	if (!S_ISSOCK(st.st_mode)) {
		net_log(n, NET_ERROR, "%s is there and is no socket", a->sun_path);
		errno = EADDRINUSE;
		return false;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool left = connect(fd, (const struct sockaddr *)a, sizeof *a) && errno == ECONNREFUSED;
	close(fd);
	if (left)
		return unlink(a->sun_path) == 0;
	errno = EADDRINUSE;
	return false;
}

static int open_unix(const net *n, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	if (!*path)
		return no_address(n, "unix:", "the path is missing");
	if (strlen(path) >= sizeof a.sun_path)
		return no_address(n, path, "the path is too long for a socket");
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (!clear_path(n, &a))
		return -1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return fd < 0 ? -1 : listen_at(fd, (struct sockaddr *)&a, sizeof a);
}

/* ---- Life ---- */

static uint16_t port_of(int fd)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof a;
	if (getsockname(fd, (struct sockaddr *)&a, &len) || a.ss_family == AF_UNIX)
		return 0;
	return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
					     : ((struct sockaddr_in *)&a)->sin_port);
}

/* fd is -1 with errno set, or becomes the listener's. */
static int listener_add(net *n, int fd, const char *path)
{
	if (fd < 0)
		return errno;
	listener *l = calloc(1, sizeof *l + strlen(path) + 1);
	if (!l || uv_poll_init(&n->loop, &l->poll, fd)) {
		free(l);
		close(fd);
		return ENOMEM;
	}
	l->net = n;
	l->fd = fd;
	l->tls = n->tls_out && !*path;
	l->poll.data = l;
	memcpy(l->path, path, strlen(path) + 1);
	list_append(&n->listeners, &l->link);
	if (!n->port)
		n->port = port_of(fd);
	uv_poll_start(&l->poll, UV_READABLE, on_readable);
	net_wake(n);
	return 0;
}

static void free_listener(uv_handle_t *h)
{
	free(h->data);
}

void listeners_close(net *n)
{
	uv_timer_stop(&n->accept_again);
	while (!list_empty(&n->listeners)) {
		listener *l = LIST_OWNER(n->listeners.next, listener, link);
		list_remove(&l->link);
		uv_poll_stop(&l->poll);
		close(l->fd);
		if (*l->path)
			unlink(l->path);
		uv_close((uv_handle_t *)&l->poll, free_listener);
	}
}

int net_listen(net *n)
{
	char port[8];
	if (n->listening)
		return EINVAL;
	n->listening = true;
	snprintf(port, sizeof port, "%u", n->options.port);
	int fd = open_tcp(n->options.host, port);
	if (fd < 0 && errno == EINVAL)
		no_address(n, n->options.host, "the host is no address");
	return listener_add(n, fd, "");
}

static bool is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	return digits && digits <= 5 && !text[digits] && strtoul(text, NULL, 10) <= UINT16_MAX;
}

/* "host:port", where an IPv6 host stands in brackets and no host means all interfaces. */
static int open_text(const net *n, const char *address)
{
	char host[64];
	const char *colon = strrchr(address, ':'), *start = address;
	if (!colon || !is_port(colon + 1))
		return no_address(n, address, "a port from 0 to 65535 is missing");
	size_t len = (size_t)(colon - address);
	if (len >= 2 && address[0] == '[' && colon[-1] == ']') {
		start++;
		len -= 2;
	} else if (memchr(address, ':', len)) {
		return no_address(n, address, "an IPv6 address stands in brackets");
	}
	if (len < sizeof host) {
		memcpy(host, start, len);
		host[len] = '\0';
		int fd = open_tcp(len ? host : NULL, colon + 1);
		if (fd >= 0 || errno != EINVAL)
			return fd;
	}
	return no_address(n, address, "the host is no address");
}

int net_listen_on(net *n, const char *address)
{
	if (strncmp(address, "unix:", 5) != 0)
		return listener_add(n, open_text(n, address), "");
	return listener_add(n, open_unix(n, address + 5), address + 5);
}

uint16_t net_port(const net *n)
{
	return n->port;
}

/* SPDX-License-Identifier: MIT */
/*
 * ceiling - what one thread of this machine can do: epoll, one read and one send, and no protocol.
 *
 * It answers with bytes that were framed before it began, and tells a client's messages apart by
 * their length alone, which it was told.  No server that reads what it is sent can be faster, but
 * by doing several messages with one call of the kernel.
 *
 *     bench-ceiling <work> <bytes of the body>        prints "READY <port>"
 *
 * With TLS_CERT and TLS_KEY in the environment it speaks TLS.
 */
#include "../common/messages.h"
#include "../common/pump.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 65536, EVENTS = 1024, DESCRIPTORS = 70000, ROOMS = 4096 };

typedef enum state { GREETING, ENTERING, JOINING, AT_WORK } state;

typedef struct peer {
	int fd;
	state state;
	SSL *ssl;
	size_t received; /* of a message, modulo its length */
	pump out;
	unsigned room;
	bool waits; /* for the kernel to take more */
} peer;

static work what;
static messages said;
static message deliveries; /* the delivery, repeated */
static SSL_CTX *tls;
static int poller;
static peer *peers[DESCRIPTORS];
static peer *present[DESCRIPTORS];
static unsigned npresent;
static peer *rooms[ROOMS][ROOM_SIZE];
static unsigned room_sizes[ROOMS];
static unsigned char input[READ_SIZE];

static void die(const char *why)
{
	perror(why);
	exit(1);
}

static void watch(int fd, unsigned events, int how)
{
	struct epoll_event e = { .events = events, .data.fd = fd };
	if (epoll_ctl(poller, how, fd, &e))
		die("epoll_ctl");
}

static void leave(peer *p)
{
	for (unsigned i = 0; i < npresent; i++)
		if (present[i] == p)
			present[i] = present[--npresent];
	peers[p->fd] = NULL;
	if (p->ssl)
		SSL_free(p->ssl);
	close(p->fd);
	free(p);
}

/* ---- Output ---- */

static void send_all(peer *p, const void *data, size_t len)
{
	long n = p->ssl ? SSL_write(p->ssl, data, (int)len) : send(p->fd, data, len, MSG_NOSIGNAL);
	if (n != (long)len && n >= 0)
		die("a short message was taken in part");
}

static void send_text(peer *p, const char *text)
{
	send_all(p, text, strlen(text));
}

static void send_frame(peer *p, const char *text)
{
	message m = { 0 };
	message_add_frame(&m, 1, text, strlen(text), false);
	send_all(p, m.bytes, m.len);
	free(m.bytes);
}

static void deliver(peer *p, size_t times)
{
	p->out.todo += times * said.delivery.len;
	if (p->waits)
		return;
	pump_send(&p->out, p->fd, p->ssl, &said.delivery, &deliveries);
	p->waits = p->out.todo > 0;
	if (p->waits)
		watch(p->fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
}

static void writable(peer *p)
{
	p->waits = false;
	deliver(p, 0);
	if (!p->waits)
		watch(p->fd, EPOLLIN, EPOLL_CTL_MOD);
}

/* ---- Work ---- */

static void to_room(const peer *from)
{
	for (unsigned i = 0; i < room_sizes[from->room]; i++)
		if (rooms[from->room][i] != from)
			send_all(rooms[from->room][i], said.delivery.bytes, said.delivery.len);
}

static void requested(peer *p)
{
	if (what == WORK_CHAT) {
		to_room(p);
		send_all(p, said.ack.bytes, said.ack.len);
	} else {
		for (unsigned i = 0; i < npresent; i++)
			deliver(present[i], 1);
	}
}

static void received(peer *p, size_t len)
{
	size_t all = p->received + len;
	size_t times = all / said.request.len;
	p->received = all % said.request.len;
	if (what != WORK_CHAT && !work_is_shared(what))
		deliver(p, times);
	else
		for (size_t i = 0; i < times; i++)
			requested(p);
}

/* ---- Polling ---- */

static void answer_http(peer *p, const char *body, size_t len)
{
	char head[256];
	int n = snprintf(head, sizeof head,
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\n"
		"Content-Length: %zu\r\nCache-Control: no-store\r\n\r\n",
		len);
	message m = { malloc((size_t)n + len), (size_t)n + len };
	memcpy(m.bytes, head, (size_t)n);
	memcpy(m.bytes + n, body, len);
	send_all(p, m.bytes, m.len);
	free(m.bytes);
}

static void answer_poll(peer *p)
{
	static const char open[] = "0{\"sid\":\"01234567890123456789\",\"upgrades\":[]}";
	static const char entered[] = "40{\"sid\":\"01234567890123456789\"}";
	if (input[0] == 'P') {
		answer_http(p, "ok", 2);
	} else if (p->state == AT_WORK) {
		answer_http(p, (const char *)said.request.bytes, said.request.len);
	} else if (p->state == GREETING) {
		answer_http(p, open, sizeof open - 1);
		p->state = ENTERING;
	} else {
		answer_http(p, entered, sizeof entered - 1);
		p->state = AT_WORK;
	}
}

/* ---- Coming in ---- */

static void greet(peer *p)
{
	send_text(p, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		     "Connection: Upgrade\r\n"
		     "Sec-WebSocket-Accept: 0123456789012345678901234567\r\n\r\n");
	send_frame(p, "0{\"sid\":\"01234567890123456789\",\"upgrades\":[],"
		      "\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}");
	p->state = ENTERING;
}

static void enter(peer *p)
{
	send_frame(p, "40{\"sid\":\"01234567890123456789\"}");
	p->state = what == WORK_CHAT ? JOINING : AT_WORK;
	present[npresent++] = p;
}

/* 421["join",<room>] */
static void join(peer *p, const unsigned char *frame, size_t len)
{
	char text[64] = "";
	for (size_t i = 6; i < len && i < 6 + sizeof text - 1; i++)
		text[i - 6] = (char)(frame[i] ^ frame[2 + (i - 6) % 4]);
	const char *comma = strchr(text, ',');
	p->room = comma ? (unsigned)strtoul(comma + 1, NULL, 10) % ROOMS : 0;
	if (room_sizes[p->room] < ROOM_SIZE)
		rooms[p->room][room_sizes[p->room]++] = p;
	send_frame(p, "431[]");
	p->state = AT_WORK;
}

static void take(peer *p, size_t len)
{
	if (what == WORK_POLL)
		answer_poll(p);
	else if (p->state == AT_WORK)
		received(p, len);
	else if (p->state == GREETING)
		greet(p);
	else if (p->state == ENTERING)
		enter(p);
	else
		join(p, input, len);
}

static void readable(peer *p)
{
	do {
		long n = pump_read(p->fd, p->ssl, input, sizeof input);
		if (n < 0) {
			leave(p);
			return;
		}
		if (n > 0)
			take(p, (size_t)n);
	} while (p->ssl && SSL_pending(p->ssl));
}

static void newcomer(int listener)
{
	int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	peer *p = calloc(1, sizeof *p);
	if (!p || fd >= DESCRIPTORS)
		die("too many");
	p->fd = fd;
	peers[fd] = p;
	if (tls) {
		p->ssl = SSL_new(tls);
		SSL_set_fd(p->ssl, fd);
		SSL_set_accept_state(p->ssl);
	}
	watch(fd, EPOLLIN, EPOLL_CTL_ADD);
}

static int listen_anywhere(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) || listen(fd, 4096) ||
		getsockname(fd, (struct sockaddr *)&at, &len))
		die("listen");
	printf("READY %u\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

static void use_tls(const char *cert, const char *key)
{
	tls = SSL_CTX_new(TLS_server_method());
	if (!tls || SSL_CTX_use_certificate_chain_file(tls, cert) != 1 ||
		SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
		die("TLS_CERT and TLS_KEY");
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

int main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	if (argc != 3 || (what = work_named(argv[1])) == WORKS) {
		fprintf(stderr, "bench-ceiling <work> <bytes of the body>\n");
		return 2;
	}
	said = messages_make(what, strtoul(argv[2], NULL, 10));
	deliveries = message_repeat(&said.delivery);
	if (getenv("TLS_CERT") && getenv("TLS_KEY"))
		use_tls(getenv("TLS_CERT"), getenv("TLS_KEY"));
	poller = epoll_create1(0);
	int listener = listen_anywhere();
	watch(listener, EPOLLIN, EPOLL_CTL_ADD);
	for (;;) {
		int n = epoll_wait(poller, events, EVENTS, -1);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			if (fd == listener)
				newcomer(fd);
			else if (peers[fd] && events[i].events & EPOLLOUT)
				writable(peers[fd]);
			else if (peers[fd])
				readable(peers[fd]);
		}
	}
}

/* SPDX-License-Identifier: MIT */
/* client - one connection, from connecting to a client that has entered its namespace. */
#include "load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 1024, READ_SIZE = 262144, PER_ADDRESS = 20000, ADDRESSES = 16 };

unsigned clients_ready;
static int poller;
static SSL_CTX *tls;
static message requests; /* repeated */
static unsigned char input[READ_SIZE];
static unsigned opened;

void clients_init(void)
{
	poller = epoll_create1(0);
	requests = message_repeat(&said.request);
	expect_init();
	if (!opt.tls)
		return;
	tls = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static void watch(const client *c, unsigned events, int how)
{
	struct epoll_event e = { .events = events, .data.ptr = (void *)(uintptr_t)c };
	if (epoll_ctl(poller, how, c->fd, &e))
		die("epoll_ctl: %s", strerror(errno));
}

/* ---- Opening ---- */

/* More clients than an address has ports come from several. */
static void bind_somewhere(int fd)
{
	int one = 1;
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + opened++ / PER_ADDRESS % ADDRESSES) };
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&from, sizeof from))
		die("bind: %s", strerror(errno));
}

void client_open(client *c, unsigned number, bool polls)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(number && opt.far_port ? opt.far_port : opt.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;
	*c = (client){ .number = number,
		.polls = polls,
		.began = clock_ns(),
		.times = c->times,
		.text = c->text };
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		die("connection %u: %s", number, strerror(errno));
	bind_somewhere(c->fd);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
		die("connect: %s", strerror(errno));
	if (!c->text && !(c->text = malloc(TEXT_MAX)))
		die("out of memory");
	watch(c, EPOLLOUT, EPOLL_CTL_ADD);
}

void client_close(client *c)
{
	if (c->ssl)
		SSL_free(c->ssl);
	close(c->fd);
	c->ssl = NULL;
	c->fd = -1;
}

static void ask(client *c)
{
	static const char request[] =
		"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
		"Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	c->state = OPENING;
	watch(c, EPOLLIN, EPOLL_CTL_MOD);
	if (c->polls)
		http_begin(c);
	else
		client_send_text(c, request, sizeof request - 1);
}

static void secure(client *c)
{
	if (!c->ssl) {
		c->ssl = SSL_new(tls);
		SSL_set_fd(c->ssl, c->fd);
		SSL_set_connect_state(c->ssl);
		watch(c, EPOLLIN, EPOLL_CTL_MOD);
	}
	int n = SSL_do_handshake(c->ssl);
	if (n == 1)
		ask(c);
	else if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ)
		die("the handshake of TLS failed");
}

static void connected(client *c)
{
	int error = 0;
	socklen_t len = sizeof error;
	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error)
		die("connection %u: %s", c->number, strerror(error));
	c->state = SECURING;
	if (opt.tls)
		secure(c);
	else
		ask(c);
}

/* ---- Entering ---- */

static void send_frame(client *c, const char *text)
{
	message m = { 0 };
	message_add_frame(&m, 1, text, strlen(text), true);
	client_send_text(c, m.bytes, m.len);
	free(m.bytes);
}

static void drop_text(client *c, size_t n)
{
	memmove(c->text, c->text + n, c->text_len - n);
	c->text_len -= n;
	c->text[c->text_len] = '\0';
}

static bool take_answer(client *c)
{
	const char *end = strstr((char *)c->text, "\r\n\r\n");
	if (!end)
		return false;
	if (strncmp((char *)c->text, "HTTP/1.1 101", 12) != 0)
		die("no WebSocket: %.200s", c->text);
	drop_text(c, (size_t)(end + 4 - (char *)c->text));
	return true;
}

/* A short frame that begins with `text`. */
static bool take_frame(client *c, const char *text)
{
	if (c->text_len < 2)
		return false;
	size_t head = c->text[1] < 126 ? 2 : 4;
	size_t len = head == 2 ? c->text[1] : (size_t)c->text[2] << 8 | c->text[3];
	if (c->text_len < head + len)
		return false;
	if (strncmp((char *)c->text + head, text, strlen(text)) != 0)
		die("instead of %s came %.*s", text, (int)len, c->text + head);
	drop_text(c, head + len);
	return true;
}

static void answer_ping(client *c)
{
	static message pong;
	if (!pong.len)
		message_add_frame(&pong, 1, "3", 1, true);
	client_send_text(c, pong.bytes, pong.len);
}

/* Some servers ping at once. */
static void take_ping(client *c)
{
	static const unsigned char ping[] = { 0x81, 1, '2' };
	if (c->text_len < sizeof ping || memcmp(c->text, ping, sizeof ping) != 0)
		return;
	drop_text(c, sizeof ping);
	answer_ping(c);
}

static void ready(client *c)
{
	take_ping(c);
	c->state = READY;
	clients_ready++;
	if (c->text_len)
		die("client %u is sent something unasked", c->number);
	if (opt.work != WORK_CONNECT) {
		free(c->text);
		c->text = NULL;
	}
	work_ready(c);
}

static void entered(client *c)
{
	char text[64];
	if (opt.work != WORK_CHAT) {
		ready(c);
		return;
	}
	snprintf(text, sizeof text, "421[\"join\",%u]", c->number / ROOM_SIZE);
	c->state = JOINING;
	send_frame(c, text);
}

static void enter(client *c, const unsigned char *data, size_t len)
{
	if (c->text_len + len >= TEXT_MAX)
		die("too long an answer");
	memcpy(c->text + c->text_len, data, len);
	c->text_len += len;
	c->text[c->text_len] = '\0';
	if (c->state == OPENING && take_answer(c)) {
		c->state = ENTERING;
		send_frame(c, "40");
	}
	/* The open packet is told from the answer by its first byte. */
	if (c->state == ENTERING && c->text_len > 2 && memmem(c->text, c->text_len, "0{", 2) &&
		c->text[c->text[1] < 126 ? 2 : 4] == '0')
		take_frame(c, "0{");
	if (c->state != OPENING)
		take_ping(c);
	if (c->state == ENTERING && take_frame(c, "40"))
		entered(c);
	else if (c->state == JOINING && take_frame(c, "431[]"))
		ready(c);
}

/* ---- At work ---- */

void client_send_text(client *c, const void *data, size_t len)
{
	long n = c->ssl ? SSL_write(c->ssl, data, (int)len) : send(c->fd, data, len, MSG_NOSIGNAL);
	if (n != (long)len)
		die("a short message was not taken");
}

static void push(client *c)
{
	if (!pump_send(&c->out, c->fd, c->ssl, &said.request, &requests))
		die("client %u: the connection broke", c->number);
	bool waits = c->out.todo > 0;
	if (waits != c->waits)
		watch(c, EPOLLIN | (waits ? EPOLLOUT : 0u), EPOLL_CTL_MOD);
	c->waits = waits;
}

void client_send(client *c, unsigned times)
{
	c->sent += times;
	c->out.todo += times * said.request.len;
	if (!c->waits)
		push(c);
}

void client_mark(client *c)
{
	send_frame(c, "429[\"mark\"]");
}

static void on_expected(kind k, void *user)
{
	if (k == PING)
		answer_ping(user);
	work_answered(user, k);
}

static void input_of(client *c, const unsigned char *data, size_t len)
{
	if (c->polls)
		http_input(c, data, len);
	else if (c->state == READY)
		expect_feed(&c->in, data, len, on_expected, c);
	else
		enter(c, data, len);
}

static void readable(client *c)
{
	do {
		long n = pump_read(c->fd, c->ssl, input, sizeof input);
		if (n < 0) {
			work_closed(c);
			return;
		}
		if (n > 0)
			input_of(c, input, (size_t)n);
		work_read_done();
	} while (c->ssl && SSL_pending(c->ssl));
}

void client_event(client *c, unsigned events)
{
	if (c->state == CONNECTING)
		connected(c);
	else if (c->state == SECURING)
		secure(c);
	else if (events & EPOLLOUT)
		push(c);
	else
		readable(c);
}

/* ---- The loop ---- */

static void handle(struct epoll_event *events, int n)
{
	for (int i = 0; i < n; i++) {
		client *c = events[i].data.ptr;
		if (c->fd >= 0)
			client_event(c, events[i].events);
	}
}

void loop_turn(uint64_t until)
{
	struct epoll_event events[EVENTS];
	uint64_t now = clock_ns(), left = until > now ? until - now : 0;
	struct timespec t = { (time_t)(left / 1000000000), (long)(left % 1000000000) };
	handle(events, epoll_pwait2(poller, events, EVENTS, &t, NULL));
}

/* SPDX-License-Identifier: MIT */
/* client - a client of Socket.IO that blocks. */
#include "client.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char handshake[] = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
				"Host: localhost\r\n"
				"Connection: Upgrade\r\n"
				"Upgrade: websocket\r\n"
				"Sec-WebSocket-Version: 13\r\n"
				"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

_Noreturn void give_up(const char *why)
{
	fprintf(stderr, "two-servers: %s\n", why);
	exit(EXIT_FAILURE);
}

static void write_all(client *c, const void *data, size_t len)
{
	const unsigned char *at = data;
	while (len > 0) {
		ssize_t n = send(c->fd, at, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			give_up("a client cannot send");
		at += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

/* Waits for more input. */
static void fill(client *c)
{
	if (c->have == sizeof c->in)
		give_up("a packet is longer than expected");
	ssize_t n = recv(c->fd, c->in + c->have, sizeof c->in - c->have, 0);
	if (n == 0 || (n < 0 && errno != EINTR))
		give_up("a client was cut off");
	c->have += n > 0 ? (size_t)n : 0;
}

static void drop(client *c, size_t len)
{
	c->have -= len;
	memmove(c->in, c->in + len, c->have);
}

static void read_head(client *c)
{
	const unsigned char *end;
	while (!(end = memmem(c->in, c->have, "\r\n\r\n", 4)))
		fill(c);
	if (memcmp(c->in, "HTTP/1.1 101 ", 13) != 0)
		give_up("a handshake was refused");
	drop(c, (size_t)(end + 4 - c->in));
}

/* The next frame's header, and the length of its content. */
static size_t read_frame(client *c, size_t *header)
{
	while (c->have < 4)
		fill(c);
	size_t len = c->in[1];
	if (c->in[0] != 0x81 || len > 126)
		give_up("a frame is not a short text");
	*header = len == 126 ? 4 : 2;
	if (len == 126)
		len = (size_t)(c->in[2] << 8 | c->in[3]);
	while (c->have < *header + len)
		fill(c);
	return len;
}

const char *client_next(client *c, size_t *len)
{
	for (;;) {
		size_t header;
		drop(c, c->used);
		c->used = 0;
		*len = read_frame(c, &header);
		c->used = header + *len;
		const char *packet = (const char *)c->in + header;
		if (*len != 1 || *packet != '2')
			return packet;
		client_send(c, "3");
	}
}

void client_send(client *c, const char *packet)
{
	unsigned char frame[6 + 125] = { 0x81, (unsigned char)(0x80 | strlen(packet)) };
	memcpy(frame + 6, packet, strlen(packet)); /* masked with zeros */
	write_all(c, frame, 6 + strlen(packet));
}

void client_open(client *c, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	size_t len;
	c->have = c->used = 0;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to))
		give_up("a client cannot connect");
	write_all(c, handshake, sizeof handshake - 1);
	read_head(c);
	if (*client_next(c, &len) != '0')
		give_up("a session does not begin with its handshake");
	client_send(c, "40");
	if (memcmp(client_next(c, &len), "40{", 3) != 0)
		give_up("a client was not let in");
}

void client_close(client *c)
{
	close(c->fd);
}

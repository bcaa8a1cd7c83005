/* SPDX-License-Identifier: MIT */
/* address - whom a request comes from, when proxies stand in front (RFC 7239, and X-Forwarded-For).
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "../wire/http.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

/*
 * Each proxy appends whom it was asked by.  With `proxies` of ours in front, so many entries from
 * the end can be believed, and the first of those is the client; what stands before it anybody may
 * have written. X-Forwarded-For goes before Forwarded.  false: neither is there, or the entry is no
 * address; out is then untouched.
 */
bool address_forwarded(const http_head *head, unsigned proxies, char out[INET6_ADDRSTRLEN]);
/* Whom to count that one with: the 4 bytes of an IPv4 address, or the first 8 of an IPv6 one, since
 * whoever has one of those has as many as he likes.  Returns how many bytes; 0: it is none. */
size_t address_network(const char *text, char out[8]);
/* The same of a socket's. */
size_t address_network_of(const struct sockaddr_storage *a, char out[8]);
/* The peer of a connected socket; "" for a Unix socket. */
void address_of_peer(int fd, char out[INET6_ADDRSTRLEN]);

#endif

/* SPDX-License-Identifier: MIT */
/* address - whom a request comes from, when proxies stand in front. */
#include "address.h"
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static span trim(span s)
{
	while (s.len && (s.at[0] == ' ' || s.at[0] == '\t')) {
		s.at++;
		s.len--;
	}
	while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Cuts the last element off a list; a comma in quotes does not occur in addresses. */
static span last_of(span *list, char separator)
{
	const char *at = list->len ? memrchr(list->at, separator, list->len) : NULL;
	size_t begin = at ? (size_t)(at - list->at) + 1 : 0;
	span element = { list->at + begin, list->len - begin };
	list->len = at ? (size_t)(at - list->at) : 0;
	return trim(element);
}

/* The entry `steps` from the end over all fields of that name; .at NULL: there is none.  A list
 * that is shorter than the chain was written by our proxies alone, so its first entry is the
 * client. */
static span entry_of(const http_head *head, span name, unsigned steps)
{
	span entry = { NULL, 0 };
	for (size_t i = head->nfields; i-- > 0;) {
		if (!span_is_nocase(head->fields[i].name, name))
			continue;
		span list = head->fields[i].value;
		while (list.len && steps) {
			entry = last_of(&list, ',');
			steps--;
		}
	}
	return entry;
}

/* The value of "for" in an element of Forwarded. */
static span for_of(span element)
{
	while (element.len) {
		span pair = last_of(&element, ';');
		if (pair.len > 4 && span_is_nocase((span){ pair.at, 4 }, SPAN("for=")))
			return (span){ pair.at + 4, pair.len - 4 };
	}
	return (span){ "", 0 };
}

/* Without quotes, brackets and port: an IPv6 address has a port only behind brackets. */
static span bare(span s)
{
	if (s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"')
		s = (span){ s.at + 1, s.len - 2 };
	const char *end = s.len ? memchr(s.at, ']', s.len) : NULL;
	if (end && s.at[0] == '[')
		return (span){ s.at + 1, (size_t)(end - s.at) - 1 };
	const char *colon = s.len ? memchr(s.at, ':', s.len) : NULL;
	if (colon && colon == memrchr(s.at, ':', s.len))
		s.len = (size_t)(colon - s.at);
	return s;
}

static bool take(span s, char out[INET6_ADDRSTRLEN])
{
	char text[INET6_ADDRSTRLEN];
	unsigned char binary[16];
	if (!s.len || s.len >= sizeof text)
		return false;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	if (inet_pton(AF_INET, text, binary) != 1 && inet_pton(AF_INET6, text, binary) != 1)
		return false;
	memcpy(out, text, s.len + 1);
	return true;
}

bool address_forwarded(const http_head *head, unsigned proxies, char out[INET6_ADDRSTRLEN])
{
	span entry = entry_of(head, SPAN("X-Forwarded-For"), proxies);
	if (!entry.at)
		entry = for_of(entry_of(head, SPAN("Forwarded"), proxies));
	return take(bare(entry), out);
}

static size_t network_of_v6(const struct in6_addr *a, char out[8])
{
	bool mapped = IN6_IS_ADDR_V4MAPPED(a);
	size_t len = mapped ? 4 : 8;
	memcpy(out, a->s6_addr + (mapped ? 12 : 0), len);
	return len;
}

size_t address_network(const char *text, char out[8])
{
	struct in6_addr v6;
	if (inet_pton(AF_INET, text, out) == 1)
		return 4;
	return inet_pton(AF_INET6, text, &v6) == 1 ? network_of_v6(&v6, out) : 0;
}

size_t address_network_of(const struct sockaddr_storage *a, char out[8])
{
	const struct sockaddr_in *v4 = (const void *)a;
	const struct sockaddr_in6 *v6 = (const void *)a;
	if (a->ss_family == AF_INET6)
		return network_of_v6(&v6->sin6_addr, out);
	if (a->ss_family != AF_INET)
		return 0;
	memcpy(out, &v4->sin_addr, 4);
	return 4;
}

void address_of_peer(int fd, char out[INET6_ADDRSTRLEN])
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof a;
	out[0] = '\0';
	if (getpeername(fd, (struct sockaddr *)&a, &len))
		return;
	if (a.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&a)->sin6_addr, out, INET6_ADDRSTRLEN);
	else if (a.ss_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *)&a)->sin_addr, out, INET6_ADDRSTRLEN);
}

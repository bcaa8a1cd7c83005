/* SPDX-License-Identifier: MIT */
/* handshakes - a request as the application sees it: whom it comes from, URL, query, header fields.
 */
#include "address.h"
#include "internal.h"
#include <time.h>

static void find_address(const connection *c, const http_head *head, char out[INET6_ADDRSTRLEN])
{
	unsigned proxies = c->net->options.trusted_proxies;
	if (!proxies || !address_forwarded(head, proxies, out))
		address_of_peer(c->fd, out);
}

static handshake *read_handshake(connection *c, const http_head *head)
{
	char address[INET6_ADDRSTRLEN];
	struct timespec ts;
	buf *b = &c->net->scratch;

	find_address(c, head, address);
	handshake_begin(b, span_of(address), head->target);
	uint32_t query_at = handshake_mark(b);
	handshake_add_query(b, head->query);
	uint32_t headers_at = handshake_mark(b);
	for (size_t i = 0; i < head->nfields; i++)
		handshake_add_header(b, head->fields[i].name, head->fields[i].value);
	handshake *h = handshake_finish(b, query_at, headers_at);
	buf_clear(b);
	clock_gettime(CLOCK_REALTIME, &ts);
	if (h)
		h->secure = c->tls;
	if (h)
		h->network_len = (uint8_t)address_network(address, h->network);
	if (h)
		h->issued_ms = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
	return h;
}

const handshake *request_handshake(connection *c, const http_head *head)
{
	request *r = c->request;
	if (!r->handshake)
		r->handshake = read_handshake(c, head);
	return r->handshake;
}

handshake *request_take_handshake(connection *c, const http_head *head)
{
	handshake *h = c->request->handshake ? c->request->handshake : read_handshake(c, head);
	c->request->handshake = NULL;
	return h;
}

/* SPDX-License-Identifier: MIT */
/* expect - compares what comes with the few messages that can come. */
#include "load.h"
#include <string.h>

static message choices[KINDS];

void expect_init(void)
{
	choices[DELIVERY] = said.delivery;
	choices[ACK] = said.ack;
	message_add_frame(&choices[PING], 1, "2", 1, false);
}

static size_t same(const unsigned char *a, const unsigned char *b, size_t len)
{
	size_t n = 0;
	if (memcmp(a, b, len) == 0)
		return len;
	while (a[n] == b[n])
		n++;
	return n;
}

/* Another message that begins like this one and goes on with that byte. */
static bool reconsider(expected *e, unsigned char next)
{
	const unsigned char *so_far = choices[e->kind].bytes;
	for (uint8_t k = 0; k < KINDS; k++) {
		const message *m = &choices[k];
		if (m->len > e->at && m->bytes[e->at] == next && !memcmp(m->bytes, so_far, e->at)) {
			e->kind = k;
			return true;
		}
	}
	return false;
}

void expect_feed(expected *e, const unsigned char *data, size_t len, expect_fn *fn, void *user)
{
	while (len) {
		const message *m = &choices[e->kind];
		size_t left = m->len - e->at;
		size_t n = same(m->bytes + e->at, data, left < len ? left : len);
		e->at += n;
		data += n;
		len -= n;
		if (e->at == m->len) {
			kind k = (kind)e->kind;
			*e = (expected){ 0 };
			fn(k, user);
		} else if (len && !reconsider(e, *data)) {
			die("byte %zu of a message is not what it should be: %.60s", e->at,
				(const char *)data);
		}
	}
}

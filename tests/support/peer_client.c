/* SPDX-License-Identifier: MIT */
/* peer_client - a client that keeps to the rules: it always has a GET waiting while it polls. */
#include "peer.h"

static void read_packet(peer *p, span text)
{
	unsigned char data[NOTES_MAX];
	if (text.len && text.at[0] == 'b') {
		long n = text.len < sizeof data
				 ? base64_decode(data, (span){ text.at + 1, text.len - 1 })
				 : 0;
		notes_add_bytes(&p->client, (span){ (const char *)data, n > 0 ? (size_t)n : 0 });
	} else if (span_is(text, SPAN("1"))) {
		notes_add(&p->client, SPAN("close"));
	} else if (!span_is(text, SPAN("6"))) {
		notes_add(&p->client, text);
	}
}

static void read_answer(peer *p)
{
	ask *a = p->poll;
	span rest = a->body ? (span){ (const char *)bytes_data(a->body), a->body->len }
			    : (span){ "", 0 };
	while (rest.len) {
		const char *end = memchr(rest.at, PAYLOAD_SEPARATOR, rest.len);
		size_t len = end ? (size_t)(end - rest.at) : rest.len;
		size_t used = end ? len + 1 : len;
		read_packet(p, (span){ rest.at, len });
		rest = (span){ rest.at + used, rest.len - used };
	}
	p->poll = NULL;
}

/* As long as the session is on polling there is a GET that waits. */
static void keep_polling(peer *p)
{
	if (p->poll && !waits(p->poll))
		read_answer(p);
	while (!p->poll && !p->line && p->session) {
		p->poll = poll_get(p, p->session);
		if (!waits(p->poll))
			read_answer(p);
	}
}

static void upgrade(peer *p)
{
	line *l = p->session ? line_beside(p, p->session) : NULL;
	if (!l)
		return;
	line_send(l, "2probe");
	p->line = l;
	keep_polling(p);
	line_send(l, "5");
	line_got(l);
}

void client_connect(peer *p, way by)
{
	p->poll = NULL;
	p->line = by == BY_LINE ? line_open(p) : NULL;
	if (by != BY_LINE) {
		poll_open(p);
		keep_polling(p);
	}
	if (by == BY_UPGRADE)
		upgrade(p);
	client_got(p);
}

void client_send(peer *p, const char *text)
{
	if (p->line)
		line_send(p->line, text);
	else if (p->session)
		poll_post(p, p->session, text);
	if (!p->line)
		keep_polling(p);
}

void client_send_bytes(peer *p, const void *data, size_t len)
{
	char text[NOTES_MAX] = "b";
	if (p->line) {
		line_send_bytes(p->line, data, len);
		return;
	}
	base64_encode(text + 1, data, len);
	client_send(p, text);
}

const char *client_got(peer *p)
{
	if (p->line)
		return line_got(p->line);
	keep_polling(p);
	return notes_take(p, &p->client);
}

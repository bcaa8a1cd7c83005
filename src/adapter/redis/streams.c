/* SPDX-License-Identifier: MIT */
/* streams - the messages of @socket.io/redis-streams-adapter: entries of a stream, and what goes
 * over channels (protocol-notes/redis.md). */
#include "../../base/text.h"
#include "tongue.h"
#include <stdio.h>

/* ---- Channels: everything is packed ---- */

static bool streams_write(payload *p, const sio_cluster_message *m, const speaker *me)
{
	static const sio_event none;
	cJSON first;
	return payload_packed(p, cluster_message(m, me, &first), m->event ? m->event : &none);
}

const tongue streams_tongue = { cluster_read, streams_write };

/* ---- Entries ---- */

bool entry_carries(const sio_cluster_message *m)
{
	return m->type == SIO_CLUSTER_JOIN || m->type == SIO_CLUSTER_LEAVE ||
	       m->type == SIO_CLUSTER_DISCONNECT || (m->type == SIO_CLUSTER_EMIT && !m->request);
}

static bool is_text(span s)
{
	return s.len && !memchr(s.at, '\0', s.len) && utf8_valid(s.at, s.len);
}

bool entry_may_be_missed(const entry *e)
{
	return span_is(e->type, SPAN("3"));
}

letter_sense entry_read(letter *l, const entry *e, const speaker *me)
{
	uint64_t type;
	const said_by by = { e->uid.at, e->nsp.at, me };
	*l = (letter){ .old = LETTER_NOT_OLD };
	/* Some say something else. */
	if (!e->nsp.len || !span_is(e->nsp, span_of(me->nsp)))
		return LETTER_OTHER;
	if (span_is(e->uid, span_of(me->uid)))
		return LETTER_OTHER;
	if (!is_text(e->uid) || e->uid.len > SIO_REQUEST_MAX || !parse_uint(e->type, 13, &type))
		return LETTER_BAD;
	if (e->data.len && !letter_open_encoded(l, e->data))
		return LETTER_BAD;
	return cluster_message_read(l, (unsigned)type, l->content.data, &by);
}

bool entry_write(payload *p, char type[4], const sio_cluster_message *m)
{
	cJSON first;
	int number;
	cJSON *data = cluster_message_data(m, &number, &first);
	snprintf(type, 4, "%d", number);
	if (!m->event || !m->event->nbinary)
		return payload_json(p, data);
	return payload_packed(p, data, m->event) && payload_encode(p);
}

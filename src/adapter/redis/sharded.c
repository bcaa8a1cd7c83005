/* SPDX-License-Identifier: MIT */
/* sharded - the messages of @socket.io/redis-adapter's createShardedAdapter(), which are those of
 * the reference's ClusterAdapter, as they are in streams too (protocol-notes/redis.md). */
#include "tongue.h"

enum {
	BROADCAST = 3,
	SOCKETS_JOIN,
	SOCKETS_LEAVE,
	DISCONNECT_SOCKETS,
	FETCH_SOCKETS,
	FETCH_SOCKETS_RESPONSE,
	SERVER_SIDE_EMIT,
	SERVER_SIDE_EMIT_RESPONSE,
	BROADCAST_CLIENT_COUNT,
	BROADCAST_ACK,
	ADAPTER_CLOSE
};

/* ---- In ---- */

static bool read_count(letter *l, const cJSON *data)
{
	unsigned count = 0;
	bool good = letter_number(data, "clientCount", INT32_MAX, &count);
	l->m.count = count;
	return good;
}

static bool read_data(letter *l, cJSON *data, unsigned type)
{
	cJSON *opts = letter_field(data, "opts");
	switch (type) {
	case BROADCAST:
		l->m.type = SIO_CLUSTER_EMIT;
		l->asks = letter_field(letter_field(data, "packet"), "id") != NULL;
		return letter_who(l, opts) &&
		       letter_event(l, letter_field(letter_field(data, "packet"), "data"));
	case SOCKETS_JOIN:
	case SOCKETS_LEAVE:
		l->m.type = type == SOCKETS_JOIN ? SIO_CLUSTER_JOIN : SIO_CLUSTER_LEAVE;
		return letter_who(l, opts) &&
		       (l->m.rooms = letter_texts(l, letter_field(data, "rooms")));
	case DISCONNECT_SOCKETS:
		l->m.type = SIO_CLUSTER_DISCONNECT;
		l->m.close = cJSON_IsTrue(letter_field(data, "close"));
		return letter_who(l, opts);
	case FETCH_SOCKETS:
		l->m.type = SIO_CLUSTER_FETCH;
		return l->m.request && letter_who(l, opts);
	case FETCH_SOCKETS_RESPONSE:
		l->m.type = SIO_CLUSTER_SOCKETS;
		l->m.tree = letter_field(data, "sockets");
		return l->m.request && cJSON_IsArray(l->m.tree);
	case SERVER_SIDE_EMIT:
		l->m.type = SIO_CLUSTER_SERVER_EMIT;
		return letter_event(l, letter_field(data, "packet"));
	case SERVER_SIDE_EMIT_RESPONSE:
		l->m.type = SIO_CLUSTER_SERVER_ANSWER;
		return l->m.request && letter_ack(l, data, "packet");
	case BROADCAST_CLIENT_COUNT:
		l->m.type = SIO_CLUSTER_RECEIVERS;
		return l->m.request && read_count(l, data);
	default:
		l->m.type = SIO_CLUSTER_ANSWER;
		return l->m.request && letter_ack(l, data, "packet");
	}
}

letter_sense cluster_message_read(letter *l, unsigned type, cJSON *data, const said_by *by)
{
	if (!strcmp(by->uid, by->me->uid) || strcmp(by->nsp, by->me->nsp) != 0)
		return LETTER_OTHER;
	/* Heartbeats, and a farewell, are of other carriers. */
	if (type < BROADCAST || type == ADAPTER_CLOSE)
		return LETTER_OTHER;
	l->m.peer = by->uid;
	l->m.request = letter_id(data, "requestId");
	if (!cJSON_IsObject(data) || (letter_field(data, "requestId") && !l->m.request))
		return LETTER_BAD;
	return read_data(l, data, type) ? LETTER_GOOD : LETTER_BAD;
}

letter_sense cluster_read(letter *l, heard_on where, span text, const speaker *me)
{
	(void)where;
	if (!letter_open(l, text))
		return LETTER_BAD;
	cJSON *tree = l->content.data;
	const said_by by = { letter_id(tree, "uid"), letter_text(tree, "nsp"), me };
	unsigned type;
	if (!by.uid || !by.nsp || !letter_number(tree, "type", ADAPTER_CLOSE, &type))
		return LETTER_BAD;
	return cluster_message_read(l, type, letter_field(tree, "data"), &by);
}

/* ---- Out ---- */

static cJSON *emit_data(const sio_cluster_message *m, cJSON *first)
{
	void *packet = sio_json("{type: 2, data: %p}", (void *)letter_data(m->event, first));
	void *opts = letter_opts(m->who, true);
	return m->request
		       ? sio_json("{packet: %p, requestId: %s, opts: %p}", packet, m->request, opts)
		       : sio_json("{packet: %p, opts: %p}", packet, opts);
}

static cJSON *server_emit_data(const sio_cluster_message *m, cJSON *first)
{
	void *packet = letter_data(m->event, first);
	return m->request ? sio_json("{requestId: %s, packet: %p}", m->request, packet)
			  : sio_json("{packet: %p}", packet);
}

static cJSON *ack_data(const sio_cluster_message *m)
{
	const cJSON *value = m->event->args->child;
	return value ? sio_json("{requestId: %s, packet: %p}", m->request,
			       (void *)letter_borrow(value))
		     : sio_json("{requestId: %s}", m->request);
}

static cJSON *rooms_change(const sio_cluster_message *m)
{
	return sio_json("{opts: %p, rooms: %p}", (void *)letter_opts(m->who, true),
		(void *)letter_names(m->rooms));
}

static const int types[] = {
	[SIO_CLUSTER_EMIT] = BROADCAST,
	[SIO_CLUSTER_JOIN] = SOCKETS_JOIN,
	[SIO_CLUSTER_LEAVE] = SOCKETS_LEAVE,
	[SIO_CLUSTER_DISCONNECT] = DISCONNECT_SOCKETS,
	[SIO_CLUSTER_FETCH] = FETCH_SOCKETS,
	[SIO_CLUSTER_SERVER_EMIT] = SERVER_SIDE_EMIT,
	[SIO_CLUSTER_RECEIVERS] = BROADCAST_CLIENT_COUNT,
	[SIO_CLUSTER_ANSWER] = BROADCAST_ACK,
	[SIO_CLUSTER_SOCKETS] = FETCH_SOCKETS_RESPONSE,
	[SIO_CLUSTER_SERVER_ANSWER] = SERVER_SIDE_EMIT_RESPONSE,
};

cJSON *cluster_message_data(const sio_cluster_message *m, int *type, cJSON *first)
{
	*type = types[m->type];
	switch (m->type) {
	case SIO_CLUSTER_EMIT:
		return emit_data(m, first);
	case SIO_CLUSTER_JOIN:
	case SIO_CLUSTER_LEAVE:
		return rooms_change(m);
	case SIO_CLUSTER_DISCONNECT:
		return sio_json(
			"{opts: %p, close: %hhd}", (void *)letter_opts(m->who, true), m->close);
	case SIO_CLUSTER_FETCH:
		return sio_json(
			"{opts: %p, requestId: %s}", (void *)letter_opts(m->who, true), m->request);
	case SIO_CLUSTER_SOCKETS:
		return sio_json(
			"{requestId: %s, sockets: %p}", m->request, (void *)letter_borrow(m->tree));
	case SIO_CLUSTER_SERVER_EMIT:
		return server_emit_data(m, first);
	case SIO_CLUSTER_SERVER_ANSWER:
	case SIO_CLUSTER_ANSWER:
		return ack_data(m);
	case SIO_CLUSTER_RECEIVERS:
		return sio_json("{requestId: %s, clientCount: %zu}", m->request, m->count);
	default:
		return NULL; /* rooms are not asked for */
	}
}

cJSON *cluster_message(const sio_cluster_message *m, const speaker *me, cJSON *first)
{
	int type;
	void *data = cluster_message_data(m, &type, first);
	return sio_json("{type: %d, data: %p, uid: %s, nsp: %s}", type, data, me->uid, me->nsp);
}

/* Only what may hold binary data is looked at for it. */
static bool sharded_write(payload *p, const sio_cluster_message *m, const speaker *me)
{
	cJSON first;
	cJSON *tree = cluster_message(m, me, &first);
	return m->event && m->event->nbinary ? payload_packed(p, tree, m->event)
					     : payload_json(p, tree);
}

const tongue sharded_tongue = { cluster_read, sharded_write };

/* SPDX-License-Identifier: MIT */
/* sharded - the messages of @socket.io/redis-adapter's createShardedAdapter(), which are those of
 * the reference's ClusterAdapter (protocol-notes/redis.md). */
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

static letter_sense sharded_read(letter *l, heard_on where, span text, const speaker *me)
{
	(void)where;
	if (!letter_open(l, text))
		return LETTER_BAD;
	cJSON *tree = l->content.data, *data = letter_field(tree, "data");
	const char *uid = letter_id(tree, "uid"), *nsp = letter_text(tree, "nsp");
	unsigned type;
	if (!uid || !nsp || !letter_number(tree, "type", ADAPTER_CLOSE, &type))
		return LETTER_BAD;
	if (!strcmp(uid, me->uid) || strcmp(nsp, me->nsp) != 0)
		return LETTER_OTHER;
	/* Heartbeats, and a farewell, are of other carriers. */
	if (type < BROADCAST || type == ADAPTER_CLOSE)
		return LETTER_OTHER;
	l->m.peer = uid;
	l->m.request = letter_id(data, "requestId");
	if (!cJSON_IsObject(data) || (letter_field(data, "requestId") && !l->m.request))
		return LETTER_BAD;
	return read_data(l, data, type) ? LETTER_GOOD : LETTER_BAD;
}

/* ---- Out ---- */

/* Only what may hold binary data is looked at for it. */
static bool say(payload *p, int type, cJSON *data, const speaker *me, const sio_event *ev)
{
	cJSON *tree = sio_json(
		"{type: %d, data: %p, uid: %s, nsp: %s}", type, (void *)data, me->uid, me->nsp);
	return ev && ev->nbinary ? payload_packed(p, tree, ev) : payload_json(p, tree);
}

static bool write_emit(payload *p, const sio_cluster_message *m, const speaker *me)
{
	cJSON first;
	void *packet = sio_json("{type: 2, data: %p}", (void *)letter_data(m->event, &first));
	void *opts = letter_opts(m->who, true);
	cJSON *data = m->request ? sio_json("{packet: %p, requestId: %s, opts: %p}", packet,
					   m->request, opts)
				 : sio_json("{packet: %p, opts: %p}", packet, opts);
	return say(p, BROADCAST, data, me, m->event);
}

static bool write_server_emit(payload *p, const sio_cluster_message *m, const speaker *me)
{
	cJSON first;
	void *packet = letter_data(m->event, &first);
	cJSON *data = m->request ? sio_json("{requestId: %s, packet: %p}", m->request, packet)
				 : sio_json("{packet: %p}", packet);
	return say(p, SERVER_SIDE_EMIT, data, me, m->event);
}

static bool write_ack(payload *p, const sio_cluster_message *m, const speaker *me, int type)
{
	const cJSON *value = m->event->args->child;
	cJSON *data = value ? sio_json("{requestId: %s, packet: %p}", m->request,
				      (void *)letter_borrow(value))
			    : sio_json("{requestId: %s}", m->request);
	return say(p, type, data, me, m->event);
}

static cJSON *rooms_change(const sio_cluster_message *m)
{
	return sio_json("{opts: %p, rooms: %p}", (void *)letter_opts(m->who, true),
		(void *)letter_names(m->rooms));
}

static bool sharded_write(payload *p, const sio_cluster_message *m, const speaker *me)
{
	switch (m->type) {
	case SIO_CLUSTER_EMIT:
		return write_emit(p, m, me);
	case SIO_CLUSTER_JOIN:
		return say(p, SOCKETS_JOIN, rooms_change(m), me, NULL);
	case SIO_CLUSTER_LEAVE:
		return say(p, SOCKETS_LEAVE, rooms_change(m), me, NULL);
	case SIO_CLUSTER_DISCONNECT:
		return say(p, DISCONNECT_SOCKETS,
			sio_json("{opts: %p, close: %hhd}", (void *)letter_opts(m->who, true),
				m->close),
			me, NULL);
	case SIO_CLUSTER_FETCH:
		return say(p, FETCH_SOCKETS,
			sio_json("{opts: %p, requestId: %s}", (void *)letter_opts(m->who, true),
				m->request),
			me, NULL);
	case SIO_CLUSTER_SOCKETS:
		return say(p, FETCH_SOCKETS_RESPONSE,
			sio_json("{requestId: %s, sockets: %p}", m->request,
				(void *)letter_borrow(m->tree)),
			me, NULL);
	case SIO_CLUSTER_SERVER_EMIT:
		return write_server_emit(p, m, me);
	case SIO_CLUSTER_SERVER_ANSWER:
		return write_ack(p, m, me, SERVER_SIDE_EMIT_RESPONSE);
	case SIO_CLUSTER_RECEIVERS:
		return say(p, BROADCAST_CLIENT_COUNT,
			sio_json("{requestId: %s, clientCount: %zu}", m->request, m->count), me,
			NULL);
	case SIO_CLUSTER_ANSWER:
		return write_ack(p, m, me, BROADCAST_ACK);
	default:
		return false; /* rooms are not asked for */
	}
}

const tongue sharded_tongue = { sharded_read, sharded_write };
